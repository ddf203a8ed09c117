"""Crossentropies and divergences: smoothing, ignored classes, shapes that do not fit."""

import math

import pytest
import torch

from kerasish import metrics

SCORES = torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]])


def test_crossentropies_are_logarithms_of_what_was_given():
    expected = -(math.log(0.25) + math.log(0.8)) / 2
    assert metrics.SparseCategoricalCrossentropy()([2, 1], SCORES).item() == pytest.approx(expected)
    assert metrics.CategoricalCrossentropy()(torch.eye(3)[[2, 1]], SCORES).item() == pytest.approx(expected)
    assert metrics.BinaryCrossentropy()([[1.0, 0.0]], [[0.25, 0.2]]).item() == pytest.approx(expected)


def test_logits_give_the_same():
    for name, labels in (
        ("SparseCategoricalCrossentropy", torch.tensor([2, 1])),
        ("CategoricalCrossentropy", torch.eye(3)[[2, 1]]),
    ):
        ours = [getattr(metrics, name)(from_logits=x)(labels, SCORES.log() if x else SCORES).item() for x in (True, False)]
        assert ours[0] == pytest.approx(ours[1], rel=1e-5)
    logits = torch.tensor([[0.3, -2.0]])
    values = [metrics.BinaryCrossentropy(from_logits=x)([[1.0, 0.0]], logits if x else logits.sigmoid()) for x in (True, False)]
    assert values[0].item() == pytest.approx(values[1].item(), rel=1e-5)


def test_impossible_predictions_cost_much_but_are_finite():
    assert metrics.SparseCategoricalCrossentropy()([0], [[0.0, 1.0]]).item() == pytest.approx(-math.log(1e-7), rel=1e-5)
    assert metrics.BinaryCrossentropy()([[1.0]], [[0.0]]).item() == pytest.approx(-math.log(1e-7), rel=1e-5)


def test_half_precision_keeps_sure_predictions_finite():
    y_pred = torch.tensor([[1.0, 0.0]], dtype=torch.float16)
    assert metrics.BinaryCrossentropy()([[0.0, 1.0]], y_pred).item() == pytest.approx(-math.log(1e-7), rel=0.02)


def test_an_ignored_class_gives_zero_and_a_mask():
    values = metrics.sparse_categorical_crossentropy(torch.tensor([2, -1]), SCORES, ignore_class=-1)
    assert values.tolist() == pytest.approx([-math.log(0.25), 0.0])
    assert values._keras_mask.tolist() == [True, False]


def test_classes_may_lie_on_another_axis():
    images, labels = torch.rand(2, 3, 4, 5), torch.randint(0, 3, (2, 4, 5))
    first = metrics.sparse_categorical_crossentropy(labels, images, from_logits=True, axis=1)
    last = metrics.sparse_categorical_crossentropy(labels, images.movedim(1, -1), from_logits=True)
    torch.testing.assert_close(first, last)


def test_one_sample_alone_has_a_value():
    assert metrics.sparse_categorical_crossentropy(torch.tensor(1), torch.tensor([0.25, 0.75])).item() == pytest.approx(
        -math.log(0.75)
    )


def test_smoothing_moves_labels_towards_equal_chances():
    smoothed = metrics.categorical_crossentropy([[1.0, 0.0]], [[0.75, 0.25]], label_smoothing=0.2).item()
    assert smoothed == pytest.approx(-0.9 * math.log(0.75) - 0.1 * math.log(0.25))


@pytest.mark.parametrize("gamma", [0.0, 1.0, 3.0])
def test_focal_crossentropies_discount_what_is_easy(gamma):
    easy = metrics.binary_focal_crossentropy([[1.0]], [[0.9]], gamma=gamma).item()
    assert easy == pytest.approx(-(0.1**gamma) * math.log(0.9), rel=1e-4)
    easy = metrics.categorical_focal_crossentropy([[1.0, 0.0]], [[0.9, 0.1]], gamma=gamma, alpha=0.5).item()
    assert easy == pytest.approx(-0.5 * 0.1**gamma * math.log(0.9), rel=1e-4)


def test_no_divergence_from_oneself():
    assert metrics.KLDivergence()(SCORES, SCORES).item() == pytest.approx(0, abs=1e-7)
    assert metrics.KLDivergence()(SCORES[:1], SCORES[1:]).item() > 0


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("SparseCategoricalCrossentropy", torch.zeros(3)),
        ("SparseCategoricalCrossentropy", torch.zeros(2, 3)),
        ("CategoricalCrossentropy", torch.zeros(2)),
        ("CategoricalCrossentropy", torch.zeros(2, 1)),
        ("BinaryCrossentropy", torch.zeros(2, 1)),
    ],
)
def test_labels_that_do_not_fit_are_refused(name, labels):
    with pytest.raises(ValueError, match="`y_true` must have the shape of `y_pred`"):
        getattr(metrics, name)().update_state(labels, SCORES)
