"""MultiHeadAttention: attention by several heads at once."""

import math
import string
from typing import Any

from torch import Tensor

from kerasish.constraints._registry import ConstraintLike
from kerasish.core import KerasTensor
from kerasish.core._infer import infer
from kerasish.initializers._registry import InitializerLike
from kerasish.layers._attention_projection import check_positions, check_window, project
from kerasish.layers._dot_product import attend_with, merge_masks
from kerasish.layers._einsum_dense import EinsumDense
from kerasish.layers._layer import Layer
from kerasish.random import SeedGenerator
from kerasish.regularizers._registry import REGULARIZERS, RegularizerLike


class MultiHeadAttention(Layer):
    """Let each position of a query look at the positions of a sequence: `softmax(q kᵀ / √key_dim) v` in each head.

    Query, key and value are projected to the heads; what the heads give is projected together. The core is torch's
    fused attention; it is done by its parts where the scores are wanted, or where dropout has a seed of its own.

    Args:
        num_heads: the number of heads.
        key_dim: the size of queries and keys in each head.
        value_dim: the size of values in each head; `key_dim` by default.
        dropout: how many of the attention weights training drops.
        use_bias: whether the projections have biases.
        output_shape: the sizes of the last axes of the outputs; that of the query by default.
        attention_axes: the axes attended over; by default all but batch and features.
        sliding_window: let positions look only at those fewer than so many away.
        flash_attention: True insists on torch's flash kernel; else torch takes the best that there is.
        kernel_initializer, bias_initializer: what the projections' weights start as.
        kernel_regularizer, bias_regularizer, activity_regularizer: losses on the projections' weights and outputs.
        kernel_constraint, bias_constraint: what the weights are projected on after each step.
        use_gate: whether the heads' outputs are multiplied by `sigmoid` of a projection of the query.
        seed: of the dropout.

    Shapes:
        query (batch, queries, a), value (batch, keys, b), key (batch, keys, c) → (batch, queries, a), and the scores
        (batch, heads, queries, keys) with `return_attention_scores`.

    >>> import torch
    >>> x = torch.ones(1, 5, 8)
    >>> MultiHeadAttention(2, 4)(x, x).shape
    torch.Size([1, 5, 8])

    Source: Vaswani et al. 2017, arXiv 1706.03762.
    """

    num_heads: int
    key_dim: int
    value_dim: int | None = None
    dropout: float = 0.0
    use_bias: bool = True
    output_shape: Any = None
    attention_axes: Any = None
    sliding_window: int | None = None
    flash_attention: bool | None = None
    kernel_initializer: InitializerLike = "glorot_uniform"  # type: ignore[valid-type]
    bias_initializer: InitializerLike = "zeros"  # type: ignore[valid-type]
    kernel_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    bias_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    activity_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    kernel_constraint: ConstraintLike = None  # type: ignore[valid-type]
    bias_constraint: ConstraintLike = None  # type: ignore[valid-type]
    use_gate: bool = False
    seed: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.value_dim is None:
            self.value_dim = self.key_dim
        for name in ("num_heads", "key_dim", "value_dim"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
                raise ValueError(f"`{name}` must be a positive integer; received {value!r}.")
        for name in ("output_shape", "attention_axes"):
            value = getattr(self, name)
            setattr(self, name, (value,) if isinstance(value, int) else None if value is None else tuple(value))
        check_window(self.sliding_window)
        if self.flash_attention and self.dropout > 0:
            raise ValueError("`flash_attention` has no dropout; received `dropout` > 0 with it. Leave one of them out.")
        self.seed_generator = SeedGenerator(self.seed) if self.seed is not None and self.dropout else None
        # It is for what the projections give; what the layer gives is one of these.
        self._projection_regularizer, self.activity_regularizer = self.activity_regularizer, None
        self.supports_masking = True

    # Weights: Keras's sublayers under Keras's names.

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:
        """Make the projections `query`, `key`, `value`, `attention_output`, and `gate` if there is one."""
        key_shape = value_shape if key_shape is None else key_shape
        check_positions(self.name, value_shape, key_shape)
        self._query_dense = self._to_heads("query", query_shape, self.key_dim)
        self._key_dense = self._to_heads("key", key_shape, self.key_dim)
        if self.use_gate:
            self._gate_dense = self._to_heads("gate", query_shape, self.value_dim, activation="sigmoid")
        self._value_dense = self._to_heads("value", value_shape, self.value_dim)
        rank = len(query_shape)
        axes = range(1, rank - 1) if self.attention_axes is None else self.attention_axes
        self._axes = tuple(axis if axis >= 0 else rank + axis for axis in axes)
        made = self.output_shape or (query_shape[-1],)
        free, summed, letters = _letters(rank - 1, 2, len(made))
        equation = f"{free}{summed},{summed}{letters}->{free}{letters}"
        shape = (*query_shape[:-1], self.num_heads, self.value_dim)
        self._output_dense = project(self, "attention_output", equation, (*(None,) * (rank - 2), *made), letters, shape)

    def _to_heads(self, name: str, shape: Any, size: Any, **arguments: Any) -> EinsumDense:
        free, summed, made = _letters(len(shape) - 1, 1, 2)
        output_shape = (*(None,) * (len(shape) - 2), self.num_heads, size)
        return project(self, name, f"{free}{summed},{summed}{made}->{free}{made}", output_shape, made, shape, **arguments)

    @property
    def query_dense(self) -> EinsumDense:
        """The projection of the query."""
        return self._query_dense

    @property
    def key_dense(self) -> EinsumDense:
        """The projection of the key."""
        return self._key_dense

    @property
    def value_dense(self) -> EinsumDense:
        """The projection of the value."""
        return self._value_dense

    @property
    def output_dense(self) -> EinsumDense:
        """The projection of what the heads give."""
        return self._output_dense

    # Calling.

    def call(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        key_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """Attend.

        Args:
            query: what looks; `value` what is taken; `key` what is looked at, the value by default.
            query_mask, value_mask, key_mask: True where there is something, (batch, positions).
            attention_mask: True where a query may look, (batch, queries, keys), with or without an axis for heads.
            return_attention_scores: whether the weights that each query gives to the positions come as second output.
            use_causal_mask: whether a position may look only at those before it and itself.
        """
        key = value if key is None else key
        masks = (query_mask, value_mask, key_mask, attention_mask)
        causal_only = use_causal_mask and self.sliding_window is None and all(mask is None for mask in masks)
        # A subclass may attend in its own way, which need not know of causality.
        causal_only = causal_only and type(self)._compute_attention is MultiHeadAttention._compute_attention
        mask = None if causal_only else merge_masks(query, value, *masks, use_causal_mask, self.sliding_window)
        gate = self._gate_dense(query) if self.use_gate else None
        heads = self._query_dense(query), self._key_dense(key), self._value_dense(value)
        extra = {"use_causal_mask": True} if causal_only else {}
        output, scores = self._compute_attention(*heads, mask, training, return_attention_scores, **extra)
        output = self._output_dense(output if gate is None else output * gate)
        return (output, scores) if return_attention_scores else output

    def _compute_attention(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attention_mask: Tensor | None = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attend in each head: (batch, positions, heads, size) → the same, and the scores if they were computed."""
        q, k, v = (self._heads_first(x) for x in (query, key, value))
        mask = None if attention_mask is None else self._mask_for(attention_mask, query, key)
        output, scores = attend_with(self, q, k, v, mask, use_causal_mask, training, return_attention_scores)
        if scores is not None and len(self._axes) > 1:
            scores = scores.view(*scores.shape[:-2], *(x.shape[axis] for x in (query, key) for axis in self._axes))
        return self._heads_last(output, query), scores

    def _heads_first(self, x: Tensor) -> Tensor:
        """(batch…, heads, positions, size): all axes attended over become one."""
        if x.dim() == 4:
            return x.transpose(1, 2)
        x = x.permute(*self._batch_axes(x.dim()), x.dim() - 2, *self._axes, x.dim() - 1)
        return x.flatten(-1 - len(self._axes), -2)

    def _heads_last(self, x: Tensor, query: Tensor) -> Tensor:
        """`_heads_first` undone."""
        if query.dim() == 4:
            return x.transpose(1, 2)
        rank = query.dim()
        x = x.unflatten(-2, [query.shape[axis] for axis in self._axes])
        order = [*self._batch_axes(rank), rank - 2, *self._axes, rank - 1]
        return x.permute(*sorted(range(rank), key=order.__getitem__))

    def _batch_axes(self, rank: int) -> list[int]:
        return [axis for axis in range(rank - 2) if axis not in self._axes]

    def _mask_for(self, mask: Tensor, query: Tensor, key: Tensor) -> Tensor:
        """The mask with an axis for heads, and one each for the positions of queries and keys."""
        count = len(self._axes)
        while mask.dim() < query.dim() + count - 1:
            mask = mask.unsqueeze(-2 * count - 1)
        if count == 1:
            return mask
        sizes = [[x.shape[axis] for axis in self._axes] for x in (query, key)]
        mask = mask.expand(*mask.shape[: -2 * count], *sizes[0], *sizes[1])
        return mask.reshape(*mask.shape[: -2 * count], math.prod(sizes[0]), math.prod(sizes[1]))

    def compute_output_shape(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> tuple:
        """The shape of the query, with `output_shape` at its end if that is given."""
        check_positions(self.name, value_shape, value_shape if key_shape is None else key_shape)
        return (*query_shape[:-1], *(self.output_shape or query_shape[-1:]))

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbols that stand for the outputs, the scores among them if they are asked for."""
        return infer(self, args, kwargs, KerasTensor, KerasTensor, str(self.name))

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again."""
        config = super().get_config()
        del config["flash_attention"]
        return {**config, "activity_regularizer": REGULARIZERS.serialize(self._projection_regularizer)}


def _letters(free: int, summed: int, made: int) -> tuple[str, str, str]:
    """Letters for the axes of a projection: those kept, those summed over, those made."""
    letters = string.ascii_lowercase
    return letters[:free], letters[free : free + summed], letters[free + summed : free + summed + made]
