"""The edge: how a function on torch's tensors becomes one of TensorFlow.js, on Tensors."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch

from kerasish._base import _tree
from kerasish._base._names import fold
from kerasish.core import KerasTensor
from kerasish.tfjs._options import merged, parameters_of, spelled
from kerasish.tfjs._promises import promised
from kerasish.tfjs._records import Record
from kerasish.tfjs._strings import Words
from kerasish.tfjs._tensor import HoldsStrings, as_torch, methods, unwrapped, wrapped

# TensorFlow.js's functions by name, and those of its namespaces by the namespace's name.
OPERATIONS: dict[str, Callable] = {}
SHELVES: dict[str, dict[str, Callable]] = {}


class NamedTensors(Record):
    """Tensors by name: a Record in which `tf.topk(x).values` is the Tensor of this name, and no method."""

    def __getattribute__(self, name: str) -> Any:
        if name == "values" and "values" in self:
            return self["values"]
        return super().__getattribute__(name)


def at_edge(name: str, function: Callable, tensors: int, strings: bool = False) -> Callable:
    """Make a function on torch's tensors one on Tensors, whose first arguments may also be numbers and lists.

    None for an argument means its default, as `undefined` does in JavaScript. What a function whose name ends in
    "Async" gives can be waited for.

    Args:
        name: TensorFlow.js's name.
        function: takes torch's tensors.
        tensors: how many arguments are tensors, whatever they were given as.
        strings: whether it only moves or compares values, so that Tensors of strings may go through it.
    """
    names = parameters_of(function)
    defaults = [parameter.default for parameter in inspect.signature(function).parameters.values()]
    finish = promised if name.endswith("Async") else None

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            kwargs = spelled(f"tf.{name}", kwargs, names)
        if len(args) > tensors and any(arg is None for arg in args):
            args = _with_defaults(args, defaults)
        made: list[Any] = []
        keyed: dict[str, Any] = {}
        try:
            for key, arg in kwargs.items():
                keyed[key] = as_torch(arg) if key in names[:tensors] and arg is not None else unwrapped(arg)
            made = [as_torch(arg) if i < tensors and arg is not None else unwrapped(arg) for i, arg in enumerate(args)]
            result = wrapped(function(*made, **keyed))
        except (TypeError, AttributeError) as error:
            if not any(isinstance(leaf, KerasTensor) for leaf in _tree.flatten((args, kwargs))):
                raise
            raise TypeError(
                f"tf.{name} does not take the symbols of a model as they were given: {error} "
                "Use a layer for it, or call it in the `call` of a layer of your own."
            ) from error
        except RuntimeError as error:
            if type(error) is not RuntimeError or not made:
                raise
            shapes = " and ".join(
                str(list(part.shape)) for part in _tree.flatten((made, keyed)) if isinstance(part, torch.Tensor)
            )
            raise RuntimeError(f"tf.{name} of shapes {shapes}: {error}") from error
        except HoldsStrings:
            if not strings:
                raise
            result = _on_strings(function, names[:tensors], args, kwargs)
        if type(result) is dict:
            result = NamedTensors(result)
        return result if finish is None else finish(result)

    call.__name__ = name
    call.__doc__ = function.__doc__ or f"TensorFlow.js's {name}({', '.join(names)}), on Tensors."
    return call


def _with_defaults(args: tuple, defaults: list[Any]) -> tuple:
    known = defaults[: len(args)] + [None] * (len(args) - len(defaults))
    return tuple(default if arg is None and default is not inspect.Parameter.empty else arg for arg, default in zip(args, known))


def _on_strings(function: Callable, tensors: tuple[str, ...], args: tuple, kwargs: Mapping[str, Any]) -> Any:
    """Call on the numbers that strings have in one list of words, and give strings for the numbers that come out."""
    words = Words()
    named = dict(zip(parameters_of(function), args)) | dict(kwargs)
    made = {name: words.numbers(value) if name in tensors else words.numbered(value) for name, value in named.items()}
    result = function(**made)
    if isinstance(result, torch.Tensor) and result.dtype is torch.bool:
        return wrapped(result)
    if isinstance(result, dict):
        return {k: words.strings(v) if k == "values" else wrapped(v) for k, v in result.items()}
    return _tree.map_structure(lambda leaf: words.strings(leaf), result)


def operation(name: str, tensors: int = 1, method: bool | str = True, strings: bool = False) -> Callable:
    """Decorate a function that computes a TensorFlow.js operation on torch's tensors.

    Args:
        name: TensorFlow.js's name; "linalg.qr" is one of a namespace, and no method.
        tensors: how many of its first arguments are tensors.
        method: whether Tensors have it as a method; or the name of the method.
        strings: whether Tensors of strings may go through it.
    """

    def enter(function: Callable) -> Callable:
        made = at_edge(name, function, tensors, strings)
        shelf, _, own = name.rpartition(".")
        (SHELVES.setdefault(shelf, {}) if shelf else OPERATIONS)[own] = made
        if method and (not shelf or isinstance(method, str)):
            methods[fold(method if isinstance(method, str) else name)] = made
        return function

    return enter


def from_options(name: str) -> None:
    """Let a function of a namespace take its arguments in one dict, as TensorFlow.js has it."""
    shelf, _, own = name.rpartition(".")
    function = SHELVES[shelf][own]

    @functools.wraps(function)
    def call(options: Any = None, **given: Any) -> Any:
        return function(**merged(f"tf.{name}", options, given))

    SHELVES[shelf][own] = call
