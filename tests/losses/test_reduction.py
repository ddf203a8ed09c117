"""Reductions, by hand: weights, masks, and divisors of zero."""

import pytest
import torch

from kerasish.losses._reduction import reduce_weighted

VALUES = torch.tensor([[1.0, 2.0], [3.0, 6.0]])


def reduce(reduction, weight=None, mask=None, values=VALUES):
    return reduce_weighted(values, weight, mask, reduction, torch.float32)


@pytest.mark.parametrize(
    ("reduction", "weight", "expected"),
    [
        ("sum", None, 12.0),
        ("mean", None, 3.0),
        ("sum_over_batch_size", None, 3.0),
        ("mean_with_sample_weight", None, 3.0),
        ("sum", [[1.0], [2.0]], 21.0),
        ("mean", [[1.0], [2.0]], 21.0 / 4),
        ("mean_with_sample_weight", [[1.0, 0.0], [2.0, 1.0]], 13.0 / 4),
        ("mean_with_sample_weight", [[1.0], [2.0]], 21.0 / 3),
        ("mean_with_sample_weight", [[0.0], [0.0]], 0.0),
        ("mean", [[[0.5], [0.5]], [[0.5], [0.5]]], 1.5),
    ],
)
def test_numbers(reduction, weight, expected):
    assert reduce(reduction, weight) == pytest.approx(expected)


@pytest.mark.parametrize("reduction", ["none", None])
def test_none_keeps_weighted_values(reduction):
    assert reduce(reduction, [[1.0], [2.0]]).tolist() == [[1.0, 2.0], [6.0, 12.0]]


def test_mean_divides_by_what_the_mask_leaves():
    assert reduce("mean", mask=torch.tensor([[True, False], [True, True]])) == pytest.approx(10 / 3)


def test_mask_of_whole_samples_lies_on_all_their_values():
    assert reduce("mean", mask=torch.tensor([[False], [True]])) == pytest.approx(4.5)


def test_mask_that_leaves_nothing_gives_zero():
    assert reduce("mean", mask=torch.zeros(2, 2, dtype=torch.bool)) == 0


def test_weight_of_another_shape_is_explained():
    with pytest.raises(ValueError, match=r"`sample_weight` must .* broadcasts to \(2, 2\).* received \(3,\)"):
        reduce("mean", torch.ones(3))
