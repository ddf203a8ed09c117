"""Normalization of each sample by itself: over axes, over groups of channels, by root mean square, to unit length."""

from typing import Annotated, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish._base._configurable import keyword_only
from kerasish.constraints._registry import ConstraintLike
from kerasish.initializers._registry import InitializerLike
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._layer import Layer
from kerasish.regularizers._registry import RegularizerLike


class _Normalization(Layer):
    """What normalizing layers share: scale and offset, and at least float32 for what is computed."""

    _casts_ints = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.supports_masking = True
        self.gamma = self.beta = None

    def _add_scale_and_offset(self, shape: tuple, scale: bool, center: bool) -> None:
        """Make `gamma` and `beta`, those that are wanted."""
        for name, wanted in (("gamma", scale), ("beta", center)):
            if wanted:
                weight = self.add_weight(
                    shape,
                    getattr(self, f"{name}_initializer"),
                    autocast=False,
                    regularizer=getattr(self, f"{name}_regularizer"),
                    constraint=getattr(self, f"{name}_constraint"),
                    name=name,
                )
                setattr(self, name, weight)

    def call(self, inputs: Tensor) -> Tensor:
        """Normalize, scale and offset."""
        if inputs.dtype is torch.float32 and self._computes_in is torch.float32:
            return self._normalize(inputs, self.gamma, self.beta)
        # Half precision has too little to sum up in.
        wide = torch.promote_types(inputs.dtype, torch.float32)
        gamma, beta = (None if weight is None else weight.to(wide) for weight in (self.gamma, self.beta))
        return self._normalize(inputs.to(wide), gamma, beta).to(self._computes_in)

    def _normalize(self, x: Tensor, gamma: Tensor | None, beta: Tensor | None) -> Tensor:
        raise NotImplementedError


def _axes(axis: Any, rank: int, name: str | None) -> list[int]:
    """Give axes from 0, sorted."""
    axes = [axis] if isinstance(axis, int) else list(axis)
    if any(not -rank <= a < rank for a in axes):
        raise ValueError(f"{name}: `axis` must name axes of the input, which has {rank}; received {axis!r}.")
    return sorted(a % rank for a in axes)


def _check_axis(axis: Any) -> None:
    parts = axis if isinstance(axis, (list, tuple)) else [axis]
    if not all(isinstance(a, int) for a in parts):
        raise TypeError(f"`axis` must be an integer or a list of integers; received {axis!r}.")


class LayerNormalization(_Normalization):
    """Normalize each sample over axes: `(x - mean) / sqrt(variance + epsilon) * gamma + beta`.

    Args:
        axis: the axis or axes to take mean and variance over.
        epsilon: added to the variance.
        center, scale: whether there is a `beta`, and a `gamma`.
        beta_initializer, gamma_initializer: what they start as.
        beta_regularizer, gamma_regularizer: losses on them.
        beta_constraint, gamma_constraint: what they are projected on after each step.
        rms_scaling: for old files alone: `x / sqrt(variance + epsilon) * gamma`, which is not what RMSNormalization does.

    Shapes:
        any → the same; `gamma` and `beta` have the sizes of the axes.

    >>> LayerNormalization()(torch.tensor([[1.0, 3.0]])).tolist()
    [[-0.9995, 0.9995]]

    Source: Ba et al. 2016, arXiv 1607.06450
    """

    axis: Any = -1
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: InitializerLike = "zeros"  # type: ignore[valid-type]
    gamma_initializer: InitializerLike = "ones"  # type: ignore[valid-type]
    beta_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    gamma_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    beta_constraint: ConstraintLike = None  # type: ignore[valid-type]
    gamma_constraint: ConstraintLike = None  # type: ignore[valid-type]
    rms_scaling: Annotated[bool, keyword_only] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_axis(self.axis)
        self.axis = list(self.axis) if isinstance(self.axis, tuple) else self.axis  # as Keras's configs hold it
        self.autocast = False

    def build(self, input_shape: Any) -> None:
        """Make `gamma` and `beta`."""
        rank = len(input_shape)
        axes = _axes(self.axis, rank, self.name)
        self._sizes = tuple(input_shape[axis] for axis in axes)
        self._add_scale_and_offset(self._sizes, self.scale or self.rms_scaling, self.center and not self.rms_scaling)
        self._moves = None if axes == list(range(rank - len(axes), rank)) else (axes, list(range(-len(axes), 0)))

    def _normalize(self, x: Tensor, gamma: Tensor | None, beta: Tensor | None) -> Tensor:
        if self._moves is None:
            return self._over_the_last(x, gamma, beta)
        here, there = self._moves
        return self._over_the_last(x.movedim(here, there), gamma, beta).movedim(there, here)

    def _over_the_last(self, x: Tensor, gamma: Tensor | None, beta: Tensor | None) -> Tensor:
        if not self.rms_scaling:
            return F.layer_norm(x, self._sizes, gamma, beta, self.epsilon)
        variance = x.var(tuple(range(-len(self._sizes), 0)), correction=0, keepdim=True)
        normal = x * (variance + self.epsilon).rsqrt()
        return normal if gamma is None else normal * gamma


