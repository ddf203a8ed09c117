"""Logs: numbers of a run that are read from the device only when somebody asks."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor


class Logs(dict):
    """A dict of numbers by name that is computed, and read from the device at once, when it is first looked at.

    >>> logs = Logs(lambda: {"loss": torch.tensor(0.5)})
    >>> logs["loss"]
    0.5
    """

    def __init__(self, compute: Callable[[], Mapping[str, Any]]):
        super().__init__()
        self._compute: Callable[[], Mapping[str, Any]] | None = compute

    def read(self) -> "Logs":
        """Compute and read the numbers now."""
        compute, self._compute = self._compute, None
        if compute is not None:
            super().update(to_numbers(compute()))
        return self

    def __missing__(self, key: str) -> Any:
        if self._compute is not None:
            return self.read()[key]
        alias = {"acc": "accuracy", "val_acc": "val_accuracy"}.get(key)
        if alias is not None and alias in self.keys():
            return self[alias]
        raise KeyError(f"{key!r} is not among the logs: {', '.join(map(str, self.keys()))}")


def _reading(name: str) -> Callable:
    original = getattr(dict, name)

    def method(self: Logs, *args: Any, **kwargs: Any) -> Any:
        if self._compute is not None:
            self.read()
        return original(self, *args, **kwargs)

    method.__name__ = name
    return method


for _name in (
    "__contains__ __delitem__ __eq__ __iter__ __len__ __ne__ __or__ __repr__ __reversed__ __ror__ __setitem__ "
    "copy get items keys pop popitem setdefault update values"
).split():
    setattr(Logs, _name, _reading(_name))


def to_numbers(results: Mapping[str, Any]) -> dict[str, Any]:
    """Results by name as Python numbers, sorted by name, with one read from the device for all of them."""
    flat = dict(sorted(_flat(results)))
    scalars = [name for name, value in flat.items() if isinstance(value, Tensor) and value.numel() == 1]
    if scalars:
        together = torch.stack([flat[name].detach().reshape(()).to(torch.float64) for name in scalars]).tolist()
        flat.update(zip(scalars, together, strict=True))
    for name, value in flat.items():
        if isinstance(value, Tensor):
            flat[name] = value.detach().cpu().numpy()
        elif isinstance(value, np.generic):
            flat[name] = value.item()
    return flat


def _flat(results: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in results.items():
        if isinstance(value, Mapping):
            yield from _flat(value)
        else:
            yield name, value
