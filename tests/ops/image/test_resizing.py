"""Resizing, cutting and rims: what parity with Keras does not reach."""

import pytest
import torch

from kerasish.ops import image


def test_picked_integers_lose_nothing():
    x = torch.tensor([[[2**60 + 1], [2**60 + 3]]])
    assert image.resize(x, (1, 4), "nearest").flatten().tolist() == [2**60 + 1, 2**60 + 1, 2**60 + 3, 2**60 + 3]


def test_integers_stay_within_their_dtype():
    steps = torch.tensor([0, 0, 255, 255], dtype=torch.uint8).view(1, 4, 1)
    wide = image.resize(steps, (1, 16), "bicubic").flatten().tolist()
    assert wide == sorted(wide) and wide[0] == 0 and wide[-1] == 255


def test_whole_factors_repeat_pixels_for_each_dtype():
    x = torch.arange(6).view(2, 3, 1)
    for dtype in (torch.float32, torch.float16, torch.int32, torch.uint8):
        wanted = x.repeat_interleave(2, 0).repeat_interleave(2, 1).to(dtype)
        assert torch.equal(image.resize(x.to(dtype), (4, 6), "nearest"), wanted)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"size": (2, 2), "interpolation": "linear"}, "`interpolation` must be one of"),
        ({"size": (2, 2), "fill_mode": "reflect"}, "`fill_mode` must be one of 'constant'"),
        ({"size": (2, 2), "crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "exclude each other"),
        ({"size": (2, 0)}, "`size` must be a height and a width"),
    ],
)
def test_arguments_of_resize_are_checked(arguments, told):
    with pytest.raises(ValueError, match=told):
        image.resize(torch.ones(4, 4, 1), **arguments)


@pytest.mark.parametrize("name", ["crop", "pad"])
def test_exactly_two_of_three_are_told_and_none_is_negative(name):
    function, what = getattr(image, f"{name}_images"), {"crop": "cropping", "pad": "padding"}[name]
    across = {f"left_{what}": 0, f"right_{what}": 0}
    with pytest.raises(ValueError, match=f"Exactly two of `top_{what}`, `bottom_{what}` and `target_height`"):
        function(torch.ones(4, 4, 1), **across, target_height=2)
    wrong = 9 if name == "crop" else 3
    with pytest.raises(ValueError, match="may be negative"):
        function(torch.ones(4, 4, 1), **across, **{f"top_{what}": 0}, target_height=wrong)


def test_numbers_for_each_axis_are_checked():
    with pytest.raises(ValueError, match="must have a number for each of 2 axes"):
        image.scale_and_translate(torch.ones(4, 4), (2, 2), [1.0], [0.0], (0, 1), "linear")
