"""Trees: nested lists, tuples and dicts, walked leaf by leaf in Keras's order (dicts by sorted key, OrderedDicts in theirs)."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

_SEQUENCES = (list, tuple, deque)


def is_nested(structure: Any) -> bool:
    """Say whether this is a node of a tree (list, tuple, dict, deque) rather than a leaf."""
    return isinstance(structure, (list, tuple, Mapping, deque))


def _keys(mapping: Mapping) -> Iterable:
    if isinstance(mapping, OrderedDict):
        return list(mapping)
    try:
        return sorted(mapping)
    except TypeError:
        return list(mapping)


def flatten(structure: Any) -> list:
    """List the leaves.

    >>> flatten({"b": [1, (2,)], "a": 0})
    [0, 1, 2]
    """
    if isinstance(structure, _SEQUENCES):
        return [leaf for part in structure for leaf in flatten(part)]
    if isinstance(structure, Mapping):
        return [leaf for key in _keys(structure) for leaf in flatten(structure[key])]
    return [structure]


def map_structure(function: Callable, structure: Any, *others: Any) -> Any:
    """Apply a function leaf by leaf to one or more trees of one shape, and give a tree of that shape.

    >>> map_structure(lambda a, b: a + b, {"x": [1, 2]}, {"x": [10, 20]})
    {'x': [11, 22]}
    """
    if not is_nested(structure):
        return function(structure, *others)
    for other in others:
        if type(other) is not type(structure) and not (
            is_nested(other) and isinstance(other, Mapping) == isinstance(structure, Mapping)
        ):
            raise ValueError(f"The structures must be alike; received {structure!r} and {other!r}.")
        if len(other) != len(structure):
            raise ValueError(f"The structures must have one length; received {structure!r} and {other!r}.")
    if isinstance(structure, Mapping):
        mapped = {key: map_structure(function, structure[key], *(o[key] for o in others)) for key in structure}
        return mapped if type(structure) is dict else _like(structure, mapped)
    return _sequence_like(structure, [map_structure(function, *parts) for parts in zip(structure, *others, strict=True)])


def pack_sequence_as(structure: Any, flat: Sequence) -> Any:
    """Arrange a flat list of leaves in the shape of a tree; the inverse of `flatten`."""
    leaves = list(flat)
    if len(flatten(structure)) != len(leaves):
        raise ValueError(f"The structure has {len(flatten(structure))} leaves; received {len(leaves)}.")
    return _pack(structure, iter(leaves))


def _pack(structure: Any, leaves: Any) -> Any:
    if isinstance(structure, Mapping):
        packed = {key: _pack(structure[key], leaves) for key in _keys(structure)}
        return _like(structure, {key: packed[key] for key in structure})
    if isinstance(structure, _SEQUENCES):
        return _sequence_like(structure, [_pack(part, leaves) for part in structure])
    return next(leaves)


def _like(mapping: Mapping, items: dict) -> Any:
    if hasattr(mapping, "default_factory"):
        return type(mapping)(mapping.default_factory, items)  # type: ignore[call-arg, attr-defined]
    try:
        return type(mapping)(items)  # type: ignore[call-arg]
    except TypeError:
        return items


def _sequence_like(sequence: Any, parts: list) -> Any:
    if hasattr(sequence, "_fields"):
        return type(sequence)(*parts)
    return parts if isinstance(sequence, list) else deque(parts) if isinstance(sequence, deque) else tuple(parts)
