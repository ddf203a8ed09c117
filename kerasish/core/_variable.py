"""The Variable: an `nn.Parameter` with Keras's methods; what is computed from it is plain tensors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from kerasish._base._names import auto_name
from kerasish.core._capture_state import must_be_real, numbers_of, outside_capture
from kerasish.core._device import default_device
from kerasish.core._dtypes import torch_dtype
from kerasish.core._tensors import convert_to_tensor, laid_out


class Variable(nn.Parameter):
    """A tensor that training changes. It is an `nn.Parameter`: optimizers, autograd, export and DDP take it as such.

    Args:
        initializer: a value, or the name of an initializer or a function `(shape, dtype) -> tensor`, which need `shape`.
        shape: the shape, for an initializer that is a function.
        dtype: the dtype; that of the value, or `floatx()`, by default.
        trainable: whether gradients are wanted (`requires_grad`).
        autocast: False keeps a layer of mixed precision from casting it.
        aggregation, synchronization: for distribution over replicas; only the defaults.
        layout: only None.
        name: a name without "/"; the layer that owns a Variable makes its `path`.

    >>> v = Variable([1.0, 2.0], name="v")
    >>> v.assign_add([1.0, 1.0]).numpy().tolist(), type(v * 2).__name__
    ([2.0, 3.0], 'Tensor')
    """

    # Plain attributes: FSDP and a move to the meta device drop them, so the owning layer can set them again.
    _name: str | None = None
    _path: str | None = None
    _autocast: bool = True
    _born_trainable: bool = True
    regularizer: Callable | None = None
    constraint: Callable | None = None

    def __new__(
        cls,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
        synchronization: str | None = "auto",
        layout: Any = None,
        name: str | None = None,
        memory_order: tuple[int, ...] | None = None,
    ) -> "Variable":
        if name is not None and (not isinstance(name, str) or "/" in name):
            raise ValueError(f"`name` must be a string without '/'; received {name!r}.")
        if aggregation not in (None, "none", "mean", "sum", "only_first_replica") or layout is not None:
            raise ValueError(f"Unsupported `aggregation` or `layout`; received {aggregation!r} and {layout!r}.")
        if synchronization not in (None, "none", "auto", "on_read", "on_write"):
            raise ValueError(f"Unsupported `synchronization`; received {synchronization!r}.")
        initializer = numbers_of(initializer)
        with outside_capture() as is_captured, torch.no_grad(), torch._C.DisableTorchFunction():
            data = _initial_value(initializer, shape, dtype)
            data = laid_out(data.to(default_device() if data.device.type != "meta" else data.device), memory_order)
            if data.requires_grad or isinstance(initializer, (torch.Tensor, np.ndarray)):
                data = data.detach().clone(memory_format=torch.preserve_format)
            if is_captured:
                must_be_real(data, "A Variable")
            self = cls._wrap(data, trainable and (data.is_floating_point() or data.is_complex()))
        self._name = name or auto_name("variable")
        self._autocast = autocast
        self._born_trainable = trainable
        return self

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """See the class."""

    @classmethod
    def _wrap(cls, data: torch.Tensor, requires_grad: bool) -> "Variable":
        return torch.Tensor._make_subclass(cls, data, requires_grad)  # type: ignore[return-value]

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name within the owner, "kernel"."""
        return self._name or "variable"

    @name.setter
    def name(self, value: str) -> None:
        self._name = value

    @property
    def path(self) -> str:
        """The name with the owners' before it, "dense/kernel"."""
        return self._path or self.name

    @property
    def value(self) -> torch.Tensor:
        """The tensor itself, for reading and in computations."""
        return self

    @property
    def trainable(self) -> bool:
        """Whether gradients are wanted (`requires_grad`)."""
        return self.requires_grad

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self.requires_grad_(bool(value) and self.is_floating_point())

    def assign(self, value: Any) -> "Variable":
        """Overwrite the values in place; the shape must be this one's.

        Raises:
            ValueError: another shape.
        """
        value = convert_to_tensor(value)
        if value.shape != self.shape:
            raise ValueError(
                f"{self.path}: a value assigned must have the variable's shape {tuple(self.shape)}; "
                f"received shape {tuple(value.shape)}."
            )
        with torch.no_grad():
            self.copy_(value)
        return self

    def assign_add(self, value: Any) -> "Variable":
        """Add to the values in place."""
        with torch.no_grad():
            self.add_(convert_to_tensor(value, self.dtype).to(self.device))
        return self

    def assign_sub(self, value: Any) -> "Variable":
        """Subtract from the values in place."""
        with torch.no_grad():
            self.sub_(convert_to_tensor(value, self.dtype).to(self.device))
        return self

    def numpy(self, *, force: bool = False) -> np.ndarray:  # type: ignore[override]
        """A copy of the values as an array; this reads from the device."""
        data = self.detach()
        return np.array((data.float() if data.dtype is torch.bfloat16 else data).cpu().numpy())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:  # type: ignore[override]
        array = self.numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    def __float__(self) -> float:
        return float(self.detach().item())

    def __deepcopy__(self, memo: dict) -> "Variable":
        if id(self) in memo:
            return memo[id(self)]
        copy = self._wrap(self.detach().clone(memory_format=torch.preserve_format), self.requires_grad)
        vars(copy).update(vars(self))
        memo[id(self)] = copy
        return copy

    def __reduce_ex__(self, protocol: Any) -> tuple:
        return _rebuild, (self.detach(), self.requires_grad, dict(self.__dict__))

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
        return f"<Variable path={self.path}, shape={tuple(self.shape)}, dtype={str(self.dtype)[6:]}, value={self.numpy()}>"


def _rebuild(data: torch.Tensor, requires_grad: bool, state: dict) -> Variable:
    variable = Variable._wrap(data, requires_grad)
    vars(variable).update(state)
    return variable


# Makes an initializer of a name or a config. The initializers, which are above here, put it here.
find_initializer: list[Callable[[Any], Callable]] = []


def _initial_value(initializer: Any, shape: Any, dtype: Any) -> torch.Tensor:
    if isinstance(initializer, (str, dict)) and find_initializer:
        initializer = find_initializer[0](initializer)
    if callable(initializer) and not isinstance(initializer, torch.Tensor):
        if shape is None:
            raise ValueError("A Variable made by an initializer function needs its `shape`.")
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        return convert_to_tensor(initializer(shape, dtype=torch_dtype(dtype)), dtype)
    if isinstance(initializer, str):
        raise ValueError(f"`initializer` must be a value or a function; received the name {initializer!r}.")
    value = convert_to_tensor(initializer, dtype)
    if shape is not None and tuple(value.shape) != tuple(shape):
        raise ValueError(f"The value has shape {tuple(value.shape)}; `shape` says {tuple(shape)}.")
    return value
