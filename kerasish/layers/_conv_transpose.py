"""Transposed convolutions: what a convolution does to gradients, used to make images larger."""

from typing import Annotated, Any

from torch import Tensor
from torch.nn import functional as F

from kerasish._base._settings import standardize_data_format
from kerasish.activations._registry import ActivationLike
from kerasish.constraints._registry import ConstraintLike
from kerasish.initializers._registry import InitializerLike
from kerasish.layers._conv import _Sliding
from kerasish.layers._spatial import per_axis, positive
from kerasish.regularizers._registry import RegularizerLike

_TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


class _ConvTranspose(_Sliding):
    filters: int
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    output_padding: Any = None
    data_format: Annotated[str | None, standardize_data_format] = None
    dilation_rate: Any = 1
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
        positive(self, "filters")
        if self.output_padding is not None:
            self.output_padding = per_axis(self.output_padding, self.rank, "output_padding", allow_zero=True)
            if any(extra >= stride for extra, stride in zip(self.output_padding, self.strides)):
                raise ValueError(
                    f"`output_padding` must be smaller than `strides`; received {self.output_padding} and {self.strides}."
                )
        window = self._window
        extra = self.output_padding or (None,) * self.rank
        axes = zip(window.reach, window.strides, window.lift(tuple(extra), 0))
        cuts = [_cut(reach, stride, given, self.padding) for reach, stride, given in axes]
        # torch cuts both sides alike, and can add to the end; what is then still too much, or missing, is left to do.
        self._cut_both = tuple(before for before, _ in cuts)
        surplus = [before - after for before, after in cuts]
        limits = [max(*sizes) for sizes in zip(window.strides, window.dilation)]
        self._add_after = tuple(min(max(s, 0), limit - 1) for s, limit in zip(surplus, limits))
        self._rest = tuple(s - added for s, added in zip(surplus, self._add_after))

    def build(self, input_shape: Any) -> None:
        """Make `kernel` (*kernel_size, filters, channels) and `bias` (filters,)."""
        channels = self._settle(input_shape)
        self.kernel = self.add_weight(
            (*self.kernel_size, self.filters, channels),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
            memory_order=self._window.kernel_order,
        )
        self._add_bias(self.filters)

    def call(self, inputs: Tensor) -> Tensor:
        """Spread each input over the outputs by the kernel, add up, and cut to size."""
        window = self._window
        outputs = _TRANSPOSED[window.rank](
            window.enter(inputs),
            window.kernel(self.kernel),
            self.bias,
            window.strides,
            self._cut_both,
            self._add_after,
            dilation=window.dilation,
        )
        for axis, rest in enumerate(self._rest, 2):
            if rest < 0:
                outputs = outputs.narrow(axis, 0, outputs.shape[axis] + rest)
        return self._activated(window.leave(outputs))


def _cut(reach: int, stride: int, output_padding: int | None, mode: str) -> tuple[int, int]:
    """How much of the full result is cut off before and after an axis; below zero, how much is added."""
    if mode == "valid":
        return 0, -(max(stride - reach, 0) if output_padding is None else output_padding)
    if output_padding is None:
        total = reach + stride - 2
    else:
        total = reach + reach % 2 - 2 + output_padding
    before = min(total // 2 + total % 2, reach - 1)
    return reach - 1 - before, reach - 1 - (total - before)


class Conv1DTranspose(_ConvTranspose):
    """Convolve sequences backwards, from fewer steps to more.

    Args:
        filters, kernel_size, strides, data_format, dilation_rate: as in Conv1D; strides make the outputs longer.
        padding: "valid" (all that the kernels reach) or "same" (inputs · strides outputs).
        output_padding: how much longer the outputs are to be than the least; below `strides`. Found by itself by default.
        activation, use_bias: as in Conv1D, and so are the initializers, regularizers and constraints.

    Shapes:
        (batch, steps, channels) → (batch, new_steps, filters); the kernel is (kernel_size, filters, channels).

    >>> Conv1DTranspose(4, 3, strides=2, padding="same")(torch.zeros(2, 10, 8)).shape
    torch.Size([2, 20, 4])
    """

    aliases = ("Convolution1DTranspose",)
    rank = 1


class Conv2DTranspose(_ConvTranspose):
    """Convolve images backwards, from fewer pixels to more; the arguments are those of Conv1DTranspose.

    Shapes:
        (batch, height, width, channels) → (batch, new_height, new_width, filters).

    >>> Conv2DTranspose(4, 3, strides=2, padding="same")(torch.zeros(2, 5, 5, 8)).shape
    torch.Size([2, 10, 10, 4])
    """

    aliases = ("Convolution2DTranspose",)
    rank = 2


class Conv3DTranspose(_ConvTranspose):
    """Convolve volumes backwards, from fewer voxels to more; the arguments are those of Conv1DTranspose.

    Shapes:
        (batch, depth, height, width, channels) → (batch, new_depth, new_height, new_width, filters).

    >>> Conv3DTranspose(4, 2, strides=2)(torch.zeros(2, 2, 2, 2, 8)).shape
    torch.Size([2, 4, 4, 4, 4])
    """

    aliases = ("Convolution3DTranspose",)
    rank = 3

    # Keras has these two the other way round here.
    filters: int  # pyright: ignore
    kernel_size: Any  # pyright: ignore
    strides: Any = 1
    padding: str = "valid"
    data_format: Annotated[str | None, standardize_data_format] = None
    output_padding: Any = None
