"""AdditiveAttention: scores from sums."""

import torch

from kerasish.layers import AdditiveAttention


def test_it_is_the_formula():
    query, value = torch.randn(2, 3, 4), torch.randn(2, 5, 4)
    layer = AdditiveAttention()
    output, weights = layer([query, value], return_attention_scores=True)
    scores = (layer.scale * torch.tanh(query[:, :, None] + value[:, None])).sum(-1)
    torch.testing.assert_close(weights, scores.softmax(-1))
    torch.testing.assert_close(output, weights @ value)


def test_the_scale_is_a_vector_and_may_be_left_out():
    shapes = [(2, 3, 4), (2, 5, 4)]
    for use_scale, wanted in ((True, [(4,)]), (False, [])):
        layer = AdditiveAttention(use_scale)
        layer.build(shapes)
        assert [tuple(weight.shape) for weight in layer.weights] == wanted
