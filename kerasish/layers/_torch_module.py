"""TorchModuleWrapper: any torch module as a layer, saved without code."""

import inspect
from collections import OrderedDict
from typing import Annotated, Any
from weakref import WeakValueDictionary

import numpy as np
import torch
from torch import nn

from kerasish._base._registry import find_custom
from kerasish._base._serialization import deserialize, serialize
from kerasish.core import KerasTensor, default_device
from kerasish.core._module_calls import note_module_call
from kerasish.layers._layer import Layer


def _checked(module: Any) -> nn.Module:
    if not isinstance(module, nn.Module):
        raise ValueError(f"`module` must be a torch.nn.Module; received {module!r}.")
    if any(nn.parameter.is_lazy(weight) for weight in [*module.parameters(), *module.buffers()]):
        raise ValueError("`module` is lazy and has no weights yet; call it on data once before it is wrapped.")
    return module


class TorchModuleWrapper(Layer):
    """Run a torch module as a layer. (In a layer or model of your own a module needs no wrapper: set it as an attribute.)

    A file never holds code, so only what can be told in plain data is made again when a model is loaded: torch's own
    modules (`torch.nn`, with `Sequential`, `ModuleList` and `ModuleDict` of them) by their arguments, and your own ones
    that have `get_config` and are registered with `kerasish.saving.register_keras_serializable`. Any other module is
    saved by the name of its class alone, together with its weights and buffers. To load it, give the module, or a
    function that makes it, under that name: `load_model(path, custom_objects={"MyNet": lambda: MyNet(10)})`.

    Args:
        module: the module.
        name: an automatic one by default.
        output_shape: the shape of the outputs with the batch axis, found by running the module by default.

    >>> layer = TorchModuleWrapper(torch.nn.Linear(3, 2))
    >>> layer(torch.ones(4, 3)).shape, len(layer.trainable_weights)
    (torch.Size([4, 2]), 2)
    """

    _mixes_rows = True  # for all that is known

    module: Annotated[Any, _checked]
    name: str | None = None
    output_shape: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.module.to(default_device())
        self.autocast = False  # the module's own weights say what it takes
        self.__dict__["_own_output_shape"] = False  # as far as the module is asked
        self.built = True

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Run the module, under torch's own mixed precision if the layer has a mixed policy."""
        if self.compute_dtype == self.variable_dtype:
            return self.module(*args, **kwargs)
        device = next((leaf.device.type for leaf in args if isinstance(leaf, torch.Tensor)), default_device().type)
        with torch.autocast("cpu" if device == "meta" else device, self._computes_in):
            return self.module(*args, **kwargs)

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The shape that was given, or what is found by running the module without values."""
        return self.output_shape if self.output_shape is not None else super().compute_output_shape(*args, **kwargs)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbols of the shape that was given, or of what is found by running the module without values."""
        if self.output_shape is None:
            return super().compute_output_spec(*args, **kwargs)
        return KerasTensor(self.output_shape, self.compute_dtype)

    def save_own_variables(self, store: Any) -> None:
        """Put the module's state into a store of arrays, by torch's names."""
        for key, value in self.module.state_dict().items():
            if not isinstance(value, torch.Tensor):
                raise ValueError(f"{self.name}: the module keeps {key!r} in its state, which is no tensor; received {value!r}.")
            store[key] = (value.float() if value.dtype is torch.bfloat16 else value).cpu().numpy()

    def load_own_variables(self, store: Any) -> None:
        """Take the module's state from a store of arrays, by torch's names."""
        names = [key.decode() if isinstance(key, bytes) else key for key in store.keys()]
        self.module.load_state_dict({name: torch.from_numpy(np.array(store[name])) for name in names})

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again; the module described as far as plain data go."""
        return {**super().get_config(), "module": _describe(self.module)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a layer from what `get_config` gave.

        Raises:
            ValueError: the module cannot be made of plain data, and is not among the custom objects.
        """
        return super().from_config({**config, "module": _make(config.get("module"))})


