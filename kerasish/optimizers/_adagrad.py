"""Adagrad and Adadelta: steps that shrink with all the gradients there have been."""

# pyright: reportPrivateImportUsage=false

from typing import Any

import torch
from torch import Tensor

from kerasish.optimizers import _kernels
from kerasish.optimizers._arguments import Rate
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._plan import Group


class Adagrad(Optimizer):
    """`a += g**2; w -= learning_rate * g / sqrt(a + epsilon)`.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        initial_accumulator_value: where `a` starts.
        epsilon: keeps the division finite.

    The other arguments: see `Optimizer`.

    Source: Duchi et al. 2011, JMLR 12.

    >>> from kerasish.core import Variable
    >>> x = Variable(1.0)
    >>> Adagrad(0.1, initial_accumulator_value=0.0).apply([torch.tensor(5.0)], [x])
    >>> x.numpy().round(4).item()
    0.9
    """

    learning_rate: Rate = 0.001
    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-7

    in_memory_order = True

    def _slot_blocks(self) -> list[dict[str, Any]]:
        return [{"accumulator": float(self.initial_accumulator_value)}]

    def _update(self, group: Group, variables: list[Tensor], gradients: list[Tensor], rate: Any, step: Any) -> None:
        accumulators, least = group.slots["accumulator"], self.initial_accumulator_value
        if variables[0].device.type == "cpu" and not isinstance(rate, Tensor) and self.epsilon <= 2e-6 * least:
            # The kernel adds its epsilon to the root. Where ours is that small, this is the same to 1 in a million.
            epsilon = self.epsilon / (2 * least**0.5)
            _kernels.adagrad(variables, gradients, accumulators, rate=rate, epsilon=epsilon)
            return
        torch._foreach_addcmul_(accumulators, gradients, gradients)
        denominators = list(torch._foreach_add(accumulators, self.epsilon))
        torch._foreach_sqrt_(denominators)
        _kernels.subtract_ratio(variables, gradients, denominators, rate)


class Adadelta(Optimizer):
    """Steps in the size of past steps: `d = g * rms(steps) / rms(g); w -= learning_rate * d`, with moving averages.

    Args:
        learning_rate: a number, a schedule, or a function without arguments; 1.0 is the paper's method.
        rho: how much of the averages stays in each step.
        epsilon: keeps the division finite, and the first step above zero.

    The other arguments: see `Optimizer`.

    Source: Zeiler 2012, arXiv 1212.5701.

    >>> from kerasish.core import Variable
    >>> x = Variable(1.0)
    >>> Adadelta(1.0, rho=0.9).apply([torch.tensor(5.0)], [x])
    >>> x.numpy().round(4).item()
    0.999
    """

    learning_rate: Rate = 0.001
    rho: float = 0.95
    epsilon: float = 1e-7

    def _slot_blocks(self) -> list[dict[str, Any]]:
        return [{"accumulated_grad": "zeros", "accumulated_delta_var": "zeros"}]

    def _update(self, group: Group, variables: list[Tensor], gradients: list[Tensor], rate: Any, step: Any) -> None:
        squares, steps = group.slots["accumulated_grad"], group.slots["accumulated_delta_var"]
        _kernels.average_square(squares, gradients, 1 - self.rho)
        deltas = list(torch._foreach_add(steps, self.epsilon))
        torch._foreach_div_(deltas, torch._foreach_add(squares, self.epsilon))
        torch._foreach_sqrt_(deltas)
        torch._foreach_mul_(deltas, gradients)
        _kernels.average_square(steps, deltas, 1 - self.rho)
        _kernels.subtract(variables, deltas, rate)
