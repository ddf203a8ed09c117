"""Shapes: axes that go, grids, and what symbols of unknown sizes become."""

import pytest
import torch

from kerasish import ops
from kerasish.core import KerasTensor


def test_only_axes_of_size_1_are_squeezed():
    assert ops.squeeze(torch.ones(1, 2, 1), (0, -1)).shape == (2,)
    with pytest.raises(ValueError, match="axis 1 of the shape \\(1, 2, 1\\) is not"):
        ops.squeeze(torch.ones(1, 2, 1), 1)


def test_one_shift_serves_all_axes():
    assert ops.roll([[1, 2], [3, 4]], 1, (0, 1)).tolist() == [[4, 3], [2, 1]]


def test_a_grid_is_made_of_flattened_coordinates():
    assert ops.meshgrid([[1], [2]], [3, 4, 5])[1].tolist() == [[3, 3], [4, 4], [5, 5]]


def test_blocks_have_two_places_or_more():
    with pytest.raises(ValueError, match="`block_size` must be at least 2; received 0"):
        ops.depth_to_space(torch.ones(1, 2, 2, 4), 0)


def symbol(*shape, dtype="float32"):
    return KerasTensor(shape, dtype)


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        (lambda: symbol(None, 3) + symbol(2, None), (2, 3)),  # unknown sizes that must be those that they meet
        (lambda: symbol(None, None, 8) * symbol(None, 5, 8), (None, 5, 8)),
        (lambda: ops.dot(symbol(None, 3), symbol(None, None, 2)), (None, None, 2)),
        (lambda: ops.split(symbol(None, 3), 2)[1], (None, 3)),  # sizes that must be divisible
        (lambda: ops.reshape(symbol(None, 3), (2, -1, 3)), (2, None, 3)),
        (lambda: ops.reshape(symbol(None, 3), (3, 2)), (3, 2)),
        (lambda: ops.reshape(symbol(None, 6), (-1, 11, 6)), (None, 11, 6)),  # where multiples of what fits do, too
        (lambda: ops.split(symbol(None, 6), 11)[0], (None, 6)),
        (lambda: ops.unstack(symbol(2, None, None), 3, axis=1)[2], (2, None)),
    ],
)
def test_unknown_sizes_are_those_that_an_operation_needs(call, shape):
    assert call().shape == shape


def test_sizes_that_cannot_fit_are_still_told():
    with pytest.raises(ValueError, match="cannot be applied to a symbol of shape \\(None, 3\\), \\(None, 4\\)"):
        symbol(None, 3) + symbol(None, 4)


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        (lambda: ops.nonzero(symbol(4, 5)), (2, None)),
        (lambda: ops.where(symbol(4, 5)), (2, None)),
        (lambda: ops.unique(symbol(4)), (None,)),
        (lambda: ops.unique(symbol(4, 5), axis=1), (4, None)),
        (lambda: ops.unique(symbol(4), size=3), (3,)),
        (lambda: ops.segment_sum(symbol(4, 5), symbol(4, dtype="int32")), (None, 5)),
        (lambda: ops.histogram(symbol(None, 5), 6)[1], (7,)),
        (lambda: ops.lstsq(symbol(5, 7), symbol(5)), (7,)),
        (lambda: ops.ctc_loss(symbol(None, 3), symbol(None, 9, 4), symbol(None), symbol(None)), (None,)),
    ],
)
def test_sizes_that_only_values_decide_are_unknown(call, shape):
    assert call().shape == shape


def test_values_decide_when_the_model_runs():
    from kerasish import Model

    x = KerasTensor((None,), "int32")
    model = Model(x, ops.segment_sum(x, x))
    assert model(torch.tensor([0, 2, 2])).tolist() == [0, 0, 4]
