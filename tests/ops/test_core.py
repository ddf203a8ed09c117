"""Core operations: gradients of one's own, and what shapes and dtypes are called."""

import numpy as np
import torch

from kerasish import ops
from kerasish.core import KerasTensor


def test_a_gradient_of_ones_own_replaces_torchs():
    @ops.custom_gradient
    def scaled(x, y):
        return x * y, lambda *args, upstream: (upstream * 10, upstream * args[0])

    x, y = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
    scaled(x, y).backward()
    assert (x.grad.item(), y.grad.item()) == (10.0, 2.0)


def test_gradients_stop():
    x = torch.tensor(2.0, requires_grad=True)
    (ops.stop_gradient(x) * x).backward()
    assert x.grad.item() == 2.0


def test_shapes_and_dtypes_of_symbols_and_lists():
    symbol = KerasTensor((None, 3), "int32")
    assert ops.shape(symbol) == (None, 3)
    assert (ops.dtype(symbol), ops.dtype([1.5]), ops.dtype(np.zeros(2))) == ("int32", "float32", "float64")
    assert ops.ndim([[1]]) == 2


def test_jvp_is_the_change_along_the_tangent():
    value, change = ops.jvp(lambda a, b: a * b, (torch.tensor(2.0), torch.tensor(3.0)), (torch.tensor(1.0), torch.tensor(0.0)))
    assert (value.item(), change.item()) == (6.0, 3.0)


def test_lists_become_tensors_inside_a_compiled_graph():
    compiled = torch.compile(lambda x: ops.add(x, [1, 2]), fullgraph=True, backend="eager")
    assert compiled(torch.ones(2, dtype=torch.int32)).tolist() == [2, 3]
    assert compiled(torch.ones(2, dtype=torch.int32)).dtype is torch.int32
