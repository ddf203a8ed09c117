"""Layers: TensorFlow.js's factories, their options and defaults."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from kerasish import layers as rooms
from kerasish._base._names import fold
from kerasish._base._serialization import _home, _serialize_object, encoders
from kerasish.core import KerasTensor
from kerasish.layers._registry import LAYERS
from kerasish.saving.tfjs import hard_sigmoid
from kerasish.tfjs._layer_edge import SHAPE_OPTIONS, LayerEdge, edge_of
from kerasish.tfjs._naming import count_name
from kerasish.tfjs._options import Shelf, merged, parameters_of, spelled
from kerasish.tfjs._tensor import unwrapped

Layer = edge_of(rooms.Layer)

# Options that differ from Keras's by more than spelling, folded.
_RENAMED = {
    "LeakyReLU": {"alpha": "negative_slope"},
    "Embedding": {"inputlength": "input_length"},
}
# Defaults of TensorFlow.js's where Keras has none.
_DEFAULTS = {"pool_size": 2}
# Defaults of TensorFlow.js's that are not Keras's, and the one activation that is another under the same name.
_GATES = {"recurrent_activation": hard_sigmoid}
_OTHER_DEFAULTS: dict[str, dict[str, Any]] = {
    "ConvLSTM2D": _GATES, "ConvLSTM2DCell": _GATES, "LSTM": _GATES, "LSTMCell": _GATES,
    "GRU": {**_GATES, "reset_after": False}, "GRUCell": {**_GATES, "reset_after": False},
}  # fmt: skip


def make_layer(cls: Any, options: Any = None, given: Mapping[str, Any] | None = None) -> Any:
    """Make a layer from options in any spelling.

    Args:
        cls: a class of kerasish.
        options: a dict, or None.
        given: options as keyword arguments.
    """
    what = f"tf.layers.{cls.__name__}"
    made = merged(what, options, given or {})
    own = [name for name in parameters_of(cls.__init__) if name not in ("self", "args", "kwargs")]
    known = [*own, *cls.fields, *SHAPE_OPTIONS, "weights", "batch_size", "input_dtype", "input_length"]
    made = spelled(what, made, known, _RENAMED.get(cls.__name__))
    for name, value in _DEFAULTS.items():
        if name in cls.fields and cls.fields[name].default is inspect.Parameter.empty:
            made.setdefault(name, value)
    for name, value in _OTHER_DEFAULTS.get(cls.__name__, {}).items():
        if made.get(name) is None:
            made[name] = value
    for name in ("activation", "recurrent_activation"):
        if isinstance(made.get(name), str) and fold(made[name]) == "hardsigmoid":
            made[name] = hard_sigmoid
    weights = made.pop("weights", None) if "weights" not in cls.fields else None
    batch_size = made.pop("batch_size", None) if "batch_size" not in cls.fields else None
    made.pop("input_dtype", None)
    length = made.pop("input_length", None) if "input_length" not in cls.fields else None
    if length is not None:
        made["input_shape"] = tuple(length) if isinstance(length, (list, tuple)) else (length,)
    for name in SHAPE_OPTIONS:
        if isinstance(made.get(name), list):
            made[name] = tuple(made[name])
    if batch_size is not None and "input_shape" in made:
        made["batch_input_shape"] = (batch_size, *made.pop("input_shape"))
    for name, value in made.items():
        made[name] = unwrapped(value) if not isinstance(value, list) else [unwrapped(part) for part in value]
    layer = edge_of(cls)(**made)
    if weights is not None:
        _begin_with(layer, weights)
    return layer


def _begin_with(layer: Any, weights: Any) -> None:
    build = layer.build

    def build_with_weights(*args: Any, **kwargs: Any) -> None:
        build(*args, **kwargs)
        layer.__dict__.pop("build", None)
        layer.set_weights(weights)

    layer.__dict__["build"] = build_with_weights


def _factory(name: str, cls: Any) -> Callable:
    def make(options: Any = None, **given: Any) -> Any:
        return make_layer(cls, options, given)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"Make a layer {cls.__name__}; its arguments as keywords or in one dict, in either spelling.\n\n{cls.__doc__}"
    return make


def make_input(options: Any = None, /, **given: Any) -> KerasTensor:
    """Make the symbol that a functional model starts from.

    Args:
        options: a dict of the options, or keyword arguments: `shape` without the batch axis, or `batchShape` with it; `dtype`;
            `name`.
    """
    made = spelled(
        "tf.input", merged("tf.input", options, given), ("shape", "batch_shape", "dtype", "name", "sparse", "batch_size")
    )
    if made.get("shape") is None and made.get("batch_shape") is None:
        raise ValueError(
            "Please provide to `input` either a `shape` or a `batchShape` argument; note that `shape` has no batch axis."
        )
    for name in ("shape", "batch_shape"):
        if made.get(name) is not None:
            made[name] = tuple(made[name])
    made["name"] = made.get("name") or count_name("input", "input")
    return edge_of(rooms.InputLayer)(**made).output


# TensorFlow.js's factories: name → class.
_FACTORIES = {
    "activation": "Activation", "add": "Add", "alphaDropout": "AlphaDropout", "average": "Average",
    "averagePooling1d": "AveragePooling1D", "averagePooling2d": "AveragePooling2D", "averagePooling3d": "AveragePooling3D",
    "avgPool1d": "AveragePooling1D", "avgPool2d": "AveragePooling2D", "avgPool3d": "AveragePooling3D",
    "avgPooling1d": "AveragePooling1D", "avgPooling2d": "AveragePooling2D", "avgPooling3d": "AveragePooling3D",
    "batchNormalization": "BatchNormalization", "bidirectional": "Bidirectional", "categoryEncoding": "CategoryEncoding",
    "centerCrop": "CenterCrop", "concatenate": "Concatenate", "conv1d": "Conv1D", "conv2d": "Conv2D",
    "conv2dTranspose": "Conv2DTranspose", "conv3d": "Conv3D", "conv3dTranspose": "Conv3DTranspose",
    "convLstm2d": "ConvLSTM2D", "convLstm2dCell": "ConvLSTM2DCell", "cropping2D": "Cropping2D", "dense": "Dense",
    "depthwiseConv2d": "DepthwiseConv2D", "dot": "Dot", "dropout": "Dropout", "elu": "ELU", "embedding": "Embedding",
    "flatten": "Flatten", "gaussianDropout": "GaussianDropout", "gaussianNoise": "GaussianNoise",
    "globalAveragePooling1d": "GlobalAveragePooling1D", "globalAveragePooling2d": "GlobalAveragePooling2D",
    "globalMaxPool1d": "GlobalMaxPooling1D", "globalMaxPool2d": "GlobalMaxPooling2D",
    "globalMaxPooling1d": "GlobalMaxPooling1D", "globalMaxPooling2d": "GlobalMaxPooling2D", "gru": "GRU",
    "gruCell": "GRUCell", "inputLayer": "InputLayer", "layerNormalization": "LayerNormalization", "leakyReLU": "LeakyReLU",
    "lstm": "LSTM", "lstmCell": "LSTMCell", "masking": "Masking", "maxPool1d": "MaxPooling1D", "maxPool2d": "MaxPooling2D",
    "maxPooling1d": "MaxPooling1D", "maxPooling2d": "MaxPooling2D", "maxPooling3d": "MaxPooling3D", "maximum": "Maximum",
    "minimum": "Minimum", "multiply": "Multiply", "permute": "Permute", "prelu": "PReLU", "randomWidth": "RandomWidth",
    "reLU": "ReLU", "repeatVector": "RepeatVector", "rescaling": "Rescaling", "reshape": "Reshape", "resizing": "Resizing",
    "rnn": "RNN", "separableConv2d": "SeparableConv2D", "simpleRNN": "SimpleRNN", "simpleRNNCell": "SimpleRNNCell",
    "softmax": "Softmax", "spatialDropout1d": "SpatialDropout1D", "stackedRNNCells": "StackedRNNCells",
    "thresholdedReLU": "ThresholdedReLU", "timeDistributed": "TimeDistributed", "upSampling2d": "UpSampling2D",
    "zeroPadding2d": "ZeroPadding2D",
}  # fmt: skip


def _find_layer(name: str) -> Any:
    """Give the class of that very name, or a factory of any class of kerasish's by another spelling."""
    for known, cls in rooms.__dict__.items():
        if known == name and isinstance(cls, type):
            return edge_of(cls)
    cls = LAYERS.classes.get(fold(name))
    return None if cls is None or cls is rooms.Layer else _factory(name, cls)


class _Layers(Shelf):
    """`tf.layers`."""

    def __getattr__(self, name: str) -> Any:
        if name[:1].isupper():  # the class itself
            found = _find_layer(name)
            if found is not None:
                return found
        return super().__getattr__(name)


LAYER_SHELF = _Layers(
    "tf.layers",
    {
        **{name: _factory(name, getattr(rooms, known)) for name, known in _FACTORIES.items()},
        "input": make_input,
        "Layer": Layer,
        "RNN": edge_of(rooms.RNN),
        # A cell is a layer with a `state_size`, whose `call(inputs, states)` gives an output and new states.
        "RNNCell": Layer,
    },
    _find_layer,
)


# Files name the classes that these spell.


def _encode(layer: Any) -> dict:
    described = _serialize_object(layer)
    spells = type(layer).__dict__.get("_spells")  # a user's class inherits it
    if spells is not None:
        described.update(module=_home(spells), registered_name=None)
        return described
    described["class_name"] = type(layer).__name__
    if layer.getClassName() != type(layer).__name__:
        described["exported_name"] = layer.getClassName()  # for programs in JavaScript
    return described


encoders.append((LayerEdge, _encode))
