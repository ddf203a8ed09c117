"""Schedules: values at the ends, on the host and in tensors."""

import math

import pytest
import torch

from kerasish.optimizers.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)

CASES = [
    (ExponentialDecay(1.0, 10, 0.5), {0: 1.0, 5: math.sqrt(0.5), 20: 0.25}),
    (ExponentialDecay(1.0, 10, 0.5, staircase=True), {9: 1.0, 10: 0.5, 19: 0.5}),
    (InverseTimeDecay(1.0, 10, 3.0), {0: 1.0, 10: 0.25}),
    (PolynomialDecay(1.0, 10, end_learning_rate=0.5, power=2.0), {0: 1.0, 5: 0.625, 10: 0.5, 99: 0.5}),
    (PolynomialDecay(1.0, 10, end_learning_rate=0.0, cycle=True), {0: 1.0, 10: 0.0, 15: 0.25, 20: 0.0}),
    (PiecewiseConstantDecay([5, 10], [3.0, 2.0, 1.0]), {0: 3.0, 5: 3.0, 6: 2.0, 10: 2.0, 11: 1.0}),
    (CosineDecay(1.0, 10, alpha=0.2), {0: 1.0, 5: 0.6, 10: 0.2, 50: 0.2}),
    (CosineDecay(0.0, 10, warmup_target=1.0, warmup_steps=4), {0: 0.0, 2: 0.5, 4: 1.0, 9: 0.5, 14: 0.0}),
    (CosineDecayRestarts(1.0, 10, t_mul=2.0, m_mul=0.5), {0: 1.0, 5: 0.5, 10: 0.5, 20: 0.25, 30: 0.25}),
    (CosineDecayRestarts(1.0, 10, t_mul=1.0), {5: 0.5, 10: 1.0, 25: 0.5}),
]


@pytest.mark.parametrize("schedule, values", CASES, ids=lambda value: type(value).__name__)
def test_values_are_the_same_on_the_host_and_in_tensors(schedule, values):
    for step, value in values.items():
        assert schedule(step) == pytest.approx(value, abs=1e-9) and isinstance(schedule(step), float)
        tensor = schedule(torch.tensor(step, dtype=torch.int32))
        assert tensor.dtype is torch.float32 and tensor.shape == () and float(tensor) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("schedule, values", CASES, ids=lambda value: type(value).__name__)
def test_configs_make_the_same_schedule(schedule, values):
    again = type(schedule).from_config(schedule.get_config())
    assert again.get_config() == schedule.get_config() and again(7) == schedule(7)


def test_restarts_come_on_time_in_every_period():
    schedule = CosineDecayRestarts(1.0, 1, t_mul=10.0)
    starts = [sum(10**k for k in range(n)) for n in range(1, 7)]
    assert [schedule(step) for step in starts] == pytest.approx([1.0] * 6, abs=1e-6)


@pytest.mark.parametrize("make", [lambda: ExponentialDecay(1.0, 0, 0.5), lambda: CosineDecayRestarts(1.0, -1)])
def test_periods_have_a_length(make):
    with pytest.raises(ValueError, match="must be > 0"):
        make()


def test_pieces_need_one_value_more_than_boundaries():
    with pytest.raises(ValueError, match="must be 1 less than the length of `values`"):
        PiecewiseConstantDecay([1, 2], [1.0, 2.0])
