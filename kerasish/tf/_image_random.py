"""Images at random: cropped, flipped and coloured; and the same by a seed of two numbers."""

from collections.abc import Callable
from typing import Any

import torch

from kerasish import random
from kerasish.core import convert_to_tensor as _to_tensor
from kerasish.tf._calls import crossing
from kerasish.tf._image import adjust_brightness, adjust_contrast, adjust_hue, adjust_saturation
from kerasish.tf._random import one_seed


def random_crop(value: Any, size: Any, seed: int | None = None) -> Any:
    """Cut out a piece of this size, of a tensor of any rank, at random."""
    x = _to_tensor(value)
    sizes = [int(part) for part in size]
    if len(sizes) != x.ndim or any(wanted > there for wanted, there in zip(sizes, x.shape)):
        raise ValueError(f"`size` must fit into the tensor's {tuple(x.shape)}; received {tuple(sizes)}.")
    draws = random.uniform((x.ndim,), seed=seed).tolist()
    for axis, (wanted, draw) in enumerate(zip(sizes, draws)):
        x = x.narrow(axis, int(draw * (x.shape[axis] - wanted + 1)), wanted)
    return x


def _draw(low: float, high: float, seed: int | None) -> float:
    return float(random.uniform((), low, high, seed=seed))


def _flipped(image: Any, axis: int, seed: int | None) -> Any:
    """Flip each image, or not."""
    x = _to_tensor(image)
    draws = random.uniform((x.shape[0], 1, 1, 1) if x.ndim == 4 else (), seed=seed).to(x.device)
    return torch.where(draws < 0.5, x.flip(axis), x)


def random_flip_left_right(image: Any, seed: int | None = None) -> Any:
    """Mirror each image, or not."""
    return _flipped(image, -2, seed)


def random_flip_up_down(image: Any, seed: int | None = None) -> Any:
    """Turn each image upside down, or not."""
    return _flipped(image, -3, seed)


def random_brightness(image: Any, max_delta: float, seed: int | None = None) -> Any:
    """Add to all colours, at most `max_delta` up or down."""
    return adjust_brightness(image, _draw(-max_delta, max_delta, seed))


def random_contrast(image: Any, lower: float, upper: float, seed: int | None = None) -> Any:
    """Change the contrast by a factor between two."""
    return adjust_contrast(image, _draw(lower, upper, seed))


def random_hue(image: Any, max_delta: float, seed: int | None = None) -> Any:
    """Turn the hue, at most `max_delta` to either side."""
    return adjust_hue(image, _draw(-max_delta, max_delta, seed))


def random_saturation(image: Any, lower: float, upper: float, seed: int | None = None) -> Any:
    """Change the saturation by a factor between two."""
    return adjust_saturation(image, _draw(lower, upper, seed))


def _stateless(draw: Callable) -> Callable:
    def drawn(image: Any, *args: Any, seed: Any, **kwargs: Any) -> Any:
        return draw(image, *args, seed=one_seed(seed), **kwargs)

    drawn.__name__ = f"stateless_{draw.__name__}"
    drawn.__doc__ = f"As `tf.image.{draw.__name__}`; the two numbers of `seed`, which is named, settle what is drawn."
    return drawn


_AT_RANDOM = (
    random_crop, random_flip_left_right, random_flip_up_down, random_brightness, random_contrast, random_hue, random_saturation,
)  # fmt: skip

IMAGE_RANDOM: dict[str, Callable] = crossing(*_AT_RANDOM, *map(_stateless, _AT_RANDOM))
