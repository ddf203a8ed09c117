"""Discretization: numbers as the bins that they fall in."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish.layers._category_encoding import OUTPUT_MODES, check_dense, encode
from kerasish.layers._feature_normalization import batches_of
from kerasish.layers._layer import Layer


class Discretization(Layer):
    """Say which bin each number falls in; bin i begins at the boundary i - 1.

    The boundaries are given, or learned from data by `adapt`, so that all bins hold about as many numbers.

    Args:
        bin_boundaries: the boundaries, rising; one less than there are bins.
        num_bins: how many bins `adapt` shall make, in place of `bin_boundaries`.
        epsilon: how exact the quantiles are that it learns, as a part of all numbers.
        output_mode: "int" for the number of the bin, int32; "one_hot", "multi_hot" or "count" as in CategoryEncoding.
        sparse: must be False.

    >>> Discretization([0.0, 1.0])(torch.tensor([[-2.0, 0.0, 5.0]])).tolist()
    [[0, 1, 2]]
    """

    bin_boundaries: Any = None
    num_bins: int | None = None
    epsilon: float = 0.01
    output_mode: str = "int"
    sparse: bool = False
    dtype: Any = None
    name: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.bin_boundaries is None) == (self.num_bins is None):
            told = f"{self.bin_boundaries!r} and {self.num_bins!r}"
            raise ValueError(f"Exactly one of `bin_boundaries` and `num_bins` must be given; received {told}.")
        if self.num_bins is not None and self.num_bins < 1:
            raise ValueError(f"`num_bins` must be at least 1; received {self.num_bins!r}.")
        if self.output_mode not in ("int", *OUTPUT_MODES):
            known = ", ".join(map(repr, ("int", *OUTPUT_MODES)))
            raise ValueError(f"`output_mode` must be one of {known}; received {self.output_mode!r}.")
        check_dense(self.sparse)
        self.autocast = False  # a number that is rounded may fall into another bin
        self.register_buffer("_boundaries", None, persistent=False)
        if self.bin_boundaries is not None:
            self._settle(self.bin_boundaries)

    def _settle(self, boundaries: Any) -> None:
        self.bin_boundaries = tuple(float(boundary) for boundary in boundaries)
        if sorted(self.bin_boundaries) != list(self.bin_boundaries):
            raise ValueError(f"`bin_boundaries` must rise; received {boundaries!r}.")
        self._boundaries = torch.tensor(self.bin_boundaries, device=self._device_of_weights())

    def call(self, inputs: Tensor) -> Tensor:
        """Find the bins."""
        bins = self._boundaries
        if bins is None and inputs.is_meta and self.num_bins is not None:  # only shapes are asked for
            bins = inputs.new_empty(self.num_bins - 1, dtype=torch.float32)
        if bins is None:
            raise ValueError(f"{self.name} has no boundaries: call `adapt` on data first, or give `bin_boundaries`.")
        x = inputs if inputs.is_floating_point() else inputs.float()
        numbers = torch.bucketize(x, bins.to(x.dtype), right=True, out_int32=True)
        return numbers if self.output_mode == "int" else encode(numbers, self.output_mode, len(bins) + 1, self._computes_in)

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Learn the boundaries: from an array, a tensor, or `steps` batches of them; what was learned before is forgotten.

        Raises:
            ValueError: `bin_boundaries` were given, or there is no data.
        """
        if self.num_bins is None:
            raise ValueError(f"{self.name} was given `bin_boundaries`; give `num_bins` to have them learned.")
        values, weights = np.empty(0, "float32"), np.empty(0, "float32")
        for i, batch in enumerate(batches_of(data)):
            if steps is not None and i >= steps:
                break
            batch = batch.detach().cpu().numpy() if isinstance(batch, Tensor) else batch
            numbers = np.sort(np.asarray(batch, "float32"), axis=None)
            # Every so many numbers one stands for them.
            step = max(numbers.size * self.epsilon, 1)
            some = numbers[int(step - 1) :: int(step)]
            merged, counts = np.concatenate([values, some]), np.concatenate([weights, np.full(some.shape, step, "float32")])
            order = np.argsort(merged)
            values, weights = _thinned(merged[order], counts[order], self.epsilon)
        if not values.size:
            raise ValueError("`data` must hold at least one number; received none.")
        self._settle(_thinned(values, weights, 1 / self.num_bins)[0][:-1])
        self.__dict__.update(_ready=False)

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again."""
        config = super().get_config()
        kept = ("bin_boundaries", "num_bins", "epsilon", "output_mode", "sparse", "name")
        return {**{name: config[name] for name in kept}, "dtype": self.dtype_policy.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a layer from what `get_config` gave."""
        config = dict(config)
        learned = config.pop("bin_boundaries", None) if config.get("num_bins") is not None else None
        layer = super().from_config(config)
        if learned is not None:
            layer._settle(learned)
        return layer


def _thinned(values: np.ndarray, weights: np.ndarray, part: float) -> tuple[np.ndarray, np.ndarray]:
    """Give the quantiles at each `part` of weighted values, which rise, and how much each stands for."""
    if values.size * part < 1:
        return values, weights
    at = part + np.arange(0.0, 1.0, part)
    total = weights.cumsum()
    share = total / total[-1]
    new = np.diff(np.interp(at, share, total), prepend=0.0)
    return np.interp(at, share, values).astype("float32"), new.astype("float32")
