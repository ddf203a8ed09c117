"""Attention: masks, caps, and heads that are shared."""

import pytest
import torch

from kerasish import ops

Q, K, V = torch.randn(2, 5, 4, 8), torch.randn(2, 6, 4, 8), torch.randn(2, 6, 4, 8)


def by_hand(q, k, v, cap=None, allowed=None):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / 8**0.5
    scores = scores if cap is None else cap * torch.tanh(scores / cap)
    scores = scores if allowed is None else scores.masked_fill(~allowed, float("-inf"))
    return torch.einsum("bhqk,bkhd->bqhd", scores.softmax(-1), v)


def test_it_is_the_weighted_mean_of_the_values():
    torch.testing.assert_close(ops.dot_product_attention(Q, K, V), by_hand(Q, K, V))


def test_scores_are_capped():
    torch.testing.assert_close(ops.dot_product_attention(Q, K, V, attn_logits_soft_cap=0.5), by_hand(Q, K, V, cap=0.5))


def test_causality_holds_beside_a_bias():
    bias = torch.randn(2, 4, 5, 6)
    later = torch.ones(5, 6).tril().bool()
    expected = by_hand(Q, K, V, allowed=later.expand(2, 4, 5, 6))
    torch.testing.assert_close(ops.dot_product_attention(Q, K, V, bias=0 * bias, is_causal=True), expected)


def test_a_query_that_may_see_nothing_stays_finite():
    mask = torch.zeros(2, 1, 5, 6, dtype=torch.bool)
    q = Q.clone().requires_grad_()
    y = ops.dot_product_attention(q, K, V, mask=mask)
    torch.testing.assert_close(y, V.mean(1, keepdim=True).expand_as(y))
    y.sum().backward()
    assert torch.isfinite(q.grad).all()


@pytest.mark.parametrize("cap", [None, 2.0])
def test_fewer_heads_of_keys_serve_several_of_queries(cap):
    shared = ops.dot_product_attention(Q, K[:, :, :2], V[:, :, :2], attn_logits_soft_cap=cap)
    k, v = (x[:, :, [0, 0, 1, 1]] for x in (K, V))
    torch.testing.assert_close(shared, by_hand(Q, k, v, cap))


def test_bias_and_mask_exclude_each_other():
    with pytest.raises(ValueError, match="exclude each other"):
        ops.dot_product_attention(Q, K, V, bias=torch.zeros(1, 1, 5, 6), mask=torch.ones(1, 1, 5, 6))


def test_masks_in_double_precision():
    x = torch.rand(1, 3, 1, 2, dtype=torch.float64)
    masked = ops.dot_product_attention(x, x, x, mask=torch.ones(3, 3).tril().bool())
    torch.testing.assert_close(masked, ops.dot_product_attention(x, x, x, is_causal=True))
