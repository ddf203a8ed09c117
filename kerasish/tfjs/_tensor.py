"""Tensor and Variable as TensorFlow.js has them: handles of torch's tensors, at this edge only."""

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from kerasish._base import _tree
from kerasish._base._names import fold
from kerasish.core import KerasTensor, convert_to_numpy, default_device, standardize_dtype, torch_dtype
from kerasish.core import Variable as CoreVariable
from kerasish.tfjs._printing import shown
from kerasish.tfjs._promises import promised

alive: "weakref.WeakSet[Tensor]" = weakref.WeakSet()
# The methods that the operations put here, by folded name: `x.matMul(y)`, `x.mat_mul(y)`.
methods: dict[str, Callable] = {}
_DTYPES = {"float32", "int32", "bool", "complex64", "string"}


class Tensor:
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

    # What it is.

    @property
    def shape(self) -> list[int]:
        """The sizes."""
        return list(self.torch.shape)

    @property
    def rank(self) -> int:
        """The number of axes."""
        return self.torch.dim()

    rankType = rank  # noqa: N815 - TensorFlow.js's name

    @property
    def size(self) -> int:
        """The number of values."""
        return self.torch.numel()

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

    def buffer(self) -> Any:
        """A TensorBuffer of the values, which can be waited for."""
        return promised(self.bufferSync())

    def bufferSync(self) -> "TensorBuffer":  # noqa: N802
        """A TensorBuffer of the values."""
        return TensorBuffer(self.shape, self.dtype, self.dataSync())

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
        _ = self.torch

    def variable(self, trainable: bool = True, name: str | None = None, dtype: str | None = None) -> "Variable":
        """A Variable that begins with these values."""
        return Variable(self, trainable, name, dtype)

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
        return len(self.torch)

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


class Variable(Tensor):
    """A Tensor whose values can be assigned; `.torch` is the `kerasish.Variable` that is trained.

    Args:
        initial_value: a Tensor, a Variable of kerasish, or what a Tensor can be made of.
        trainable: whether gradients are wanted.
        name: a number by default, counted from 0.
        dtype: that of the value by default.
    """

    _count = 0

    def __init__(self, initial_value: Any, trainable: bool = True, name: str | None = None, dtype: str | None = None):
        if isinstance(initial_value, CoreVariable):
            super().__init__(initial_value)
            self.name = name or initial_value.path
            return
        if name is None:
            name, Variable._count = str(Variable._count), Variable._count + 1
        value = as_torch(initial_value, dtype)
        super().__init__(CoreVariable(value.detach().clone(), trainable=trainable, name=name.replace("/", "_")))
        self.name = name

    @property
    def trainable(self) -> bool:
        """Whether gradients are wanted."""
        return self.torch.requires_grad

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self.torch.requires_grad_(bool(value))

    def assign(self, new_value: Any) -> "Variable":
        """Overwrite the values.

        Raises:
            ValueError: another shape or dtype.
        """
        value = as_torch(new_value)
        variable: Any = self.torch
        if value.dtype is not variable.dtype:
            dtypes = f"{standardize_dtype(variable.dtype)}, received {standardize_dtype(value.dtype)}"
            raise ValueError(f"{self.name}: a value assigned must have the variable's dtype {dtypes}. Cast it first.")
        variable.assign(value)
        return self

    def assignAdd(self, value: Any) -> "Variable":  # noqa: N802
        """Add to the values."""
        self.torch.assign_add(as_torch(value))  # type: ignore[attr-defined]
        return self

    def assignSub(self, value: Any) -> "Variable":  # noqa: N802
        """Subtract from the values."""
        self.torch.assign_sub(as_torch(value))  # type: ignore[attr-defined]
        return self

    def __getattr__(self, name: str) -> Any:
        # What Keras's spelling and the engine ask of a weight.
        if name in (
            "requires_grad",
            "numel",
            "detach",
            "copy_",
            "element_size",
            "regularizer",
            "constraint",
            "path",
            "device",
            "grad",
        ):
            return getattr(self.torch, name)
        if name in ("assign_add", "assign_sub"):
            return self.assignAdd if name == "assign_add" else self.assignSub
        return super().__getattr__(name)


class LayerVariable(Variable):
    """A weight of a layer: named after the layer, and read and written as TensorFlow.js does.

    Args:
        variable: the weight.
        name: "dense_Dense1/kernel".
    """

    def __init__(self, variable: CoreVariable, name: str):
        super().__init__(variable, name=name)

    @property
    def val(self) -> "LayerVariable":
        """The variable itself."""
        return self

    @property
    def originalName(self) -> str:  # noqa: N802 - TensorFlow.js's name
        """The name."""
        return self.name

    def read(self) -> Tensor:
        """The values, as a Tensor that gradients go through."""
        return Tensor(self.torch)

    def write(self, new_value: Any) -> "LayerVariable":
        """Overwrite the values; the same as `assign`."""
        self.assign(new_value)
        return self


class TensorBuffer:
    """Values that can be set one by one, before a Tensor is made of them.

    Args:
        shape: the sizes.
        dtype: the dtype's name.
        values: in one row; zeros by default.
    """

    def __init__(self, shape: Any, dtype: str = "float32", values: Any = None):
        self.shape, self.dtype = list(shape), dtype
        self.size = int(np.prod(self.shape))
        kind = np.dtype(dtype)
        self.values = np.zeros(self.size, kind) if values is None else np.array(values, kind).reshape(-1)
        if self.values.size != self.size:
            raise ValueError(f"A buffer of shape {self.shape} must have {self.size} values; received {self.values.size}.")

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def set(self, value: Any, *place: int) -> None:
        """Set the value at a place: one index for each axis."""
        self.values[self.locToIndex(place)] = value

    def get(self, *place: int) -> Any:
        """The value at a place."""
        return self.values[self.locToIndex(place)].item()

    def locToIndex(self, place: Any) -> int:  # noqa: N802
        """The number in the row of values of a place."""
        place = tuple(place) or (0,) * len(self.shape)
        if len(place) != len(self.shape):
            raise ValueError(f"A place in a buffer of shape {self.shape} has {len(self.shape)} indices; received {list(place)}.")
        return int(np.ravel_multi_index(place, tuple(self.shape))) if self.shape else 0

    def indexToLoc(self, index: int) -> list[int]:  # noqa: N802
        """The place of a number in the row of values."""
        return [int(part) for part in np.unravel_index(index, tuple(self.shape))] if self.shape else []

    def toTensor(self) -> Tensor:  # noqa: N802
        """A Tensor of the values as they are now."""
        return Tensor(as_torch(self.values.reshape(self.shape), self.dtype))


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
        ValueError: a dtype that TensorFlow.js does not have, or strings.
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
            raise (ValueError if array.dtype.kind in "US" or dtype == "string" else TypeError)(
                f"A Tensor holds numbers or booleans of one shape, strings not; received {given}. Map strings to numbers first."
            )
        typed = isinstance(value, (np.ndarray, np.generic))
        if array.dtype.kind in "iuf" and not (typed and array.dtype.kind in "iu"):
            array = array.astype(np.float32)
        made = narrowed(torch.as_tensor(array.copy() if typed else array, device=default_device()))
    return made if dtype is None else made.to(torch_dtype(dtype))
