"""The weights of a layer: making, finding, freezing, reading and writing them, its own and those of all inside it."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import numpy as np
import torch
from torch import Tensor, nn

from kerasish._base import _tree
from kerasish._base._configurable import Configurable
from kerasish._base._names import to_snake_case
from kerasish.constraints._registry import CONSTRAINTS
from kerasish.core import Variable, convert_to_tensor, is_float
from kerasish.core._infer import real_tensors
from kerasish.initializers._registry import INITIALIZERS
from kerasish.layers import _calling
from kerasish.layers._tracking import FOLLOWED, KEPT, Tracked, TrackedDict, TrackedList, holds_trackables, track
from kerasish.metrics._metric import Metric
from kerasish.random import SeedGenerator
from kerasish.regularizers._registry import REGULARIZERS, RegularizerLike


def _checked_trainable(value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"`trainable` is to be a boolean; received {value!r}.")
    return bool(value)


class LayerArguments(Configurable, kw_only=True):
    """The arguments that every layer has."""

    activity_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    trainable: Annotated[bool, _checked_trainable] = True
    dtype: Any = None
    autocast: bool = True
    name: str = None  # type: ignore[assignment]


class LayerWeights(nn.Module, LayerArguments):
    """What a layer knows about its weights. Parameters are what training changes; statistics are buffers."""

    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str | None = "none",
        name: str | None = None,
        *,
        memory_order: tuple[int, ...] | None = None,
    ) -> Variable:
        """Make a weight. It belongs to the layer at once; set it as an attribute to give it that name.

        Args:
            shape: its shape, all sizes known.
            initializer: GlorotUniform for floats and zeros for other dtypes by default.
            dtype: the policy's variable dtype by default.
            trainable: False for what training never changes by gradient, such as moving statistics.
            autocast: False keeps it out of casts to the compute dtype.
            regularizer, constraint: a loss on it, and what it is projected on after each step.
            aggregation: for distribution over replicas.
            name: the attribute's name, by default.
            memory_order: axes from the outermost to the innermost in memory; the shape stays.

        Raises:
            ValueError: a size that is not known.
        """
        shape = () if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)
        if any(not isinstance(size, int) or size < 0 for size in shape):
            raise ValueError(
                f"{self.name}: the `shape` of weight {name!r} must have known sizes; received {shape}. "
                "Is a size of the input undefined (None) that the layer needs?"
            )
        dtype = dtype or self.dtype_policy.variable_dtype  # type: ignore[attr-defined]
        if initializer is None:
            initializer = "glorot_uniform" if is_float(dtype) else "zeros"
        label = name or f"variable_{len(self._parameters) + len(self._buffers)}"
        with real_tensors():
            variable = Variable(
                INITIALIZERS.get(initializer),
                shape,
                dtype,
                trainable,
                autocast,
                aggregation,
                name=label.replace("/", "_"),
                memory_order=memory_order,
            )
        variable.regularizer, variable.constraint = REGULARIZERS.get(regularizer), CONSTRAINTS.get(constraint)
        variable._path = "/".join([*_scope_of(self.name), label])
        if not self.trainable:
            variable.requires_grad_(False)
        key = label.replace(".", "_").replace("/", "_")
        while key in self._parameters or key in self._buffers or hasattr(type(self), key):
            key += "_"
        (self._parameters if trainable else self._buffers)[key] = variable
        return variable

    def add_variable(
        self,
        shape: Any,
        initializer: Any,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
    ) -> Variable:
        """Make a weight: another name of `add_weight`."""
        return self.add_weight(shape, initializer, dtype, trainable, autocast, regularizer, constraint, name=name)

    def __setattr__(self, name: str, value: Any) -> None:
        if "_parameters" not in self.__dict__:
            return object.__setattr__(self, name, value)
        if isinstance(value, Variable):
            return self._own_variable(name, value)
        if f"{name}_items" in self._modules and isinstance(self.__dict__.get(name), KEPT):
            del self._modules[f"{name}_items"]
        if type(value) in FOLLOWED and not isinstance(getattr(type(self), name, None), property):
            self._modules.pop(name, None)
            self.__dict__.pop(name, None)
            container = track(value, self, name)
            if name not in self._modules:
                self.__dict__[name] = container
            return None
        if isinstance(value, KEPT) and not isinstance(value, Tracked) and holds_trackables(value):
            # A tuple or set stays one; a container beside it holds what is in it.
            self.__dict__[name] = value
            track(value, self, f"{name}_items")
            return None
        if isinstance(value, nn.Module):
            self.__dict__.pop(name, None)
            if value.training != self.training:  # type: ignore[attr-defined]
                _calling.adopt(value, self.training)  # type: ignore[attr-defined]
        elif name in self._modules and isinstance(self.__dict__.get(name), (TrackedList, TrackedDict, tuple)):
            del self._modules[name]
        nn.Module.__setattr__(self, name, value)  # type: ignore[arg-type]

    def _own_variable(self, name: str, variable: Variable) -> None:
        """Keep a Variable under an attribute's name, among the parameters or, if it is never trained, the buffers."""
        for shelf in (self._parameters, self._buffers):
            for key in [key for key, value in shelf.items() if value is variable or key == name]:
                del shelf[key]
        self.__dict__.pop(name, None)
        if variable._name is None or variable._name.startswith("variable"):
            variable._name = name
        if variable._path is None:
            variable._path = "/".join([*_scope_of(self.name), name])
        (self._parameters if variable._born_trainable else self._buffers)[name] = variable

    # Finding.

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> Iterator[Any]:
        """This layer and the layers inside it, each once, in the order in which they were set."""
        seen: set[int] = set()
        stack: list[Any] = [self]
        while stack:
            module = stack.pop(0)
            if id(module) in seen:
                continue
            seen.add(id(module))
            if isinstance(module, LayerWeights):
                if module is not self or include_self:
                    yield module
                if module is not self and not recursive:
                    continue
            stack[:0] = list(_children(module))

    @property
    def variables(self) -> list[Any]:
        """All weights, and the state of the seed generators that the layer owns."""
        return [*self.weights, *(generator.state for generator in self._seed_generators)]

    @property
    def _seed_generators(self) -> list[SeedGenerator]:
        return held_by(self._flatten_layers(), SeedGenerator)

    @property
    def weights(self) -> list[Any]:
        """All weights: own ones before those inside, trained before never trained."""
        found: dict[int, Any] = {}
        stack: list[Any] = [self]
        seen: set[int] = set()
        while stack:
            module = stack.pop(0)
            if id(module) in seen:
                continue
            seen.add(id(module))
            for weight in own_weights(module):
                found.setdefault(id(weight), weight)
            stack[:0] = list(_children(module))
        return list(found.values())

    @property
    def trainable_weights(self) -> list[Any]:
        """The weights that training changes."""
        return [weight for weight in self.weights if weight.requires_grad]

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The weights that training leaves alone: statistics, and what is frozen."""
        return [weight for weight in self.weights if not weight.requires_grad]

    @property
    def trainable_variables(self) -> list[Any]:
        """The same as `trainable_weights`."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Any]:
        """All variables that training leaves alone."""
        return [variable for variable in self.variables if not variable.requires_grad]

    @property
    def metrics(self) -> list[Metric]:
        """The metrics set as attributes, here and inside."""
        return self._owned_metrics()

    def _owned_metrics(self) -> list[Metric]:
        return held_by(self._flatten_layers(), Metric)

    @property
    def metrics_variables(self) -> list[Any]:
        """The state of the metrics that the layer owns."""
        return [variable for metric in self.metrics for variable in metric.variables]

    # Freezing.

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights; setting it reaches everything inside."""
        return self.__dict__["_trainable"]

    @trainable.setter
    def trainable(self, value: bool) -> None:
        value = bool(value)
        _calling.alive.freezing += 1
        self.__dict__["_trainable"] = value
        for weight in self._parameters.values():
            if weight is not None and weight.is_floating_point():
                weight.requires_grad_(value)
        for module in _children(self):
            if isinstance(module, LayerWeights):
                module.trainable = value
            else:
                _freeze_plain(module, value)

    # Reading and writing.

    def get_weights(self) -> list[np.ndarray]:
        """The values of all weights, as arrays."""
        return [np.array(_array(weight)) for weight in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Overwrite all weights, in the order of `weights`; nothing is changed if anything does not fit.

        Raises:
            ValueError: another number of arrays, or an array of another shape.
        """
        own, weights = self.weights, list(weights)
        if len(own) != len(weights):
            raise ValueError(f"{self.name} has {len(own)} weights; `set_weights` received {len(weights)} arrays.")
        values = [convert_to_tensor(value) for value in weights]
        for variable, value in zip(own, values, strict=True):
            if variable.shape != value.shape:
                raise ValueError(
                    f"{getattr(variable, 'path', 'a weight')} of {self.name} has shape {tuple(variable.shape)}; "
                    f"received an array of shape {tuple(value.shape)}."
                )
        with torch.no_grad():
            for variable, value in zip(own, values, strict=True):
                variable.copy_(value)

    def count_params(self) -> int:
        """The number of values in all weights.

        Raises:
            ValueError: the layer is not built yet.
        """
        if not self.built:  # type: ignore[attr-defined]
            raise ValueError(f"{self.name} has no weights to count before it is built: call it on data, or `build` it.")
        return sum(weight.numel() for weight in self.weights)

    def save_own_variables(self, store: Any) -> None:
        """Put the weights that the layer itself owns into a store of arrays: "0", "1", …"""
        for i, weight in enumerate(own_weights(self)):
            store[str(i)] = _array(weight)

    def load_own_variables(self, store: Any) -> None:
        """Take the weights that the layer itself owns from a store of arrays.

        Raises:
            ValueError: another number of arrays, or an array of another shape.
        """
        own = list(own_weights(self))
        if len(store.keys()) != len(own):
            hint = " The layer is not built, so it has none yet." if not self.built else ""  # type: ignore[attr-defined]
            raise ValueError(f"{self.name} has {len(own)} weights of its own; the file has {len(store.keys())}.{hint}")
        for i, weight in enumerate(own):
            value = torch.as_tensor(np.asarray(store[str(i)]))
            if value.shape != weight.shape:
                raise ValueError(f"{self.name}: the file has shape {tuple(value.shape)} for a weight of {tuple(weight.shape)}.")
            with torch.no_grad():
                weight.copy_(value)

    def _named_for(self, variables: list, values: Any, argument: str) -> dict[str, Tensor]:
        """Values for variables, by the names that torch knows them by."""
        values = list(values)
        if len(values) != len(variables):
            raise ValueError(f"`{argument}` must have {len(variables)} values, one a variable; received {len(values)}.")
        every = [*self.named_parameters(), *self.named_buffers()]  # type: ignore[attr-defined]
        names = {id(tensor): name for name, tensor in every}
        return {names[id(v)]: value for v, value in zip(variables, values, strict=True) if id(v) in names}

    def _device_of_weights(self) -> torch.device | None:
        return next((weight.device for module in modules_of(self) for weight in own_weights(module)), None)


