"""Attention: a query looks at a sequence by dot products, without projections."""

from typing import Any, ClassVar

import torch
from torch import Tensor

from kerasish.core import KerasTensor, convert_to_tensor
from kerasish.core._infer import infer
from kerasish.layers._dot_product import attend, causal_mask
from kerasish.layers._layer import Layer
from kerasish.random import SeedGenerator, dropout


class Attention(Layer):
    """Average values with weights that queries and keys decide: `softmax(query @ keyᵀ) @ value`.

    Called on a list [query, value] or [query, value, key]; the mask is a list too, [query_mask, value_mask].

    Args:
        use_scale: whether the scores are multiplied by a trained scalar.
        score_mode: "dot" for `query · key`, "concat" for `weight * sum(tanh(query + key))` with a trained weight.
        dropout: how many of the weights training drops.
        seed: of the dropout.

    Shapes:
        (batch, queries, size), (batch, keys, values), (batch, keys, size) → (batch, queries, values), and the weights
        (batch, queries, keys) with `return_attention_scores`.

    >>> Attention()([torch.zeros(1, 2, 3), torch.ones(1, 4, 3)]).tolist()
    [[[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]]

    Source: Luong et al. 2015, arXiv 1508.04025.
    """

    use_scale: bool = False
    score_mode: str = "dot"
    dropout: float = 0.0
    seed: Any = None

    _modes: ClassVar[tuple[str, ...]] = ("dot", "concat")
    _starts_mask = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.score_mode not in self._modes:
            raise ValueError(f"`score_mode` must be 'dot' or 'concat'; received {self.score_mode!r}.")
        self.supports_masking = True
        self.seed_generator = SeedGenerator(self.seed) if self.seed is not None and self.dropout else None

    def build(self, input_shape: Any) -> None:
        """Make `scale` and `concat_score_weight`, scalars, where they are asked for."""
        self._check_inputs(input_shape)
        self.scale: Any = None
        self.concat_score_weight: Any = None
        if self.use_scale:
            self.scale = self.add_weight((), "ones", name="scale")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight")

    def _calculate_scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Give the scores, (batch, queries, keys)."""
        if self.score_mode == "dot":
            scores = query @ key.transpose(-1, -2)
            return scores if self.scale is None else scores * self.scale
        summed = query.unsqueeze(-2) + key.unsqueeze(-3)
        summed = torch.tanh(summed if self.scale is None else self.scale * summed)
        return summed.sum(-1) * self.concat_score_weight

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """Attend.

        Args:
            inputs: [query, value] or [query, value, key].
            mask: [query_mask, value_mask], True where there is something, or None for either.
            return_attention_scores: whether the weights come as second output.
            use_causal_mask: whether a position may look only at those before it and itself.
        """
        self._check_inputs(inputs, mask)
        query, value, key = inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else inputs[1]
        query_mask, value_mask = (None, None) if mask is None else mask[:2]
        allowed = None if value_mask is None else value_mask.to(torch.bool).unsqueeze(-2)
        if use_causal_mask:
            causal = causal_mask(query.shape[-2], key.shape[-2], query.device)
            allowed = causal if allowed is None else allowed & causal
        rate = self.dropout if training else 0.0
        lowest = -65504.0 if query.dtype is torch.float16 else -1e9
        if self.score_mode == "dot" and not return_attention_scores and not (rate and self.seed_generator):
            query = query if self.scale is None else query * self.scale
            allowed = None if allowed is None else allowed.unsqueeze(1)
            heads = (query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1))
            outputs, weights = attend(*heads, allowed, scale=1.0, dropout_rate=rate, lowest=lowest).squeeze(1), None
        else:
            scores = self._calculate_scores(query, key)
            weights = (scores if allowed is None else torch.where(allowed, scores, scores + lowest)).softmax(-1)
            weights = dropout(weights, rate, seed=self.seed_generator) if rate else weights
            outputs = weights @ value
        if query_mask is not None:
            outputs = torch.where(query_mask.to(torch.bool).unsqueeze(-1), outputs, 0.0)
        return (outputs, weights) if return_attention_scores else outputs

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the query."""
        self._check_inputs(inputs, mask)
        return None if mask is None or mask[0] is None else convert_to_tensor(mask[0])

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """The shape of the query, with the size of the values."""
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbols that stand for the outputs, the scores among them if they are asked for."""
        return infer(self, args, kwargs, KerasTensor, KerasTensor, str(self.name))

    def _check_inputs(self, inputs: Any, mask: Any = None) -> None:
        if not isinstance(inputs, list) or len(inputs) not in (2, 3):
            raise ValueError(f"{self.name} is called on a list [query, value] or [query, value, key]; received {inputs!r}.")
        if mask is not None and (not isinstance(mask, list) or len(mask) not in (2, 3)):
            raise ValueError(f"{self.name}: `mask` must be a list [query_mask, value_mask]; received {mask!r}.")
