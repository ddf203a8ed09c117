"""Stochastic gradient descent, with momentum."""

# pyright: reportPrivateImportUsage=false

from typing import Any

import torch
from torch import Tensor

from kerasish.optimizers import _kernels
from kerasish.optimizers._arguments import Rate
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._plan import Group


class SGD(Optimizer):
    """Gradient descent: `w -= learning_rate * g`, or with momentum `v = momentum * v - learning_rate * g; w += v`.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        momentum: 0 to 1.
        nesterov: whether to look ahead: `w += momentum * v - learning_rate * g`.

    The other arguments: see `Optimizer`.

    >>> from kerasish.core import Variable
    >>> x = Variable(1.0)
    >>> optimizer = SGD(0.1, momentum=0.9)
    >>> for _ in range(2):
    ...     optimizer.apply([torch.tensor(1.0)], [x])
    >>> x.numpy().round(2).item()
    0.71
    """

    learning_rate: Rate = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    in_memory_order = True
    can_skip = True

    def __post_init__(self) -> None:
        if isinstance(self.momentum, bool) or not isinstance(self.momentum, (int, float)) or not 0 <= self.momentum <= 1:
            raise ValueError(f"`momentum` must be a float between [0, 1]; received {self.momentum!r}.")
        super().__post_init__()

    def _slot_blocks(self) -> list[dict[str, Any]]:
        return [{"momentum": "zeros"}] if self.momentum else []

    def _update(self, group: Group, variables: list[Tensor], gradients: list[Tensor], rate: Any, step: Any) -> None:
        if not self.momentum:
            _kernels.sgd(variables, gradients, [], rate=rate, skip=self._skip)
            return
        # Keras keeps the learning rate inside the momentum, so the kernel's own rate is -1.
        options = {"rate": -1.0, "momentum": self.momentum, "skip": self._skip}
        momentums = group.slots["momentum"]
        divides = self.owns_gradients and variables[0].dtype.itemsize > 2 and _nonzero(rate)
        if divides and (self.nesterov or isinstance(rate, Tensor)):
            divisor = -1 / rate if isinstance(rate, Tensor) else torch.full((), -1 / rate, device=variables[0].device)
            _kernels.sgd(variables, gradients, momentums, nesterov=self.nesterov, divisor=divisor, **options)
        elif isinstance(rate, Tensor):
            steps = list(torch._foreach_mul(gradients, -rate))
            _kernels.sgd(variables, steps, momentums, nesterov=self.nesterov, **options)
        else:
            _kernels.sgd(variables, gradients, momentums, dampening=1 + rate, **options)
            if self.nesterov:  # w has moved by m; it should by momentum * m - rate * g
                _kernels.sgd(variables, momentums, [], rate=1 - self.momentum)
                _kernels.sgd(variables, gradients, [], rate=rate)


def _nonzero(rate: Any) -> bool:
    """Say whether the rate can be divided by; one on the device is not looked at."""
    return isinstance(rate, Tensor) or rate != 0
