"""Control flow: choices and loops over tensors."""

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish.core import CaptureError, is_capturing
from kerasish.core import op as operation
from kerasish.core._capture_state import changes_of_variables
from kerasish.core._infer import is_inferring
from kerasish.ops._inputs import as_tensor

op = operation("keras.src.ops.core")


@op
def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """Call one of two functions; under torch.compile this is torch.cond, which keeps both in the graph.

    In a captured function (`kerasish.function`) both are computed, and the results of one are chosen.

    Args:
        pred: a bool or a tensor of one.
        true_fn, false_fn: functions without arguments. In a captured function their results have the same structure and shapes,
            and they change no Variables.

    Raises:
        CaptureError: in a captured function, if they do not.

    >>> cond(torch.tensor(1.0) > 0, lambda: "positive", lambda: "not")
    'positive'
    """
    if is_inferring():
        return true_fn()
    if torch.compiler.is_compiling() and isinstance(pred, Tensor):
        return torch.cond(pred, true_fn, false_fn)
    if is_capturing() and isinstance(pred, Tensor):
        return _chosen(pred, true_fn, false_fn)
    return true_fn() if pred else false_fn()


def _chosen(pred: Tensor, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """Compute both, and choose between their results."""
    before = changes_of_variables()
    results = true_fn(), false_fn()
    if changes_of_variables() != before:
        raise CaptureError(
            "A branch of `cond` cannot change a Variable in a captured function, which computes both branches: "
            "let the branches return the value, and assign it after `cond`."
        )
    shapes = [_tree.map_structure(lambda leaf: () if leaf is None else tuple(as_tensor(leaf).shape), part) for part in results]
    if shapes[0] != shapes[1]:
        raise CaptureError(f"The branches of `cond` must give the same shapes in a captured function; they give {shapes}.")
    if pred.numel() != 1:
        raise ValueError(f"`pred` must be a single bool; received shape {tuple(pred.shape)}.")
    holds = pred.reshape(()).bool()
    return _tree.map_structure(
        lambda a, b: None if a is None else torch.where(holds, as_tensor(a), as_tensor(b)), results[0], results[1]
    )


@op
def switch(index: Any, branches: Sequence[Callable], *operands: Any) -> Any:
    """Call the function with this number, the first or last if there is none, on the operands."""
    if is_inferring():
        return branches[0](*operands)
    return branches[builtins.min(builtins.max(int(index), 0), len(branches) - 1)](*operands)


@op
def while_loop(cond: Callable, body: Callable, loop_vars: Any, maximum_iterations: int | None = None) -> Any:
    """Repeat `loop_vars = body(*loop_vars)` while `cond(*loop_vars)` holds.

    >>> while_loop(lambda i: i < 3, lambda i: i + 1, 0).item()
    3
    """
    several = isinstance(loop_vars, (tuple, list))
    values = _tree.map_structure(as_tensor, tuple(loop_vars) if several else (loop_vars,))
    if not is_inferring():
        turns = 0
        while (maximum_iterations is None or turns < maximum_iterations) and cond(*values):
            made = body(*values)
            values = tuple(made) if isinstance(made, (tuple, list)) else (made,)
            turns += 1
    return values if several else values[0]


@op
def fori_loop(lower: Any, upper: Any, body_fun: Callable, init_val: Any) -> Any:
    """Repeat `value = body_fun(i, value)` for i from `lower` to below `upper`."""
    value = init_val
    if is_inferring() and any(isinstance(edge, Tensor) for edge in (lower, upper)):
        return body_fun(lower, value)
    for i in range(int(lower), int(upper)):
        value = body_fun(i, value)
    return value


@op
def scan(
    f: Callable, init: Any, xs: Any = None, length: int | None = None, reverse: bool = False, unroll: int | bool = 1
) -> tuple[Any, Any]:
    """Carry a value along the first axis: `carry, y = f(carry, x)`; give the last carry and all `y` stacked.

    Args:
        f: gives the next carry and an output, or None for none.
        xs: a tree of tensors, or None, where `length` says how often.
        unroll: it makes no difference here.

    >>> scan(lambda total, x: (total + x, total), torch.tensor(0), torch.tensor([1, 2, 3]))
    (tensor(6), tensor([0, 1, 3]))
    """
    if xs is None and length is None:
        raise ValueError("`xs` or `length` must be given; received neither.")
    carry = _tree.map_structure(as_tensor, init)
    xs = None if xs is None else _tree.map_structure(as_tensor, xs)
    count = int(length) if length is not None else _tree.flatten(xs)[0].shape[0]
    outputs = []
    for i in reversed(range(count)) if reverse else range(count):
        carry, y = f(carry, None if xs is None else _tree.map_structure(lambda x, i=i: x[i], xs))
        outputs.append(y if y is not None else _tree.map_structure(torch.zeros_like, carry))
    if reverse:
        outputs.reverse()
    return carry, _tree.map_structure(lambda *ys: torch.stack(ys), *outputs)


@op
def map(f: Callable, xs: Any) -> Any:
    """Apply a function to each slice along the first axis, one after the other, and stack the results.

    >>> map(lambda x: x * 2, torch.tensor([1, 2]))
    tensor([2, 4])
    """
    xs = _tree.map_structure(as_tensor, xs)
    results = [f(_tree.map_structure(lambda x, i=i: x[i], xs)) for i in range(_tree.flatten(xs)[0].shape[0])]
    return _tree.map_structure(lambda *parts: torch.stack(parts), *results)


@op
def vectorized_map(function: Callable, elements: Any) -> Any:
    """Apply a function to each slice along the first axis, all at once.

    >>> vectorized_map(lambda x: x * 2, torch.tensor([1, 2]))
    tensor([2, 4])
    """
    return torch.vmap(function)(_tree.map_structure(as_tensor, elements))


@op
def associative_scan(f: Callable, elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """Join the slices along an axis from the first to each, `f(f(a, b), c)`, in a logarithm of steps.

    `f` must be associative and take slices of any length along the axis.

    >>> associative_scan(lambda a, b: a + b, torch.tensor([1, 2, 3]))
    tensor([1, 3, 6])
    """
    elems = _tree.map_structure(as_tensor, elems)
    if reverse:
        elems = _tree.map_structure(lambda x: x.flip(axis), elems)
    size = _tree.flatten(elems)[0].shape[axis]
    step = 1
    while step < size:
        # Each slice takes in what lies `step` before it, which by now stands for as many slices.
        head = _tree.map_structure(lambda x, s=step: x.narrow(axis, 0, s), elems)
        before = _tree.map_structure(lambda x, s=step: x.narrow(axis, 0, size - s), elems)
        here = _tree.map_structure(lambda x, s=step: x.narrow(axis, s, size - s), elems)
        elems = _tree.map_structure(lambda a, b: torch.cat([a, b], axis), head, f(before, here))
        step *= 2
    return _tree.map_structure(lambda x: x.flip(axis), elems) if reverse else elems
