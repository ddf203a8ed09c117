"""Initializers whose spread follows the shape of the weight."""

import math

import pytest

from kerasish import initializers
from kerasish.initializers import VarianceScaling
from kerasish.initializers._variance_scaling import fans


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((), (1, 1)),
        ((7,), (7, 7)),
        ((3, 5), (3, 5)),
        ((4, 3, 5), (12, 20)),
        ((3, 2, 8, 16), (48, 96)),
        ((2, 2, 2, 3, 4), (24, 32)),
    ],
)
def test_a_window_counts_for_inputs_and_outputs(shape, expected):
    assert fans(shape) == expected


def test_axes_that_are_named_are_the_ones_counted():
    assert fans((2, 3, 5, 7), input_axes=(0, 1), output_axes=(-1,)) == (6, 7)
    assert fans((2, 3, 5, 7), input_axes=(0, 1)) == (30, 42)


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
@pytest.mark.parametrize("distribution", ["normal", "truncated_normal", "untruncated_normal", "uniform", "UNIFORM"])
def test_the_variance_is_scale_over_count(mode, distribution):
    x = VarianceScaling(2.0, mode, distribution)((3, 3, 50, 100))
    count = {"fan_in": 450, "fan_out": 900, "fan_avg": 675}[mode]
    assert x.var().item() == pytest.approx(2.0 / count, rel=0.03)
    ends = {"uniform": math.sqrt(3), "untruncated_normal": math.inf}.get(distribution.lower(), 2 / 0.87962566)
    assert x.abs().max().item() <= ends * math.sqrt(2.0 / count) * (1 + 1e-6)


@pytest.mark.parametrize(
    ("name", "variance"),
    [("glorot", 2 / (60 + 120)), ("lecun", 1 / 60), ("he", 2 / 60)],
)
@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_presets(name, variance, kind):
    x = initializers.get(f"{name}_{kind}")((60, 120), "float64")
    assert isinstance(initializers.get(f"{name}_{kind}"), VarianceScaling)
    assert x.var().item() == pytest.approx(variance, rel=0.05)
    assert x.abs().max().item() <= (math.sqrt(3) if kind == "uniform" else 2 / 0.87962566) * math.sqrt(variance)


def test_input_and_output_axes_are_counted_in_a_draw():
    x = VarianceScaling(3.0, "fan_in", "uniform", input_axes=[0], output_axes=[1, 2])((4, 50, 50))
    assert 0.85 < x.abs().max().item() <= math.sqrt(9 / 4)
    assert x.var().item() == pytest.approx(3.0 / 4, rel=0.05)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": 0.0}, "`scale` must be a positive number; received 0.0"),
        ({"mode": "fan"}, "`mode` must be one of fan_in, fan_out, fan_avg; received 'fan'"),
        ({"distribution": "Cauchy"}, "`distribution` must be one of .*; received 'Cauchy'"),
    ],
)
def test_unknown_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        VarianceScaling(**options)


def test_a_preset_shows_only_what_may_be_chosen():
    assert repr(initializers.HeNormal(seed=3)) == "HeNormal(seed=3)"
    with pytest.raises(TypeError):
        initializers.HeNormal(mode="fan_out")
