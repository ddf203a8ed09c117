"""Images: `tf.image`'s sizes, colours and places."""

import math
from typing import Any

import torch
from torch import Tensor as Plain

from kerasish.core import KerasTensor, default_device
from kerasish.tfjs._operations._edge import operation


def rounded(places: Plain) -> Plain:
    """Round as JavaScript does: halves upwards."""
    return torch.floor(places + 0.5)


def _resized(images: Plain, size: Any, align_corners: bool, half_pixel_centers: bool, mode: str) -> Plain:
    if align_corners and half_pixel_centers:
        raise ValueError("`align_corners` and `half_pixel_centers` exclude each other.")
    if images.ndim not in (3, 4):
        raise ValueError(f"`images` must have 4 axes, or 3 without a batch; received shape {list(images.shape)}.")
    height, width = size
    made = images if images.ndim == 4 else images.unsqueeze(0)
    # The nearest value of half pixels is that in whose pixel the centre lies.
    shift = 0.0 if mode == "nearest" else 0.5
    if None in made.shape[1:3]:
        raise ValueError(f"`images` must have a known height and width; received a symbol of shape {list(images.shape)}.")
    device = default_device() if isinstance(made, KerasTensor) else made.device  # a model takes constants along
    rows = _places(made.shape[1], height, align_corners, half_pixel_centers, shift, device)
    columns = _places(made.shape[2], width, align_corners, half_pixel_centers, shift, device)
    if mode == "nearest":
        taken = [
            (rounded(places) if align_corners else torch.floor(places)).long().clamp(0, last - 1)
            for places, last in zip((rows, columns), made.shape[1:3])
        ]
        made = made.index_select(1, taken[0]).index_select(2, taken[1])
    else:
        made = _blended(_blended(made.float(), rows, 1), columns, 2)
    return made if images.ndim == 4 else made.squeeze(0)


def _places(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool, shift: float, device: Any) -> Plain:
    """Where in the old axis the values of the new one lie."""
    counted = torch.arange(wanted, device=device, dtype=torch.float32)
    if align_corners and wanted > 1:
        return counted * ((size - 1) / (wanted - 1))
    return (counted + 0.5) * (size / wanted) - shift if half_pixel_centers else counted * (size / wanted)


def _blended(x: Plain, places: Plain, axis: int) -> Plain:
    places = places.clamp(0, x.shape[axis] - 1)
    low = places.floor().long()
    high = (low + 1).clamp(max=x.shape[axis] - 1)
    part = (places - low).reshape([-1 if place == axis else 1 for place in range(x.ndim)])
    return x.index_select(axis, low) * (1 - part) + x.index_select(axis, high) * part


@operation("image.resizeBilinear", method="resizeBilinear")
def _resize_bilinear(images: Plain, size: Any, align_corners: bool = False, half_pixel_centers: bool = False) -> Plain:
    return _resized(images, size, align_corners, half_pixel_centers, "bilinear")


@operation("image.resizeNearestNeighbor", method="resizeNearestNeighbor")
def _resize_nearest(images: Plain, size: Any, align_corners: bool = False, half_pixel_centers: bool = False) -> Plain:
    return _resized(images, size, align_corners, half_pixel_centers, "nearest")


def _of_four(image: Plain, name: str) -> None:
    if image.ndim != 4:
        raise ValueError(f"{name} takes images of shape (batch, height, width, channels); received {list(image.shape)}.")


@operation("image.flipLeftRight")
def _flip_left_right(image: Plain) -> Plain:
    _of_four(image, "flipLeftRight")
    return torch.flip(image, (2,))


@operation("image.grayscaleToRGB")
def _grayscale_to_rgb(image: Plain) -> Plain:
    if image.ndim < 2 or image.shape[-1] != 1:
        raise ValueError(f"A grey image has a last axis of size 1; received shape {list(image.shape)}.")
    return image.expand(*image.shape[:-1], 3)


@operation("image.rgbToGrayscale")
def grey(image: Plain) -> Plain:
    """Weigh the three colours by how bright they are to the eye: (…, 3) → (…, 1)."""
    if image.ndim < 2 or image.shape[-1] != 3:
        raise ValueError(f"An RGB image has a last axis of size 3; received shape {list(image.shape)}.")
    weights = torch.tensor([0.2989, 0.587, 0.114], device=image.device)
    return (image.float() * weights).sum(-1, keepdim=True).to(image.dtype)


