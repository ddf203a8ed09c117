"""ConvLSTM: long short-term memory whose products are convolutions."""

from types import SimpleNamespace
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor

from kerasish._base._settings import standardize_data_format
from kerasish.activations._registry import ActivationLike
from kerasish.constraints._registry import ConstraintLike
from kerasish.core import torch_dtype
from kerasish.initializers._registry import InitializerLike
from kerasish.layers._conv import CONVOLUTIONS
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._layer import Layer
from kerasish.layers._recurrent_cell import _RecurrentCell
from kerasish.layers._rnn import RNN
from kerasish.layers._spatial import Window, channels_of, padding_mode, per_axis, positive
from kerasish.regularizers._registry import RegularizerLike


class _ConvLSTMCell(_RecurrentCell):
    rank: ClassVar[int]

    filters: int
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    data_format: Annotated[str | None, standardize_data_format] = None
    dilation_rate: Any = 1
    activation: ActivationLike = "tanh"  # type: ignore[valid-type]
    recurrent_activation: ActivationLike = "sigmoid"  # type: ignore[valid-type]
    use_bias: bool = True
    kernel_initializer: InitializerLike = "glorot_uniform"  # type: ignore[valid-type]
    recurrent_initializer: InitializerLike = "orthogonal"  # type: ignore[valid-type]
    bias_initializer: InitializerLike = "zeros"  # type: ignore[valid-type]
    unit_forget_bias: bool = True
    kernel_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    recurrent_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    bias_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    kernel_constraint: ConstraintLike = None  # type: ignore[valid-type]
    recurrent_constraint: ConstraintLike = None  # type: ignore[valid-type]
    bias_constraint: ConstraintLike = None  # type: ignore[valid-type]
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    seed: Any = None

    _gates, _states = 4, 2
    implementation = 1  # what the other cells call a mask for each gate

    def __post_init__(self) -> None:
        self.units = self.filters  # as the other cells call it
        positive(self, "filters")
        super().__post_init__()
        for name in ("kernel_size", "strides", "dilation_rate"):
            setattr(self, name, per_axis(getattr(self, name), self.rank, name))
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides` and `dilation_rate` must not both be above 1; "
                f"received strides={self.strides}, dilation_rate={self.dilation_rate}."
            )
        self.padding = padding_mode(self.padding)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._window = Window(self)
        ones = (1,) * self.rank
        recurrent = SimpleNamespace(kernel_size=self.kernel_size, strides=ones, dilation_rate=ones, padding="same")
        recurrent.data_format = self.data_format
        self._recurrent_window = Window(recurrent)
        self._channel_axis = self.rank + 1 if self.data_format == "channels_last" else 1

    def build(self, input_shape: Any) -> None:
        """Make `kernel` (*kernel_size, channels, 4 filters), `recurrent_kernel` (*kernel_size, filters, 4 filters) and `bias`."""
        self._window.check(self, input_shape)
        channels = channels_of(self, input_shape)
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self._channel_axis: channels})
        self._space = tuple(input_shape[1:-1] if self.data_format == "channels_last" else input_shape[2:])
        for name, inputs, kind in (("kernel", channels, "kernel"), ("recurrent_kernel", self.filters, "recurrent")):
            weight = self.add_weight(
                (*self.kernel_size, inputs, 4 * self.filters),
                getattr(self, f"{kind}_initializer"),
                regularizer=getattr(self, f"{kind}_regularizer"),
                constraint=getattr(self, f"{kind}_constraint"),
                name=name,
                memory_order=self._window.kernel_order,
            )
            setattr(self, name, weight)
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (4 * self.filters,),
                self._forget_bias if self.unit_forget_bias else self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    def state_shape(self, batch_size: Any, space: tuple) -> tuple:
        """The shape of a state for images of such a size along the axes of space; None stays None."""
        strides, dilation = self.strides, self.dilation_rate
        new = []
        for size, kernel, stride, step in zip(space, self.kernel_size, strides, dilation, strict=True):
            cut = 0 if self.padding == "same" else (kernel - 1) * step
            new.append(None if size is None else (size - cut + stride - 1) // stride)
        if self.data_format == "channels_last":
            return (batch_size, *new, self.filters)
        return (batch_size, self.filters, *new)

    def get_initial_state(self, batch_size: Any = None) -> list[Tensor]:
        """Zeros for each state.

        Raises:
            ValueError: the sizes of the images are not known, for the cell is not built, or not with all of them.
        """
        space = self.__dict__.get("_space")
        if space is None or None in space:
            raise ValueError(f"{self.name} must be built for images of a known size to make its states; it has {space}.")
        shape = self.state_shape(batch_size, space)
        zeros = torch.zeros(shape, dtype=torch_dtype(self.compute_dtype), device=self.kernel.device)
        return [zeros, zeros]

    def call(self, inputs: Tensor, states: Any, training: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Take one step."""
        return self._step(inputs, states, training)

    _own_call = call

    def compute_output_shape(self, inputs_shape: Any, states_shape: Any = None) -> Any:
        """The shape of the output, and those of the two states."""
        space = tuple(inputs_shape[1:-1] if self.data_format == "channels_last" else inputs_shape[2:])
        shape = self.state_shape(inputs_shape[0], space)
        return shape, [shape, shape]

    def _project(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Convolve inputs, of a step or of all steps at once, for all gates."""
        steps = inputs.shape[: -1 - self.rank]
        images = inputs.flatten(0, 1) if len(steps) == 2 else inputs
        if mask is not None and len(steps) == 2:
            mask = mask.unsqueeze(2).expand(-1, -1, steps[1], *(-1,) * (self.rank + 1)).flatten(1, 2)
        bias = self._input_bias(inputs.dtype)
        outputs = self._convolve(images, self._window, self.kernel.to(inputs.dtype), bias, mask)
        return outputs.unflatten(0, steps) if len(steps) == 2 else outputs

    def _convolve(self, x: Tensor, window: Window, kernel: Tensor, bias: Tensor | None, mask: Tensor | None) -> Tensor:
        weight, groups = window.kernel(kernel), 1
        if mask is not None:  # each gate sees the images through a mask of its own: one group each
            x, groups = torch.cat([x * m for m in mask.unbind(0)], self._channel_axis), self._gates
        x, padding = window.padded(window.enter(x))
        y = CONVOLUTIONS[window.rank](x, weight, bias, window.strides, padding, window.dilation, groups)
        return window.leave(y)

    def _advance(
        self, projected: Tensor, states: list[Tensor], weights: tuple[Tensor, Tensor | None], mask: Tensor | None
    ) -> tuple[Tensor, list[Tensor]]:
        h, c = states
        gates = projected + self._convolve(h, self._recurrent_window, weights[0], None, mask)
        i, f, g, o = gates.chunk(4, self._channel_axis)
        c = torch.addcmul(self.recurrent_activation(f) * c, self.recurrent_activation(i), self.activation(g))
        h = self.recurrent_activation(o) * self.activation(c)
        return h, [h, c]

    def _dropout_masks(self, inputs: Tensor, state: Tensor, training: bool) -> tuple[Tensor | None, Tensor | None]:
        if not training or not (self.dropout or self.recurrent_dropout):
            return None, None
        step = inputs if inputs.dim() == self.rank + 2 else inputs[:, 0]
        return self._dropout_mask(step, self.dropout, 4), self._dropout_mask(state, self.recurrent_dropout, 4)

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this cell again."""
        return Layer.get_config(self)


class ConvLSTM1DCell(_ConvLSTMCell):
    """One step of ConvLSTM1D; the arguments are those of ConvLSTM2DCell, with one axis of space.

    >>> cell = ConvLSTM1DCell(4, 3, padding="same")
    >>> states = [torch.zeros(2, 8, 4)] * 2
    >>> cell(torch.ones(2, 8, 1), states)[0].shape
    torch.Size([2, 8, 4])
    """

    rank = 1


class ConvLSTM2DCell(_ConvLSTMCell):
    """One step of ConvLSTM2D, with states `h` and `c`.

    `i, f, g, o = split(x ⋆ kernel + h ⋆ recurrent_kernel + bias)`;
    `c = σ(f) * c + σ(i) * activation(g)`; `h = σ(o) * activation(c)`.

    Args:
        filters: the number of channels of the states and of the output.
        kernel_size: one number, or one for height and one for width; of both kernels.
        strides, padding, dilation_rate: of the convolution of the inputs; that of the states keeps their size.
        data_format: "channels_last" (batch, height, width, channels) or "channels_first".
        activation: of what is written and of what is read; none if None.
        recurrent_activation: σ, of the gates.
        use_bias: whether there is a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: what the weights start as.
        unit_forget_bias: whether the bias of the forget gate starts as ones.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: losses on the weights.
        kernel_constraint, recurrent_constraint, bias_constraint: what the weights are projected on after each step.
        dropout, recurrent_dropout: how much of the inputs and of the state training drops, the same in all steps.
        seed: of the dropout.

    Shapes:
        (batch, height, width, channels) and [h, c] of (batch, new_height, new_width, filters) → that shape and the new [h, c].

    >>> cell = ConvLSTM2DCell(4, 3)
    >>> states = [torch.zeros(2, 6, 6, 4)] * 2
    >>> cell(torch.ones(2, 8, 8, 1), states)[0].shape
    torch.Size([2, 6, 6, 4])
    """

    rank = 2


class ConvLSTM3DCell(_ConvLSTMCell):
    """One step of ConvLSTM3D; the arguments are those of ConvLSTM2DCell, with three axes of space.

    >>> cell = ConvLSTM3DCell(4, 1)
    >>> states = [torch.zeros(2, 3, 3, 3, 4)] * 2
    >>> cell(torch.ones(2, 3, 3, 3, 1), states)[0].shape
    torch.Size([2, 3, 3, 3, 4])
    """

    rank = 3


class _ConvLSTM(RNN):
    rank: ClassVar[int]

    filters: int
    kernel_size: Any
    strides: Any = 1
    padding: str = "valid"
    data_format: Annotated[str | None, standardize_data_format] = None
    dilation_rate: Any = 1
    activation: ActivationLike = "tanh"  # type: ignore[valid-type]
    recurrent_activation: ActivationLike = "sigmoid"  # type: ignore[valid-type]
    use_bias: bool = True
    kernel_initializer: InitializerLike = "glorot_uniform"  # type: ignore[valid-type]
    recurrent_initializer: InitializerLike = "orthogonal"  # type: ignore[valid-type]
    bias_initializer: InitializerLike = "zeros"  # type: ignore[valid-type]
    unit_forget_bias: bool = True
    kernel_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    recurrent_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    bias_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    activity_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    kernel_constraint: ConstraintLike = None  # type: ignore[valid-type]
    recurrent_constraint: ConstraintLike = None  # type: ignore[valid-type]
    bias_constraint: ConstraintLike = None  # type: ignore[valid-type]
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    seed: Any = None
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    zero_output_for_mask: bool = False

    def __post_init__(self) -> None:
        for name in ("kernel_size", "strides", "dilation_rate"):
            setattr(self, name, per_axis(getattr(self, name), self.rank, name))
        super().__post_init__()
        self.padding = self.cell.padding
        self.cell.name = "conv_lstm_cell"  # as weights are called in Keras's files
        self.input_spec = InputSpec(ndim=self.rank + 3)

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        """Build the cell, and the states if they are kept; those want the sizes of the images.

        Raises:
            ValueError: the number of channels is not known; or the layer is stateful, and a size is not.
        """
        super().build(sequences_shape, initial_state_shape)
        axes = {axis + 1: size for axis, size in self.cell.input_spec.axes.items()}
        self.input_spec = InputSpec(ndim=self.rank + 3, axes=axes)

    def _first_states(self, sequences: Tensor, given: Any) -> list:
        if given is None and not self.stateful:
            space = sequences.shape[2:-1] if self.data_format == "channels_last" else sequences.shape[3:]
            zeros = sequences.new_zeros(self.cell.state_shape(sequences.shape[0], tuple(space)))
            return [zeros, zeros]
        return super()._first_states(sequences, given)

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        """The shape of the output, in a list with those of the states if they are returned."""
        batch, steps, *image = sequences_shape
        state, _ = self.cell.compute_output_shape((batch, *image))
        output = (batch, steps, *state[1:]) if self.return_sequences else state
        return [output, state, state] if self.return_state else output


class ConvLSTM1D(_ConvLSTM, cell_class=ConvLSTM1DCell):
    """Run a convolutional LSTM along sequences of rows; the arguments are those of ConvLSTM2D, with one axis of space.

    Shapes:
        (batch, steps, size, channels) → (batch, new_size, filters).

    >>> ConvLSTM1D(4, 3)(torch.ones(2, 5, 8, 1)).shape
    torch.Size([2, 6, 4])
    """

    rank = 1


class ConvLSTM2D(_ConvLSTM, cell_class=ConvLSTM2DCell):
    """Run a convolutional LSTM along sequences of images: see ConvLSTM2DCell for the formula of a step.

    The inputs of all steps are convolved at once, for all gates; each step convolves the state, once for all gates.

    Args:
        filters: the number of channels of the states and of the output.
        kernel_size: one number, or one for height and one for width; of both kernels.
        strides, padding, dilation_rate: of the convolution of the inputs; that of the states keeps their size.
        data_format: "channels_last" (batch, steps, height, width, channels) or "channels_first".
        activation: of what is written and of what is read; none if None.
        recurrent_activation: of the gates.
        use_bias: whether there is a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: what the weights start as.
        unit_forget_bias: whether the bias of the forget gate starts as ones.
        kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer: losses on weights and outputs.
        kernel_constraint, recurrent_constraint, bias_constraint: what the weights are projected on after each step.
        dropout, recurrent_dropout: how much of the inputs and of the state training drops, the same in all steps.
        seed: of the dropout.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask: see RNN.

    Shapes:
        (batch, steps, height, width, channels) → (batch, new_height, new_width, filters), or
        (batch, steps, new_height, new_width, filters) with `return_sequences`.

    >>> ConvLSTM2D(4, 3)(torch.ones(2, 5, 8, 8, 1)).shape
    torch.Size([2, 6, 6, 4])

    Source: Shi et al. 2015, arXiv 1506.04214
    """

    rank = 2


class ConvLSTM3D(_ConvLSTM, cell_class=ConvLSTM3DCell):
    """Run a convolutional LSTM along sequences of volumes; the arguments are those of ConvLSTM2D, with three axes of space.

    Shapes:
        (batch, steps, depth, height, width, channels) → (batch, new_depth, new_height, new_width, filters).

    >>> ConvLSTM3D(4, 2)(torch.ones(2, 5, 3, 3, 3, 1)).shape
    torch.Size([2, 2, 2, 2, 4])
    """

    rank = 3
