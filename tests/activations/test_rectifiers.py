"""Rectified and exponential linear units, thresholds and shrinkage."""

import math

import numpy as np
import pytest
import torch

from kerasish import activations

X = [-10.0, -2.0, -0.25, 0.0, 0.25, 2.0, 10.0]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0, 0, 0, 0, 0.25, 2, 10]),
        ({"negative_slope": 0.5}, [-5, -1, -0.125, 0, 0.25, 2, 10]),
        ({"max_value": 2.0}, [0, 0, 0, 0, 0.25, 2, 2]),
        ({"max_value": 6}, [0, 0, 0, 0, 0.25, 2, 6]),
        ({"threshold": 2.0}, [0, 0, 0, 0, 0, 0, 10]),
        ({"threshold": -1.0}, [0, 0, -0.25, 0, 0.25, 2, 10]),
        ({"threshold": -1.0, "max_value": 5.0}, [0, 0, 0, 0, 0.25, 2, 5]),
        ({"threshold": 1.0, "negative_slope": 0.1, "max_value": 5.0}, [-1.1, -0.3, -0.125, -0.1, -0.075, 2, 5]),
        ({"negative_slope": 0.1, "max_value": 5.0}, [-1, -0.2, -0.025, 0, 0.25, 2, 5]),
    ],
)
def test_relu_bends_where_its_options_say(options, expected):
    np.testing.assert_allclose(activations.relu(X, **options), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("activation", "options", "expected"),
    [
        (activations.leaky_relu, {}, [-2, -0.4, -0.05, 0, 0.25, 2, 10]),
        (activations.leaky_relu, {"negative_slope": 0.1}, [-1, -0.2, -0.025, 0, 0.25, 2, 10]),
        (activations.relu6, {}, [0, 0, 0, 0, 0.25, 2, 6]),
        (activations.elu, {"alpha": 2.0}, [*(2 * math.expm1(x) for x in X[:3]), 0, 0.25, 2, 10]),
        (activations.celu, {"alpha": 2.0}, [*(2 * math.expm1(x / 2) for x in X[:3]), 0, 0.25, 2, 10]),
        (activations.threshold, {"threshold": 0.25, "default_value": 7.0}, [7, 7, 7, 7, 7, 2, 10]),
        (activations.hard_shrink, {}, [-10, -2, 0, 0, 0, 2, 10]),
        (activations.hard_shrink, {"threshold": 2.0}, [-10, 0, 0, 0, 0, 0, 10]),
        (activations.soft_shrink, {}, [-9.5, -1.5, 0, 0, 0, 1.5, 9.5]),
        (activations.soft_shrink, {"threshold": 2.0}, [-8, 0, 0, 0, 0, 0, 8]),
    ],
)
def test_values(activation, options, expected):
    np.testing.assert_allclose(activation(X, **options), expected, rtol=1e-6)


def test_selu_keeps_mean_and_variance():
    y = activations.selu(torch.randn(1_000_000))
    assert abs(y.mean().item()) < 0.01
    assert abs(y.var().item() - 1) < 0.01


def test_linear_gives_the_very_tensor_back():
    x = torch.ones(2)
    assert activations.linear(x) is x
