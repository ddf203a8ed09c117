"""Gradients: `grad` and its kin, functions with gradients of their own, and what TensorFlow.js manages memory with."""

import inspect
import time as _time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch

from kerasish._base import _tree
from kerasish.optimizers._gradients import loss_of, variables_for
from kerasish.tfjs._promises import settled
from kerasish.tfjs._records import Record
from kerasish.tfjs._tensor import Tensor, alive, as_torch, unwrapped, wrapped
from kerasish.tfjs._variable import Variable

# The weights whose gradients were given by a name.
named: "weakref.WeakValueDictionary[str, Any]" = weakref.WeakValueDictionary()
_recording: ContextVar[bool] = ContextVar("_recording", default=False)


@contextmanager
def recording() -> Iterator[None]:
    """Let what models predict inside be a part of the gradients' graph, as in TensorFlow.js."""
    token = _recording.set(True)
    try:
        with torch.enable_grad():
            yield
    finally:
        _recording.reset(token)


def is_recording() -> bool:
    """Whether a function whose gradients are asked for is being run."""
    return _recording.get()


def _watched(value: Any) -> torch.Tensor:
    """A tensor that gradients are asked for: in the graph of an outer gradient, or a leaf of its own."""
    given = as_torch(value)
    if not given.is_floating_point():
        raise ValueError(f"Gradients are of floating tensors; received dtype {Tensor(given).dtype}. Cast it first.")
    return given.view_as(given) if given.requires_grad else given.detach().requires_grad_()


def _differentiated(f: Callable, args: list[Any], dy: Any) -> tuple[torch.Tensor, list[Any]]:
    with recording():
        nested = any(as_torch(arg).requires_grad for arg in args)
        inner = [_watched(arg) for arg in args]
        y = as_torch(f(*map(Tensor, inner)))
        if not y.requires_grad:
            raise ValueError("The function's value does not depend on its arguments, so it has no gradient.")
        if dy is not None and tuple(as_torch(dy).shape) != tuple(y.shape):
            raise ValueError(f"`dy` must have the shape of the value, {list(y.shape)}; received {list(as_torch(dy).shape)}.")
        start = torch.ones_like(y) if dy is None else as_torch(dy)
        gradients = torch.autograd.grad(y, inner, start, create_graph=nested, allow_unused=True)
    if all(gradient is None for gradient in gradients):
        raise ValueError("The function's value does not depend on its arguments, so it has no gradient.")
    return y, [torch.zeros_like(arg) if g is None else g for g, arg in zip(gradients, inner)]


def grad(f: Callable) -> Callable:
    """Give the function that computes the gradient of `f(x)` with respect to `x`; of a value with axes, that of its sum.

    >>> from kerasish.tfjs._creation import tensor
    >>> grad(lambda x: x.square())(tensor([2.0, 3.0])).arraySync()
    [4.0, 6.0]
    """
    return lambda x, dy=None: Tensor(_differentiated(f, [x], dy)[1][0])


def grads(f: Callable) -> Callable:
    """Give the function that computes the gradients of `f(x1, x2, …)`, from a list of its arguments."""
    return lambda args, dy=None: wrapped(_differentiated(f, list(args), dy)[1])


def value_and_grad(f: Callable) -> Callable:
    """Give the function that computes the value of `f(x)` and its gradient: `{value, grad}`."""

    def compute(x: Any, dy: Any = None) -> dict[str, Tensor]:
        value, gradients = _differentiated(f, [x], dy)
        return Record({"value": Tensor(value.detach()), "grad": Tensor(gradients[0])})

    return compute


def value_and_grads(f: Callable) -> Callable:
    """Give the function that computes the value of `f(x1, x2, …)` and its gradients: `{value, grads}`."""

    def compute(args: Any, dy: Any = None) -> dict[str, Any]:
        value, gradients = _differentiated(f, list(args), dy)
        return Record({"value": Tensor(value.detach()), "grads": wrapped(gradients)})

    return compute


def loss_and_pairs(f: Callable[[], Any], var_list: Any) -> tuple[torch.Tensor, list[tuple[Any, Any]]]:
    """Run a function, and give its loss with pairs of gradient and variable.

    Args:
        f: gives a scalar.
        var_list: Variables; by default the trainable ones that `f` touched.
    """
    with recording():
        loss = loss_of(lambda: unwrapped(f()))
    variables = variables_for(loss, None if var_list is None else plain_variables(var_list))
    gradients = torch.autograd.grad(loss, variables, allow_unused=True)
    return loss, list(zip(gradients, variables))


def plain_variables(var_list: Any) -> list[Any]:
    """Give the variables of a list, a dict or one of them, as torch knows them."""
    given = (
        list(var_list.values())
        if isinstance(var_list, Mapping)
        else var_list
        if isinstance(var_list, (list, tuple))
        else [var_list]
    )
    return [variable.torch if isinstance(variable, Tensor) else variable for variable in given]


def name_of(variable: Any, known: Any = None) -> str:
    """The name that a variable has at this edge."""
    for edge in (*(known or ()), *list(alive)):
        if isinstance(edge, Variable) and edge._value is variable:
            return edge.name
    name = getattr(variable, "path", None) or str(id(variable))
    while named.setdefault(name, variable) is not variable:
        name += "_1"
    return name


def variable_grads(f: Callable[[], Any], var_list: Any = None) -> dict[str, Any]:
    """Compute a scalar function's value and its gradients by variable: `{value, grads: {name: Tensor}}`."""
    loss, pairs = loss_and_pairs(f, var_list)
    given = var_list if isinstance(var_list, (list, tuple)) else None
    gradients = {name_of(variable, given): Tensor(gradient) for gradient, variable in pairs if gradient is not None}
    return Record({"value": Tensor(loss.detach()), "grads": gradients})


