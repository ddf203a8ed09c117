"""Filters: what slides over images, and patches cut from them."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish._base._settings import standardize_data_format
from kerasish.core import op as operation
from kerasish.ops._inputs import TensorLike, as_float, as_tensor, like
from kerasish.ops._padding import check_padding, pad_same, per_axis
from kerasish.ops.image._forms import as_before, computing, form_of

op = operation("keras.src.ops.image")


@op
def gaussian_blur(
    images: TensorLike,
    kernel_size: Sequence[int] = (3, 3),
    sigma: Sequence[float] = (1.0, 1.0),
    data_format: str | None = None,
) -> Tensor:
    """Blur images with a bell curve; beyond the edge are zeros.

    Args:
        images: (batch, height, width, channels) or one image, or with channels first.
        kernel_size: how many rows and columns the curve spans; odd.
        sigma: its standard deviation in pixels, first of the columns, then of the rows, as in Keras.

    Raises:
        ValueError: a size that is not odd.

    >>> gaussian_blur(torch.ones(3, 3, 1))[1, 1].item()
    1.0...
    """
    sizes = per_axis(kernel_size, 2, "kernel_size")
    if any(n % 2 == 0 for n in sizes):
        raise ValueError(f"`kernel_size` must be odd, so that the blur is centred; received {kernel_size!r}.")
    given, form = form_of(images, data_format)
    blurred = blur(computing(form.enter(given)), sizes, (sigma[1], sigma[0]))
    return form.leave(as_before(blurred, given.dtype))


def blur(x: Tensor, sizes: Sequence[int], sigmas: Sequence[Any]) -> Tensor:
    """Blur (batch, channels, height, width), first along the height, then along the width; zeros lie beyond."""
    channels = x.shape[1]
    for axis, size, sigma in zip((2, 3), sizes, sigmas):
        shape, sides = ((-1, 1), (size // 2, 0)) if axis == 2 else ((1, -1), (0, size // 2))
        kernel = _bell(size, sigma, x).view(1, 1, *shape).expand(channels, 1, -1, -1)
        x = F.conv2d(x, kernel, padding=sides, groups=channels)
    return x


def _bell(size: int, sigma: Any, x: Tensor) -> Tensor:
    away = torch.arange(size, dtype=x.dtype, device=x.device) - (size - 1) / 2
    bell = torch.exp(-0.5 * (away / sigma) ** 2)
    return bell / bell.sum()


@op
def sobel_edges(images: TensorLike, data_format: str | None = None) -> Tensor:
    """Give how brightness rises downwards and rightwards at each pixel, on a new last axis [dy, dx]; zeros lie beyond.

    Shapes:
        (batch, height, width, channels) → (batch, height, width, channels, 2), or with channels first.

    >>> sobel_edges([[[[0.0], [1.0], [2.0]]]])[0, 0, 1, 0].tolist()
    [0.0, 4.0]
    """
    given, form = form_of(images, data_format)
    x = computing(form.enter(given))
    rise, smooth = torch.tensor([-1.0, 0.0, 1.0]), torch.tensor([1.0, 2.0, 1.0])
    down, right = torch.outer(rise, smooth), torch.outer(smooth, rise)
    kernel = torch.stack([down, right]).unsqueeze(1).to(x.device, x.dtype)
    channels = x.shape[1]
    edges = F.conv2d(x, kernel.repeat(channels, 1, 1, 1), padding=1, groups=channels).unflatten(1, (channels, 2))
    both = [form.leave(as_before(edge, given.dtype)) for edge in edges.unbind(2)]
    return torch.stack(both, -1)


@op
def ssim(
    image1: TensorLike,
    image2: TensorLike,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Tensor:
    """Say how alike two images are, with what stands around each pixel in view: 1 for the same.

    `(2 m n + c1) (2 s_mn + c2) / ((m² + n² + c1) (s_m² + s_n² + c2))` of the means and variances under a bell curve that
    slides over them, where `c = (k * max_val)²`; its mean over all places and channels.

    Args:
        image1, image2: (batch, height, width, channels) or one image, or with channels first; of one shape.
        max_val: the greatest value that a pixel can have.
        filter_size, filter_sigma: how many pixels the curve spans along each axis, and its standard deviation.
        k1, k2: what keeps the quotient finite.

    Shapes:
        One number for each pair; a scalar for one pair.

    Raises:
        ValueError: images of different shapes, or smaller than the filter.

    >>> ssim(torch.ones(12, 12, 1), torch.ones(12, 12, 1)).item()
    1.0

    Source: Wang et al. 2004
    """
    given, form = form_of(image1, data_format)
    other = like(image2, given)
    if other.shape != given.shape:
        raise ValueError(f"`image1` and `image2` must be alike; received shapes {tuple(given.shape)} and {tuple(other.shape)}.")
    if min(given.shape[axis] for axis in form.space) < filter_size:
        told = f"received shape {tuple(given.shape)} and {filter_size}"
        raise ValueError(f"The images must be at least as large as `filter_size`; {told}.")
    x, y = (form.enter(as_float(image)) for image in (given, other))
    channels = x.shape[1]
    bell = _bell(filter_size, filter_sigma, x)
    all_five = torch.cat([x, y, x * x, y * y, x * y], 1)
    for shape in ((-1, 1), (1, -1)):
        kernel = bell.view(1, 1, *shape).expand(5 * channels, 1, -1, -1)
        all_five = F.conv2d(all_five, kernel, groups=5 * channels)
    m, n, mm, nn, mn = all_five.chunk(5, 1)
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    above = (2 * m * n + c1) * (2 * (mn - m * n) + c2)
    below = (m * m + n * n + c1) * (mm - m * m + nn - n * n + c2)
    likeness = (above / below).mean((1, 2, 3)).to(given.dtype)
    return likeness if form.batched else likeness.squeeze(0)


@op
def extract_patches(
    images: TensorLike,
    size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    dilation_rate: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Cut patches from images, and lay each out in the channels: rows, columns, channels.

    Args:
        images: (batch, height, width, channels) or one image, or with channels first.
        size: the height and width of a patch; three sizes are for volumes.
        strides: how far from one patch to the next; `size` by default.
        dilation_rate: the distance between the pixels of a patch.
        padding: "valid" or "same", zeros around the images.

    Shapes:
        (batch, height, width, channels) → (batch, rows, columns, patch_height · patch_width · channels).

    >>> extract_patches(torch.arange(4.0).view(2, 2, 1), 2).flatten().tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    rank = 3 if not isinstance(size, int) and len(size) == 3 else 2
    return _patches(images, size, strides, dilation_rate, padding, data_format, rank)


@op
def extract_patches_3d(
    volumes: TensorLike,
    size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    dilation_rate: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Cut patches from volumes; the arguments are those of `extract_patches`, with three axes of space.

    >>> extract_patches_3d(torch.ones(1, 4, 4, 4, 1), 2).shape
    torch.Size([1, 2, 2, 2, 8])
    """
    return _patches(volumes, size, strides, dilation_rate, padding, data_format, 3)


