"""Programs that make training steps."""

from collections.abc import Hashable
from typing import Any

import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish.engine.programs._passes import operations
from kerasish.engine.programs._state import StepState


class LibraryProgram:
    """A step in libraries that `_building` made, for batches of one form on the CPU.

    Args:
        state: what the step works on.
        libraries: their paths, by what the optimizer has decided.
    """

    def __init__(self, state: StepState, libraries: dict[tuple[bool, bool], str]):
        self.state, self.libraries = state, libraries
        operations()  # which the libraries call by name
        load = torch._C._aoti.AOTIModelContainerRunnerCpu  # type: ignore[attr-defined]
        self._runs = {decided: load(path, 1).run for decided, path in libraries.items()}
        self._only = next(iter(self._runs.values())) if len(self._runs) == 1 else None
        self._optimizer = state.state.optimizer
        rate = torch.zeros(())
        self._rate = rate.numpy()  # the same memory, in which a number is set faster
        self._always = [*state.tensors, rate]

    def __call__(self, batch: Any) -> None:
        """Learn from a batch of the form that the program is for."""
        x, y, weight = batch
        self._rate[()] = self._optimizer._numbers()[0]
        if weight is None and x.__class__ is Tensor and y.__class__ is Tensor:
            leaves = [*self._always, x, y]
        else:
            leaves = [*self._always, *(leaf for leaf in _tree.flatten(batch) if leaf is not None)]
        run = self._only
        if run is None:
            run = self._runs[self._optimizer.decisions()]
        run(leaves)


def form_of(batch: Any) -> Hashable:
    """What a program depends on in a batch: the structure, and the leaves' shapes, strides, dtypes and devices."""
    x, y, weight = batch
    if weight is None and x.__class__ is Tensor and y.__class__ is Tensor:
        return x.shape, y.shape, x.dtype, y.dtype, x.stride(), y.stride()
    leaves, structure = _tree.flatten(batch), repr(_tree.map_structure(lambda leaf: leaf is None, batch))
    return (structure, *((leaf.shape, leaf.dtype, leaf.stride()) for leaf in leaves if leaf is not None))


def told(batch: Any) -> str:
    """The form of a batch in words."""
    leaves = [leaf for leaf in _tree.flatten(batch) if leaf is not None]
    return ", ".join(f"{str(leaf.dtype).removeprefix('torch.')}{tuple(leaf.shape)}" for leaf in leaves)
