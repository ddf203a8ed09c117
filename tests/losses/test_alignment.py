"""Alignment: which axes are added, taken away or broadcast, and what does not fit."""

import pytest
import torch

from kerasish.losses import MeanSquaredError, mean_squared_error
from kerasish.losses._alignment import align


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((4,), (4, 1), ((4, 1), (4, 1))),
        ((4, 1), (4,), ((4, 1), (4, 1))),
        ((4, 3), (4, 3, 1), ((4, 3), (4, 3))),
        ((4, 3, 1), (4, 3), ((4, 3), (4, 3))),
        ((), (1,), ((), ())),
        ((4,), (4, 2), ((4,), (4, 2))),
        ((4,), (4, 1, 1), ((4,), (4, 1, 1))),
    ],
)
def test_a_last_axis_of_one_is_matched(a, b, expected):
    assert tuple(tuple(x.shape) for x in align(torch.zeros(a), torch.zeros(b))) == expected


def test_column_and_row_are_not_multiplied_out():
    assert MeanSquaredError()(torch.tensor([1.0, 2.0]), torch.tensor([[1.0], [2.0]])) == 0


def test_one_value_is_compared_with_all():
    assert MeanSquaredError()(torch.tensor([[1.0], [2.0]]), torch.tensor([[1.0, 3.0], [2.0, 2.0]])) == 1.0


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"`y_true` must have the shape of `y_pred`.*received \(4, 3\) and \(4, 2\)"):
        MeanSquaredError()(torch.zeros(4, 3), torch.zeros(4, 2))


def test_functions_compute_in_the_dtype_of_the_predictions():
    assert mean_squared_error([[1]], torch.zeros(1, 1, dtype=torch.float64)).dtype == torch.float64
    assert mean_squared_error([[1]], [[3]]).tolist() == [4.0]
