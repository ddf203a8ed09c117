"""The topology of a model: Keras's config of it as TensorFlow.js's layers-model JSON, and back."""

from collections.abc import Iterator, Mapping
from typing import Any

from kerasish._base._names import fold
from kerasish._version import __version__
from kerasish.saving.tfjs._layers import LAYERS, Dialect, input_dtype, read_layer, write_layer
from kerasish.saving.tfjs._parts import CALLED, described

OURS = "kerasish"
_MODELS = {"Sequential", "Functional", "Model"}


def is_topology(config: Any) -> bool:
    """Say whether a config is TensorFlow.js's or Keras 2's, and not one that Keras 3 reads itself."""
    if not isinstance(config, Mapping):
        return False
    inner = config.get("modelTopology") or config
    inner = inner.get("model_config") or inner
    return inner is not config or config.get("class_name") in _MODELS and not config.get("module")


# Writing.


def write_topology(model: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a model in TensorFlow.js's dialect.

    Args:
        model: its Keras config, as `serialize` gives it: of a Sequential that is built, or of a functional model.

    Raises:
        ValueError: a model of another kind, or a layer that TensorFlow.js does not have; the message names it.
    """
    return {**_write(model), "keras_version": f"{OURS} {__version__}", "backend": "kerasish"}


def _write(layer: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a layer, or a model that is one."""
    config = layer["config"]
    if isinstance(config, Mapping) and "layers" in config and "input_layers" in config:
        return {"class_name": "Model", "config": _write_functional(config)}
    if isinstance(config, Mapping) and layer["class_name"] == "Sequential":
        return {"class_name": "Sequential", "config": _write_sequential(config)}
    return write_layer(layer, Dialect(_write))


def _write_sequential(config: Mapping[str, Any]) -> dict[str, Any]:
    layers = [layer for layer in config["layers"] if layer["class_name"] != "InputLayer"]
    inputs = [layer["config"] for layer in config["layers"] if layer["class_name"] == "InputLayer"]
    shape = inputs[0]["batch_shape"] if inputs else config.get("build_input_shape")
    if not layers or shape is None or not all(size is None or isinstance(size, int) for size in shape):
        raise ValueError(
            f"{config.get('name')} must know its input's shape to be written for TensorFlow.js: give its first layer an "
            "`input_shape`, or begin with an Input."
        )
    made = [_write(layer) for layer in layers]
    if made[0]["class_name"] not in _MODELS:  # a model tells its input's shape itself
        dtype = inputs[0].get("dtype") if inputs else None
        made[0]["config"]["batch_input_shape"] = [shape[0], *shape[1:]]
        if made[0]["class_name"] != "Embedding":  # there TensorFlow.js takes it for that of the weights
            made[0]["config"]["dtype"] = input_dtype(dtype)
    return {"name": config.get("name"), "layers": made}


def _write_functional(config: Mapping[str, Any]) -> dict[str, Any]:
    # A Sequential's calls are counted from 1, for TensorFlow.js counts its making too.
    later = {layer["name"] for layer in config["layers"] if layer["class_name"] == "Sequential"}
    layers = []
    for layer in config["layers"]:
        calls = [_write_call(layer, call, later) for call in layer["inbound_nodes"]]
        written, calls = _write_function(layer, calls) if _is_function(layer) else (_write(layer), calls)
        layers.append({"name": layer["name"], **written, "inbound_nodes": calls})
        layers[-1]["config"]["name"] = layer["name"]
    return {
        "name": config.get("name"),
        "layers": layers,
        "input_layers": [_place(place, later) for place in _places(config["input_layers"])],
        "output_layers": [_place(place, later) for place in _places(config["output_layers"])],
    }


def _write_call(layer: Mapping[str, Any], call: Mapping[str, Any], later: set[str]) -> list[list[Any]]:
    """A call as a list of what goes in: `[layer, call, output, {}]`; arguments that are no symbols stand with each."""
    symbols = [*_symbols(call["args"]), *_symbols(call["kwargs"])]
    options = {key: value for key, value in call["kwargs"].items() if value is not None and not list(_symbols(value))}
    if list(_symbols(options)) or any(_is_plain_argument(arg) for arg in call["args"]) and not _is_function(layer):
        raise ValueError(
            f"{layer['name']} ({layer['class_name']}) is called with an argument that is no symbol, by its place; "
            "TensorFlow.js's files hold such arguments only by their names."
        )
    return [[*_place(history, later), options] for history in symbols]


def _is_plain_argument(arg: Any) -> bool:
    return arg is not None and not list(_symbols(arg))


def _symbols(value: Any) -> Iterator[list[Any]]:
    """Where the symbols in an argument come from."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            yield value["config"]["keras_history"]
        else:
            for part in value.values():
                yield from _symbols(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _symbols(part)


def _place(history: Any, later: set[str]) -> list[Any]:
    name, call, output = history[:3]
    return [name, call + 1 if name in later else call, output]


def _places(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _places(part)
    elif len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], int):
        yield value
    else:
        for part in value:
            yield from _places(part)


# Functions called on symbols, as layers that do the same.

_MERGES = {"Add": "Add", "Multiply": "Multiply", "Maximum": "Maximum", "Minimum": "Minimum"}


def _is_function(layer: Mapping[str, Any]) -> bool:
    module = str(layer.get("module") or "")
    return module == "torch" or module.startswith(("keras.src.ops", "keras.ops", "keras.src.activations"))


def _write_function(layer: Mapping[str, Any], calls: list) -> tuple[dict[str, Any], list]:
    name, class_name, config = layer["name"], layer["class_name"], layer["config"]
    common = {"name": name, "trainable": True}
    given = [_places_given(call) for call in layer["inbound_nodes"]]
    if class_name in _MERGES and all(len(call) == 2 for call in calls) and all(given):
        return {"class_name": _MERGES[class_name], "config": common}, calls
    if class_name == "Concatenate" and all(given):
        return {"class_name": "Concatenate", "config": {**common, "axis": config.get("axis", -1)}}, calls
    activation = CALLED.get(fold(class_name)) if all(len(call) == 1 for call in calls) else None
    options = {key: value for key, value in config.items() if key not in ("name", "dtype")}
    usual = {"gelu": {"approximate": False}, "softmax": {"axis": -1}, "log_softmax": {"axis": -1}}.get(activation or "", {})
    if activation is not None and (options == usual or not options and activation != "gelu"):
        plain = {"module": LAYERS, "class_name": "Activation", "config": {**common, "activation": activation}}
        return write_layer(plain, Dialect(_write)), calls
    what = config.get("function", class_name)
    raise ValueError(
        f"{name} is a call of the function {what if isinstance(what, str) else class_name}, and TensorFlow.js's files hold "
        "layers only: use a layer that does the same."
    )


def _places_given(call: Mapping[str, Any]) -> bool:
    """Whether all that a function was called with are symbols."""
    leaves = call["args"][0] if len(call["args"]) == 1 and isinstance(call["args"][0], list) else call["args"]
    return all(isinstance(leaf, Mapping) and leaf.get("class_name") == "__keras_tensor__" for leaf in leaves)


# Reading.


def read_topology(topology: Mapping[str, Any], face: str | None = None, ours: bool = False) -> dict[str, Any]:
    """Give Keras's config of the model that a file of TensorFlow.js describes, its own or one converted from Keras.

    Args:
        topology: what the file calls `modelTopology`.
        face: a name under which the classes of layers and models are looked for first: "tfjs>Dense" for "tfjs".
        ours: whether the file is our own.

    Raises:
        ValueError: it describes no model of layers.
    """
    inner = topology.get("modelTopology") or topology
    version = str(inner.get("keras_version") or "")
    inner = inner.get("model_config") or inner
    version = str(inner.get("keras_version") or version)
    if inner.get("class_name") not in _MODELS or "config" not in inner:
        raise ValueError(
            "A model of layers must be described by `{class_name, config}` of a Sequential or a functional model; received "
            f"{inner.get('class_name') or sorted(inner)!r}. What was converted to a graph model has no layers."
        )
    return _Reader(face, version.startswith("3."), ours or version.startswith(OURS)).read(inner)


class _Reader:
    """Reads the parts of one file."""

    def __init__(self, face: str | None, keras_3: bool, ours: bool):
        self.face = face
        self.dialect = Dialect(self.read, keras_3, ours)

    def read(self, layer: Mapping[str, Any]) -> dict[str, Any]:
        """Give Keras's config of a layer, or of a model that is one."""
        if str(layer.get("module") or "").startswith("keras"):
            made = dict(layer)  # Keras 3's own
        elif layer["class_name"] == "Sequential":
            made = described("keras", "Sequential", self._sequential(layer["config"]))
        elif layer["class_name"] in _MODELS:
            made = described("keras.src.models.functional", "Functional", self._functional(layer["config"]))
        else:
            made = read_layer(layer, self.dialect)
        if self.face is not None and str(made.get("module")).startswith("keras") and made["class_name"] != "InputLayer":
            made["registered_name"] = f"{self.face}>{made['class_name']}"
        return made

    def _sequential(self, config: Any) -> dict[str, Any]:
        layers = config if isinstance(config, list) else config["layers"]  # Keras's first version had a bare list
        made = [self.read(layer) for layer in layers]
        shape, first = _input_shape(layers[0]) if layers else None, layers[0] if layers else {}
        if shape is not None and first["class_name"] != "InputLayer":
            name = f"{first['config'].get('name')}_input"
            dtype = "int32" if first["class_name"] == "Embedding" else first["config"].get("dtype")
            made.insert(0, _input(shape, dtype, name))
        return {"name": config.get("name") if isinstance(config, Mapping) else None, "layers": made}

    def _functional(self, config: Mapping[str, Any]) -> dict[str, Any]:
        shift = _first_calls(config)
        layers = []
        for layer in config["layers"]:
            name = layer.get("name") or layer["config"]["name"]
            made = self.read(layer)
            made["name"] = made["config"]["name"] = name
            calls = [self._call(layer, call, shift) for call in layer["inbound_nodes"]]
            layers.append({**made, "inbound_nodes": calls})
        return {
            "name": config.get("name"),
            "layers": layers,
            "input_layers": _of_one([_shifted(place, shift) for place in _places(config["input_layers"])]),
            "output_layers": _of_one([_shifted(place, shift) for place in _places(config["output_layers"])]),
        }

    def _call(self, layer: Mapping[str, Any], call: Any, shift: dict[str, int]) -> dict[str, Any]:
        if isinstance(call, Mapping):
            return dict(call)
        if call and isinstance(call[0], str):
            call = [call]  # one input, as Keras 2 also wrote it
        symbols = [_symbol(_shifted(place, shift)) for place in call]
        options = dict(call[0][3]) if call and len(call[0]) > 3 and isinstance(call[0][3], Mapping) else {}
        kwargs = {
            _snake(key): self._option(value, shift) for key, value in options.items() if value is not None and key != "mask"
        }
        if fold(layer["class_name"]) in _RECURRENT and len(symbols) > 1:
            return {"args": [symbols[0]], "kwargs": {**kwargs, "initial_state": symbols[1:]}}
        return {"args": [symbols[0] if len(symbols) == 1 else symbols], "kwargs": kwargs}

    def _option(self, value: Any, shift: dict[str, int]) -> Any:
        """An argument of a call; Keras 2 wrote symbols among them as `[layer, call, output]`."""
        if isinstance(value, list):
            if len(value) in (3, 4) and isinstance(value[0], str) and value[0] in shift:
                return _symbol(_shifted(value, shift))
            return [self._option(part, shift) for part in value]
        return value


_RECURRENT = {fold(name) for name in ("RNN", "SimpleRNN", "LSTM", "GRU", "ConvLSTM2D", "Bidirectional")}


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _input_shape(layer: Mapping[str, Any]) -> Any:
    config = layer["config"]
    if not isinstance(config, Mapping) or layer["class_name"] in _MODELS:
        return None
    shape = config.get("batch_input_shape") or config.get("batch_shape")
    return shape if shape is None else tuple(shape)


def _input(shape: Any, dtype: Any, name: str) -> dict[str, Any]:
    return described(LAYERS, "InputLayer", {"batch_shape": list(shape), "dtype": input_dtype(dtype), "name": name})


def _first_calls(config: Mapping[str, Any]) -> dict[str, int]:
    """How far the numbers of calls are from Keras 3's, by layer.

    Models count their own making as a call in TensorFlow.js; in Keras 3 functional ones do, Sequentials do not.
    """
    used: dict[str, int] = {}
    for layer in config["layers"]:
        for call in layer["inbound_nodes"]:
            places = _symbols(call) if isinstance(call, Mapping) else [call] if call and isinstance(call[0], str) else call
            for place in places:
                used[place[0]] = min(used.get(place[0], place[1]), place[1])
    for place in _places(config["output_layers"]):
        used[place[0]] = min(used.get(place[0], place[1]), place[1])
    shift = {}
    for layer in config["layers"]:
        name = layer.get("name") or layer["config"]["name"]
        is_model, is_sequential = layer["class_name"] in _MODELS, layer["class_name"] == "Sequential"
        wanted = 1 if is_model and not is_sequential else 0
        shift[name] = wanted - used.get(name, wanted) if is_model and used.get(name, wanted) in (0, 1) else 0
    return shift


def _shifted(place: Any, shift: Mapping[str, int]) -> list[Any]:
    name, call, output = place[:3]
    return [name, call + shift.get(name, 0), output]


def _symbol(history: list[Any]) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"shape": None, "dtype": None, "keras_history": history}}


def _of_one(places: list[Any]) -> Any:
    return places[0] if len(places) == 1 else places
