"""Layers by their configs: from Keras's to TensorFlow.js's, and back. What TensorFlow.js lacks is an error that names it."""

import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from kerasish._base._names import fold
from kerasish._base._registry import did_you_mean, find_custom
from kerasish.saving.tfjs._parts import complain, described, read_part, writer_of

LAYERS = "keras.layers"

_BIAS = "bias_initializer bias_regularizer bias_constraint"
_KERNEL = f"activation use_bias kernel_initializer kernel_regularizer kernel_constraint {_BIAS}"
_CONV = f"filters kernel_size strides padding data_format dilation_rate {_KERNEL}"
_CONV_1D = _CONV.replace(" data_format", "")
_CONV_BACK = _CONV.replace(" dilation_rate", "")
_DEPTHWISE = (
    "kernel_size strides padding data_format dilation_rate depth_multiplier activation use_bias "
    f"depthwise_initializer depthwise_regularizer depthwise_constraint {_BIAS}"
)
_CELL = f"units {_KERNEL} recurrent_initializer recurrent_regularizer recurrent_constraint dropout recurrent_dropout"
_SEQUENCE = "return_sequences return_state go_backwards stateful unroll"
_CONV_CELL = f"{_CELL.replace('units', 'filters')} kernel_size strides padding data_format dilation_rate"
_POOL = "pool_size padding strides"
_SCALE_SHIFT = "axis epsilon center scale beta_initializer gamma_initializer beta_regularizer gamma_regularizer"

# Names of arguments that are the same in both. What is not among them must be as it is by default.
_SAME: dict[str, str] = {
    "InputLayer": "",
    "Activation": "activation",
    "Add": "", "Average": "", "Maximum": "", "Minimum": "", "Multiply": "",
    "AlphaDropout": "rate",
    "AveragePooling1D": _POOL, "MaxPooling1D": _POOL,
    "AveragePooling2D": f"{_POOL} data_format", "MaxPooling2D": f"{_POOL} data_format",
    "AveragePooling3D": f"{_POOL} data_format", "MaxPooling3D": f"{_POOL} data_format",
    "BatchNormalization": f"{_SCALE_SHIFT} momentum beta_constraint gamma_constraint moving_mean_initializer "
                          "moving_variance_initializer",
    "Bidirectional": "merge_mode",
    "CategoryEncoding": "num_tokens output_mode",
    "CenterCrop": "height width",
    "Concatenate": "axis",
    "Conv1D": _CONV_1D, "Conv2D": _CONV, "Conv3D": _CONV,
    "Conv2DTranspose": _CONV_BACK, "Conv3DTranspose": _CONV_BACK,
    "ConvLSTM2D": f"{_CONV_CELL} recurrent_activation unit_forget_bias {_SEQUENCE}",
    "ConvLSTM2DCell": f"{_CONV_CELL} recurrent_activation unit_forget_bias",
    "Cropping2D": "cropping data_format",
    "Dense": f"units {_KERNEL}",
    "DepthwiseConv2D": _DEPTHWISE,
    "Dot": "axes normalize",
    "Dropout": "rate noise_shape seed",
    "ELU": "alpha",
    "Embedding": "input_dim output_dim embeddings_initializer embeddings_regularizer embeddings_constraint mask_zero",
    "Flatten": "data_format",
    "GRU": f"{_CELL} recurrent_activation reset_after {_SEQUENCE}",
    "GRUCell": f"{_CELL} recurrent_activation reset_after",
    "GaussianDropout": "rate",
    "GaussianNoise": "stddev",
    "GlobalAveragePooling1D": "", "GlobalMaxPooling1D": "",
    "GlobalAveragePooling2D": "data_format", "GlobalMaxPooling2D": "data_format",
    "LSTM": f"{_CELL} recurrent_activation unit_forget_bias {_SEQUENCE}",
    "LSTMCell": f"{_CELL} recurrent_activation unit_forget_bias",
    "LayerNormalization": _SCALE_SHIFT,
    "LeakyReLU": "",
    "Masking": "mask_value",
    "PReLU": "alpha_initializer alpha_regularizer alpha_constraint shared_axes",
    "Permute": "dims",
    "RNN": _SEQUENCE,
    "RandomWidth": "factor interpolation seed",
    "ReLU": "max_value",
    "RepeatVector": "n",
    "Rescaling": "scale offset",
    "Reshape": "target_shape",
    "Resizing": "height width interpolation crop_to_aspect_ratio",
    "SeparableConv2D": f"filters {_DEPTHWISE} pointwise_initializer pointwise_regularizer pointwise_constraint",
    "SimpleRNN": f"{_CELL} {_SEQUENCE}",
    "SimpleRNNCell": _CELL,
    "Softmax": "axis",
    "SpatialDropout1D": "rate seed",
    "StackedRNNCells": "",
    "ThresholdedReLU": "theta",
    "TimeDistributed": "",
    "UpSampling2D": "size data_format interpolation",
    "ZeroPadding2D": "padding data_format",
}  # fmt: skip
KNOWN = {name: names.split() for name, names in _SAME.items()}
_FOLDED = {fold(name): name for name in KNOWN}
_MODELS = ("Sequential", "Functional", "Model")

