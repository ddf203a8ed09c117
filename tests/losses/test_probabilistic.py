"""Divergences and counts, by hand."""

import math

import pytest

from kerasish import losses


def test_divergence_of_a_distribution_from_itself_is_zero():
    assert losses.KLDivergence()([[0.25, 0.75]], [[0.25, 0.75]]) == 0


def test_divergence():
    expected = 0.5 * math.log(0.5 / 0.25) + 0.5 * math.log(0.5 / 0.75)
    assert losses.KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]).item() == pytest.approx(expected)


def test_divergence_from_what_was_held_impossible_is_finite():
    assert losses.KLDivergence()([[1.0, 0.0]], [[0.0, 1.0]]).item() == pytest.approx(-math.log(1e-7), rel=1e-5)


def test_poisson():
    assert losses.Poisson()([[3.0, 0.0]], [[2.0, 0.5]]).item() == pytest.approx((2 - 3 * math.log(2) + 0.5) / 2)
