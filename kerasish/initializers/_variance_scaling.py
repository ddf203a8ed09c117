"""Initializers whose spread follows the shape of the weight: variance scaling and its named presets."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor

from kerasish.initializers._random import _RandomInitializer
from kerasish.initializers._seeds import SeedLike
from kerasish.random import normal, truncated_normal, uniform

# The standard deviation of a standard normal distribution whose tails beyond ±2 are cut.
_TRUNCATED_STDDEV = 0.87962566103423978
_MODES = ("fan_in", "fan_out", "fan_avg")
_DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")


class VarianceScaling(_RandomInitializer):
    """Random values of variance `scale / n`, where n counts the inputs or outputs of a unit.

    Args:
        scale: a positive number.
        mode: n is the number of inputs ("fan_in"), of outputs ("fan_out"), or their mean ("fan_avg").
        distribution: "truncated_normal" (also "normal"), "untruncated_normal" or "uniform".
        seed: an int for the same numbers at each call, a SeedGenerator, or None for torch's own generator.
        input_axes, output_axes: the axes of the weight that count as inputs and as outputs, both or neither;
            by default a weight is (…window, inputs, outputs), and the window counts for both.

    >>> VarianceScaling(3.0, "fan_in", "uniform")((9, 2)).abs().max().item() <= 1.0
    True
    """

    scale: float = 1.0
    mode: str = "fan_in"
    distribution: str = "truncated_normal"
    seed: SeedLike = None  # type: ignore[valid-type]
    input_axes: Sequence[int] | None = None
    output_axes: Sequence[int] | None = None

    def __post_init__(self) -> None:
        if self.scale <= 0:
            raise ValueError(f"`scale` must be a positive number; received {self.scale!r}.")
        if self.mode not in _MODES:
            raise ValueError(f"`mode` must be one of {', '.join(_MODES)}; received {self.mode!r}.")
        given, self.distribution = self.distribution, self.distribution.lower()
        if self.distribution == "normal":
            self.distribution = "truncated_normal"
        if self.distribution not in _DISTRIBUTIONS:
            raise ValueError(f"`distribution` must be one of {', '.join(_DISTRIBUTIONS)}; received {given!r}.")

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        """Draw the tensor."""
        fan_in, fan_out = fans(shape, self.input_axes, self.output_axes)
        count = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = math.sqrt(self.scale / max(1.0, count))
        if self.distribution == "truncated_normal":
            return truncated_normal(shape, 0.0, stddev / _TRUNCATED_STDDEV, dtype, self.seed)
        if self.distribution == "untruncated_normal":
            return normal(shape, 0.0, stddev, dtype, self.seed)
        limit = math.sqrt(3.0) * stddev
        return uniform(shape, -limit, limit, dtype, self.seed)


def fans(
    shape: Sequence[int], input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
) -> tuple[int, int]:
    """Count the inputs and outputs of one unit of a weight of shape (…window, inputs, outputs)."""
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


class _Preset(VarianceScaling):
    """Base of variance scaling under a name of its own, with all but the seed and the axes settled."""

    fields = {name: VarianceScaling.fields[name] for name in ("seed", "input_axes", "output_axes")}
    _settled: ClassVar[tuple[float, str, str]]

    def __init__(self, seed: Any = None, input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None):
        scale, mode, distribution = self._settled
        super().__init__(scale, mode, distribution, seed, input_axes, output_axes)


class GlorotUniform(_Preset):
    """Even distribution within `±sqrt(6 / (inputs + outputs))`; also called Xavier's.

    Args:
        seed, input_axes, output_axes: see `VarianceScaling`.

    Source: Glorot and Bengio 2010, proceedings.mlr.press/v9/glorot10a.html.

    >>> GlorotUniform()((2, 4)).abs().max().item() <= 1.0
    True
    """

    _settled = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Preset):
    """Truncated normal distribution of variance `2 / (inputs + outputs)`.

    Args:
        seed, input_axes, output_axes: see `VarianceScaling`.

    Source: Glorot and Bengio 2010, proceedings.mlr.press/v9/glorot10a.html.

    >>> GlorotNormal(seed=1).get_config()
    {'seed': 1, 'input_axes': None, 'output_axes': None}
    """

    _settled = (1.0, "fan_avg", "truncated_normal")


class LecunUniform(_Preset):
    """Even distribution within `±sqrt(3 / inputs)`.

    Args:
        seed, input_axes, output_axes: see `VarianceScaling`.

    Source: Klambauer et al. 2017, arXiv 1706.02515.

    >>> LecunUniform()((3, 4)).abs().max().item() <= 1.0
    True
    """

    _settled = (1.0, "fan_in", "uniform")


class LecunNormal(_Preset):
    """Truncated normal distribution of variance `1 / inputs`; what `selu` wants.

    Args:
        seed, input_axes, output_axes: see `VarianceScaling`.

    Source: Klambauer et al. 2017, arXiv 1706.02515.

    >>> LecunNormal()((3, 4)).shape
    torch.Size([3, 4])
    """

    _settled = (1.0, "fan_in", "truncated_normal")


class HeUniform(_Preset):
    """Even distribution within `±sqrt(6 / inputs)`.

    Args:
        seed, input_axes, output_axes: see `VarianceScaling`.

    Source: He et al. 2015, arXiv 1502.01852.

    >>> HeUniform()((6, 4)).abs().max().item() <= 1.0
    True
    """

    _settled = (2.0, "fan_in", "uniform")


class HeNormal(_Preset):
    """Truncated normal distribution of variance `2 / inputs`; what `relu` wants.

    Args:
        seed, input_axes, output_axes: see `VarianceScaling`.

    Source: He et al. 2015, arXiv 1502.01852.

    >>> HeNormal()((3, 3, 8, 16)).shape
    torch.Size([3, 3, 8, 16])
    """

    _settled = (2.0, "fan_in", "truncated_normal")
