"""function: Python that runs once for each kind of arguments; after that the graph that was captured does its work."""

# pyright: reportPrivateImportUsage=false

import copy
import functools
import inspect
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import ReferenceType, WeakKeyDictionary, ref

import numpy as np
import torch
from torch import Tensor, fx

from kerasish._base import _tree
from kerasish.core import _gradient_tape
from kerasish.core._capture_state import CaptureError, is_capturing
from kerasish.core._capturing import Captured, capture
from kerasish.core._dtypes import torch_dtype
from kerasish.core._infer import is_inferring
from kerasish.core._symbol import is_symbolic
from kerasish.core._tensors import convert_to_tensor
from kerasish.core._variable import Variable

_MANY = 12  # so many captures of one function are more than anyone means to have
_VALUES = (bool, int, float, complex, str, bytes, type(None), torch.dtype, torch.device, torch.memory_format)

_runs_eagerly = False


def run_functions_eagerly(run_eagerly: bool) -> None:
    """Let functions under `kerasish.function` run as plain Python from now on, to look into them; or capture them again."""
    global _runs_eagerly
    _runs_eagerly = bool(run_eagerly)


def functions_run_eagerly() -> bool:
    """Say whether `run_functions_eagerly(True)` holds.

    >>> functions_run_eagerly()
    False
    """
    return _runs_eagerly


def function(
    func: Callable | None = None,
    input_signature: Sequence[Any] | None = None,
    autograph: bool = False,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
) -> Any:
    """Run a function's Python once for each kind of arguments, and from then on the graph of what it did to tensors.

    A kind is given by the shapes, dtypes and devices of tensors and arrays, the values of Python numbers and strings, and the
    identity of all other objects, Variables among them. Changes of Variables are part of the graph, and it sees those made
    elsewhere. Random numbers are drawn anew in each call, gradients go through, and GradientTapes, optimizers and metrics may be
    used inside. What else the Python does, such as printing, happens only when it runs. Results that depend on a Variable which
    the function itself changes have no gradient.

    Args:
        func: the function or method; without it, a decorator is given.
        input_signature: the tensors that it takes, as things with `shape` and `dtype`; a size of None may be any.
        autograph: must be False: `if` and `while` on tensors are not rewritten; `ops.cond` and `ops.where` serve.
        jit_compile: True lets Inductor compile the graphs.
        reduce_retracing: must be False: each shape has a graph of its own.

    Raises:
        CaptureError: when it is called, if it looks at the numbers in tensors, or does what cannot be written down.

    >>> @function
    ... def double(x):
    ...     print("runs")
    ...     return x * 2
    >>> double(torch.ones(2)).tolist(), double(torch.zeros(2)).tolist()
    runs
    ([2.0, 2.0], [0.0, 0.0])
    """
    if autograph:
        raise ValueError("`autograph` must be False: Python's `if` and `while` are not rewritten. Use ops.cond and ops.where.")
    if reduce_retracing:
        raise ValueError("`reduce_retracing` is not supported: each shape is captured by itself.")
    if func is None:
        return functools.partial(function, input_signature=input_signature, jit_compile=jit_compile)
    if not callable(func):
        raise ValueError(f"`function` takes something that can be called; received {func!r}.")
    if isinstance(func, Function):
        raise ValueError("This is a captured function already; give its `python_function`.")
    return Function(func, input_signature, bool(jit_compile))


