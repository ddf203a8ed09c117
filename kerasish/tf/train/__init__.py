"""Checkpoints, under TensorFlow's names."""

from kerasish.tf import _absent
from kerasish.train import Checkpoint, CheckpointManager, latest_checkpoint

__getattr__ = _absent.absent("tf.train")

__all__ = [
    "Checkpoint",
    "CheckpointManager",
    "latest_checkpoint",
]
