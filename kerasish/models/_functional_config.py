"""The config of a functional model, in Keras's own form: its layers, and with which symbols each was called."""

import inspect
import operator
from collections.abc import Callable
from typing import Any

import torch

from kerasish import ops
from kerasish._base import _tree
from kerasish._base._names import fold
from kerasish._base._serialization import decoders, deserialize, encoders, get_registered_name, serialize
from kerasish.activations._registry import ACTIVATIONS
from kerasish.core import KerasTensor
from kerasish.core._graph import sort_nodes
from kerasish.core._symbol import Node, is_symbolic, record
from kerasish.layers._layer import Layer

_TORCH = "torch"  # the module that files name for a torch function; Keras has no such thing


def functional_config(model: Any) -> dict[str, Any]:
    """Describe a functional model."""
    nodes = [node for node in sort_nodes(model.inputs, model.outputs)]
    calls: dict[int, list[Node]] = {}
    for node in nodes:
        calls.setdefault(id(node.operation), []).append(node)
    places = {id(node): i for group in calls.values() for i, node in enumerate(group, _first_call(group[0].operation))}
    config: dict[str, Any] = {"name": model.name, "trainable": model.trainable, "layers": []}
    for operation in model.operations:
        described = serialize(operation) if isinstance(operation, Layer) else _describe_function(operation)
        described["name"] = operation.name
        described["inbound_nodes"] = [_describe_call(node, places) for node in calls.get(id(operation), [])]
        config["layers"].append(described)
    config["input_layers"] = _tree.map_structure(lambda symbol: _place(symbol, places), model.input)
    config["output_layers"] = _tree.map_structure(lambda symbol: _place(symbol, places), model.output)
    return config


def _first_call(operation: Any) -> int:
    """The number that files give a first call: 1 for functional models, whose making Keras counts as a call."""
    return getattr(operation, "_first_call", 0)


def _place(symbol: KerasTensor, places: dict[int, int]) -> list:
    node = symbol.node
    assert node is not None
    return [node.name, places.get(id(node), 0), symbol.index]


def _describe_call(node: Node, places: dict[int, int]) -> dict[str, Any]:
    def describe(value: Any) -> Any:
        if isinstance(value, KerasTensor):
            return {
                "class_name": "__keras_tensor__",
                "config": {"shape": list(value.shape), "dtype": value.dtype, "keras_history": _place(value, places)},
            }
        if isinstance(value, (list, tuple)):
            return [describe(part) for part in value]
        if isinstance(value, dict):
            return {key: describe(part) for key, part in value.items()}
        return serialize(value)

    if hasattr(node.target, "keras_module"):
        return {"args": describe(list(_options(node)[0].values())), "kwargs": {}}
    given = {key: value for key, value in node.kwargs.items() if key not in node.implied}
    return {"args": describe(list(node.args)), "kwargs": describe(given)}


def _options(node: Node) -> tuple[dict[str, Any], dict[str, Any]]:
    """An operation's arguments as Keras keeps them: those that its call takes, and those that are its config."""
    given = inspect.signature(node.target).bind(*node.args, **node.kwargs).arguments
    called = {key: value for key, value in given.items() if key in _CALLED or is_symbolic(value)}
    return called, {key: value for key, value in given.items() if key not in called}


# What Keras's operations take when they are called, whether it is a symbol or a number; the rest makes the operation.
_CALLED = {"x", "x1", "x2", "xs", "a", "b", "inputs", "key", "condition", "mask", "start_indices", "indices", "updates"}


def _describe_function(node: Node) -> dict[str, Any]:
    """A call of an operation as Keras names it, or of a torch function by its qualified name."""
    function = node.target
    if hasattr(function, "keras_module"):
        module, class_name = _keras_operation(function)
        config = {"name": node.name, **{key: serialize(value) for key, value in _options(node)[1].items()}}
        return {"module": module, "class_name": class_name, "config": config, "registered_name": class_name}
    name = _names_of_torch_functions().get(function)
    if name is not None:
        config = {"name": node.name, "function": name}
        return {"module": _TORCH, "class_name": "Function", "config": config, "registered_name": None}
    config = {"name": node.name, "function": serialize(function)}
    return {"module": _TORCH, "class_name": "Function", "config": config, "registered_name": get_registered_name(function)}


