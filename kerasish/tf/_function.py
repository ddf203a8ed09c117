"""function: the library's, which takes and gives this face's tensors, and methods of which are found by `saved_model`."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from kerasish import core
from kerasish._base import _tree
from kerasish.tf._calls import entered, left, takes_plain


def function(
    func: Callable | None = None,
    input_signature: Sequence[Any] | None = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
) -> Any:
    """Run a function's Python once for each kind of arguments, and from then on the graph of it. See `kerasish.function`.

    Args:
        func: the function or method; without it, a decorator is given.
        input_signature: the tensors that it takes, as `tf.TensorSpec`s.
        autograph: has no say: `if` and `while` on tensors are never rewritten, and say so when they are met.
        jit_compile: True lets Inductor compile the graphs.
        reduce_retracing: must be False: each shape has a graph of its own.

    >>> from kerasish.tf import constant
    >>> @function
    ... def double(x):
    ...     print("runs")
    ...     return x * 2
    >>> double(constant(1)), double(constant(2))
    runs
    (<tf.Tensor: shape=(), dtype=int32, numpy=2>, <tf.Tensor: shape=(), dtype=int32, numpy=4>)
    """
    if func is None:
        return functools.partial(
            function, input_signature=input_signature, jit_compile=jit_compile, reduce_retracing=reduce_retracing
        )
    made = core.function(func, input_signature, jit_compile=jit_compile, reduce_retracing=reduce_retracing)
    made.__class__ = Function
    return made


class Function(core.Function):
    """What `function` makes of a Python function."""

    def __get__(self, instance: Any, owner: Any = None) -> "Function":
        bound: Any = super().__get__(instance, owner)
        bound.__class__ = Function
        return bound

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> core.ConcreteFunction:
        """Give the graph for arguments of a kind; TensorSpecs and other things with `shape` and `dtype` stand for tensors."""
        given = [entered(arg) for arg in args]
        made = super().get_concrete_function(*given, **{key: entered(value) for key, value in kwargs.items()})
        vars(made)["_function"] = self  # for a saved model, which takes one or the other as a signature
        return made

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = [entered(arg) for arg in args]
        named = {key: entered(value) for key, value in kwargs.items()}
        result = super().__call__(*given, **named)
        if isinstance(result, core.Variable) or _tree.is_nested(result):
            result = _tree.map_structure(_read, result)
        return result if takes_plain((args, kwargs)) else left(result, given)


def _read(result: Any) -> Any:
    """The value of a Variable that a function gives, as it is now; anything else stays as it is."""
    return result.clone() if isinstance(result, core.Variable) and not core.is_capturing() else result


class autograph_experimental:  # noqa: N801 - TensorFlow's own spelling of a namespace
    """Python code is never rewritten, so there is nothing to switch off."""

    @staticmethod
    def do_not_convert(func: Callable | None = None) -> Any:
        """Give the function back."""
        return (lambda given: given) if func is None else func
