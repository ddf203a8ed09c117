"""Module: a torch module that finds its Variables in TensorFlow's order, for models that are no layers."""

import functools
from abc import ABCMeta
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from kerasish._base import _tree
from kerasish._base._names import to_snake_case
from kerasish.core import Variable
from kerasish.layers import _calling
from kerasish.layers._layer import Layer
from kerasish.layers._layer_weights import LayerWeights
from kerasish.metrics import Metric
from kerasish.optimizers import Optimizer
from kerasish.random import SeedGenerator

_OF_EVERY_MODULE = frozenset(nn.Module().__dict__)
_SHELVES = ("_parameters", "_buffers", "_modules")


class Module(nn.Module, metaclass=ABCMeta):
    """A torch module with TensorFlow's ways to find what is in it: Variables, also in lists, tuples and dicts, and modules.

    A subclass sets them as attributes, and needs not call `super().__init__()`. Its computation is a method of any name;
    `__call__`, or torch's `forward`, makes it callable. Layers and models are Modules too (`isinstance`).

    Args:
        name: a Python identifier; the class's name in snake case by default.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.height = Variable(2.0), Variable(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.height
    >>> line = Line()
    >>> line(3.0).item(), [variable.path for variable in line.variables]
    (7.0, ['line/height', 'line/slope'])
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        module: Any = super().__new__(cls)
        nn.Module.__init__(module)
        module.training = False
        return module

    def __init__(self, name: str | None = None):
        if name is not None and not (isinstance(name, str) and name.isidentifier()):
            raise ValueError(f"`name` must be a Python identifier; received {name!r}.")
        vars(self)["_given_name"] = name

    # Variables, modules, and lists and dicts of them are kept as a layer keeps them.
    __setattr__ = LayerWeights.__setattr__  # type: ignore[assignment]
    _own_variable = LayerWeights._own_variable  # type: ignore[assignment]

    @property
    def name(self) -> str:
        """The name that was given, or that of the class in snake case."""
        return self.__dict__.get("_given_name") or to_snake_case(type(self).__name__)

    @property
    def name_scope(self) -> Any:
        """A block in which the paths of Variables that are set as attributes begin with this module's name."""
        return _naming(self.name)

    @classmethod
    def with_name_scope(cls, method: Callable) -> Callable:
        """Decorate a method so that it runs in the module's `name_scope`."""

        @functools.wraps(method)
        def named(self: "Module", *args: Any, **kwargs: Any) -> Any:
            with self.name_scope:
                return method(self, *args, **kwargs)

        return named

    @property
    def variables(self) -> tuple[Any, ...]:
        """All Variables: own ones by the names of attributes, then those of each module inside."""
        return tuple({id(variable): variable for variable in _variables_of(self, set())}.values())

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """The Variables that have gradients, in the same order."""
        return tuple(variable for variable in self.variables if variable.requires_grad)

    @property
    def non_trainable_variables(self) -> tuple[Any, ...]:
        """The Variables that have none, in the same order."""
        return tuple(variable for variable in self.variables if not variable.requires_grad)

    @property
    def submodules(self) -> tuple[nn.Module, ...]:
        """All modules inside, layers and plain torch modules too: those set as attributes, then those in each of them."""
        found = {id(module): module for module in _modules_in(self, {id(self)})}
        return tuple(found.values())


Module.register(Layer)


@contextmanager
def _naming(name: str) -> Iterator[str]:
    _calling.scopes.append(name)
    try:
        yield "/".join([*_calling.scopes, ""])
    finally:
        _calling.scopes.pop()


def attributes_of(module: nn.Module) -> list[tuple[str, Any]]:
    """List what a module has as attributes, by name, without what every torch module has."""
    own = {name: value for name, value in module.__dict__.items() if name not in _OF_EVERY_MODULE}
    for shelf in _SHELVES:
        own.update(module.__dict__[shelf])
    return sorted(own.items())


def _parts_of(module: nn.Module) -> list[Any]:
    return [leaf for _, value in attributes_of(module) for leaf in _tree.flatten(value)]


def _variables_of(module: nn.Module, seen: set[int]) -> Iterator[Any]:
    if id(module) in seen:
        return
    seen.add(id(module))
    if not isinstance(module, Module) or isinstance(module, Layer):
        yield from module.variables if isinstance(module, Layer) else [*module.parameters(), *module.buffers()]
        return
    inner: list[nn.Module] = []
    for part in _parts_of(module):
        if isinstance(part, (Variable, nn.Parameter)):
            yield part
        elif isinstance(part, nn.Module):
            inner.append(part)
        elif isinstance(part, SeedGenerator):
            yield part.state
        elif isinstance(part, (Metric, Optimizer)):
            yield from part.variables
    for part in inner:
        yield from _variables_of(part, seen)


def _modules_in(module: nn.Module, seen: set[int]) -> Iterator[nn.Module]:
    if isinstance(module, Module) and not isinstance(module, Layer):
        inner = [part for part in _parts_of(module) if isinstance(part, nn.Module)]
    else:
        inner = [part for part in module.children() if not isinstance(part, (list, dict))]
        inner += [leaf for part in module.children() if isinstance(part, (list, dict)) for leaf in _tree.flatten(part)]
        inner = [part for part in inner if isinstance(part, nn.Module)]
    new = [part for part in {id(part): part for part in inner}.values() if id(part) not in seen]
    seen.update(id(part) for part in new)
    yield from new
    for part in new:
        yield from _modules_in(part, seen)
