"""Adamax: Adam with the largest gradient in place of the root mean square."""

# pyright: reportPrivateImportUsage=false

from typing import Any

import torch
from torch import Tensor

from kerasish.optimizers import _kernels
from kerasish.optimizers._arguments import Rate
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._plan import Group


class Adamax(Optimizer):
    """`m` as in Adam, `u = max(beta_2 * u, |g|)`, `w -= learning_rate / (1 - beta_1**t) * m / (u + epsilon)`.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        beta_1: how much of `m` stays in each step.
        beta_2: how much of `u` stays in each step.
        epsilon: keeps the division finite.

    The other arguments: see `Optimizer`.

    Source: Kingma & Ba 2014, arXiv 1412.6980, section 7.1.

    >>> from kerasish.core import Variable
    >>> x = Variable(1.0)
    >>> Adamax(0.1).apply([torch.tensor(5.0)], [x])
    >>> x.numpy().round(4).item()
    0.9
    """

    learning_rate: Rate = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def _slot_blocks(self) -> list[dict[str, Any]]:
        return [{"momentum": "zeros", "norm": "zeros"}]

    def _update(self, group: Group, variables: list[Tensor], gradients: list[Tensor], rate: Any, step: Any) -> None:
        momentums, largest = group.slots["momentum"], group.slots["norm"]
        torch._foreach_lerp_(momentums, gradients, 1 - self.beta_1)
        torch._foreach_mul_(largest, self.beta_2)
        torch._foreach_maximum_(largest, torch._foreach_abs(gradients))
        denominators = list(torch._foreach_add(largest, self.epsilon))
        rate = rate / _kernels.one_minus_power(self.beta_1, step, variables[0].dtype)
        _kernels.subtract_ratio(variables, momentums, denominators, rate)