def _patches(images: TensorLike, size: Any, strides: Any, dilation: Any, padding: str, data_format: Any, rank: int) -> Tensor:
    x = as_tensor(images)
    if x.ndim not in (rank + 1, rank + 2):
        raise ValueError(f"The images must be of rank {rank + 1}, or {rank + 2} in a batch; received shape {tuple(x.shape)}.")
    last, batched = standardize_data_format(data_format) == "channels_last", x.ndim == rank + 2
    sizes = per_axis(size, rank, "size")
    steps = sizes if strides is None else per_axis(strides, rank, "strides")
    gaps = per_axis(dilation, rank, "dilation_rate")
    x = x if batched else x.unsqueeze(0)
    x = x.movedim(-1, 1) if last else x
    if check_padding(padding) == "same":
        x, sides = pad_same(x, sizes, steps, gaps)
        x = F.pad(x, [side for n in reversed(sides) for side in (n, n)])
    for axis, (n, step, gap) in enumerate(zip(sizes, steps, gaps), 2):
        x = x.unfold(axis, (n - 1) * gap + 1, step)[..., ::gap]
    # (batch, channels, *places, *patch): the patch and then the channels go where the channels were.
    places, patch = range(2, 2 + rank), range(2 + rank, 2 + 2 * rank)
    order = (0, *places, *patch, 1) if last else (0, *patch, 1, *places)
    x = x.permute(order).flatten(-1 - rank) if last else x.permute(order).flatten(1, 1 + rank)
    return x if batched else x.squeeze(0)
