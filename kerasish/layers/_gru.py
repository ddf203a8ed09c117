"""GRU: gated recurrent units."""

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


class GRUCell(_RecurrentCell):
    """One step of GRU.

    `z, r = σ(x @ kernel[z, r] + h @ recurrent_kernel[z, r] + bias)`;
    `n = activation(x @ kernel[n] + r * (h @ recurrent_kernel[n]))`, or with `(r * h) @ recurrent_kernel[n]` if not
    `reset_after`; `h = z * h + (1 - z) * n`.

    Args:
        units: the size of the state and of the output.
        activation: of the new content; none if None.
        recurrent_activation: σ, of the gates.
        use_bias: whether there is a bias: one for inputs and one for the state if `reset_after`.
        kernel_initializer, recurrent_initializer, bias_initializer: what the weights start as.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: losses on the weights.
        kernel_constraint, recurrent_constraint, bias_constraint: what the weights are projected on after each step.
        dropout, recurrent_dropout: how much of the inputs and of the state training drops, the same in all steps.
        reset_after: whether the reset gate acts after the state is weighed, as in cuDNN, or before.
        seed: of the dropout.
        implementation: 2, or 1 for dropout with a mask for each gate, which `recurrent_dropout` has anyway.

    Shapes:
        (batch, inputs) and a state (batch, units) → (batch, units) and the new state in a list.

    >>> GRUCell(2, kernel_initializer="zeros")(torch.ones(1, 3), [torch.zeros(1, 2)])[0].tolist()
    [[0.0, 0.0]]
    """

    units: int
    activation: ActivationLike = "tanh"  # type: ignore[valid-type]
    recurrent_activation: ActivationLike = "sigmoid"  # type: ignore[valid-type]
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
    reset_after: bool = True
    seed: Any = None
    implementation: Annotated[int, keyword_only] = 2

    _gates = 3

    def build(self, input_shape: Any) -> None:
        """Make `kernel` (inputs, 3 units), `recurrent_kernel` (units, 3 units) and `bias`: gates z, r, n."""
        width = 3 * self.units
        self._make_weights(input_shape, (2, width) if self.reset_after else (width,), self.bias_initializer)

    def call(self, inputs: Tensor, states: Any, training: bool = False) -> tuple[Tensor, Any]:
        """Take one step."""
        output, new = self._step(inputs, states, training)
        return output, new if isinstance(states, (list, tuple)) else output

    _own_call = call

    def _input_bias(self, dtype: torch.dtype) -> Tensor | None:
        bias = super()._input_bias(dtype)
        return bias[0] if bias is not None and self.reset_after else bias

    def _recurrent_weights(self, dtype: torch.dtype) -> tuple[Tensor, Tensor | None]:
        bias = None if self.bias is None or not self.reset_after else self.bias.to(dtype)[1]
        return self.recurrent_kernel.to(dtype), bias

    def _advance(self, projected: Tensor, states: list[Tensor], weights: Any, mask: Tensor | None) -> tuple[Tensor, list[Tensor]]:
        h, (kernel, bias), units = states[0], weights, self.units
        gates, content = projected[:, : 2 * units], projected[:, 2 * units :]
        if self.reset_after:
            weighed = self._weigh_state(h, kernel, mask, bias)
            z, r = self.recurrent_activation(gates + weighed[:, : 2 * units]).chunk(2, 1)
            n = self.activation(torch.addcmul(content, r, weighed[:, 2 * units :]))
        else:
            by_gate = (h, h, h) if mask is None else h * mask
            z = self.recurrent_activation(torch.addmm(gates[:, :units], by_gate[0], kernel[:, :units]))
            r = self.recurrent_activation(torch.addmm(gates[:, units:], by_gate[1], kernel[:, units : 2 * units]))
            n = self.activation(torch.addmm(content, r * by_gate[2], kernel[:, 2 * units :]))
        h = torch.lerp(n, h, z)
        return h, [h]

    def _fused(self, dtype: torch.dtype) -> FusedKernel | None:
        if not self.reset_after or self._masks_each_gate or not self._has_usual_activations:
            return None
        return FusedKernel(torch._VF.gru, self._torch_weights(dtype))  # type: ignore[attr-defined]

    def _torch_weights(self, dtype: torch.dtype) -> list[Tensor]:
        weights = [self.kernel.to(dtype).t(), self.recurrent_kernel.to(dtype).t()]
        if self.bias is not None:
            weights += self.bias.to(dtype).unbind(0)

        def reordered(weight: Tensor) -> Tensor:
            z, r, n = weight.split(self.units)
            return torch.cat([r, z, n])

        return [reordered(weight) for weight in weights]


class GRU(RNN, cell_class=GRUCell):
    """Run gated recurrent units along a sequence: see GRUCell for the formula of a step.

    With the default activations, `reset_after`, no recurrent dropout and no `unroll` the whole sequence is one call of
    torch's own kernel, cuDNN's on a GPU, masks included.

    Args:
        units: the size of the state and of the output.
        activation: of the new content; none if None.
        recurrent_activation: of the gates.
        use_bias: whether there is a bias: one for inputs and one for the state if `reset_after`.
        kernel_initializer, recurrent_initializer, bias_initializer: what the weights start as.
        kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer: losses on weights and outputs.
        kernel_constraint, recurrent_constraint, bias_constraint: what the weights are projected on after each step.
        dropout, recurrent_dropout: how much of the inputs and of the state training drops, the same in all steps.
        seed: of the dropout.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask: see RNN.
        reset_after: whether the reset gate acts after the state is weighed, as in cuDNN, or before.
        use_cudnn: "auto" for a fused kernel where the arguments allow it, True to insist on one, False for none.
        implementation: 2, or 1 for dropout with a mask for each gate, which `recurrent_dropout` has anyway.

    Shapes:
        (batch, steps, inputs) → (batch, units), or (batch, steps, units) with `return_sequences`.

    >>> GRU(4, return_sequences=True)(torch.ones(1, 5, 3)).shape
    torch.Size([1, 5, 4])

    Source: Cho et al. 2014, arXiv 1406.1078.
    """

    units: int
    activation: ActivationLike = "tanh"  # type: ignore[valid-type]
    recurrent_activation: ActivationLike = "sigmoid"  # type: ignore[valid-type]
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
    seed: Any = None
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    reset_after: bool = True
    use_cudnn: Any = "auto"
    zero_output_for_mask: bool = False
    implementation: Annotated[int, keyword_only] = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        self.input_spec = InputSpec(ndim=3)
