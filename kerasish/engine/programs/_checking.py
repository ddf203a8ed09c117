"""Checking: a program is used only if it makes the step that the eager one makes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from kerasish.engine.programs._state import StepState

_OF_THE_CHANGE = 1e-2
_OF_THE_VALUES = 1e-5
_TIMES_THE_NOISE = 4.0


@contextmanager
def taken_back(state: StepState) -> Iterator[None]:
    """Take back the steps that are made within it, in numbers and in what is drawn at random."""
    state.settle()
    before = [tensor.clone() for tensor in state.tensors]
    random = torch.get_rng_state()
    devices = sorted({tensor.device.index for tensor in state.tensors if tensor.is_cuda})
    random_there = [torch.cuda.get_rng_state(device) for device in devices]
    try:
        yield
    finally:
        state.settle()
        with torch.no_grad():
            for tensor, value in zip(state.tensors, before, strict=True):
                tensor.copy_(value)
        torch.set_rng_state(random)
        for device, there in zip(devices, random_there, strict=True):
            torch.cuda.set_rng_state(there, device)


def difference(
    state: StepState, eager: Callable[[Any], Any], program: Callable[[Any], Any], batch: Any, steps: int = 1
) -> str | None:
    """Make steps in both ways from where the training stands, and take them back.

    How much rounding matters is found out by an eager step from weights that differ by rounding: a bias before a batch
    normalization has no gradient but rounding, of which Adam makes a full step.

    Args:
        state: what steps change.
        eager, program: two ways to make a step.
        batch: what to learn.
        steps: how often.

    Returns: what is different, None where nothing is.
    """
    state.settle()
    results, before = [], [tensor.clone() for tensor in state.tensors]
    for way, rounded in ((eager, False), (eager, True), (program, False)):
        with taken_back(state):
            if rounded:
                state.round_weights()
            for _ in range(steps):
                way(batch)
            state.settle()
            results.append([tensor.clone() for tensor in state.tensors])
    for name, *values in zip(state.names, before, *results, strict=True):
        if not _is_close(*values):
            return f"{name} is another after the compiled step than after the eager one"
    return None


def _is_close(before: Tensor, wanted: Tensor, rounded: Tensor, made: Tensor) -> bool:
    before, wanted, rounded, made = (value.detach().double() for value in (before, wanted, rounded, made))
    if not bool((torch.isfinite(wanted) == torch.isfinite(made)).all()):
        return False
    before, wanted, rounded, made = (torch.nan_to_num(value) for value in (before, wanted, rounded, made))
    off, change, noise = ((a - b).norm() for a, b in ((made, wanted), (wanted, before), (rounded, wanted)))
    return bool(off <= _OF_THE_CHANGE * change + _OF_THE_VALUES * before.norm() + _TIMES_THE_NOISE * noise + 1e-6)
