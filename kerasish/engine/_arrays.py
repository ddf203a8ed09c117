"""What users hand in as data, made into trees of tensors: arrays, tensors, pandas, lists and dicts of these."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish._base import _settings, _tree
from kerasish.core import torch_dtype


def is_arrays(data: Any) -> bool:
    """Say whether data is an array-like, or a list or dict of array-likes."""
    leaves = _tree.flatten(data)
    return bool(leaves) and all(_is_array(leaf) or leaf is None for leaf in leaves) and any(leaf is not None for leaf in leaves)


def _is_array(leaf: Any) -> bool:
    if isinstance(leaf, (np.ndarray, Tensor)):
        return True
    return _is_pandas(leaf) or hasattr(leaf, "__array__") and hasattr(leaf, "shape")


def _is_pandas(leaf: Any) -> bool:
    return type(leaf).__module__.partition(".")[0] == "pandas" and hasattr(leaf, "to_numpy")


def as_tensors(data: Any, what: str) -> Any:
    """Make a tree of tensors, sharing memory where that can be; float64 becomes `floatx()`.

    Raises:
        ValueError: text, objects, or numbers without rows.
    """
    return _tree.map_structure(lambda leaf: None if leaf is None else _as_tensor(leaf, what), data)


def _as_tensor(leaf: Any, what: str) -> Tensor:
    if isinstance(leaf, Tensor):
        tensor = leaf.detach()
    else:
        array = leaf.to_numpy() if _is_pandas(leaf) else np.asarray(leaf)
        if array.ndim == 0:
            raise ValueError(
                f"`{what}` must be an array, with an axis of samples first; received the single value {leaf!r}. "
                f"If it stands in a list, make an array of that: np.array({what})."
            )
        if array.dtype.kind in "OUSV":
            try:
                array = array.astype(_settings.floatx()) if array.dtype.kind == "O" else array
            except (TypeError, ValueError):
                pass
        if array.dtype.kind in "OUSV":
            raise ValueError(
                f"`{what}` must hold numbers; received an array of dtype {array.dtype}. Map its values to numbers first."
            )
        if array.ndim == 1 and _is_pandas(leaf):
            array = array[:, None]
        if not array.flags.writeable or any(stride < 0 for stride in array.strides):
            array = array.copy()
        tensor = torch.from_numpy(np.ascontiguousarray(array))
    if tensor.dtype is torch.float64 and _settings.floatx() != "float64":
        tensor = tensor.to(torch_dtype(_settings.floatx()))
    if tensor.dim() == 0:
        raise ValueError(f"`{what}` must have rows: an axis of samples first; received a single number.")
    return tensor


def rows_of(*trees: Any) -> int:
    """The number of rows that all the tensors share.

    Raises:
        ValueError: they have different numbers of rows, or none.
    """
    counts = [[leaf.shape[0] for leaf in _tree.flatten(tree) if leaf is not None] for tree in trees if tree is not None]
    every = {count for found in counts for count in found}
    if len(every) > 1:
        names = [name for name, tree in zip(_NAMES, trees, strict=False) if tree is not None]
        told = ", ".join(f"`{name}` {'/'.join(map(str, found))}" for name, found in zip(names, counts, strict=True) if found)
        raise ValueError(f"All data must have one number of rows; received {told}.")
    rows = every.pop()
    if rows == 0:
        raise ValueError("The data is empty: it has no rows.")
    return rows


_NAMES = ("x", "y", "sample_weight")


def split(data: tuple, validation_split: float) -> tuple[tuple, tuple]:
    """Take the last rows for validation, before any shuffling.

    Raises:
        ValueError: a fraction that leaves one part empty.
    """
    if not 0 < validation_split < 1:
        raise ValueError(f"`validation_split` must be between 0 and 1; received {validation_split}.")
    rows = rows_of(*data)
    at = int(np.floor(rows * (1.0 - validation_split)))
    if at in (0, rows):
        raise ValueError(f"`validation_split`={validation_split} of {rows} rows leaves training or validation empty.")
    first = tuple(_tree.map_structure(lambda leaf: None if leaf is None else leaf[:at], tree) for tree in data)
    last = tuple(_tree.map_structure(lambda leaf: None if leaf is None else leaf[at:], tree) for tree in data)
    return first, last


def class_weights(y: Any, class_weight: dict[int, float], sample_weight: Any = None) -> Tensor:
    """The weight of each row by the class of its label, times the sample weight; nothing is read from the device.

    Args:
        y: class numbers (rows,) or (rows, 1), or one-hot rows (rows, classes).
        class_weight: a weight for each class; 1 for those not named.

    Raises:
        ValueError: labels of several outputs.
    """
    if not isinstance(y, Tensor):
        raise ValueError("`class_weight` needs a model with one output, whose labels are classes.")
    wrong = [key for key in class_weight if isinstance(key, str) or int(key) != key or key < 0]
    if wrong:
        raise ValueError(f"`class_weight` must have class numbers as keys, 0 and up; received the key {wrong[0]!r}.")
    size = max(int(key) for key in class_weight) + 1
    table = torch.ones(max(size, y.shape[-1] if y.dim() > 1 else size) + 1, dtype=torch.float32)
    for key, weight in class_weight.items():
        table[int(key)] = float(weight)
    table = table.to(y.device)
    classes = y.argmax(-1) if y.dim() > 1 and y.shape[-1] > 1 else y.reshape(y.shape[0], *y.shape[1:-1] if y.dim() > 1 else ())
    # Classes beyond the table have weight 1, its last entry.
    weights = table[classes.long().clamp(0, table.shape[0] - 1)]
    return weights if sample_weight is None else weights * sample_weight