# The layers that plain modules were made which were called on symbols: one of each, as long as it is used.
_made: WeakValueDictionary[int, TorchModuleWrapper] = WeakValueDictionary()


def _note_module_call(module: nn.Module, args: tuple, kwargs: dict[str, Any]) -> Any:
    """Note the call of a plain module on symbols as that of a layer."""
    layer = _made.get(id(module))
    if layer is None:
        layer = _made[id(module)] = TorchModuleWrapper(module=module)
    return layer(*args, **kwargs)


note_module_call.append(_note_module_call)

_NO_ARGUMENTS = {"args", "kwargs", "device", "dtype"}
_CONTAINERS = {"Sequential": nn.Sequential, "ModuleList": nn.ModuleList, "ModuleDict": nn.ModuleDict}


def _describe(module: nn.Module) -> dict[str, Any]:
    """Describe a module by plain data: how to make it if that is known, else the name of its class."""
    kind = type(module)
    if hasattr(module, "get_config"):
        return serialize(module)
    if kind in _CONTAINERS.values():
        return {"torch_class": kind.__name__, "children": {key: _describe(child) for key, child in module.named_children()}}
    if getattr(nn, kind.__name__, None) is kind:
        arguments = _arguments(module)
        if arguments is not None:
            return {"torch_class": kind.__name__, "arguments": arguments}
    return {"custom_class": kind.__name__}


def _arguments(module: nn.Module) -> dict[str, Any] | None:
    """The arguments of one of torch's modules, if it keeps them under their own names; checked by making it again."""
    arguments = {}
    for name in inspect.signature(type(module)).parameters:
        if name in _NO_ARGUMENTS or not hasattr(module, name):
            continue
        value = getattr(module, name)
        if name == "bias" and not isinstance(value, bool):
            value = value is not None
        arguments[name] = list(value) if isinstance(value, tuple) else value
        if not _is_plain(arguments[name]):
            return None
    try:
        again = _make_torch(type(module).__name__, arguments)
    except Exception:
        return None
    return arguments if _shapes(again) == _shapes(module) and repr(again) == repr(module) else None


def _shapes(module: nn.Module) -> dict[str, Any]:
    return {key: tuple(value.shape) for key, value in module.state_dict().items()}


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_plain(part) for part in value)
    return value is None or isinstance(value, (bool, int, float, str))


def _make(described: Any) -> nn.Module:
    """Make the module that `_describe` described."""
    if isinstance(described, nn.Module):
        return described
    if not isinstance(described, dict):
        raise ValueError(
            "This file holds a torch module as pickled code, which is never run. Make the model in your program, and "
            "load its weights with `load_weights`."
        )
    if "torch_class" in described:
        name = described["torch_class"]
        if name not in _CONTAINERS:
            return _make_torch(name, described["arguments"])
        children = OrderedDict((key, _make(child)) for key, child in described["children"].items())
        return nn.ModuleList(children.values()) if name == "ModuleList" else _CONTAINERS[name](children)
    if "custom_class" not in described:
        return deserialize(described)
    name = described["custom_class"]
    made = find_custom(name)
    if made is not None and not isinstance(made, nn.Module):
        made = made()
    if not isinstance(made, nn.Module):
        raise ValueError(
            f"A {name} cannot be made from a file, which never holds code. Give the module, or a function that makes it, "
            f"when loading: custom_objects={{{name!r}: …}}."
        )
    return made


def _make_torch(name: str, arguments: dict[str, Any]) -> nn.Module:
    """Make one of torch's own modules, and nothing else, of plain data."""
    kind = getattr(nn, name, None)
    if not (isinstance(kind, type) and issubclass(kind, nn.Module)) or not _is_plain(list(arguments.values())):
        raise ValueError(f"{name!r} is no module of torch.nn, or its arguments are no plain data; received {arguments!r}.")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in arguments.items()})
