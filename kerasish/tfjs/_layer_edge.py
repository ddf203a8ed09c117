"""What every layer has at this edge: kerasish's own with TensorFlow.js's members. Calls on plain tensors go the usual way."""

import copyreg
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from kerasish import layers as rooms
from kerasish._base import _tree
from kerasish._base._names import fold, to_snake_case
from kerasish._base._serialization import serialize
from kerasish.core import KerasTensor, convert_to_tensor
from kerasish.core import Variable as CoreVariable
from kerasish.tfjs._naming import count_name
from kerasish.tfjs._options import merged, snake
from kerasish.tfjs._tensor import Tensor, as_torch, unwrapped, wrapped
from kerasish.tfjs._variable import LayerVariable


class LayerEdge:
    """What a layer has at this edge besides its own class: TensorFlow.js's members, names and tensors."""

    _spells: Any = None  # the class of kerasish that this one gives TensorFlow.js's members
    _written_here = False  # a user's own class, whose `call` takes Tensors
    _takes_options = True  # whether one dict is all its arguments

    def __init_subclass__(cls, **kwargs: Any) -> None:
        own = dict(cls.__dict__)
        if "_spells" not in own:
            _respell(cls, own)
        super().__init_subclass__(**kwargs)

    def __post_init__(self) -> None:
        if self.name is None:  # type: ignore[has-type]
            self.name = self._count_name(self.getClassName())
        super().__post_init__()  # type: ignore[misc]

    def _count_name(self, kind: str) -> str | None:
        return count_name(f"{to_snake_case(kind)}_{kind}", kind)

    def _take_argument(self, name: str, value: Any) -> Any:
        # A class with an `__init__` of its own hands on options in TensorFlow.js's spelling.
        known = {fold(known): known for known in (*self.fields, *SHAPE_OPTIONS)}  # type: ignore[attr-defined]
        if name not in known.values() and fold(name) in known:
            name = known[fold(name)]
            return (name, value) if name in self.fields else super()._take_argument(name, value)  # type: ignore
        return super()._take_argument(name, value)  # type: ignore[misc]

    def _take_over(self, args: tuple, kwargs: dict[str, Any]) -> bool:
        if len(args) != 1 or not isinstance(args[0], Mapping) or not self._takes_options:
            return super()._take_over(args, kwargs)  # type: ignore[misc]
        options = merged(type(self).__name__, args[0], kwargs)
        if self._own_init:  # type: ignore[attr-defined] - `super().__init__(config)`: what else is in there is the class's own
            known = {fold(name) for name in (*self.fields, *SHAPE_OPTIONS)}  # type: ignore[attr-defined]
            options = {name: value for name, value in options.items() if fold(name) in known}
        self._fill_fields(**options)  # type: ignore[attr-defined]
        return True

    @property
    def supportsMasking(self) -> bool:  # noqa: N802 - TensorFlow.js's name
        """Whether the mask of what goes in is that of what comes out."""
        return self.supports_masking

    @supportsMasking.setter
    def supportsMasking(self, value: bool) -> None:  # noqa: N802
        self.supports_masking = value

    # Calling.

    def apply(self, inputs: Any, kwargs: Any = None, **options: Any) -> Any:
        """Call the layer on a symbol, which gives a symbol, or on a Tensor, which gives a Tensor.

        Args:
            inputs: a symbol, a Tensor, numbers; a list of symbols or Tensors. A recurrent layer takes what it begins with
                behind its input: `[x, h, c]`.
            kwargs: a dict, or as keyword arguments: `training`, `mask`, `initialState`.

        With a function it is torch's `nn.Module.apply`, which calls the function on all modules inside.
        """
        if not isinstance(inputs, (Tensor, KerasTensor, torch.Tensor)) and callable(inputs):
            return torch.nn.Module.apply(self, inputs)  # type: ignore[arg-type]
        if not any(isinstance(leaf, (Tensor, KerasTensor, torch.Tensor, np.ndarray)) for leaf in _tree.flatten(inputs)):
            inputs = as_torch(inputs)
        given = {snake(name): value for name, value in merged("apply", kwargs, options).items()}
        if isinstance(self, (rooms.RNN, rooms.Bidirectional)) and isinstance(inputs, (list, tuple)):
            inputs, *states = inputs
            if states and given.setdefault("initial_state", states) is not states:
                raise ValueError(f"{self.name} received its first states twice: behind its input, and as `initialState`.")
        return wrapped(self(unwrapped(inputs), **unwrapped(given)))  # type: ignore[operator]

    def setCallHook(self, call_hook: Callable) -> None:  # noqa: N802 - TensorFlow.js's name, as below
        """Set the function `(inputs, kwargs)` that `invokeCallHook` calls."""
        self.__dict__["_call_hook"] = call_hook

    def clearCallHook(self) -> None:  # noqa: N802
        """Forget what `setCallHook` set."""
        self.__dict__.pop("_call_hook", None)

    def invokeCallHook(self, inputs: Any, kwargs: Any = None) -> None:  # noqa: N802
        """Call the function that `setCallHook` set, if any; a `call` of one's own begins with it."""
        if "_call_hook" in self.__dict__:
            self.__dict__["_call_hook"](inputs, kwargs)

    def _call_in_steps(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        if any(isinstance(leaf, Tensor) for leaf in _tree.flatten((args, kwargs))):
            return wrapped(super()._call_in_steps(unwrapped(args), unwrapped(kwargs)))  # type: ignore[misc]
        return super()._call_in_steps(args, kwargs)  # type: ignore[misc]

    def getClassName(self) -> str:  # noqa: N802 - TensorFlow.js's name, as below
        """The class's name in names and files."""
        return type(self).__name__

    def computeOutputShape(self, input_shape: Any) -> Any:  # noqa: N802
        """The shape of the output for an input shape, with the batch axis."""
        plain, infer = rooms.Layer.compute_output_shape, super().compute_output_shape  # type: ignore[misc]
        if infer.__func__ is plain and type(self).compute_output_shape is not plain:  # type: ignore[attr-defined]
            return list(input_shape)  # the `super()` of a class's own, which would be asked again
        return list(infer(tuple(input_shape)))

    # Weights. In Keras's spelling and for the engine they are kerasish's Variables; `weights` are TensorFlow.js's handles.

    def addWeight(  # noqa: N802
        self,
        name: str,
        shape: Any,
        dtype: str | None = None,
        initializer: Any = None,
        regularizer: Any = None,
        trainable: bool = True,
        constraint: Any = None,
    ) -> LayerVariable:
        """Make a weight; its values are those of `read()`."""
        made = self.add_weight(  # type: ignore[attr-defined]
            tuple(shape), initializer, dtype, trainable, regularizer=regularizer, constraint=constraint, name=name
        )
        return LayerVariable(made, f"{self.name}/{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        name = _STATES.get(name, name)
        super().__setattr__(name, value.torch if isinstance(value, LayerVariable) else value)

    def __getattr__(self, name: str) -> Any:
        if not name.islower() and snake(name) in self.fields:  # type: ignore[attr-defined]
            return getattr(self, snake(name))
        value = super().__getattr__(name)  # type: ignore[misc]
        if self._written_here and isinstance(value, CoreVariable):
            return LayerVariable(value, f"{self.name}/{name}")
        return value

    @property
    def _plain_weights(self) -> list[Any]:
        return super().weights  # type: ignore[misc]

    @property
    def weights(self) -> list[Any]:
        """All weights: LayerVariables named after their layer."""
        return self._handles(self._plain_weights)

    @weights.setter
    def weights(self, value: Any) -> None:
        beneath = super(LayerEdge, type(self)).weights  # type: ignore[misc]
        if beneath.fset is None:
            raise AttributeError(f"The `weights` of {self.name} are not to be set: call `setWeights`.")
        beneath.fset(self, value)

    @property
    def trainableWeights(self) -> list[Any]:  # noqa: N802
        """The weights that training changes."""
        return self._handles(self.trainable_weights)

    @property
    def nonTrainableWeights(self) -> list[Any]:  # noqa: N802
        """The weights that training leaves alone."""
        return self._handles(self.non_trainable_weights)

    def _handles(self, weights: list[Any]) -> list[LayerVariable]:
        names: dict[int, str] = {}
        for module in self.modules():  # type: ignore[attr-defined]
            owner = getattr(module, "name", None) or type(module).__name__
            for name, weight in (*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)):
                names.setdefault(id(weight), f"{owner}/{name}")
        return [LayerVariable(weight, names[id(weight)]) for weight in weights]

    @property
    def trainable_weights(self) -> list[Any]:
        """The Variables that training changes."""
        return [weight for weight in self._plain_weights if weight.requires_grad]

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The Variables that training leaves alone."""
        return [weight for weight in self._plain_weights if not weight.requires_grad]

    @property
    def variables(self) -> list[Any]:
        """All Variables, and the state of the seed generators."""
        return [*self._plain_weights, *(generator.state for generator in self._seed_generators)]  # type: ignore[attr-defined]

    def get_weights(self) -> list[np.ndarray]:
        """The values of all weights, as arrays."""
        return [weight.numpy() for weight in self._plain_weights]

    def getWeights(self, trainable_only: bool = False) -> list[Tensor]:  # noqa: N802
        """The values of all weights, as Tensors."""
        weights = self.trainable_weights if trainable_only else self._plain_weights
        return [Tensor(weight.detach().clone()) for weight in weights]

    def set_weights(self, weights: Any) -> None:
        """Overwrite all weights; nothing is changed if anything does not fit.

        Raises:
            ValueError: another number of values, or one of another shape.
        """
        own, values = self._plain_weights, [convert_to_tensor(unwrapped(value)) for value in weights]
        if len(own) != len(values):
            raise ValueError(f"{self.name} has {len(own)} weights; `setWeights` received {len(values)}.")
        for handle, value in zip(self.weights, values):
            if handle.shape != list(value.shape):
                raise ValueError(f"{handle.name} has shape {handle.shape}; received shape {list(value.shape)}.")
        for weight, value in zip(own, values):
            weight.assign(value)

    setWeights = set_weights  # noqa: N815

    def countParams(self) -> int:  # noqa: N802
        """The number of values in all weights."""
        return self.count_params()  # type: ignore[attr-defined]

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make the layer again."""
        config, options = super().get_config(), _options_of(type(self))  # type: ignore[misc]
        if options is None:
            return config
        own = {name: value for name, value in (config.get(options) or {}).items() if snake(name) not in self.fields}  # type: ignore
        declared = {name: field.describe(getattr(self, name)) for name, field in self.fields.items() if hasattr(self, name)}  # type: ignore
        declared.pop("autocast", None)
        if declared.get("activity_regularizer", 0) is None:
            del declared["activity_regularizer"]
        return {**declared, **own, "dtype": serialize(self.dtype_policy)}  # type: ignore[attr-defined]

    @classmethod
    def from_config(cls, config: Any, *args: Any, **kwargs: Any) -> Any:
        """Make a layer from what `get_config` gave."""
        if _options_of(cls) is not None:
            return cls(dict(config))  # type: ignore[call-arg]  # pyright: ignore
        return super().from_config(config, *args, **kwargs)  # type: ignore[misc]

    def getConfig(self) -> dict[str, Any]:  # noqa: N802
        """The arguments that would make the layer again."""
        return LayerEdge.get_config(self)  # a class's own is in its place: see `_respell`

    @classmethod
    def fromConfig(cls, config: Any) -> Any:  # noqa: N802
        """Make a layer from what `getConfig` gave."""
        return cls.from_config(config)  # type: ignore[attr-defined]

    @property
    def inputShape(self) -> Any:  # noqa: N802
        """The shape that goes in."""
        return _listed(self.input.shape) if isinstance(self.input, KerasTensor) else [_listed(x.shape) for x in self.input]  # type: ignore[attr-defined]

    @property
    def outputShape(self) -> Any:  # noqa: N802
        """The shape that comes out."""
        return _listed(self.output.shape) if isinstance(self.output, KerasTensor) else [_listed(x.shape) for x in self.output]  # type: ignore[attr-defined]

    def __reduce_ex__(self, protocol: Any) -> Any:
        # The class has another's name, by which pickle would find that other.
        reduced = super().__reduce_ex__(protocol)
        spells = type(self)._spells
        if reduced[0] is copyreg.__newobj__ and edge_of_known(spells) is type(self):  # type: ignore[attr-defined]
            return (_new, (spells,), *reduced[2:])
        return reduced

    def dispose(self) -> dict[str, Any]:
        """Give how many Variables the layer lets go of: Python frees them with it."""
        return {"refCountAfterDispose": 0, "numDisposedVariables": len(self._plain_weights)}


_STATES = {"stateSize": "state_size", "outputSize": "output_size"}  # what a recurrent cell of one's own tells
SHAPE_OPTIONS = ("input_shape", "batch_input_shape", "batch_shape", "input_dim")


def _listed(shape: Any) -> list[Any]:
    return list(shape)


# A class that a user writes.

_METHODS = {"computeOutputShape": "compute_output_shape", "getConfig": "get_config", "computeMask": "compute_mask"}


def _respell(cls: Any, own: dict[str, Any]) -> None:
    """Give a user's class Keras's names for what it defines under TensorFlow.js's, and the other way round.

    What a method of this edge finds under its own name is then never a class's own, which may call it as its `super()`.
    """
    for theirs, ours in _METHODS.items():
        if theirs in own and ours not in own and not hasattr(own[theirs], "_of_edge"):
            setattr(cls, ours, _as_tuple_method(own[theirs]) if ours == "compute_output_shape" else own[theirs])
        elif ours in own and theirs not in own:
            setattr(cls, theirs, _as_list_method(own[ours]) if ours == "compute_output_shape" else own[ours])
    if "call" in own and not cls.__module__.startswith("kerasish."):
        cls.call = _call_on_edge(own["call"])
        cls._written_here = True


def _as_tuple_method(method: Callable) -> Callable:
    @functools.wraps(method)
    def compute_output_shape(self: Any, input_shape: Any) -> Any:
        shape = method(self, _tree_of_lists(input_shape))
        return tuple(shape)

    return compute_output_shape


def _as_list_method(method: Callable) -> Callable:
    @functools.wraps(method)
    def computeOutputShape(self: Any, input_shape: Any) -> Any:  # noqa: N802
        return list(method(self, tuple(input_shape)))

    return computeOutputShape


@functools.lru_cache(maxsize=1024)
def _options_of(cls: Any) -> str | None:
    """The name of the one argument of a class's own `__init__` where that is a dict of all options, as in JavaScript."""
    names = [name for name in inspect.signature(cls.__init__).parameters if name != "self"] if cls._own_init else []
    return names[0] if len(names) == 1 and names[0] in ("config", "options", "args") else None


def _tree_of_lists(shape: Any) -> Any:
    return [_tree_of_lists(part) for part in shape] if isinstance(shape, (list, tuple)) else shape


def _call_on_edge(call: Callable) -> Callable:
    """Make a `call` that takes Tensors one that takes torch's tensors."""
    names = list(inspect.signature(call).parameters)[1:]

    def with_kwargs(self: Any, inputs: Any, training: Any = None) -> Any:
        return _inside(call(self, wrapped(inputs), {"training": training}))

    @functools.wraps(call)
    def with_tensors(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _inside(call(self, *wrapped(args), **wrapped(kwargs)))

    if len(names) == 2 and names[1] in ("kwargs", "_kwargs", "options", "args", "_"):
        return functools.update_wrapper(with_kwargs, call, assigned=("__doc__", "__module__", "__qualname__"), updated=())
    return with_tensors


def _inside(outputs: Any) -> Any:
    made = unwrapped(outputs)
    return as_torch(made) if isinstance(made, (int, float)) else made


# The classes and their factories.

_edges: dict[Any, Any] = {}


def edge_of(cls: Any) -> Any:
    """Give the class that adds TensorFlow.js's members to a layer of kerasish."""
    if cls not in _edges:
        # It is made as a class of nobody's, so that it does not take the other's place in the registry.
        made = type(cls.__name__, (LayerEdge, cls), {"__module__": "tfjs", "__doc__": cls.__doc__, "_spells": cls})
        made.__module__ = cls.__module__
        _edges[cls] = made
    return _edges[cls]


def edge_of_known(cls: Any) -> Any:
    """Give the class that `edge_of` has made for a layer of kerasish, None where there is none."""
    return _edges.get(cls)


def _new(cls: Any) -> Any:
    made = edge_of(cls)
    return made.__new__(made)
