"""Convolutions over one, two and three axes of space."""

from typing import Annotated, Any, ClassVar

from torch import Tensor
from torch.nn import functional as F

from kerasish._base._settings import standardize_data_format
from kerasish.activations._registry import ActivationLike
from kerasish.constraints._registry import ConstraintLike
from kerasish.initializers._registry import InitializerLike
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._layer import Layer
from kerasish.layers._spatial import Window, channels_of, padding_mode, per_axis, positive
from kerasish.regularizers._registry import RegularizerLike

CONVOLUTIONS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


class _Sliding(Layer):
    """What all convolutions share: the checks of their arguments, and the window that follows from them."""

    rank: ClassVar[int]
    _casts_ints = True
    _causal: ClassVar[bool] = False
    _strided_dilation: ClassVar[bool] = False  # whether strides and dilation may both be above one

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("kernel_size", "strides", "dilation_rate"):
            setattr(self, name, per_axis(getattr(self, name), self.rank, name))
        if max(self.strides) > 1 and max(self.dilation_rate) > 1 and not self._strided_dilation:
            raise ValueError(
                "`strides` and `dilation_rate` must not both be above 1; "
                f"received strides={self.strides}, dilation_rate={self.dilation_rate}."
            )
        self.padding = padding_mode(self.padding, self._causal)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._window = Window(self)

    def _settle(self, input_shape: Any) -> int:
        """Hold later inputs to the channels of the shape that the layer is built with, and give their number."""
        channels = channels_of(self, input_shape)
        axis = -1 if self.data_format == "channels_last" else 1
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: channels})
        return channels

    def _activated(self, outputs: Tensor) -> Tensor:
        return outputs if self.activation is None else self.activation(outputs)

    def _add_bias(self, units: int) -> None:
        """Make `bias`, if there is to be one."""
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )


class _Conv(_Sliding):
    filters: int
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    data_format: Annotated[str | None, standardize_data_format] = None
    dilation_rate: Any = 1
    groups: int = 1
    activation: ActivationLike = None  # type: ignore[valid-type]
    use_bias: bool = True
    kernel_initializer: InitializerLike = "glorot_uniform"  # type: ignore[valid-type]
    bias_initializer: InitializerLike = "zeros"  # type: ignore[valid-type]
    kernel_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    bias_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    activity_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    kernel_constraint: ConstraintLike = None  # type: ignore[valid-type]
    bias_constraint: ConstraintLike = None  # type: ignore[valid-type]

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self, "filters", "groups")
        if self.filters % self.groups:
            raise ValueError(f"`filters` must be a multiple of `groups`; received {self.filters} and {self.groups}.")

    def build(self, input_shape: Any) -> None:
        """Make `kernel` (*kernel_size, channels / groups, filters) and `bias` (filters,)."""
        self._window.check(self, input_shape)
        channels = self._settle(input_shape)
        if channels % self.groups:
            raise ValueError(f"{self.name}: the channels must be a multiple of `groups` {self.groups}; received {channels}.")
        self.kernel = self.add_weight(
            (*self.kernel_size, channels // self.groups, self.filters),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
            memory_order=self._window.kernel_order,
        )
        self._add_bias(self.filters)

    def call(self, inputs: Tensor) -> Tensor:
        """Compute `activation(inputs ⋆ kernel + bias)`."""
        window = self._window
        x, padding = window.padded(window.enter(inputs))
        kernel = window.kernel(self.kernel)
        convolve = CONVOLUTIONS[window.rank]
        outputs = convolve(x, kernel, self.bias, window.strides, padding, window.dilation, self.groups)
        return self._activated(window.leave(outputs))


class Conv1D(_Conv):
    """Convolve along sequences: `activation(inputs ⋆ kernel + bias)`.

    Args:
        filters: the number of channels of the outputs.
        kernel_size: how many steps a kernel spans.
        strides: how far it moves.
        padding: "valid" (none), "same" (as many outputs as inputs / strides), or "causal" (only what came before).
        data_format: "channels_last" (batch, steps, channels) or "channels_first".
        dilation_rate: the distance between the steps that a kernel sees.
        groups: into how many parts, each convolved for itself, the channels are split.
        activation: applied to the result; none by default.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: what the weights start as.
        kernel_regularizer, bias_regularizer, activity_regularizer: losses on the weights and on the outputs.
        kernel_constraint, bias_constraint: what the weights are projected on after each step.

    Shapes:
        (batch, steps, channels) → (batch, new_steps, filters); the kernel is (kernel_size, channels / groups, filters).

    >>> Conv1D(4, 3)(torch.zeros(2, 10, 8)).shape
    torch.Size([2, 8, 4])
    """

    aliases = ("Convolution1D",)
    rank = 1
    _causal = True


class Conv2D(_Conv):
    """Convolve images: `activation(inputs ⋆ kernel + bias)`.

    Args:
        filters: the number of channels of the outputs.
        kernel_size, strides, dilation_rate: one number, or one for height and one for width.
        padding: "valid" (none) or "same" (as many outputs as inputs / strides).
        data_format: "channels_last" (batch, height, width, channels) or "channels_first".
        groups: into how many parts, each convolved for itself, the channels are split.
        activation, use_bias: as in Conv1D, and so are the initializers, regularizers and constraints.

    Shapes:
        (batch, height, width, channels) → (batch, new_height, new_width, filters);
        the kernel is (*kernel_size, channels / groups, filters).

    >>> Conv2D(4, 3, padding="same")(torch.zeros(2, 10, 10, 3)).shape
    torch.Size([2, 10, 10, 4])
    """

    aliases = ("Convolution2D",)
    rank = 2


class Conv3D(_Conv):
    """Convolve volumes: `activation(inputs ⋆ kernel + bias)`; the arguments are those of Conv2D, with three axes of space.

    Shapes:
        (batch, depth, height, width, channels) → (batch, new_depth, new_height, new_width, filters).

    >>> Conv3D(4, 3)(torch.zeros(2, 5, 5, 5, 1)).shape
    torch.Size([2, 3, 3, 3, 4])
    """

    aliases = ("Convolution3D",)
    rank = 3
