"""CenterCrop and Resizing: one image, integers and arguments."""

import pytest
import torch

from kerasish.layers import CenterCrop, Resizing


def test_integers_come_out_as_floats_and_one_image_as_one():
    x = torch.arange(27).view(3, 3, 3)
    assert CenterCrop(1, 1)(x).tolist() == [[[12.0, 13.0, 14.0]]]
    assert Resizing(2, 5)(x).shape == (2, 5, 3) and Resizing(2, 5)(x).dtype is torch.float32


def test_images_that_are_too_small_are_resized_from_their_middle():
    x = torch.arange(8.0).view(1, 2, 4, 1)
    assert CenterCrop(4, 4)(x).shape == (1, 4, 4, 1)
    torch.testing.assert_close(CenterCrop(4, 4)(x), Resizing(4, 4)(x[:, :, 1:3]))


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="`height` must be a positive integer"):
        CenterCrop(0, 3)
    with pytest.raises(ValueError, match="`interpolation` must be one of"):
        Resizing(2, 2, interpolation="area")
    with pytest.raises(ValueError, match="exclude each other"):
        Resizing(2, 2, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True)
    with pytest.raises(ValueError, match="`fill_mode` must be one of 'constant'"):
        Resizing(2, 2, fill_mode="reflect")
