"""LSTM: long short-term memory."""

from typing import Annotated, Any

import torch
from torch import Tensor

from kerasish._base._configurable import keyword_only
from kerasish.activations._registry import ActivationLike
from kerasish.constraints._registry import ConstraintLike
from kerasish.initializers._registry import InitializerLike
from kerasish.layers._fused_recurrence import FusedKernel
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._recurrent_cell import _RecurrentCell
from kerasish.layers._rnn import RNN
from kerasish.regularizers._registry import RegularizerLike


class LSTMCell(_RecurrentCell):
    """One step of LSTM, with states `h` and `c`.

    `i, f, g, o = split(x @ kernel + h @ recurrent_kernel + bias)`;
    `c = σ(f) * c + σ(i) * activation(g)`; `h = σ(o) * activation(c)`.

    Args:
        units: the size of the states and of the output.
        activation: of what is written and of what is read; none if None.
        recurrent_activation: σ, of the gates.
        use_bias: whether there is a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: what the weights start as.
        unit_forget_bias: whether the bias of the forget gate starts as ones.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: losses on the weights.
        kernel_constraint, recurrent_constraint, bias_constraint: what the weights are projected on after each step.
        dropout, recurrent_dropout: how much of the inputs and of the state training drops, the same in all steps.
        seed: of the dropout.
        implementation: 2, or 1 for dropout with a mask for each gate, which `recurrent_dropout` has anyway.

    Shapes:
        (batch, inputs) and [h, c] of (batch, units) → (batch, units) and the new [h, c].

    >>> zeros = torch.zeros(1, 2)
    >>> LSTMCell(2, kernel_initializer="zeros")(torch.ones(1, 3), [zeros, zeros])[0].tolist()
    [[0.0, 0.0]]
    """

    units: int
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
    implementation: Annotated[int, keyword_only] = 2

    _gates, _states = 4, 2

    def build(self, input_shape: Any) -> None:
        """Make `kernel` (inputs, 4 units), `recurrent_kernel` (units, 4 units) and `bias` (4 units,): gates i, f, g, o."""
        initializer = self._forget_bias if self.unit_forget_bias else self.bias_initializer
        self._make_weights(input_shape, (4 * self.units,), initializer)

    def call(self, inputs: Tensor, states: Any, training: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Take one step."""
        return self._step(inputs, states, training)

    _own_call = call

    def _advance(self, projected: Tensor, states: list[Tensor], weights: Any, mask: Tensor | None) -> tuple[Tensor, list[Tensor]]:
        h, c = states
        i, f, g, o = self._weigh_state(h, weights[0], mask, projected).chunk(4, 1)
        c = torch.addcmul(self.recurrent_activation(f) * c, self.recurrent_activation(i), self.activation(g))
        h = self.recurrent_activation(o) * self.activation(c)
        return h, [h, c]

    def _fused(self, dtype: torch.dtype) -> FusedKernel | None:
        if self._masks_each_gate or not self._has_usual_activations:
            return None
        # With i shut and f open `c` stays as it is.
        return FusedKernel(torch._VF.lstm, self._torch_weights(dtype), hold=(-1, 1, 0, 0))  # type: ignore[attr-defined]


class LSTM(RNN, cell_class=LSTMCell):
    """Run long short-term memory along a sequence: see LSTMCell for the formula of a step.

    With the default activations, no recurrent dropout and no `unroll` the whole sequence is one call of torch's own
    kernel, cuDNN's on a GPU, masks included.

    Args:
        units: the size of the states and of the output.
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
        use_cudnn: "auto" for a fused kernel where the arguments allow it, True to insist on one, False for none.
        implementation: 2, or 1 for dropout with a mask for each gate, which `recurrent_dropout` has anyway.

    Shapes:
        (batch, steps, inputs) → (batch, units), or (batch, steps, units) with `return_sequences`.

    >>> LSTM(4)(torch.ones(1, 5, 3)).shape
    torch.Size([1, 4])

    Source: Hochreiter & Schmidhuber 1997; Jozefowicz et al. 2015 for the bias of the forget gate.
    """

    units: int
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
    use_cudnn: Any = "auto"
    zero_output_for_mask: bool = False
    implementation: Annotated[int, keyword_only] = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        self.input_spec = InputSpec(ndim=3)
