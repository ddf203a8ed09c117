"""Images: resizing, cropping, turning, colours and boxes; shape (height, width, channels), or (batch, …) of that."""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

import torch
from torch.nn import functional as F

from kerasish import ops
from kerasish.core import convert_to_tensor as _to_tensor
from kerasish.ops import image as _image
from kerasish.tf._calls import as_input, crossing, named
from kerasish.tf._dtypes import real_dtype

_METHODS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")


class ResizeMethod(str, Enum):
    """How `resize` finds the pixels between pixels."""

    BILINEAR = "bilinear"
    NEAREST_NEIGHBOR = "nearest"
    BICUBIC = "bicubic"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"


# Sizes.


def resize(images: Any, size: Any, method: Any = "bilinear", preserve_aspect_ratio: bool = False, antialias: bool = False) -> Any:
    """Give images another size, float32, or their own dtype with method "nearest".

    Args:
        images: the images.
        size: height and width.
        method: "bilinear", "nearest", "bicubic", "lanczos3", "lanczos5".
        preserve_aspect_ratio: keep the form, and stay within the size.
        antialias: smooth what becomes smaller.
    """
    x = as_input(images)
    method = getattr(method, "value", method)
    if method not in _METHODS:
        raise ValueError(f"`method` must be one of {', '.join(_METHODS)}; received {method!r}.")
    height, width = (int(part) for part in size)
    if preserve_aspect_ratio:
        scale = min(height / x.shape[-3], width / x.shape[-2])
        height, width = round(x.shape[-3] * scale), round(x.shape[-2] * scale)
    x = x if method == "nearest" else ops.cast(x, "float32")
    if method not in ("nearest", "bilinear"):
        rows, columns = x.ndim - 3, x.ndim - 2
        sizes = [height if axis == rows else width if axis == columns else size for axis, size in enumerate(x.shape)]
        scale, kernel = [height / x.shape[rows], width / x.shape[columns]], "cubic" if method == "bicubic" else method
        return _image.scale_and_translate(x, sizes, scale, [0.0, 0.0], (rows, columns), kernel, antialias)
    return _image.resize(x, (height, width), method, antialias, data_format="channels_last")


def _placed(images: Any, top: int, left: int, height: int, width: int) -> Any:
    """Cut out a window, which may reach beyond the images, where there are zeros."""
    x = as_input(images)
    rows, columns = x.shape[-3], x.shape[-2]
    return F.pad(x, (0, 0, -left, left + width - columns, -top, top + height - rows))


def crop_to_bounding_box(image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int) -> Any:
    """Cut out a window.

    Raises:
        ValueError: it reaches beyond the image.
    """
    x = as_input(image)
    top, left, height, width = (int(part) for part in (offset_height, offset_width, target_height, target_width))
    if min(top, left) < 0 or top + height > x.shape[-3] or left + width > x.shape[-2]:
        raise ValueError(f"The window {(top, left, height, width)} reaches beyond an image of {tuple(x.shape[-3:-1])}.")
    return _placed(x, top, left, height, width)


def pad_to_bounding_box(image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int) -> Any:
    """Put zeros around images, so that they lie at a place in a larger one.

    Raises:
        ValueError: they do not fit in.
    """
    x = as_input(image)
    top, left, height, width = (int(part) for part in (offset_height, offset_width, target_height, target_width))
    if min(top, left) < 0 or top + x.shape[-3] > height or left + x.shape[-2] > width:
        raise ValueError(f"An image of {tuple(x.shape[-3:-1])} does not fit at {(top, left)} into {(height, width)}.")
    return _placed(x, -top, -left, height, width)


def resize_with_crop_or_pad(image: Any, target_height: int, target_width: int) -> Any:
    """Cut off, or put zeros around, as much on both sides."""
    x = as_input(image)
    height, width = int(target_height), int(target_width)
    top, left = (
        (there - wanted) // 2 if there > wanted else -((wanted - there) // 2)
        for wanted, there in ((height, x.shape[-3]), (width, x.shape[-2]))
    )
    return _placed(x, top, left, height, width)


def resize_with_pad(image: Any, target_height: int, target_width: int, method: Any = "bilinear", antialias: bool = False) -> Any:
    """Resize without changing the form, and put zeros around."""
    x = as_input(image)
    height, width = int(target_height), int(target_width)
    shrink = max(x.shape[-2] / width, x.shape[-3] / height)
    inner = (x.shape[-3] / shrink, x.shape[-2] / shrink)
    made = resize(x, [int(size) for size in inner], method, antialias=antialias)
    return _placed(made, -int((height - inner[0]) / 2), -int((width - inner[1]) / 2), height, width)


