"""The arguments that every optimizer has."""

import warnings
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from kerasish._base._configurable import Configurable
from kerasish._base._names import fold
from kerasish.optimizers._registry import SCHEDULES
from kerasish.optimizers.schedules._schedule import LearningRateSchedule, plain_number


def as_rate(value: Any) -> Any:
    """Turn what may be given for a learning rate into a float, a schedule, or a function without arguments.

    Raises:
        ValueError: something else.
    """
    if isinstance(value, Mapping):
        value = SCHEDULES.deserialize(value)
    value = plain_number(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, LearningRateSchedule) or callable(value) and not isinstance(value, type):
        return value
    raise ValueError(
        "Argument `learning_rate` should be float, or an instance of LearningRateSchedule, or a callable without arguments "
        f"that gives the rate; received {value!r}."
    )


Rate = Annotated[float | LearningRateSchedule | Callable[[], Any], as_rate]


class OptimizerArguments(Configurable):
    """What can be said to every optimizer; `Optimizer` tells what it means."""

    learning_rate: Rate
    weight_decay: float | None = None
    clipnorm: float | None = None
    clipvalue: float | None = None
    global_clipnorm: float | None = None
    use_ema: bool = False
    ema_momentum: float = 0.99
    ema_overwrite_frequency: int | None = None
    loss_scale_factor: float | None = None
    gradient_accumulation_steps: int | None = None
    name: str | None = None  # type: ignore[assignment]

    def _check_arguments(self) -> None:
        clips = {n: getattr(self, n) for n in ("clipnorm", "clipvalue", "global_clipnorm") if getattr(self, n) is not None}
        if len(clips) > 1:
            raise ValueError(f"Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set; received {clips}.")
        if self.gradient_accumulation_steps and self.gradient_accumulation_steps < 2:
            raise ValueError(
                f"`gradient_accumulation_steps` must be an integer >= 2; received {self.gradient_accumulation_steps}."
            )
        if self.use_ema and not 0 <= self.ema_momentum <= 1:
            raise ValueError(f"`ema_momentum` must be in the range [0, 1]; received {self.ema_momentum}.")
        every = self.ema_overwrite_frequency
        if self.use_ema and every and (not isinstance(every, int) or every < 1):
            raise ValueError(f"`ema_overwrite_frequency` must be an integer >= 1 or None; received {every!r}.")

    def _take_argument(self, name: str, value: Any) -> tuple[str, Any] | None:
        if name == "decay":
            if value is not None:
                warnings.warn("Argument `decay` is no longer supported and will be ignored.", stacklevel=3)
            return None
        known = {fold(field): field for field in self.fields}  # `learningRate`, as TensorFlow.js has it
        return (known[fold(name)], value) if fold(name) in known else super()._take_argument(name, value)
