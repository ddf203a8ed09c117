"""Metric: what is measured over many batches, with its state on the device where the data is."""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar

import torch
from torch import Tensor

from kerasish._base import _edges, _settings, _tree
from kerasish._base._configurable import Configurable
from kerasish._base._names import auto_name, to_snake_case
from kerasish.core import Variable, default_device, get_dtype_policy, torch_dtype
from kerasish.core._capture_state import is_capturing, outside_capture
from kerasish.core._infer import is_inferring, real_tensors
from kerasish.initializers._registry import INITIALIZERS
from kerasish.metrics._inputs import as_tensor
from kerasish.metrics._registry import METRICS

_replayed = False


@contextmanager
def state_in_variables() -> Iterator[None]:
    """Within it an update changes nothing but the tensors in `variables`, all by kernels.

    Else metrics count on the host what needs no kernel, and put off work until someone looks. A step that is
    captured or traced, to be replayed without its Python, needs this; it costs a few small kernels more.
    """
    global _replayed
    before, _replayed = _replayed, True
    try:
        yield
    finally:
        _replayed = before


def keeps_state_in_variables() -> bool:
    """Say whether updates must keep everything in Variables, since their Python will not run again."""
    return _replayed or is_capturing() or torch.compiler.is_compiling()


class Metric(Configurable):
    """What is measured over many batches. A subclass makes its state, changes it with each batch, and tells the result.

    The state is made with `add_variable` in `__init__` or, where arguments are declared as fields, in `__post_init__`.
    Neither an update nor a result reads from the device.

    Args:
        dtype: the dtype of the state and the result, or a policy, whose compute dtype it is; `floatx()` by default.
        name: an automatic one by default.

    >>> class Largest(Metric):
    ...     def __init__(self, name="largest", **kwargs):
    ...         super().__init__(name=name, **kwargs)
    ...         self.seen = self.add_variable((), "zeros", name="seen")
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.seen.assign(torch.maximum(self.seen, y_pred.max()))
    ...     def result(self):
    ...         return self.seen
    >>> largest = Largest()
    >>> largest.update_state(None, torch.tensor([1.0, 3.0]))
    >>> largest(None, torch.tensor([2.0])).item()
    3.0
    """

    registry = METRICS

    dtype: Any = None
    name: str | None = None

    # Whether the best value is the greatest ("up") or the least ("down"), for callbacks that watch it.
    _direction: str | None = None
    _default_dtype: ClassVar[str | None] = None
    _edge: _edges.Edge | None = None  # the face whose tensors were last measured, and which is told results in its own
    _is_captured = False  # the graph of a captured function updates or reads the state

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, guard in (("update_state", _guarded_update), ("result", _guarded_result)):
            if name in cls.__dict__:
                setattr(cls, name, guard(cls.__dict__[name]))

    def __pre_init__(self) -> None:
        self._variables: list[Variable] = []
        self._device = default_device()

    def __post_init__(self) -> None:
        if self.name is not None and not isinstance(self.name, str):
            raise ValueError(f"`name` must be a string; received {self.name!r}.")
        self.name = self.name or auto_name(to_snake_case(type(self).__name__))
        self.dtype = get_dtype_policy(self.dtype or self._default_dtype or _settings.floatx()).compute_dtype
        self._compute = torch_dtype(self.dtype)

    # What a subclass writes.

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take a batch into account; most metrics take `(y_true, y_pred, sample_weight=None)`."""
        raise NotImplementedError(f"{type(self).__name__} must define `update_state(self, y_true, y_pred, sample_weight=None)`.")

    def result(self) -> Any:
        """Tell the value so far: a tensor without axes, or a dict of such."""
        raise NotImplementedError(f"{type(self).__name__} must define `result(self)`.")

    def reset_state(self) -> None:
        """Begin anew."""
        for variable in self.variables:
            variable.zero_()

    def _settle(self) -> None:
        """Bring the Variables up to date with what has been put off; for metrics that put work off."""

    def _settle_for_capture(self) -> None:
        """Bring the Variables up to date, and keep all in them from now on: a graph that reads them knows nothing of the host."""
        self._is_captured = True
        with outside_capture():
            self._settle()

    def _update_captured(self, update: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
        if is_capturing():
            self._settle_for_capture()
        with torch.no_grad(), state_in_variables():
            return update(self, *args, **kwargs)

    # State.

    def add_variable(
        self, shape: Any, initializer: Any = None, dtype: Any = None, aggregation: str | None = "sum", name: str | None = None
    ) -> Variable:
        """Make a piece of state.

        Args:
            shape: its shape.
            initializer: a name, object or function `(shape, dtype) -> tensor`; zeros by default.
            dtype: `floatx()` by default.
            aggregation: for distribution over replicas.
            name: a name, for the `path`.
        """
        if "_variables" not in self.__dict__:
            raise RuntimeError(f"Call `super().__init__()` first in the `__init__` of {type(self).__name__}.")
        with real_tensors():
            make = torch.zeros if initializer is None else INITIALIZERS.get(initializer)
            variable = Variable(make, shape, dtype, trainable=False, aggregation=aggregation, name=name)
        if variable.device != self._device:
            variable.data = variable.data.to(self._device)
        variable._path = f"{self.name}/{variable.name}"
        self._variables.append(variable)
        return variable

    def add_weight(self, shape: Any = (), initializer: Any = None, dtype: Any = None, name: str | None = None) -> Variable:
        """Make a piece of state: another name of `add_variable`."""
        return self.add_variable(shape, initializer, dtype, name=name)

    @property
    def variables(self) -> list[Variable]:
        """The state: Variables made or set here, then those of the metrics set as attributes."""
        self._settle()
        own = {id(variable): variable for variable in self._variables}
        inner: dict[int, Variable] = {}
        for part in _tree.flatten([value for key, value in self.__dict__.items() if key != "_variables"]):
            if isinstance(part, Variable):
                own.setdefault(id(part), part)
            elif isinstance(part, Metric):
                inner.update((id(variable), variable) for variable in part.variables)
        return list({**own, **inner}.values())

    def _follow(self, *given: Any) -> _edges.Edge | None:
        """Move the state to where the data is; labels may lie on the host. Give the edge that the data belongs to, if any."""
        place = edge = None
        for value in given:
            if isinstance(value, Tensor):
                place = value.device
                if type(value) is not Tensor:
                    edge = _edges.kinds.get(type(value), edge)
                if not value.is_cpu:
                    break
        place = place or default_device()
        if place != self._device:
            self._device = place
            for variable in self.variables:
                variable.data = variable.data.to(place)
        return edge

    # Use.

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take a batch into account and tell the value so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def stateless_update_state(self, metric_variables: Sequence[Any], *args: Any, **kwargs: Any) -> list[Tensor]:
        """Give the state that follows from this one and a batch; the metric's own stays."""
        with self._state_copied_from(metric_variables):
            self.update_state(*args, **kwargs)
            after = self.variables
        if len(after) != len(metric_variables):
            raise ValueError(
                f"{self.name} makes its state when it first sees data, so it has none yet to go on from. Call "
                "`update_state` and `reset_state` once, then begin with `stateless_reset_state()`."
            )
        return [variable.detach() for variable in after]

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """Give the result for this state; the metric's own stays."""
        with self._state_copied_from(metric_variables):
            return self.result()

    def stateless_reset_state(self) -> list[Tensor]:
        """Give the state to begin with; the metric's own stays."""
        with self._state_copied_from(self.variables):
            self.reset_state()
            return [variable.detach() for variable in self.variables]

    def _state_copied_from(self, tensors: Sequence[Any]) -> AbstractContextManager:
        variables = self.variables
        if len(tensors) != len(variables):
            raise ValueError(
                f"`metric_variables` must hold one tensor for each of the {len(variables)} variables of {self.name}; "
                f"received {len(tensors)}."
            )
        return self._state_replaced([_stand_in(tensor, variable) for tensor, variable in zip(tensors, variables)])

    @contextmanager
    def _state_replaced(self, tensors: Sequence[Tensor]) -> Iterator[None]:
        """Let these very tensors be the state, in the order of `variables`; updates change them in place.

        They may be plain tensors, or what a tracer stands in for them, for metrics that only use torch's functions.
        Afterwards the metric is as it was before, on the host too.
        """
        place = {id(variable): tensor for variable, tensor in zip(self.variables, tensors)}
        kept = [(metric, dict(metric.__dict__)) for metric in self._with_inner_metrics()]
        for metric, attributes in kept:
            for name, value in attributes.items():
                if any(id(leaf) in place for leaf in _tree.flatten(value)):
                    metric.__dict__[name] = _tree.map_structure(lambda leaf: place.get(id(leaf), leaf), value)
        try:
            with state_in_variables():
                yield
        finally:
            for metric, attributes in kept:
                metric.__dict__.clear()
                metric.__dict__.update(attributes)

    def _with_inner_metrics(self) -> "list[Metric]":
        inner = [part for part in _tree.flatten(list(self.__dict__.values())) if isinstance(part, Metric)]
        every = [self, *(metric for part in inner for metric in part._with_inner_metrics())]
        return list({id(metric): metric for metric in every}.values())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def _stand_in(tensor: Any, variable: Variable) -> Variable:
    tensor = as_tensor(tensor, variable.dtype, variable).detach()
    if tensor.shape != variable.shape:
        raise ValueError(
            f"`metric_variables` must have the variables' shapes; {variable.path} has {tuple(variable.shape)}, "
            f"received {tuple(tensor.shape)}."
        )
    copy = Variable._wrap(tensor.clone(), False)
    copy._name, copy._path = variable._name, variable._path
    return copy


