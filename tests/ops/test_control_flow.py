"""Control flow: the same in loops, in compiled graphs and on symbols."""

import pytest
import torch

from kerasish import ops
from kerasish.core import KerasTensor


def test_cond_stays_in_the_compiled_graph():
    def choose(x):
        return ops.cond(x.sum() > 0, lambda: x + 1, lambda: x - 1)

    compiled = torch.compile(choose, fullgraph=True, backend="eager")
    assert compiled(torch.ones(2)).tolist() == [2.0, 2.0]
    assert compiled(-torch.ones(2)).tolist() == [-2.0, -2.0]


def test_switch_holds_the_index_within_the_branches():
    branches = [lambda x: x + 1, lambda x: x * 10]
    assert [ops.switch(i, branches, 3) for i in (-5, 0, 1, 9)] == [4, 4, 30, 30]


def test_while_loop_carries_several_values_and_stops_at_the_limit():
    count, total = ops.while_loop(lambda i, s: i < 5, lambda i, s: (i + 1, s + i), (0, 0))
    assert (count.item(), total.item()) == (5, 10)
    assert ops.while_loop(lambda i: i < 100, lambda i: i + 1, 0, maximum_iterations=3).item() == 3


def test_fori_loop_hands_on_the_value():
    assert ops.fori_loop(1, 4, lambda i, value: value * i, 1) == 6


def test_scan_runs_backwards_over_trees():
    xs = {"a": torch.tensor([1.0, 2.0, 3.0])}
    carry, ys = ops.scan(lambda c, x: (c + x["a"], c), torch.tensor(0.0), xs, reverse=True)
    assert carry.item() == 6
    assert ys.tolist() == [5.0, 3.0, 0.0]
    carry, _ = ops.scan(lambda c, _: (c * 2, None), torch.tensor(1), length=5)
    assert carry.item() == 32
    with pytest.raises(ValueError, match="`xs` or `length`"):
        ops.scan(lambda c, x: (c, x), 0)


@pytest.mark.parametrize("size", [1, 2, 5, 8])
@pytest.mark.parametrize("reverse", [False, True])
def test_associative_scan_is_the_running_result(size, reverse):
    x = torch.randn(3, size)
    expected = x.flip(1).cumsum(1).flip(1) if reverse else x.cumsum(1)
    torch.testing.assert_close(ops.associative_scan(torch.add, x, reverse, axis=1), expected)


def test_map_and_vectorized_map_agree():
    x = torch.randn(4, 3)
    torch.testing.assert_close(ops.map(torch.sum, x), ops.vectorized_map(torch.sum, x))
    first, second = ops.map(lambda pair: (pair[0] + pair[1], pair[0]), (x, x))
    torch.testing.assert_close(first, 2 * second)


def test_loops_take_symbols():
    x = KerasTensor((None, 3))
    assert ops.while_loop(lambda v: ops.sum(v) < 9, lambda v: v * 2, x).shape == (None, 3)
    assert ops.fori_loop(0, 3, lambda i, v: v + i, x).shape == (None, 3)
    assert ops.vectorized_map(lambda row: ops.sum(row), x).shape == (None,)


def test_vectorize_broadcasts_and_takes_a_signature():
    dot = ops.vectorize(torch.dot, signature="(n),(n)->()")
    x, y = torch.randn(2, 1, 3), torch.randn(4, 3)
    torch.testing.assert_close(dot(x, y), (x * y).sum(-1))
    assert ops.vectorize(lambda a, n: a * n, excluded={1})([1, 2], 3).tolist() == [3, 6]
    with pytest.raises(ValueError, match="`signature`"):
        ops.vectorize(torch.dot, signature="n,n")
