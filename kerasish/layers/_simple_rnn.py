"""SimpleRNN: the recurrent layer whose output is its state."""

from typing import Annotated, Any

import torch
from torch import Tensor

from kerasish._base._configurable import keyword_only
from kerasish.activations._registry import ACTIVATIONS, ActivationLike
from kerasish.constraints._registry import ConstraintLike
from kerasish.initializers._registry import InitializerLike
from kerasish.layers._fused_recurrence import FusedKernel
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._recurrent_cell import _RecurrentCell
from kerasish.layers._rnn import RNN
from kerasish.regularizers._registry import RegularizerLike


class SimpleRNNCell(_RecurrentCell):
    """One step of SimpleRNN: `h = activation(x @ kernel + h @ recurrent_kernel + bias)`.

    Args:
        units: the size of the state and of the output.
        activation: of the state; none if None.
        use_bias: whether there is a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: what the weights start as.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: losses on the weights.
        kernel_constraint, recurrent_constraint, bias_constraint: what the weights are projected on after each step.
        dropout, recurrent_dropout: how much of the inputs and of the state training drops, the same in all steps.
        seed: of the dropout.

    Shapes:
        (batch, inputs) and a state (batch, units) → (batch, units) and the new state in a list.

    >>> SimpleRNNCell(2, activation=None, kernel_initializer="ones")(torch.ones(1, 3), [torch.zeros(1, 2)])[0].tolist()
    [[3.0, 3.0]]
    """

    units: int
    activation: ActivationLike = "tanh"  # type: ignore[valid-type]
    use_bias: bool = True
    kernel_initializer: InitializerLike = "glorot_uniform"  # type: ignore[valid-type]
    recurrent_initializer: InitializerLike = "orthogonal"  # type: ignore[valid-type]
    bias_initializer: InitializerLike = "zeros"  # type: ignore[valid-type]
    kernel_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    recurrent_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    bias_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    kernel_constraint: ConstraintLike = None  # type: ignore[valid-type]
    recurrent_constraint: ConstraintLike = None  # type: ignore[valid-type]
    bias_constraint: ConstraintLike = None  # type: ignore[valid-type]
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    seed: Any = None
    implementation: Annotated[int, keyword_only] = 2

    def build(self, input_shape: Any) -> None:
        """Make `kernel` (inputs, units), `recurrent_kernel` (units, units) and `bias` (units,)."""
        self._make_weights(input_shape, (self.units,), self.bias_initializer)

    def call(self, inputs: Tensor, states: Any, training: bool = False) -> tuple[Tensor, Any]:
        """Take one step."""
        output, new = self._step(inputs, states, training)
        return output, new if isinstance(states, (list, tuple)) else output

    _own_call = call

    def _advance(self, projected: Tensor, states: list[Tensor], weights: Any, mask: Tensor | None) -> tuple[Tensor, list[Tensor]]:
        h = self.activation(self._weigh_state(states[0], weights[0], mask, projected))
        return h, [h]

    def _fused(self, dtype: torch.dtype) -> FusedKernel | None:
        kernels = {torch.tanh: torch._VF.rnn_tanh, torch.relu: torch._VF.rnn_relu}  # type: ignore[attr-defined]
        run = kernels.get(ACTIVATIONS.kernel(self.activation))
        return None if run is None or self.recurrent_dropout else FusedKernel(run, self._torch_weights(dtype))


class SimpleRNN(RNN, cell_class=SimpleRNNCell):
    """Run `h = activation(x @ kernel + h @ recurrent_kernel + bias)` along a sequence.

    Args:
        units: the size of the state and of the output.
        activation: of the state; none if None.
        use_bias: whether there is a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: what the weights start as.
        kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer: losses on weights and outputs.
        kernel_constraint, recurrent_constraint, bias_constraint: what the weights are projected on after each step.
        dropout, recurrent_dropout: how much of the inputs and of the state training drops, the same in all steps.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask: see RNN.
        seed: of the dropout.

    Shapes:
        (batch, steps, inputs) → (batch, units), or (batch, steps, units) with `return_sequences`.

    >>> SimpleRNN(4)(torch.ones(1, 5, 3)).shape
    torch.Size([1, 4])

    Source: Elman 1990, Finding structure in time.
    """

    units: int
    activation: ActivationLike = "tanh"  # type: ignore[valid-type]
    use_bias: bool = True
    kernel_initializer: InitializerLike = "glorot_uniform"  # type: ignore[valid-type]
    recurrent_initializer: InitializerLike = "orthogonal"  # type: ignore[valid-type]
    bias_initializer: InitializerLike = "zeros"  # type: ignore[valid-type]
    kernel_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    recurrent_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    bias_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    activity_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    kernel_constraint: ConstraintLike = None  # type: ignore[valid-type]
    recurrent_constraint: ConstraintLike = None  # type: ignore[valid-type]
    bias_constraint: ConstraintLike = None  # type: ignore[valid-type]
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    seed: Any = None
    zero_output_for_mask: bool = False
    implementation: Annotated[int, keyword_only] = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        self.input_spec = InputSpec(ndim=3)

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again."""
        config = super().get_config()
        if config["seed"] is None:
            del config["seed"]  # Keras's files never have it
        return config