def custom_grad(f: Callable) -> Callable:
    """Give a function with a gradient of its own.

    Args:
        f: takes Tensors and then `save`, a function that keeps a list of Tensors; gives `{value, gradFunc}`, where
            `gradFunc(dy, saved)` gives the gradient for each Tensor.
    """

    class Custom(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *values: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
            saved: list[Any] = []
            given = f(*map(Tensor, values), lambda tensors: saved.extend(tensors))
            ctx.saved, ctx.compute = saved, given["gradFunc"] if isinstance(given, Mapping) else given.gradFunc
            return unwrapped(given["value"] if isinstance(given, Mapping) else given.value)

        @staticmethod
        def backward(ctx: Any, *upstream: torch.Tensor) -> Any:  # type: ignore[override]
            gradients = ctx.compute(Tensor(upstream[0]), ctx.saved)
            gradients = gradients if isinstance(gradients, (list, tuple)) else [gradients]
            return tuple(as_torch(gradient) for gradient in gradients)

    return lambda *tensors: Tensor(Custom.apply(*map(as_torch, tensors)))  # type: ignore[arg-type]


# Memory: Python frees what nobody holds.


def tidy(name_or_fn: Any, fn: Callable | None = None, gradient_mode: bool = False) -> Any:
    """Call a function and give what it gives. What it leaves behind is freed by Python when nothing holds it.

    Args:
        name_or_fn, fn: the function, which may come after a name for profiles.
        gradient_mode: has no say: what gradients need is held by them.

    Raises:
        ValueError: the function is a coroutine, as in TensorFlow.js.
    """
    given = name_or_fn if fn is None else fn
    if not callable(given):
        raise TypeError(f"tidy takes a function without arguments; received {given!r:.80}.")
    result: Any = given()
    if inspect.iscoroutine(result):
        result.close()
        raise ValueError("The function of tidy must not be async: it gave a coroutine.")
    return result


def dispose(container: Any) -> None:
    """Dispose the Tensors in a Tensor, list or dict."""
    for leaf in _tree.flatten(container):
        if hasattr(leaf, "dispose"):
            leaf.dispose()


def keep(tensor: Tensor) -> Tensor:
    """Give the Tensor: it lives as long as something holds it."""
    tensor._kept = True
    return tensor


def memory() -> Record:
    """Count the Tensors that are alive at this edge: `numTensors`, `numBytes`, `numDataBuffers`."""
    values = [tensor._value for tensor in list(alive) if tensor._value is not None]
    buffers = {value.untyped_storage().data_ptr(): value.untyped_storage().nbytes() for value in values}
    return Record(numTensors=len(values), numDataBuffers=len(buffers), numBytes=sum(buffers.values()), unreliable=False)


def dispose_variables() -> None:
    """Dispose all Variables made by `tf.variable`, and those of layers that were looked at."""
    for tensor in list(alive):
        if isinstance(tensor, Variable):
            tensor.dispose()


def time(f: Callable) -> Any:
    """Measure a function: `{wallMs, kernelMs}` in milliseconds, which can be waited for."""
    before = _time.perf_counter()
    settled(f())
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    took = (_time.perf_counter() - before) * 1000
    return Record(wallMs=took, kernelMs=took)


def profile(f: Callable) -> Record:
    """Run a function, slowly, and tell of what it made and which of torch's kernels ran; it can be waited for.

    Returns: `result`, `newTensors`, `newBytes`, `peakBytes` (of the Tensors alive after any kernel), `kernelNames`, and
        `kernels`: of each in turn `name`, `inputShapes`, `outputShapes`, `bytesAdded` and `kernelTimeMs`.
    """
    from torch.utils._python_dispatch import TorchDispatchMode

    kernels: list[Record] = []
    peak = [0]

    class Watching(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
            start = _time.perf_counter()
            made = func(*args, **(kwargs or {}))
            took = (_time.perf_counter() - start) * 1000
            taken, given = _tensors_of((args, kwargs or {})), _tensors_of(made)
            peak[0] = max(peak[0], memory()["numBytes"])
            kernels.append(
                Record(
                    name=func.name().removeprefix("aten::"),
                    inputShapes=[list(part.shape) for part in taken],
                    outputShapes=[list(part.shape) for part in given],
                    bytesAdded=sum(part.numel() * part.element_size() for part in given),
                    kernelTimeMs=took,
                )
            )
            return made

    before = memory()
    with Watching():
        result = settled(f())
    after = memory()
    return Record(
        result=result,
        newTensors=after["numTensors"] - before["numTensors"],
        newBytes=after["numBytes"] - before["numBytes"],
        peakBytes=max(before["numBytes"], after["numBytes"], *peak),
        kernels=kernels,
        kernelNames=list(dict.fromkeys(kernel["name"] for kernel in kernels)),
    )


def _tensors_of(tree: Any) -> list[torch.Tensor]:
    return [leaf for leaf in _tree.flatten(tree) if isinstance(leaf, torch.Tensor)]


GRADIENTS = {
    "grad": grad, "grads": grads, "valueAndGrad": value_and_grad, "valueAndGrads": value_and_grads,
    "variableGrads": variable_grads, "customGrad": custom_grad, "tidy": tidy, "dispose": dispose, "keep": keep,
    "memory": memory, "disposeVariables": dispose_variables, "time": time, "profile": profile,
}  # fmt: skip
