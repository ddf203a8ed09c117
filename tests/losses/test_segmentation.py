"""Overlaps of regions, by hand."""

import pytest
import torch

from kerasish import losses

TRUE = torch.tensor([[[1.0, 1.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]]])
PRED = torch.tensor([[[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]]])


def test_dice_of_the_whole_batch_is_one_number():
    assert losses.dice(TRUE, PRED).item() == pytest.approx(1 - 2 * 2 / 6)


@pytest.mark.parametrize("axis", [(1, 2), [1, 2]])
def test_dice_of_each_sample(axis):
    assert losses.dice(TRUE, PRED, axis=axis).tolist() == pytest.approx([0.5, 0.0], abs=1e-6)
    assert losses.Dice(axis=axis)(TRUE, PRED).item() == pytest.approx(0.25)


def test_tversky_weighs_what_is_missed_and_what_is_added():
    assert losses.tversky(TRUE, PRED[:, :1, :].expand(2, 2, 2), alpha=1.0, beta=0.0).item() == pytest.approx(1 - 2 / 3)
    assert losses.tversky(TRUE, torch.ones(2, 2, 2), alpha=0.0, beta=2.0).item() == pytest.approx(1 - 3 / 13)


def test_tversky_of_halves_is_dice():
    torch.testing.assert_close(losses.tversky(TRUE, PRED), losses.dice(TRUE, PRED))


def test_channel_axis_of_one_may_be_missing():
    assert losses.Dice()(TRUE, PRED.unsqueeze(-1)) == losses.Dice()(TRUE, PRED)