# What has no meaning for the numbers that a layer gives, and what the base of all layers has.
_LEFT_OUT = {"name", "trainable", "dtype", "autocast", "seed", "quantization_config", "lora_alpha", "synchronized",
             "renorm_momentum", "use_cudnn", "implementation", "zero_output_for_mask", "ragged", "weights", "input_shape",
             "batch_input_shape", "input_dim", "batch_shape"}  # fmt: skip
# What an argument that TensorFlow.js lacks may be.
_NEUTRAL: dict[str, Any] = {
    "groups": 1, "data_format": "channels_last", "keepdims": False, "renorm": False, "rms_scaling": False, "antialias": False,
    "pad_to_aspect_ratio": False, "sparse": False, "fill_mode": "constant", "fill_value": 0.0, "threshold": 0.0,
    "negative_slope": 0.0, "optional": False, "noise_shape": None,
}  # fmt: skip


class Dialect(NamedTuple):
    """How the layers inside of others are written or read, and of whose file they are.

    Args:
        layer: converts the config of a layer or of a model.
        keras_3: whether a file is Keras 3's.
        ours: whether a file is our own.
    """

    layer: Callable[[Mapping[str, Any]], dict[str, Any]]
    keras_3: bool = False
    ours: bool = False


# Writing.


def write_layer(layer: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """Describe a layer in TensorFlow.js's dialect: `{class_name, config}`.

    Args:
        layer: its Keras config, as `serialize` gives it.
        dialect: what writes the layers inside of it.

    Raises:
        ValueError: TensorFlow.js has no such layer, or the layer lacks an argument whose value matters.
    """
    if not _is_ours(layer):
        return _write_custom(layer)
    layer = _as_known(layer)
    class_name, config = layer["class_name"], layer["config"]
    what = f"{config.get('name')} ({class_name})"
    if class_name not in KNOWN:
        raise ValueError(
            f"{config.get('name')} is a {class_name}, which TensorFlow.js does not have, so no file of TensorFlow.js can hold "
            f"it. Save a .keras file, or build the model of layers that it has.{did_you_mean(class_name, list(KNOWN))}"
        )
    made: dict[str, Any] = {"name": config.get("name"), "trainable": config.get("trainable", True)}
    for key in KNOWN[class_name]:
        if key in config:
            write = writer_of(key)
            made[key] = config[key] if write is None else write(config[key], what, key)
    policy = config.get("dtype")
    policy = policy.get("config", {}).get("name") if isinstance(policy, Mapping) else policy
    if policy not in (None, "float32") and class_name != "InputLayer":
        made[_POLICY] = policy
    if class_name in _WRITE:
        _WRITE[class_name](config, made, what, dialect)
    for key, value in config.items():
        if key not in made and key not in _LEFT_OUT and key not in _INSIDE and not _is_neutral(key, value):
            raise complain(what, key, value)
    if "seed" in made and not isinstance(made["seed"], int):
        made["seed"] = None
    if config.get("quantization_config") is not None:
        raise complain(what, "quantization_config", config["quantization_config"], " Save it before it is quantized.")
    return {"class_name": class_name, "config": made}


_POLICY = "dtype_policy"  # TensorFlow.js computes in float32 and overlooks this; kerasish does not
_INSIDE = {"layer", "backward_layer", "cell", "cells", "batch_shape"}


def _is_neutral(key: str, value: Any) -> bool:
    if value is None or key in _NEUTRAL and value == _NEUTRAL[key]:
        return True
    return key in ("dilation_rate", "output_padding") and value in (1, [1], [1, 1], [1, 1, 1])


def _is_ours(layer: Mapping[str, Any]) -> bool:
    return str(layer.get("module") or "").startswith("keras")


def _as_known(layer: Mapping[str, Any]) -> Mapping[str, Any]:
    """A layer that TensorFlow.js lacks as one that it has, where there is one that does the same."""
    class_name, config = layer["class_name"], dict(layer["config"])
    if class_name == "Identity":
        return {**layer, "class_name": "Activation", "config": {**config, "activation": "linear"}}
    if class_name in ("SpatialDropout2D", "SpatialDropout3D"):
        axes = [1] * int(class_name[-2])
        shape = [None, *axes, None] if config.pop("data_format", None) != "channels_first" else [None, None, *axes]
        return {**layer, "class_name": "Dropout", "config": {**config, "noise_shape": shape}}
    if class_name == "ReLU" and config.get("negative_slope") and config.get("max_value") is None and not config.get("threshold"):
        return {**layer, "class_name": "LeakyReLU", "config": config}
    return layer


def _write_custom(layer: Mapping[str, Any]) -> dict[str, Any]:
    """A user's own layer, by its name; a program in JavaScript must have a class of that name, and kerasish one as well."""
    module, name, registered = layer.get("module"), layer["class_name"], layer.get("registered_name")
    known = find_custom(registered or name) is not None or hasattr(sys.modules.get(module or ""), name)
    if not known:
        warnings.warn(
            f"{name} is a class of your own that a program which loads this file will not find: put "
            "@kerasish.saving.register_keras_serializable() above it, or call tf.serialization.registerClass on it.",
            stacklevel=2,
        )
    made = {"class_name": layer.get("exported_name") or (registered or name).rsplit(">", 1)[-1], "config": dict(layer["config"])}
    made["config"].pop("dtype", None)
    return {**made, "module": module, "registered_name": registered, "python_class": name}


# What is written in another way for some layers.


def _write_leaky_relu(config: Any, made: dict[str, Any], what: str, dialect: Dialect) -> None:
    made["alpha"] = config["negative_slope"]
    made["negative_slope"] = config["negative_slope"]  # Keras 3's name, for those who read both


def _write_elu(config: Any, made: dict[str, Any], what: str, dialect: Dialect) -> None:
    if config.get("alpha", 1.0) != 1.0:
        raise complain(what, "alpha", config["alpha"], " Its ELU has alpha 1.")


def _write_gru(config: Any, made: dict[str, Any], what: str, dialect: Dialect) -> None:
    if config.get("reset_after"):
        raise complain(what, "reset_after", True, " Its GRU resets before it multiplies: make the layer with reset_after=False.")


def _write_conv_1d(config: Any, made: dict[str, Any], what: str, dialect: Dialect) -> None:
    if config.get("padding") == "causal":
        raise complain(what, "padding", "causal", ' It has "same" and "valid".')


def _write_softmax(config: Any, made: dict[str, Any], what: str, dialect: Dialect) -> None:
    if not isinstance(config.get("axis", -1), int):
        raise complain(what, "axis", config["axis"], " It takes one axis.")


def _write_rescaling(config: Any, made: dict[str, Any], what: str, dialect: Dialect) -> None:
    for key in ("scale", "offset"):
        if not isinstance(config.get(key, 0), (int, float)):
            raise complain(what, key, config[key], " It takes one number.")


def _write_resizing(config: Any, made: dict[str, Any], what: str, dialect: Dialect) -> None:
    if config.get("interpolation") not in ("bilinear", "nearest"):
        raise complain(what, "interpolation", config.get("interpolation"), ' It has "bilinear" and "nearest".')
    warnings.warn(
        f"{what}: TensorFlow.js finds the points between pixels in another way, so the model gives other numbers there.",
        stacklevel=2,
    )


def _write_category_encoding(config: Any, made: dict[str, Any], what: str, dialect: Dialect) -> None:
    if config.get("output_mode", "multi_hot") not in ("multi_hot", "one_hot", "count"):
        raise complain(what, "output_mode", config["output_mode"])


def _write_random_width(config: Any, made: dict[str, Any], what: str, dialect: Dialect) -> None:
    if made.get("interpolation") not in ("bilinear", "nearest"):
        raise complain(what, "interpolation", made.get("interpolation"), ' It has "bilinear" and "nearest".')


def _write_time_distributed(config: Any, made: dict[str, Any], what: str, dialect: Dialect) -> None:
    made["layer"] = dialect.layer(config["layer"])


def _write_bidirectional(config: Any, made: dict[str, Any], what: str, dialect: Dialect) -> None:
    forward, backward = dict(config["layer"]), config.get("backward_layer")
    if backward is not None and _but_for_direction(forward) != _but_for_direction(backward):
        raise complain(what, "backward_layer", backward.get("class_name"), " Its two layers have the same arguments.")
    forward["config"] = {**forward["config"], "name": inner_name(forward["config"]["name"])}
    made["layer"] = dialect.layer(forward)


def inner_name(name: str) -> str:
    """The name of the layer that a Bidirectional was given, which calls its copies forward_… and backward_…"""
    return name.removeprefix("forward_")


def _but_for_direction(layer: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    config = {key: value for key, value in layer["config"].items() if key not in ("name", "go_backwards", "seed", "dtype")}
    return layer["class_name"], config


def _write_rnn(config: Any, made: dict[str, Any], what: str, dialect: Dialect) -> None:
    made["cell"] = dialect.layer(config["cell"])


def _write_stacked_cells(config: Any, made: dict[str, Any], what: str, dialect: Dialect) -> None:
    made["cells"] = [dialect.layer(cell) for cell in config["cells"]]


def _write_input(config: Any, made: dict[str, Any], what: str, dialect: Dialect) -> None:
    del made["trainable"]
    if config.get("sparse"):
        raise complain(what, "sparse", True)
    made.update(batch_input_shape=config["batch_shape"], dtype=input_dtype(config.get("dtype")), sparse=False)


def input_dtype(dtype: Any) -> str:
    """TensorFlow.js's dtype for an input: float32, int32, bool, string or complex64."""
    name = dtype.get("config", {}).get("name", "float32") if isinstance(dtype, Mapping) else dtype or "float32"
    if name in ("bool", "string"):
        return name
    return "complex64" if name.startswith("complex") else "int32" if "int" in name else "float32"


_WRITE: dict[str, Callable[[Any, dict[str, Any], str, Dialect], None]] = {
    "Bidirectional": _write_bidirectional, "CategoryEncoding": _write_category_encoding, "Conv1D": _write_conv_1d,
    "ELU": _write_elu, "GRU": _write_gru, "GRUCell": _write_gru, "InputLayer": _write_input, "LeakyReLU": _write_leaky_relu,
    "RNN": _write_rnn, "RandomWidth": _write_random_width, "Rescaling": _write_rescaling, "Resizing": _write_resizing,
    "Softmax": _write_softmax, "StackedRNNCells": _write_stacked_cells, "TimeDistributed": _write_time_distributed,
}  # fmt: skip


# Reading.

_BASE = ("name", "trainable", "activity_regularizer")
_READ_NAMES: dict[str, dict[str, str]] = {"LeakyReLU": {"alpha": "negative_slope"}}
# What those configs have that says nothing of the layer here: its input's shape and dtype go to the model's input.
_READ_AWAY = {"batch_input_shape", "input_length", "input_dtype", "dtype", "implementation", "time_major", "cells", "rank"}


def read_layer(layer: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """Give Keras's config of a layer that a file of TensorFlow.js describes.

    Args:
        layer: `{class_name, config}`, TensorFlow.js's or Keras 2's.
        dialect: what reads the layers inside of it.
    """
    class_name: str = layer["class_name"]
    config = dict(layer.get("config") or {})
    if _is_custom(layer):
        name = str(layer.get("python_class", class_name))
        config.pop("batch_input_shape", None)
        return described(layer.get("module"), name, config, layer.get("registered_name") or class_name)
    name = str(_FOLDED.get(fold(class_name), class_name))
    if name == "InputLayer":
        shape = config.get("batch_input_shape") or config.get("batch_shape")
        given = {"batch_shape": shape, "dtype": input_dtype(config.get("dtype")), "name": config.get("name")}
        return described(LAYERS, name, given)
    away = _READ_AWAY - {"cells"} if name == "StackedRNNCells" else _READ_AWAY
    renamed = _READ_NAMES.get(name, {})
    made: dict[str, Any] = {}
    for key, value in config.items():
        key = str(renamed.get(key, key))
        if key in away or value is None and key not in ("merge_mode", "max_value"):
            continue
        if key == _POLICY:
            made["dtype"] = value
            continue
        if name == "RNN" and key not in (*KNOWN[name], *_BASE, "cell"):
            continue  # TensorFlow.js puts the arguments of the cell here too
        made[key] = _read_inside(key, value, dialect)
    if name == "Reshape":
        made["target_shape"] = [-1 if size is None else size for size in made["target_shape"]]
    if name in ("GRU", "GRUCell"):
        made.setdefault("reset_after", False)
    if name in ("LSTM", "GRU", "LSTMCell", "GRUCell", "ConvLSTM2D"):
        made.setdefault("recurrent_activation", read_part("recurrent_activation", "hard_sigmoid", dialect.keras_3))
    if name == "LSTM" or name == "LSTMCell" or name.startswith("ConvLSTM2D"):
        made.setdefault("unit_forget_bias", False)
    if name == "Resizing" and not dialect.ours and not dialect.keras_3:
        warnings.warn(
            f"{config.get('name')} (Resizing): TensorFlow.js finds the points between pixels in another way, "
            "so the model gives other numbers here.",
            stacklevel=2,
        )
    return described(LAYERS, name, made)


def _is_custom(layer: Mapping[str, Any]) -> bool:
    name, module = layer["class_name"], str(layer.get("module") or "")
    if "python_class" in layer or module and not module.startswith("keras"):
        return True
    return fold(name) not in _FOLDED and find_custom(layer.get("registered_name") or name) is not None


def _read_inside(key: str, value: Any, dialect: Dialect) -> Any:
    if key in ("layer", "backward_layer", "cell") and isinstance(value, Mapping):
        return dialect.layer(value)
    if key == "cells":
        return [dialect.layer(cell) for cell in value]
    return read_part(key, value, dialect.keras_3)