def _keras_operation(function: Any) -> tuple[str, str]:
    """The module and class under which Keras keeps an operation."""
    module: str = function.keras_module
    name: str = function.__name__
    if module.startswith("keras.src.activations") and name not in ("relu", "mish"):
        name = "exp" if name == "exponential" else name
        module = getattr(ops, name, function).keras_module
    if name == "relu" and module.startswith("keras.src.activations"):
        return module, "ReLU"
    return module, _CLASSES.get(name, "".join(part.capitalize() for part in name.split("_")))


# Operations whose class in Keras is not the function's name in camel case.
_CLASSES = {
    "allclose": "AllClose", "batch_normalization": "BatchNorm", "cdist": "CDist", "ctc_decode": "CTCDecode",
    "ctc_loss": "CTCLoss",
    "extract_patches_3d": "ExtractPatches3D", "hsv_to_rgb": "HSVToRGB", "rgb_to_grayscale": "RGBToGrayscale",
    "rgb_to_hsv": "RGBToHSV", "ssim": "SSIM",
    "fft": "FFT", "fft2": "FFT2", "ifft2": "IFFT2", "irfft": "IRFFT", "isin": "IsIn", "istft": "ISTFT", "jvp": "JVP",
    "layer_normalization": "LayerNorm", "psnr": "PSNR", "rfft": "RFFT", "rms_normalization": "RMSNorm",
    "searchsorted": "SearchSorted", "stft": "STFT", "svd": "SVD",
}  # fmt: skip
_FUNCTIONS = {fold(cls): name for name, cls in _CLASSES.items()}


_torch_names: dict[Any, str] = {}


def _names_of_torch_functions() -> dict[Any, str]:
    """The functions that a file may name: those that compute on tensors, and Python's operators; nothing that loads or runs."""
    if not _torch_names:
        places = torch.overrides.get_overridable_functions()
        for place, functions in places.items():
            prefix = "torch.Tensor" if place is torch.Tensor else getattr(place, "__name__", str(place))
            for function in functions:
                if getattr(function, "__name__", None) and not function.__name__.startswith("__get"):
                    _torch_names.setdefault(function, f"{prefix}.{function.__name__}")
        for name in "add sub mul truediv floordiv mod pow matmul and_ or_ xor neg abs invert eq ne lt le gt ge getitem".split():
            _torch_names[getattr(operator, name)] = f"operator.{name}"
    return _torch_names


def _function(described: dict[str, Any]) -> Callable:
    """The function that a file means.

    Raises:
        ValueError: it is none of those that compute on tensors.
    """
    module, name = described["module"], described["class_name"]
    if module == _TORCH:
        wanted = described["config"]["function"]
        if isinstance(wanted, dict):
            return deserialize(wanted)
        for function, known in _names_of_torch_functions().items():
            if known == wanted:
                return function
        raise ValueError(f"The file names the function {wanted!r}, which is none of torch's tensor functions.")
    if module.startswith("keras.src.activations") and fold(name) in ACTIVATIONS.functions:
        return ACTIVATIONS.functions[fold(name)]
    wanted = fold(_FUNCTIONS[fold(name)] if fold(name) in _FUNCTIONS else name)
    room = ops.image if module == "keras.src.ops.image" else ops
    for known in room.__all__:
        if fold(known) == wanted:
            return getattr(room, known)
    raise ValueError(f"The file names the operation {name!r} of {module}, which kerasish.ops does not have.")


