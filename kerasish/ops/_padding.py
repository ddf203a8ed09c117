"""Padding: what "same" and "valid" mean for windows that move over spatial axes, as TensorFlow has it."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional as F


def per_axis(value: int | Sequence[int], rank: int, name: str, least: int = 1) -> tuple[int, ...]:
    """Give a number for each spatial axis, from one for all or one for each.

    Raises:
        ValueError: another count, or a number below `least`.
    """
    numbers = (value,) * rank if isinstance(value, int) else tuple(value)
    if len(numbers) != rank or any(number < least for number in numbers):
        raise ValueError(f"`{name}` must be an integer, or {rank} of them, of at least {least}; received {value!r}.")
    return numbers


def check_padding(padding: str, *allowed: str) -> str:
    """Give the lower-case name of a padding.

    Raises:
        ValueError: it is none of those allowed ("valid" and "same" by default).
    """
    allowed = allowed or ("valid", "same")
    name = padding.lower() if isinstance(padding, str) else padding
    if name not in allowed:
        raise ValueError(f"`padding` must be one of {', '.join(map(repr, allowed))}; received {padding!r}.")
    return name


def same_sides(size: int, window: int, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """How much "same" adds before and after an axis, so that `ceil(size / stride)` windows fit; an odd one comes after."""
    window = (window - 1) * dilation + 1
    # Without a stride the sizes do not matter, so an exported graph stays free of them.
    total = window - 1 if stride == 1 else max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def pad_same(x: Tensor, window: Sequence[int], strides: Sequence[int], dilation: Sequence[int]) -> tuple[Tensor, tuple[int, ...]]:
    """Pad "same" before a convolution of a channels-first tensor: by its own argument where both sides are alike.

    Returns:
        The tensor, padded if it had to be, and the argument `padding` for torch.
    """
    sides = [same_sides(*numbers) for numbers in zip(x.shape[2:], window, strides, dilation)]
    if all(before == after for before, after in sides):
        return x, tuple(before for before, _ in sides)
    return F.pad(x, [width for side in reversed(sides) for width in side]), (0,) * len(sides)


def same_pooling(sizes: Sequence[int], window: Sequence[int], strides: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Pad "same" for a torch pooling with `ceil_mode=True`, which never needs a padded copy.

    Where the sides differ, the one after is larger by one. With a stride, `ceil_mode` makes up for it; without,
    both sides get the larger padding, and the first result is one too many.

    Returns:
        The argument `padding`, and for each axis how many results to leave out at its beginning.
    """
    padding, surplus = [], []
    for size, length, stride in zip(sizes, window, strides):
        before, after = same_sides(size, length, stride)
        extra = after - before if stride == 1 else 0
        padding.append(before + extra)
        surplus.append(extra)
    return tuple(padding), tuple(surplus)


def transposed_sides(window: int, stride: int, dilation: int, padding: str, output_padding: int | None) -> tuple[int, int]:
    """How much is cut off before and after the full result of a transposed convolution; below 0, added.

    The result has `size * stride` places for "same" and `(size - 1) * stride + max(window, stride)` for "valid",
    unless `output_padding` says otherwise.
    """
    window = (window - 1) * dilation + 1
    if padding == "valid":
        return 0, -(max(window, stride) - window if output_padding is None else output_padding)
    kept = stride + window - 2 if output_padding is None else window + window % 2 - 2 + output_padding
    before = min(kept - kept // 2, window - 1)
    return window - 1 - before, window - 1 - (kept - before)


def transposed_size(size: Any, window: int, stride: int, dilation: int, padding: str, output_padding: int | None) -> Any:
    """The size of an axis after a transposed convolution; None of None."""
    if size is None:
        return None
    before, after = transposed_sides(window, stride, dilation, padding, output_padding)
    return (size - 1) * stride + (window - 1) * dilation + 1 - before - after
