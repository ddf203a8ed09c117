"""Tensor: a torch tensor that prints, compares and reads as TensorFlow's do. It is an edge: inside of layers all is plain torch.

Torch functions on one give plain tensors, at torch's speed. Operators and the functions of this face give a Tensor again,
unless a plain torch tensor takes part: what is inside of a layer or of `fit` stays plain.
"""

# pyright: reportPrivateImportUsage=false, reportIncompatibleMethodOverride=false, reportAttributeAccessIssue=false

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from kerasish._base import _tree
from kerasish.core import KerasTensor, convert_to_tensor
from kerasish.tf._dtypes import DType
from kerasish.tf._shape import TensorShape

_plain = torch.Tensor
_real_dtype = torch.Tensor.dtype.__get__  # type: ignore[attr-defined]
_real_shape = torch.Tensor.shape.__get__  # type: ignore[attr-defined]
_NUMBERS = (int, float, bool, complex)


class Reference:
    """What stands for a tensor or Variable as a key of dicts and a member of sets: `ref()` gives it, `deref()` goes back."""

    __slots__ = ("_thing",)

    def __init__(self, thing: Any):
        self._thing = thing

    def deref(self) -> Any:
        """Give the tensor or Variable."""
        return self._thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and self._thing is other._thing

    def __hash__(self) -> int:
        return id(self._thing)

    def __repr__(self) -> str:
        return f"<Reference wrapping {self._thing!r}>"


