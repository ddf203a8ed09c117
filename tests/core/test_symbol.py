"""Symbols: torch functions, methods and operators become nodes; shapes come from running the code."""

import pytest
import torch
from torch.nn import functional as F

from kerasish.core import KerasTensor, Variable, op


@pytest.fixture
def x() -> KerasTensor:
    return KerasTensor((None, 4))


@pytest.mark.parametrize(
    ("write", "shape"),
    [
        (lambda x: x + 1, (None, 4)),
        (lambda x: 2 - x, (None, 4)),
        (lambda x: x @ torch.ones(4, 7), (None, 7)),
        (lambda x: x[:, 1:3], (None, 2)),
        (lambda x: x[:, -1], (None,)),
        (lambda x: x > 0, (None, 4)),
        (lambda x: torch.cat([x, x], 1), (None, 8)),
        (lambda x: torch.where(x > 0, x, -x), (None, 4)),
        (lambda x: x.sum(-1, keepdim=True), (None, 1)),
        (lambda x: x.T, (4, None)),
        (lambda x: F.linear(x, Variable(torch.ones(5, 4))), (None, 5)),
        (lambda x: torch.stack([x, x]).mean(0).reshape(-1, 2, 2), (None, 2, 2)),
    ],
)
def test_what_torch_computes_on_tensors_it_notes_on_symbols(x: KerasTensor, write: object, shape: tuple) -> None:
    made = write(x)  # type: ignore[operator]
    assert isinstance(made, KerasTensor) and made.shape == shape and made.node is not None


def test_several_outputs_are_symbols_of_one_node(x: KerasTensor) -> None:
    a, b = torch.split(x, 2, dim=1)
    assert a.shape == b.shape == (None, 2) and a.node is b.node and (a.index, b.index) == (0, 1)


def test_dtypes_follow_torch(x: KerasTensor) -> None:
    assert (x > 0).dtype == "bool" and x.argmax(-1).dtype == "int64" and (x.half() * 2).dtype == "float16"


def test_sizes_that_pooling_rounds_alike_stay_unknown() -> None:
    images = KerasTensor((None, 3, None, 32))
    assert F.max_pool2d(images, 16).shape == (None, 3, None, 2)


def test_a_node_of_an_operation_is_the_whole_operation(x: KerasTensor) -> None:
    @op("keras.src.ops.numpy")
    def twice_and_one(a: object) -> object:
        return a * 2 + 1  # type: ignore[operator]

    made = twice_and_one(x)
    assert made.node.target is twice_and_one and made.node.inputs == [x]
    assert twice_and_one(torch.ones(2)).tolist() == [3, 3]


def test_shapes_that_do_not_fit_are_told_with_the_symbols_shape(x: KerasTensor) -> None:
    with pytest.raises(ValueError, match=r"matmul cannot be applied to a symbol of shape \(None, 4\)"):
        x @ torch.ones(5, 2)


def test_a_symbol_has_no_values(x: KerasTensor) -> None:
    with pytest.raises(TypeError, match="truth value"):
        bool(x > 0)
    with pytest.raises(AttributeError, match="values only when the model runs"):
        x.item()
    with pytest.raises(TypeError, match="no value"):
        float(x)
    with pytest.raises(ValueError, match="cannot become an array"):
        x.__array__()
    with pytest.raises(TypeError, match="iterate"):
        iter(x)
