"""Muon: momentum made orthogonal, for matrices; Adam with weight decay for everything else."""

# pyright: reportPrivateImportUsage=false

import math
import re
from collections.abc import Hashable
from typing import Any

import torch
from torch import Tensor

from kerasish.optimizers import _kernels
from kerasish.optimizers._arguments import Rate
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._plan import Group
from kerasish.optimizers._state import path_of


class Muon(Optimizer):
    """`m = momentum * m + g; w -= learning_rate * rms_rate * sqrt(max(rows, columns)) * orthogonal(g + momentum * m)`.

    `orthogonal` is `ns_steps` of a Newton-Schulz iteration. Variables that are no matrices, embeddings, and those of
    `exclude_layers` get Adam with weight decay.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        adam_beta_1, adam_beta_2, epsilon: of Adam.
        adam_weight_decay: of the variables that Adam is for.
        weight_decay: of the matrices.
        exclude_layers: patterns; Adam is for variables with one in their path.
        exclude_embeddings: whether Adam is for variables with "embedding" in their path.
        muon_a, muon_b, muon_c: the iteration's polynomial `a x + b x³ + c x⁵`.
        adam_lr_ratio: Adam's learning rate as a multiple of `learning_rate`.
        momentum: 0 to 1.
        ns_steps: how many times to iterate.
        nesterov: whether to look ahead, as in the formula; else `m` itself is made orthogonal.
        rms_rate: the root mean square of an update, in learning rates; None leaves updates as they are.

    The other arguments: see `Optimizer`.

    Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon; Liu et al. 2025, arXiv 2502.16982.

    >>> from kerasish.core import Variable
    >>> x = Variable([[1.0, 2.0], [3.0, 4.0]])
    >>> Muon(0.1, weight_decay=0.0).apply([torch.eye(2)], [x])
    >>> x.numpy().round(2).tolist()
    [[0.98, 2.0], [3.0, 3.98]]
    """

    learning_rate: Rate = 0.001
    adam_beta_1: float = 0.9
    adam_beta_2: float = 0.999
    adam_weight_decay: float | None = 0.004
    epsilon: float = 1e-7
    weight_decay: float | None = 0.004
    clipnorm: float | None = None
    clipvalue: float | None = None
    global_clipnorm: float | None = None
    use_ema: bool = False
    ema_momentum: float = 0.99
    ema_overwrite_frequency: int | None = None
    loss_scale_factor: float | None = None
    gradient_accumulation_steps: int | None = None
    name: str | None = None  # type: ignore[assignment]
    exclude_layers: list[str] | None = None
    exclude_embeddings: bool = True
    muon_a: float = 3.4445
    muon_b: float = -4.775
    muon_c: float = 2.0315
    adam_lr_ratio: float = 1
    momentum: float = 0.95
    ns_steps: int = 5
    nesterov: bool = True
    rms_rate: float | None = 0.2

    def __post_init__(self) -> None:
        self.exclude_layers = list(self.exclude_layers or [])
        super().__post_init__()

    def _should_use_adamw(self, variable: Any) -> bool:
        path = path_of(variable)
        if variable.ndim != 2 or self.exclude_embeddings and "embedding" in path.lower():
            return True
        return any(re.search(pattern, path) for pattern in self.exclude_layers or [])

    def _kind(self, variable: Any) -> Hashable:
        return "adam" if self._should_use_adamw(variable) else "muon"

    def _weight_decay_of(self, kind: Hashable) -> float | None:
        return self.adam_weight_decay if kind == "adam" else self.weight_decay

    def _add_slots(self, variables: list[Any]) -> None:
        momentums, velocities = (self._slots.setdefault(name, []) for name in ("momentum", "velocity"))
        for variable in variables:
            momentums.extend(self.add_optimizer_variables([variable], "momentum"))
            adam = self._should_use_adamw(variable)
            velocities.extend(self.add_optimizer_variables([variable], "velocity") if adam else [None])

    def _update(self, group: Group, variables: list[Tensor], gradients: list[Tensor], rate: Any, step: Any) -> None:
        momentums = group.slots["momentum"]
        if group.kind == "adam":
            rate = _kernels.adam_rate(rate * self.adam_lr_ratio, step, self.adam_beta_1, self.adam_beta_2, variables[0].dtype)
            _kernels.adam(
                variables,
                gradients,
                momentums,
                group.slots["velocity"],
                rate=rate,
                beta_1=self.adam_beta_1,
                beta_2=self.adam_beta_2,
                epsilon=self.epsilon,
            )
            return
        torch._foreach_mul_(momentums, self.momentum)
        torch._foreach_add_(momentums, gradients)
        looks = torch._foreach_add(gradients, momentums, alpha=self.momentum) if self.nesterov else momentums
        updates = [self.lr_adjust(self.zeropower_via_newtonschulz5(look, self.ns_steps)) for look in looks]
        _kernels.subtract(variables, updates, rate)

    def lr_adjust(self, x: Tensor) -> Tensor:
        """Bring an update to the root mean square that `rms_rate` asks for."""
        return x if self.rms_rate is None else x * (math.sqrt(max(x.shape[0], x.shape[1])) * self.rms_rate)

    def zeropower_via_newtonschulz5(self, x: Tensor, steps: int) -> Tensor:
        """Give about `U V'` of a matrix `x = U S V'`: the same directions, all of nearly the same strength.

        Raises:
            ValueError: no matrix.
        """
        if x.ndim < 2:
            raise ValueError(f"Expected a gradient or momentum of at least 2 axes; received shape {tuple(x.shape)}.")
        tall = x.shape[-2] > x.shape[-1]
        x = x.mT if tall else x
        x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
        for _ in range(steps):
            square = x @ x.mT
            x = self.muon_a * x + (self.muon_b * square + self.muon_c * square @ square) @ x
        return x.mT if tall else x
