"""What tests ask for, under TensorFlow's names."""

from kerasish.tf import _absent
from kerasish.tf.test._testing import (
    TestCase,
    gpu_device_name,
    is_built_with_cuda,
    is_built_with_gpu_support,
    is_gpu_available,
    main,
)

__getattr__ = _absent.absent("tf.test")

__all__ = [
    "TestCase",
    "gpu_device_name",
    "is_built_with_cuda",
    "is_built_with_gpu_support",
    "is_gpu_available",
    "main",
]
