"""What random initializers draw with: their seeds, and tensors of random numbers on the default device."""

import math
from collections.abc import Mapping
from typing import Annotated, Any

import torch
from torch import Tensor

from kerasish._base._serialization import deserialize
from kerasish.core import default_device, torch_dtype


def as_seed(seed: Any) -> Any:
    """Check a seed, and make it of its config."""
    if isinstance(seed, Mapping):
        return deserialize(seed)
    if seed is None or isinstance(seed, int) and not isinstance(seed, bool):
        return seed
    raise ValueError(f"`seed` must be an integer, a `kerasish.random.SeedGenerator` or None; received {seed!r}.")


SeedLike = Annotated[Any, as_seed]


def _generator(seed: Any, device: torch.device) -> torch.Generator | None:
    """The source of the numbers: torch's global one for None, else one that begins at the seed."""
    return None if seed is None else torch.Generator(device).manual_seed(seed)


def _empty(shape: Any, dtype: Any) -> Tensor:
    dtype = torch_dtype(dtype)
    if not dtype.is_floating_point:
        raise ValueError(f"Random weights must be of a floating `dtype`; received {str(dtype).removeprefix('torch.')!r}.")
    return torch.empty(shape, dtype=dtype, device=default_device())


def normal(shape: Any, mean: float, stddev: float, dtype: Any, seed: Any) -> Tensor:
    """Draw from a normal distribution."""
    values = _empty(shape, dtype)
    return values.normal_(mean, stddev, generator=_generator(seed, values.device))


def uniform(shape: Any, low: float, high: float, dtype: Any, seed: Any) -> Tensor:
    """Draw evenly from `[low, high)`."""
    values = _empty(shape, dtype)
    return values.uniform_(low, high, generator=_generator(seed, values.device))


def truncated_normal(shape: Any, mean: float, stddev: float, dtype: Any, seed: Any) -> Tensor:
    """Draw from a normal distribution, nothing beyond two standard deviations."""
    values = _empty(shape, dtype)
    exact = values if values.dtype in (torch.float32, torch.float64) else values.float()
    share = math.erf(math.sqrt(2.0))  # of the distribution within ±2
    exact.uniform_(-share, share, generator=_generator(seed, values.device))
    exact.erfinv_().mul_(math.sqrt(2.0)).clamp_(-2.0, 2.0).mul_(stddev).add_(mean)
    return exact.to(values.dtype)
