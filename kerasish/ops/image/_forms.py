"""Forms of images: one or a batch, channels first or last, seen as torch's kernels want them, and given back as they came."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from kerasish._base._settings import standardize_data_format
from kerasish.ops._inputs import TensorLike, as_tensor


class Form(NamedTuple):
    """How images came: with channels last or first, in a batch or alone."""

    channels_last: bool
    batched: bool

    @property
    def channel_axis(self) -> int:
        """The axis of channels, counted from the end."""
        return -1 if self.channels_last else -3

    @property
    def space(self) -> tuple[int, int]:
        """The axes of height and width, counted from the end."""
        return (-3, -2) if self.channels_last else (-2, -1)

    def enter(self, images: Tensor) -> Tensor:
        """View images as (batch, channels, height, width)."""
        images = images if self.batched else images.unsqueeze(0)
        return images.permute(0, 3, 1, 2) if self.channels_last else images

    def leave(self, images: Tensor) -> Tensor:
        """View (batch, channels, height, width) in the form that the images came in."""
        images = images.permute(0, 2, 3, 1) if self.channels_last else images
        return images if self.batched else images.squeeze(0)


def form_of(images: TensorLike, data_format: str | None) -> tuple[Tensor, Form]:
    """Give images as a tensor, and their form.

    Raises:
        ValueError: they are not of rank 3 or 4.
    """
    x = as_tensor(images)
    if x.ndim not in (3, 4):
        raise ValueError(f"`images` must be one image, of rank 3, or a batch of rank 4; received shape {tuple(x.shape)}.")
    return x, Form(standardize_data_format(data_format) == "channels_last", x.ndim == 4)


def check_choice(argument: str, value: Any, choices: Any) -> None:
    """Check that an argument is one of the names that there are.

    Raises:
        ValueError: it is not.
    """
    if value not in choices:
        raise ValueError(f"`{argument}` must be one of {', '.join(map(repr, choices))}; received {value!r}.")


def computing(x: Tensor) -> Tensor:
    """Give numbers that torch's image kernels take and that lose nothing on the way: float32, or float64 as it is."""
    return x if x.dtype in (torch.float32, torch.float64) else x.float()


def as_before(x: Tensor, dtype: torch.dtype) -> Tensor:
    """Give computed numbers in the dtype that the images had: integers rounded, and held within its bounds."""
    if x.dtype is dtype:
        return x
    if not dtype.is_floating_point:
        bounds = torch.iinfo(dtype)
        x = x.round().clamp(bounds.min, bounds.max)
    return x.to(dtype)
