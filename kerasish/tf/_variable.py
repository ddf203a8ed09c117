"""Variable: Keras's Variable with TensorFlow's printed form, and operators that give Tensors."""

# pyright: reportIncompatibleMethodOverride=false

from typing import Any

import torch

from kerasish import core
from kerasish.core import is_capturing
from kerasish.layers import _calling
from kerasish.tf._dtypes import DType, real_dtype
from kerasish.tf._shape import TensorShape
from kerasish.tf._tensor import Reference, Tensor, give_operators, leave, on_arrays, plain, shown

_real_shape = torch.Tensor.shape.__get__  # type: ignore[attr-defined]


class Variable(core.Variable):
    """A tensor that changes, and that training trains. It is an `nn.Parameter`, in the models that have it as an attribute too.

    Args:
        initial_value: a value, or a function without arguments that gives one.
        trainable: whether gradients are wanted; by default where the dtype is floating.
        validate_shape, caching_device, variable_def, import_scope, constraint, synchronization, aggregation: only the defaults,
            but for `constraint`, a function of the value that an optimizer applies after each step.
        name: the name that is printed.
        dtype: the dtype; that of the value by default: float32 for Python's floats, int32 for integers.
        shape: the shape of the value, or None.

    >>> v = Variable([1.0, 2.0])
    >>> v
    <tf.Variable 'Variable:0' shape=(2,) dtype=float32, numpy=array([1., 2.], dtype=float32)>
    >>> v.assign_add([1, 1]).numpy().tolist()
    [2.0, 3.0]
    """

    _shown_name: str = "Variable"

    def __new__(
        cls,
        initial_value: Any = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        import_scope: Any = None,
        constraint: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
    ) -> "Variable":
        if initial_value is None:
            raise ValueError("`initial_value` must be a value, or a function without arguments; received None.")
        given = (caching_device, variable_def, import_scope, synchronization, aggregation)
        if any(value is not None for value in given) or not validate_shape:
            raise ValueError(
                "`caching_device`, `variable_def`, `import_scope`, `synchronization`, `aggregation` and `validate_shape` "
                "are not supported here; leave them at their defaults."
            )
        if shape is not None and None in shape:
            raise ValueError(f"A Variable keeps the shape of its value, so `shape` must have sizes only; received {shape}.")
        value = initial_value() if callable(initial_value) and not isinstance(initial_value, torch.Tensor) else initial_value
        value = plain(value) if isinstance(value, torch.Tensor) else value
        wanted = True if trainable is None else bool(trainable)
        self: Any = super().__new__(cls, value, shape, real_dtype(dtype), wanted, name=None if name is None else _legal(name))
        if name is not None or _calling.scopes:
            self._shown_name = "/".join([*_calling.scopes, name or "Variable"])
        self.constraint = constraint
        return self

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name that is printed, with the number of the output that it was in TensorFlow's graphs: "w:0"."""
        return f"{self._shown_name}:0"

    @name.setter
    def name(self, value: str) -> None:
        self._shown_name = self._name = value

    @property
    def shape(self) -> TensorShape:  # type: ignore[override]
        """The sizes."""
        return TensorShape(_real_shape(self))

    def get_shape(self) -> TensorShape:
        """Give the sizes."""
        return self.shape

    @property
    def path(self) -> str:
        """The name with the owners' before it, "dense/kernel"."""
        return self._path or self._name or "variable"

    def numpy(self, *, force: bool = False) -> Any:
        """A copy of the values as an array, of a single one as NumPy's number; this reads from the device."""
        return super().numpy()[()]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = core.Variable.numpy(self)
        return array if dtype is None else array.astype(dtype, copy=False)

    def __array_function__(self, func: Any, types: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        return on_arrays(func, args, kwargs)

    def read_value(self) -> Tensor:
        """Give the value as a Tensor that later changes leave as it is."""
        return leave(self.clone())

    def value(self) -> Tensor:
        """Give the value as a Tensor that later changes leave as it is."""
        return leave(self.clone())

    def initialized_value(self) -> Tensor:
        """Give the value."""
        return self.value()

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> "Variable":
        """Overwrite the values in place; the shape must be this one's."""
        super().assign(_taken(value))
        return self._read(read_value)

    def assign_add(self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> "Variable":
        """Add to the values in place."""
        super().assign_add(_taken(delta))
        return self._read(read_value)

    def assign_sub(self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> "Variable":
        """Subtract from the values in place."""
        super().assign_sub(_taken(delta))
        return self._read(read_value)

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> "Variable":
        """Replace the parts that the last axis of `indices` tells the places of."""
        return self._scattered(indices, updates, 0)

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> "Variable":
        """Add to the parts that the last axis of `indices` tells the places of, as often as they are named."""
        return self._scattered(indices, updates, 1)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> "Variable":
        """Subtract from the parts that the last axis of `indices` tells the places of, as often as they are named."""
        return self._scattered(indices, updates, -1)

    def _scattered(self, indices: Any, updates: Any, sign: int) -> "Variable":
        places = core.convert_to_tensor(indices).long().unbind(-1)
        values = core.convert_to_tensor(updates, self.dtype)
        return self.assign(self.detach().index_put(places, -values if sign < 0 else values, accumulate=sign != 0))

    def _read(self, read_value: bool) -> Any:
        """The variable as an assignment gives it: the same memory under the name that TensorFlow prints then."""
        if is_capturing():
            return self
        if not read_value:
            return None
        twin = self._wrap(self.detach(), self.requires_grad)
        vars(twin).update(vars(self), _shown_name="UnreadVariable", _unread=True)
        return twin

    def __getitem__(self, key: Any) -> Any:
        part = leave(super().__getitem__(key))
        if type(part) is Tensor:
            vars(part)["_part_of"] = (self, key)  # so that `variable[key].assign(value)` finds it
        return part

    def assign_part(self, key: Any, how: str, value: Any) -> "Variable":
        """Change what `variable[key]` gives, as its `assign`, `assign_add` and `assign_sub` do.

        Args:
            key: an index or slice.
            how: the name of one of these.
            value: broadcast to the part.
        """
        changed = self.detach().clone()
        delta = core.convert_to_tensor(_taken(value), changed.dtype)
        changed[key] = delta if how == "assign" else changed[key] + (delta if how == "assign_add" else -delta)
        return self.assign(changed)

    def ref(self) -> Reference:
        """Give what stands for this very Variable in dicts and sets."""
        return Reference(self)

    def __iadd__(self, other: Any) -> Any:
        raise RuntimeError("`variable += value` is not supported: use `variable.assign_add(value)`, or `variable + value`.")

    def __isub__(self, other: Any) -> Any:
        raise RuntimeError("`variable -= value` is not supported: use `variable.assign_sub(value)`, or `variable - value`.")

    def __imul__(self, other: Any) -> Any:
        raise RuntimeError("`variable *= value` is not supported: use `variable.assign(variable * value)`.")

    def __itruediv__(self, other: Any) -> Any:
        raise RuntimeError("`variable /= value` is not supported: use `variable.assign(variable / value)`.")

    def __format__(self, spec: str) -> str:
        return format(self.numpy(), spec) if spec else repr(self)

    def __reduce_ex__(self, protocol: Any) -> tuple:
        return _rebuilt, (self.detach(), self.requires_grad, dict(vars(self)))

    def __repr__(self, **_: Any) -> str:
        name = self._shown_name if "_unread" in vars(self) else self.name
        dtype = DType(core.standardize_dtype(self.dtype)).name
        return f"<tf.Variable '{name}' shape={tuple(self.shape)} dtype={dtype}, numpy={shown(self)}>"

    __str__ = __repr__


def _rebuilt(data: torch.Tensor, requires_grad: bool, state: dict[str, Any]) -> Variable:
    variable: Any = Variable._wrap(data, requires_grad)
    vars(variable).update(state)
    return variable


def _taken(value: Any) -> Any:
    return plain(value) if isinstance(value, torch.Tensor) else value


def _legal(name: str) -> str:
    return name.replace("/", "_")


give_operators(Variable)
