"""Learning rates that fall by a formula: exponential, inverse-time, polynomial, cosine, and in pieces."""

import math
from bisect import bisect_left
from typing import Annotated, Any

import torch
from torch import Tensor

from kerasish.core import torch_dtype
from kerasish.optimizers.schedules._schedule import LearningRateSchedule, Number, _FormulaSchedule, plain_number


class ExponentialDecay(_FormulaSchedule):
    """`initial_learning_rate * decay_rate ** (step / decay_steps)`.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: how many steps multiply the rate by `decay_rate` once.
        decay_rate: the factor.
        staircase: whether the exponent is rounded down, so that the rate falls in steps.
        name: a name for the schedule.

    >>> ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)(20)
    0.025
    """

    initial_learning_rate: Number
    decay_steps: int
    decay_rate: Number
    staircase: bool = False
    name: str | None = "ExponentialDecay"

    def __post_init__(self) -> None:
        self._check_positive("decay_steps")

    def _rate(self, step: Any, by: Any) -> Any:
        periods = step / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (by.floor(periods) if self.staircase else periods)


class InverseTimeDecay(_FormulaSchedule):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: how often the decay is applied, in steps.
        decay_rate: how fast the rate falls.
        staircase: whether `step / decay_steps` is rounded down.
        name: a name for the schedule.

    >>> InverseTimeDecay(0.1, decay_steps=10, decay_rate=1.0)(10)
    0.05
    """

    initial_learning_rate: Number
    decay_steps: int
    decay_rate: Number
    staircase: bool = False
    name: str | None = "InverseTimeDecay"

    def __post_init__(self) -> None:
        self._check_positive("decay_steps")

    def _rate(self, step: Any, by: Any) -> Any:
        periods = step / self.decay_steps
        return self.initial_learning_rate / (1 + self.decay_rate * (by.floor(periods) if self.staircase else periods))


class PolynomialDecay(_FormulaSchedule):
    """From `initial_learning_rate` to `end_learning_rate` by `(1 - step / decay_steps) ** power`.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: the step from which the rate stays at its end.
        end_learning_rate: the last rate.
        power: the exponent; 1 falls in a straight line.
        cycle: whether `decay_steps` is stretched to the next multiple when it has passed, so that the rate rises again.
        name: a name for the schedule.

    >>> PolynomialDecay(0.1, decay_steps=10, end_learning_rate=0.0)(5)
    0.05
    """

    initial_learning_rate: Number
    decay_steps: int
    end_learning_rate: Number = 0.0001
    power: Number = 1.0
    cycle: bool = False
    name: str | None = "PolynomialDecay"

    def __post_init__(self) -> None:
        self._check_positive("decay_steps")

    def _rate(self, step: Any, by: Any) -> Any:
        length = self.decay_steps
        if self.cycle:
            length = length * by.where(step == 0, 1.0, by.ceil(step / length))
        else:
            step = by.minimum(step, length)
        span = self.initial_learning_rate - self.end_learning_rate
        return span * (1 - step / length) ** self.power + self.end_learning_rate


class PiecewiseConstantDecay(LearningRateSchedule):
    """`values[i]` up to and with step `boundaries[i]`, and the last value after the last boundary.

    Args:
        boundaries: rising steps.
        values: the rates between them, one more than the boundaries.
        name: a name for the schedule.

    >>> schedule = PiecewiseConstantDecay([100, 200], [1.0, 0.5, 0.1])
    >>> schedule(100), schedule(101), schedule(201)
    (1.0, 0.5, 0.1)
    """

    takes_numbers = True

    boundaries: list
    values: list
    name: str | None = "PiecewiseConstant"

    def __post_init__(self) -> None:
        if len(self.boundaries) != len(self.values) - 1:
            raise ValueError(
                "The length of `boundaries` must be 1 less than the length of `values`; "
                f"received boundaries={self.boundaries} and values={self.values}."
            )
        self.boundaries = [plain_number(boundary) for boundary in self.boundaries]
        self.values = [plain_number(value) for value in self.values]

    def __call__(self, step: Any) -> Any:
        """Give the learning rate at a step: a float for a number, a tensor for a tensor."""
        if not isinstance(step, Tensor):
            return float(self.values[bisect_left(self.boundaries, step)])
        boundaries = torch.tensor(self.boundaries, dtype=torch.float64, device=step.device)
        values = torch.tensor(self.values, dtype=torch_dtype(None), device=step.device)
        return values[torch.bucketize(step.detach().double(), boundaries)]


class CosineDecay(_FormulaSchedule):
    """A straight rise to `warmup_target`, if one is given, then half a cosine down to `alpha` times its start.

    `start * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha)`.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: the steps of the fall, counted after the rise.
        alpha: the last rate as a fraction of the highest.
        name: a name for the schedule.
        warmup_target: the rate that the rise ends with; None: no rise.
        warmup_steps: the steps of the rise.

    Source: Loshchilov & Hutter 2016, arXiv 1608.03983.

    >>> schedule = CosineDecay(0.0, decay_steps=100, warmup_target=0.1, warmup_steps=10)
    >>> [round(schedule(step), 3) for step in (0, 5, 10, 60, 110)]
    [0.0, 0.05, 0.1, 0.05, 0.0]
    """

    initial_learning_rate: Number
    decay_steps: int
    alpha: Number = 0.0
    name: str | None = "CosineDecay"
    warmup_target: Annotated[float | None, plain_number] = None
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        self._check_positive("decay_steps")

    def _rate(self, step: Any, by: Any) -> Any:
        start, target = self.initial_learning_rate, self.warmup_target
        if target is None:
            return start * self._fall(by.minimum(step, self.decay_steps), by)
        step = by.minimum(step, self.decay_steps + self.warmup_steps)
        rise = (target - start) * step / (self.warmup_steps or 1) + start
        return by.where(step < self.warmup_steps, rise, target * self._fall(step - self.warmup_steps, by))

    def _fall(self, step: Any, by: Any) -> Any:
        cosine = 0.5 * (1 + by.cos(math.pi * step / self.decay_steps))
        return (1 - self.alpha) * cosine + self.alpha


class CosineDecayRestarts(_FormulaSchedule):
    """Half a cosine down, again and again: each period `t_mul` times as long and starting `m_mul` times as high.

    Args:
        initial_learning_rate: the rate at step 0.
        first_decay_steps: the steps of the first period.
        t_mul: how much longer each period is than the one before.
        m_mul: how much higher each period starts than the one before.
        alpha: the lowest rate as a fraction of the initial one.
        name: a name for the schedule.

    Source: Loshchilov & Hutter 2016, arXiv 1608.03983.

    >>> schedule = CosineDecayRestarts(0.1, first_decay_steps=10)
    >>> [round(schedule(step), 3) for step in (0, 5, 10, 20)]
    [0.1, 0.05, 0.1, 0.05]
    """

    initial_learning_rate: Number
    first_decay_steps: int
    t_mul: Number = 2.0
    m_mul: Number = 1.0
    alpha: Number = 0.0
    name: str | None = "SGDRDecay"

    def __post_init__(self) -> None:
        self._check_positive("first_decay_steps")

    def _rate(self, step: Any, by: Any) -> Any:
        fraction = step / self.first_decay_steps
        if self.t_mul == 1.0:
            period = by.floor(fraction)
            fraction = fraction - period
        else:
            # The small number keeps a restart from coming a step late where the quotient of logarithms is 2.9999….
            period = by.floor(by.log(1 - fraction * (1 - self.t_mul)) / math.log(self.t_mul) + 1e-9)
            length = self.t_mul**period
            fraction = (fraction - (1 - length) / (1 - self.t_mul)) / length
        cosine = 0.5 * self.m_mul**period * (1 + by.cos(math.pi * fraction))
        return self.initial_learning_rate * ((1 - self.alpha) * cosine + self.alpha)