class Tensor(torch.Tensor):
    """A tensor that never changes. `tf.constant` and all functions of this face make them.

    It is a torch tensor: torch functions take it, and give plain ones.

    >>> from kerasish.tf import constant
    >>> constant([1, 2]) * 2
    <tf.Tensor: shape=(2,), dtype=int32, numpy=array([2, 4], dtype=int32)>
    """

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @property
    def shape(self) -> TensorShape:
        """The sizes."""
        return TensorShape(_real_shape(self))

    @property
    def dtype(self) -> DType:
        """The kind of numbers."""
        return DType(_real_dtype(self))

    def get_shape(self) -> TensorShape:
        """Give the sizes."""
        return self.shape

    def ref(self) -> Reference:
        """Give what stands for this very tensor in dicts and sets."""
        return Reference(self)

    def __getattr__(self, name: str) -> Any:
        if name in ("assign", "assign_add", "assign_sub") and "_part_of" in self.__dict__:
            variable, key = self._part_of
            return functools.partial(variable.assign_part, key, name)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def set_shape(self, shape: Any) -> None:
        """Check the sizes; None is any.

        Raises:
            ValueError: they are others.
        """
        mine = tuple(self.shape)
        if len(shape) != len(mine) or any(size not in (None, own) for size, own in zip(shape, mine)):
            raise ValueError(f"The tensor has shape {mine}, which is not {tuple(shape)}.")

    def to(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Torch's `to`; gives a plain tensor."""
        args = tuple(arg.torch if isinstance(arg, DType) else arg for arg in args)
        if isinstance(kwargs.get("dtype"), DType):
            kwargs["dtype"] = kwargs["dtype"].torch
        return plain(self).to(*args, **kwargs)

    def numpy(self, *, force: bool = False) -> Any:
        """A copy of the values as an array, of a single one as NumPy's number; this reads from the device."""
        return _array(self)[()]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = _array(self)
        return array if dtype is None else array.astype(dtype, copy=False)

    def __array_function__(self, func: Callable, types: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        return on_arrays(func, args, kwargs)

    def __iter__(self) -> Iterator[Any]:
        return iter([leave(part) for part in _plain.unbind(self)])

    def __getitem__(self, key: Any) -> Any:
        if _has_negative_step(key):
            return leave(_stepped_back(plain(self), key))
        part = _plain.__getitem__(self, key)
        return leave(part) if not _is_plain_key(key) else part

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError("A tf.Tensor never changes: use tf.tensor_scatter_nd_update, tf.where, or a tf.Variable.")

    def __format__(self, spec: str) -> str:
        return format(self.numpy(), spec)

    def __deepcopy__(self, memo: dict) -> "Tensor":
        return leave(plain(self).detach().clone())

    def __reduce_ex__(self, protocol: Any) -> tuple:
        return leave, (plain(self).detach(),)

    def __str__(self) -> str:
        text = _lines(str(_array(self)))
        return f"tf.Tensor({text}, shape={self.shape}, dtype={self.dtype.name})"

    def __repr__(self, **_: Any) -> str:
        return f"<tf.Tensor: shape={self.shape}, dtype={self.dtype.name}, numpy={shown(self)}>"

    __hash__ = torch.Tensor.__hash__


def plain(tensor: torch.Tensor) -> torch.Tensor:
    """The same tensor as a plain torch tensor: same memory, and part of the same gradients."""
    return tensor.as_subclass(_plain) if isinstance(tensor, Tensor) else tensor


def leave(tensor: Any) -> Any:
    """Make a plain tensor that nobody else has a Tensor; anything else stays as it is."""
    if type(tensor) is _plain:
        tensor.__class__ = Tensor
    return tensor


def shown(tensor: torch.Tensor) -> str:
    """The values as a `repr` shows them."""
    array = _array(tensor)
    return repr(array.item()) if array.ndim == 0 else _lines(repr(array))


def _array(tensor: torch.Tensor) -> np.ndarray:
    data = tensor.detach()
    return np.array((data.float() if data.dtype is torch.bfloat16 else data).resolve_conj().resolve_neg().cpu().numpy())


def on_arrays(func: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
    """Call a function of NumPy's with arrays in the place of tensors, whose methods of the same names take other arguments."""
    args, kwargs = _tree.map_structure(lambda leaf: np.asarray(leaf) if isinstance(leaf, _plain) else leaf, (args, kwargs))
    return func(*args, **kwargs)


def _lines(text: str) -> str:
    return "\n" + text if "\n" in text else text


# Operators, for Tensors and Variables.

_ARITHMETIC = "add sub mul matmul pow mod floordiv and or xor".split()
_COMPARISONS = "lt le gt ge eq ne".split()
_SIGNS = "neg pos abs invert".split()


def _operand(value: torch.Tensor, other: Any) -> Any:
    """The other operand as torch takes it: arrays and lists become tensors, floating ones of this tensor's dtype."""
    if isinstance(other, (torch.Tensor, *_NUMBERS)):
        return other
    if isinstance(other, (np.ndarray, np.generic, list, tuple)):
        dtype = _real_dtype(value)
        floats = np.asarray(other).dtype.kind == "f" if not isinstance(other, (list, tuple)) else True
        made = convert_to_tensor(other, dtype if dtype.is_floating_point and floats else None)
        return made.to(value.device)
    return NotImplemented


def _operator(name: str) -> Callable:
    method = getattr(_plain, name)

    def operate(self: Any, other: Any) -> Any:
        kind = type(other)
        if kind is not Tensor and kind is not float and kind is not int and kind is not _plain:
            other = _operand(self, other)
            if other is NotImplemented:
                return NotImplemented
        result = method(self, other)
        if type(result) is _plain and kind is not _plain:
            result.__class__ = Tensor
        return result

    operate.__name__ = name
    return operate


def _division(name: str) -> Callable:
    divide = _operator(name)

    def operate(self: Any, other: Any) -> Any:
        if _is_whole(self) and (type(other) in (int, bool) or isinstance(other, torch.Tensor) and _is_whole(other)):
            kind = torch.float32 if _real_dtype(self).itemsize < 4 else torch.float64
            result = divide(leave(self.detach().to(kind)), other)
            return plain(result) if type(other) is _plain else result
        return divide(self, other)

    operate.__name__ = name
    return operate


def _is_whole(tensor: torch.Tensor) -> bool:
    return not tensor.is_floating_point() and not tensor.is_complex()


def _comparison(name: str) -> Callable:
    compare = _operator(name)

    def operate(self: Any, other: Any) -> Any:
        if other is None or isinstance(other, str):
            return NotImplemented
        return compare(self, other)

    operate.__name__ = name
    return operate


def _sign(name: str) -> Callable:
    method = getattr(_plain, name)

    def operate(self: Any) -> Any:
        result = method(self)
        return self if result is self else leave(result)

    operate.__name__ = name
    return operate


def _number(name: str) -> Callable:
    method = getattr(_plain, name)

    def convert(self: Any) -> Any:
        return method(self.detach())  # torch warns of a number that has gradients, and every loss has

    convert.__name__ = name
    return convert


def _rebinding(name: str) -> Callable:
    def operate(self: Any, other: Any) -> Any:
        return getattr(self, name)(other)

    operate.__name__ = name.replace("__", "__i", 1)
    return operate


def give_operators(kind: type) -> None:
    """Let a kind of tensor have the operators that give Tensors."""
    for name in _ARITHMETIC:
        setattr(kind, f"__{name}__", _operator(f"__{name}__"))
        setattr(kind, f"__r{name}__", _operator(f"__r{name}__"))
    kind.__truediv__, kind.__rtruediv__ = _division("__truediv__"), _division("__rtruediv__")
    for name in _COMPARISONS:
        setattr(kind, f"__{name}__", _comparison(f"__{name}__"))
    for name in _SIGNS:
        setattr(kind, f"__{name}__", _sign(f"__{name}__"))
    for name in ("float", "int", "complex"):
        setattr(kind, f"__{name}__", _number(f"__{name}__"))
    kind.__hash__ = torch.Tensor.__hash__


give_operators(Tensor)
for _name in [*_ARITHMETIC, "truediv"]:
    setattr(Tensor, f"__i{_name}__", _rebinding(f"__{_name}__"))


# Indexing.


def _is_plain_key(key: Any) -> bool:
    return any(type(part) is _plain for part in (key if isinstance(key, tuple) else (key,)))


def _has_negative_step(key: Any) -> bool:
    parts = key if type(key) is tuple else (key,)
    return any(type(part) is slice and isinstance(part.step, int) and part.step < 0 for part in parts)


def _stepped_back(tensor: torch.Tensor, key: Any) -> torch.Tensor:
    """Index with slices that go backwards, which torch's do not: their places are looked up first."""
    parts = list(key) if isinstance(key, tuple) else [key]
    taken = sum(part is not None and part is not Ellipsis for part in parts)
    axis, rest = 0, []
    for part in parts:
        if part is Ellipsis:
            axis += tensor.dim() - taken
        elif part is not None:
            if type(part) is slice and isinstance(part.step, int) and part.step < 0:
                places = torch.tensor(list(range(*part.indices(tensor.shape[axis]))), dtype=torch.int64, device=tensor.device)
                tensor, part = tensor.index_select(axis, places), slice(None)
            axis += 1
        rest.append(part)
    return tensor[tuple(rest)]


def is_edge(value: Any) -> bool:
    """Say whether a value belongs to this face, so that results of it are Tensors."""
    return not (type(value) is _plain or isinstance(value, KerasTensor))
