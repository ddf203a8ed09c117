"""Projections of weights."""

import numpy as np
import pytest
import torch

from kerasish import constraints

W = torch.tensor([[3.0, 0.3, 0.0], [-4.0, -0.4, 0.0]])  # columns of norm 5, 0.5 and 0


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (constraints.NonNeg(), [[3, 0.3, 0], [0, 0, 0]]),
        (constraints.MaxNorm(), [[1.2, 0.3, 0], [-1.6, -0.4, 0]]),
        (constraints.MaxNorm(1.0), [[0.6, 0.3, 0], [-0.8, -0.4, 0]]),
        (constraints.UnitNorm(), [[0.6, 0.6, 0], [-0.8, -0.8, 0]]),
        (constraints.MinMaxNorm(1.0, 2.0), [[1.2, 0.6, 0], [-1.6, -0.8, 0]]),
        (constraints.MinMaxNorm(1.0, 2.0, rate=0.5), [[2.1, 0.45, 0], [-2.8, -0.6, 0]]),
        (constraints.MinMaxNorm(1.0, 2.0, rate=0.0), W.tolist()),
        (constraints.Constraint(), W.tolist()),
    ],
)
def test_values(constraint, expected):
    np.testing.assert_allclose(constraint(W), expected, rtol=1e-5)


@pytest.mark.parametrize("axis", [0, 1, (0, 1, 2), [0, 1, 2], None])
def test_norms_are_taken_over_the_axes_given(axis):
    w = torch.randn(3, 3, 4, 5)
    dim = tuple(axis) if isinstance(axis, list) else axis
    norms = torch.linalg.vector_norm(constraints.UnitNorm(axis)(w), dim=dim)
    torch.testing.assert_close(norms, torch.ones_like(norms))
    assert constraints.MaxNorm(0.1, axis).get_config() == {"max_value": 0.1, "axis": axis}


def test_the_weight_itself_is_left_alone():
    before = W.clone()
    for name in ("non_neg", "max_norm", "unit_norm", "min_max_norm"):
        constraints.get(name)(W)
    assert torch.equal(W, before)


class Rounded(constraints.Constraint):
    """Written as for Keras: an `__init__` of its own."""

    def __init__(self, digits=0):
        self.digits = digits

    def __call__(self, w):
        return w.round(decimals=self.digits)


def test_ones_own_constraint_has_its_arguments_for_config():
    assert Rounded(digits=1).get_config() == {"digits": 1}
    assert Rounded.from_config({"digits": 1})(torch.tensor([0.26])).item() == pytest.approx(0.3)
