"""Config: settings of the process."""

from kerasish._base._memory import keep_memory, set_keep_memory
from kerasish._base._settings import (
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from kerasish.config._backend import backend, set_backend
from kerasish.config._batches import merge_batches, set_merge_batches
from kerasish.config._flash_attention import (
    disable_flash_attention,
    enable_flash_attention,
    is_flash_attention_enabled,
)
from kerasish.config._limits import max_epochs, max_steps_per_epoch, set_max_epochs, set_max_steps_per_epoch
from kerasish.core import dtype_policy, functions_run_eagerly, run_functions_eagerly, set_dtype_policy

__all__ = [
    "backend",
    "disable_flash_attention",
    "dtype_policy",
    "enable_flash_attention",
    "epsilon",
    "floatx",
    "functions_run_eagerly",
    "image_data_format",
    "is_flash_attention_enabled",
    "keep_memory",
    "max_epochs",
    "max_steps_per_epoch",
    "merge_batches",
    "run_functions_eagerly",
    "set_backend",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_keep_memory",
    "set_max_epochs",
    "set_max_steps_per_epoch",
    "set_merge_batches",
]
