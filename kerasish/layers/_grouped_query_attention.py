"""GroupedQueryAttention: several heads of the query share one of keys and values."""

from typing import Any

from torch import Tensor

from kerasish.constraints._registry import ConstraintLike
from kerasish.core import KerasTensor
from kerasish.core._infer import infer
from kerasish.initializers._registry import InitializerLike
from kerasish.layers._attention_projection import check_positions, check_window, project
from kerasish.layers._dot_product import attend_with, merge_masks
from kerasish.layers._layer import Layer
from kerasish.random import SeedGenerator
from kerasish.regularizers._registry import RegularizerLike


class GroupedQueryAttention(Layer):
    """Attend as MultiHeadAttention does, with fewer heads for keys and values than for queries.

    Args:
        head_dim: the size of each head.
        num_query_heads: the number of heads of the query.
        num_key_value_heads: the number of heads of keys and values; it divides that of the query.
        dropout: how many of the attention weights training drops.
        use_bias: whether the projections have biases.
        sliding_window: let positions look only at those fewer than so many away.
        flash_attention: True insists on torch's flash kernel; else torch takes the best that there is.
        kernel_initializer, bias_initializer: what the projections' weights start as.
        kernel_regularizer, bias_regularizer, activity_regularizer: losses on the projections' weights and outputs.
        kernel_constraint, bias_constraint: what the weights are projected on after each step.
        use_gate: whether the heads' outputs are multiplied by `sigmoid` of a projection of the query.
        seed: of the dropout.

    Shapes:
        query (batch, queries, a), value (batch, keys, b), key (batch, keys, c) → (batch, queries, a), and the scores
        (batch, query heads, queries, keys) with `return_attention_scores`.

    >>> import torch
    >>> x = torch.ones(1, 5, 8)
    >>> GroupedQueryAttention(2, 4, 2)(x, x).shape
    torch.Size([1, 5, 8])

    Source: Ainslie et al. 2023, arXiv 2305.13245.
    """

    aliases = ("GroupQueryAttention",)
    exported_as = "GroupQueryAttention"  # files name it so, and find its weights under the class's own name

    head_dim: int
    num_query_heads: int
    num_key_value_heads: int
    dropout: float = 0.0
    use_bias: bool = True
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
        for name in ("head_dim", "num_query_heads", "num_key_value_heads"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
                raise ValueError(f"`{name}` must be a positive integer; received {value!r}.")
        if self.num_query_heads % self.num_key_value_heads:
            raise ValueError(
                f"`num_query_heads` must be divisible by `num_key_value_heads`; received {self.num_query_heads} "
                f"and {self.num_key_value_heads}."
            )
        check_window(self.sliding_window)
        if self.flash_attention and self.dropout > 0:
            raise ValueError("`flash_attention` has no dropout; received `dropout` > 0 with it. Leave one of them out.")
        self.seed_generator = SeedGenerator(self.seed) if self.seed is not None and self.dropout else None
        self.supports_masking = True

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:
        """Make the projections `query`, `key`, `value`, `attention_output`, and `gate` if there is one."""
        key_shape = value_shape if key_shape is None else key_shape
        check_positions(self.name, value_shape, key_shape)
        queries, keys, size = self.num_query_heads, self.num_key_value_heads, self.head_dim
        self._query_dense = project(self, "query", "bqm,muh->bquh", (None, queries, size), "uh", query_shape)
        self._key_dense = project(self, "key", "bkm,mvh->bkvh", (None, keys, size), "vh", key_shape)
        if self.use_gate:
            gate = project(self, "gate", "bqm,muh->bquh", (None, queries, size), "uh", query_shape, activation="sigmoid")
            self._gate_dense = gate
        self._value_dense = project(self, "value", "bkm,mvh->bkvh", (None, keys, size), "vh", value_shape)
        output_shape = (None, query_shape[-1])
        self._output_dense = project(self, "attention_output", "bquh,uhm->bqm", output_shape, "m", (None, None, queries, size))

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
        """Attend; the arguments are those of MultiHeadAttention."""
        key = value if key is None else key
        masks = (query_mask, value_mask, key_mask, attention_mask)
        causal_only = use_causal_mask and self.sliding_window is None and all(mask is None for mask in masks)
        mask = None if causal_only else merge_masks(query, value, *masks, use_causal_mask, self.sliding_window)
        gate = self._gate_dense(query) if self.use_gate else None
        q, k, v = (heads.transpose(1, 2) for heads in (self._query_dense(query), self._key_dense(key), self._value_dense(value)))
        if mask is not None and mask.dim() < 4:
            mask = mask.unsqueeze(1)
        output, scores = attend_with(self, q, k, v, mask, causal_only, training, return_attention_scores)
        output = output.transpose(1, 2)
        output = self._output_dense(output if gate is None else output * gate)
        return (output, scores) if return_attention_scores else output

    def compute_output_shape(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> tuple:
        """The shape of the query."""
        check_positions(self.name, value_shape, value_shape if key_shape is None else key_shape)
        if query_shape[-1] != value_shape[-1]:
            raise ValueError(
                f"{self.name}: `query` and `value` must have the same last axis; received shapes {query_shape} and {value_shape}."
            )
        return tuple(query_shape)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbols that stand for the outputs, the scores among them if they are asked for."""
        return infer(self, args, kwargs, KerasTensor, KerasTensor, str(self.name))

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again."""
        config = super().get_config()
        del config["flash_attention"]
        return {**config, "activity_regularizer": config.get("activity_regularizer")}


GroupQueryAttention = GroupedQueryAttention
