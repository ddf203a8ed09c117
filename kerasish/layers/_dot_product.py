"""Dot-product attention on heads: torch's fused kernels, and the same by its parts where the weights are wanted."""

import contextlib
import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from kerasish.random import dropout


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None = None,
    causal: bool = False,
    scale: float | None = None,
    dropout_rate: float = 0.0,
    flash: bool | None = None,
    lowest: float | None = None,
) -> Tensor:
    """Give `softmax(query @ keyᵀ * scale) @ value` where the mask allows it, in one kernel.

    Args:
        query: (..., heads, positions, size); `key` and `value` alike, with a number of heads that divides the query's.
        mask: True where a query may look; it broadcasts to (..., heads, positions, positions of the keys).
        causal: whether each query may look at no later position; without a mask.
        scale: 1 / sqrt(size) by default.
        dropout_rate: how many of the weights are dropped.
        flash: True insists on the flash kernel; else torch takes the best that there is.
        lowest: what is added to the score of a masked position, which keeps rows that see nothing finite.
    """
    if mask is not None:
        lowest = torch.finfo(query.dtype).min * 0.7 if lowest is None else lowest
        mask = torch.where(mask, query.new_zeros(()), lowest)
    grouped = query.shape[-3] != key.shape[-3]
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION) if flash else contextlib.nullcontext():
        return F.scaled_dot_product_attention(
            query, key, value, mask, dropout_rate, bool(causal), scale=scale, enable_gqa=grouped
        )


def attend_with(
    layer: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, causal: bool, training: Any, want_weights: bool
) -> tuple[Tensor, Tensor | None]:
    """Attend as the `dropout`, `seed_generator` and `flash_attention` of a layer ask for, and give the weights if wanted.

    The weights are as before dropout. `causal` comes without a mask.
    """
    rate, scale = layer.dropout if training else 0.0, 1.0 / math.sqrt(query.shape[-1])
    if not want_weights and not (rate and layer.seed_generator is not None):
        return attend(query, key, value, mask, causal, scale, rate, layer.flash_attention), None
    if layer.flash_attention:
        raise ValueError("`flash_attention` gives no attention scores; leave it out, or `return_attention_scores`.")
    if causal:
        mask = causal_mask(query.shape[-2], key.shape[-2], query.device)
    if query.shape[-3] != key.shape[-3]:
        shared = query.shape[-3] // key.shape[-3]
        key, value = key.repeat_interleave(shared, -3), value.repeat_interleave(shared, -3)
    weights = attention_weights(query, key, mask, scale)
    return (dropout(weights, rate, seed=layer.seed_generator) if rate else weights) @ value, weights


def attention_weights(query: Tensor, key: Tensor, mask: Tensor | None, scale: float) -> Tensor:
    """Give `softmax(query @ keyᵀ * scale)`; what the mask forbids is zero, in rows that see nothing too."""
    weights = (query * scale) @ key.transpose(-1, -2)
    if mask is None:
        return weights.softmax(-1)
    weights = torch.where(mask, weights, -3e4 if weights.dtype is torch.float16 else -1e9).softmax(-1)
    return torch.where(mask, weights, 0.0)


def causal_mask(queries: int, keys: int, device: torch.device) -> Tensor:
    """True where a key is not later than the query: (1, queries, keys)."""
    return torch.ones(1, queries, keys, dtype=torch.bool, device=device).tril()


def window_mask(queries: int, keys: int, window: int, device: torch.device) -> Tensor:
    """True where a key is fewer than `window` positions away from the query: (1, queries, keys)."""
    return torch.ones(1, queries, keys, dtype=torch.bool, device=device).triu(1 - window).tril(window - 1)


def merge_masks(
    query: Tensor,
    value: Tensor,
    query_mask: Any,
    value_mask: Any,
    key_mask: Any,
    attention_mask: Any,
    causal: bool,
    window: int | None,
) -> Tensor | None:
    """Give the one mask (batch or 1, queries, keys) that all these come to, or None."""
    queries, keys = query.shape[1], value.shape[1]
    masks = [None if query_mask is None else query_mask.to(torch.bool).unsqueeze(-1)]
    masks += [None if mask is None else mask.to(torch.bool).unsqueeze(-2) for mask in (value_mask, key_mask)]
    masks.append(causal_mask(queries, keys, query.device) if causal else None)
    masks.append(None if window is None else window_mask(queries, keys, window, query.device))
    masks.append(None if attention_mask is None else attention_mask.to(torch.bool))
    merged = None
    for mask in masks:
        if mask is not None:
            merged = mask if merged is None else merged & mask
    return merged
