"""GroupQueryAttention: heads of the query that share heads of keys and values."""

import pytest
import torch

from kerasish.layers import GroupQueryAttention, MultiHeadAttention

X = torch.linspace(-1, 1, 2 * 5 * 6).view(2, 5, 6)


@pytest.mark.parametrize("scores", [False, True])
def test_shared_heads_are_equal_heads(scores):
    layer, plain = GroupQueryAttention(3, 4, 2), MultiHeadAttention(4, 3)
    layer.build(X.shape, X.shape), plain.build(X.shape, X.shape)
    weights = layer.get_weights()
    for i in (2, 3, 4, 5):
        weights[i] = weights[i].repeat(2, axis=-2)
    plain.set_weights(weights)
    given = {"use_causal_mask": True, "return_attention_scores": scores}
    torch.testing.assert_close(layer(X, X, **given), plain(X, X, **given))


def test_heads_must_divide():
    with pytest.raises(ValueError, match="`num_query_heads` must be divisible by `num_key_value_heads`; received 4 and 3"):
        GroupQueryAttention(3, 4, 3)


def test_dropout_acts_in_training_only():
    layer = GroupQueryAttention(3, 4, 2, dropout=0.5)
    torch.testing.assert_close(layer(X, X), layer(X, X))
    assert not torch.allclose(layer(X, X, training=True), layer(X, X))


def test_numbers_say_yes_and_no_to_causality():
    layer = GroupQueryAttention(3, 4, 2)
    x = X
    assert torch.equal(layer(x, x, use_causal_mask=1), layer(x, x, use_causal_mask=True))
    assert torch.equal(layer(x, x, use_causal_mask=0), layer(x, x))