# Black and white.


def _otsu(histogram: Plain) -> Plain:
    """The level that parts two classes of grey so that they differ most; -1 where one level holds all."""
    counts = histogram.double()
    levels = torch.arange(len(counts), device=counts.device)
    below, mass = torch.cumsum(counts, 0)[:-1], torch.cumsum(counts * levels, 0)
    above = counts.sum() - below
    between = below * above * torch.square(mass[:-1] / below - (mass[-1] - mass[:-1]) / above)
    between = torch.nan_to_num(between, 0.0)
    return torch.where(between.max() > 0, torch.argmax(between), -1)


@operation("image.threshold")
def _threshold(image: Plain, method: str = "binary", inverted: bool = False, thresh_value: float = 0.5) -> Plain:
    if image.ndim != 3 or image.shape[-1] not in (1, 3):
        raise ValueError(f"`image` must have shape (height, width, 1 or 3); received {list(image.shape)}.")
    if method not in ("binary", "otsu"):
        raise ValueError(f"`method` must be 'binary' or 'otsu'; received {method!r}.")
    light = image.float() if image.shape[-1] == 1 else grey(image.float())
    limit: Any = thresh_value * 255
    if method == "otsu":
        levels = torch.round(light).long().reshape(-1)
        limit = _otsu(torch.bincount(levels[(levels >= 0) & (levels < 256)], minlength=256))
    chosen = light <= limit if inverted else light > limit
    return chosen.to(torch.int32) * 255


# Other places.


def _taken(images: Plain, rows: Plain, columns: Plain, fill: Plain) -> Plain:
    """Give the pixels at whole places, (batch, h, w), and `fill` outside of the images."""
    height, width = images.shape[1:3]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    batch = torch.arange(images.shape[0], device=images.device).reshape(-1, 1, 1)
    pixels = images[batch, rows.clamp(0, height - 1).long(), columns.clamp(0, width - 1).long()]
    return torch.where(inside.unsqueeze(-1), pixels, fill)


def _sampled(images: Plain, rows: Plain, columns: Plain, mode: str, fill: Plain) -> Plain:
    if mode == "nearest":
        return _taken(images, rounded(rows), rounded(columns), fill)
    top, left = torch.floor(rows), torch.floor(columns)
    down, right = (rows - top).unsqueeze(-1), (columns - left).unsqueeze(-1)
    upper = _taken(images, top, left, fill) * (1 - right) + _taken(images, top, left + 1, fill) * right
    lower = _taken(images, top + 1, left, fill) * (1 - right) + _taken(images, top + 1, left + 1, fill) * right
    return upper * (1 - down) + lower * down


def _folded(places: Plain, size: int, mode: str) -> Plain:
    """Bring places outside of an axis back into it."""
    if mode == "constant":
        return places
    if size <= 1 and mode != "nearest":
        return torch.zeros_like(places)
    if mode == "reflect":
        # [abcd] goes on as [dcba|abcd|dcba]; negative places count from the other side of the border.
        around = torch.where(places < 0, -places - 1, places) % (2 * size)
        places = torch.where(
            (places < 0) | (places > size - 1), torch.where(around >= size, 2 * size - 1 - around, around), places
        )
    elif mode == "wrap":
        turns = torch.where(places < 0, torch.trunc(-places / (size - 1)) + 1, -torch.trunc(places / (size - 1)))
        places = torch.where((places < 0) | (places > size - 1), places + size * turns, places)
    return places.clamp(0, size - 1)


