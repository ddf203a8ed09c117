"""Seeds as an argument of initializers."""

from collections.abc import Mapping
from typing import Annotated, Any

from kerasish._base._serialization import deserialize
from kerasish.random import SeedGenerator


def as_seed(seed: Any) -> Any:
    """Check a seed: None, an integer, or a `SeedGenerator`, which may be given by its config."""
    if isinstance(seed, Mapping):
        seed = deserialize(seed)
    if seed is None or isinstance(seed, (int, SeedGenerator)) and not isinstance(seed, bool):
        return seed
    raise ValueError(f"`seed` must be an integer, a kerasish.random.SeedGenerator or None; received {seed!r}.")


SeedLike = Annotated[Any, as_seed]
