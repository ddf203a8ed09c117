"""A check that losses get what they expect of the last layers: logits where they take logits."""

import sys
import warnings
from collections.abc import Iterable
from typing import Any

from kerasish._base._names import fold

# Activations whose values are probabilities.
_PROBABILITIES = {"softmax", "sigmoid"}


def warn_of_probabilities(model: Any, losses: Iterable[tuple[Any, list[int]]]) -> None:
    """Warn of a loss that takes logits but gets probabilities: it is computed, but training with it goes badly.

    Args:
        model: where it is functional or sequential, it is known which layer gives each output.
        losses: each with the numbers of the outputs that it is of.
    """
    symbols = _symbols(model)
    for loss, places in losses:
        if getattr(loss, "from_logits", False) is not True:
            continue
        for place in places:
            name = _activation(symbols[place]) if place < len(symbols) else None
            if name in _PROBABILITIES:
                layer = symbols[place].node.operation.name
                warnings.warn(
                    f"{type(loss).__name__}(from_logits=True) expects logits, but {layer!r} gives probabilities: its activation "
                    f"is {name}. Leave out the activation, or set from_logits=False.",
                    stacklevel=_level_of_user(),
                )


def _level_of_user() -> int:
    """How far up the first caller is that is no part of this package, for `warnings.warn` in the function that asks."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("kerasish."):
        frame, level = frame.f_back, level + 1
    return level


def _symbols(model: Any) -> list[Any]:
    """The symbols of a model's outputs; none of models whose graph is not known."""
    try:
        return list(model.outputs)
    except (AttributeError, TypeError, ValueError):
        return []


def _activation(symbol: Any) -> str | None:
    """The folded name of the layer or function that a symbol comes from directly, or of its activation."""
    if symbol.node is None:
        return None
    target = symbol.node.target
    inside = _symbols(target)
    if symbol.index < len(inside):
        return _activation(inside[symbol.index])
    function = getattr(target, "activation", None) or target
    return fold(getattr(function, "__name__", type(function).__name__))
