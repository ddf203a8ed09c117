"""Mixed precision under the names of TensorFlow's Keras."""

from kerasish.config import dtype_policy, set_dtype_policy
from kerasish.core import DTypePolicy
from kerasish.optimizers import LossScaleOptimizer

Policy, global_policy, set_global_policy = DTypePolicy, dtype_policy, set_dtype_policy

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]
