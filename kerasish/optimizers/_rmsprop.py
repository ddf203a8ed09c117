"""RMSprop: steps divided by the gradient's root mean square."""

# pyright: reportPrivateImportUsage=false

from typing import Any

import torch
from torch import Tensor

from kerasish.optimizers import _kernels
from kerasish.optimizers._arguments import Rate
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._plan import Group


class RMSprop(Optimizer):
    """`v = rho * v + (1 - rho) * g**2; w -= learning_rate * g / sqrt(v + epsilon)`.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        rho: how much of `v` stays in each step.
        momentum: of the steps, 0 for none.
        epsilon: keeps the division finite.
        centered: whether the square of the gradient's moving average is taken off `v`, which makes it a variance.

    The other arguments: see `Optimizer`.

    Source: Hinton 2012, lecture 6e of "Neural networks for machine learning".

    >>> from kerasish.core import Variable
    >>> x = Variable(1.0)
    >>> RMSprop(0.1).apply([torch.tensor(5.0)], [x])
    >>> x.numpy().round(4).item()
    0.6838
    """

    learning_rate: Rate = 0.001
    rho: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-7
    centered: bool = False

    def _slot_blocks(self) -> list[dict[str, Any]]:
        momentum = [{"momentum": "zeros"}] if self.momentum > 0 else []
        average = [{"average_gradient": "zeros"}] if self.centered else []
        return [{"velocity": "zeros"}, *momentum, *average]

    def _update(self, group: Group, variables: list[Tensor], gradients: list[Tensor], rate: Any, step: Any) -> None:
        velocities = group.slots["velocity"]
        _kernels.average_square(velocities, gradients, 1 - self.rho)
        denominators = list(torch._foreach_add(velocities, self.epsilon))
        if self.centered:
            averages = group.slots["average_gradient"]
            torch._foreach_lerp_(averages, gradients, 1 - self.rho)
            torch._foreach_addcmul_(denominators, averages, averages, value=-1)
        torch._foreach_sqrt_(denominators)
        if self.momentum > 0:
            momentums = group.slots["momentum"]
            torch._foreach_mul_(momentums, self.momentum)
            _kernels.subtract_ratio(momentums, gradients, denominators, -rate)
            torch._foreach_sub_(variables, momentums)
        else:
            _kernels.subtract_ratio(variables, gradients, denominators, rate)
