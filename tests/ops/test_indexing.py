"""Indexing and encoding: places below 0, places that are none, and what is written to twice."""

import numpy as np
import pytest
import torch

from kerasish import Input, Model, ops

X = torch.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("indices", [[0, -1], [[1], [2]], np.array([2, 0])])
def test_take_counts_from_the_end_too(axis, indices):
    np.testing.assert_array_equal(ops.take(X, indices, axis), np.take(X.numpy(), indices, axis))


def test_take_lets_gradients_through_to_each_row():
    x = X.clone().requires_grad_()
    ops.take(x, [0, 0, -1], axis=0).sum().backward()
    assert x.grad[:, 0].tolist() == [2.0, 0.0, 1.0]


def test_one_hot_gives_zeros_for_what_is_no_class():
    assert ops.one_hot([-1, 0, 5], 2).tolist() == [[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]
    assert ops.one_hot(torch.zeros(2, 3), 4, axis=0).shape == (4, 2, 3)


def test_scatter_adds_at_places_named_twice():
    assert ops.scatter([[1], [1]], [2.0, 3.0], (3,)).tolist() == [0.0, 5.0, 0.0]


def test_scatter_update_takes_places_from_the_end():
    updated = ops.scatter_update(X, [[-1, 0], [-1, 0]], [20.0, 30.0], "max")
    assert updated[2, 0].item() == 30
    assert X[2, 0].item() == 8
    with pytest.raises(ValueError, match="`reduction`"):
        ops.scatter_update(X, [[0, 0]], [1.0], "mean")


def test_where_needs_both_or_none():
    with pytest.raises(ValueError, match="go together"):
        ops.where(X > 1, X)
    assert ops.where([True, False], 1, 0).dtype is torch.int32


def test_a_box_may_begin_where_a_tensor_says():
    start = torch.tensor([1, 2])
    assert ops.slice_update(X, start, [[-1.0, -2.0]])[1].tolist() == [4.0, 5.0, -1.0, -2.0]


@pytest.mark.parametrize("mode", ["reflect", "symmetric"])
def test_mirrored_borders_are_numpys(mode):
    expected = np.pad(X.numpy(), ((2, 1), (5, 6)), mode=mode)
    np.testing.assert_array_equal(ops.pad(X, ((2, 1), (5, 6)), mode), expected)


def test_saturate_cast_keeps_to_what_the_integers_hold():
    assert ops.saturate_cast([1e20, -1e20, 5.5], "int32").tolist() == [2147483520, -2147483648, 5]
    assert ops.saturate_cast(torch.tensor([-1, 200], dtype=torch.int32), "int8").tolist() == [-1, 127]


def test_a_part_of_a_symbols_axis_of_unknown_size_has_no_known_size():
    x = Input((None, 3))
    assert x[:5].shape == x[2:7].shape == x[:, 1:4].shape == (None, None, 3) and x[:5, :, :2].shape == (None, None, 2)
    assert x[..., :2].shape == (None, None, 2) and x[None, :5].shape == (1, None, None, 3) and x[:, -1].shape == (None, 3)
    assert x[:, 0, 1:].shape == (None, 2) and x[..., :4, 0].shape == (None, None)
    model = Model(x, x[:5] * 1)
    assert model(torch.ones(2, 4, 3)).shape == (2, 4, 3) and model(torch.ones(9, 4, 3)).shape == (5, 4, 3)
