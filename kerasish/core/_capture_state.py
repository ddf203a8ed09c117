"""Whether a function is being captured, and the way out of it for what must be made for good."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

_current: Any = None  # what writes down what happens, see `_capturing`


class CaptureError(RuntimeError):
    """A function cannot be captured; the message says what is in the way, where it stands, and what to write instead."""


def is_capturing() -> bool:
    """Say whether what runs now is being captured: its Python will not run again."""
    return _current is not None


@contextmanager
def captured_by(recorder: Any) -> Iterator[None]:
    """Note who writes down what happens in this block."""
    global _current
    before, _current = _current, recorder
    try:
        yield
    finally:
        _current = before


@contextmanager
def outside_capture() -> Iterator[bool]:
    """Compute real numbers at once although a function is being captured: what is made here stays. Says whether one is."""
    if _current is None:
        yield False
        return
    from torch.utils._python_dispatch import _disable_current_modes

    with captured_by(None), _disable_current_modes(), torch._C.DisableTorchFunction():
        yield True


def changes_of_variables() -> int:
    """Count how often the function that is being captured has changed tensors from outside so far."""
    return 0 if _current is None else _current.changes


def numbers_of(value: Any) -> Any:
    """Compute a tensor of a function that is being captured, for what is made for good; anything else stays as it is."""
    return _current.numbers_of(value) if _current is not None and type(value).__name__ == "FakeTensor" else value


def must_be_real(tensor: torch.Tensor, what: str) -> None:
    """Check that a tensor has numbers of its own, for what is made while a function is captured.

    Raises:
        CaptureError: it is one that stands for others.
    """
    if type(tensor).__name__ == "FakeTensor":
        raise CaptureError(
            f"{what} cannot be made of tensors that are computed in a captured function. Make it before, and assign to it."
        )
