"""One battery over every activation there is."""

import numpy as np
import pytest
import torch

from kerasish import activations
from kerasish.activations._registry import ACTIVATIONS
from kerasish.core import KerasTensor

NAMES = sorted({function.__name__ for function in ACTIVATIONS.functions.values()})
ARGUMENTS = {"threshold": (0.1, -1.0)}
every = pytest.mark.parametrize("name", NAMES)


def apply(name, x):
    return activations.get(name)(x, *ARGUMENTS.get(name, ()))


def sample(dtype=torch.float32):
    return (3 * torch.randn(4, 6)).to(dtype)


def test_there_are_as_many_as_in_keras():
    assert len(NAMES) == 30


@every
def test_every_spelling_of_the_name_finds_it(name):
    function = getattr(activations, name)
    camel = "".join(part.capitalize() for part in name.split("_"))
    for spelling in (name, camel, camel[0].lower() + camel[1:]):
        assert activations.get(spelling) is function


@every
def test_the_name_is_its_config(name):
    function = getattr(activations, name)
    assert activations.serialize(function) == name
    assert activations.deserialize(name) is function
    assert activations.get(function) is function


@every
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_dtype_is_kept(name, dtype):
    x = sample(dtype)
    y = apply(name, x)
    assert y.dtype is dtype
    torch.testing.assert_close(y.double(), apply(name, x.double()), rtol=0.02, atol=0.02)


@every
def test_an_array_becomes_a_tensor_of_the_same_values(name):
    x = sample()
    y = apply(name, x.numpy())
    np.testing.assert_array_equal(np.asarray(y), np.asarray(apply(name, x)))


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(ARGUMENTS)))
def test_its_kernel_gives_what_it_gives_by_default(name):
    x = sample()
    torch.testing.assert_close(ACTIVATIONS.kernel(getattr(activations, name))(x), apply(name, x), rtol=0, atol=0)


@every
def test_a_symbol_gets_the_shape_and_dtype_that_a_tensor_would(name):
    symbol = apply(name, KerasTensor((None, 6), "float16"))
    y = apply(name, sample(torch.float16))
    assert (symbol.shape, symbol.dtype) == ((None, *y.shape[1:]), "float16")
    if symbol.node is not None:
        recorded = symbol.node.target(sample(), *symbol.node.args[1:])
        assert recorded.shape == y.shape and symbol.node.target is getattr(activations, name)


@every
def test_the_gradient_is_finite_and_right(name):
    x = sample(torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda t: apply(name, t), x)
    far = torch.tensor([[-80.0, 0.0, 80.0, -1e-30, 1e-30, 1.0]], requires_grad=True)
    apply(name, far).sum().backward()
    assert far.grad.isfinite().all()


@every
def test_it_compiles_without_a_graph_break(name):
    torch._dynamo.reset()  # else all of them count against one function's limit of recompilations
    x = sample()
    compiled = torch.compile(lambda t: apply(name, t), fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x), apply(name, x))