class Function:
    """What `function` makes of a Python function.

    Args:
        func: the Python function.
        input_signature, jit_compile: see `function`.
    """

    def __init__(self, func: Callable, input_signature: Sequence[Any] | None = None, jit_compile: bool = False):
        self._python, self._jit_compile = func, jit_compile
        self._input_signature = None if input_signature is None else [_Spec(part) for part in input_signature]
        self._graphs: dict[Any, ConcreteFunction] = {}
        self._lock = threading.RLock()
        self._count = 0
        self._of_instances: WeakKeyDictionary[Any, Function] = WeakKeyDictionary()
        self._instance: ReferenceType | None = None
        functools.update_wrapper(self, func, updated=())
        self._defaults = _defaults(func)

    @property
    def python_function(self) -> Callable:
        """The function as it was written."""
        return self._python

    def experimental_get_tracing_count(self) -> int:
        """Say how often the Python has run to be captured."""
        return self._count

    def __get__(self, instance: Any, owner: Any = None) -> "Function":
        if instance is None:
            return self
        try:
            bound = self._of_instances.get(instance)
            if bound is None:
                bound = Function(self._python, None, self._jit_compile)
                bound._input_signature, bound._instance = self._input_signature, ref(instance)
                bound._defaults = self._defaults[1:]
                self._of_instances[instance] = bound
        except TypeError as error:
            raise TypeError(
                f"A captured method needs an object that can be hashed and referred to weakly; {type(instance).__name__} cannot."
            ) from error
        return bound

    def __deepcopy__(self, memo: dict) -> "Function":
        made = Function(copy.deepcopy(self._python, memo), None, self._jit_compile)
        made._input_signature = self._input_signature
        return made

    def __reduce__(self) -> Any:
        raise TypeError("A captured function cannot be pickled; pickle the Python function, and capture it where it is read.")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if _runs_eagerly or is_capturing() or _is_watched() or is_symbolic(args, kwargs):  # by others, who see the Python
            return self._run_python(args, kwargs)
        if self._input_signature is not None:
            args, kwargs = self._by_signature(args, kwargs), {}
        elif kwargs:
            args, kwargs = self._canonical(args, kwargs)
        elif len(args) < len(self._defaults):
            args = self._with_defaults(args)
        tensors: list[Tensor] = []
        key = (_kind(args, tensors), _kind(kwargs, tensors) if kwargs else None, _autocast())
        graph = self._graphs.get(key)
        if graph is None or not graph._serves():
            graph = self._capture(key, args, kwargs, tensors)
        return graph._run(tensors)

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> "ConcreteFunction":
        """Give the graph for arguments of a kind, captured if it is not there yet.

        Args:
            *args, **kwargs: arguments as for a call; things with `shape` and `dtype` may stand for tensors.
        """
        if self._input_signature is not None and not args and not kwargs:
            args = tuple(self._input_signature)
        args, kwargs = _tree.map_structure(_example, args), {key: _tree.map_structure(_example, v) for key, v in kwargs.items()}
        if self._input_signature is not None:
            args, kwargs = self._by_signature(args, kwargs), {}
        elif kwargs:
            args, kwargs = self._canonical(args, kwargs)
        else:
            args = self._with_defaults(args)
        tensors: list[Tensor] = []
        key = (_kind(args, tensors), _kind(kwargs, tensors) if kwargs else None, _autocast())
        graph = self._graphs.get(key)
        return graph if graph is not None and graph._serves() else self._capture(key, args, kwargs, tensors)

    def _run_python(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        if self._instance is None:
            return self._python(*args, **kwargs)
        instance = self._instance()
        if instance is None:
            raise ReferenceError("The object that this method belongs to is gone.")
        return self._python(instance, *args, **kwargs)

    def _canonical(self, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
        """The same arguments, by place where they have one."""
        try:
            first = () if self._instance is None else (None,)
            bound = inspect.signature(self._python).bind(*first, *args, **kwargs)
            bound.apply_defaults()
        except ValueError:  # something of which Python does not know the arguments
            return args, kwargs
        return bound.args[len(first) :], bound.kwargs

    def _with_defaults(self, args: tuple) -> tuple:
        rest = self._defaults[len(args) :]
        return args if inspect.Parameter.empty in rest else (*args, *rest)

    def _by_signature(self, args: tuple, kwargs: dict[str, Any]) -> tuple:
        wanted = self._input_signature or []
        if kwargs:
            args, kwargs = self._canonical(args, kwargs)
        if kwargs or len(args) != len(wanted):
            raise TypeError(f"`input_signature` has {len(wanted)} tensors; received {len(args) + len(kwargs)} arguments.")
        return tuple(spec.fit(value) for spec, value in zip(wanted, args))

    def _capture(self, key: Any, args: tuple, kwargs: dict[str, Any], tensors: list[Tensor]) -> "ConcreteFunction":
        with self._lock:

            def body(stand_ins: list[Tensor]) -> Any:
                given = iter(stand_ins)
                return self._run_python(_filled(args, given), _filled(kwargs, given))

            self._count += 1
            if self._count == _MANY:
                warnings.warn(
                    f"{getattr(self._python, '__name__', 'A function')} has been captured {_MANY} times. "
                    "Each Python number and each shape has a graph of its own: give numbers that change as tensors, "
                    "and fill batches up to one size.",
                    stacklevel=3,
                )
            kept = [leaf for leaf in _tree.flatten((args, kwargs)) if not isinstance(leaf, (Tensor, *_VALUES))]
            kept += [leaf for leaf in _tree.flatten((args, kwargs)) if isinstance(leaf, torch.nn.Parameter)]
            graph = ConcreteFunction(capture, body, tensors, kept, self._jit_compile)
            self._graphs[key] = graph
            return graph

    def __repr__(self) -> str:
        return f"<kerasish.function {getattr(self._python, '__qualname__', self._python)!s}, captured {self._count} times>"


class ConcreteFunction:
    """The graph of a function for arguments of one kind. It is called with the tensors alone.

    Attributes:
        captured: what the function does, see `Captured`.
    """

    def __init__(self, make: Any, body: Callable, tensors: list[Tensor], kept: list[Any], jit_compile: bool):
        self._kept = kept  # what a kind knows by its id must live
        self._form = [(tuple(tensor.shape), tensor.dtype) for tensor in tensors]
        tape = _gradient_tape.differentiated
        self._captured_under_tape = bool(_gradient_tape.recording())
        self.captured, self._followed = make(body, tensors)
        self._differentiates = _gradient_tape.differentiated != tape
        self._plain_run: Callable = _compiled(self.captured) if jit_compile else self.captured.runner()
        self._followed_run: Callable | None = None
        if self._followed is not None:
            self._followed_run = _compiled(self._followed) if jit_compile else self._followed.runner()

    @property
    def graph(self) -> fx.Graph:
        """The operations, as an fx graph; its inputs are the tensors, then `captured_inputs`."""
        return self.captured.graph.graph

    @property
    def captured_inputs(self) -> list[Tensor]:
        """The tensors from outside that the function uses."""
        return list(self.captured.constants)

    @property
    def variables(self) -> list[Variable]:
        """The Variables that the function uses."""
        return [constant for constant in self.captured.constants if isinstance(constant, Variable)]

    @property
    def trainable_variables(self) -> list[Variable]:
        """The Variables that it uses and that have gradients."""
        return [variable for variable in self.variables if variable.requires_grad]

    def __call__(self, *tensors: Any) -> Any:
        given = [convert_to_tensor(tensor) for tensor in _tree.flatten(tensors)]
        form = [(tuple(tensor.shape), tensor.dtype) for tensor in given]
        if form != self._form:
            raise ValueError(f"This graph is for tensors of these shapes and dtypes: {self._form}; received {form}.")
        if not self.captured.is_valid():
            raise RuntimeError(
                "Tensors that this graph uses have been moved, frozen or unfrozen: ask the function for a new one."
            )
        return self._run(given)

    def _serves(self) -> bool:
        """Whether a call now would do what the Python would do now."""
        return self.captured.is_valid() and (
            not self._differentiates or self._captured_under_tape == bool(_gradient_tape.recording())
        )

    def _run(self, tensors: list[Tensor]) -> Any:
        captured, followed = self.captured, self._followed
        records = torch.is_grad_enabled()
        if records and followed is not None and (followed.has_gradient or any(tensor.requires_grad for tensor in tensors)):
            if followed.has_own_gradient:
                raise CaptureError(
                    "A torch.autograd.Function is part of this captured function, and a graph does not hold its own gradient: "
                    "call it under torch.no_grad(), or take the gradients inside of the function."
                )
            try:
                return followed.packed(self._followed_run(*tensors, *captured.constants))  # type: ignore[misc]
            finally:
                torch._C._set_grad_enabled(True)
        if not records:
            return captured.packed(self._plain_run(*tensors, *captured.constants))
        torch._C._set_grad_enabled(False)
        try:
            return captured.packed(self._plain_run(*tensors, *captured.constants))
        finally:
            torch._C._set_grad_enabled(True)


class _Spec:
    """The shape and dtype of an input."""

    def __init__(self, given: Any):
        if not hasattr(given, "shape") or not hasattr(given, "dtype"):
            raise ValueError(f"`input_signature` takes things with `shape` and `dtype`; received {given!r}.")
        shape = given.shape
        self.shape = None if shape is None else tuple(None if size is None else int(size) for size in shape)
        self.dtype = torch_dtype(
            given.dtype if isinstance(given.dtype, (str, torch.dtype)) else getattr(given.dtype, "name", given.dtype)
        )

    def fit(self, value: Any) -> Tensor:
        """Make a tensor of a value, which must have this shape and may be cast from Python's numbers only.

        Raises:
            TypeError: it has another shape or dtype.
        """
        tensor = value if isinstance(value, Tensor) else convert_to_tensor(value, self.dtype)
        shape = tuple(tensor.shape)
        fits = self.shape is None or len(shape) == len(self.shape) and all(a in (None, b) for a, b in zip(self.shape, shape))
        if not fits or tensor.dtype is not self.dtype:
            raise TypeError(
                f"`input_signature` asks for shape {self.shape} and {self.dtype}; received shape {shape} and {tensor.dtype}."
            )
        return tensor


def _example(leaf: Any) -> Any:
    """A tensor of the form that something stands for; sizes that may be any are 1."""
    if isinstance(leaf, (Tensor, np.ndarray, np.generic, *_VALUES)) or not (hasattr(leaf, "shape") and hasattr(leaf, "dtype")):
        return leaf
    spec = leaf if isinstance(leaf, _Spec) else _Spec(leaf)
    return torch.zeros([1 if size is None else size for size in spec.shape or ()], dtype=spec.dtype)


def _is_watched() -> bool:
    """Whether somebody else writes down or transforms what happens: they see the Python."""
    return bool(
        is_inferring()
        or torch._C._len_torch_dispatch_stack()
        or torch._C._are_functorch_transforms_active()
        or torch.compiler.is_compiling()
        or torch._C._is_tracing()
    )


def _autocast() -> Any:
    """Which dtypes torch's autocast casts to now."""
    if not torch._C._is_any_autocast_enabled():
        return None
    return [(name, torch.get_autocast_dtype(name)) for name in ("cpu", "cuda") if torch.is_autocast_enabled(name)].__repr__()


def _kind(value: Any, tensors: list[Tensor]) -> Any:
    """What tells kinds of arguments apart; the tensors among them are appended."""
    kind = type(value)
    if kind is Tensor:
        tensors.append(value)
        return value.shape, value.dtype, value.device
    if kind in _VALUES:
        return kind, value
    if isinstance(value, torch.nn.Parameter):
        return "object", id(value)
    if isinstance(value, Tensor):
        tensors.append(value)
        return kind, value.shape, value.dtype, value.device
    if isinstance(value, (np.ndarray, np.generic)):
        tensors.append(convert_to_tensor(value))
        return tensors[-1].shape, tensors[-1].dtype, tensors[-1].device
    if isinstance(value, Mapping):
        return kind, tuple((key, _kind(value[key], tensors)) for key in value)
    if _tree.is_nested(value):
        return kind, tuple([_kind(part, tensors) for part in value])
    return "object", id(value)


def _filled(value: Any, stand_ins: Any) -> Any:
    """The arguments with stand-ins for their tensors, which come in the order of `_kind`."""
    if isinstance(value, torch.nn.Parameter):
        return value
    if isinstance(value, (Tensor, np.ndarray, np.generic)):
        return next(stand_ins)
    if isinstance(value, Mapping):
        filled = {key: _filled(value[key], stand_ins) for key in value}
        return filled if type(value) is dict else _tree.pack_sequence_as(value, _tree.flatten(filled))
    if _tree.is_nested(value):
        filled = [_filled(part, stand_ins) for part in value]
        if hasattr(value, "_fields"):
            return type(value)(*filled)
        return filled if type(value) is list else tuple(filled) if isinstance(value, tuple) else type(value)(filled)
    return value


def _defaults(func: Callable) -> tuple:
    """The defaults of the arguments that have a place, `empty` for those without."""
    try:
        parameters = inspect.signature(func).parameters.values()
    except (TypeError, ValueError):
        return ()
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(parameter.default for parameter in parameters if parameter.kind in places)


def _compiled(captured: Captured) -> Callable:
    return torch.compile(captured.graph, fullgraph=True, dynamic=False)
