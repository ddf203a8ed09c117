"""Walks over trees: with paths, from the top or the bottom, over shapes; and comparisons of trees."""

from collections.abc import Callable, Mapping
from typing import Any

from kerasish._base import _tree
from kerasish._base._tree import is_nested


class MAP_TO_NONE:  # noqa: N801 - Keras's own spelling
    """What a function gives `traverse` to put None in the place of a part."""


def flatten_with_path(structure: Any) -> list[tuple[tuple, Any]]:
    """List the leaves with the keys that lead to them.

    >>> flatten_with_path({"a": [5, 6]})
    [(('a', 0), 5), (('a', 1), 6)]
    """
    if not is_nested(structure):
        return [((), structure)]
    return [((key, *path), leaf) for key, part in _items(structure) for path, leaf in flatten_with_path(part)]


def _items(structure: Any) -> list[tuple[Any, Any]]:
    if isinstance(structure, Mapping):
        return [(key, structure[key]) for key in _tree._keys(structure)]
    return list(enumerate(structure))


def _rebuilt(structure: Any, parts: list) -> Any:
    if isinstance(structure, Mapping):
        return _tree._like(structure, dict(zip(_tree._keys(structure), parts)))
    return _tree._sequence_like(structure, parts)


def map_structure(func: Callable, *structures: Any, none_is_leaf: bool = True) -> Any:
    """Apply a function leaf by leaf to one or more trees of one shape, and give a tree of that shape.

    Args:
        func: takes a leaf of each tree.
        structures: the trees.
        none_is_leaf: False leaves None as it is.

    Raises:
        ValueError: trees of different shapes.

    >>> map_structure(lambda a, b: a + b, {"x": [1, 2]}, {"x": [10, 20]})
    {'x': [11, 22]}
    """
    _check_callable(func)
    if not structures:
        raise ValueError("`map_structure` needs at least one structure.")

    def apply(*leaves: Any) -> Any:
        if none_is_leaf or leaves[0] is not None:
            return func(*leaves)
        if any(leaf is not None for leaf in leaves):
            raise ValueError(f"None must stand in the same places of all structures; received {leaves}.")
        return None

    return _mapped(apply, structures, exact=True)


def map_structure_up_to(shallow_structure: Any, func: Callable, *structures: Any) -> Any:
    """Apply a function to the parts of trees that stand where a shallower tree has its leaves.

    Raises:
        ValueError: a tree that does not have the shape of the shallow one.

    >>> map_structure_up_to([0, 0], len, [[1, 2], [3]])
    [2, 1]
    """
    _check_callable(func)
    if not structures:
        raise ValueError("`map_structure_up_to` needs at least one structure.")
    return _mapped(lambda _, *parts: func(*parts), (shallow_structure, *structures), exact=False)


def _check_callable(func: Any) -> None:
    if not callable(func):
        raise TypeError(f"`func` must be callable; received {func!r}.")


def _mapped(function: Callable, structures: tuple, exact: bool) -> Any:
    first, *others = structures
    if not is_nested(first):
        for other in others if exact else ():
            _check_alike(first, other)
        return function(*structures)
    for other in others:
        _check_alike(first, other)
    keys = [key for key, _ in _items(first)]
    return _rebuilt(first, [_mapped(function, tuple(structure[key] for structure in structures), exact) for key in keys])


def _kind(structure: Any) -> Any:
    """What two nodes must have in common: all dicts are alike, and nothing else is."""
    return Mapping if isinstance(structure, Mapping) else type(structure)


def _check_alike(a: Any, b: Any) -> None:
    if is_nested(a) != is_nested(b) or is_nested(a) and _kind(a) is not _kind(b):
        named = " (a namedtuple)" if hasattr(a, "_fields") else ""
        raise ValueError(
            f"The structures don't have the same nested structure: expected {_named(a)}{named}, received {_named(b)}: {b!r}."
        )
    if is_nested(a):
        if len(a) != len(b):
            raise ValueError(f"Arity mismatch: the structures must have one number of parts; received {a!r} and {b!r}.")
        if isinstance(a, Mapping) and set(a) != set(b):
            raise ValueError(f"The structures must have the same keys; received {sorted(map(str, a))} and {sorted(map(str, b))}.")


def _named(structure: Any) -> str:
    return type(structure).__name__ if is_nested(structure) else "a leaf"


def assert_same_structure(a: Any, b: Any, check_types: Any = None) -> None:
    """Check that two trees have one shape; dicts of all kinds are alike, a list and a tuple are not.

    Args:
        a, b: the trees.
        check_types: Keras's old argument; types are always compared.

    Raises:
        ValueError: they do not.
    """
    _mapped(lambda *_: None, (a, b), exact=True)


def assert_same_paths(a: Any, b: Any) -> None:
    """Check that two trees have leaves at the same paths, whatever their nodes are.

    Raises:
        ValueError: a path that only one of them has.
    """
    ours, theirs = ({path for path, _ in flatten_with_path(tree)} for tree in (a, b))
    if ours != theirs:
        told = [
            f"Only `{name}` has {sorted(paths, key=str)}."
            for name, paths in (("a", ours - theirs), ("b", theirs - ours))
            if paths
        ]
        raise ValueError("`a` and `b` don't have the same paths. " + " ".join(told))


def lists_to_tuples(structure: Any) -> Any:
    """Give the tree with a tuple in the place of each list.

    >>> lists_to_tuples([1, {"a": [2]}])
    (1, {'a': (2,)})
    """
    return traverse(lambda part: tuple(part) if isinstance(part, list) else None, structure, top_down=False)


def map_shape_structure(func: Callable, structure: Any) -> Any:
    """Apply a function to each shape, a list or tuple of sizes, in a tree.

    >>> map_shape_structure(len, {"a": (None, 3), "b": [(1,), (2, 2, 2)]})
    {'a': 2, 'b': [1, 3]}
    """
    _check_callable(func)
    if isinstance(structure, (list, tuple)) and all(size is None or isinstance(size, int) for size in structure):
        return func(structure)
    if not is_nested(structure):
        return func(structure)
    return _rebuilt(structure, [map_shape_structure(func, part) for _, part in _items(structure)])


def traverse(func: Callable, structure: Any, top_down: bool = True) -> Any:
    """Visit every part of a tree, and put what the function gives, unless it is None, in its place.

    Args:
        func: takes a part; `MAP_TO_NONE` puts None in its place.
        structure: the tree.
        top_down: visit a node before what is in it; what replaces it is then not visited. Else after.

    >>> traverse(lambda part: part * 2 if isinstance(part, int) else None, [1, (2, {"a": 3})])
    [2, (4, {'a': 6})]
    """
    _check_callable(func)
    if top_down:
        given = func(structure)
        if given is None:
            return _with_parts_traversed(func, structure, True)
    else:
        structure = _with_parts_traversed(func, structure, False)
        given = func(structure)
        if given is None:
            return structure
    return None if given is MAP_TO_NONE else given


def _with_parts_traversed(func: Callable, structure: Any, top_down: bool) -> Any:
    if not is_nested(structure):
        return structure
    return _rebuilt(structure, [traverse(func, part, top_down) for _, part in _items(structure)])
