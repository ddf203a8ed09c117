"""Checking: a program is used only if it makes the step that the eager one makes."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from kerasish.engine.programs._state import StepState

_OF_THE_CHANGE = 1e-2
_OF_THE_VALUES = 1e-5


def difference(
    state: StepState, eager: Callable[[Any], Any], program: Callable[[Any], Any], batch: Any, steps: int = 1
) -> str | None:
    """Make steps in both ways from where the training stands, and take them back.

    Args:
        state: what steps change.
        eager, program: two ways to make a step.
        batch: what to learn.
        steps: how often.

    Returns: what is different, None where nothing is.
    """
    optimizer = state.state.optimizer
    count, random = optimizer._iterations.clone(), torch.get_rng_state()
    before = _values(state)
    results = []
    for way in (eager, program):
        torch.set_rng_state(random)
        for _ in range(steps):
            way(batch)
        results.append(_values(state))
        with torch.no_grad():
            for tensor, value in zip(state.tensors, before, strict=True):
                tensor.copy_(value)
            optimizer._iterations.copy_(count)
    torch.set_rng_state(random)
    for name, old, wanted, made in zip(state.names, before, *results, strict=True):
        if not _is_close(old, wanted, made):
            return f"{name} is another after the compiled step than after the eager one"
    return None


def _values(state: StepState) -> list[Tensor]:
    state.settle()
    return [tensor.clone() for tensor in state.tensors]


def _is_close(before: Tensor, wanted: Tensor, made: Tensor) -> bool:
    before, wanted, made = (value.detach().double() for value in (before, wanted, made))
    same = torch.isfinite(wanted) == torch.isfinite(made)
    if not bool(same.all()):
        return False
    before, wanted, made = (torch.nan_to_num(value) for value in (before, wanted, made))
    off, change = (made - wanted).norm(), (wanted - before).norm()
    return bool(off <= _OF_THE_CHANGE * change + _OF_THE_VALUES * before.norm() + 1e-6)
