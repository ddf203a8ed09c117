"""Random tensors under TensorFlow's names and argument orders."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from kerasish import random
from kerasish.core import convert_to_tensor
from kerasish.tf._calls import across
from kerasish.tf._dtypes import real_dtype


def _sizes(shape: Any) -> tuple[int, ...]:
    return (int(shape),) if isinstance(shape, int) else tuple(int(size) for size in shape)


def normal(shape: Sequence[int], mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", seed: int | None = None) -> Any:
    """Draw from a normal distribution. It serves as an initializer, too."""
    return random.normal(_sizes(shape), mean, stddev, real_dtype(dtype), seed)


def truncated_normal(
    shape: Sequence[int], mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", seed: int | None = None
) -> Any:
    """Draw from a normal distribution within two standard deviations."""
    return random.truncated_normal(_sizes(shape), mean, stddev, real_dtype(dtype), seed)


def uniform(shape: Sequence[int], minval: Any = 0, maxval: Any = None, dtype: Any = "float32", seed: int | None = None) -> Any:
    """Draw evenly from `minval` to below `maxval`, which integers need.

    Raises:
        ValueError: an integer dtype without `maxval`.
    """
    kind = real_dtype(dtype) or torch.float32
    if kind.is_floating_point:
        return random.uniform(_sizes(shape), minval, 1.0 if maxval is None else maxval, kind, seed)
    if maxval is None:
        raise ValueError("`maxval` must be given for an integer dtype.")
    return random.randint(_sizes(shape), minval, maxval, kind, seed)


def categorical(logits: Any, num_samples: int, dtype: Any = None, seed: int | None = None) -> Any:
    """Draw classes, int64, by rows of logits; shape (rows, samples)."""
    return random.categorical(logits, num_samples, real_dtype(dtype) or torch.int64, seed)


def gamma(shape: Sequence[int], alpha: Any, beta: Any = None, dtype: Any = "float32", seed: int | None = None) -> Any:
    """Draw from gamma distributions: so many of each, shape (*shape, *alpha.shape)."""
    alphas = convert_to_tensor(alpha, real_dtype(dtype))
    drawn = random.gamma((*_sizes(shape), *alphas.shape), alphas, real_dtype(dtype), seed)
    return drawn if beta is None else drawn / convert_to_tensor(beta, drawn.dtype)


def shuffle(value: Any, seed: int | None = None) -> Any:
    """Put the rows in a new order."""
    return random.shuffle(value, 0, seed)


def set_seed(seed: int) -> None:
    """Seed all that is drawn without a seed of its own, so that a program run again gives the same numbers."""
    random.set_random_seed(seed)


def dropout(x: Any, rate: float, noise_shape: Any = None, seed: int | None = None) -> Any:
    """Set a share of the numbers to 0, and enlarge the others to the same mean."""
    return random.dropout(x, rate, noise_shape, seed)


def poisson(shape: Sequence[int], lam: Any, dtype: Any = "float32", seed: int | None = None) -> Any:
    """Draw from Poisson distributions: so many of each, shape (*shape, *lam.shape)."""
    rates = convert_to_tensor(lam, torch.float32)
    rates = rates.expand(*_sizes(shape), *rates.shape).contiguous()
    generator = None if seed is None else torch.Generator(rates.device).manual_seed(seed)
    return torch.poisson(rates, generator).to(real_dtype(dtype))


def one_seed(seed: Any) -> int:
    """One number of the two that a stateless function takes."""
    first, second = (int(part) for part in convert_to_tensor(seed).reshape(-1))
    return (first * 0x9E3779B1 + second) & 0x7FFFFFFF


def _stateless(draw: Callable) -> Callable:
    def drawn(shape: Any, seed: Any, *args: Any, **kwargs: Any) -> Any:
        return draw(shape, *args, seed=one_seed(seed), **kwargs)

    drawn.__name__ = f"stateless_{draw.__name__}"
    drawn.__doc__ = f"As `tf.random.{draw.__name__}`; the two numbers of `seed` settle what is drawn."
    return across(drawn)


def split(seed: Any, num: int = 2) -> Any:
    """Make so many seeds of one, shape (num, 2)."""
    generator = torch.Generator().manual_seed(one_seed(seed))
    return torch.randint(0, 2**31 - 1, (int(num), 2), generator=generator, dtype=torch.int32)


def fold_in(seed: Any, data: Any) -> Any:
    """Make a seed of a seed and a number."""
    return torch.tensor([one_seed(seed), int(data)], dtype=torch.int32)


RANDOM = {
    "categorical": across(categorical),
    "fold_in": across(fold_in),
    "gamma": across(gamma),
    "normal": across(normal),
    "poisson": across(poisson),
    "set_seed": set_seed,
    "shuffle": across(shuffle),
    "split": across(split),
    "stateless_normal": _stateless(normal),
    "stateless_truncated_normal": _stateless(truncated_normal),
    "stateless_uniform": _stateless(uniform),
    "truncated_normal": across(truncated_normal),
    "uniform": across(uniform),
}

DROPOUT = across(dropout)