def held_by(layers: Iterable[Any], kind: type) -> list[Any]:
    """The objects of a kind that layers have as attributes, or in lists and dicts there, each once."""
    found: dict[int, Any] = {}
    for layer in layers:
        places = [v for key, v in layer.__dict__.items() if type(v) not in _PLAIN and key not in _NO_ATTRIBUTES]
        places += [module for module in layer._modules.values() if isinstance(module, (list, dict))]
        for part in places:
            if isinstance(part, (list, tuple, dict)):
                found.update((id(leaf), leaf) for leaf in _tree.flatten(part) if isinstance(leaf, kind))
            elif isinstance(part, kind):
                found[id(part)] = part
    return list(found.values())


# Types of values that hold nothing: what most attributes are.
_PLAIN = frozenset({type(None), bool, int, float, str, torch.dtype})
# What every module has, of which nothing is a user's attribute.
_NO_ATTRIBUTES = frozenset(
    {
        *nn.Module().__dict__,
        *("_inbound_nodes", "_added_losses", "_plan", "_inputs", "_outputs", "_operations"),
        *("_build_shapes", "_dtype_policy", "_flat_dtypes", "_input_structure", "_output_structure"),
    }
)


def _scope_of(name: str | None) -> list[str]:
    scopes = _calling.scopes
    return [*scopes] if scopes and scopes[-1] == name else [*scopes, name or to_snake_case("layer")]