def _guarded_update(update: Callable) -> Callable:
    """An `update_state` that records no gradients, finds its state where the data is, and does nothing to learn shapes."""

    @functools.wraps(update)
    def update_state(self: Metric, *args: Any, **kwargs: Any) -> Any:
        if is_inferring():
            return None
        edge = self._follow(*args, *kwargs.values()) or (
            _edges.of_arrays if is_capturing() else _edges.edge_of_arrays((args, kwargs))
        )
        if edge is not None:
            args, kwargs = edge.enter(args), edge.enter(kwargs)
            self._edge = edge
        if self._is_captured or is_capturing():
            return self._update_captured(update, args, kwargs)
        if not torch.is_grad_enabled():
            return update(self, *args, **kwargs)
        # What `torch.no_grad()` does, at a sixth of its time, which is that of a small kernel.
        torch._C._set_grad_enabled(False)
        try:
            return update(self, *args, **kwargs)
        finally:
            torch._C._set_grad_enabled(True)

    return update_state


def _guarded_result(result: Callable) -> Callable:
    """A `result` that records no gradients and never gives the state itself, which the next batch would change."""

    @functools.wraps(result)
    def guarded(self: Metric) -> Any:
        with torch.no_grad():
            if is_capturing():
                self._settle_for_capture()
            given = result(self)
            given = _tree.map_structure(lambda leaf: leaf.detach().clone() if isinstance(leaf, Variable) else leaf, given)
            return given if self._edge is None else self._edge.leave(given, ())

    return guarded
