"""Schedule-free AdamW: an average of the iterates in place of a learning rate schedule."""

# pyright: reportPrivateImportUsage=false

from typing import Any

import torch
from torch import Tensor

from kerasish.optimizers import _kernels
from kerasish.optimizers._arguments import Rate
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._plan import Group


class ScheduleFreeAdamW(Optimizer):
    """Adam's steps move `z`; `x` is the mean of all `z`; the model's variables are `y = (1 - beta_1) * z + beta_1 * x`.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        beta_1: the weight of `x` in `y`.
        beta_2: how much of the squared gradient's average stays in each step.
        epsilon: keeps the division finite.
        warmup_steps: over how many steps the learning rate rises to its value.

    The other arguments: see `Optimizer`.

    Source: Defazio et al. 2024, arXiv 2405.15682. The numbers are those of the paper, and of Keras on JAX and TensorFlow; on
    torch, Keras 3.15 computes `x` from the new `z` by mistake.

    >>> from kerasish.core import Variable
    >>> x = Variable(1.0)
    >>> ScheduleFreeAdamW(0.1).apply([torch.tensor(5.0)], [x])
    >>> x.numpy().round(4).item()
    0.9
    """

    learning_rate: Rate = 0.0025
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    warmup_steps: int = 0

    def _slot_blocks(self) -> list[dict[str, Any]]:
        return [{"momentum": "zeros", "velocity": "zeros"}]

    def _add_slots(self, variables: list[Any]) -> None:
        super()._add_slots(variables)
        for start, variable in zip(self._slots["momentum"][-len(variables) :], variables):
            if start is not None:
                self.assign(start, variable.detach())

    def _update(self, group: Group, variables: list[Tensor], gradients: list[Tensor], rate: Any, step: Any) -> None:
        iterates, velocities = group.slots["momentum"], group.slots["velocity"]
        if self.warmup_steps > 0:
            rate = rate * _kernels.least(step / self.warmup_steps, 1.0)
        _kernels.average_square(velocities, gradients, 1 - self.beta_2)
        root = _kernels.one_minus_power(self.beta_2, step, variables[0].dtype) ** 0.5
        # y = (1 - b) z + b x, so b x = y - (1 - b) z: the mean moves on from what the variables hold.
        torch._foreach_add_(variables, iterates, alpha=self.beta_1 - 1)
        _kernels.subtract_ratio(iterates, gradients, _kernels.roots(velocities, self.epsilon * root), rate * root)
        weight = 1 / step
        torch._foreach_mul_(variables, 1 - weight)
        _kernels.subtract(variables, iterates, -(1 - self.beta_1 + self.beta_1 * weight))
