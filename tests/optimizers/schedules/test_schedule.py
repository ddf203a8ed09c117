"""The base of schedules."""

import numpy as np
import pytest
import torch

from kerasish.optimizers import schedules
from kerasish.optimizers.schedules._schedule import plain_number


def test_a_schedule_without_a_rule_says_what_to_write():
    class Empty(schedules.LearningRateSchedule):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty must override `__call__\(self, step\)`"):
        Empty()(0)


def test_schedules_are_described_and_made_again():
    described = schedules.serialize(schedules.CosineDecay(0.1, 10))
    assert described["module"] == "keras.optimizers.schedules" and described["registered_name"] is None
    assert schedules.deserialize(described)(5) == pytest.approx(0.05)


@pytest.mark.parametrize(
    "value, expected",
    [
        (torch.tensor(0.001), 0.001),
        (np.float32(0.1), 0.1),
        (torch.tensor(3), 3),
        (torch.tensor(0.1).double(), 0.1000000014901161),
    ],
)
def test_numbers_are_taken_out_of_tensors_as_they_were_written(value, expected):
    assert plain_number(value) == pytest.approx(expected, rel=1e-15)
    assert type(plain_number(value)) in (float, int)
