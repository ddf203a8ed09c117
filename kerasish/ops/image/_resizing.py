"""Images of another size: interpolated by torch's kernels, or by a matrix for each axis."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish.core import op as operation
from kerasish.ops._inputs import TensorLike, as_tensor, like
from kerasish.ops.image._forms import as_before, check_choice, computing, form_of

op = operation("keras.src.ops.image")

_MODES = {"nearest": "nearest-exact", "bilinear": "bilinear", "bicubic": "bicubic", "lanczos3": "", "lanczos5": ""}


@op
def resize(
    images: TensorLike,
    size: Sequence[int],
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Tensor:
    """Make images of another size; integers are rounded.

    Args:
        images: (batch, height, width, channels) or one image, or with channels first.
        size: the new height and width.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        antialias: whether smaller images are smoothed first; means nothing to "nearest".
        crop_to_aspect_ratio: whether the middle of the images, of the new shape, is resized.
        pad_to_aspect_ratio: whether the images are given a rim, so that they have the new shape before they are resized.
        fill_mode: "constant", the only way to fill the rim.
        fill_value: the rim's value.

    Raises:
        ValueError: an unknown interpolation or `fill_mode`, both aspect ratios, or a size that is none.

    >>> resize([[[0.0], [2.0]]], (1, 4))[0, :, 0].tolist()
    [0.0, 0.5, 1.5, 2.0]
    """
    check_choice("interpolation", interpolation, _MODES)
    check_choice("fill_mode", fill_mode, ("constant",))
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("`crop_to_aspect_ratio` and `pad_to_aspect_ratio` exclude each other; both are True.")
    if len(size) != 2 or any(n <= 0 for n in size):
        raise ValueError(f"`size` must be a height and a width, at least 1; received {size!r}.")
    given, form = form_of(images, data_format)
    x = form.enter(given)
    if crop_to_aspect_ratio:
        x = _middle_of_ratio(x, size)
    elif pad_to_aspect_ratio:
        x = _rimmed_to_ratio(x, size, fill_value)
    if interpolation == "nearest":
        return form.leave(_nearest(x, size))
    x = computing(x)
    if interpolation in ("bilinear", "bicubic"):
        x = F.interpolate(x, tuple(size), mode=interpolation, align_corners=False, antialias=antialias)
    else:
        for axis, n in zip((2, 3), size):
            scale = torch.tensor(n / x.shape[axis], device=x.device)
            x = _weigh(x, axis, _weights(x.shape[axis], n, scale, torch.zeros_like(scale), _KERNELS[interpolation], antialias))
    return form.leave(as_before(x, given.dtype))


def _nearest(x: Tensor, size: Sequence[int]) -> Tensor:
    if x.dtype in (torch.float32, torch.float64):
        return F.interpolate(x, tuple(size), mode="nearest-exact")
    for axis, n in zip((2, 3), size):  # other dtypes are picked, and so lose nothing
        places = (torch.arange(n, device=x.device) * 2 + 1) * x.shape[axis] // (2 * n)
        x = x.index_select(axis, places)
    return x


def _of_ratio(x: Tensor, size: Sequence[int]) -> tuple[int, int]:
    """The height that goes with the images' width in the new shape, and the width that goes with their height."""
    height, width = x.shape[2:]
    return int(width * size[0] / size[1]), int(height * size[1] / size[0])


def _middle_of_ratio(x: Tensor, size: Sequence[int]) -> Tensor:
    for axis, wanted in zip((2, 3), _of_ratio(x, size)):
        kept = max(min(x.shape[axis], wanted), 1)
        x = x.narrow(axis, (x.shape[axis] - kept) // 2, kept)
    return x


def _rimmed_to_ratio(x: Tensor, size: Sequence[int], value: float) -> Tensor:
    tall, wide = _of_ratio(x, size)
    rows, columns = max(tall - x.shape[2], 0) // 2, max(wide - x.shape[3], 0) // 2
    return F.pad(x, (columns, columns, rows, rows), value=value)


# By matrices: what each new place takes of each old one along an axis.


def _triangle(x: Tensor) -> Tensor:
    return (1 - x).clamp(min=0)


def _cubic(x: Tensor) -> Tensor:
    near, far = 1 - 2.5 * x**2 + 1.5 * x**3, 2 - 4 * x + 2.5 * x**2 - 0.5 * x**3
    return torch.where(x < 1, near, torch.where(x < 2, far, 0.0))


def _lanczos(radius: int) -> Callable[[Tensor], Tensor]:
    return lambda x: torch.where(x <= radius, torch.sinc(x) * torch.sinc(x / radius), 0.0)


_KERNELS: dict[str, Callable[[Tensor], Tensor]] = {
    **dict.fromkeys(("linear", "bilinear", "trilinear", "triangle"), _triangle),
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), _cubic),
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}