class GroupNormalization(_Normalization):
    """Normalize each sample over all of space and a group of channels.

    Args:
        groups: the number of groups; -1 makes each channel one.
        axis: the axis of the channels.
        epsilon: added to the variance.
        center, scale: whether there is a `beta`, and a `gamma`.
        beta_initializer, gamma_initializer: what they start as; regularizers and constraints as in LayerNormalization.

    Shapes:
        (batch, …, channels) → the same; `gamma` and `beta` are (channels,).

    >>> GroupNormalization(groups=2)(torch.zeros(2, 5, 5, 4)).shape
    torch.Size([2, 5, 5, 4])

    Source: Wu and He 2018, arXiv 1803.08494
    """

    groups: int = 32
    axis: int = -1
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: InitializerLike = "zeros"  # type: ignore[valid-type]
    gamma_initializer: InitializerLike = "ones"  # type: ignore[valid-type]
    beta_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    gamma_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    beta_constraint: ConstraintLike = None  # type: ignore[valid-type]
    gamma_constraint: ConstraintLike = None  # type: ignore[valid-type]

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.groups, bool) or not isinstance(self.groups, int) or self.groups <= 0 and self.groups != -1:
            raise ValueError(f"`groups` must be a positive integer, or -1; received {self.groups!r}.")
        self.autocast = False

    def build(self, input_shape: Any) -> None:
        """Make `gamma` and `beta` (channels,)."""
        (axis,) = _axes(self.axis, len(input_shape), self.name)
        channels = input_shape[axis]
        if channels is None:
            raise ValueError(f"{self.name}: axis {self.axis} must be known; received shape {tuple(input_shape)}.")
        if self.groups == -1:
            self.groups = channels
        if channels % self.groups:
            raise ValueError(f"{self.name}: the channels must be a multiple of `groups` {self.groups}; received {channels}.")
        self._add_scale_and_offset((channels,), self.scale, self.center)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})
        self._axis, self._last = axis, axis == len(input_shape) - 1

    def _normalize(self, x: Tensor, gamma: Tensor | None, beta: Tensor | None) -> Tensor:
        if gamma is None and beta is not None:
            gamma = torch.ones_like(beta, requires_grad=False)  # torch 2.13's backward fails with an offset and no scale
        if not self._last or x.dim() == 2:
            moved = x.movedim(self._axis, 1)
            return F.group_norm(moved, self.groups, gamma, beta, self.epsilon).movedim(1, self._axis)
        rows = x.flatten(1, -2).transpose(1, 2)
        # As an image of height one this is torch's channels_last memory, and not copied. But on the CPU torch 2.13
        # crashes on such memory in a backward pass that only the weights ask for.
        if x.requires_grad or not torch.is_grad_enabled():
            rows = rows.unsqueeze(2)
        normal = F.group_norm(rows, self.groups, gamma, beta, self.epsilon)
        return normal.movedim(1, -1).reshape(x.shape)


class RMSNormalization(Layer):
    """Divide by the root mean square over axes: `x / sqrt(mean(x²) + epsilon) * scale`.

    Args:
        axis: the axis or axes to take the mean over.
        epsilon: added to the mean.

    Shapes:
        any → the same; `scale` has the sizes of the axes.

    >>> RMSNormalization()(torch.tensor([[1.0, 7.0]])).tolist()
    [[0.2, 1.4]]

    Source: Zhang and Sennrich 2019, arXiv 1910.07467
    """

    axis: Any = -1
    epsilon: float = 1e-6

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_axis(self.axis)

    def build(self, input_shape: Any) -> None:
        """Make `scale`."""
        rank = len(input_shape)
        axes = _axes(self.axis, rank, self.name)
        self._sizes = tuple(input_shape[axis] for axis in axes)
        self.scale = self.add_weight(self._sizes, "ones", name="scale")
        self._moves = None if axes == list(range(rank - len(axes), rank)) else (axes, list(range(-len(axes), 0)))

    def call(self, inputs: Tensor) -> Tensor:
        """Normalize and scale."""
        x = inputs.float() if inputs.dtype in (torch.float16, torch.bfloat16) else inputs
        scale = self.scale.to(x.dtype)
        if self._moves is None:
            return F.rms_norm(x, self._sizes, scale, self.epsilon).to(inputs.dtype)
        here, there = self._moves
        return F.rms_norm(x.movedim(here, there), self._sizes, scale, self.epsilon).movedim(there, here).to(inputs.dtype)


class UnitNormalization(Layer):
    """Scale to length 1 along axes: `x / sqrt(sum(x²))`.

    Args:
        axis: the axis or axes of the vectors.

    >>> UnitNormalization()(torch.tensor([[3.0, 4.0]])).tolist()
    [[0.6, 0.8]]
    """

    _built_at_once = True

    axis: Any = -1

    _casts_ints = True

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_axis(self.axis)
        self.supports_masking = True
        self._build_at_once()
        self._over = self.axis if isinstance(self.axis, int) else tuple(self.axis)
        self.axis = self.axis if isinstance(self.axis, int) else list(self.axis)

    def call(self, inputs: Tensor) -> Tensor:
        """Scale."""
        return inputs / torch.linalg.vector_norm(inputs, dim=self._over, keepdim=True).clamp_min(1e-12)
