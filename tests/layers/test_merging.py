"""Merging: broadcasting, masks, the functions, and what does not fit."""

import pytest
import torch

from kerasish import layers
from kerasish.layers import Add, Average, Concatenate, Dot, Input, Maximum, Minimum, Multiply, Subtract

A, B, C = torch.tensor([[1.0, 5.0]]), torch.tensor([[3.0, 2.0]]), torch.tensor([[2.0, 2.0]])


@pytest.mark.parametrize(
    ("layer", "function", "inputs", "expected"),
    [
        (Add(), layers.add, [A, B, C], [[6.0, 9.0]]),
        (Subtract(), layers.subtract, [A, B], [[-2.0, 3.0]]),
        (Multiply(), layers.multiply, [A, B, C], [[6.0, 20.0]]),
        (Average(), layers.average, [A, B, C], [[2.0, 3.0]]),
        (Maximum(), layers.maximum, [A, B, C], [[3.0, 5.0]]),
        (Minimum(), layers.minimum, [A, B, C], [[1.0, 2.0]]),
        (Concatenate(), layers.concatenate, [A, B], [[1.0, 5.0, 3.0, 2.0]]),
        (Dot(-1), layers.dot, [A, B], [[13.0]]),
    ],
)
def test_layers_and_functions_give_the_same_numbers(layer, function, inputs, expected):
    assert layer(inputs).tolist() == expected
    assert function(inputs).tolist() == expected
    symbol = function([Input((2,)) for _ in inputs], name="merged")
    assert symbol.shape == (None, len(expected[0])) and symbol.node.name == "merged"


def test_missing_axes_are_put_after_the_batch():
    few, many = torch.arange(6.0).view(3, 2), torch.zeros(3, 4, 2)
    assert torch.equal(Add()([few, many]), few[:, None, :].expand(3, 4, 2))
    assert torch.equal(Add()([many, few]), few[:, None, :].expand(3, 4, 2))


def test_a_list_of_one_is_given_as_it_is():
    assert Add()([A]).tolist() == A.tolist()


def test_what_counts_in_all_masks_is_what_counts_in_any():
    x, masks = torch.ones(1, 3, 2), [torch.tensor([[True, True, False]]), torch.tensor([[True, False, False]])]
    assert Add().compute_mask([x, x], masks).tolist() == [[True, True, False]]
    assert Add().compute_mask([x, x], [masks[0], None]) is None
    assert Dot(1).compute_mask([x, x], masks) is None


def test_concatenated_masks_lie_side_by_side():
    x, mask = torch.ones(1, 2, 3), torch.tensor([[True, False]])
    assert Concatenate(axis=1).compute_mask([x, x], [mask, None]).tolist() == [[True, False, True, True]]
    assert Concatenate(axis=-1).compute_mask([x, x], [mask, ~mask]).tolist() == [[True, True]]
    assert Concatenate().compute_mask([x, x], [None, None]) is None


def test_what_is_masked_is_not_compared():
    masks = [torch.tensor([[True, False]]), torch.tensor([[True, True]])]
    first, second = torch.tensor([[[1.0], [9.0]]]), torch.tensor([[[2.0], [3.0]]])
    assert Maximum()([first, second], mask=masks).flatten().tolist() == [2.0, 3.0]
    assert Minimum()([first, second], mask=masks[::-1]).flatten().tolist() == [1.0, 9.0]


def test_what_is_masked_counts_as_one_in_products_and_as_zero_if_it_is_so_in_all():
    masks = [torch.tensor([[True, False, False]]), torch.tensor([[True, True, False]])]
    first, second = torch.tensor([[[2.0], [3.0], [4.0]]]), torch.tensor([[[5.0], [6.0], [7.0]]])
    assert Multiply()([first, second], mask=masks).flatten().tolist() == [10.0, 6.0, 0.0]
    assert Multiply()([first, second], mask=[masks[0], None]).flatten().tolist() == [10.0, 6.0, 7.0]


def test_dot_keeps_the_first_ones_axes_before_the_second_ones():
    x, y = torch.randn(2, 3, 4, 5), torch.randn(2, 6, 4)
    expected = torch.einsum("bijk,blj->bikl", x, y)
    torch.testing.assert_close(Dot(axes=(2, 2))([x, y]), expected)


def test_dot_of_unit_vectors_is_the_cosine():
    assert Dot(axes=1, normalize=True)([A, 3 * A]).item() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Add()(A), "merges a list of inputs"),
        (lambda: Add()([A, torch.zeros(1, 3)]), "the shapes must agree, or be 1"),
        (lambda: Add()([torch.zeros(2, 2), torch.zeros(3, 2)]), "all inputs must have one batch size"),
        (lambda: Subtract()([A, B, C]), "takes exactly 2 inputs; received 3"),
        (lambda: Dot(1)([A, B, C]), "takes exactly 2 inputs; received 3"),
        (lambda: Dot(1)([A, torch.zeros(1, 3)]), "must have one size"),
        (lambda: Dot("last"), "`axes` must be an integer, or one for each of two inputs"),
        (lambda: Dot((0, 1)), "must not be the batch axis 0"),
        (lambda: Concatenate(axis=1)([torch.zeros(1, 2, 3), torch.zeros(1, 2, 4)]), "must agree in all axes but 1"),
        (lambda: Add().compute_mask([A, B], [None]), "a mask or None for each"),
        (lambda: Concatenate().compute_mask([A, B], A), "a mask or None for each"),
        (lambda: Concatenate()([A, torch.zeros(1, 2, 2)]), "must have one rank"),
    ],
)
def test_what_does_not_fit_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_an_axis_of_unknown_size_meets_one_of_known_size():
    unknown, known = Input((None, 3)), Input((5, 3))
    assert Add()([unknown, known]).shape == Multiply()([unknown, known]).shape == (None, 5, 3)
    assert Concatenate()([unknown[:, :5], known]).shape == (None, 5, 6)
