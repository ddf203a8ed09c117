"""Binary cross entropies: numbers at the edges, logits and probabilities, labels that do not fit."""

import math

import pytest
import torch

from kerasish import losses

LABELS = torch.tensor([[0.0, 1.0, 1.0]])
LOGITS = torch.tensor([[-1.0, 2.0, -0.5]])


def test_logits_and_probabilities_agree():
    of_logits = losses.BinaryCrossentropy(from_logits=True)(LABELS, LOGITS)
    torch.testing.assert_close(losses.BinaryCrossentropy()(LABELS, LOGITS.sigmoid()), of_logits)
    expected = (math.log1p(math.exp(-1)) + math.log1p(math.exp(-2)) + math.log1p(math.exp(0.5))) / 3
    assert of_logits.item() == pytest.approx(expected)


def test_probabilities_of_0_and_1_are_held_epsilon_away():
    assert losses.binary_crossentropy([[1.0]], [[0.0]]).item() == pytest.approx(-math.log(1e-7), rel=1e-5)
    assert losses.binary_crossentropy([[1.0]], [[1.0]]).item() == pytest.approx(1e-7, rel=0.3)


def test_label_smoothing_draws_labels_to_a_half():
    torch.testing.assert_close(
        losses.BinaryCrossentropy(label_smoothing=0.2)(LABELS, LOGITS.sigmoid()),
        losses.BinaryCrossentropy()(torch.tensor([[0.1, 0.9, 0.9]]), LOGITS.sigmoid()),
    )


def test_focal_without_focus_is_the_cross_entropy():
    torch.testing.assert_close(
        losses.BinaryFocalCrossentropy(gamma=0.0, from_logits=True)(LABELS, LOGITS),
        losses.BinaryCrossentropy(from_logits=True)(LABELS, LOGITS),
    )


def test_focal_by_hand():
    value = losses.binary_focal_crossentropy([[1.0, 0.0]], [[0.75, 0.5]], apply_class_balancing=True, alpha=0.1)
    expected = (0.1 * 0.25**2 * -math.log(0.75) + 0.9 * 0.5**2 * -math.log(0.5)) / 2
    assert value.item() == pytest.approx(expected)


@pytest.mark.parametrize("name", ["BinaryCrossentropy", "BinaryFocalCrossentropy"])
def test_class_numbers_are_refused(name):
    with pytest.raises(ValueError, match=r"received \(4,\) and \(4, 10\).*SparseCategoricalCrossentropy"):
        getattr(losses, name)()(torch.zeros(4), torch.full((4, 10), 0.5))


@pytest.mark.parametrize("name", ["BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalCrossentropy"])
def test_label_smoothing_is_a_share(name):
    with pytest.raises(ValueError, match="`label_smoothing` must lie between 0 and 1; received 2"):
        getattr(losses, name)(label_smoothing=2)
