"""Train: checkpoints of whatever a training consists of."""

from kerasish.train._checkpoint import Checkpoint, LoadStatus
from kerasish.train._checkpoint_manager import CheckpointManager
from kerasish.train._latest import latest_checkpoint

__all__ = ["Checkpoint", "CheckpointManager", "LoadStatus", "latest_checkpoint"]
