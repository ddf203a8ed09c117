"""Adam, and AdamW, which is Adam with weight decay."""

from typing import Any

from torch import Tensor

from kerasish.optimizers import _kernels
from kerasish.optimizers._arguments import Rate
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._plan import Group


class Adam(Optimizer):
    """Steps along the gradient's moving average `m`, divided by the root of its square's, `v`.

    `w -= learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (sqrt(v) + epsilon)`.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        beta_1: how much of `m` stays in each step.
        beta_2: how much of `v` stays in each step.
        epsilon: keeps the division finite.
        amsgrad: whether `v` is replaced by the largest it has been (Reddi et al. 2018).

    The other arguments: see `Optimizer`.

    Source: Kingma & Ba 2014, arXiv 1412.6980; epsilon is the paper's "epsilon hat".

    >>> import torch
    >>> from kerasish.core import Variable
    >>> x = Variable([1.0, 2.0])
    >>> Adam(0.1).apply([torch.tensor([5.0, -5.0])], [x])
    >>> x.numpy().round(4).tolist()
    [0.9, 2.1]
    """

    learning_rate: Rate = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = False

    in_memory_order = True
    can_skip = True

    def _slot_blocks(self) -> list[dict[str, Any]]:
        hats = [{"velocity_hat": "zeros"}] if self.amsgrad else []
        return [{"momentum": "zeros", "velocity": "zeros"}, *hats]

    def _descend_group(self, group: Group, gradients: list[Tensor], rate: Any, step: Any) -> None:
        amount = self._weight_decay_of(group.kind)
        if amount and not isinstance(rate, Tensor) and len(group.decayed) == len(group.variables):
            self._run(group, gradients, rate, step, decay=amount * rate)
        else:
            super()._descend_group(group, gradients, rate, step)

    def _update(
        self, group: Group, variables: list[Tensor], gradients: list[Tensor], rate: Any, step: Any, decay: float = 0.0
    ) -> None:
        corrected = _kernels.adam_rate(rate, step, self.beta_1, self.beta_2, variables[0].dtype)
        _kernels.adam(
            variables,
            gradients,
            group.slots["momentum"],
            group.slots["velocity"],
            group.slots.get("velocity_hat"),
            rate=corrected,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
            decay=decay / corrected if decay else 0.0,  # the kernel multiplies it by the rate
            skip=self._skip,
        )


class AdamW(Adam):
    """Adam with decoupled weight decay: `w -= learning_rate * weight_decay * w` before each step.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        weight_decay: how fast weights shrink.
        beta_1, beta_2, epsilon, amsgrad: see `Adam`.

    The other arguments: see `Optimizer`.

    Source: Loshchilov & Hutter 2017, arXiv 1711.05101.

    >>> AdamW(weight_decay=0.01).get_config()["weight_decay"]
    0.01
    """

    learning_rate: Rate = 0.001
    weight_decay: float = 0.004  # type: ignore[assignment]
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = False

    def __post_init__(self) -> None:
        if self.weight_decay is None:
            raise ValueError("Argument `weight_decay` must be a float; received None. Adam does without it.")
        super().__post_init__()
