"""Adafactor: Adam's second moments kept as the means of rows and columns."""

# pyright: reportPrivateImportUsage=false

from collections.abc import Hashable
from typing import Any

import torch
from torch import Tensor

from kerasish.core import Variable, device
from kerasish.optimizers import _kernels
from kerasish.optimizers._arguments import Rate
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._plan import Group


class Adafactor(Optimizer):
    """For matrices `v` is the outer product of moving averages of `g**2` over rows and columns; the step is relative to `w`.

    `w -= max(epsilon_2, rms(w)) * min(learning_rate, 1 / sqrt(t)) * u / max(1, rms(u) / clip_threshold)`, `u = g / sqrt(v)`.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        beta_2_decay: how the averages' weight falls: `1 - t**beta_2_decay`.
        epsilon_1: added to the squared gradient.
        epsilon_2: the least size of variables that steps are relative to.
        clip_threshold: the largest root mean square of an update.
        relative_step: whether the learning rate is at most `1 / sqrt(t)`; it is in any case, as in Keras.

    The other arguments: see `Optimizer`.

    Source: Shazeer & Stern 2018, arXiv 1804.04235.

    >>> x = Variable([[1.0, 2.0], [3.0, 4.0]])
    >>> Adafactor(0.1).apply([torch.ones(2, 2)], [x])
    >>> x.numpy().round(4).tolist()
    [[0.7261, 1.7261], [2.7261, 3.7261]]
    """

    learning_rate: Rate = 0.001
    beta_2_decay: float = -0.8
    epsilon_1: float = 1e-30
    epsilon_2: float = 1e-3
    clip_threshold: float = 1.0
    relative_step: bool = True

    def _kind(self, variable: Any) -> Hashable:
        return "factored" if variable.ndim >= 2 else "whole"

    def _add_slots(self, variables: list[Any]) -> None:
        rows, columns, velocities = (self._slots.setdefault(name, []) for name in ("row", "column", "velocity"))
        for variable in variables:
            shape, label = tuple(variable.shape), getattr(variable, "name", None) or "parameter"
            if variable.ndim < 2:
                # Keras keeps two unused integers here; files have them, so they are kept as well.
                with device("cpu"):
                    unused = [Variable(0, dtype="int32", trainable=False, name=label) for _ in range(2)]
                self._variables.extend(self._named(scalar) for scalar in unused)
                rows.append(None)
                columns.append(None)
            elif getattr(variable, "overwrite_with_gradient", False):
                rows.append(None)
                columns.append(None)
            else:
                rows.append(self.add_variable(shape[:-1], dtype=variable.dtype, name=label))
                columns.append(self.add_variable((*shape[:-2], shape[-1]), dtype=variable.dtype, name=label))
            velocities.extend(self.add_optimizer_variables([variable], "velocity"))

    def _update(self, group: Group, variables: list[Tensor], gradients: list[Tensor], rate: Any, step: Any) -> None:
        velocities = group.slots["velocity"]
        rate, weight = _kernels.least(rate, step**-0.5), step**self.beta_2_decay
        squares = list(torch._foreach_mul(gradients, gradients))
        torch._foreach_add_(squares, self.epsilon_1)
        if group.kind == "factored":
            rows, columns = group.slots["row"], group.slots["column"]
            _kernels.approach(rows, [square.mean(-1) for square in squares], weight)
            _kernels.approach(columns, [square.mean(-2) for square in squares], weight)
            for velocity, row, column in zip(velocities, rows, columns):
                torch.mul((row / row.mean(-1, keepdim=True)).unsqueeze(-1), column.unsqueeze(-2), out=velocity)
        else:
            _kernels.approach(velocities, squares, weight)
        updates = list(torch._foreach_div(gradients, torch._foreach_sqrt(velocities)))
        scales = _kernels.root_mean_squares(variables).clamp(min=self.epsilon_2) * rate
        scales = scales / (_kernels.root_mean_squares(updates) / self.clip_threshold).clamp(min=1)
        torch._foreach_mul_(updates, scales.unbind())
        torch._foreach_sub_(variables, updates)
