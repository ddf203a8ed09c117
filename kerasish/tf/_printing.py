"""print: tensors as TensorFlow's own `tf.print` writes them, on the error stream by default."""

import sys
from typing import Any

import numpy as np
import torch

from kerasish._base import _tree
from kerasish.core import CaptureError, is_capturing
from kerasish.tf._tensor import Tensor


def print_(
    *inputs: Any,
    output_stream: Any = None,
    summarize: int | None = 3,
    sep: str = " ",
    end: str = "\n",
    name: str | None = None,
) -> None:
    """Print tensors and whatever else.

    Args:
        *inputs: what to print; tensors may stand in lists, tuples and dicts.
        output_stream: a stream, or "file://" with a path that is appended to; `sys.stderr` by default.
        summarize: how many of the first and the last elements of an axis are shown; all if None or -1.
        sep, end: what stands between, and after.
        name: a label.
    """
    if is_capturing() and any(isinstance(leaf, torch.Tensor) for leaf in _tree.flatten(inputs)):
        raise CaptureError(
            "tf.print cannot print the numbers of tensors in a captured function, whose graph only computes: return them, "
            "or look into the function under tf.config.run_functions_eagerly(True)."
        )
    count = -1 if summarize is None else summarize
    text = sep.join(_told(value, count) for value in inputs) + end
    if isinstance(output_stream, str):
        if not output_stream.startswith("file://"):
            raise ValueError(f"`output_stream` must be a stream, or begin with 'file://'; received {output_stream!r}.")
        with open(output_stream.removeprefix("file://"), "a", encoding="utf-8") as file:
            file.write(text)
        return
    stream = sys.stderr if output_stream is None else output_stream
    stream.write(text)
    stream.flush()


def _told(value: Any, count: int, inside: bool = False) -> str:
    if isinstance(value, torch.Tensor):
        return _array(value.as_subclass(Tensor).__array__(), count)
    if isinstance(value, np.ndarray):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_told(key, count, True)}: {_told(part, count, True)}" for key, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        parts = ", ".join(_told(part, count, True) for part in value)
        return f"[{parts}]" if isinstance(value, list) else f"({parts}{',' * (len(value) == 1)})"
    return repr(value) if inside and isinstance(value, str) else str(value)


def _array(array: np.ndarray, count: int, depth: int = 1) -> str:
    if array.ndim == 0:
        return _number(array[()])
    parts = [_array(row, count, depth + 1) for row in _ends(array, count)]
    if 0 <= 2 * count < len(array):
        parts.insert(count, "...")
    between = " " if array.ndim == 1 else "\n" * (array.ndim - 1) + " " * depth
    return f"[{between.join(parts)}]"


def _ends(array: np.ndarray, count: int) -> list[Any]:
    if not 0 <= 2 * count < len(array):
        return list(array)
    return [*array[:count], *array[len(array) - count :]]


def _number(value: Any) -> str:
    """The shortest text that is read as the same number."""
    if isinstance(value, np.bool_):
        return "1" if value else "0"
    if not isinstance(value, np.floating):
        return str(value)
    short, long = ("%.15g", "%.17g") if value.dtype == np.float64 else ("%.6g", "%.9g")
    text = short % value
    return text if value.dtype.type(text) == value or value != value else long % value
