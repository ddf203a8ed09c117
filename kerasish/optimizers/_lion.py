"""Lion: steps by the sign of the momentum."""

# pyright: reportPrivateImportUsage=false

from typing import Any

import torch
from torch import Tensor

from kerasish.optimizers import _kernels
from kerasish.optimizers._arguments import Rate
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._plan import Group


class Lion(Optimizer):
    """`w -= learning_rate * sign(beta_1 * m + (1 - beta_1) * g); m = beta_2 * m + (1 - beta_2) * g`.

    Args:
        learning_rate: a number, a schedule, or a function without arguments; 3 to 10 times smaller than Adam's does well.
        beta_1: the weight of `m` in the step, above 0 and at most 1.
        beta_2: how much of `m` stays in each step.

    The other arguments: see `Optimizer`.

    Source: Chen et al. 2023, arXiv 2302.06675.

    >>> from kerasish.core import Variable
    >>> x = Variable([1.0, 2.0])
    >>> Lion(0.1).apply([torch.tensor([5.0, -0.1])], [x])
    >>> x.numpy().round(4).tolist()
    [0.9, 2.1]
    """

    learning_rate: Rate = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.99

    def __post_init__(self) -> None:
        if not 0 < self.beta_1 <= 1:
            raise ValueError(f"Argument `beta_1` must be above 0 and at most 1; received {self.beta_1}.")
        super().__post_init__()

    def _slot_blocks(self) -> list[dict[str, Any]]:
        return [{"momentum": "zeros"}]

    def _update(self, group: Group, variables: list[Tensor], gradients: list[Tensor], rate: Any, step: Any) -> None:
        momentums = group.slots["momentum"]
        steps = list(torch._foreach_mul(momentums, self.beta_1))
        torch._foreach_add_(steps, gradients, alpha=1 - self.beta_1)
        torch._foreach_sign_(steps)
        _kernels.subtract(variables, steps, rate)
        torch._foreach_lerp_(momentums, gradients, 1 - self.beta_2)
