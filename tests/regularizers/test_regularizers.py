"""Penalties on weights."""

import math

import numpy as np
import pytest
import torch

from kerasish import regularizers

X = [[1.0, -2.0, 0.0], [3.0, 0.5, -1.5]]


@pytest.mark.parametrize(
    ("regularizer", "expected"),
    [
        (regularizers.L1(0.5), 0.5 * 8.0),
        (regularizers.L2(0.5), 0.5 * 16.5),
        (regularizers.L1L2(0.5, 0.25), 0.5 * 8.0 + 0.25 * 16.5),
        (regularizers.L1L2(l1=0.5), 0.5 * 8.0),
        (regularizers.L1L2(l2=0.5), 0.5 * 16.5),
        (regularizers.L1L2(), 0.0),
        (regularizers.get("l1"), 0.01 * 8.0),
        (regularizers.get("l1_l2"), 0.0),
        (regularizers.L1(None), 0.01 * 8.0),
        (regularizers.L1L2(None, 1), 16.5),
    ],
)
def test_values(regularizer, expected):
    assert regularizer(torch.tensor(X)).item() == pytest.approx(expected)
    assert regularizer(np.array(X)).item() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("regularizer", "slope"),
    [(regularizers.L1(0.5), lambda x: 0.5 * x.sign()), (regularizers.L2(0.5), lambda x: x)],
)
def test_gradients(regularizer, slope):
    x = torch.tensor(X, requires_grad=True)
    regularizer(x).backward()
    torch.testing.assert_close(x.grad, slope(x.detach()))


def test_matrices_of_orthogonal_rows_have_no_orthogonal_penalty():
    x = torch.tensor([[3.0, 0.0, 0.0], [0.0, 0.0, 2.0]])
    assert regularizers.OrthogonalRegularizer(1.0)(x).item() == 0.0
    assert regularizers.OrthogonalRegularizer(1.0, "columns")(x[:, [0, 2]]).item() == 0.0


def test_the_orthogonal_penalty_is_the_mean_cosine_of_pairs():
    x = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, -2.0]])
    cosines = [1 / math.sqrt(2), 0.0, 1 / math.sqrt(2)]
    assert regularizers.OrthogonalRegularizer(0.3)(x).item() == pytest.approx(0.3 * sum(cosines) / 3)
    assert regularizers.OrthogonalRegularizer(0.3, mode="columns")(x.t()).item() == pytest.approx(0.3 * sum(cosines) / 3)


def test_one_row_has_nothing_to_be_orthogonal_to():
    assert regularizers.OrthogonalRegularizer()(torch.ones(1, 3)).item() == 0.0


def test_the_orthogonal_penalty_is_for_matrices():
    with pytest.raises(ValueError, match=r"needs a matrix, of shape \(rows, columns\); received \(2, 2, 2\)"):
        regularizers.OrthogonalRegularizer()(torch.ones(2, 2, 2))


@pytest.mark.parametrize("value", [-1, math.inf, math.nan, "0.1", torch.tensor(0.1)])
@pytest.mark.parametrize(
    ("cls", "name"),
    [(regularizers.L1, "l1"), (regularizers.L2, "l2"), (regularizers.L1L2, "l2"), (regularizers.OrthogonalRegularizer, "factor")],
)
def test_a_factor_is_a_number_of_at_least_zero(cls, name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be a finite number of at least 0"):
        cls(**{name: value})


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="`mode` must be 'rows' or 'columns'; received 'diagonals'"):
        regularizers.OrthogonalRegularizer(mode="diagonals")


class Mean(regularizers.Regularizer):
    """Written as for Keras: an `__init__` of its own."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, x):
        return self.factor * x.mean()


def test_ones_own_regularizer_has_its_arguments_for_config():
    assert Mean(2.0).get_config() == {"factor": 2.0}
    assert Mean.from_config({"factor": 2.0})(torch.ones(3)).item() == 2.0
