"""Attention: values averaged with weights that queries and keys decide."""

import contextlib
import math

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from kerasish.core import op as operation
from kerasish.ops._inputs import TensorLike, as_tensor, like

op = operation("keras.src.ops.nn")


def _masked_out(dtype: torch.dtype) -> float:
    """What is added to the scores that do not count: finite, so that a row without any stays finite."""
    return 0.7 * torch.finfo(dtype).min


def _added_to_scores(query: Tensor, key: Tensor, bias: Tensor | None, mask: Tensor | None, is_causal: bool) -> Tensor | None:
    """The one tensor that bias, mask and causality come to; queries and keys have their positions on axis 1."""
    allowed = mask
    if is_causal:
        queries, keys = query.shape[1], key.shape[1]
        earlier = torch.ones((queries, keys), dtype=torch.bool, device=query.device).tril()
        allowed = earlier if allowed is None else allowed & earlier
    if allowed is None:
        return bias
    blocked = torch.where(allowed, query.new_zeros(()), _masked_out(query.dtype))
    return blocked if bias is None else bias + blocked


@op
def dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    bias: TensorLike = None,
    mask: TensorLike = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Tensor:
    """Compute `softmax(query · key * scale + bias) · value` for each head, with torch's fused kernels.

    Args:
        query: (batch, queries, heads, size).
        key, value: (batch, keys, heads, size); heads may be fewer, each then serves several of the query's.
        bias: added to the scores (batch, heads, queries, keys).
        mask: True where a key counts, of the shape of the scores; `bias` and `mask` exclude each other.
        scale: `1 / sqrt(size)` by default.
        is_causal: whether a query sees only keys up to its own position.
        flash_attention: True insists on the flash kernel; else torch takes the best that there is.
        attn_logits_soft_cap: scores become `cap * tanh(scores / cap)`; this has no fused kernel.

    Shapes: → (batch, queries, heads, size)

    Source: Vaswani et al. 2017, arXiv 1706.03762.
    """
    query = as_tensor(query)
    key, value = like(key, query), like(value, query)
    for name, tensor in (("query", query), ("key", key), ("value", value)):
        if tensor.ndim != 4:
            raise ValueError(
                f"`{name}` must have the axes (batch, positions, heads, size); received shape {tuple(tensor.shape)}."
            )
    if bias is not None and mask is not None:
        raise ValueError("`bias` and `mask` exclude each other; received both.")
    if not query.dtype is key.dtype is value.dtype:
        dtype = torch.promote_types(torch.promote_types(query.dtype, key.dtype), value.dtype)
        query, key, value = query.to(dtype), key.to(dtype), value.to(dtype)
    bias = None if bias is None else like(bias, query).to(query.dtype)
    mask = None if mask is None else like(mask, query).to(torch.bool)
    if bias is not None or mask is not None or attn_logits_soft_cap is not None:
        bias, is_causal = _added_to_scores(query, key, bias, mask, is_causal), False
    q, k, v = query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)
    if attn_logits_soft_cap is not None:
        return _capped(q, k, v, bias, scale, attn_logits_soft_cap).transpose(1, 2)
    shared = q.shape[1] != k.shape[1]
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION) if flash_attention else contextlib.nullcontext():
        y = F.scaled_dot_product_attention(q, k, v, bias, 0.0, is_causal, scale=scale, enable_gqa=shared)
    return y.transpose(1, 2)


def _capped(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, scale: float | None, cap: float) -> Tensor:
    if q.shape[1] != k.shape[1]:
        k, v = (x.repeat_interleave(q.shape[1] // x.shape[1], dim=1) for x in (k, v))
    scores = q @ k.transpose(-1, -2) * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    scores = cap * torch.tanh(scores / cap)
    return torch.softmax(scores if bias is None else scores + bias, -1) @ v
