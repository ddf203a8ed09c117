"""LAMB: Adam's step scaled for each variable to the size of the variable, for large batches."""

# pyright: reportPrivateImportUsage=false

from typing import Any

import torch
from torch import Tensor

from kerasish.optimizers import _kernels
from kerasish.optimizers._arguments import Rate
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._plan import Group


class Lamb(Optimizer):
    """`u = m_hat / (sqrt(v_hat) + epsilon)` as in Adam, then `w -= learning_rate * |w| / |u| * u` (1 where a norm is 0).

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        beta_1: how much of `m` stays in each step.
        beta_2: how much of `v` stays in each step.
        epsilon: keeps the division finite.

    The other arguments: see `Optimizer`.

    Source: You et al. 2019, arXiv 1904.00962.

    >>> from kerasish.core import Variable
    >>> x = Variable([3.0, 4.0])
    >>> Lamb(0.1).apply([torch.tensor([1.0, 1.0])], [x])
    >>> x.numpy().round(4).tolist()  # a step of length 0.1 * 5
    [2.6464, 3.6464]
    """

    learning_rate: Rate = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def _slot_blocks(self) -> list[dict[str, Any]]:
        return [{"momentum": "zeros", "velocity": "zeros"}]

    def _update(self, group: Group, variables: list[Tensor], gradients: list[Tensor], rate: Any, step: Any) -> None:
        momentums, velocities = group.slots["momentum"], group.slots["velocity"]
        torch._foreach_lerp_(momentums, gradients, 1 - self.beta_1)
        _kernels.average_square(velocities, gradients, 1 - self.beta_2)
        root = _kernels.one_minus_power(self.beta_2, step, variables[0].dtype) ** 0.5
        # The update up to a factor, which matters only where it is not scaled to the variable's norm.
        updates = list(torch._foreach_div(momentums, _kernels.roots(velocities, self.epsilon * root)))
        factor = root / _kernels.one_minus_power(self.beta_1, step, variables[0].dtype)
        lengths, sizes = _kernels.norms(variables), _kernels.norms(updates)
        ratios = torch.where((lengths > 0) & (sizes > 0), lengths / sizes, factor) * rate
        torch._foreach_mul_(updates, ratios.unbind())
        torch._foreach_sub_(variables, updates)