def central_crop(image: Any, central_fraction: float) -> Any:
    """Keep the middle of images: this share of each side."""
    x = as_input(image)
    if not 0 < central_fraction <= 1:
        raise ValueError(f"`central_fraction` must be above 0 and at most 1; received {central_fraction}.")
    top, left = (int((size - size * central_fraction) / 2) for size in (x.shape[-3], x.shape[-2]))
    return _placed(x, top, left, x.shape[-3] - 2 * top, x.shape[-2] - 2 * left)


# Turning.


def flip_left_right(image: Any) -> Any:
    """Mirror images."""
    return ops.flip(image, axis=-2)


def flip_up_down(image: Any) -> Any:
    """Turn images upside down."""
    return ops.flip(image, axis=-3)


def rot90(image: Any, k: int = 1) -> Any:
    """Turn images by so many right angles, against the clock."""
    return torch.rot90(as_input(image), int(k), (-3, -2))


def transpose(image: Any) -> Any:
    """Exchange rows and columns."""
    return ops.swapaxes(image, -3, -2)


# Colours.


def convert_image_dtype(image: Any, dtype: Any, saturate: bool = False) -> Any:
    """Convert between dtypes: floats mean 0 to 1, integers 0 to their greatest; `saturate` cuts off what is beyond."""
    x, kind = _to_tensor(image), real_dtype(dtype)
    if x.dtype is kind:
        return x
    if x.is_floating_point() and kind.is_floating_point:
        return x.to(kind)
    if x.is_floating_point():
        scaled = x * (torch.iinfo(kind).max + 0.5)
        return ops.saturate_cast(scaled, kind) if saturate else scaled.to(kind)
    if kind.is_floating_point:
        return x.to(kind) / torch.iinfo(x.dtype).max
    scale = (torch.iinfo(kind).max + 1) // (torch.iinfo(x.dtype).max + 1)
    if scale:
        return x.to(kind) * scale
    return (x // ((torch.iinfo(x.dtype).max + 1) // (torch.iinfo(kind).max + 1))).to(kind)


def _in_floats(change: Callable, image: Any) -> Any:
    """Change images as floats from 0 to 1, and give them back in their dtype."""
    x = _to_tensor(image)
    made = change(x if x.is_floating_point() else convert_image_dtype(x, "float32"))
    return made if x.is_floating_point() else convert_image_dtype(made, x.dtype, saturate=True)


def adjust_brightness(image: Any, delta: Any) -> Any:
    """Add to all colours; 1 is the whole range."""
    return _in_floats(lambda x: x + delta, image)


def adjust_contrast(images: Any, contrast_factor: Any) -> Any:
    """Draw colours away from the mean of their channel, or to it."""

    def change(x: Any) -> Any:
        mean = x.mean((-3, -2), keepdim=True)
        return (x - mean) * contrast_factor + mean

    return _in_floats(change, images)


def adjust_gamma(image: Any, gamma: float = 1, gain: float = 1) -> Any:
    """Raise colours to a power."""
    return _in_floats(lambda x: gain * x**gamma, image)


def adjust_hue(image: Any, delta: Any) -> Any:
    """Turn the hue; 1 is the whole circle."""
    return _in_floats(lambda x: _in_hsv(x, lambda h, s, v: ((h + delta) % 1.0, s, v)), image)


def adjust_saturation(image: Any, saturation_factor: Any) -> Any:
    """Multiply the saturation."""
    return _in_floats(lambda x: _in_hsv(x, lambda h, s, v: (h, (s * saturation_factor).clamp(0, 1), v)), image)


def _in_hsv(x: Any, change: Callable) -> Any:
    hsv = _image.rgb_to_hsv(x, data_format="channels_last")
    return _image.hsv_to_rgb(torch.stack(change(*hsv.unbind(-1)), -1), data_format="channels_last")


def grayscale_to_rgb(images: Any) -> Any:
    """Give grey images three channels."""
    return ops.repeat(images, 3, axis=-1)


def rgb_to_grayscale(images: Any) -> Any:
    """Give the brightness of colours, one channel."""

    def change(x: Any) -> Any:
        return (x * x.new_tensor([0.2989, 0.5870, 0.1140])).sum(-1, keepdim=True)

    return _in_floats(change, images)


def per_image_standardization(image: Any) -> Any:
    """Give each image the mean 0 and the variance 1."""
    x = ops.cast(image, "float32")
    axes = (-3, -2, -1)
    count = x.shape[-3] * x.shape[-2] * x.shape[-1]
    deviation = x.std(axes, correction=0, keepdim=True).clamp(min=count**-0.5)
    return (x - x.mean(axes, keepdim=True)) / deviation


# What images are measured by.


def psnr(a: Any, b: Any, max_val: float) -> Any:
    """Give the ratio of the greatest value to the noise, in decibels, for each image."""
    a, b = ops.cast(a, "float32"), ops.cast(b, "float32")
    return 10 * torch.log10(max_val**2 / (a - b).square().mean((-3, -2, -1)))


def ssim(
    img1: Any, img2: Any, max_val: float, filter_size: int = 11, filter_sigma: float = 1.5, k1: float = 0.01, k2: float = 0.03
) -> Any:
    """Give how alike images are in structure, 1 at most, for each image."""
    a, b = ops.cast(img1, "float32"), ops.cast(img2, "float32")
    return _image.ssim(a, b, max_val, filter_size, filter_sigma, k1, k2, data_format="channels_last")


def sobel_edges(image: Any) -> Any:
    """Give how steep images are downwards and to the right, shape (batch, height, width, channels, 2)."""
    x = as_input(image)
    channels = x.shape[-1]
    down = x.new_tensor([[-1.0, -2.0, -1.0], [0.0, 0.0, 0.0], [1.0, 2.0, 1.0]])
    kernel = torch.stack([down, down.T]).unsqueeze(1).repeat(channels, 1, 1, 1)
    padded = F.pad(x.movedim(-1, 1), (1, 1, 1, 1), mode="reflect")
    return F.conv2d(padded, kernel, groups=channels).unflatten(1, (channels, 2)).movedim((1, 2), (-2, -1))


def image_gradients(image: Any) -> tuple[Any, Any]:
    """Give the differences to the pixel below, and to the right; 0 in the last row and column."""
    x = as_input(image)
    down, right = x[:, 1:] - x[:, :-1], x[:, :, 1:] - x[:, :, :-1]
    return F.pad(down, (0, 0, 0, 0, 0, 1)), F.pad(right, (0, 0, 0, 1))


def total_variation(images: Any) -> Any:
    """Add up the differences of all neighbours, for each image."""
    x = as_input(images)
    down, right = x[..., 1:, :, :] - x[..., :-1, :, :], x[..., :, 1:, :] - x[..., :, :-1, :]
    return down.abs().sum((-3, -2, -1)) + right.abs().sum((-3, -2, -1))


def extract_patches(images: Any, sizes: Sequence[int], strides: Sequence[int], rates: Sequence[int], padding: str) -> Any:
    """Cut images into patches, each in the channels of one place; `sizes`, `strides`, `rates` are (1, rows, columns, 1)."""
    return _image.extract_patches(images, tuple(sizes[1:3]), tuple(strides[1:3]), rates[1], padding.lower(), "channels_last")


def non_max_suppression(
    boxes: Any, scores: Any, max_output_size: Any, iou_threshold: float = 0.5, score_threshold: float = float("-inf")
) -> Any:
    """Give the numbers of the best boxes, int32, without those that overlap a better one too much.

    Args:
        boxes: corners (y1, x1, y2, x2), shape (boxes, 4).
        scores: how good each is.
        max_output_size: so many at most.
        iou_threshold: the share that may overlap.
        score_threshold: boxes with less are left out.
    """
    boxes, scores = _to_tensor(boxes).detach().cpu(), _to_tensor(scores).detach().cpu()
    low, high = torch.minimum(boxes[:, :2], boxes[:, 2:]), torch.maximum(boxes[:, :2], boxes[:, 2:])
    areas = (high - low).prod(1)
    order = torch.argsort(scores, descending=True, stable=True)
    order = order[scores[order] > score_threshold]
    kept: list[int] = []
    while order.numel() and len(kept) < int(max_output_size):
        best, rest = order[0], order[1:]
        kept.append(int(best))
        overlap = (torch.minimum(high[best], high[rest]) - torch.maximum(low[best], low[rest])).clamp(min=0).prod(1)
        order = rest[overlap / (areas[best] + areas[rest] - overlap) <= iou_threshold]
    return torch.tensor(kept, dtype=torch.int32)


IMAGE: dict[str, Callable] = named(_image, "rgb_to_hsv hsv_to_rgb")
IMAGE |= crossing(resize, crop_to_bounding_box, pad_to_bounding_box, resize_with_crop_or_pad, resize_with_pad, central_crop)
IMAGE |= crossing(flip_left_right, flip_up_down, rot90, transpose, convert_image_dtype, adjust_brightness, adjust_contrast)
IMAGE |= crossing(adjust_gamma, adjust_hue, adjust_saturation, grayscale_to_rgb, rgb_to_grayscale, per_image_standardization)
IMAGE |= crossing(sobel_edges)
IMAGE |= crossing(psnr, ssim, image_gradients, total_variation, extract_patches, non_max_suppression)
