"""The optimizer: from gradients to changed variables, in the steps that all optimizers share."""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from kerasish._base._names import auto_name, to_snake_case
from kerasish._base._registry import custom_object_scope
from kerasish._base._serialization import serialize
from kerasish.optimizers._applying import Applying
from kerasish.optimizers._gradients import loss_of, variables_for
from kerasish.optimizers._registry import OPTIMIZERS
from kerasish.optimizers._state import path_of
from kerasish.optimizers.schedules._schedule import plain_number

_CONFIG_ORDER = (
    "name learning_rate weight_decay clipnorm global_clipnorm clipvalue use_ema ema_momentum ema_overwrite_frequency "
    "loss_scale_factor gradient_accumulation_steps"
).split()


class Optimizer(Applying):
    """What all optimizers do. To make your own, write `update_step`, and `build` where it needs variables of its own.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        weight_decay: shrink variables by this times the learning rate before each update.
        clipnorm: the most that the norm of each gradient may be.
        clipvalue: the most that each number in a gradient may be, up or down.
        global_clipnorm: the most that the norm of all gradients together may be.
        use_ema: whether to keep a moving average of the variables.
        ema_momentum: the weight of the old average, 0 to 1.
        ema_overwrite_frequency: after how many updates the averages replace the variables; None: when training ends.
        loss_scale_factor: what `scale_loss` multiplies losses by and `apply` divides gradients by.
        gradient_accumulation_steps: how many calls of `apply` make one update, with their mean gradient.
        name: the optimizer's name.

    Raises:
        ValueError: arguments that exclude each other or are out of range.

    >>> class Descent(Optimizer):
    ...     learning_rate: float = 0.1
    ...     def update_step(self, gradient, variable, learning_rate):
    ...         self.assign_sub(variable, learning_rate * gradient)
    >>> from kerasish.core import Variable
    >>> x = Variable([3.0, 4.0])
    >>> float(Descent().minimize(lambda: (x * x).sum())), x.numpy().tolist()
    (25.0, [2.4, 3.2])
    """

    registry = OPTIMIZERS

    def __post_init__(self) -> None:
        self.name = self.name or auto_name(to_snake_case(type(self).__name__))
        self._check_arguments()
        self._make_numbers()

    # Ways to use it.

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> Any:
        """Change variables by pairs of gradient and variable; gives the step count.

        Raises:
            ValueError: there is no pair, or see `apply`.
        """
        pairs = list(grads_and_vars)
        if not pairs:
            raise ValueError("No gradients provided for any variable: `grads_and_vars` is empty.")
        self.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        return self._iterations

    def compute_gradients(self, fn: Callable[[], Any], var_list: Any = None) -> list[tuple[Any, Any]]:
        """Run `fn`, and give the gradients of its loss as pairs for `apply_gradients` (with the loss scaled, see `scale_loss`).

        Args:
            fn: a function without arguments that returns a scalar loss.
            var_list: the variables; those that `fn` used by default.
        """
        return self._differentiate(fn, var_list)[1]

    def minimize(self, fn: Callable[[], Any], var_list: Any = None) -> Tensor:
        """Make one step down the loss that `fn` computes, and give that loss.

        Whatever parameters `fn` uses are trained: Variables, the weights of models, or both.

        Args:
            fn: a function without arguments that returns a scalar loss.
            var_list: the variables to train, or a function that gives them; those that `fn` used by default.

        Raises:
            ValueError: the loss is no scalar, or depends on nothing that can be trained; or a variable is frozen.

        >>> from kerasish.core import Variable
        >>> from kerasish.optimizers import SGD
        >>> x = Variable(3.0)
        >>> optimizer = SGD(0.1)
        >>> [round(float(optimizer.minimize(lambda: x * x)), 2) for _ in range(3)]
        [9.0, 5.76, 3.69]
        """
        loss, pairs = self._differentiate(fn, var_list)
        variables = [variable for _, variable in pairs]
        self._take_on_new(variables)
        self.apply([gradient for gradient, _ in pairs], variables)
        return loss.detach()

    def _differentiate(self, fn: Callable[[], Any], var_list: Any) -> tuple[Tensor, list[tuple[Any, Any]]]:
        loss = loss_of(fn)
        variables = variables_for(loss, var_list)
        return loss, list(zip(torch.autograd.grad(self.scale_loss(loss), variables, allow_unused=True), variables))

    def scale_loss(self, loss: Any) -> Any:
        """Multiply a loss by `loss_scale_factor`, before its gradients are computed; `apply` divides them by it."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def stateless_apply(
        self, optimizer_variables: Sequence[Any], grads: Sequence[Any], trainable_variables: Sequence[Any]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Give what `apply` would make of these values, and change nothing.

        Args:
            optimizer_variables: values for `optimizer.variables`.
            grads: a gradient for each trainable variable.
            trainable_variables: values for the variables that the optimizer was built with.

        Returns: the new values of the trainable variables, and of the optimizer's.
        """
        if not self.built:
            raise ValueError(f"To call `stateless_apply`, {self.name} must be built: call `build(trainable_variables)` first.")
        held = [*self._trainable_variables, *self.variables]
        given = [*trainable_variables, *optimizer_variables]
        if len(trainable_variables) != len(self._trainable_variables) or len(given) != len(held):
            raise ValueError(
                f"{self.name} has {len(self._trainable_variables)} trainable variables and {len(self.variables)} of its own; "
                f"received values for {len(trainable_variables)} and {len(optimizer_variables)}."
            )
        twins = {id(variable): _with_value(variable, value) for variable, value in zip(held, given)}
        twin = copy.deepcopy(self, dict(twins))
        excluded = [twins[id(variable)] for variable in self._trainable_variables if not self._use_weight_decay(variable)]
        twin._not_decayed = (excluded, None)
        twin.apply(grads)
        values = [twins[id(variable)].detach() for variable in held]
        return values[: len(trainable_variables)], values[len(trainable_variables) :]

    def twin(self, stand_ins: Mapping[int, Tensor], rate: Tensor, decided: tuple[bool, bool]) -> "Optimizer":
        """Give a copy that works on other tensors, for a step that a tracer writes down: it reads nothing on the host.

        Args:
            stand_ins: what takes a tensor's place, by its `id`: for the trainable variables, and `variables` but the rate.
            rate: takes the learning rate's place, no axes.
            decided: what `decisions` gave.

        Raises:
            ValueError: an optimizer that wraps others, or one that is not built.
        """
        inner = [name for name, value in self.__dict__.items() if isinstance(value, Optimizer)]
        if inner or not self.built:
            raise ValueError(f"{type(self).__name__} cannot be written down: it {'wraps another' if inner else 'is not built'}.")
        twin = copy.deepcopy(self, {**stand_ins, id(self._learning_rate): rate})
        twin._learning_rate = rate  # a schedule is asked on the host
        twin._not_decayed = ([stand_ins[id(v)] for v in self._trainable_variables if not self._use_weight_decay(v)], None)
        twin._decided, twin.capturable, twin.owns_gradients = decided, True, True
        return twin

    # Configs.

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that would make this optimizer again, without its state."""
        config = super().get_config()
        if "learning_rate" in config:
            rate = self._learning_rate
            config["learning_rate"] = plain_number(rate) if isinstance(rate, Tensor) else serialize(rate)
        return {name: config[name] for name in (*_CONFIG_ORDER, *config) if name in config}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Make an optimizer from what `get_config` gave."""
        with custom_object_scope(custom_objects or {}):
            return cls(**config)

    def __repr__(self) -> str:
        config = self.get_config()
        shown = {n: v for n, v in config.items() if n not in self.fields or v != self.fields[n].default}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


def _with_value(variable: Any, value: Any) -> Tensor:
    """A tensor in a variable's place, with all that an optimizer asks of it."""
    value = value if isinstance(value, Tensor) else torch.as_tensor(value)
    # By sizes and strides, not from the Variable itself, so that this can be traced.
    twin = torch.empty_strided(variable.size(), variable.stride(), dtype=variable.dtype, device=variable.device)
    twin.copy_(value.detach())
    twin.constraint = getattr(variable, "constraint", None)  # type: ignore[attr-defined]
    twin.path = path_of(variable)  # type: ignore[attr-defined]
    twin.overwrite_with_gradient = getattr(variable, "overwrite_with_gradient", False)  # type: ignore[attr-defined]
    return twin
