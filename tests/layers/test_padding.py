"""Padding, cropping and enlarging: which side gets how much."""

import pytest
import torch

from kerasish.layers import (
    Cropping1D,
    Cropping2D,
    Cropping3D,
    Input,
    UpSampling1D,
    UpSampling2D,
    UpSampling3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)

IMAGE = torch.arange(1.0, 7.0).view(1, 2, 3, 1)


def test_sides_are_top_bottom_left_right():
    y = ZeroPadding2D(((1, 0), (0, 2)))(IMAGE)[0, ..., 0]
    assert y.tolist() == [[0, 0, 0, 0, 0], [1, 2, 3, 0, 0], [4, 5, 6, 0, 0]]
    assert Cropping2D(((1, 0), (0, 2)))(IMAGE).flatten().tolist() == [4.0]


@pytest.mark.parametrize(
    ("pad", "crop", "shape"),
    [
        (ZeroPadding1D((1, 3)), Cropping1D((1, 3)), (2, 5, 3)),
        (ZeroPadding2D((2, 1)), Cropping2D((2, 1)), (2, 5, 4, 3)),
        (ZeroPadding2D(1, "channels_first"), Cropping2D(1, "channels_first"), (2, 3, 5, 4)),
        (ZeroPadding3D(((1, 0), (0, 1), (2, 2))), Cropping3D(((1, 0), (0, 1), (2, 2))), (2, 3, 4, 5, 2)),
    ],
)
def test_cropping_takes_off_what_padding_put_on(pad, crop, shape):
    x = torch.randn(shape)
    assert torch.equal(crop(pad(x)), x)


def test_channels_first_sequences_are_padded_along_the_steps():
    assert ZeroPadding1D(1, data_format="channels_first")(torch.ones(1, 2, 3)).shape == (1, 2, 5)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 41])
def test_nearest_repeats_pixels_exactly(size):
    x = torch.randn(2, 9, 11, 3)
    expected = x.repeat_interleave(size, 1).repeat_interleave(size + 1, 2)
    assert torch.equal(UpSampling2D((size, size + 1))(x), expected)
    volume = x[..., None]
    assert torch.equal(UpSampling3D((1, size, 1))(volume), volume.repeat_interleave(size, 2))


def test_integers_are_repeated_or_rounded():
    x = torch.arange(4).view(1, 2, 2, 1)
    assert UpSampling2D((1, 2))(x).flatten().tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    y = UpSampling2D(2, interpolation="bilinear")(x)
    assert y.dtype is torch.int64 and y[0, :, :, 0].tolist() == [[0, 0, 1, 1], [0, 1, 1, 2], [2, 2, 2, 2], [2, 2, 3, 3]]


def test_enlarged_sequences():
    assert UpSampling1D(2)(torch.tensor([[[1.0], [2.0]]])).flatten().tolist() == [1.0, 1.0, 2.0, 2.0]
    assert UpSampling1D(3)(Input((None, 4))).shape == (None, None, 4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ZeroPadding2D((1, 2, 3)), "`padding` must be one number, or one or a pair of them for 2 axes"),
        (lambda: ZeroPadding1D(-1), "`padding` must be"),
        (lambda: Cropping2D(((1, 1), (1, -1))), "`cropping` must be"),
        (lambda: Cropping1D((2, 3))(torch.zeros(1, 5, 2)), "`cropping` must leave something"),
        (lambda: Cropping1D((2, 3))(Input((5, 2))), "`cropping` must leave something"),
        (lambda: UpSampling2D(0), "`size` must be"),
        (lambda: UpSampling2D(2, interpolation="lanczos3"), "`interpolation` must be 'nearest', 'bilinear' or 'bicubic'"),
    ],
)
def test_what_cannot_be_is_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()
