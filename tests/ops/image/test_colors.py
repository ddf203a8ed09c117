"""Colours: there and back, and what is no colour."""

import pytest
import torch

from kerasish.ops import image


def test_colours_come_back():
    x = torch.rand(4, 5, 6, 3)
    torch.testing.assert_close(image.hsv_to_rgb(image.rgb_to_hsv(x)), x)


@pytest.mark.parametrize(
    ("colour", "hue"), [((1, 0, 0), 0), ((1, 1, 0), 1), ((0, 1, 0), 2), ((0, 1, 1), 3), ((0, 0, 1), 4), ((1, 0, 1), 5)]
)
def test_pure_colours_stand_at_sixths_of_the_circle(colour, hue):
    wanted = torch.tensor([hue / 6, 1.0, 1.0])
    torch.testing.assert_close(image.rgb_to_hsv(torch.tensor(colour).float().view(1, 1, 3)).flatten(), wanted)


def test_what_is_no_colour_is_told():
    with pytest.raises(ValueError, match="floating dtype"):
        image.rgb_to_hsv(torch.ones(2, 2, 3, dtype=torch.uint8))
    with pytest.raises(ValueError, match="must have 3 channels; received shape"):
        image.hsv_to_rgb(torch.ones(2, 2, 4))
    with pytest.raises(ValueError, match="must have 3 channels, or 1"):
        image.rgb_to_grayscale(torch.ones(2, 2, 2))
