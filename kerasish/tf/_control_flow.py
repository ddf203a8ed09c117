"""Control flow: loops, branches and folds over tensors; and blocks and functions that only graphs of TensorFlow 1 needed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import torch

from kerasish import ops
from kerasish._base import _tree
from kerasish.core import convert_to_tensor as _to_tensor
from kerasish.core import is_capturing
from kerasish.layers import _calling
from kerasish.tf._arrays import SHAPING
from kerasish.tf._calls import across, entered, left, takes_plain
from kerasish.tf._dtypes import real_dtype
from kerasish.tf._making import MAKING

_stack, _identity = SHAPING["stack"], SHAPING["identity"]


def _rows(elems: Any) -> list[Any]:
    """The slices along the first axis of a tensor, or of each tensor in a structure."""
    if isinstance(elems, (list, tuple)) and not any(isinstance(leaf, torch.Tensor) for leaf in _tree.flatten(elems)):
        elems = MAKING["convert_to_tensor"](elems)
    count = _tree.flatten(elems)[0].shape[0]
    return [_tree.map_structure(lambda leaf, i=i: leaf[i], elems) for i in range(count)]


def _stacked(results: Sequence[Any]) -> Any:
    return _tree.map_structure(lambda *parts: _stack(list(parts)), *results)


def map_fn(fn: Callable, elems: Any, dtype: Any = None, fn_output_signature: Any = None, name: str | None = None) -> Any:
    """Apply a function to each slice along the first axis, one after the other, and stack what it gives.

    Args:
        fn: takes a slice: of a tensor, or of each tensor in a structure.
        elems: the tensors.
        dtype, fn_output_signature: the dtype of what it gives, if another is wanted.
        name: a label.
    """
    wanted = real_dtype(getattr(fn_output_signature, "dtype", fn_output_signature) if dtype is None else dtype)
    made = _stacked([fn(row) for row in _rows(elems)])
    return made if wanted is None else _tree.map_structure(lambda leaf: SHAPING["cast"](leaf, wanted), made)


def foldl(fn: Callable, elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """Carry a value along the first axis: `value = fn(value, row)`. It begins with `initializer`, or the first row."""
    rows = iter(_rows(elems))
    value = next(rows) if initializer is None else initializer
    for row in rows:
        value = fn(value, row)
    return value


def foldr(fn: Callable, elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """Carry a value along the first axis from its end: `value = fn(value, row)`."""
    rows = reversed(_rows(elems))
    value = next(rows) if initializer is None else initializer
    for row in rows:
        value = fn(value, row)
    return value


def scan(fn: Callable, elems: Any, initializer: Any = None, reverse: bool = False, name: str | None = None) -> Any:
    """Carry a value along the first axis, `value = fn(value, row)`, and stack all of them."""
    rows = _rows(elems)
    rows = rows[::-1] if reverse else rows
    values = [rows.pop(0)] if initializer is None else []
    value = values[0] if values else _tree.map_structure(MAKING["convert_to_tensor"], initializer)
    for row in rows:
        value = fn(value, row)
        values.append(value)
    return _stacked(values[::-1] if reverse else values)


def while_loop(
    cond: Callable,
    body: Callable,
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    maximum_iterations: int | None = None,
    name: str | None = None,
) -> Any:
    """Repeat `loop_vars = body(*loop_vars)` while `cond(*loop_vars)` holds.

    Args:
        cond, body: take the variables of the loop.
        loop_vars: a list or tuple of tensors.
        shape_invariants, parallel_iterations, swap_memory: have no say.
        back_prop: whether gradients are wanted.
        maximum_iterations: so often at most.
        name: a label.
    """
    with nullcontext() if back_prop else torch.no_grad():
        given = entered(loop_vars)
        made = ops.while_loop(cond, lambda *parts: entered(body(*parts)), given, maximum_iterations)
    made = list(made) if isinstance(loop_vars, list) else made
    return made if takes_plain([loop_vars]) else left(made)


def case(
    pred_fn_pairs: Sequence[tuple], default: Callable | None = None, exclusive: bool = False, name: str | None = None
) -> Any:
    """Call the function of the first predicate that holds, else `default`.

    Raises:
        ValueError: none holds, and there is no default; or several hold, and `exclusive` is True.
    """
    chosen = [function for predicate, function in pred_fn_pairs if bool(_to_tensor(predicate))]
    if exclusive and len(chosen) > 1:
        raise ValueError(f"With `exclusive` one predicate may hold; {len(chosen)} do.")
    if not chosen and default is None:
        raise ValueError("No predicate holds, and there is no `default`.")
    return chosen[0]() if chosen else default()  # type: ignore[misc]


def switch_case(branch_index: Any, branch_fns: Any, default: Callable | None = None, name: str | None = None) -> Any:
    """Call the function of this number; another number calls `default`, or the last function.

    Args:
        branch_index: the number.
        branch_fns: functions, pairs of number and function, or a dict of them.
        default: see above.
        name: a label.
    """
    if isinstance(branch_fns, dict):
        table = branch_fns
    else:
        table = dict(branch_fns) if isinstance(branch_fns[0], tuple) else dict(enumerate(branch_fns))
    return table.get(int(branch_index), default or table[max(table)])()


def custom_gradient(f: Callable) -> Callable:
    """Decorate a function that gives its result and a function of the gradient, which gives those of the arguments.

    >>> from kerasish.tf import GradientTape, Variable
    >>> @custom_gradient
    ... def doubled(x):
    ...     return x * 2, lambda upstream: upstream * 10
    >>> x = Variable(1.0)
    >>> with GradientTape() as tape:
    ...     y = doubled(x)
    >>> tape.gradient(y, x).numpy().item()
    10.0
    """

    def kept(*args: Any) -> tuple[Any, Callable]:
        made, gradient = f(*args)

        def backward(*_: Any, upstream: Any) -> Any:
            return entered(gradient(*upstream) if isinstance(upstream, tuple) else gradient(upstream))

        return entered(made), backward

    return across(ops.custom_gradient(kept))


def recompute_grad(f: Callable) -> Callable:
    """Make a function that keeps nothing for its gradient, and computes again what that needs: less memory, more time."""
    from torch.utils.checkpoint import checkpoint

    return across(lambda *args, **kwargs: checkpoint(f, *args, use_reentrant=False, **kwargs))


def grad_pass_through(f: Callable) -> Callable:
    """Make a function whose gradient is that of doing nothing."""

    def passed(x: Any) -> Any:
        return x + (f(x) - x).detach()

    return across(passed)


def py_function(func: Callable, inp: Sequence[Any], Tout: Any = None, name: str | None = None) -> Any:  # noqa: N803
    """Call a Python function with tensors, and make tensors of these dtypes of what it gives."""
    return _typed(func(*[MAKING["convert_to_tensor"](part) for part in inp]), Tout)


def numpy_function(func: Callable, inp: Sequence[Any], Tout: Any = None, stateful: bool = True, name: str | None = None) -> Any:  # noqa: N803
    """Call a Python function with arrays, and make tensors of these dtypes of what it gives; `stateful` has no say."""
    return _typed(func(*[MAKING["convert_to_tensor"](part).numpy() for part in inp]), Tout)


def _typed(result: Any, dtypes: Any) -> Any:
    if isinstance(dtypes, (list, tuple)):
        return [MAKING["convert_to_tensor"](part, dtype) for part, dtype in zip(result, dtypes)]
    return result if dtypes is None else MAKING["convert_to_tensor"](result, dtypes)


# What eager functions need no more.


def executing_eagerly() -> bool:
    """Say whether functions run at once, and are not captured by tf.function."""
    return not is_capturing()


def inside_function() -> bool:
    """Say whether a tf.function is being captured."""
    return is_capturing()


@contextmanager
def name_scope(name: str) -> Iterator[str]:
    """A block in which the names of Variables begin with this one.

    >>> from kerasish.tf import Variable
    >>> with name_scope("encoder"):
    ...     print(Variable(1.0, name="w").name)
    encoder/w:0
    """
    _calling.scopes.append(name)
    try:
        yield "/".join([*_calling.scopes, ""])
    finally:
        _calling.scopes.pop()


def get_current_name_scope() -> str:
    """Give the names of the blocks of `name_scope` around."""
    return "/".join(_calling.scopes)


def control_dependencies(control_inputs: Any) -> Any:
    """A block; what stands before it has been done already."""
    return nullcontext()


def init_scope() -> Any:
    """A block; nothing is lifted out of anything."""
    return nullcontext()


def group(*inputs: Any, name: str | None = None) -> None:
    """Do nothing: what is grouped has been done already."""


def no_op(name: str | None = None) -> None:
    """Do nothing."""


def tuple_(tensors: Sequence[Any], control_inputs: Any = None, name: str | None = None) -> list[Any]:
    """Give copies of several tensors; None stays."""
    return [None if part is None else _identity(part) for part in tensors]


_PYTHON = (
    map_fn, foldl, foldr, scan, while_loop, case, switch_case, custom_gradient, recompute_grad, grad_pass_through, py_function,
    numpy_function, executing_eagerly, inside_function, name_scope, get_current_name_scope, control_dependencies, init_scope,
    group, no_op, tuple_,
)  # fmt: skip

CONTROL_FLOW: dict[str, Callable] = {function.__name__.rstrip("_"): function for function in _PYTHON}
CONTROL_FLOW |= {"cond": across(ops.cond), "vectorized_map": across(ops.vectorized_map, fn="function", elems="elements")}
