"""Arranging: orders, sizes to be found, empty batches, and views where they will do."""

import pytest
import torch

from kerasish.layers import Flatten, Input, Permute, RepeatVector, Reshape

IMAGE = torch.arange(24.0).view(1, 2, 3, 4)


def test_flatten_goes_by_rows_with_the_channels_last():
    assert Flatten()(IMAGE).flatten().tolist() == list(range(24))
    first = IMAGE.permute(0, 3, 1, 2).contiguous()
    assert Flatten(data_format="channels_first")(first).flatten().tolist() == list(range(24))


def test_flatten_of_numbers_and_of_empty_batches():
    assert Flatten()(torch.zeros(3)).shape == (3, 1)
    assert Flatten()(torch.zeros(0, 3, 4)).shape == (0, 12)


def test_nothing_is_copied():
    for layer in (Flatten(), Reshape((6, 4)), Permute((2, 1, 3))):
        assert layer(IMAGE).data_ptr() == IMAGE.data_ptr()


@pytest.mark.parametrize(
    ("target", "shape", "expected"),
    [
        ((-1,), (None, 3, 4), (None, 12)),
        ((2, -1), (None, 4, 4), (None, 2, 8)),
        ((-1, 4), (None, None, 8), (None, None, 4)),
        (6, (None, 6), (None, 6)),
        ((3, 4), (None, None), (None, 3, 4)),
    ],
)
def test_unknown_sizes_are_found(target, shape, expected):
    assert Reshape(target)(Input(batch_shape=shape)).shape == expected


def test_dtypes_stay():
    assert Reshape((2, 2))(Input((4,), dtype="int32")).dtype == "int32"


def test_repeated_rows_are_all_the_same():
    assert RepeatVector(2)(torch.tensor([[1.0, 2.0]])).tolist() == [[[1.0, 2.0], [1.0, 2.0]]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Reshape((-1, -1)), "at most one -1"),
        (lambda: Reshape((2, -2)), "`target_shape` must hold sizes"),
        (lambda: Reshape((5,))(Input((4,))), "has 4 values, which do not fill"),
        (lambda: Permute((0, 1)), "`dims` must hold each axis from 1 on once"),
        (lambda: Permute((2, 1))(torch.zeros(2, 3)), "expects an input with 3 axes"),
        (lambda: RepeatVector(0), "`n` must be a positive integer; received 0."),
        (lambda: RepeatVector(2)(torch.zeros(2, 3, 4)), "expects an input with 2 axes"),
    ],
)
def test_what_cannot_be_is_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()
