"""Limits for trying things out: how many epochs, and how many steps in each, any training takes at most."""

import os


def _of_environment(name: str) -> int | None:
    value = os.environ.get(name)
    return int(value) if value and value.isdigit() and int(value) > 0 else None


_max_epochs = _of_environment("KERAS_MAX_EPOCHS")
_max_steps = _of_environment("KERAS_MAX_STEPS_PER_EPOCH")


def max_epochs() -> int | None:
    """How many epochs `fit` takes at most, None for as many as it is told; `KERAS_MAX_EPOCHS` in the environment sets it.

    >>> max_epochs() is None
    True
    """
    return _max_epochs


def set_max_epochs(max_epochs: int | None) -> None:
    """Set how many epochs `fit` takes at most; None takes the limit away."""
    global _max_epochs
    _max_epochs = _checked(max_epochs, "max_epochs")


def max_steps_per_epoch() -> int | None:
    """How many steps `fit`, `evaluate` and `predict` take at most; `KERAS_MAX_STEPS_PER_EPOCH` in the environment sets it."""
    return _max_steps


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Set how many steps `fit`, `evaluate` and `predict` take at most; None takes the limit away."""
    global _max_steps
    _max_steps = _checked(max_steps_per_epoch, "max_steps_per_epoch")


def _checked(value: int | None, argument: str) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise ValueError(f"`{argument}` must be an integer or None; received {value!r}.")
    return value if value and value > 0 else None
