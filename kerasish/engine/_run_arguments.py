"""The arguments of a run: checked, limited and made into what the loop takes."""

import warnings
from typing import Any

from kerasish.config import max_steps_per_epoch
from kerasish.engine import _arrays


def whole(value: Any, argument: str) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ValueError(f"`{argument}` must be an integer; received {value!r}.")
    return int(value)


def limited(value: int | None, limit: int | None, what: str) -> int | None:
    if limit is None or value is not None and value <= limit:
        return value
    warnings.warn(f"`{what}` is {limit}, the limit that kerasish.config sets.", stacklevel=3)
    return limit


def limited_steps(steps: Any) -> Any:
    return steps if max_steps_per_epoch() is None else limited(steps, max_steps_per_epoch(), "steps")


def loudness(verbose: Any) -> int:
    if verbose not in ("auto", 0, 1, 2):
        raise ValueError(f"`verbose` must be 0, 1, 2 or 'auto'; received {verbose!r}.")
    return 1 if verbose == "auto" else int(verbose)


def check_freq(validation_freq: Any) -> None:
    epochs = isinstance(validation_freq, (list, tuple, set, range)) or isinstance(validation_freq, int) and validation_freq > 0
    if not epochs or isinstance(validation_freq, bool):
        raise ValueError(f"`validation_freq` must be a positive integer or a list of epochs; received {validation_freq!r}.")


def is_due(epoch: int, validation_freq: Any) -> bool:
    if isinstance(validation_freq, int):
        return (epoch + 1) % validation_freq == 0
    return epoch + 1 in validation_freq


def split_off(x: Any, y: Any, sample_weight: Any, fraction: float) -> tuple[Any, Any, Any, Any]:
    """The rows for training, and those at the end for validation."""
    if not _arrays.is_arrays(x):
        raise ValueError(f"`validation_split` needs arrays; received a {type(x).__name__}. Pass `validation_data` instead.")
    data = tuple(_arrays.as_tensors(part, name) for part, name in ((x, "x"), (y, "y"), (sample_weight, "sample_weight")))
    first, last = _arrays.split(data, fraction)
    return (*first, last)
