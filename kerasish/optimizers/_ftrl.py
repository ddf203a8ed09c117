"""FTRL: follow the regularized leader, which keeps sparse what L1 would."""

# pyright: reportPrivateImportUsage=false

from typing import Any

import torch
from torch import Tensor

from kerasish.optimizers import _kernels
from kerasish.optimizers._arguments import Rate
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._plan import Group


class Ftrl(Optimizer):
    """Follow the regularized leader.

    `n += g**2`, `z += g - (n_new**-p - n_old**-p) / learning_rate * w`,
    `w = (clip(z, -l1, l1) - z) / (n**-p / learning_rate + 2 * l2)`.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        learning_rate_power: `p`, at most 0; 0 keeps the learning rate constant.
        initial_accumulator_value: where `n` starts, at least 0.
        l1_regularization_strength: `l1`, at least 0.
        l2_regularization_strength: `l2`, at least 0.
        l2_shrinkage_regularization_strength: an L2 penalty on the gradient's side, at least 0.
        beta: added to `l2` as `beta / (2 * learning_rate)`.

    The other arguments: see `Optimizer`.

    Source: McMahan et al. 2013, "Ad click prediction: a view from the trenches".

    >>> from kerasish.core import Variable
    >>> x = Variable(1.0)
    >>> Ftrl(0.1, l1_regularization_strength=100.0).apply([torch.tensor(5.0)], [x])
    >>> x.numpy().item() == 0
    True
    """

    learning_rate: Rate = 0.001
    learning_rate_power: float = -0.5
    initial_accumulator_value: float = 0.1
    l1_regularization_strength: float = 0.0
    l2_regularization_strength: float = 0.0
    l2_shrinkage_regularization_strength: float = 0.0
    beta: float = 0.0

    def __post_init__(self) -> None:
        for name in ("initial_accumulator_value", *(f for f in self.fields if f.endswith("regularization_strength"))):
            if getattr(self, name) < 0:
                raise ValueError(f"`{name}` needs to be positive or zero; received {getattr(self, name)}.")
        if self.learning_rate_power > 0:
            raise ValueError(f"`learning_rate_power` needs to be negative or zero; received {self.learning_rate_power}.")
        super().__post_init__()

    def _slot_blocks(self) -> list[dict[str, Any]]:
        return [{"accumulator": float(self.initial_accumulator_value), "linear": "zeros"}]

    def _update(self, group: Group, variables: list[Tensor], gradients: list[Tensor], rate: Any, step: Any) -> None:
        accumulators, linears = group.slots["accumulator"], group.slots["linear"]
        before = torch._foreach_pow(accumulators, -self.learning_rate_power)
        torch._foreach_addcmul_(accumulators, gradients, gradients)
        after = list(torch._foreach_pow(accumulators, -self.learning_rate_power))
        torch._foreach_add_(linears, gradients)
        if self.l2_shrinkage_regularization_strength:
            torch._foreach_add_(linears, variables, alpha=2 * self.l2_shrinkage_regularization_strength)
        growth = list(torch._foreach_sub(after, before))
        torch._foreach_mul_(growth, variables)
        _kernels.subtract(linears, growth, 1 / rate)
        torch._foreach_div_(after, rate)
        _kernels.add_number(after, 2 * self.l2_regularization_strength + self.beta / rate)
        clipped = _kernels.clamped(linears, self.l1_regularization_strength, in_place=False)
        torch._foreach_sub_(clipped, linears)
        torch._foreach_div_(clipped, after)
        torch._foreach_copy_(variables, clipped)
