"""AdditiveAttention: a query looks at a sequence by sums, without projections."""

from typing import Any

import torch
from torch import Tensor

from kerasish.layers._attention import Attention


class AdditiveAttention(Attention):
    """Average values with weights from sums: `softmax(sum(scale * tanh(query + key))) @ value`.

    Called on a list [query, value] or [query, value, key]; the mask is a list too, [query_mask, value_mask].

    Args:
        use_scale: whether the features are weighed by a trained vector.
        dropout: how many of the weights training drops.
        seed: of the dropout.

    Shapes:
        (batch, queries, size), (batch, keys, values), (batch, keys, size) → (batch, queries, values), and the weights
        (batch, queries, keys) with `return_attention_scores`.

    >>> AdditiveAttention(use_scale=False)([torch.zeros(1, 2, 3), torch.ones(1, 4, 3)]).tolist()
    [[[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]]

    Source: Bahdanau et al. 2015, arXiv 1409.0473.
    """

    fields = {name: field for name, field in Attention.fields.items() if name != "score_mode"}
    score_mode = "additive"
    _modes = ("additive",)

    use_scale: bool = True
    dropout: float = 0.0

    def build(self, input_shape: Any) -> None:
        """Make `scale` (size,) where it is asked for."""
        self._check_inputs(input_shape)
        self.scale = None
        if self.use_scale:
            self.scale = self.add_weight((input_shape[0][-1],), "glorot_uniform", name="scale")

    def _calculate_scores(self, query: Tensor, key: Tensor) -> Tensor:
        weighed = torch.tanh(query.unsqueeze(-2) + key.unsqueeze(-3))
        return (weighed if self.scale is None else self.scale * weighed).sum(-1)
