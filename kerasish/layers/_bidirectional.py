"""Bidirectional: a recurrent layer run along a sequence from both ends."""

from typing import Any

import torch
from torch import Tensor

from kerasish._base._serialization import deserialize, serialize
from kerasish.core._infer import is_inferring
from kerasish.layers._fused_recurrence import FusedKernel, run_kernel
from kerasish.layers._layer import Layer
from kerasish.layers._rnn import RNN

_MERGES = {
    "concat": lambda y, back: torch.cat([y, back], dim=-1),
    "sum": torch.add,
    "ave": lambda y, back: (y + back) / 2,
    "mul": torch.mul,
    None: lambda y, back: [y, back],
}
_ALIKE = ("stateful", "return_sequences", "return_state")


class Bidirectional(Layer):
    """Run a recurrent layer along a sequence, a second one along the reversed sequence, and merge what they give.

    Both layers are new ones made from the config of `layer`. With `return_sequences` masked steps give zeros.

    Args:
        layer: a recurrent layer, or any with `go_backwards`, `return_sequences`, `return_state` and `stateful`.
        merge_mode: "concat", "sum", "ave", "mul", or None to get both outputs in a list.
        weights: initial values for the weights of both layers, forward ones first.
        backward_layer: the layer for the reversed sequence; by default one like `layer`.

    Shapes:
        those of `layer`; the last axis is twice as large for "concat". States come after the output, forward ones first.

    >>> from kerasish.layers._lstm import LSTM
    >>> Bidirectional(LSTM(4))(torch.ones(1, 5, 3)).shape
    torch.Size([1, 8])

    Source: Schuster & Paliwal 1997.
    """

    _starts_mask = False

    def __init__(
        self, layer: Any, merge_mode: str | None = "concat", weights: Any = None, backward_layer: Any = None, **kwargs: Any
    ) -> None:
        layer, backward_layer = (deserialize(given) if isinstance(given, dict) else given for given in (layer, backward_layer))
        for argument, given in (("layer", layer), ("backward_layer", backward_layer)):
            if not isinstance(given, Layer) and (given is not None or argument == "layer"):
                raise ValueError(f"`{argument}` must be a Layer; received {given!r}.")
        if merge_mode not in _MERGES:
            raise ValueError(f"`merge_mode` must be 'concat', 'sum', 'ave', 'mul' or None; received {merge_mode!r}.")
        super().__init__(**kwargs)
        self.merge_mode = merge_mode
        self.forward_layer = _like(layer, "forward_")
        self.backward_layer = _like(layer, "backward_", go_backwards=True) if backward_layer is None else backward_layer
        self._initial_weights = weights
        self._check_layers()
        for half in (self.forward_layer, self.backward_layer):
            if hasattr(layer, "use_cudnn"):
                half.use_cudnn = layer.use_cudnn
            if hasattr(half, "zero_output_for_mask"):
                half.zero_output_for_mask = half.return_sequences
        self.stateful, self.return_sequences, self.return_state = (getattr(layer, name) for name in _ALIKE)
        self.supports_masking = True
        self.input_spec = layer.input_spec

    def _check_layers(self) -> None:
        forward, backward = self.forward_layer, self.backward_layer
        if forward.go_backwards == backward.go_backwards:
            raise ValueError(
                f"`layer` and `backward_layer` must differ in `go_backwards`; received {forward.go_backwards} for both."
            )
        for name in _ALIKE:
            if getattr(forward, name) != getattr(backward, name):
                raise ValueError(
                    f"`layer` and `backward_layer` must have the same `{name}`; "
                    f"received {getattr(forward, name)} and {getattr(backward, name)}."
                )

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        """Build both layers."""
        for half in (self.forward_layer, self.backward_layer):
            if not half.built:
                half.build(sequences_shape)
        if self._initial_weights is not None:
            middle = len(self._initial_weights) // 2
            self.forward_layer.set_weights(self._initial_weights[:middle])
            self.backward_layer.set_weights(self._initial_weights[middle:])

    def call(self, sequences: Tensor, initial_state: Any = None, mask: Any = None, training: bool | None = None) -> Any:
        """Run both layers and merge their outputs."""
        sequences = sequences.to(self._computes_in)
        kernel = None if mask is not None or is_inferring() else self._fused_kernel(sequences, training)
        if kernel is not None:
            y, y_back, states = self._run_fused(kernel, sequences, initial_state)
        else:
            y, y_back, states = self._run_both(sequences, initial_state, mask, training)
        if y_back is None:
            return [y, *states] if self.return_state else y
        output = _MERGES[self.merge_mode](y.to(self._computes_in), y_back.to(self._computes_in))
        if not self.return_state:
            return output
        return [*output, *states] if self.merge_mode is None else [output, *states]

    def _run_both(self, sequences: Tensor, initial_state: Any, mask: Any, training: bool | None) -> tuple:
        """Call one layer after the other."""
        half = 0 if initial_state is None else len(initial_state) // 2
        results = []
        for layer, first in ((self.forward_layer, slice(None, half)), (self.backward_layer, slice(half, None))):
            given: dict[str, Any] = {} if initial_state is None else {"initial_state": list(initial_state[first])}
            if layer._call_signature.training:
                given["training"] = training
            if layer._call_signature.mask and mask is not None:
                given["mask"] = mask
            results.append(layer(sequences, **given))
        states = []
        if self.return_state:
            states = [state for result in results for state in result[1:]]
            results = [result[0] for result in results]
        y, y_back = results
        return y, y_back.flip(1) if self.return_sequences else y_back, states

    # Both directions in one call of torch's kernel.

    def _fused_kernel(self, sequences: Tensor, training: bool | None) -> FusedKernel | None:
        """One kernel for both directions, if the two layers are alike and nobody watches them."""
        halves = (self.forward_layer, self.backward_layer)
        if not all(isinstance(half, RNN) and type(half).call is RNN.call and half.built for half in halves):
            return None
        forward, backward = halves
        watched = any(half._forward_hooks or half._forward_pre_hooks or half.activity_regularizer for half in halves)
        if watched or self.stateful or forward.go_backwards or any(half._computes_in is not self._computes_in for half in halves):
            return None
        ahead, behind = (half._fused_kernel(sequences) for half in halves)
        if ahead is None or behind is None or training and (forward.cell.dropout or backward.cell.dropout):
            return None
        alike = ahead.run is behind.run and [w.shape for w in ahead.weights] == [w.shape for w in behind.weights]
        return FusedKernel(ahead.run, ahead.weights + behind.weights) if alike else None

    def _run_fused(self, kernel: FusedKernel, sequences: Tensor, initial_state: Any) -> tuple:
        count, units = len(self.forward_layer.state_size), self.forward_layer.cell.units
        if initial_state is None:
            first = [sequences.new_zeros(2, sequences.shape[0], units)] * count
        else:
            given = [state.to(sequences.dtype) for state in initial_state]
            first = [torch.stack([given[i], given[count + i]]) for i in range(count)]
        outputs, last = run_kernel(kernel, sequences, first, bidirectional=True)
        states = [state[direction] for direction in (0, 1) for state in last]
        if not self.return_sequences:
            return states[0], states[count], states
        if self.merge_mode == "concat":
            return outputs, None, states
        return outputs[..., :units], outputs[..., units:], states

    # States, shapes, masks, configs.

    @property
    def states(self) -> tuple | None:
        """The Variables that hold the states between calls, forward ones first."""
        forward, backward = self.forward_layer.states, self.backward_layer.states
        return (*forward, *backward) if forward and backward else None

    def reset_state(self) -> None:
        """Set the states that are kept between calls to zero.

        Raises:
            AttributeError: the layer is not stateful.
        """
        if not self.stateful:
            raise AttributeError(f"{self.name} keeps no states to reset; it is not `stateful`.")
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    def reset_states(self) -> None:
        """The same as `reset_state`."""
        self.reset_state()

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        """The shape of the output, in a list with those of the states if they are returned."""
        shape = self.forward_layer.compute_output_shape(sequences_shape)
        output, states = (shape[0], list(shape[1:])) if self.return_state else (shape, [])
        if self.merge_mode == "concat":
            output = (*output[:-1], output[-1] * 2)
        outputs = [output, output] if self.merge_mode is None else [output]
        return [*outputs, *states, *states] if self.return_state or self.merge_mode is None else output

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the sequences, if the outputs of all steps are given; none otherwise, and none for states."""
        mask = previous_mask[0] if isinstance(previous_mask, (list, tuple)) else previous_mask
        mask = mask if self.return_sequences else None
        masks = [mask, mask] if self.merge_mode is None else [mask]
        if self.return_state:
            masks += [None] * (2 * len(self.forward_layer.state_size))
        return masks if len(masks) > 1 else mask

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again, without the weights."""
        config = super().get_config()
        config.pop("weights", None)
        return {
            **config,
            "merge_mode": self.merge_mode,
            "layer": serialize(self.forward_layer),
            "backward_layer": serialize(self.backward_layer),
        }


def _like(layer: Any, prefix: str, **changes: Any) -> Any:
    """A new layer with the same arguments and no weights yet."""
    config = {**layer.get_config(), **changes, "name": prefix + layer.name.removeprefix(prefix)}
    return type(layer).from_config(config)
