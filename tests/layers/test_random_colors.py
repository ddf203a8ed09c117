"""Colours changed at random: within the bounds."""

import pytest
import torch

from kerasish.layers import RandomBrightness, RandomContrast, RandomGrayscale


def test_brightness_moves_values_within_the_factor_and_the_range():
    x = torch.full((200, 1, 1, 1), 0.5)
    moved = RandomBrightness((-0.2, 0.4), value_range=(0, 1), seed=1)(x, training=True)
    assert 0.3 <= moved.min() < 0.35 and 0.85 < moved.max() <= 0.9
    assert RandomBrightness((1.0, 1.0), value_range=(0, 1))(x, training=True).eq(1).all()


def test_contrast_spreads_values_about_the_mean_of_each_channel():
    x = torch.tensor([1.0, 3.0]).view(1, 1, 2, 1).expand(300, 1, 2, 1)
    spread = RandomContrast((0.5, 0.25), seed=1)(x, training=True)
    torch.testing.assert_close(spread.mean((1, 2, 3)), torch.full((300,), 2.0))
    half = (spread[:, 0, 1, 0] - spread[:, 0, 0, 0]) / 2
    assert 0.5 <= half.min() < 0.55 and 1.2 < half.max() <= 1.25


def test_a_part_of_the_images_turns_grey():
    x = torch.rand(400, 1, 1, 3)
    grey = RandomGrayscale(0.25, seed=1)(x, training=True)
    share = (grey.std(-1) < 1e-6).float().mean().item()
    assert share == pytest.approx(0.25, abs=0.06)
    with pytest.raises(ValueError, match="`factor` must be"):
        RandomGrayscale(1.5)
