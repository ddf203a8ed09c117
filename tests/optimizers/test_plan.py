"""Groups: what kernels are given of variables and gradients."""

import numpy as np
import torch

from kerasish.core import Variable
from kerasish.optimizers import SGD, Adam


def group_of(optimizer, *variables):
    optimizer.build(list(variables))
    (group,) = optimizer._make_plan(list(variables)).groups
    return group


def test_kernels_are_given_plain_tensors_of_the_same_memory():
    x = Variable([1.0, 2.0])
    group = group_of(Adam(), x)
    assert type(group.variables[0]) is torch.Tensor and group.variables[0].data_ptr() == x.data_ptr()
    assert type(group.slots["momentum"][0]) is torch.Tensor


def test_a_transposed_kernel_is_seen_as_it_lies_in_memory():
    kernel = Variable(torch.arange(6.0).reshape(2, 3), memory_order=(1, 0))
    image = Variable(torch.zeros(3, 3, 2, 4), memory_order=(3, 2, 0, 1))
    group = group_of(SGD(momentum=0.9), kernel, image)
    assert group.variables[0].tolist() == [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
    assert [v.is_contiguous() for v in [*group.variables, *group.slots["momentum"]]] == [True] * 4
    gradients = [torch.ones(3, 2).t(), torch.ones(4, 2, 3, 3).permute(2, 3, 1, 0)]
    taken = group.take(gradients)
    assert [g.data_ptr() for g in taken] == [g.data_ptr() for g in gradients] and taken[1].shape == (4, 2, 3, 3)


def test_gradients_are_copied_only_where_their_layout_is_another():
    kernel, column = Variable(torch.zeros(2, 3), memory_order=(1, 0)), Variable(torch.zeros(4, 1))
    group = group_of(Adam(), kernel, column)
    wrong = torch.arange(6.0).reshape(2, 3)
    odd = torch.empty_strided((4, 1), (1, 9)).fill_(1.0)
    first, second = group.take([wrong, odd])
    assert first.data_ptr() != wrong.data_ptr() and first.t().tolist() == wrong.tolist()
    assert second is odd


def test_what_numpy_holds_becomes_a_tensor_of_the_variables_dtype():
    group = group_of(Adam(), Variable([1.0, 2.0]))
    (taken,) = group.take([np.array([1.0, 2.0])])
    assert taken.dtype is torch.float32 and taken.tolist() == [1.0, 2.0]


def test_a_plan_is_made_once_and_again_when_the_memory_has_moved():
    layer = torch.nn.Linear(2, 1)
    optimizer, variables = Adam(), list(layer.parameters())
    optimizer.build(variables)
    plan = optimizer._plan_of(variables)
    assert optimizer._plan_of(list(variables)) is plan
    layer.weight.data = torch.zeros(1, 2)
    moved = optimizer._plan_of(variables)
    assert moved is not plan
    optimizer.apply([torch.ones(1, 2), torch.ones(1)], variables)
    np.testing.assert_allclose(layer.weight.detach(), [[-0.001, -0.001]], rtol=1e-4)


def test_half_the_variables_keep_their_own_plan():
    x, y = Variable([1.0]), Variable([1.0])
    optimizer = Adam()
    optimizer.build([x, y])
    plans = [optimizer._plan_of([v]) for v in (x, y, x)]
    assert plans[0] is plans[2] is not plans[1]
