"""Elements of a Dataset: tensors and strings in tuples and dicts; made, stacked, padded, copied and described."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish._base import _settings, _tree
from kerasish.core import standardize_dtype, torch_dtype


class Leaf:
    """What may stand in an element beside tensors and strings, and is left as it is: a Dataset."""


@dataclass(frozen=True)
class TensorSpec:
    """The shape and dtype of a tensor.

    Args:
        shape: sizes, None for those not known; None if not even their number is.
        dtype: its name; "string" for text. None: of any dtype.

    >>> TensorSpec([None, 3])
    TensorSpec(shape=(None, 3), dtype='float32')
    """

    shape: Sequence[int | None] | None = None
    dtype: Any = "float32"

    def __post_init__(self) -> None:
        shape = None if self.shape is None else tuple(None if size in (None, -1) else int(size) for size in self.shape)
        object.__setattr__(self, "shape", shape)
        if self.dtype not in (None, "string"):
            object.__setattr__(self, "dtype", "string" if self.dtype is str else standardize_dtype(self.dtype))

    def fits(self, shape: Sequence[int]) -> bool:
        """Say whether a tensor of this shape is one."""
        mine = self.shape
        return mine is None or len(mine) == len(shape) and all(a is None or a == b for a, b in zip(mine, shape))


def as_element(value: Any, copy: bool = False) -> Any:
    """Make an element of what a user's function gave: tuples and dicts stay, lists and arrays become tensors.

    Args:
        value: tensors, arrays, numbers, strings, None, in tuples and dicts.
        copy: whether to leave the memory of arrays and tensors to the user.

    Raises:
        TypeError: it holds something else.
    """
    if isinstance(value, Tensor):
        value = value.detach() if value.requires_grad else value
        return value.clone() if copy else value
    if isinstance(value, tuple):
        parts = [as_element(part, copy) for part in value]
        return tuple(parts) if type(value) is tuple else _tree._sequence_like(value, parts)
    if isinstance(value, Mapping):
        parts = {key: as_element(part, copy) for key, part in value.items()}
        return parts if type(value) is dict else _tree._like(value, parts)
    return _as_leaf(value, copy)


def _as_leaf(value: Any, copy: bool) -> Any:
    if value is None or isinstance(value, Leaf):
        return value
    if isinstance(value, (str, bytes)):
        return str(value) if isinstance(value, str) else bytes(value)
    if isinstance(value, (bool, int, float, complex)) and not isinstance(value, np.generic):
        return torch.tensor(value, dtype=_dtype_of_python(np.asarray(value)), device="cpu")
    if isinstance(value, list) and _holds_tensors(value):
        return stacked([as_element(part) for part in value])
    array = _as_array(value)
    if array.dtype.kind in "OUST":
        return array.item() if array.ndim == 0 else strings(array)
    if isinstance(value, (list, range)) and not any(hasattr(part, "dtype") for part in value[:1]):
        return torch.from_numpy(array).to(_dtype_of_python(array))
    if copy or not array.flags.writeable or any(stride < 0 for stride in array.strides):
        array = array.copy()
    return torch.from_numpy(array) if array.ndim else torch.as_tensor(array[()], device="cpu")


def _holds_tensors(value: list) -> bool:
    return any(isinstance(part, Tensor) or isinstance(part, list) and _holds_tensors(part) for part in value[:1])


def _dtype_of_python(array: np.ndarray) -> torch.dtype:
    """Python's numbers have Keras's dtypes: `floatx()`, and int32 as long as they fit."""
    if array.dtype.kind == "f":
        return torch_dtype(_settings.floatx())
    if array.dtype.kind == "i":
        return torch.int32 if np.abs(array).max(initial=0) < 2**31 else torch.int64
    return torch_dtype({"b": "bool", "c": "complex64"}.get(array.dtype.kind, array.dtype.name))


def _as_array(value: Any) -> np.ndarray:
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value)
    if hasattr(value, "to_numpy"):
        return value.to_numpy()
    if isinstance(value, (list, range)) or hasattr(value, "__array__") or hasattr(value, "__array_interface__"):
        try:
            return np.asarray(value)
        except ValueError as error:
            raise ValueError(f"A list must hold values of one shape; received {value!r:.80}. Use a tuple.") from error
    raise TypeError(
        f"An element must hold tensors, arrays, numbers or strings, in tuples and dicts; "
        f"received {value!r:.80} of type {type(value).__name__}."
    )


def strings(array: Any) -> np.ndarray:
    """Make an array of strings, each an object of its own.

    Raises:
        TypeError: it holds something else.
    """
    array = np.asarray(array)
    array = array if array.dtype.kind == "O" else array.astype(object)
    wrong = [value for value in array.flat if not isinstance(value, (str, bytes))]
    if wrong:
        raise TypeError(f"An array of objects must hold strings; received {wrong[0]!r:.80} of type {type(wrong[0]).__name__}.")
    return array


def packer(structure: Any) -> Callable[[list], Any]:
    """Give the function that makes an element of a list of its leaves; quick for flat tuples and dicts."""
    if not _tree.is_nested(structure):
        return lambda leaves: leaves[0]
    if type(structure) is tuple and not any(_tree.is_nested(part) for part in structure):
        return tuple
    if type(structure) is dict and not any(_tree.is_nested(part) for part in structure.values()):
        keys = list(_tree._keys(structure))
        order = list(structure)
        if keys == order:
            return lambda leaves: dict(zip(keys, leaves))
    return lambda leaves: _tree.pack_sequence_as(structure, leaves)


def stack(elements: Sequence[Any]) -> Any:
    """Make a batch: leaves of shape (...) become leaves of shape (elements, ...).

    Raises:
        ValueError: the elements have different shapes, dtypes or structures.
    """
    return _combined(elements, stacked)


def stack_padded(elements: Sequence[Any], shapes: Any, values: Any) -> Any:
    """Make a batch of elements that are filled up at their ends to one shape.

    Args:
        elements: of one structure and rank.
        shapes: what to fill up to, a shape for each leaf; None, for a size or all, is that of the longest.
        values: what to fill with, one for all or one for each leaf; None is zero.

    Raises:
        ValueError: an element does not fit into its shape.
    """
    first = elements[0]
    count = len(_tree.flatten(first))
    wanted = iter([None] * count if shapes is None else leaves_up_to(first, shapes))
    fill = iter(leaves_up_to(first, values) if _tree.is_nested(values) else [values] * count)
    return _combined(elements, lambda leaves: _padded(leaves, next(wanted), next(fill)))


def _combined(elements: Sequence[Any], join: Callable[[Sequence], Any]) -> Any:
    first = elements[0]
    if isinstance(first, Tensor):
        return join(elements)
    if type(first) is tuple and all([isinstance(part, Tensor) for part in first]):
        if any([type(element) is not tuple or len(element) != len(first) for element in elements]):
            raise ValueError(f"Elements must have one structure to be batched; received {_told(elements)}.")
        return tuple([join(column) for column in zip(*elements)])
    if not _tree.is_nested(first):
        return join(elements)
    columns = zip(*[_leaves_like(first, element, elements) for element in elements])
    return _tree.pack_sequence_as(first, [join(column) for column in columns])


def _leaves_like(first: Any, element: Any, elements: Sequence[Any]) -> list:
    leaves = _tree.flatten(element)
    alike = type(element) is type(first) and len(leaves) == len(_tree.flatten(first))
    if not alike or isinstance(first, Mapping) and set(first) != set(element):
        raise ValueError(f"Elements must have one structure to be batched; received {_told(elements)}.")
    return leaves


def _told(elements: Sequence[Any]) -> str:
    every = dict.fromkeys(str(_tree.map_structure(lambda leaf: type(leaf).__name__, element)) for element in elements)
    return " and ".join(list(every)[:3])


def stacked(leaves: Sequence[Any]) -> Any:
    """Make one leaf of several of one shape."""
    first = leaves[0]
    if isinstance(first, Tensor) and all([isinstance(leaf, Tensor) and leaf.dtype is first.dtype for leaf in leaves]):
        try:
            return torch.stack(tuple(leaves))
        except RuntimeError as error:
            if len({leaf.shape for leaf in leaves}) == 1:
                raise
            raise ValueError(_told_shapes(leaves) + " Use `padded_batch`, or `map` them to one shape.") from error
    if all(leaf is None for leaf in leaves):
        return None
    if all(isinstance(leaf, (str, bytes)) for leaf in leaves):
        return np.array(list(leaves), dtype=object)
    if all(isinstance(leaf, np.ndarray) for leaf in leaves):
        if len({leaf.shape for leaf in leaves}) > 1:
            raise ValueError(_told_shapes(leaves) + " `map` arrays of strings to one shape.")
        return np.stack(leaves)
    kinds = dict.fromkeys(str(leaf.dtype) if isinstance(leaf, Tensor) else type(leaf).__name__ for leaf in leaves)
    if any(isinstance(leaf, Leaf) for leaf in leaves):
        raise ValueError("Datasets cannot be batched; join them first: flat_map(lambda window: window.batch(n)).")
    raise ValueError(f"Elements must have one dtype to be batched; received {' and '.join(kinds)}. `map` them to one dtype.")


def _told_shapes(leaves: Sequence[Any]) -> str:
    shapes = dict.fromkeys(tuple(leaf.shape) for leaf in leaves)
    return f"Elements must have one shape to be batched; received {' and '.join(map(str, list(shapes)[:3]))}."


def _padded(leaves: Sequence[Any], shape: Any, value: Any) -> Any:
    if not all(isinstance(leaf, Tensor) for leaf in leaves):
        return stacked(leaves)
    rank = leaves[0].dim()
    if any(leaf.dim() != rank for leaf in leaves):
        raise ValueError(f"Elements must have one rank to be padded; received {leaves[0].dim()} and others.")
    if shape is not None and len(shape) != rank:
        raise ValueError(f"`padded_shapes` has {tuple(shape)} for elements of rank {rank}, such as {tuple(leaves[0].shape)}.")
    longest = [max(leaf.shape[axis] for leaf in leaves) for axis in range(rank)]
    sizes = longest if shape is None else [have if size in (None, -1) else int(size) for have, size in zip(longest, shape)]
    if any(have > size for have, size in zip(longest, sizes)):
        raise ValueError(f"Elements must fit into `padded_shapes`, {tuple(sizes)}; received sizes up to {tuple(longest)}.")
    filled = leaves[0].new_full((len(leaves), *sizes), 0 if value is None else value)
    for row, leaf in zip(filled, leaves):
        row[tuple(map(slice, leaf.shape))] = leaf
    return filled


def leaves_up_to(element: Any, tree: Any) -> list:
    """List the parts of a tree that stand where the leaves of an element do."""
    if isinstance(element, tuple):
        if not isinstance(tree, (tuple, list)) or len(tree) != len(element):
            raise ValueError(f"There must be one part for each of the {len(element)} of an element; received {tree!r}.")
        return [leaf for part, below in zip(element, tree) for leaf in leaves_up_to(part, below)]
    if isinstance(element, Mapping):
        if not isinstance(tree, Mapping) or set(tree) != set(element):
            raise ValueError(f"There must be one part for each of {sorted(map(str, element))}; received {tree!r}.")
        return [leaf for key in _tree._keys(element) for leaf in leaves_up_to(element[key], tree[key])]
    return [tree]


def unstacked(batch: Any) -> Iterable[Any]:
    """Take a batch apart into its elements; what they hold is memory of the batch.

    Raises:
        ValueError: a leaf has no axis of elements, or the leaves differ in its size.
    """
    leaves = _tree.flatten(batch)
    sizes = {rows_of(leaf) for leaf in leaves if leaf is not None}
    if len(sizes) > 1:
        raise ValueError(f"All parts of a batch must have one number of rows; received {sorted(sizes)}.")
    rows = sizes.pop() if sizes else 0
    columns = [leaf.unbind(0) if isinstance(leaf, Tensor) else [None] * rows if leaf is None else leaf for leaf in leaves]
    return map(packer(batch), map(list, zip(*columns)))


def rows_of(leaf: Any) -> int:
    """The size of the first axis."""
    if not isinstance(leaf, (Tensor, np.ndarray)) or leaf.ndim == 0:
        raise ValueError(f"Data must have rows: an axis of elements first; received the single value {leaf!r:.60}.")
    return leaf.shape[0]


def copied(element: Any) -> Any:
    """Give the element in memory of its own."""
    if isinstance(element, Tensor):
        return element.clone()
    return _tree.map_structure(lambda leaf: leaf.clone() if isinstance(leaf, Tensor) else leaf, element)


def spec_of(element: Any) -> Any:
    """Describe the leaves by shape and dtype; what is no tensor and no string stays."""

    def spec(leaf: Any) -> Any:
        if isinstance(leaf, Tensor):
            return TensorSpec(leaf.shape, leaf.dtype)
        if isinstance(leaf, (str, bytes, np.ndarray)):
            return TensorSpec(np.shape(leaf) if isinstance(leaf, np.ndarray) else (), "string")
        return leaf

    return _tree.map_structure(spec, element)


def map_specs(function: Callable[[TensorSpec], TensorSpec], spec: Any) -> Any:
    """Apply a function to each spec of a tree, leaving other leaves."""
    return _tree.map_structure(lambda leaf: function(leaf) if isinstance(leaf, TensorSpec) else leaf, spec)


def joined_specs(a: Any, b: Any) -> Any:
    """Describe what fits either of two trees of specs: sizes that differ are not known."""

    def join(one: Any, other: Any) -> Any:
        if not isinstance(one, TensorSpec) or not isinstance(other, TensorSpec):
            return one
        if one.shape is None or other.shape is None or len(one.shape) != len(other.shape):
            return TensorSpec(None, one.dtype)
        return TensorSpec([size if size == same else None for size, same in zip(one.shape, other.shape)], one.dtype)

    return _tree.map_structure(join, a, b)


def fits(spec: Any, wanted: Any) -> bool:
    """Say whether elements of one tree of specs are also of another, whose sizes of None may be any."""
    if isinstance(wanted, Mapping):
        return isinstance(spec, Mapping) and set(spec) == set(wanted) and all(fits(spec[key], wanted[key]) for key in wanted)
    if isinstance(wanted, (tuple, list)):
        return isinstance(spec, tuple) and len(spec) == len(wanted) and all(map(fits, spec, wanted))
    if not isinstance(spec, TensorSpec) or not isinstance(wanted, TensorSpec):
        return spec == wanted
    alike = wanted.shape is None or spec.shape is not None and wanted.fits(spec.shape)  # type: ignore[arg-type]
    return alike and wanted.dtype in (None, spec.dtype)
