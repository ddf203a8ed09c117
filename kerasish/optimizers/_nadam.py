"""Nadam: Adam with Nesterov's look ahead."""

# pyright: reportPrivateImportUsage=false

from typing import Any

import torch
from torch import Tensor

from kerasish.core import Variable, device
from kerasish.optimizers import _kernels
from kerasish.optimizers._arguments import Rate
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._plan import Group


class Nadam(Optimizer):
    """Adam whose `m` looks one step ahead, with a momentum that warms up: `u_t = beta_1 * (1 - 0.5 * 0.96**t)`.

    `m_hat = u_{t+1} * m / (1 - u_1…u_{t+1}) + (1 - u_t) * g / (1 - u_1…u_t)`,
    `w -= learning_rate * m_hat / (sqrt(v / (1 - beta_2**t)) + epsilon)`.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        beta_1: how much of `m` stays in each step.
        beta_2: how much of `v` stays in each step.
        epsilon: keeps the division finite.

    The other arguments: see `Optimizer`.

    Source: Dozat 2015, "Incorporating Nesterov momentum into Adam".

    >>> x = Variable(1.0)
    >>> Nadam(0.1).apply([torch.tensor(5.0)], [x])
    >>> x.numpy().round(3).item()
    0.894
    """

    learning_rate: Rate = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def _slot_blocks(self) -> list[dict[str, Any]]:
        return [{"momentum": "zeros", "velocity": "zeros"}]

    def _add_slots(self, variables: list[Any]) -> None:
        super()._add_slots(variables)
        if "_u_product" not in self.__dict__:
            with device("cpu"):
                dtype = torch.promote_types(variables[0].dtype, torch.float32) if variables else None
                self._u_product = Variable(1.0, dtype=dtype, trainable=False, name="variable")

    def _begin(self, step: Any) -> None:
        self._u_product.mul_(self._warmed_momentum(step))

    def _warmed_momentum(self, step: Any) -> Any:
        return self.beta_1 * (1 - 0.5 * 0.96**step)

    def _update(self, group: Group, variables: list[Tensor], gradients: list[Tensor], rate: Any, step: Any) -> None:
        momentums, velocities = group.slots["momentum"], group.slots["velocity"]
        now, ahead = self._warmed_momentum(step), self._warmed_momentum(step + 1)
        product = self._u_product if self.capturable else self._u_product.item()
        torch._foreach_lerp_(momentums, gradients, 1 - self.beta_1)
        _kernels.average_square(velocities, gradients, 1 - self.beta_2)
        looks = list(torch._foreach_mul(momentums, ahead / (1 - product * ahead)))
        _kernels.subtract(looks, gradients, -(1 - now) / (1 - product))
        root = _kernels.one_minus_power(self.beta_2, step, variables[0].dtype) ** 0.5
        _kernels.subtract_ratio(variables, looks, _kernels.roots(velocities, self.epsilon * root), rate * root)
