"""Initializers that draw from a distribution with given parameters, and orthogonal matrices."""

import math
from typing import Any

import torch
from torch import Tensor

from kerasish._base._serialization import serialize
from kerasish.core import torch_dtype
from kerasish.initializers._initializer import Initializer
from kerasish.initializers._seeds import SeedLike
from kerasish.random import normal, truncated_normal, uniform


class _RandomInitializer(Initializer):
    """Base of those with a field `seed`: an int gives the same numbers at each call, None those of torch's own generator."""

    def get_config(self) -> dict[str, Any]:
        """Give the arguments, a seed generator as its config."""
        config = super().get_config()
        return {**config, "seed": serialize(config["seed"])}


class RandomNormal(_RandomInitializer):
    """Normal distribution.

    Args:
        mean, stddev: mean and standard deviation.
        seed: an int for the same numbers at each call, a SeedGenerator, or None for torch's own generator.

    >>> RandomNormal(stddev=0.1, seed=1)((2, 3)).shape
    torch.Size([2, 3])
    """

    aliases = ("normal",)
    mean: float = 0.0
    stddev: float = 0.05
    seed: SeedLike = None  # type: ignore[valid-type]

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        """Draw the tensor."""
        return normal(shape, self.mean, self.stddev, dtype, self.seed)


class TruncatedNormal(_RandomInitializer):
    """Normal distribution without its tails: nothing beyond two standard deviations from the mean.

    Args:
        mean, stddev: mean and standard deviation before the tails are cut.
        seed: an int for the same numbers at each call, a SeedGenerator, or None for torch's own generator.

    >>> TruncatedNormal(stddev=0.1)((1000,)).abs().max().item() <= 0.2
    True
    """

    mean: float = 0.0
    stddev: float = 0.05
    seed: SeedLike = None  # type: ignore[valid-type]

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        """Draw the tensor."""
        return truncated_normal(shape, self.mean, self.stddev, dtype, self.seed)


class RandomUniform(_RandomInitializer):
    """Even distribution over an interval.

    Args:
        minval, maxval: the interval's ends; `maxval` itself is not drawn.
        seed: an int for the same numbers at each call, a SeedGenerator, or None for torch's own generator.

    >>> bool((RandomUniform(1.0, 2.0)((1000,)) >= 1.0).all())
    True
    """

    aliases = ("uniform",)
    minval: float = -0.05
    maxval: float = 0.05
    seed: SeedLike = None  # type: ignore[valid-type]

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        """Draw the tensor."""
        return uniform(shape, self.minval, self.maxval, dtype, self.seed)


class Orthogonal(_RandomInitializer):
    """A random matrix with orthogonal columns of norm `gain`, or rows where there are fewer of them.

    More axes than two: all but the last are the rows.

    Args:
        gain: the norm.
        seed: an int for the same numbers at each call, a SeedGenerator, or None for torch's own generator.

    Raises:
        ValueError: called with a shape of fewer than two axes.

    Source: Saxe et al. 2013, arXiv 1312.6120.

    >>> q = Orthogonal()((4, 2))
    >>> torch.allclose(q.t() @ q, torch.eye(2), atol=1e-6)
    True
    """

    aliases = ("OrthogonalInitializer",)
    gain: float = 1.0
    seed: SeedLike = None  # type: ignore[valid-type]

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        """Draw the matrix."""
        if len(shape) < 2:
            raise ValueError(f"Orthogonal needs a shape of two axes or more; received {tuple(shape)}.")
        wanted = torch_dtype(dtype)
        rows, columns = math.prod(shape[:-1]), shape[-1]
        exact = torch.float64 if wanted is torch.float64 else torch.float32  # what QR is made for
        q, r = torch.linalg.qr(normal((max(rows, columns), min(rows, columns)), 0.0, 1.0, exact, self.seed))
        q = q * r.diagonal().sign()  # with positive diagonals all orthogonal matrices are equally likely
        return (self.gain * (q.t() if rows < columns else q)).reshape(tuple(shape)).to(wanted).contiguous()
