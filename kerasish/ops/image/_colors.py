"""Colours: grey, and hue, saturation and value."""

import torch
from torch import Tensor

from kerasish.core import op as operation
from kerasish.ops._inputs import TensorLike
from kerasish.ops.image._forms import Form, form_of

op = operation("keras.src.ops.image")


@op
def rgb_to_grayscale(images: TensorLike, data_format: str | None = None) -> Tensor:
    """Give the brightness of colours, `0.2989 R + 0.587 G + 0.114 B`, in one channel; grey images stay as they are.

    Raises:
        ValueError: the images have neither 3 channels nor 1.

    >>> rgb_to_grayscale([[[1.0, 1.0, 0.0]]]).item()
    0.8859...
    """
    x, form = form_of(images, data_format)
    channels = x.shape[form.channel_axis]
    if channels not in (1, 3):
        raise ValueError(f"`images` must have 3 channels, or 1 that is grey; received {channels}, in shape {tuple(x.shape)}.")
    if channels == 1:
        return x.clone()
    red, green, blue = x.unbind(form.channel_axis)
    return (0.2989 * red + 0.587 * green + 0.114 * blue).to(x.dtype).unsqueeze(form.channel_axis)


@op
def rgb_to_hsv(images: TensorLike, data_format: str | None = None) -> Tensor:
    """Turn red, green and blue, of 0 to 1, into hue, saturation and value, of 0 to 1.

    Raises:
        ValueError: the images are not of a floating dtype, or have other than 3 channels.

    >>> rgb_to_hsv([[[0.0, 0.5, 0.0]]]).flatten().tolist()
    [0.333..., 1.0, 0.5]
    """
    x, form = _three_floats(images, data_format)
    x = torch.where(x.abs() < torch.finfo(x.dtype).eps, 0.0, x)
    red, green, blue = x.unbind(form.channel_axis)
    value = x.amax(form.channel_axis)
    spread = value - x.amin(form.channel_axis)
    grey, black = spread <= 0, value <= 0
    saturation = torch.where(black, 0.0, spread / torch.where(black, 1.0, value))
    # In sixths of the circle: each colour's own direction, and how far the other two pull from there.
    unit = torch.where(grey, 1.0, spread)
    hue = torch.where(value == green, 2 + (blue - red) / unit, 4 + (red - green) / unit)
    hue = torch.where(value == red, (green - blue) / unit, hue) / 6
    hue = torch.where(grey, 0.0, torch.where(hue < 0, hue + 1, hue))
    return torch.stack([hue, saturation, value], form.channel_axis)


@op
def hsv_to_rgb(images: TensorLike, data_format: str | None = None) -> Tensor:
    """Turn hue, saturation and value into red, green and blue: the inverse of `rgb_to_hsv`.

    Raises:
        ValueError: the images are not of a floating dtype, or have other than 3 channels.

    >>> hsv_to_rgb([[[0.5, 1.0, 1.0]]]).flatten().tolist()
    [0.0, 1.0, 1.0]
    """
    x, form = _three_floats(images, data_format)
    hue, saturation, value = x.unbind(form.channel_axis)
    sixths = hue.remainder(1.0) * 6
    red = (sixths - 3).abs() - 1
    green, blue = 2 - (sixths - 2).abs(), 2 - (sixths - 4).abs()
    pure = torch.stack([red, green, blue], form.channel_axis).clamp(0, 1)
    saturation, value = (part.unsqueeze(form.channel_axis) for part in (saturation, value))
    return value * (1 - saturation + saturation * pure)


def _three_floats(images: TensorLike, data_format: str | None) -> tuple[Tensor, Form]:
    x, form = form_of(images, data_format)
    if not x.is_floating_point():
        raise ValueError(f"`images` must be of a floating dtype, with values of 0 to 1; received {x.dtype}.")
    if x.shape[form.channel_axis] != 3:
        raise ValueError(f"`images` must have 3 channels; received shape {tuple(x.shape)}.")
    return x, form
