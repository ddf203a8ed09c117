"""RNN: the layer that runs a recurrent cell along a sequence."""

from typing import Any, ClassVar

import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish._base._names import to_snake_case
from kerasish._base._serialization import deserialize, serialize
from kerasish.core import Variable, torch_dtype
from kerasish.core._infer import is_inferring
from kerasish.layers._fused_recurrence import FusedKernel, run_masked, run_sequence
from kerasish.layers._layer import Layer
from kerasish.layers._stacked_rnn_cells import StackedRNNCells, call_cell, check_cell, initial_state_of, output_size


def as_cell(cell: Any) -> Any:
    """Turn a config, or a list of cells, into the cell."""
    if isinstance(cell, (list, tuple)):
        return StackedRNNCells(cells=cell)  # type: ignore[call-arg]
    return deserialize(cell) if isinstance(cell, dict) else cell


class _Attributes:
    """The types of what RNN keeps of its arguments."""

    cell: Any
    return_sequences: bool
    return_state: bool
    go_backwards: bool
    stateful: bool
    unroll: bool
    zero_output_for_mask: bool


class RNN(Layer, _Attributes):
    """Run a recurrent cell along the steps of a sequence.

    The built-in cells run through torch's own kernels for whole sequences where their arguments allow it, masks
    included; other cells are called step by step.

    Args:
        cell: a cell, or a list of cells that are stacked. A cell has `call(inputs, states)`, which gives the output and
            the new states, `state_size`, and perhaps `output_size` and `get_initial_state(batch_size)`.
        return_sequences: whether the outputs of all steps are given, not only that of the last.
        return_state: whether the last states are given too, after the output, in one list with it.
        go_backwards: whether the sequence is run from its end; the outputs then come in that order.
        stateful: whether the last states are the first of the next call; the batch size must be fixed.
        unroll: run the steps one by one, never in a fused kernel.
        zero_output_for_mask: whether masked steps give zeros, not the output of the step before.

    Shapes:
        (batch, steps, inputs) → (batch, outputs), or (batch, steps, outputs) with `return_sequences`.

    >>> from kerasish.layers._lstm import LSTMCell
    >>> RNN([LSTMCell(4), LSTMCell(2)], return_sequences=True)(torch.ones(1, 5, 3)).shape
    torch.Size([1, 5, 2])
    """

    cell: Any
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    zero_output_for_mask: bool = False

    # Of layers that make their cell from arguments of their own.
    _cell_class: ClassVar[type | None] = None
    _starts_mask = False
    _native = False  # the cell is a built-in one
    use_cudnn = "auto"  # an argument of LSTM and GRU only

    def __init_subclass__(cls, cell_class: type | None = None, **kwargs: Any) -> None:
        if cell_class is not None:
            cls._cell_class = cell_class
            cls.fields = {name: field for name, field in cls.fields.items() if name != "cell"}
        super().__init_subclass__(**kwargs)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self._cell_class is not None:
            own = {name: getattr(self, name) for name in self._cell_class.fields if name in self.fields}
            own.update(dtype=self.dtype_policy, activity_regularizer=None)
            self.cell = self._cell_class(**{**own, "name": to_snake_case(self._cell_class.__name__)})
        self.cell = as_cell(self.cell)
        check_cell(self.cell)
        if self.use_cudnn not in ("auto", True, False):
            raise ValueError(f"`use_cudnn` must be 'auto', True or False; received {self.use_cudnn!r}.")
        size = self.cell.state_size
        if not isinstance(size, (int, list, tuple)):
            raise ValueError(f"`state_size` of a cell must be a size, or a list with one for each state; received {size!r}.")
        self._native = getattr(type(self.cell), "_native", False)
        self.single_state = isinstance(size, int)
        self.state_size = [size] if isinstance(size, int) else list(size)
        self.supports_masking = True

    @property
    def _mixes_rows(self) -> bool:
        return self.stateful

    # States.

    def get_initial_state(self, batch_size: int | None) -> list:
        """The states that a sequence begins with: those of the cell, in a list."""
        states = initial_state_of(self.cell, batch_size, self.compute_dtype)
        return list(states) if _tree.is_nested(states) else [states]

    @property
    def states(self) -> list | None:
        """The Variables that hold the states between calls, if the layer is stateful and built."""
        kept = self.__dict__.get("_state_names")
        return None if kept is None else _tree.map_structure(self._buffers.__getitem__, kept)

    def reset_state(self) -> None:
        """Set the states that are kept between calls to zero."""
        for state in _tree.flatten(self.states or []):
            state.assign(torch.zeros_like(state))

    def reset_states(self) -> None:
        """The same as `reset_state`."""
        self.reset_state()

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        """Build the cell, and the states if they are kept.

        Raises:
            ValueError: the layer is stateful, and the batch size is not known.
        """
        if isinstance(self.cell, Layer) and not self.cell.built:
            self.cell.build((sequences_shape[0], *sequences_shape[2:]))
        if self.stateful:
            if sequences_shape[0] is None:
                raise ValueError(
                    f"{self.name} is `stateful`, so its batch size must be known; received shape {sequences_shape}. "
                    "Give it with Input(batch_shape=…)."
                )
            self._keep_states(sequences_shape[0])

    def _keep_states(self, batch_size: int) -> None:
        first = self.get_initial_state(batch_size)
        names = [f"rnn_state_{i}" for i in range(len(_tree.flatten(first)))]
        for name, value in zip(names, _tree.flatten(first), strict=True):
            variable = Variable(value, dtype=self.variable_dtype, trainable=False, name="rnn_state")
            # They move with the layer; files and `weights` leave them out, as Keras does.
            self.register_buffer(name, variable, persistent=False)
        self.__dict__["_state_names"] = _tree.pack_sequence_as(first, names)

    def _first_states(self, sequences: Tensor, given: Any) -> list:
        if given is None and not self.stateful and self._native and self.cell._starts_with_zeros:
            if type(self).get_initial_state is RNN.get_initial_state:
                return [sequences.new_zeros(sequences.shape[0], self.cell.units)] * len(self.state_size)
        if given is None:
            given = self.states if self.stateful else self.get_initial_state(sequences.shape[0])
        states = list(given) if _tree.is_nested(given) else [given]
        if self.stateful:
            kept = _tree.flatten(self.states)[0]
            if kept.shape[0] != sequences.shape[0]:
                raise ValueError(
                    f"{self.name} is `stateful` with states for batches of {kept.shape[0]}; "
                    f"received {sequences.shape[0]} sequences."
                )
            # A copy: the Variables are overwritten before the backward pass.
            states = _tree.map_structure(torch.clone, states)
        return _tree.map_structure(lambda state: state.to(sequences.device, sequences.dtype), states)

    # Calling.

    def call(self, sequences: Tensor, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        """Run the cell along the sequences."""
        if is_inferring():
            return self._without_values(sequences)
        sequences = sequences.to(getattr(self.cell, "_computes_in", self._computes_in))
        if mask is not None:
            mask = _tree.flatten(mask)[0]
            mask = mask if mask is None else mask.to(torch.bool)
        states = self._first_states(sequences, initial_state)
        last_output, outputs, states = self.inner_loop(sequences, states, mask, training)
        if self.stateful:
            for kept, new in zip(_tree.flatten(self.states), _tree.flatten(states), strict=True):
                kept.assign(new.detach())
        output = (outputs if self.return_sequences else last_output).to(self._computes_in)
        if not self.return_state:
            return output
        return [output, *_tree.map_structure(lambda state: state.to(self._computes_in), states)]

    def inner_loop(self, sequences: Tensor, initial_state: list, mask: Tensor | None, training: bool = False) -> tuple:
        """Give the last output, the outputs of all steps (of the last, if they are not to be returned) and the last states."""
        if self.go_backwards:
            sequences = sequences.flip(1)
            mask = None if mask is None else mask.flip(1)
        kernel = self._fused_kernel(sequences)
        if kernel is None:
            return self._run_steps(sequences, initial_state, mask, training)
        if training and self.cell.dropout:
            sequences = sequences * self.cell._dropout_masks(sequences, initial_state[0], training)[0][0].unsqueeze(1)
        if mask is None:
            outputs, states = run_sequence(kernel, sequences, initial_state)
            # What a state is equal to costs its backward pass less than the last of all outputs does.
            return states[0], outputs, states
        mask = mask.squeeze(-1) if mask.dim() == 3 else mask
        need_states = self.return_state or self.stateful
        outputs, states = run_masked(kernel, sequences, initial_state, mask, self.return_sequences, need_states)
        if self.zero_output_for_mask:
            outputs = torch.where((mask if self.return_sequences else mask[:, -1:]).unsqueeze(-1), outputs, 0.0)
        return outputs[:, -1], outputs, states

    def _fused_kernel(self, sequences: Tensor) -> FusedKernel | None:
        """Torch's kernel for the cell, if there is one and it may be used here.

        Raises:
            ValueError: `use_cudnn=True` asks for one and there is none.
        """
        kernel = None
        # Compiled training takes the steps: torch's own kernels fall apart into slower ones there, or fail.
        traced = torch.compiler.is_compiling() and torch.is_grad_enabled()
        if self._native and self.use_cudnn is not False and not self.unroll and sequences.dim() == 3 and not traced:
            kernel = self.cell._fused(sequences.dtype)
        if kernel is None and self.use_cudnn is True and not traced:
            raise ValueError(
                f"{self.name} has `use_cudnn=True`, but its arguments allow no fused kernel: those want the default "
                "activations, no recurrent dropout, and no `unroll`. Pass use_cudnn='auto'."
            )
        return kernel

    def _run_steps(self, sequences: Tensor, states: list, mask: Tensor | None, training: bool) -> tuple:
        """Take the steps one by one."""
        if self._native:
            input_mask, recurrent_mask = self.cell._dropout_masks(sequences, states[0], training)
            weights = self.cell._recurrent_weights(sequences.dtype)
            sequences = self.cell._project(sequences, input_mask)

            def step(inputs: Tensor, states: list) -> tuple:
                return self.cell._advance(inputs, states, weights, recurrent_mask)

        else:

            def step(inputs: Tensor, states: list) -> tuple:
                return call_cell(self.cell, inputs, states, training)

        masks = None if mask is None else mask.unbind(1)
        outputs: list[Tensor] = []
        output: Tensor | None = None
        for i, inputs in enumerate(sequences.unbind(1)):
            new_output, new_states = step(inputs, states)
            new_states = _tree.pack_sequence_as(states, _tree.flatten(new_states))
            if masks is not None:
                before = torch.zeros_like(new_output) if output is None or self.zero_output_for_mask else output
                new_output = _where(masks[i], new_output, before)
                new_states = _tree.map_structure(lambda new, old, m=masks[i]: _where(m, new, old), new_states, states)
            output, states = new_output, new_states
            if self.return_sequences:
                outputs.append(output)
        if output is None:
            raise ValueError(f"{self.name}: a sequence must have at least one step; received shape {tuple(sequences.shape)}.")
        return output, torch.stack(outputs, 1) if outputs else output.unsqueeze(1), states

    # Shapes, masks, configs.

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        """The shape of the output, in a list with those of the states if they are returned."""
        batch, steps = sequences_shape[0], sequences_shape[1]
        size = output_size(self.cell)
        output = (batch, steps, size) if self.return_sequences else (batch, size)
        if not self.return_state:
            return output
        return [output, *_tree.map_structure(lambda size: (batch, size), self.state_size)]

    def _without_values(self, sequences: Tensor) -> Any:
        """Empty outputs, while only shapes are asked for: loops would be slow."""

        def empty(shape: Any) -> Any:
            if any(isinstance(part, (list, tuple)) for part in shape):
                return [empty(part) for part in shape]
            return torch.empty(shape, dtype=torch_dtype(self.compute_dtype), device=sequences.device)

        return empty(self.compute_output_shape(tuple(sequences.shape)))

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the sequences, if the outputs of all steps are given; none otherwise, and none for states."""
        output_mask = _tree.flatten(previous_mask)[0] if self.return_sequences else None
        return [output_mask, *(None for _ in self.state_size)] if self.return_state else output_mask

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again."""
        config = super().get_config()
        if self._cell_class is None:
            return {**config, "cell": serialize(self.cell)}
        for name in ("use_cudnn", "implementation"):
            config.pop(name, None)
        return {**config, "activity_regularizer": config.get("activity_regularizer")}


def _where(mask: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """Take the new values where a step counts; the mask is (batch,) or (batch, 1)."""
    return torch.where(mask.reshape(mask.shape[0], *(1,) * (new.dim() - 1)), new, old)
