"""Calls across the edge: functions of the library, called with this face's tensors and under TensorFlow's argument names."""

import functools
from collections.abc import Callable
from typing import Any

import torch

from kerasish._base import _tree
from kerasish.core import convert_to_tensor, is_symbolic
from kerasish.tf._dtypes import DType
from kerasish.tf._tensor import Tensor, leave
from kerasish.tf._variable import Variable

_plain = torch.Tensor
_NESTS = (list, tuple, dict)


def entered(value: Any) -> Any:
    """The same value with plain tensors and torch's dtypes in it, also in lists, tuples and dicts."""
    kind = type(value)
    if kind is Tensor:
        made = value.as_subclass(_plain)
        if "_keras_mask" in value.__dict__:
            made._keras_mask = value._keras_mask
        return made
    if kind is DType:
        return value.torch
    if kind is list or kind is tuple:
        return kind([entered(part) for part in value])
    if kind is dict:
        return {key: entered(part) for key, part in value.items()}
    return value


def takes_plain(values: Any) -> bool:
    """Say whether a plain torch tensor is anywhere among values: then results are plain, too."""
    for value in values:
        kind = type(value)
        if kind is _plain or kind in _NESTS and takes_plain(value.values() if kind is dict else value):
            return True
    return False


def holds_edge(values: Any) -> bool:
    """Say whether a Tensor of this face is anywhere among values."""
    for value in values:
        kind = type(value)
        if kind is Tensor or kind in _NESTS and holds_edge(value.values() if kind is dict else value):
            return True
    return False


def left(result: Any, given: Any = ()) -> Any:
    """The result of a call as Tensors. What was handed in and comes back stays what it is to its owner."""
    kind = type(result)
    if kind is _plain:
        if any(result is part for part in given):
            return leave(result.as_subclass(_plain))
        result.__class__ = Tensor
        return result
    if isinstance(result, Variable) or not _tree.is_nested(result):
        return result
    return _tree.map_structure(lambda leaf: left(leaf, given), result)


def across(function: Callable, **renamed: str) -> Callable:
    """Make a function of this face of one of the library.

    Args:
        function: the library's.
        **renamed: TensorFlow's names of arguments, for which the library has others. `name`, a label, is always taken.
    """

    @functools.wraps(function)
    def call(*args: Any, name: str | None = None, **kwargs: Any) -> Any:
        if renamed and kwargs:
            kwargs = {renamed.get(key, key): value for key, value in kwargs.items()}
        is_plain = takes_plain(args) or bool(kwargs) and takes_plain(kwargs.values())
        given = [entered(arg) for arg in args]
        result = function(*given, **{key: entered(value) for key, value in kwargs.items()})
        return result if is_plain else left(result, given)

    return call


def crossing(*functions: Callable) -> dict[str, Callable]:
    """Make functions of this face of some that take plain tensors, by their names; an underscore at the end is left off."""
    return {function.__name__.rstrip("_"): across(function) for function in functions}


def named(module: Any, names: str, **renamed: str) -> dict[str, Callable]:
    """Make functions of this face of a module's.

    Args:
        module: has them.
        names: TensorFlow's names; after a colon the module's own, where it is another.
        **renamed: TensorFlow's names of arguments, for which the module has others.
    """
    pairs = [name.partition(":") for name in names.split()]
    return {theirs: across(getattr(module, ours or theirs), **renamed) for theirs, _, ours in pairs}


def as_input(x: Any, dtype: Any = None) -> Any:
    """A tensor of anything that can be one; a symbol stays one."""
    return x if is_symbolic(x) else convert_to_tensor(x, dtype)


def as_pair(x: Any, y: Any) -> tuple[Any, Any]:
    """Two tensors, of which a number without a dtype takes that of the other."""
    if not hasattr(x, "dtype") and hasattr(y, "dtype"):
        return as_input(x, None if is_symbolic(y) else y.dtype), y
    x = as_input(x)
    return x, as_input(y, None if hasattr(y, "dtype") or is_symbolic(x) else x.dtype)
