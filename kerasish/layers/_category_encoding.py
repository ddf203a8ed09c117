"""CategoryEncoding: classes told by number as vectors, one for each class, some for a sample, or counted."""

from typing import Any

import torch
from torch import Tensor

from kerasish.layers._layer import Layer
from kerasish.ops import multi_hot, one_hot

OUTPUT_MODES = ("multi_hot", "one_hot", "count")


def encode(numbers: Tensor, mode: str, depth: int, dtype: torch.dtype, weights: Tensor | None = None) -> Tensor:
    """Give classes, told by number, as vectors of `depth`: see CategoryEncoding."""
    if numbers.dim() == 0:
        numbers = numbers.unsqueeze(0)
    if mode == "one_hot":
        alone = numbers.dim() > 1 and numbers.shape[-1] == 1
        return one_hot(numbers.squeeze(-1) if alone else numbers, depth, dtype=dtype)
    if mode == "multi_hot":
        return multi_hot(numbers, depth, dtype=dtype)
    each = one_hot(numbers, depth, dtype=dtype)
    if weights is not None:
        each = each.to(weights.dtype) * weights.unsqueeze(-1)
    return each.sum(1 if numbers.dim() > 1 else 0)


def check_dense(sparse: bool) -> None:
    """Check that nobody asks for sparse tensors.

    Raises:
        ValueError: somebody does.
    """
    if sparse:
        raise ValueError("`sparse` must be False: only dense tensors are supported.")


class CategoryEncoding(Layer):
    """Turn the numbers of classes into vectors; a number that names no class adds nothing.

    Args:
        num_tokens: how many classes there are.
        output_mode: "one_hot" for a vector for each number, "multi_hot" for one for each sample with 1 for the classes
            that it has, or "count" for how often it has them.
        sparse: must be False.

    Shapes:
        (batch, numbers) → (batch, num_tokens), or (batch, numbers, num_tokens) of "one_hot" if numbers are not just one.

    >>> CategoryEncoding(4, output_mode="count")(torch.tensor([[0, 2, 2]])).tolist()
    [[1.0, 0.0, 2.0, 0.0]]
    """

    _built_at_once = True

    num_tokens: int | None = None
    output_mode: str = "multi_hot"
    sparse: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.num_tokens, bool) or not isinstance(self.num_tokens, int) or self.num_tokens < 1:
            raise ValueError(f"`num_tokens` must be the number of classes, at least 1; received {self.num_tokens!r}.")
        self.output_mode = "multi_hot" if self.output_mode == "binary" else self.output_mode
        if self.output_mode not in OUTPUT_MODES:
            raise ValueError(f"`output_mode` must be one of {', '.join(map(repr, OUTPUT_MODES))}; received {self.output_mode!r}.")
        check_dense(self.sparse)
        # Numbers of classes must come as they are: bfloat16 has no 257.
        self.autocast = False
        self._build_at_once()

    def call(self, inputs: Tensor, count_weights: Tensor | None = None) -> Tensor:
        """Encode; `count_weights`, of the inputs' shape, says how much each number counts."""
        if count_weights is not None:
            if self.output_mode != "count":
                raise ValueError(f'`count_weights` is for `output_mode="count"`; this layer has {self.output_mode!r}.')
            count_weights = count_weights.to(self._computes_in)
        assert self.num_tokens is not None
        return encode(inputs, self.output_mode, self.num_tokens, self._computes_in, count_weights)

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again."""
        config = super().get_config()
        del config["sparse"]
        return config
