"""Generator: draws that follow one another from a seed, apart from all others."""

from collections.abc import Callable
from typing import Any

import torch

from kerasish import random
from kerasish.tf._calls import entered, left
from kerasish.tf._random import normal, one_seed, truncated_normal, uniform


class Generator:
    """Draws that follow one another from a seed, apart from all others.

    >>> first, second = Generator.from_seed(7), Generator.from_seed(7)
    >>> bool((first.normal([3]) == second.normal([3])).numpy().all())
    True
    """

    def __init__(self, seed: int | None = None):
        self._seeds = random.SeedGenerator(seed)

    @classmethod
    def from_seed(cls, seed: Any, alg: Any = None) -> "Generator":
        """Make one that begins at a seed; `alg` has no say."""
        return cls(int(seed))

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> "Generator":
        """Make one that begins anywhere; `alg` has no say."""
        return cls()

    def reset_from_seed(self, seed: Any) -> None:
        """Begin anew at a seed."""
        self._seeds = random.SeedGenerator(int(seed))

    def make_seeds(self, count: int = 1) -> Any:
        """Make seeds for the stateless functions, shape (2, count)."""
        return left(torch.stack([self._seeds.next() for _ in range(count)], 1))

    def split(self, count: int = 1) -> "list[Generator]":
        """Make so many that are apart from each other."""
        return [Generator(one_seed(self._seeds.next())) for _ in range(count)]

    def _drawn(self, draw: Callable, *args: Any) -> Any:
        return left(draw(*[entered(arg) for arg in args], seed=one_seed(self._seeds.next())))

    def normal(self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", name: str | None = None) -> Any:
        """Draw from a normal distribution."""
        return self._drawn(normal, shape, mean, stddev, dtype)

    def truncated_normal(
        self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", name: str | None = None
    ) -> Any:
        """Draw from a normal distribution within two standard deviations."""
        return self._drawn(truncated_normal, shape, mean, stddev, dtype)

    def uniform(self, shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", name: str | None = None) -> Any:
        """Draw evenly from `minval` to below `maxval`, which integers need."""
        return self._drawn(uniform, shape, minval, maxval, dtype)


_global: list[Generator] = []


def get_global_generator() -> Generator:
    """Give the generator that all share."""
    if not _global:
        _global.append(Generator())
    return _global[0]


def set_global_generator(generator: Generator) -> None:
    """Let all share another generator."""
    _global[:] = [generator]
