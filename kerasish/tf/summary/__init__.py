"""What programs write for TensorBoard, under TensorFlow's names."""

from kerasish.tf import _absent
from kerasish.tf.summary._writing import SummaryWriter, create_file_writer, flush, histogram, image, scalar, text

__getattr__ = _absent.absent("tf.summary")

__all__ = [
    "SummaryWriter",
    "create_file_writer",
    "flush",
    "histogram",
    "image",
    "scalar",
    "text",
]
