"""Depthwise and separable convolutions: each channel by itself, and then, if wanted, the channels weighed together."""

from typing import Annotated, Any

from torch import Tensor

from kerasish._base._settings import standardize_data_format
from kerasish.activations._registry import ActivationLike
from kerasish.constraints._registry import ConstraintLike
from kerasish.initializers._registry import InitializerLike
from kerasish.layers._conv import CONVOLUTIONS, _Sliding
from kerasish.layers._spatial import positive
from kerasish.regularizers._registry import RegularizerLike


class _Depthwise(_Sliding):
    _strided_dilation = True

    def _add_depthwise(self, name: str, channels: int) -> Any:
        """Make the kernel (*kernel_size, channels, depth_multiplier) that works on each channel by itself."""
        space = range(self.rank)
        return self.add_weight(
            (*self.kernel_size, channels, self.depth_multiplier),
            self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
            name=name,
            memory_order=(self.rank, self.rank + 1, *space),
        )

    def _convolve_depthwise(self, inputs: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
        window = self._window
        x, padding = window.padded(window.enter(inputs))
        convolve = CONVOLUTIONS[window.rank]
        return convolve(x, window.depthwise(kernel), bias, window.strides, padding, window.dilation, x.shape[1])


class _DepthwiseConv(_Depthwise):
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    depth_multiplier: int = 1
    data_format: Annotated[str | None, standardize_data_format] = None
    dilation_rate: Any = 1
    activation: ActivationLike = None  # type: ignore[valid-type]
    use_bias: bool = True
    depthwise_initializer: InitializerLike = "glorot_uniform"  # type: ignore[valid-type]
    bias_initializer: InitializerLike = "zeros"  # type: ignore[valid-type]
    depthwise_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    bias_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    activity_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    depthwise_constraint: ConstraintLike = None  # type: ignore[valid-type]
    bias_constraint: ConstraintLike = None  # type: ignore[valid-type]

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self, "depth_multiplier")

    def build(self, input_shape: Any) -> None:
        """Make `kernel` (*kernel_size, channels, depth_multiplier) and `bias` (channels · depth_multiplier,)."""
        self._window.check(self, input_shape)
        channels = self._settle(input_shape)
        self.kernel = self._add_depthwise("kernel", channels)
        self._add_bias(channels * self.depth_multiplier)

    def call(self, inputs: Tensor) -> Tensor:
        """Convolve each channel with its own kernels."""
        return self._activated(self._window.leave(self._convolve_depthwise(inputs, self.kernel, self.bias)))


class DepthwiseConv1D(_DepthwiseConv):
    """Convolve each channel of sequences by itself, with `depth_multiplier` kernels.

    Args:
        kernel_size, strides, padding, data_format, dilation_rate: as in Conv1D, without "causal".
        depth_multiplier: how many outputs are made of each channel.
        activation, use_bias: as in Conv1D, and so are the initializers, regularizers and constraints.

    Shapes:
        (batch, steps, channels) → (batch, new_steps, channels · depth_multiplier).

    >>> DepthwiseConv1D(3, depth_multiplier=2)(torch.zeros(2, 10, 8)).shape
    torch.Size([2, 8, 16])
    """

    rank = 1


class DepthwiseConv2D(_DepthwiseConv):
    """Convolve each channel of images by itself; the arguments are those of DepthwiseConv1D, with two axes of space.

    Shapes:
        (batch, height, width, channels) → (batch, new_height, new_width, channels · depth_multiplier).

    >>> DepthwiseConv2D(3)(torch.zeros(2, 10, 10, 8)).shape
    torch.Size([2, 8, 8, 8])
    """

    rank = 2


class _SeparableConv(_Depthwise):
    filters: int
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    data_format: Annotated[str | None, standardize_data_format] = None
    dilation_rate: Any = 1
    depth_multiplier: int = 1
    activation: ActivationLike = None  # type: ignore[valid-type]
    use_bias: bool = True
    depthwise_initializer: InitializerLike = "glorot_uniform"  # type: ignore[valid-type]
    pointwise_initializer: InitializerLike = "glorot_uniform"  # type: ignore[valid-type]
    bias_initializer: InitializerLike = "zeros"  # type: ignore[valid-type]
    depthwise_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    pointwise_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    bias_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    activity_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    depthwise_constraint: ConstraintLike = None  # type: ignore[valid-type]
    pointwise_constraint: ConstraintLike = None  # type: ignore[valid-type]
    bias_constraint: ConstraintLike = None  # type: ignore[valid-type]

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self, "filters", "depth_multiplier")

    def build(self, input_shape: Any) -> None:
        """Make `depthwise_kernel`, `pointwise_kernel` (1, …, channels · depth_multiplier, filters) and `bias` (filters,)."""
        self._window.check(self, input_shape)
        channels = self._settle(input_shape)
        self.depthwise_kernel = self._add_depthwise("depthwise_kernel", channels)
        self.pointwise_kernel = self.add_weight(
            (*(1,) * self.rank, channels * self.depth_multiplier, self.filters),
            self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
            name="pointwise_kernel",
            memory_order=self._window.kernel_order,
        )
        self._add_bias(self.filters)

    def call(self, inputs: Tensor) -> Tensor:
        """Convolve each channel with its own kernels, and weigh the results together."""
        window = self._window
        x = self._convolve_depthwise(inputs, self.depthwise_kernel, None)
        outputs = CONVOLUTIONS[window.rank](x, window.kernel(self.pointwise_kernel), self.bias)
        return self._activated(window.leave(outputs))


class SeparableConv1D(_SeparableConv):
    """Convolve each channel of sequences by itself, then weigh the channels together at each step.

    Args:
        filters: the number of channels of the outputs.
        kernel_size, strides, padding, data_format, dilation_rate: as in Conv1D, without "causal".
        depth_multiplier: how many channels the first convolution makes of each.
        activation, use_bias: as in Conv1D, and so are the initializers, regularizers and constraints.

    Shapes:
        (batch, steps, channels) → (batch, new_steps, filters).

    >>> SeparableConv1D(4, 3)(torch.zeros(2, 10, 8)).shape
    torch.Size([2, 8, 4])
    """

    aliases = ("SeparableConvolution1D",)
    rank = 1


class SeparableConv2D(_SeparableConv):
    """Convolve each channel of images by itself, then weigh the channels together at each place.

    The arguments are those of SeparableConv1D, with two axes of space.

    Shapes:
        (batch, height, width, channels) → (batch, new_height, new_width, filters).

    >>> SeparableConv2D(4, 3)(torch.zeros(2, 10, 10, 8)).shape
    torch.Size([2, 8, 8, 4])

    Source: Chollet 2016, arXiv 1610.02357
    """

    aliases = ("SeparableConvolution2D",)
    rank = 2
