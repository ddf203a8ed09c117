"""EinsumDense: shapes from equations, matmuls without copies, and equations that cannot be."""

import pytest
import torch

from kerasish.layers import EinsumDense, Input

EQUATIONS = [
    ("ab,bc->ac", 7, "c", (2, 4), (4, 7), (7,), True),
    ("abc,cde->abde", (None, 2, 3), "de", (2, 5, 4), (4, 2, 3), (2, 3), True),
    ("abc,cde->abde", (None, 2, 3), "e", (2, 5, 4), (4, 2, 3), (3,), True),
    ("abcd,cde->abe", (None, 6), "e", (2, 5, 3, 4), (3, 4, 6), (6,), True),
    ("abc,cd->abd", (5, 7), "bd", (2, 5, 4), (4, 7), (5, 7), True),
    ("...x,xy->...y", 7, "y", (2, 5, 4), (4, 7), (7,), True),
    ("ab...,bc->ac...", 7, "c", (2, 5, 4), (5, 7), (7, 1), False),
    ("abc,acd->abd", (None, 6), None, (2, 5, 4), (2, 4, 6), None, False),
    ("abc,cb->ab", (5,), "b", (2, 5, 4), (4, 5), (5,), False),
    ("abc,bd->adc", (7, 4), "d", (2, 5, 4), (5, 7), (7, 1), False),
]


@pytest.mark.parametrize("equation, output_shape, bias_axes, shape, kernel, bias, matmul", EQUATIONS)
def test_an_equation_is_what_einsum_says(equation, output_shape, bias_axes, shape, kernel, bias, matmul):
    layer = EinsumDense(equation, output_shape, bias_axes=bias_axes, bias_initializer="random_normal")
    x = torch.randn(shape)
    wanted = layer(x)
    assert layer.kernel.shape == kernel and (layer.bias is None) == (bias is None)
    plain = torch.einsum(equation, x, layer.kernel)
    torch.testing.assert_close(wanted, plain if bias is None else plain + layer.bias.view(bias))
    assert (layer._order is not None) == matmul


@pytest.mark.parametrize("equation, output_shape", [("abc,cde->abde", (None, 2, 3)), ("abcd,cde->abe", (None, 6))])
def test_the_kernel_of_a_matmul_is_viewed_not_copied(equation, output_shape):
    layer = EinsumDense(equation, output_shape)
    layer.build((2, 5, 4) if equation[3] == "," else (2, 5, 3, 4))
    weight = layer.kernel.permute(layer._order).reshape(layer._weight_shape)
    assert weight.data_ptr() == layer.kernel.data_ptr() and weight.is_contiguous()


def test_initializers_know_what_is_summed_over():
    layer = EinsumDense("abcd,cde->abe", (None, 6))
    layer.build((2, 5, 30, 40))
    bound = (6 / (30 * 40 + 6)) ** 0.5
    assert 0.9 * bound < layer.kernel.abs().max() <= bound


def test_shapes_on_symbols():
    assert EinsumDense("abc,cde->abde", (None, 2, 3))(Input((None, 4))).shape == (None, None, 2, 3)


@pytest.mark.parametrize(
    "equation, output_shape, arguments, message",
    [
        ("abc->ab", 3, {}, "`equation` must be like"),
        ("a...b,bc->a...c", 3, {}, "`equation` must be like"),
        ("ab,bc->ad", 3, {}, "an output axis 'd' that neither input nor kernel has"),
        ("ab,cd->ac", 3, {}, "a kernel axis 'd' that neither input nor output has"),
        ("ab,bc->ac", 3, {"bias_axes": "z"}, "`bias_axes` must be output axes"),
        ("abc,cd->abd", (7, 3), {}, "size 5 in the input and 7 in `output_shape`"),
        ("ab,bc->ac", 3, {}, "wants 2 input axes"),
        ("abc,cd->abd", 3, {}, "`output_shape` must name the 3 output axes"),
        ("ab,bc->ac", 3, {"lora_rank": 2}, "`lora_rank` is not supported"),
    ],
)
def test_what_cannot_be_is_said(equation, output_shape, arguments, message):
    with pytest.raises(ValueError, match=message):
        EinsumDense(equation, output_shape, **arguments)(torch.ones(2, 4) if "bias" in message else torch.ones(2, 5, 4))
