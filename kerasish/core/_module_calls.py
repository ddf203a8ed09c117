"""Calls of plain torch modules on symbols: found on Python's stack when one of their functions is recorded, noted as one call.

A torch module knows nothing of symbols, so `torch.nn.Linear(4, 3)(x)` comes here as the functions that its `forward` calls, with
the module's training mode as it happens to be. What is wanted is one node, the module itself. It is made when the first function
comes; but `forward` goes on, and what it returns is not seen here. So it is run once more on the spot, to learn which of the
functions that it calls give its outputs: in their place, the run that goes on is given the outputs of the node.
"""

import sys
from collections.abc import Callable
from typing import Any

from torch import nn

from kerasish._base import _tree

# Makes the node of a module's call: `(module, args, kwargs) -> symbols`. The layers, which are above here, put it here.
note_module_call: list[Callable[[nn.Module, tuple, dict], Any]] = []
_CALL = nn.Module._call_impl.__code__


class ModuleCall:
    """The call of a plain module on symbols that is under way."""

    def __init__(self, module: nn.Module, args: tuple, kwargs: dict[str, Any]):
        self.module, self.args, self.kwargs = module, args, kwargs
        self.step = 0
        self._recorded: dict[int, tuple[int, int]] | None = None
        self._outputs: dict[tuple[int, int], Any] = {}

    def begin(self) -> None:
        """Note the call, and learn which functions inside give the outputs."""
        modes = [(module, module.training) for module in self.module.modules()]
        outputs = note_module_call[0](self.module, self.args, self.kwargs)
        for module, training in modes:
            module.training = training
        self._recorded = places = {}
        returned = _tree.flatten(self.module(*self.args, **self.kwargs))
        self._recorded, self.step = None, 0
        for symbol, output in zip(returned, _tree.flatten(outputs), strict=True):
            if id(symbol) in places:
                self._outputs[places[id(symbol)]] = output

    def given(self, symbols: Any, leaves: list[Any]) -> Any:
        """What a function inside gives: its own symbols, or in their place the module's outputs."""
        step, self.step = self.step, self.step + 1
        if self._recorded is not None:
            self._recorded.update((id(leaf), (step, i)) for i, leaf in enumerate(leaves))
            return symbols
        swapped = {id(leaf): self._outputs[step, i] for i, leaf in enumerate(leaves) if (step, i) in self._outputs}
        return _tree.map_structure(lambda leaf: swapped.get(id(leaf), leaf), symbols) if swapped else symbols


_current: ModuleCall | None = None


def module_call(is_symbolic: Callable[..., bool]) -> ModuleCall | None:
    """The outermost call of a plain module on symbols that is under way, if any; it is begun when it is first seen."""
    global _current
    found = _outermost(is_symbolic)
    if found is None or not note_module_call:
        _current = None
        return None
    # Each call has a dict of keyword arguments of its own: it says whether this is the call that was seen before.
    if _current is None or _current.kwargs is not found["kwargs"]:
        _current = ModuleCall(found["self"], found["args"], found["kwargs"])
        try:
            _current.begin()
        except BaseException:
            _current = None
            raise
    return _current


def module_called(is_symbolic: Callable[..., bool]) -> str:
    """What to tell beside an error on a symbol: that a plain module stumbled over it, and what helps."""
    found = _outermost(is_symbolic)
    if found is None:
        return ""
    return f" {type(found['self']).__name__} asks for it, a torch module: make it a layer, layers.TorchModuleWrapper(module)(x)."


def _outermost(is_symbolic: Callable[..., bool]) -> Any:
    """The local variables of the outermost call of a plain module on symbols, None if there is none."""
    found, frame = None, sys._getframe(2)
    while frame is not None:
        if frame.f_code is _CALL:
            local = frame.f_locals
            if not hasattr(local["self"], "_call_signature") and is_symbolic(local["args"], local["kwargs"]):
                found = local
        frame = frame.f_back
    return found