def symbols_from_config(config: dict[str, Any], custom_objects: dict[str, Any] | None) -> tuple[Any, Any]:
    """Make the layers of a config and call them on one another: `(inputs, outputs)`."""
    things: dict[str, Any] = {}
    options: dict[str, dict[str, Any]] = {}
    for described in config["layers"]:
        module = described.get("module") or ""
        is_function = module == _TORCH or module.startswith(("keras.src.ops", "keras.ops", "keras.src.activations"))
        things[described["name"]] = _function(described) if is_function else deserialize(described, custom_objects)
        if is_function:
            kept = ("name", "function", "dtype")
            options[described["name"]] = {k: deserialize(v) for k, v in described["config"].items() if k not in kept}
    results: dict[tuple[str, int], list[KerasTensor]] = {}
    for name, thing in things.items():
        if isinstance(thing, Layer) and thing._inbound_nodes and not hasattr(thing, "_plan"):
            results[name, 0] = list(thing._inbound_nodes[0].outputs)
    waiting = [
        (described["name"], number, call)
        for described in config["layers"]
        for number, call in enumerate(described["inbound_nodes"], _first_call(things[described["name"]]))
        if (described["name"], number) not in results
    ]
    while waiting:
        later = []
        for name, number, call in waiting:
            earlier = number == _first_call(things[name]) or (name, number - 1) in results
            if not earlier or any(place not in results for place in _needed(call)):
                later.append((name, number, call))
                continue
            args, kwargs = _restore(call["args"], results), _restore(call["kwargs"], results)
            thing = things[name]
            if not isinstance(thing, Layer):
                kwargs = {**options[name], **kwargs}
            if getattr(thing, "_noted_as_training", False) and kwargs.get("training") is True:
                del kwargs["training"]  # Keras notes it for each call of such a layer, and goes by the mode of the model
            made = thing(*args, **kwargs) if isinstance(thing, Layer) else record(thing, tuple(args), kwargs, name)
            results[name, number] = [leaf for leaf in _tree.flatten(made) if isinstance(leaf, KerasTensor)]
        if len(later) == len(waiting):
            raise ValueError(f"The config's graph cannot be connected: {[name for name, _, _ in later]} wait for each other.")
        waiting = later
    return _symbols_at(config["input_layers"], results), _symbols_at(config["output_layers"], results)


def _needed(value: Any) -> list[tuple[str, int]]:
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            history = value["config"]["keras_history"]
            return [(history[0], history[1])]
        return [place for part in value.values() for place in _needed(part)]
    if isinstance(value, (list, tuple)):
        return [place for part in value for place in _needed(part)]
    return []


def _restore(value: Any, results: dict[tuple[str, int], list[KerasTensor]]) -> Any:
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            name, number, index = value["config"]["keras_history"]
            return results[name, number][index]
        if "class_name" in value:
            return deserialize(value)
        return {key: _restore(part, results) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        parts = [_restore(part, results) for part in value]
        # JSON has no tuples; an index with slices in it was one.
        return tuple(parts) if any(isinstance(part, slice) or part is Ellipsis for part in parts) else parts
    return value


def _symbols_at(places: Any, results: dict[tuple[str, int], list[KerasTensor]]) -> Any:
    if isinstance(places, (list, tuple)) and len(places) == 3 and isinstance(places[0], str) and isinstance(places[1], int):
        return results[places[0], places[1]][places[2]]
    if isinstance(places, dict):
        return {key: _symbols_at(part, results) for key, part in places.items()}
    parts = [_symbols_at(part, results) for part in places]
    return tuple(parts) if isinstance(places, tuple) else parts  # JSON has no tuples


def _encode_tensor(tensor: torch.Tensor) -> dict[str, Any]:
    tensor = tensor.detach()
    return {"class_name": "__tensor__", "config": {"value": tensor.cpu().tolist(), "dtype": str(tensor.dtype)[6:]}}


def _decode_tensor(described: dict[str, Any]) -> torch.Tensor:
    return torch.tensor(described["config"]["value"], dtype=getattr(torch, described["config"]["dtype"]))


encoders.append((torch.Tensor, _encode_tensor))
encoders.append((torch.dtype, lambda dtype: {"class_name": "__dtype__", "config": {"name": str(dtype)[6:]}}))
decoders["__tensor__"] = _decode_tensor
decoders["__dtype__"] = lambda described: getattr(torch, described["config"]["name"])
