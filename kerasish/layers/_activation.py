"""Activations as layers: any of them by name, and those that have arguments or weights."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish.activations import relu, softmax
from kerasish.activations._registry import ActivationLike
from kerasish.constraints._registry import ConstraintLike
from kerasish.initializers._registry import InitializerLike
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._layer import Layer
from kerasish.regularizers._registry import RegularizerLike


class Activation(Layer):
    """Apply an activation.

    Args:
        activation: its name, or any function of a tensor.

    >>> Activation("relu")(torch.tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    _built_at_once = True

    activation: ActivationLike  # type: ignore[valid-type]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.supports_masking = True
        self._build_at_once()

    def call(self, inputs: Tensor) -> Tensor:
        """Apply the activation."""
        return self.activation(inputs)


class ReLU(Layer):
    """Rectify: `max(x, 0)`, with a ceiling, a slope below and another threshold if wanted.

    Args:
        max_value: the largest value given; none by default.
        negative_slope: slope below the threshold.
        threshold: where the rise begins; what is not above it gives 0.

    >>> ReLU(max_value=6.0)(torch.tensor([-1.0, 2.0, 9.0])).tolist()
    [0.0, 2.0, 6.0]
    """

    _built_at_once = True

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("max_value", "negative_slope", "threshold"):
            value = getattr(self, name)
            if value is None and name != "max_value" or value is not None and value < 0:
                raise ValueError(f"`{name}` must not be negative; received {value!r}.")
        self.supports_masking = True
        self._build_at_once()

    def call(self, inputs: Tensor) -> Tensor:
        """Rectify."""
        return relu(inputs, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(Layer):
    """Rectify with a slope below zero: `max(x, negative_slope * x)`.

    Args:
        negative_slope: the slope; at least 0.

    >>> LeakyReLU()(torch.tensor([-1.0, 2.0])).tolist()
    [-0.3, 2.0]

    Source: Maas et al. 2013
    """

    _built_at_once = True

    negative_slope: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.negative_slope is None or self.negative_slope < 0:
            raise ValueError(f"`negative_slope` must not be negative; received {self.negative_slope!r}.")
        self.supports_masking = True
        self._build_at_once()

    def _take_argument(self, name: str, value: Any) -> tuple[str, Any] | None:
        return ("negative_slope", value) if name == "alpha" else super()._take_argument(name, value)

    def call(self, inputs: Tensor) -> Tensor:
        """Rectify."""
        return F.leaky_relu(inputs, self.negative_slope)


class PReLU(Layer):
    """Rectify with a slope below zero that is learned: `max(x, 0) + alpha * min(x, 0)`.

    Args:
        alpha_initializer, alpha_regularizer, alpha_constraint: of the slopes.
        shared_axes: axes, counted from 1 after the batch, along which all places share a slope; [1, 2] for images.

    Shapes:
        (batch, …) → the same; `alpha` is (…), with 1 for the shared axes.

    >>> PReLU(alpha_initializer="ones")(torch.tensor([[-1.0, 2.0]])).tolist()
    [[-1.0, 2.0]]

    Source: He et al. 2015, arXiv 1502.01852
    """

    alpha_initializer: InitializerLike = "zeros"  # type: ignore[valid-type]
    alpha_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    alpha_constraint: ConstraintLike = None  # type: ignore[valid-type]
    shared_axes: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.shared_axes is not None:
            self.shared_axes = [self.shared_axes] if isinstance(self.shared_axes, int) else list(self.shared_axes)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Make `alpha`, a slope for each place that shares none."""
        shared = self.shared_axes or []
        shape = [1 if axis in shared else size for axis, size in enumerate(input_shape)][1:]
        self.alpha = self.add_weight(
            shape,
            self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
            name="alpha",
        )
        own = {axis: input_shape[axis] for axis in range(1, len(input_shape)) if axis not in shared}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=own if shared else {})

    def call(self, inputs: Tensor) -> Tensor:
        """Rectify."""
        return torch.relu(inputs) - self.alpha * torch.relu(-inputs)


class ELU(Layer):
    """Exponential linear unit: `x` above zero, `alpha * (exp(x) - 1)` below.

    Args:
        alpha: what is approached far below zero, negated.

    >>> ELU()(torch.tensor([2.0, -100.0])).tolist()
    [2.0, -1.0]

    Source: Clevert et al. 2015, arXiv 1511.07289
    """

    _built_at_once = True

    alpha: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.supports_masking = True
        self._build_at_once()

    def call(self, inputs: Tensor) -> Tensor:
        """Apply the unit."""
        return F.elu(inputs, self.alpha)


class Softmax(Layer):
    """Turn logits into probabilities, `exp(x) / sum(exp(x))`, over what a mask leaves.

    Args:
        axis: one axis, or several that count as one.

    >>> Softmax()(torch.zeros(1, 4), mask=torch.tensor([[True, True, False, False]])).tolist()
    [[0.5, 0.5, 0.0, 0.0]]
    """

    _built_at_once = True

    axis: Any = -1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.supports_masking = True
        self._build_at_once()

    def call(self, inputs: Tensor, mask: Any = None) -> Tensor:
        """Apply the softmax; `mask` is true where an input counts and must be broadcastable to the inputs."""
        if mask is None:
            return softmax(inputs, self.axis)
        self._check_mask(tuple(inputs.shape), tuple(mask.shape))
        if mask.dtype is not torch.bool:
            mask = mask > 0.5
        # Large, not infinite: a row without anything that counts must not become NaN on the way.
        least = -3e4 if inputs.dtype is torch.float16 else -1e9
        return torch.where(mask, softmax(torch.where(mask, inputs, least), self.axis), 0.0)

    def _check_mask(self, shape: tuple, mask: tuple) -> None:
        if len(mask) > len(shape) or any(m not in (1, size) for m, size in zip(mask[::-1], shape[::-1])):
            raise ValueError(f"{self.name}: `mask` must be broadcastable to the inputs {shape}; received shape {mask}.")
