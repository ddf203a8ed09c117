"""Variable as TensorFlow.js has it: a Tensor whose values can be assigned."""

from typing import Any

from kerasish.core import Variable as CoreVariable
from kerasish.core import standardize_dtype
from kerasish.tfjs._tensor import Tensor, as_torch, methods


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


def _variable(self: Tensor, trainable: bool = True, name: str | None = None, dtype: str | None = None) -> Variable:
    """A Variable that begins with these values."""
    return Variable(self, trainable, name, dtype)


_variable.__name__ = "variable"
methods["variable"] = _variable