def _children(module: nn.Module) -> Iterator[nn.Module]:
    return (child for child in module._modules.values() if child is not None)


def modules_of(module: nn.Module) -> list[nn.Module]:
    """List a module and all inside it, each once, in the order of `modules()` but several times as fast."""
    found: dict[int, nn.Module] = {}
    stack: list[nn.Module] = [module]
    while stack:
        module = stack.pop()
        if id(module) not in found:
            found[id(module)] = module
            if module._modules:
                stack += [child for child in reversed(module._modules.values()) if child is not None]
    return list(found.values())


def own_weights(module: nn.Module) -> Iterator[Any]:
    """The weights of a module itself: its parameters, then the buffers that a file would keep."""
    yield from (weight for weight in module._parameters.values() if weight is not None)
    temporary = module._non_persistent_buffers_set
    yield from (b for key, b in module._buffers.items() if b is not None and key not in temporary)


def _freeze_plain(module: nn.Module, trainable: bool) -> None:
    for weight in module._parameters.values():
        if weight is not None:
            weight.requires_grad_(trainable)
    for child in _children(module):
        if isinstance(child, LayerWeights):
            child.trainable = trainable
        else:
            _freeze_plain(child, trainable)


def _array(weight: Tensor) -> np.ndarray:
    weight = weight.detach()
    return (weight.float() if weight.dtype is torch.bfloat16 else weight).cpu().numpy()
