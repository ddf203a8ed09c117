"""Tensor and Variable as TensorFlow.js has them: handles of torch's tensors, at this edge only."""

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from kerasish._base import _tree
from kerasish._base._names import fold
from kerasish.core import KerasTensor, convert_to_numpy, default_device, standardize_dtype, torch_dtype
from kerasish.tfjs._printing import shown
from kerasish.tfjs._promises import Thenable, promised

alive: "weakref.WeakSet[Tensor]" = weakref.WeakSet()
# The methods that the operations put here, by folded name: `x.matMul(y)`, `x.mat_mul(y)`.
methods: dict[str, Callable] = {}
_DTYPES = {"float32", "int32", "bool", "complex64", "string"}


class HoldsStrings(ValueError):
    """Strings were given where a tensor of numbers is needed."""


class Tensor(Thenable):
    """A tensor with TensorFlow.js's members; `.torch` is the torch tensor that it is a handle of.

    Operations give new Tensors. Torch's functions take one as well, and layers and `fit` compute with the torch tensor alone.

    Args:
        value: a torch tensor.
    """

    def __init__(self, value: torch.Tensor):
        self._value: torch.Tensor | None = value
        self._kept = False
        alive.add(self)

    @property
    def torch(self) -> torch.Tensor:
        """The torch tensor.

        Raises:
            RuntimeError: the Tensor was disposed.
        """
        if self._value is None:
            raise RuntimeError("Tensor is disposed.")
        return self._value

    # The same where the values are not asked for: a Tensor of strings has no `torch`.
    _held = torch

    # What it is.

    @property
    def shape(self) -> list[int]:
        """The sizes."""
        return list(self._held.shape)

    @property
    def rank(self) -> int:
        """The number of axes."""
        return self._held.dim()

    rankType = rank  # noqa: N815 - TensorFlow.js's name

    @property
    def size(self) -> int:
        """The number of values."""
        return self._held.numel()

    @property
    def dtype(self) -> str:
        """float32, int32, bool or complex64."""
        return standardize_dtype(self.torch.dtype)

    @property
    def id(self) -> int:
        """A number that no other living Tensor has."""
        return id(self)

    @property
    def strides(self) -> list[int]:
        """How many values lie between neighbours of each axis but the last."""
        sizes = self.shape
        return [int(np.prod(sizes[axis + 1 :])) for axis in range(len(sizes) - 1)]

    @property
    def isDisposed(self) -> bool:  # noqa: N802 - TensorFlow.js's name
        """Whether `dispose` was called."""
        return self._value is None

    # Its values.

    def numpy(self) -> np.ndarray:
        """A copy of the values as an array of the Tensor's shape; this reads from the device."""
        return convert_to_numpy(self.torch)

    def dataSync(self) -> np.ndarray:  # noqa: N802
        """The values in one row."""
        return self.numpy().reshape(-1)

    def data(self) -> Any:
        """The values in one row, as an array that can be waited for."""
        return promised(self.dataSync())

    def arraySync(self) -> Any:  # noqa: N802
        """The values as nested lists; of no axes a number."""
        return self.numpy().tolist()

    def array(self) -> Any:
        """The values as nested lists, which can be waited for."""
        return promised(self.arraySync())

    def bytes(self) -> Any:
        """The values as raw bytes, which can be waited for."""
        return promised(np.frombuffer(self.dataSync().tobytes(), dtype=np.uint8))

    def print(self, verbose: bool = False) -> None:
        """Print the values; with `verbose` also dtype, rank and shape."""
        print(self.toString(verbose))

    def toString(self, verbose: bool = False) -> str:  # noqa: N802
        """The text that `print` prints."""
        return shown(self.numpy(), self.dtype, verbose)

    # Its life.

    def clone(self) -> "Tensor":
        """A Tensor of the same values."""
        return Tensor(self.torch.clone())

    def dispose(self) -> None:
        """Let go of the memory; the Tensor cannot be used any more."""
        self._value = None

    def throwIfDisposed(self) -> None:  # noqa: N802
        """Raise a RuntimeError if `dispose` was called."""
        _ = self._held

    def dataToGPU(self, *_: Any) -> Any:  # noqa: N802
        """Say what to use instead: there are no WebGL textures.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            "dataToGPU cannot be here: there are no WebGL textures. `tensor.torch` is on its device already."
        )

    def __getattr__(self, name: str) -> Any:
        method = None if name.startswith("_") else methods.get(fold(name))
        if method is None:
            raise AttributeError(f"A Tensor has no `{name}`. Torch's own members are on `tensor.torch`.")
        return lambda *args, **kwargs: method(self, *args, **kwargs)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(method.__name__ for method in methods.values())})

    # Python's ways.

    @classmethod
    def __torch_function__(cls, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        return wrapped(func(*unwrapped(args), **unwrapped(kwargs or {})))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    def __getitem__(self, index: Any) -> "Tensor":
        return Tensor(self.torch[unwrapped(index)])

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Any:
        return map(Tensor, self.torch.unbind(0))

    def __bool__(self) -> bool:
        return bool(self.torch)

    def __float__(self) -> float:
        return float(self.torch.detach())

    def __int__(self) -> int:
        return int(self.torch.detach())

    def __format__(self, spec: str) -> str:
        return format(self.torch.detach().item(), spec) if spec else str(self)

    # With numbers values are compared, as the numbers of a dataset are in JavaScript; Tensors are objects.
    _numbers: tuple[type, ...] = (int, float, np.generic)

    def __eq__(self, other: object) -> Any:
        return methods["equal"](self, other) if isinstance(other, self._numbers) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return methods["notequal"](self, other) if isinstance(other, self._numbers) else NotImplemented

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return "Tensor is disposed." if self._value is None else self.toString()


def _operator(name: str, swapped: bool) -> Callable:
    def apply(self: Tensor, other: Any) -> Any:
        method = methods[name]
        if not isinstance(other, (Tensor, torch.Tensor, int, float, complex, list, np.ndarray, np.generic)):
            return NotImplemented
        return method(other, self) if swapped else method(self, other)

    return apply


for _name, _method in {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "floordiv": "floordiv", "mod": "mod", "pow": "pow",
    "matmul": "matmul",
}.items():  # fmt: skip
    setattr(Tensor, f"__{_name}__", _operator(_method, False))
    setattr(Tensor, f"__r{_name}__", _operator(_method, True))
for _name, _method in {"lt": "less", "le": "lessequal", "gt": "greater", "ge": "greaterequal"}.items():
    setattr(Tensor, f"__{_name}__", _operator(_method, False))
for _name in ("neg", "abs"):
    setattr(Tensor, f"__{_name}__", lambda self, _name=_name: methods[_name](self))


# Between the edge and the inside.


def unwrapped(tree: Any) -> Any:
    """Give a tree with torch's tensors in place of Tensors."""
    if isinstance(tree, Tensor):
        return tree.torch
    if isinstance(tree, (list, tuple, dict)):
        return _tree.map_structure(lambda leaf: leaf.torch if isinstance(leaf, Tensor) else leaf, tree)
    return tree


