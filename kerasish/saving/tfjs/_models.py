"""A model as artifacts of a layers-model file: topology, weights, training config; and a model of artifacts."""

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from kerasish._base._serialization import deserialize, serialize
from kerasish._version import __version__
from kerasish.core import convert_to_numpy
from kerasish.layers import RNN, Bidirectional, ConvLSTM2D, DepthwiseConv2D, StackedRNNCells, TimeDistributed
from kerasish.layers._layer import Layer
from kerasish.layers._layer_weights import own_weights
from kerasish.saving.tfjs._layers import inner_name
from kerasish.saving.tfjs._topology import OURS, read_topology, write_topology
from kerasish.saving.tfjs._training import (
    optimizer_weights,
    read_training,
    take_optimizer_weights,
    write_training,
)
from kerasish.saving.tfjs._weights import decode_weights, encode_weights

FORMAT = "layers-model"
_NAME = re.compile(r"[A-Za-z0-9][-A-Za-z0-9._/]*$")


# Weights by TensorFlow.js's names.


def named_weights(model: Any) -> list[tuple[str, Any]]:
    """List a model's Variables with the names that TensorFlow.js gives them: first those that are trained, then the others.

    Raises:
        ValueError: two weights of one name, as of two layers of one name in models inside of the model; or a name with signs
            that TensorFlow.js does not allow.
    """
    found = list(_weights_of(model, model.name))
    names: dict[str, Any] = {}
    for name, variable in found:
        if name in names and names[name] is not variable:
            raise ValueError(
                f"Two weights are called {name}: TensorFlow.js calls weights after their layer alone, also in a model that is "
                "part of another. Give the layers names of their own."
            )
        if not _NAME.match(name):
            raise ValueError(
                f"{name!r} is no name of a weight in TensorFlow.js: letters, digits and - . _ / only. Rename the layer."
            )
        names[name] = variable
    return sorted(names.items(), key=lambda item: not item[1].requires_grad)  # in their order otherwise


def _weights_of(layer: Any, scope: str) -> Iterator[tuple[str, Any]]:
    if hasattr(type(layer), "operations"):  # a model of which the graph is known
        for inner in layer.operations:
            if isinstance(inner, Layer):
                yield from _weights_of(inner, inner.name)
    elif isinstance(layer, TimeDistributed):
        yield from _weights_of(layer.layer, scope)
    elif isinstance(layer, Bidirectional):
        name = inner_name(layer.forward_layer.name)
        yield from _weights_of(layer.forward_layer, f"{scope}/forward_{name}")
        yield from _weights_of(layer.backward_layer, f"{scope}/backward_{name}")
    elif isinstance(layer, (RNN, ConvLSTM2D)):
        yield from _weights_of(layer.cell, scope)
    elif isinstance(layer, StackedRNNCells):
        for i, cell in enumerate(layer.cells):
            yield from _weights_of(cell, f"{scope}/RNNCell_{i}")
    else:
        yield from _own(layer, scope)


def _own(layer: Any, scope: str) -> Iterator[tuple[str, Any]]:
    attributes = {id(weight): name for name, weight in [*layer._parameters.items(), *layer._buffers.items()]}
    seen = set()
    for weight in own_weights(layer):
        name = getattr(weight, "name", None) or attributes.get(id(weight), "variable")
        if isinstance(layer, DepthwiseConv2D) and name == "kernel":
            name = "depthwise_kernel"
        seen.add(id(weight))
        yield f"{scope}/{name}", weight
    for key, child in layer._modules.items():  # layers inside of a user's own
        if isinstance(child, Layer):
            yield from _weights_of(child, f"{scope}/{child.name}")
        elif child is not None:
            for name, weight in child.named_parameters():
                if id(weight) not in seen:
                    yield f"{scope}/{key}/{name.replace('.', '/')}", weight


# Writing.


def artifacts_of(model: Any, include_optimizer: bool | None = None, trainable_only: bool = False) -> dict[str, Any]:
    """Give all that a file of TensorFlow.js holds of a model.

    Args:
        model: a built Sequential or functional model.
        include_optimizer: whether to keep loss, metrics, optimizer and what it remembers; None: where TensorFlow.js can read
            them, else with a warning not.
        trainable_only: whether to leave out the weights that are not trained.

    Returns: `modelTopology`, `weightSpecs`, `weightData`, `format`, `generatedBy`, `convertedBy`, and `trainingConfig` where
        there is one. Weights are float32; of initializers, those that TensorFlow.js lacks are written as Zeros;
        seeds stand where TensorFlow.js has them, and `zero_output_for_mask` of recurrent layers nowhere.

    Raises:
        ValueError: a layer, or with include_optimizer=True an optimizer or a loss, that TensorFlow.js does not have.
    """
    topology = topology_of(model)
    weights = named_weights(model)
    kept = [(name, weight) for name, weight in weights if weight.requires_grad or not trainable_only]
    data, specs = encode_weights((name, convert_to_numpy(weight)) for name, weight in kept)
    artifacts = {"modelTopology": topology, "format": FORMAT, "generatedBy": f"{OURS} {__version__}", "convertedBy": None}
    if include_optimizer is not False:
        training = _training_of(model, bool(include_optimizer))
        if training is not None:
            artifacts["trainingConfig"] = training
            trained = [(name, weight) for name, weight in weights if weight.requires_grad]
            more, more_specs = encode_weights(optimizer_weights(model.optimizer, trained), "optimizer")
            data, specs = data + more, specs + more_specs
    return {**artifacts, "weightSpecs": specs, "weightData": data}


