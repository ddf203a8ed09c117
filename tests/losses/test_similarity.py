"""Circle loss, by hand."""

import math

import pytest
import torch

from kerasish import losses

POINTS = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])


def test_by_hand():
    # Of the first: distance 1 to its like, 2 to the other; the other is far enough (1.4 - 2 < 0) and counts nothing.
    values = losses.circle([0, 0, 1], POINTS, gamma=1.0, margin=0.4)
    assert values[0].item() == pytest.approx(math.log1p(math.exp(1.4 * 0.6)))
    assert values[1].item() == pytest.approx(math.log1p(math.exp(1.4 * 0.6 + 0.4 * -0.4)))
    assert values[2].item() == 0.0  # it has no like


def test_mean_is_over_those_that_have_something_to_learn():
    values = losses.circle([0, 0, 1], POINTS, gamma=1.0)
    assert losses.Circle(gamma=1.0)([0, 0, 1], POINTS).item() == pytest.approx(values.sum().item() / 2)


def test_references_take_the_place_of_the_batch():
    values = losses.circle([0], POINTS[:1], ref_labels=[0, 1], ref_embeddings=POINTS[1:], gamma=1.0, remove_diagonal=False)
    assert values.tolist() == pytest.approx([math.log1p(math.exp(1.4 * 0.6))])


def test_class_with_no_like_has_a_finite_gradient():
    points = POINTS.clone().requires_grad_()
    assert torch.isfinite(torch.autograd.grad(losses.Circle()([0, 0, 1], points), points)[0]).all()
