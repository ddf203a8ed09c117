"""Checkpoints, under TensorFlow's names."""

from kerasish.train import Checkpoint, CheckpointManager, latest_checkpoint

__all__ = ["Checkpoint", "CheckpointManager", "latest_checkpoint"]
