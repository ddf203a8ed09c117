"""Noise while training: dropout of values or whole channels, and Gaussian noise."""

import math
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor
from torch.nn import functional as F

from kerasish._base._settings import standardize_data_format
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._layer import Layer
from kerasish.random._seeds import SeedGenerator, generator_for


class _Noise(Layer):
    """What layers of noise share: where they draw from, which is torch's own generator unless they have a seed."""

    _built_at_once = True

    _amount: ClassVar[str] = "rate"  # the argument that says how much noise
    _below_one: ClassVar[bool] = False

    seed: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        amount = getattr(self, self._amount)
        if isinstance(amount, str) or not 0 <= amount <= 1 or self._below_one and amount == 1:
            below = " and below 1" if self._below_one else ""
            raise ValueError(f"`{self._amount}` must be between 0 and 1{below}; received {amount!r}.")
        if amount > 0:
            self.seed_generator = SeedGenerator(self.seed)
        self.supports_masking = True
        self._build_at_once()


def _kept(shape: Any, rate: float, like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Zeros with probability `rate`, and elsewhere what keeps the mean: 1 / (1 - rate)."""
    noise = torch.empty(shape, dtype=like.dtype, device=like.device)
    return noise.zero_() if rate == 1 else noise.bernoulli_(1 - rate, generator=generator).div_(1 - rate)


def _kept_on_cpu(x: Tensor, rate: float, generator: torch.Generator | None) -> Tensor:
    """The same, ten times as fast: torch draws a double for each value there, and 16 bits do."""
    count = x.numel()
    bits = torch.randint(-(2**63), 2**63 - 1, ((count + 3) // 4,), generator=generator)
    dropped = round(rate * 65536)
    kept = bits.view(torch.int16)[:count].view(x.shape) >= dropped - 32768
    return kept.to(x.dtype).mul_(65536 / (65536 - dropped))


def _is_fine(rate: float) -> bool:
    """Whether 16 bits tell a rate to a thousandth of itself and of what it leaves."""
    exact = rate * 65536
    return rate < 1 and abs(round(exact) - exact) <= 1e-3 * min(exact, 65536 - exact)


class Dropout(_Noise):
    """Set values to zero at random while training, and scale up the others so that the mean stays.

    Args:
        rate: the share of values that are dropped.
        noise_shape: a shape broadcast to the inputs', None where it is theirs; values that share a place fall together.
        seed: makes the layer draw from a generator of its own.

    >>> Dropout(0.5)(torch.ones(3)).tolist(), sorted(set(Dropout(0.5)(torch.ones(100), training=True).tolist()))
    ([1.0, 1.0, 1.0], [0.0, 2.0])

    Source: Srivastava et al. 2014
    """

    rate: float  # pyright: ignore
    noise_shape: Any = None
    seed: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.noise_shape is not None:
            sizes = self.noise_shape if isinstance(self.noise_shape, (list, tuple)) else ("?",)
            if any(size is not None and (not isinstance(size, int) or size <= 0) for size in sizes):
                raise ValueError(f"`noise_shape` must hold positive integers or None; received {self.noise_shape!r}.")
            self.noise_shape = tuple(sizes)
        self._in_16_bits = _is_fine(self.rate)

    def _noise_sizes(self, inputs: Tensor) -> Any:
        """The shape of the noise, or None where it is the inputs'."""
        if self.noise_shape is None:
            return None
        return [size if wanted is None else wanted for wanted, size in zip(self.noise_shape, inputs.shape)]

    def call(self, inputs: Tensor, training: Any = False) -> Tensor:
        """Drop values, when training."""
        if not training or self.rate == 0:
            return inputs
        sizes = self._noise_sizes(inputs)
        if sizes is None and self._in_16_bits and _is_large_on_cpu(inputs):
            return inputs * _kept_on_cpu(inputs, self.rate, generator_for(self.seed_generator, inputs.device))
        if sizes is None and self.seed is None:
            return F.dropout(inputs, self.rate)
        noise = _kept(
            inputs.shape if sizes is None else sizes, self.rate, inputs, generator_for(self.seed_generator, inputs.device)
        )
        return inputs * noise


def _is_large_on_cpu(x: Tensor) -> bool:
    """Whether this is a plain tensor on the CPU that is worth the trouble, or a fake one: the engine writes a step down."""
    plain = type(x) is Tensor or type(x) is FakeTensor
    return plain and x.device.type == "cpu" and x.numel() >= 4096 and not torch.compiler.is_compiling()


class _SpatialDropout(Dropout):
    """Dropout of whole channels."""

    noise_shape = None

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again."""
        config = {**super().get_config(), "dtype": self.dtype_policy.name}
        return {key: value for key, value in config.items() if key not in ("noise_shape", "trainable")}


class SpatialDropout1D(_SpatialDropout):
    """Drop whole channels of sequences while training.

    Args:
        rate: the share of channels that are dropped.
        seed: makes the layer draw from a generator of its own.
        name, dtype: as in every layer.

    >>> SpatialDropout1D(0.5)(torch.ones(2, 3, 4)).shape
    torch.Size([2, 3, 4])

    Source: Tompson et al. 2014, arXiv 1411.4280
    """

    rate: float  # pyright: ignore
    seed: int | None = None
    name: str | None = None
    dtype: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.input_spec = InputSpec(ndim=3)

    def _noise_sizes(self, inputs: Tensor) -> Any:
        return (inputs.shape[0], 1, inputs.shape[2])


class _SpatialDropoutOfImages(_SpatialDropout):
    rate: float  # pyright: ignore
    data_format: Annotated[str | None, standardize_data_format] = None
    seed: int | None = None
    name: str | None = None
    dtype: Any = None

    def _noise_sizes(self, inputs: Tensor) -> Any:
        axis = inputs.dim() - 1 if self.data_format == "channels_last" else 1
        return [size if i in (0, axis) else 1 for i, size in enumerate(inputs.shape)]


class SpatialDropout2D(_SpatialDropoutOfImages):
    """Drop whole channels of images while training.

    Args:
        rate: the share of channels that are dropped.
        data_format: "channels_last" or "channels_first".
        seed, name, dtype: as in SpatialDropout1D.

    >>> SpatialDropout2D(0.5)(torch.ones(2, 3, 3, 4)).shape
    torch.Size([2, 3, 3, 4])

    Source: Tompson et al. 2014, arXiv 1411.4280
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.input_spec = InputSpec(ndim=4)


class SpatialDropout3D(_SpatialDropoutOfImages):
    """Drop whole channels of volumes while training; the arguments are those of SpatialDropout2D.

    >>> SpatialDropout3D(0.5)(torch.ones(2, 3, 3, 3, 4)).shape
    torch.Size([2, 3, 3, 3, 4])

    Source: Tompson et al. 2014, arXiv 1411.4280
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.input_spec = InputSpec(ndim=5)


class GaussianNoise(_Noise):
    """Add noise of mean 0 while training.

    Args:
        stddev: the standard deviation of the noise, between 0 and 1.
        seed: makes the layer draw from a generator of its own.

    >>> GaussianNoise(0.1)(torch.ones(3)).tolist()
    [1.0, 1.0, 1.0]
    """

    _amount = "stddev"

    stddev: float  # pyright: ignore
    seed: int | None = None

    def call(self, inputs: Tensor, training: Any = False) -> Tensor:
        """Add noise, when training."""
        if not training or self.stddev == 0:
            return inputs
        noise = torch.empty_like(inputs).normal_(generator=generator_for(self.seed_generator, inputs.device))
        return inputs.add(noise, alpha=self.stddev)


class GaussianDropout(_Noise):
    """Multiply by noise of mean 1 while training; its standard deviation is `sqrt(rate / (1 - rate))`.

    Args:
        rate: the rate of the dropout that this stands for; below 1.
        seed: makes the layer draw from a generator of its own.

    >>> GaussianDropout(0.5)(torch.ones(3)).tolist()
    [1.0, 1.0, 1.0]

    Source: Srivastava et al. 2014
    """

    _below_one = True

    rate: float  # pyright: ignore
    seed: int | None = None

    def call(self, inputs: Tensor, training: Any = False) -> Tensor:
        """Multiply by noise, when training."""
        if not training or self.rate == 0:
            return inputs
        stddev = math.sqrt(self.rate / (1 - self.rate))
        return inputs * torch.empty_like(inputs).normal_(1.0, stddev, generator=generator_for(self.seed_generator, inputs.device))


class AlphaDropout(_Noise):
    """Set values to SELU's floor at random while training, keeping mean and variance; belongs after `selu`.

    Args:
        rate: the share of values that are dropped; below 1.
        noise_shape: a shape broadcast to the inputs', None where it is theirs.
        seed: makes the layer draw from a generator of its own.

    >>> AlphaDropout(0.5)(torch.ones(3)).tolist()
    [1.0, 1.0, 1.0]

    Source: Klambauer et al. 2017, arXiv 1706.02515
    """

    _below_one = True

    rate: float  # pyright: ignore
    noise_shape: Any = None
    seed: int | None = None

    def call(self, inputs: Tensor, training: Any = False) -> Tensor:
        """Drop values, when training."""
        if not training or self.rate == 0:
            return inputs
        floor = -1.6732632423543772 * 1.0507009873554805
        wanted = self.noise_shape or (None,) * inputs.dim()
        sizes = [size if w is None else w for w, size in zip(wanted, inputs.shape)]
        kept = torch.empty(sizes, dtype=torch.bool, device=inputs.device)
        kept.bernoulli_(1 - self.rate, generator=generator_for(self.seed_generator, inputs.device))
        scale = ((1 - self.rate) * (1 + self.rate * floor**2)) ** -0.5
        return torch.where(kept, inputs, floor) * scale - scale * floor * self.rate
