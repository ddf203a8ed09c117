"""Loss scaling for float16: a factor that falls when gradients overflow and rises when they have not for long."""

# pyright: reportPrivateImportUsage=false

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from kerasish._base._registry import custom_object_scope
from kerasish._base._serialization import serialize
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._registry import OPTIMIZERS

_ABSENT = {
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


class LossScaleOptimizer(Optimizer):
    """Scale the loss up so that small float16 gradients do not vanish; skip the steps in which large ones overflow.

    A gradient that is not finite halves the scale and skips the step. `dynamic_growth_steps` steps without one double it.
    Scale and counter lie beside the variables. On a GPU, SGD, Adam and AdamW skip on the device; an optimizer without
    such a kernel, or one that averages, accumulates or has constraints, costs one read from the device in each step.

    Args:
        inner_optimizer: the optimizer that makes the steps.
        initial_scale: the first scale; too large falls fast, too small rises slowly.
        dynamic_growth_steps: how many finite steps double the scale.
        name: the optimizer's name.

    Raises:
        ValueError: an argument that belongs to the inner optimizer.

    >>> from kerasish.core import Variable
    >>> from kerasish.optimizers import SGD
    >>> x, optimizer = Variable(1.0), LossScaleOptimizer(SGD(0.1), initial_scale=8.0)
    >>> optimizer.apply([torch.tensor(float("inf"))], [x])
    >>> x.numpy().item(), float(optimizer.dynamic_scale), float(optimizer.iterations)
    (1.0, 4.0, 0.0)
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ):
        if not kwargs.pop("dynamic", True):
            raise ValueError("LossScaleOptimizer is always dynamic; for a fixed scale set `loss_scale_factor` on the optimizer.")
        for argument, value in kwargs.items():
            # Files of older Keras versions hold these arguments, without effect.
            if argument not in _ABSENT or value != _ABSENT[argument]:
                raise ValueError(f"LossScaleOptimizer does not support `{argument}`. Set it on the `inner_optimizer`.")
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = OPTIMIZERS.get(inner_optimizer)
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        self.inner_optimizer.loss_scale_factor = None  # else gradients would be scaled twice
        self.inner_optimizer.owns_gradients = True  # it gets what has been unscaled here

    def build(self, variables: Iterable[Any]) -> None:
        """Make the scale, its counter, and the inner optimizer's variables."""
        if self.built:
            return
        variables = list(variables)
        self._trainable_variables = variables
        self.step_counter = self.add_variable((), dtype="int32", name="step_counter")
        self.dynamic_scale = self.add_variable((), self.initial_scale, dtype="float32", name="dynamic_scale")
        self.inner_optimizer.build(variables)
        if self.dynamic_scale.device.type != "cpu":
            self._skip_on_device()
        self.built = True

    def _skip_on_device(self) -> None:
        """Let the inner optimizer skip without a look at the flag, if it can."""
        inner = self.inner_optimizer
        constrained = any(getattr(v, "constraint", None) is not None for v in self._trainable_variables)
        if inner.can_skip and not (inner.use_ema or inner.gradient_accumulation_steps or constrained):
            inner.make_capturable()

    def _take_on_new(self, variables: list[Any]) -> None:
        self.build(variables)
        self.inner_optimizer._take_on_new(variables)
        self._trainable_variables = list(self.inner_optimizer._trainable_variables)

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Unscale the gradients; apply them if all are finite; adapt the scale."""
        if not self.built:
            self.build(trainable_variables or [])
        inner, scale = self.inner_optimizer, self.dynamic_scale
        with torch.no_grad():
            overflow = torch.zeros_like(scale.detach())
            grads = self._unscaled(grads, overflow, trainable_variables or [])
            if inner.capturable:
                inner._skip = overflow
                try:
                    inner.apply(grads, trainable_variables)
                finally:
                    inner._skip = None
            elif not overflow.item():
                inner.apply(grads, trainable_variables)
            torch._amp_update_scale_(scale, self.step_counter, overflow, 2.0, 0.5, self.dynamic_growth_steps)

    def check_finite(self, grads: Sequence[Any]) -> Tensor:
        """Say, by a tensor on the device, whether all gradients are finite."""
        given = [g for g in grads if g is not None]
        return torch.stack([torch.isfinite(g).all() for g in given]).all()

    def _unscaled(self, grads: Sequence[Any], overflow: Tensor, variables: Sequence[Any]) -> list[Any]:
        """The gradients divided by the scale; sets `overflow` to 1 where one is not finite. New values are not divided."""
        values = [getattr(variable, "overwrite_with_gradient", False) for variable in variables] or [False] * len(grads)
        scaled = [None if value else g for g, value in zip(grads, values)]
        given = [g if self.owns_gradients else g.clone() for g in scaled if g is not None]
        for dtype in {g.dtype for g in given}:
            alike = [g for g in given if g.dtype is dtype]
            torch._amp_foreach_non_finite_check_and_unscale_(alike, overflow, self.dynamic_scale.reciprocal())
        rest = iter(given)
        return [g if unscaled is None else next(rest) for g, unscaled in zip(grads, scaled)]

    @property
    def variables(self) -> list[Any]:
        """The scale and its counter, then the inner optimizer's variables."""
        return [*self._variables, *self.inner_optimizer.variables]

    @property
    def learning_rate(self) -> Any:
        """The inner optimizer's learning rate."""
        return self.inner_optimizer.learning_rate if "inner_optimizer" in self.__dict__ else 0.0

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if "inner_optimizer" in self.__dict__:
            self.inner_optimizer.learning_rate = value
        else:
            self._learning_rate = float(value)

    @property
    def iterations(self) -> Any:
        """How many updates the inner optimizer has made."""
        return self.inner_optimizer.iterations

    def scale_loss(self, loss: Any) -> Any:
        """Multiply a loss by the scale."""
        return loss * (self.dynamic_scale if self.built else self.initial_scale)

    def finalize_variable_values(self, var_list: Iterable[Any]) -> None:
        """Give variables the values that training ends with."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that would make this optimizer again, without its state."""
        return {
            "name": self.name,
            "inner_optimizer": serialize(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Make an optimizer from what `get_config` gave."""
        with custom_object_scope(custom_objects or {}):
            return cls(**{**config, "inner_optimizer": OPTIMIZERS.get(config["inner_optimizer"])})
