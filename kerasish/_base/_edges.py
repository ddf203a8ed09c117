"""Edges: kinds of tensors that a face of the library shows its users. Nothing inside of a layer, a loss or a metric is one.

Whoever takes values from a user looks here, off the fast path, makes them plain, and gives what comes of them as the same kind.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from kerasish._base import _tree


class Edge(NamedTuple):
    """How tensors of one kind become plain ones, and plain ones become them.

    Args:
        enter: gives a value with plain tensors in the place of its own, also in lists, tuples and dicts.
        leave: gives a result as tensors of this kind; its second argument lists what was handed in, which stays what it is.
    """

    enter: Callable[[Any], Any]
    leave: Callable[[Any, Any], Any]

    def call(self, function: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call a function on the plain forms of these arguments, and give its result as this kind."""
        given, named = [self.enter(arg) for arg in args], {key: self.enter(value) for key, value in kwargs.items()}
        return self.leave(function(*given, **named), [*given, *named.values()])


kinds: dict[type, Edge] = {}  # by the exact class; empty until a face is imported that has one
of_arrays: Edge | None = None  # the face whose tensors come of arrays and lists, which belong to none


def register_edge(kind: type, edge: Edge, takes_arrays: bool = False) -> None:
    """Let layers, losses, metrics and data take tensors of this very class from now on.

    Args:
        kind: the class.
        edge: how its tensors become plain ones, and plain ones become them.
        takes_arrays: whether a program's calls of layers, losses and metrics on arrays and lists alone give this kind, too.
    """
    global of_arrays
    kinds[kind] = edge
    if takes_arrays:
        of_arrays = edge


def edge_of_arrays(values: Any) -> Edge | None:
    """Find the edge that the result of a call on these values belongs to if there are arrays among them, and no tensor."""
    return of_arrays if of_arrays is not None and _has_array(values) and not _has_tensor(values) else None


def _has_array(values: Any) -> bool:
    return any(isinstance(leaf, (np.ndarray, np.generic, int, float)) for leaf in _tree.flatten(values))


def _has_tensor(values: Any) -> bool:
    return any(isinstance(leaf, torch.Tensor) for leaf in _tree.flatten(values))


def edge_among(values: Any) -> Edge | None:
    """Find the edge of the first tensor that belongs to one; lists, tuples and dicts are looked through.

    >>> edge_among([1, {"x": 2}]) is None
    True
    """
    for value in values if kinds else ():
        kind = type(value)
        found = kinds.get(kind)
        if found is None and (kind is list or kind is tuple):
            found = edge_among(value)
        elif found is None and kind is dict:
            found = edge_among(value.values())
        if found is not None:
            return found
    return None


def plain(value: Any) -> Any:
    """Give a value as it is inside of the library: a face's tensor as a plain one, and anything else as it is."""
    edge = kinds.get(type(value))
    return value if edge is None else edge.enter(value)
