"""A model's outputs: their structure and names, and how labels and weights in another structure are matched to them."""

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

from kerasish._base import _tree


class Outputs:
    """The outputs of a model, or what a `compute_loss` of the user's makes of them.

    Args:
        structure: the tree that the model gives.
        names: the names that the model has for its outputs, in the order of the tree's leaves; None for those without.

    Attributes:
        count: the number of tensors.
        flat: whether no list or dict is inside another.
        names: a name for each tensor: the keys of a flat dict, else those of the model.
    """

    def __init__(self, structure: Any, names: list[str] | None = None):
        self.paths = list(_paths(structure))
        self.count = len(self.paths)
        self.flat = all(len(path) == 1 for path in self.paths)
        self.given = names if names is not None and len(names) == self.count else [None] * self.count
        by_key = self.flat and isinstance(structure, Mapping)
        self.names: list[Any] = [path[0] for path in self.paths] if by_key else list(self.given)
        self.structure = _numbered(structure, iter(range(self.count)))

    @classmethod
    def of(cls, model: Any, y_pred: Any) -> "Outputs":
        """The outputs of a model that gave these."""
        return cls(y_pred, getattr(model, "output_names", None))

    def place(self, name: Any, what: str) -> int:
        """The number of the output of that name.

        Raises:
            ValueError: no output is called so.
        """
        for names in (self.names, self.given):
            if name in names:
                return names.index(name)
        known = [str(name) for name in self.names if name is not None] or [f"{i}" for i in range(self.count)]
        raise ValueError(
            f"Invalid `{what}`: it names {name!r}, which is no output of the model. Expected keys: {', '.join(known)}."
        )

    def matched(self, given: Any, what: str, with_loss: list[int] | None = None) -> Any:
        """Labels or weights in the structure of the outputs; None for an output without.

        Args:
            given: in the outputs' structure or, of as many parts, in another; or a dict by the outputs' names.
            what: the argument's name, for errors.
            with_loss: the outputs that have a loss: labels for just these will do.

        Raises:
            ValueError: parts for other outputs than there are.
        """
        structure = self.structure
        if isinstance(structure, int):
            for name in given if isinstance(given, Mapping) and self.names[0] is not None else ():
                self.place(name, what)
            return _only(given)
        if _fits(given, structure):
            return given
        if isinstance(given, Mapping) and self.flat:
            parts: list[Any] = [None] * self.count
            for name, part in given.items():
                parts[self.place(name, what)] = part
            return _tree.pack_sequence_as(structure, parts)
        flat = _tree.flatten(given)
        if len(flat) == self.count:
            return _tree.pack_sequence_as(structure, flat)
        if with_loss is not None and len(flat) == len(with_loss):
            parts = [None] * self.count
            for place, part in zip(with_loss, flat):
                parts[place] = part
            return _tree.pack_sequence_as(structure, parts)
        raise ValueError(
            f"`{what}` and the model's outputs (y_true and y_pred) have different structures: `{what}` is {_told(given)}, "
            f"the model gives {_told(structure, self.names)}. Give one part for each output."
        )

    def leaves(self, matched: Any) -> list[Any]:
        """The parts of a matched structure, in the order of the names."""
        if isinstance(self.structure, int):
            return [matched]
        return [at(matched, path) for path in self.paths]


def at(structure: Any, path: tuple) -> Any:
    """The part of a structure at a path; None where a part on the way is missing."""
    for key in path:
        if structure is None:
            return None
        structure = structure[key]
    return structure


def _paths(structure: Any, before: tuple = ()) -> Iterator[tuple]:
    if isinstance(structure, Mapping):
        for key in _tree._keys(structure):
            yield from _paths(structure[key], (*before, key))
    elif isinstance(structure, (list, tuple)):
        for index, part in enumerate(structure):
            yield from _paths(part, (*before, index))
    else:
        yield before


def _numbered(structure: Any, numbers: Iterator[int]) -> Any:
    """The tree with a number for each leaf, and dicts in the order of their leaves."""
    if isinstance(structure, Mapping):
        return {key: _numbered(structure[key], numbers) for key in _tree._keys(structure)}
    if isinstance(structure, (list, tuple)):
        return _tree._sequence_like(structure, [_numbered(part, numbers) for part in structure])
    return next(numbers)


def _only(given: Any) -> Any:
    """What was given for a single output, out of the list or dict that it may be in."""
    if _tree.is_nested(given):
        flat = _tree.flatten(given)
        if len(flat) == 1:
            return flat[0]
    return given


def _fits(given: Any, structure: Any) -> bool:
    """Say whether a structure can be walked by the paths of another."""
    if isinstance(structure, Mapping):
        return (
            isinstance(given, Mapping)
            and given.keys() == structure.keys()
            and all(_fits(given[k], structure[k]) for k in structure)
        )
    if isinstance(structure, (list, tuple)):
        if not isinstance(given, (list, tuple)) or len(given) != len(structure):
            return False
        return all(_fits(g, s) for g, s in zip(given, structure))
    return not _tree.is_nested(given)


def _told(structure: Any, names: list[Any] | None = None) -> str:
    """A structure in words: what is in it, with shapes where there are tensors."""

    def tell(leaf: Any) -> Any:
        if isinstance(leaf, Tensor):
            return _Bare(f"tensor {tuple(leaf.shape)}")
        return _Bare(str(names[leaf] or "tensor") if names is not None and isinstance(leaf, int) else type(leaf).__name__)

    return repr(_tree.map_structure(tell, structure))


class _Bare(str):
    __repr__ = str.__str__
