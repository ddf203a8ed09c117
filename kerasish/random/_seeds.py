"""Seeds: where random numbers begin, and the generators that go on from there."""

import random
from typing import Any

import numpy as np
import torch

from kerasish import core
from kerasish._base._configurable import Configurable
from kerasish._base._names import auto_name
from kerasish._base._serialization import file_modules


def set_random_seed(seed: int) -> None:
    """Seed Python's, numpy's and torch's generators, so that a program run again gives the same numbers."""
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ValueError(f"`seed` must be an integer; received {seed!r}.")
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def make_default_seed() -> int:
    """Draw a seed from Python's generator."""
    return random.randint(1, 10**9)


class SeedGenerator(Configurable):
    """Seeds that follow one another: each random function that is given this draws other numbers than the one before.

    Without a seed the functions draw from torch's own generator, which `set_random_seed` seeds.

    Args:
        seed: where to begin.
        name: an automatic one by default.

    >>> seeds = SeedGenerator(seed=7)
    >>> [seeds.next().tolist() for _ in range(2)]
    [[7, 0], [7, 1]]
    """

    seed: int | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        if self.seed is not None and (isinstance(self.seed, bool) or not isinstance(self.seed, int)):
            raise ValueError(f"`seed` must be an integer or None; received {self.seed!r}.")
        self.name = self.name or auto_name("seed_generator")
        start = make_default_seed() if self.seed is None else self.seed % 2**32
        # Kept on the host: it is read there each time, and must not wait for a device.
        with core.device("cpu"):
            self.state = core.Variable([start, 0], dtype="int64", trainable=False, name="seed_generator_state")

    def next(self, ordered: bool = True) -> torch.Tensor:
        """Give the seed, two integers, and go on to the following one.

        Args:
            ordered: whether the seeds are counted; else they jump.
        """
        seed = self.state.detach().clone()
        with torch.no_grad():
            if ordered:
                self.state[1] += 1
            else:
                self.state.copy_((self.state + 1) * 5387 % 933199)
        return seed


file_modules.setdefault("keras.random", {})["SeedGenerator"] = SeedGenerator


def draw_seed(seed: int | SeedGenerator | None) -> int:
    """Give the number to seed a generator with: an integer always the same, a SeedGenerator's next one, or a new one.

    Raises:
        ValueError: `seed` is none of these.
    """
    if isinstance(seed, SeedGenerator):
        return int(seed.next().sum()) & 0xFFFFFFFF
    if isinstance(seed, int):
        return seed & 0xFFFFFFFF
    if seed is None:
        return make_default_seed()
    raise ValueError(f"`seed` must be an integer, a SeedGenerator or None; received {seed!r}.")


def generator_for(seed: Any, device: torch.device) -> torch.Generator | None:
    """Give the generator to draw with on a device: None, which is torch's own, where no seed was given."""
    if seed is None or isinstance(seed, SeedGenerator) and seed.seed is None or device.type == "meta":
        return None
    generator = torch.Generator(device=device)
    generator.manual_seed(draw_seed(seed))
    return generator
