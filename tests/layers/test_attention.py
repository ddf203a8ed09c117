"""Attention: dot products without projections, masks in lists, any axes before the positions."""

import pytest
import torch

from kerasish.layers import Attention, Input

QUERY, VALUE = torch.linspace(-1, 1, 2 * 3 * 4).view(2, 3, 4), torch.linspace(-1, 2, 2 * 5 * 4).view(2, 5, 4)


def test_it_is_the_formula():
    weights = (QUERY @ VALUE.transpose(-1, -2)).softmax(-1)
    torch.testing.assert_close(Attention()([QUERY, VALUE]), weights @ VALUE)
    torch.testing.assert_close(Attention()([QUERY, VALUE], return_attention_scores=True), (weights @ VALUE, weights))


def test_masked_queries_give_zeros_and_masked_values_are_not_seen():
    masks = [torch.tensor([[True, False, True]] * 2), torch.tensor([[True, True, False, False, False]] * 2)]
    output = Attention()([QUERY, VALUE], mask=masks)
    wanted = Attention()([QUERY, VALUE[:, :2]])
    torch.testing.assert_close(output, wanted * masks[0][..., None])
    assert Attention().compute_mask([QUERY, VALUE], masks) is masks[0]


def test_there_may_be_more_axes_before_the_positions():
    query, value = torch.randn(2, 6, 3, 4), torch.randn(2, 6, 5, 4)
    output = Attention()([query, value], use_causal_mask=True)
    torch.testing.assert_close(output[:, 1], Attention()([query[:, 1], value[:, 1]], use_causal_mask=True))


@pytest.mark.parametrize("seed", [None, 4])
def test_dropout_acts_in_training_only(seed):
    layer = Attention(dropout=0.5, seed=seed)
    torch.testing.assert_close(layer([QUERY, VALUE]), Attention()([QUERY, VALUE]))
    assert not torch.allclose(layer([QUERY, VALUE], training=True), layer([QUERY, VALUE]))


@pytest.mark.parametrize("inputs", [QUERY, [QUERY], [QUERY] * 4])
def test_inputs_come_in_a_list_of_two_or_three(inputs):
    with pytest.raises(ValueError, match="is called on a list"):
        Attention()(inputs)


def test_the_score_mode_is_checked():
    with pytest.raises(ValueError, match="`score_mode` must be 'dot' or 'concat'; received 'additive'"):
        Attention(score_mode="additive")


def test_shapes_on_symbols():
    output, scores = Attention()([Input((3, 4)), Input((5, 6)), Input((5, 4))], return_attention_scores=True)
    assert (output.shape, scores.shape) == ((None, 3, 6), (None, 3, 5))


def test_the_mask_of_the_query_goes_on():
    layer = Attention()
    inputs = [torch.zeros(1, 2, 3), torch.zeros(1, 4, 3)]
    assert layer.compute_mask(inputs, mask=[[[True, False]], None]).tolist() == [[True, False]]
    assert layer.compute_mask(inputs) is None and layer.supports_masking