def wrapped(tree: Any) -> Any:
    """Give a tree with Tensors in place of torch's tensors; whole numbers become int32, doubles float32."""
    if isinstance(tree, torch.Tensor):
        return Tensor(narrowed(tree))
    if isinstance(tree, (list, tuple, dict)):
        return _tree.map_structure(lambda leaf: Tensor(narrowed(leaf)) if isinstance(leaf, torch.Tensor) else leaf, tree)
    return tree


_NARROWED = {
    torch.int64: torch.int32, torch.int16: torch.int32, torch.int8: torch.int32, torch.uint8: torch.int32,
    torch.float64: torch.float32, torch.complex128: torch.complex64,
}  # fmt: skip


def narrowed(value: torch.Tensor) -> torch.Tensor:
    """Give a torch tensor in a dtype that TensorFlow.js has."""
    to = _NARROWED.get(value.dtype)
    return value if to is None else value.to(to)


def as_torch(value: Any, dtype: str | None = None) -> torch.Tensor:
    """Make a torch tensor of a Tensor, a number or nested lists. Numbers become float32, also whole ones, as in TensorFlow.js.

    Raises:
        HoldsStrings: strings.
        ValueError: a dtype that TensorFlow.js does not have.
        TypeError: nothing that a tensor can be made of.
    """
    if dtype is not None and dtype not in _DTYPES:
        raise ValueError(f"`dtype` must be one of {', '.join(sorted(_DTYPES))}; received {dtype!r}.")
    if isinstance(value, Tensor):
        value = value.torch
    if isinstance(value, KerasTensor):
        return value  # type: ignore[return-value] - operations record calls on symbols
    if isinstance(value, torch.Tensor):
        made = narrowed(value)
    else:
        if isinstance(value, (list, tuple)) and any(isinstance(leaf, (Tensor, torch.Tensor)) for leaf in _tree.flatten(value)):
            value = convert_to_numpy(unwrapped(list(value)))
        array = np.asarray(value)
        if array.dtype.kind in "OUS" or dtype == "string":
            given = repr(value)[:80]
            if array.dtype.kind in "US":
                raise HoldsStrings(f"Numbers or booleans are needed here; received strings, {given}. Map them to numbers first.")
            raise (ValueError if dtype == "string" else TypeError)(
                f"A Tensor holds numbers, booleans or strings of one shape, and dtype 'string' strings only; received {given}."
            )
        typed = isinstance(value, (np.ndarray, np.generic))
        if array.dtype.kind in "iuf" and not (typed and array.dtype.kind in "iu"):
            array = array.astype(np.float32)
        made = narrowed(torch.as_tensor(array.copy() if typed else array, device=default_device()))
    if dtype is None:
        return made
    # A complex number's real part is what is left of it in another dtype.
    return (made.real if made.is_complex() and dtype != "complex64" else made).to(torch_dtype(dtype))
