"""Capturing: a training step on a GPU as a CUDA graph, which the host starts with one call."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish.engine.programs._beside import first_line
from kerasish.engine.programs._checking import taken_back
from kerasish.engine.programs._state import StepState, Uncapturable
from kerasish.metrics._metric import state_in_variables

_WARM_UP = 3  # steps on a side stream before the capture, in which cuDNN and cuBLAS choose kernels and get their memory


def make_capturable(optimizer: Any) -> None:
    """Let an optimizer keep its numbers on the device; to be done before its state is listed.

    Raises:
        Uncapturable: it decides on the host in each step.
    """
    try:
        optimizer.make_capturable()
    except ValueError as error:
        raise Uncapturable(str(error)) from error


class CapturedProgram:
    """A step for batches of one form as a CUDA graph: a call copies the batch to where the graph reads it, and starts the graph.

    Args:
        state: what the step works on; it is as it was when the program has been made.
        eager: the model's step. What it does on the host is done once, when it is captured.
        batch: one of the form.

    Raises:
        Uncapturable: the step does on the host what a graph cannot hold, such as reading a number.
    """

    def __init__(self, state: StepState, eager: Callable[[Any], Any], batch: Any):
        self.state, self._eager = state, eager
        self._batch = _tree.map_structure(lambda leaf: leaf.clone() if isinstance(leaf, Tensor) else leaf, batch)
        self._places = [leaf for leaf in _tree.flatten(self._batch) if leaf is not None]
        try:
            with taken_back(state):
                for _ in range(_WARM_UP):
                    self._warm_up(self._step)
                state.model._drop_gradients()  # the graph makes its own, in its own memory
                self._capture(self._step)
        except RuntimeError as error:
            raise Uncapturable(f"{type(error).__name__}: {first_line(error)}") from error

    def __call__(self, batch: Any) -> None:
        """Learn from a batch of the form that the program is for."""
        for place, leaf in zip(self._places, (leaf for leaf in _tree.flatten(batch) if leaf is not None), strict=True):
            place.copy_(leaf, non_blocking=True)
        self._replay()

    def _step(self) -> None:
        with state_in_variables():
            self._eager(self._batch)

    # What CUDA does.

    def _warm_up(self, step: Callable[[], None]) -> None:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            step()
        torch.cuda.current_stream().wait_stream(stream)

    def _capture(self, step: Callable[[], None]) -> None:
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            step()

    def _replay(self) -> None:
        self._graph.replay()