@operation("image.transform", 2)
def _transform(
    image: Plain, transforms: Plain, interpolation: str = "nearest", fill_mode: str = "constant", fill_value: float = 0,
    output_shape: Any = None,
) -> Plain:  # fmt: skip
    _of_four(image, "transform")
    if interpolation not in ("nearest", "bilinear") or fill_mode not in ("constant", "reflect", "wrap", "nearest"):
        raise ValueError(
            f"`interpolation` must be 'nearest' or 'bilinear' and `fill_mode` 'constant', 'reflect', 'wrap' or 'nearest'; "
            f"received {interpolation!r} and {fill_mode!r}."
        )
    count, height, width, _ = image.shape
    if transforms.ndim != 2 or transforms.shape[1] != 8 or transforms.shape[0] not in (1, count):
        raise ValueError(f"`transforms` must have shape (1 or {count}, 8); received {list(transforms.shape)}.")
    rows, columns = (height, width) if output_shape is None else output_shape
    y = torch.arange(rows, device=image.device, dtype=torch.float32).reshape(1, -1, 1)
    x = torch.arange(columns, device=image.device, dtype=torch.float32).reshape(1, 1, -1)
    a0, a1, a2, b0, b1, b2, c0, c1 = (part.reshape(-1, 1, 1) for part in transforms.unbind(1))
    scale = c0 * x + c1 * y + 1
    old_x = _folded((a0 * x + a1 * y + a2) / scale, width, fill_mode)
    old_y = _folded((b0 * x + b1 * y + b2) / scale, height, fill_mode)
    fill = torch.tensor(fill_value, dtype=torch.float32, device=image.device)
    nowhere = scale == 0
    old_x, old_y = (torch.where(nowhere, -2.0, place).expand(count, rows, columns) for place in (old_x, old_y))
    return _sampled(image.float(), old_y, old_x, interpolation, fill).to(image.dtype)


@operation("image.rotateWithOffset")
def _rotate(image: Plain, radians: float, fill_value: Any = 0, center: Any = 0.5) -> Plain:
    _of_four(image, "rotateWithOffset")
    count, height, width, channels = image.shape
    across, down = (center, center) if isinstance(center, (int, float)) else center
    x = torch.arange(width, device=image.device, dtype=torch.float32).reshape(1, 1, -1) - across * width
    y = torch.arange(height, device=image.device, dtype=torch.float32).reshape(1, -1, 1) - down * height
    old_x = x * math.cos(radians) - y * math.sin(radians) + across * width
    old_y = x * math.sin(radians) + y * math.cos(radians) + down * height
    # A fourth channel is how opaque a pixel is: what is filled in is wholly so.
    fills = [fill_value] * channels if isinstance(fill_value, (int, float)) else [*fill_value, 255][:channels]
    fill = torch.tensor(fills, dtype=torch.float32, device=image.device)
    rows, columns = (place.expand(count, height, width) for place in (old_y, old_x))
    return _sampled(image.float(), rows, columns, "nearest", fill).to(image.dtype)


@operation("image.cropAndResize", 3)
def _crop_and_resize(
    image: Plain, boxes: Plain, box_ind: Plain, crop_size: Any, method: str = "bilinear", extrapolation_value: float = 0
) -> Plain:
    _of_four(image, "cropAndResize")
    if method not in ("bilinear", "nearest"):
        raise ValueError(f"`method` must be 'bilinear' or 'nearest'; received {method!r}.")
    if boxes.ndim != 2 or boxes.shape[1] != 4 or list(box_ind.shape) != [boxes.shape[0]]:
        raise ValueError(
            f"`boxes` must have shape (boxes, 4) and `box_ind` (boxes,); received {list(boxes.shape)} and {list(box_ind.shape)}."
        )
    sizes, wanted = image.shape[1:3], [int(size) for size in crop_size]
    rows = _cut(boxes[:, 0].double(), boxes[:, 2].double(), sizes[0], wanted[0]).unsqueeze(2).expand(-1, *wanted)
    columns = _cut(boxes[:, 1].double(), boxes[:, 3].double(), sizes[1], wanted[1]).unsqueeze(1).expand(-1, *wanted)
    outside = (rows < 0) | (rows > sizes[0] - 1) | (columns < 0) | (columns > sizes[1] - 1)
    fill = torch.tensor(float(extrapolation_value), device=image.device)
    # A sample on the last row takes none of the row below it, whatever would fill that.
    made = _sampled(image.float()[box_ind.long()], rows, columns, method, torch.zeros_like(fill))
    return torch.where(outside.unsqueeze(-1), fill, made)


def _cut(first: Plain, last: Plain, size: int, wanted: int) -> Plain:
    """The places of a box's samples along one axis: (boxes,) → (boxes, wanted)."""
    if wanted == 1:
        return (0.5 * (first + last) * (size - 1)).unsqueeze(1)
    counted = torch.arange(wanted, device=first.device, dtype=first.dtype)
    return first.unsqueeze(1) * (size - 1) + counted * ((last - first) * (size - 1) / (wanted - 1)).unsqueeze(1)