@op
def scale_and_translate(
    images: TensorLike,
    output_shape: Sequence[int],
    scale: TensorLike,
    translation: TensorLike,
    spatial_dims: Sequence[int],
    method: str,
    antialias: bool = True,
) -> Tensor:
    """Stretch and move images along some axes, onto a canvas of another size; zeros where none of them comes.

    Args:
        images: of any rank.
        output_shape: the whole shape of the result.
        scale, translation: for each of `spatial_dims` the factor, and then the move in pixels of the result.
        method: "linear", "cubic", "lanczos3" or "lanczos5".
        antialias: whether what is made smaller is smoothed.

    Raises:
        ValueError: an unknown method, or as many numbers as there are no axes.

    >>> scale_and_translate([1.0, 2.0], (4,), [1.0], [1.0], (0,), "linear").tolist()
    [0.0, 1.0, 2.0, 0.0]
    """
    check_choice("method", method, _KERNELS)
    given = as_tensor(images)
    scales, moves = like(scale, given), like(translation, given)
    if not scales.shape == moves.shape == (len(spatial_dims),) or len(output_shape) != given.ndim:
        raise ValueError(
            f"`scale` and `translation` must have a number for each of {len(spatial_dims)} axes, and `output_shape` a size for "
            f"each of {given.ndim}; received shapes {tuple(scales.shape)}, {tuple(moves.shape)} and {tuple(output_shape)}."
        )
    x = given if given.is_floating_point() else given.float()
    for i, axis in enumerate(spatial_dims):
        weights = _weights(x.shape[axis], output_shape[axis], scales[i], moves[i], _KERNELS[method], antialias)
        x = _weigh(x, axis, weights)
    if given.is_floating_point():
        return x
    return x.round().clamp(given.min(), given.max()).to(given.dtype)


def _weights(old: int, new: int, scale: Tensor, move: Tensor, kernel: Callable[[Tensor], Tensor], antialias: bool) -> Tensor:
    """What the new places take of the old ones, (old, new); each column sums to 1, or is 0 outside of the images."""
    step = 1 / scale
    at = (torch.arange(new, device=step.device, dtype=step.dtype) + 0.5 - move) * step - 0.5
    distance = (at - torch.arange(old, device=step.device, dtype=step.dtype).unsqueeze(1)).abs()
    weights = kernel(distance / step.clamp(min=1) if antialias else distance)
    total = weights.sum(0)
    inside = (at >= -0.5) & (at <= old - 0.5) & (total.abs() > 1000 * torch.finfo(torch.float32).eps)
    return torch.where(inside, weights / torch.where(inside, total, 1.0), 0.0)


def _weigh(x: Tensor, axis: int, weights: Tensor) -> Tensor:
    return (x.movedim(axis, -1) @ weights.to(x.dtype)).movedim(-1, axis)


# Cutting and rims.


@op
def crop_images(
    images: TensorLike,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Cut off the rim of images; along each axis two of before, after and the new size are told.

    Raises:
        ValueError: not two are told, one is negative, or the images are too small.

    >>> crop_images([[[1], [2], [3]]], 0, 1, 0, 0).flatten().tolist()
    [2, 3]
    """
    x, form = form_of(images, data_format)
    height = ("height", "top", "bottom", top_cropping, bottom_cropping, target_height)
    width = ("width", "left", "right", left_cropping, right_cropping, target_width)
    for axis, told in zip(form.space, (height, width)):
        before, _, new = _complete(*told, "cropping", x.shape[axis])
        x = x.narrow(axis, before, new)
    return x


@op
def pad_images(
    images: TensorLike,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Put zeros around images; along each axis two of before, after and the new size are told.

    Raises:
        ValueError: not two are told, or one is negative.

    >>> pad_images([[[1], [2]]], 0, 1, 0, 0).flatten().tolist()
    [0, 1, 2]
    """
    x, form = form_of(images, data_format)
    height = ("height", "top", "bottom", top_padding, bottom_padding, target_height)
    width = ("width", "left", "right", left_padding, right_padding, target_width)
    sides: list[int] = []
    for axis, told in zip(form.space, (height, width)):
        before, after, _ = _complete(*told, "padding", x.shape[axis])
        sides = [before, after, *sides]
    return F.pad(x, [0, 0, *sides] if form.channels_last else sides)


def _complete(
    size: str, first: str, second: str, before: Any, after: Any, target: Any, what: str, old: int
) -> tuple[int, int, int]:
    """Give what is before and after, and the new size, of which two are told."""
    names = f"`{first}_{what}`, `{second}_{what}` and `target_{size}`"
    if sum(value is None for value in (before, after, target)) != 1:
        raise ValueError(f"Exactly two of {names} must be given; received {before}, {after} and {target}.")
    grows = 1 if what == "padding" else -1
    if target is None:
        target = old + grows * (before + after)
    elif before is None:
        before = grows * (target - old) - after
    else:
        after = grows * (target - old) - before
    if min(before, after, target) < 0:
        told = f"{before}, {after} and {target} for images of {size} {old}"
        raise ValueError(f"None of {names} may be negative; they are {told}.")
    return before, after, target