def topology_of(model: Any) -> dict[str, Any]:
    """Describe a model in TensorFlow.js's dialect.

    Raises:
        ValueError: no Sequential or functional model, or not built; or a layer that TensorFlow.js does not have.
    """
    if not hasattr(type(model), "operations"):
        raise ValueError(
            f"{model.name} is a {type(model).__name__}; files of TensorFlow.js hold Sequential and functional models. "
            "Save its weights, or a .keras file."
        )
    return write_topology(serialize(model))


def _training_of(model: Any, wanted: bool) -> dict[str, Any] | None:
    config = model.get_compile_config() if getattr(model, "optimizer", None) is not None else None
    if config is None:
        if wanted and getattr(model, "optimizer", None) is not None:
            raise ValueError(f"What `compile` of {model.name} was given cannot be described; `include_optimizer` needs it to be.")
        return None
    try:
        return write_training(config, model.optimizer)
    except ValueError as error:
        if wanted:
            raise
        warnings.warn(f"The file will hold no optimizer: {error}", stacklevel=4)
        return None


# Reading.


def model_of(
    artifacts: Mapping[str, Any],
    strict: bool = True,
    custom_objects: Mapping[str, Any] | None = None,
    face: str | None = None,
) -> Any:
    """Make the model that a file of TensorFlow.js describes. Nothing in the file is run.

    Args:
        artifacts: `modelTopology`, `weightSpecs`, `weightData`, `trainingConfig`.
        strict: whether the weights must be exactly those of the model; else what fits by its name is taken.
        custom_objects: classes and functions by name.
        face: see `read_topology`.

    Raises:
        ValueError: it describes no model of layers, names something unknown, or its weights do not fit.
    """
    ours = str(artifacts.get("generatedBy") or "").startswith(OURS)
    model = deserialize(read_topology(artifacts["modelTopology"], face, ours), custom_objects)
    specs, data = artifacts.get("weightSpecs"), artifacts.get("weightData")
    if data is not None and specs is None:
        raise ValueError("The file holds weights, but not the specs that say what they are.")
    arrays = {} if data is None else decode_weights(data, specs or [])
    state = {spec["name"] for spec in specs or [] if spec.get("group") == "optimizer"}
    if data is not None:
        _take(model, {name: array for name, array in arrays.items() if name not in state}, strict)
    if artifacts.get("trainingConfig"):
        model.compile_from_config(read_training(artifacts["trainingConfig"]))
        trained = [(name, weight) for name, weight in named_weights(model) if weight.requires_grad]
        if state and model.optimizer is not None:
            take_optimizer_weights(
                model.optimizer, [(s["name"], arrays[s["name"]]) for s in specs or [] if s["name"] in state], trained
            )
    return model


def _take(model: Any, arrays: Mapping[str, np.ndarray], strict: bool) -> None:
    """Give a model its weights; all of them are checked before any is changed."""
    wanted = dict(named_weights(model))
    find = _finder(wanted)
    pairs: dict[str, Any] = {}
    complaints = []
    for name, array in arrays.items():
        own = find(name)
        if own is None:
            complaints.append(f"{name}: the model does not have it")
        elif tuple(array.shape) != tuple(wanted[own].shape):
            raise ValueError(
                f"{name} has shape {tuple(array.shape)} in the file; {model.name} expects {tuple(wanted[own].shape)}. "
                "Nothing was changed."
            )
        else:
            pairs[own] = array
    complaints += [f"{name}: the file does not have it" for name in wanted if name not in pairs]
    if complaints and strict:
        raise ValueError(
            f"The file does not fit {model.name}; nothing was changed.\n"
            + "\n".join(complaints)
            + "\nstrict=False loads what fits."
        )
    with torch.no_grad():
        for name, array in pairs.items():
            wanted[name].copy_(torch.as_tensor(np.array(array)))


def _finder(wanted: Mapping[str, Any]) -> Callable[[str], str | None]:
    """A function that finds the weight a name of a file means: itself, or without the cell that Keras 2 names, or by number."""
    numbered: dict[str, str] = {}
    counts: dict[str, int] = {}
    for name in wanted:
        scope = name.rsplit("/", 1)[0]
        numbered[f"{scope}/{counts.setdefault(scope, 0)}"] = name
        counts[scope] += 1

    def find(name: str) -> str | None:
        parts = name.split("/")
        if name in wanted:
            return name
        shorter = "/".join([*parts[:-2], parts[-1]])
        if shorter in wanted:
            return shorter
        plain = [part.removeprefix("_") for part in parts]
        plain = "/".join(part for part in plain if part not in ("vars", "layer_checkpoint_dependencies"))
        if plain in numbered:
            return numbered[plain]
        ends = [own for own in wanted if name.endswith(f"/{own}")]  # behind the name of a model
        return ends[0] if len(ends) == 1 else None

    return find
