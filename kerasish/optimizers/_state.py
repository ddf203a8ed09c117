"""What an optimizer remembers: the step count, the learning rate, and its variables, in Keras's order."""

import warnings
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish.core import Variable, convert_to_numpy, device, torch_dtype
from kerasish.initializers._registry import INITIALIZERS
from kerasish.optimizers._arguments import OptimizerArguments, as_rate
from kerasish.optimizers._plan import Plan
from kerasish.optimizers.schedules._schedule import LearningRateSchedule


class OptimizerState(OptimizerArguments):
    """The variables of an optimizer.

    The step count and the learning rate are Variables without axes that lie on the CPU, where reading them costs a
    fraction of a microsecond and no wait for a device; kernels get Python numbers. `make_capturable` moves them.
    """

    # Worked out again when missing: copies and pickles leave them out, for they go by `id`.
    _derived = ("_indices", "_plan", "_plans")

    def __pre_init__(self) -> None:
        self.built = False
        self.capturable = False
        self._indices: dict[int, int] | None = None
        self._plan: Plan | None = None
        self._plans: dict[tuple, Plan] | None = None
        self._learning_rate: Any = None
        self._variables: list[Any] = []
        self._trainable_variables: list[Any] = []

    def _forget_derived(self) -> None:
        for name in self._derived:
            object.__setattr__(self, name, None)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in self._derived}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget_derived()

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; Variables in it become variables of the optimizer."""
        parts = value if type(value) is list else (value,)
        if "built" not in self.__dict__ and name != "built":
            raise RuntimeError(f"{type(self).__name__}: call `super().__init__()` first in `__init__()`.")
        if any(isinstance(part, Variable) for part in parts) and not name.startswith("_trainable"):
            known = {id(v) for v in (*self._variables, *self._trainable_variables)}
            self._variables.extend(part for part in parts if isinstance(part, Variable) and id(part) not in known)
        object.__setattr__(self, name, value)

    def _make_numbers(self) -> None:
        with device("cpu"):
            self._iterations = self._named(Variable(0, dtype="int32", trainable=False, name="iteration"))
        if isinstance(self._learning_rate, float):
            self._learning_rate = self._make_rate(self._learning_rate)

    def _make_rate(self, value: float) -> Variable:
        dtype = "float64" if torch_dtype(None) is torch.float64 else "float32"
        with device(self._iterations.device):
            return self._named(Variable(value, dtype=dtype, trainable=False, name="learning_rate"))

    def _named(self, variable: Variable) -> Variable:
        variable._path = f"{self.name}/{variable.name}"
        return variable

    # The two numbers.

    @property
    def iterations(self) -> Any:
        """How many updates there have been, as a tensor without axes."""
        if self.gradient_accumulation_steps:
            return self._iterations // self.gradient_accumulation_steps
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        """The learning rate as a tensor without axes: a Variable, to be assigned to, or the schedule's present value."""
        rate = self._learning_rate
        if isinstance(rate, Tensor):
            return rate
        value = rate(self._iterations) if isinstance(rate, LearningRateSchedule) else rate()
        return value if isinstance(value, Tensor) else torch.tensor(float(value))

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        value, present = as_rate(value), self._learning_rate
        if "_iterations" not in self.__dict__:
            self._learning_rate = value
        elif not isinstance(value, float):
            self._variables[:] = [v for v in self._variables if v is not present]
            self._learning_rate = value
        elif isinstance(present, LearningRateSchedule):
            raise TypeError(
                "This optimizer's `learning_rate` is a LearningRateSchedule, so it cannot be set to a number. "
                "Make the optimizer with a float `learning_rate` to be able to."
            )
        elif isinstance(present, Variable):
            present.assign(value)
        else:
            self._learning_rate = self._make_rate(value)

    def _numbers(self) -> tuple[Any, Any]:
        """The learning rate and the count of this update, from 1: Python's numbers, or tensors when capturable."""
        rate = self._learning_rate
        if self.capturable:
            return self.learning_rate, (self.iterations + 1).float()
        count = self._iterations.item()
        if isinstance(rate, Tensor):
            rate = rate.item()
        elif isinstance(rate, LearningRateSchedule):
            rate = float(rate(count if rate.takes_numbers else self._iterations))
        else:
            rate = float(rate())
        return rate, count // (self.gradient_accumulation_steps or 1) + 1

    def make_capturable(self) -> None:
        """Keep the step count and the learning rate on the variables' device from now on.

        Then `apply` reads nothing on the host, and a CUDA graph or a compiled step can hold it. It costs some small kernels.

        Raises:
            ValueError: not built yet, or an option that the host must decide on in each step.
        """
        if not self._trainable_variables:
            raise ValueError(f"{self.name} must be built before it can be made capturable.")
        if self.gradient_accumulation_steps or getattr(self, "ema_overwrite_frequency", None):
            raise ValueError("`gradient_accumulation_steps` and `ema_overwrite_frequency` are decided on the host in each step.")
        where = self._trainable_variables[0].device
        for variable in self._variables:
            if variable.ndim == 0 and variable.device.type == "cpu":
                variable.data = variable.data.to(where)
        self.capturable = True

    # Variables.

    @property
    def variables(self) -> list[Any]:
        """All variables: the step count, the learning rate unless it is scheduled, then the slots."""
        return list(self._variables)

    def add_variable(
        self,
        shape: Any,
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str | None = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """Make a variable of the optimizer.

        Args:
            shape: its shape, all sizes known.
            initializer: a name, an initializer, or a number to fill it with.
            dtype: `floatx()` by default.
            aggregation, layout: for distribution; only the defaults.
            name: its name; the optimizer's name is put before it in `path`.
        """
        label = (name or "variable").replace("/", "_")
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        known = [v.device for v in self._trainable_variables[:1]]
        with device(known[0]) if known else nullcontext():  # type: ignore[arg-type]
            variable = Variable(_filler(initializer), shape, dtype, False, True, aggregation, layout=layout, name=label)
        self._variables.append(variable)
        return self._named(variable)

    def add_variable_from_reference(self, reference_variable: Any, name: str | None = None, initializer: Any = "zeros") -> Any:
        """Make a variable of the shape, dtype, device and memory layout of another, `momentum` of `dense/kernel` say.

        Args:
            reference_variable: a variable of the model.
            name: what it is; the model's variable's path is put before it.
            initializer: a name, an initializer, or a number to fill it with.
        """
        data = torch.zeros_like(reference_variable.detach())
        if initializer != "zeros":
            data.copy_(_filler(initializer)(tuple(data.shape), dtype=data.dtype))
        if type(data) is not Tensor:  # a sharded one stays what it is
            self._variables.append(data)
            return data
        variable = Variable._wrap(data, False)
        variable.name = f"{path_of(reference_variable).replace('/', '_')}_{name or 'var'}"
        self._variables.append(variable)
        return self._named(variable)

    def add_optimizer_variables(self, trainable_variables: Any, name: Any, initializer: Any = "zeros") -> Any:
        """Make one variable, or several, for each of the model's.

        Args:
            trainable_variables: the model's variables.
            name: what they are, "momentum", or a list of such names.
            initializer: one for all, or a list with one for each name.

        Returns: a list; for several names a tuple of lists. None stands for a variable with `overwrite_with_gradient`.
        """
        names = [name] if isinstance(name, str) else list(name)
        initializers = list(initializer) if isinstance(initializer, (list, tuple)) else [initializer] * len(names)
        if len(names) != len(initializers):
            raise ValueError(f"There must be one initializer for each name; received {names} and {initializers}.")
        made: tuple[list, ...] = tuple([] for _ in names)
        for variable in trainable_variables:
            for slot, label, fill in zip(made, names, initializers):
                overwritten = getattr(variable, "overwrite_with_gradient", False)
                slot.append(None if overwritten else self.add_variable_from_reference(variable, label, fill))
        return made[0] if isinstance(name, str) else made

    def _get_variable_index(self, variable: Any) -> int:
        """Where a variable of the model stands in the list that the optimizer was built with."""
        if self._indices is None:
            self._indices = {id(v): i for i, v in enumerate(self._trainable_variables)}
        try:
            return self._indices[id(variable)]
        except KeyError:
            raise ValueError(
                f"Unknown variable: {path_of(variable)}. An optimizer is for the variables that it was built with; "
                "make a new one for other variables."
            ) from None

    def assign(self, variable: Any, value: Any) -> None:
        """Overwrite a variable's values."""
        with torch.no_grad():
            variable.copy_(torch.as_tensor(value))

    def assign_add(self, variable: Any, value: Any) -> None:
        """Add to a variable's values."""
        with torch.no_grad():
            variable.add_(value)

    def assign_sub(self, variable: Any, value: Any) -> None:
        """Subtract from a variable's values."""
        with torch.no_grad():
            variable.sub_(value)

    # Keeping and restoring.

    def get_weights(self) -> list[np.ndarray]:
        """The values of all variables, as arrays."""
        return [convert_to_numpy(variable).copy() for variable in self.variables]

    def set_weights(self, weights: Any) -> None:
        """Set the values of all variables.

        Raises:
            ValueError: not built yet, or other shapes.
        """
        if not self.built:
            raise ValueError(
                "You are calling `set_weights()` on an optimizer that has not yet been built. "
                "Call `optimizer.build(trainable_variables)` first."
            )
        for variable, weight in zip(self.variables, weights):
            _restore(variable, weight)

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Write the values of all variables into a store, under "0", "1", …"""
        for i, variable in enumerate(self.variables):
            store[str(i)] = convert_to_numpy(variable).copy()

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Read the values of all variables back; a store of another length is left aside with a warning."""
        variables = self.variables
        if len(store.keys()) != len(variables):
            warnings.warn(
                f"Skipping variable loading for optimizer '{self.name}', because it has {len(variables)} variables "
                f"whereas the saved optimizer has {len(store.keys())} variables."
                + ("" if self.built else " It has not been built yet."),
                stacklevel=2,
            )
            return
        for i, variable in enumerate(variables):
            _restore(variable, store[str(i)])


def path_of(variable: Any) -> str:
    """The path of a Variable; plain parameters have none, so all are called "parameter"."""
    return getattr(variable, "path", None) or "parameter"


def _filler(initializer: Any) -> Callable:
    """A function `(shape, dtype)` that gives a tensor."""
    if initializer == "zeros" or isinstance(initializer, (int, float)):
        value = 0 if initializer == "zeros" else initializer
        return lambda shape, dtype: torch.full(shape, value, dtype=torch_dtype(dtype))
    return INITIALIZERS.get(initializer)


def _restore(variable: Any, value: Any) -> None:
    value = value.detach() if isinstance(value, Tensor) else torch.as_tensor(np.asarray(value))
    if value.shape != variable.shape:
        raise ValueError(
            f"Optimizer variable {path_of(variable)} has shape {tuple(variable.shape)}; received shape {tuple(value.shape)}."
        )
    with torch.no_grad():
        variable.copy_(value)
