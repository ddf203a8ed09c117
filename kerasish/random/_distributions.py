"""Random tensors: the distributions, and what is drawn with them. All take a seed: none, an integer or a SeedGenerator."""

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish.core import convert_to_tensor, default_device, is_int, torch_dtype
from kerasish.random._seeds import SeedGenerator, generator_for

Seed: TypeAlias = int | SeedGenerator | None
_GREATEST_UNIFORM = math.erf(math.sqrt(2))  # the share of a normal distribution within two standard deviations


def _empty(shape: Sequence[int], dtype: Any) -> Tensor:
    return torch.empty(tuple(shape), dtype=torch_dtype(dtype), device=default_device())


def normal(shape: Sequence[int], mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Seed = None) -> Tensor:
    """Draw from a normal distribution.

    >>> normal((2, 3), seed=1).shape
    torch.Size([2, 3])
    """
    x = _empty(shape, dtype)
    generator = generator_for(seed, x.device)
    if isinstance(mean, (int, float)) and isinstance(stddev, (int, float)):
        return x.normal_(mean, stddev, generator=generator)
    return x.normal_(generator=generator) * stddev + mean


def truncated_normal(shape: Sequence[int], mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Seed = None) -> Tensor:
    """Draw from a normal distribution of which only two standard deviations on either side of the mean are kept."""
    x = _empty(shape, dtype)
    work = x if x.dtype in (torch.float32, torch.float64) else x.float()
    work.uniform_(-_GREATEST_UNIFORM, _GREATEST_UNIFORM, generator=generator_for(seed, x.device))
    # The error function's inverse may step over the ends by a rounding.
    work = work.erfinv_().mul_(math.sqrt(2)).clamp_(-2, 2)
    return (work * stddev + mean).to(x.dtype)


def uniform(shape: Sequence[int], minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Seed = None) -> Tensor:
    """Draw evenly from `minval` to below `maxval`.

    Raises:
        ValueError: `dtype` is not a floating one.
    """
    x = _empty(shape, dtype)
    if not x.is_floating_point():
        raise ValueError(f"`dtype` must be a floating dtype; received {dtype!r}. `randint` draws integers.")
    generator = generator_for(seed, x.device)
    if isinstance(minval, (int, float)) and isinstance(maxval, (int, float)):
        return x.uniform_(minval, maxval, generator=generator)
    return x.uniform_(generator=generator) * (maxval - minval) + minval


def randint(shape: Sequence[int], minval: int, maxval: int, dtype: Any = "int32", seed: Seed = None) -> Tensor:
    """Draw integers evenly from `minval` to below `maxval`.

    Raises:
        ValueError: `dtype` is not an integer one.
    """
    if not is_int(dtype):
        raise ValueError(f"`dtype` must be an integer dtype; received {dtype!r}.")
    x = _empty(shape, dtype)
    return x.random_(int(minval), int(maxval), generator=generator_for(seed, x.device))


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Seed = None) -> Tensor:
    """Draw class numbers, with the probabilities `softmax(logits)`.

    Shapes: (batch, classes) → (batch, num_samples)
    """
    logits = convert_to_tensor(logits)
    if logits.ndim != 2:
        raise ValueError(f"`logits` must be of shape (batch, classes); received {tuple(logits.shape)}.")
    generator = generator_for(seed, logits.device)
    return torch.multinomial(torch.softmax(logits, -1), num_samples, True, generator=generator).to(torch_dtype(dtype))


def dropout(inputs: Any, rate: float, noise_shape: Sequence[int | None] | None = None, seed: Seed = None) -> Tensor:
    """Set a random share of the elements to 0 and divide the rest by `1 - rate`. Source: Srivastava et al. 2014.

    Args:
        rate: the share, from 0 to 1.
        noise_shape: the shape of the mask, which broadcasts; None in it stands for the inputs' size.

    >>> dropout(torch.ones(4), rate=0.5, seed=1).sum().item() in (0, 2, 4, 6, 8)
    True
    """
    x = convert_to_tensor(inputs)
    if rate == 0:
        return x
    generator = generator_for(seed, x.device)
    if generator is None and noise_shape is None:
        return F.dropout(x, rate, True)
    shape = x.shape if noise_shape is None else [own if n is None else n for own, n in zip(x.shape, noise_shape, strict=True)]
    keep = torch.empty(shape, dtype=x.dtype, device=x.device).bernoulli_(1 - rate, generator=generator)
    return x * (keep if rate == 1 else keep.div_(1 - rate))


def shuffle(x: Any, axis: int = 0, seed: Seed = None) -> Tensor:
    """Put the slices along an axis in a random order."""
    x = convert_to_tensor(x)
    order = torch.rand(x.shape[axis], generator=generator_for(seed, x.device), device=x.device).argsort()
    return torch.index_select(x, axis, order)


def _parameter(value: Any, shape: Sequence[int], dtype: Any) -> Tensor:
    """Make a parameter of each number that is drawn: in 32 bits at least, for torch's kernels know no fewer."""
    wide = torch.promote_types(torch_dtype(dtype), torch.float32)
    return convert_to_tensor(value).to(default_device(), wide).broadcast_to(tuple(shape))


def gamma(shape: Sequence[int], alpha: Any, dtype: Any = None, seed: Seed = None) -> Tensor:
    """Draw from a gamma distribution of this shape parameter, with rate 1."""
    alpha = _parameter(alpha, shape, dtype)
    drawn = torch._standard_gamma(alpha, generator=generator_for(seed, alpha.device))  # type: ignore[attr-defined]
    return drawn.to(torch_dtype(dtype))


def beta(shape: Sequence[int], alpha: Any, beta: Any, dtype: Any = None, seed: Seed = None) -> Tensor:
    """Draw from a beta distribution, whose mean is `alpha / (alpha + beta)`."""
    both = torch.stack([_parameter(alpha, shape, dtype), _parameter(beta, shape, dtype)], -1)
    drawn = torch._sample_dirichlet(both, generator=generator_for(seed, both.device))[..., 0]  # type: ignore[attr-defined]
    return drawn.to(torch_dtype(dtype))


def binomial(shape: Sequence[int], counts: Any, probabilities: Any, dtype: Any = None, seed: Seed = None) -> Tensor:
    """Draw how many of `counts` trials succeed, each with these probabilities."""
    counts, probabilities = _parameter(counts, shape, dtype), _parameter(probabilities, shape, dtype)
    return torch.binomial(counts, probabilities, generator=generator_for(seed, counts.device)).to(torch_dtype(dtype))
