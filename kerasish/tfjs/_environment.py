"""The environment: the engine's scopes and counts, flags, dtypes, and what names a function for errors."""

import functools
import warnings
from collections.abc import Callable
from typing import Any

import torch

from kerasish.core import default_device
from kerasish.tfjs._gradients import memory, tidy
from kerasish.tfjs._options import Shelf
from kerasish.tfjs._tensor import Tensor, alive
from kerasish.tfjs._variable import Variable


class Engine:
    """`tf.engine()`: what counts Tensors. Scopes have nothing to free, as Python frees what nothing holds."""

    def __init__(self) -> None:
        self._scopes: list[str] = []

    def startScope(self, name: str = "unnamed scope") -> None:  # noqa: N802 - TensorFlow.js's name
        """Begin a scope."""
        self._scopes.append(name)

    def endScope(self, result: Any = None) -> None:  # noqa: N802
        """End the scope that was begun last.

        Raises:
            RuntimeError: none was begun.
        """
        if not self._scopes:
            raise RuntimeError("endScope ends a scope that startScope began; none was begun.")
        self._scopes.pop()

    def tidy(self, name_or_fn: Any, fn: Callable | None = None) -> Any:
        """Call a function and give what it gives; see `tf.tidy`."""
        return tidy(name_or_fn, fn)

    def memory(self) -> dict[str, Any]:
        """Count the Tensors that are alive; see `tf.memory`."""
        return memory()

    @property
    def state(self) -> dict[str, Any]:
        """The counts of Tensors, bytes and scopes."""
        return {**memory(), "scopeStack": list(self._scopes), "registeredVariables": self.registeredVariables}

    @property
    def registeredVariables(self) -> dict[str, Tensor]:  # noqa: N802
        """The living Variables by name."""
        return {tensor.name: tensor for tensor in list(alive) if isinstance(tensor, Variable) and not tensor.isDisposed}

    @property
    def backendName(self) -> str:  # noqa: N802
        """The kind of device that computes."""
        return default_device().type


_engine = Engine()
_warns = [True]


def engine() -> Engine:
    """What counts Tensors."""
    return _engine


def deprecation_warn(message: str) -> None:
    """Warn that something is to go, unless such warnings were turned off."""
    if _warns[0]:
        warnings.warn(f"{message} tf.disableDeprecationWarnings() turns such warnings off.", DeprecationWarning, 2)


def disable_deprecation_warnings() -> None:
    """Turn the warnings of `deprecationWarn` off."""
    _warns[0] = False


def op(functions: dict[str, Callable]) -> Callable:
    """Name a function, given as `{"name": function}`; an underscore at the name's end is left out.

    Raises:
        ValueError: not exactly one function.
    """
    if len(functions) != 1:
        raise ValueError(f"op takes one function, {{name: function}}; received {len(functions)}.")
    ((name, function),) = functions.items()

    @functools.wraps(function)
    def named(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    named.__name__ = name.removesuffix("_")
    return named


_ORDER = ("bool", "int32", "float32", "complex64")


def upcast_type(type_a: str, type_b: str) -> str:
    """Give the dtype of two dtypes' sum."""
    if type_a == type_b == "string":
        return "string"
    for given in (type_a, type_b):
        if given not in _ORDER:
            raise ValueError(f"Can not upcast {type_a} with {type_b}.")
    return max(type_a, type_b, key=_ORDER.index)


def sum_out_type(type: str) -> str:
    """Give the dtype of a sum of values of a dtype: int32 of booleans."""
    return upcast_type(type, "int32")


def _flags(environment: Callable[[], Any]) -> dict[str, Callable]:
    def enable_prod_mode() -> None:
        """Note that the program is in production."""
        environment().set("PROD", True)

    def enable_debug_mode() -> None:
        """Let autograd check for NaN and tell where a gradient failed; slow."""
        environment().set("DEBUG", True)
        torch.autograd.set_detect_anomaly(True)

    return {"enableProdMode": enable_prod_mode, "enableDebugMode": enable_debug_mode}


def environment_names(environment: Callable[[], Any]) -> dict[str, Any]:
    """Give the names of this room.

    Args:
        environment: `tf.env`.
    """
    return {
        **_flags(environment),
        "engine": engine,
        "op": op,
        "deprecationWarn": deprecation_warn,
        "disableDeprecationWarnings": disable_deprecation_warnings,
        "upcastType": upcast_type,
        "sumOutType": sum_out_type,
        "ENV": environment(),
        "Environment": type(environment()),
        "Rank": Shelf("tf.Rank", {f"R{rank}": f"R{rank}" for rank in range(7)}),
    }
