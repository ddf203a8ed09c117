"""Batch normalization: by the statistics of the batch while training, by their moving averages otherwise."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish._base._settings import epsilon as fuzz
from kerasish.constraints._registry import ConstraintLike
from kerasish.initializers._registry import InitializerLike
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._layer import Layer
from kerasish.regularizers._registry import RegularizerLike


class BatchNormalization(Layer):
    """Normalize each channel: `(x - mean) / sqrt(variance + epsilon) * gamma + beta`.

    While training, mean and variance are those of the batch, and the moving ones follow them:
    `moving = momentum * moving + (1 - momentum) * batch`. Otherwise, and when frozen, the moving ones are used.

    Args:
        axis: the axis of the channels.
        momentum: how much of the moving statistics stays in each step.
        epsilon: added to the variance.
        center, scale: whether there is a `beta`, and a `gamma`.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: what they start as.
        beta_regularizer, gamma_regularizer: losses on them.
        beta_constraint, gamma_constraint: what they are projected on after each step.
        renorm: whether batches are corrected towards the moving statistics also while training.
        renorm_clipping: bounds {"rmax": …, "rmin": …, "dmax": …} of that correction.
        renorm_momentum: the momentum of the statistics that it uses.
        synchronized: only False; statistics over several processes are not supported.

    Shapes:
        (batch, …, channels) → the same, with a mask (batch, …) of what counts; the weights are (channels,).

    >>> layer = BatchNormalization(momentum=0.5)
    >>> layer(torch.tensor([[0.0], [2.0]]), training=True).flatten().tolist(), layer.moving_mean.tolist()
    ([-0.9995, 0.9995], [0.5])

    Source: Ioffe and Szegedy 2015, arXiv 1502.03167; renorm: Ioffe 2017, arXiv 1702.03275
    """

    axis: int = -1
    momentum: float = 0.99
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: InitializerLike = "zeros"  # type: ignore[valid-type]
    gamma_initializer: InitializerLike = "ones"  # type: ignore[valid-type]
    moving_mean_initializer: InitializerLike = "zeros"  # type: ignore[valid-type]
    moving_variance_initializer: InitializerLike = "ones"  # type: ignore[valid-type]
    beta_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    gamma_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    beta_constraint: ConstraintLike = None  # type: ignore[valid-type]
    gamma_constraint: ConstraintLike = None  # type: ignore[valid-type]
    renorm: bool = False
    renorm_clipping: Any = None
    renorm_momentum: float = 0.99
    synchronized: bool = False

    _casts_ints = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.synchronized:
            raise ValueError("`synchronized` must be False: each process normalizes by its own part of a batch.")
        if self.renorm:
            self._check_clipping(dict(self.renorm_clipping or {}))
        self.axis = int(self.axis)
        self.gamma = self.beta = None
        self.supports_masking = True

    def _check_clipping(self, bounds: dict[str, float]) -> None:
        low, high, shift = bounds.get("rmin"), bounds.get("rmax"), bounds.get("dmax")
        if set(bounds) - {"rmax", "rmin", "dmax"}:
            raise ValueError(f"`renorm_clipping` may have the keys rmax, rmin, dmax; received {sorted(bounds)}.")
        if low is not None and high is not None and high < low or shift is not None and shift < 0:
            raise ValueError(f"`renorm_clipping` must have rmin below rmax, and dmax of at least 0; received {bounds}.")

    def build(self, input_shape: Any) -> None:
        """Make `gamma`, `beta`, `moving_mean` and `moving_variance` (channels,), and what renorm keeps besides."""
        rank = len(input_shape)
        if not -rank <= self.axis < rank:
            raise ValueError(f"{self.name}: `axis` must be an axis of the input {tuple(input_shape)}; received {self.axis}.")
        channels = input_shape[self.axis]
        for name, wanted in (("gamma", self.scale), ("beta", self.center)):
            if wanted:
                start, regularizer = getattr(self, f"{name}_initializer"), getattr(self, f"{name}_regularizer")
                constraint = getattr(self, f"{name}_constraint")
                weight = self.add_weight(
                    (channels,), start, autocast=False, regularizer=regularizer, constraint=constraint, name=name
                )
                setattr(self, name, weight)
        self.moving_mean = self._add_statistic("moving_mean", channels, self.moving_mean_initializer)
        self.moving_variance = self._add_statistic("moving_variance", channels, self.moving_variance_initializer)
        if self.renorm:
            self.moving_stddev = self._add_statistic("moving_stddev", channels, self._initial_stddev)
            self.renorm_mean = self._add_statistic("renorm_mean", channels, self.moving_mean_initializer)
            self.renorm_stddev = self._add_statistic("renorm_stddev", channels, self._initial_stddev)
        self.input_spec = InputSpec(ndim=rank, axes={self.axis: channels})
        self._settle_views(rank, self.axis % rank)

    def _settle_views(self, rank: int, channel: int) -> None:
        """Note how torch, which wants the channels second, sees the inputs: last ones are its channels_last memory."""
        # Sequences are seen as images of height one, as torch has no such memory format for three axes.
        self._lifted = rank == 3 and channel == 2
        if self._lifted:
            rank, channel = 4, 3
        others = [axis for axis in range(rank) if axis != channel]
        into = [others[0], channel, *others[1:]]
        self._into = tuple(into) if channel != 1 else None
        self._back = tuple(into.index(axis) for axis in range(rank))

    def _enter(self, x: Tensor) -> Tensor:
        if self._into is None:
            return x
        return (x.unsqueeze(1) if self._lifted else x).permute(self._into)

    def _leave(self, x: Tensor) -> Tensor:
        if self._into is None:
            return x
        x = x.permute(self._back)
        return x.squeeze(1) if self._lifted else x

    def _add_statistic(self, name: str, channels: int, initializer: Any) -> Any:
        return self.add_weight((channels,), initializer, trainable=False, autocast=False, name=name)

    def _initial_stddev(self, shape: Any, dtype: Any = None) -> Tensor:
        return self.moving_variance_initializer(shape, dtype=dtype).sqrt()

    def call(self, inputs: Tensor, training: Any = None, mask: Any = None) -> Tensor:
        """Normalize, scale and offset."""
        x = self._enter(inputs if inputs.dtype is self._computes_in else inputs.to(self._computes_in))
        gamma, beta = self.gamma, self.beta
        if not (training and self.trainable):
            return self._leave(F.batch_norm(x, self.moving_mean, self.moving_variance, gamma, beta, False, 0.0, self.epsilon))
        if mask is not None or self.renorm:
            if mask is not None:
                mask = self._enter(mask.unsqueeze(-1).expand(inputs.shape))
            return self._leave(self._normalize_by_parts(x, mask))
        # What F.batch_norm calls. Not itself, for the moving variance that it keeps is the unbiased one; Keras's is biased.
        out, mean, inverse, *_ = torch._batch_norm_impl_index(  # type: ignore[reportPrivateImportUsage]
            x, gamma, beta, None, None, True, 0.0, self.epsilon, torch.backends.cudnn.enabled
        )
        _follow(self.moving_mean, mean, self.momentum)
        _follow(self.moving_variance, inverse.pow(-2).sub_(self.epsilon), self.momentum)
        return self._leave(out)

    def _normalize_by_parts(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Train with a mask or renorm, which torch's kernels do not know; the channels are second."""
        wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        mean, variance = _moments(wide, mask)
        factor, offset = self.gamma, self.beta
        if self.renorm:
            factor, offset = self._renormalize(mean.detach(), variance.detach(), factor, offset)
        else:
            _follow(self.moving_mean, mean.detach(), self.momentum)
            _follow(self.moving_variance, variance.detach(), self.momentum)
        shape = (-1, *(1,) * (x.dim() - 2))
        factor = (variance + self.epsilon).rsqrt() * (1.0 if factor is None else factor)
        normal = (wide - mean.view(shape)) * factor.view(shape)
        return (normal if offset is None else normal + offset.view(shape)).to(x.dtype)

    def _renormalize(self, mean: Tensor, variance: Tensor, gamma: Any, beta: Any) -> tuple[Tensor, Tensor]:
        """Give gamma and beta with the batch's correction in them, and bring all statistics up to date."""
        bounds = dict(self.renorm_clipping or {})
        stddev = (variance + self.epsilon).sqrt()
        usual = self.renorm_stddev.to(mean.dtype).clamp_min(self.epsilon**0.5)
        ratio, shift = stddev / usual, (mean - self.renorm_mean) / usual
        if "rmin" in bounds or "rmax" in bounds:
            ratio = ratio.clamp(bounds.get("rmin"), bounds.get("rmax"))
        if bounds.get("dmax") is not None:
            shift = shift.clamp(-bounds["dmax"], bounds["dmax"])
        _follow(self.renorm_mean, mean, self.renorm_momentum)
        _follow(self.renorm_stddev, stddev, self.renorm_momentum)
        _follow(self.moving_mean, mean, self.momentum)
        _follow(self.moving_stddev, stddev, self.momentum)
        self.moving_variance.copy_(torch.relu(self.moving_stddev.square() - self.epsilon))
        factor, offset = (ratio, shift) if gamma is None else (ratio * gamma, shift * gamma)
        return factor, offset if beta is None else offset + beta


def _follow(statistic: Tensor, batch: Tensor, momentum: float) -> None:
    """Move a statistic towards that of the batch, in place."""
    statistic.lerp_(batch.to(statistic.dtype), 1 - momentum)


def _moments(x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Mean and biased variance of each channel, the second axis, of what a mask leaves."""
    axes = [axis for axis in range(x.dim()) if axis != 1]
    if mask is None:
        return x.mean(axes), x.var(axes, correction=0)
    mask = mask.bool()
    count = mask.sum(axes) + fuzz()
    mean = torch.where(mask, x, 0).sum(axes) / count
    shape = (-1, *(1,) * (x.dim() - 2))
    return mean, torch.where(mask, x - mean.view(shape), 0).square().sum(axes) / count
