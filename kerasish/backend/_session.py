"""The session: what the process has counted and been told, and forgetting it."""

import gc

from kerasish._base._memory import give_back_memory
from kerasish._base._names import reset_names
from kerasish.core._dtype_policy import reset_dtype_policy


def clear_session(free_memory: bool = True) -> None:
    """Start automatic names from the beginning, and forget the global dtype policy.

    Args:
        free_memory: also collect what nobody refers to any more, and give what the process has kept of it back to the system
            (see `config.set_keep_memory`).
    """
    reset_names()
    reset_dtype_policy()
    if free_memory:
        gc.collect()
        give_back_memory()
