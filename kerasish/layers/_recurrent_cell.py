"""What the built-in recurrent cells share: their weights, their dropout masks, and steps apart from projections."""

from typing import Any, ClassVar

import torch
from torch import Tensor

from kerasish.activations._registry import ACTIVATIONS
from kerasish.core import default_device, linear, torch_dtype
from kerasish.layers._fused_recurrence import FusedKernel
from kerasish.layers._layer import Layer
from kerasish.random import SeedGenerator, dropout


class _RecurrentCell(Layer):
    """A cell that projects its inputs, of one step or of all steps at once, and then takes its steps.

    A cell has `units` and the arguments of its weights; it gives `_advance`, and `_fused` if torch has a kernel for it.
    The order of gates in kernels and biases is Keras's.
    """

    _gates: ClassVar[int] = 1
    _states: ClassVar[int] = 1

    # Whether the step, and the first states, are the class's own and nobody's who builds on it.
    _native: ClassVar[bool] = False
    _starts_with_zeros: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._native = cls.call is getattr(cls, "_own_call", None)
        cls._starts_with_zeros = cls.get_initial_state is _RecurrentCell.get_initial_state

    def __post_init__(self: Any) -> None:
        Layer.__post_init__(self)
        if isinstance(self.units, bool) or not isinstance(self.units, int) or self.units <= 0:
            raise ValueError(f"`units` must be a positive integer; received {self.units!r}.")
        if self.implementation not in (1, 2):
            raise ValueError(f"`implementation` must be 1 or 2; received {self.implementation!r}.")
        self.dropout = min(1.0, max(0.0, self.dropout))
        self.recurrent_dropout = min(1.0, max(0.0, self.recurrent_dropout))
        self.state_size = self.units if self._states == 1 else [self.units] * self._states
        self.output_size = self.units
        self.seed_generator = SeedGenerator(self.seed) if self.dropout or self.recurrent_dropout else None

    def _make_weights(self: Any, input_shape: Any, bias_shape: tuple[int, ...], bias_initializer: Any) -> None:
        """Make `kernel`, `recurrent_kernel` and `bias`, the kernels laid out as torch's kernels want them."""
        width = self._gates * self.units
        for name, inputs, kind in (("kernel", input_shape[-1], "kernel"), ("recurrent_kernel", self.units, "recurrent")):
            weight = self.add_weight(
                (inputs, width),
                getattr(self, f"{kind}_initializer"),
                regularizer=getattr(self, f"{kind}_regularizer"),
                constraint=getattr(self, f"{kind}_constraint"),
                name=name,
                memory_order=(1, 0),
            )
            setattr(self, name, weight)
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                bias_shape, bias_initializer, regularizer=self.bias_regularizer, constraint=self.bias_constraint, name="bias"
            )

    def _forget_bias(self: Any, shape: tuple[int, ...], dtype: Any = None) -> Tensor:
        """The bias of gates i, f, g, o, ones for f: it forgets nothing at first."""
        first, rest = (self.bias_initializer((n * self.units,), dtype=dtype) for n in (1, 2))
        return torch.cat([first, torch.ones_like(first), rest])

    def get_initial_state(self: Any, batch_size: Any = None) -> list[Tensor]:
        """Zeros for each state, (batch_size, units)."""
        device = self.kernel.device if self.built else default_device()
        zeros = torch.zeros((batch_size, self.units), dtype=torch_dtype(self.compute_dtype), device=device)
        return [zeros] * self._states

    # One step is a projection of the inputs and an advance of the states; sequences are projected all at once.

    def _step(self: Any, inputs: Tensor, states: Any, training: bool) -> tuple[Tensor, list[Tensor]]:
        states = list(states) if isinstance(states, (list, tuple)) else [states]
        input_mask, recurrent_mask = self._dropout_masks(inputs, states[0], training)
        return self._advance(self._project(inputs, input_mask), states, self._recurrent_weights(inputs.dtype), recurrent_mask)

    def _project(self: Any, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Weigh inputs, of a step or of all steps: (..., gates * units). A mask is (gates or 1, batch, features)."""
        kernel, bias = self.kernel.to(inputs.dtype).t(), self._input_bias(inputs.dtype)
        if mask is None:
            return linear(inputs, kernel, bias)
        if inputs.dim() == 3:
            mask = mask.unsqueeze(2)
        if mask.shape[0] == 1:
            return linear(inputs * mask[0], kernel, bias)
        parts = [linear(inputs * m, k) for m, k in zip(mask, kernel.chunk(self._gates), strict=True)]
        projected = torch.cat(parts, dim=-1)
        return projected if bias is None else projected + bias

    def _input_bias(self: Any, dtype: torch.dtype) -> Tensor | None:
        return None if self.bias is None else self.bias.to(dtype)

    def _recurrent_weights(self: Any, dtype: torch.dtype) -> tuple[Tensor, Tensor | None]:
        """What each step weighs the state with."""
        return self.recurrent_kernel.to(dtype), None

    def _weigh_state(self: Any, h: Tensor, kernel: Tensor, mask: Tensor | None, added: Tensor | None) -> Tensor:
        """Give `h @ kernel + added`, where each gate has a mask for `h` of its own."""
        if mask is None:
            return h @ kernel if added is None else torch.addmm(added, h, kernel)
        by_gate = kernel.view(self.units, self._gates, self.units).transpose(0, 1)
        weighed = torch.bmm(h * mask, by_gate).transpose(0, 1).reshape(h.shape[0], -1)
        return weighed if added is None else weighed + added

    def _advance(
        self, projected: Tensor, states: list[Tensor], weights: tuple[Tensor, Tensor | None], mask: Tensor | None
    ) -> tuple[Tensor, list[Tensor]]:
        """Give the output and the new states for one step's projected inputs."""
        raise NotImplementedError

    def _fused(self, dtype: torch.dtype) -> FusedKernel | None:
        """Torch's kernel for the whole sequence, or None if the arguments allow none."""
        return None

    @property
    def _has_usual_activations(self: Any) -> bool:
        """Whether the activations are those that torch's kernels have."""
        pair = ACTIVATIONS.kernel(self.activation), ACTIVATIONS.kernel(self.recurrent_activation)
        return pair[0] is torch.tanh and pair[1] is torch.sigmoid

    def _torch_weights(self: Any, dtype: torch.dtype) -> list[Tensor]:
        """The weights as torch's kernels take them, where the gates are in torch's order already."""
        weights = [self.kernel.to(dtype).t(), self.recurrent_kernel.to(dtype).t()]
        if self.bias is not None:
            bias = self.bias.to(dtype)
            weights += [bias, torch.zeros_like(bias)]
        return weights

    # Dropout: masks are made once for all steps of a sequence.

    @property
    def _masks_each_gate(self: Any) -> bool:
        return bool(self.recurrent_dropout or self.implementation == 1 and self.dropout)

    def _dropout_masks(self: Any, inputs: Tensor, state: Tensor, training: bool) -> tuple[Tensor | None, Tensor | None]:
        """Masks for the inputs of a step and for its state: (gates or 1, batch, features), or None."""
        if not training or not (self.dropout or self.recurrent_dropout):
            return None, None
        each = self._gates if self._masks_each_gate else 1
        step = inputs if inputs.dim() == 2 else inputs[:, 0]
        return self._dropout_mask(step, self.dropout, each), self._dropout_mask(state, self.recurrent_dropout, each)

    def _dropout_mask(self: Any, like: Tensor, rate: float, count: int) -> Tensor | None:
        return dropout(like.new_ones(count, *like.shape), rate, seed=self.seed_generator) if rate else None

    def get_config(self: Any) -> dict[str, Any]:
        """The arguments that would make this cell again."""
        config = Layer.get_config(self)
        config.pop("implementation", None)
        return config
