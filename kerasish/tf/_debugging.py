"""Assertions about tensors. Each reads from the device, and raises `tf.errors.InvalidArgumentError` where it does not hold.

`message` is said first; `summarize` and `name` have no say: a hundred characters of the numbers are shown.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from kerasish.core import KerasTensor
from kerasish.core import convert_to_tensor as _to_tensor
from kerasish.tf._calls import as_pair, entered
from kerasish.tf._dtypes import DType, real_dtype
from kerasish.tf.errors._errors import InvalidArgumentError


def _demand(holds: Any, rule: str, message: str | None, *values: Any) -> None:
    if bool(torch.as_tensor(holds).all()):
        return
    told = ", ".join(str(value.tolist())[:100] if isinstance(value, torch.Tensor) else repr(value) for value in values)
    raise InvalidArgumentError(None, None, f"{f'{message} ' if message else ''}{rule}; received {told}.")


def _of_two(name: str, sign: str, compare: Callable) -> Callable:
    def check(x: Any, y: Any, message: str | None = None, summarize: Any = None, name: str | None = None) -> None:
        x, y = as_pair(entered(x), entered(y))
        _demand(compare(x, y), f"`x` {sign} `y` must hold everywhere", message, x, y)

    check.__name__ = name
    check.__doc__ = f"Demand that `x` {sign} `y` everywhere."
    return check


def _of_one(name: str, rule: str, hold: Callable) -> Callable:
    def check(x: Any, message: str | None = None, summarize: Any = None, name: str | None = None) -> None:
        x = _to_tensor(entered(x))
        _demand(hold(x), f"`x` must be {rule} everywhere", message, x)

    check.__name__ = name
    check.__doc__ = f"Demand that `x` is {rule} everywhere."
    return check


def Assert(condition: Any, data: Sequence[Any], summarize: Any = None, name: str | None = None) -> None:  # noqa: N802
    """Demand that a condition holds; `data` is shown if it does not."""
    _demand(_to_tensor(entered(condition)), "The condition must hold", None, *[entered(part) for part in data])


def assert_near(
    x: Any,
    y: Any,
    rtol: float | None = None,
    atol: float | None = None,
    message: str | None = None,
    summarize: Any = None,
    name: str | None = None,
) -> None:
    """Demand that two are nearly equal: |x - y| ≤ atol + rtol · |y|, both ten steps of the dtype by default."""
    x, y = as_pair(entered(x), entered(y))
    step = 10 * torch.finfo(x.dtype).eps
    bound = (step if atol is None else atol) + (step if rtol is None else rtol) * y.abs()
    _demand((x - y).abs() <= bound, "`x` must be near `y`", message, x, y)


def assert_all_finite(x: Any, message: str | None = None, name: str | None = None) -> Any:
    """Demand that no number is infinite or NaN; gives the tensor."""
    _demand(torch.isfinite(_to_tensor(entered(x))), "`x` must be finite", message, _to_tensor(entered(x)))
    return x


def check_numerics(tensor: Any, message: str | None = None, name: str | None = None) -> Any:
    """Demand that no number is infinite or NaN; gives the tensor."""
    return assert_all_finite(tensor, message)


def _shape(x: Any) -> tuple:
    return tuple(x.shape) if isinstance(x, (KerasTensor, torch.Tensor)) else tuple(_to_tensor(x).shape)


def assert_rank(x: Any, rank: int, message: str | None = None, name: str | None = None) -> None:
    """Demand so many axes."""
    _demand(len(_shape(x)) == int(rank), f"`x` must have {int(rank)} axes", message, _shape(x))


def assert_rank_at_least(x: Any, rank: int, message: str | None = None, name: str | None = None) -> None:
    """Demand so many axes or more."""
    _demand(len(_shape(x)) >= int(rank), f"`x` must have {int(rank)} axes or more", message, _shape(x))


def assert_rank_in(x: Any, ranks: Sequence[int], message: str | None = None, name: str | None = None) -> None:
    """Demand one of several numbers of axes."""
    _demand(len(_shape(x)) in [int(rank) for rank in ranks], f"`x` must have one of {ranks} axes", message, _shape(x))


def assert_scalar(tensor: Any, message: str | None = None, name: str | None = None) -> Any:
    """Demand a single number; gives the tensor."""
    _demand(_shape(tensor) == (), "`tensor` must be a single number", message, _shape(tensor))
    return tensor


def assert_type(tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None) -> None:
    """Demand a dtype.

    Raises:
        TypeError: it is another.
    """
    mine = _to_tensor(entered(tensor)).dtype
    if mine is not real_dtype(tf_type):
        raise TypeError(f"{f'{message} ' if message else ''}`tensor` must be {DType(tf_type).name}; received {DType(mine).name}.")


def assert_shapes(shapes: Any, message: str | None = None, name: str | None = None) -> None:
    """Demand shapes of several tensors, which may share sizes that are named: `[(x, ("n", 3)), (y, ("n",))]`.

    Args:
        shapes: pairs of tensor and sizes, or a dict; a size is a number, a name, or None for any.
        message: what to say before.
        name: a label.
    """
    known: dict[str, int] = {}
    for tensor, wanted in shapes.items() if isinstance(shapes, dict) else shapes:
        sizes, wanted = _shape(tensor), tuple(wanted)
        _demand(len(sizes) == len(wanted), f"The shape must be {wanted}", message, sizes)
        for size, want in zip(sizes, wanted):
            if isinstance(want, str):
                want = known.setdefault(want, size)
            _demand(want is None or int(want) == size, f"The shape must be {wanted}", message, sizes, known)


def is_numeric_tensor(tensor: Any) -> bool:
    """Say whether this is a tensor of numbers."""
    return isinstance(tensor, torch.Tensor) and tensor.detach().as_subclass(torch.Tensor).dtype is not torch.bool


_FUNCTIONS = (
    Assert, assert_near, assert_all_finite, check_numerics, assert_rank, assert_rank_at_least, assert_rank_in, assert_scalar,
    assert_type, assert_shapes, is_numeric_tensor,
    _of_two("assert_equal", "==", torch.eq),
    _of_two("assert_none_equal", "!=", torch.ne),
    _of_two("assert_less", "<", torch.lt),
    _of_two("assert_less_equal", "<=", torch.le),
    _of_two("assert_greater", ">", torch.gt),
    _of_two("assert_greater_equal", ">=", torch.ge),
    _of_one("assert_positive", "positive", lambda x: x > 0),
    _of_one("assert_negative", "negative", lambda x: x < 0),
    _of_one("assert_non_negative", "0 or more", lambda x: x >= 0),
    _of_one("assert_non_positive", "0 or less", lambda x: x <= 0),
    _of_one("assert_integer", "of an integer dtype", lambda x: not (x.is_floating_point() or x.dtype is torch.bool)),
)  # fmt: skip

DEBUGGING: dict[str, Callable] = {function.__name__: function for function in _FUNCTIONS}
