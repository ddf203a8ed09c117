"""What layers are configured with, in TensorFlow.js's dialect and in Keras's: activations, initializers and their like."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from kerasish._base._names import fold
from kerasish._base._registry import register_keras_serializable

INITIALIZERS, REGULARIZERS, CONSTRAINTS = "keras.initializers", "keras.regularizers", "keras.constraints"


@register_keras_serializable("tfjs", "hard_sigmoid")
def hard_sigmoid(x: Tensor) -> Tensor:
    """TensorFlow.js's straight-line sigmoid, which was Keras's until its third version: `min(max(0.2 * x + 0.5, 0), 1)`.

    (Keras 3 has a slope of 1 / 6.)

    >>> hard_sigmoid(torch.tensor([-3.0, 0.0, 1.0])).tolist()
    [0.0, 0.5, 0.699999988079071]
    """
    return torch.clamp(0.2 * x + 0.5, 0, 1)


def complain(layer: str, key: str, value: Any, way: str = "") -> ValueError:
    """Make the error for an argument that a layer of TensorFlow.js cannot have."""
    return ValueError(f"{layer} cannot be written for TensorFlow.js: it has no `{key}`={value!r:.80} there.{way}")


# Activations: our name → theirs.
_ACTIVATIONS = {
    name: name for name in "elu selu relu relu6 linear sigmoid softplus softsign tanh softmax log_softmax gelu mish".split()
} | {"silu": "swish", "swish": "swish"}
CALLED = {fold(name): name for name in _ACTIVATIONS}  # as classes of operations are called
_READ_ACTIVATIONS = {theirs: ours for ours, theirs in _ACTIVATIONS.items()} | {"swish": "silu"}


def write_activation(value: Any, layer: str, key: str) -> str:
    """Give TensorFlow.js's name of an activation.

    Raises:
        ValueError: it has none; the message says which there are.
    """
    name = value
    if isinstance(value, dict):
        name = value.get("config") if isinstance(value.get("config"), str) else value.get("class_name")
        if value.get("registered_name") == "tfjs>hard_sigmoid":
            return "hard_sigmoid"
    if value is None:
        return "linear"
    if isinstance(name, str) and name in _ACTIVATIONS:
        return _ACTIVATIONS[name]
    way = " Its activations: " + ", ".join(sorted({*_ACTIVATIONS.values(), "hard_sigmoid"})) + "."
    if name == "hard_sigmoid":
        way = (
            " Its hard_sigmoid is `min(max(0.2 * x + 0.5, 0), 1)`, Keras 3's has a slope of 1 / 6: "
            "`kerasish.saving.tfjs.hard_sigmoid` is the former."
        )
    raise complain(layer, key, name, way)


def read_activation(value: Any, keras_3: bool) -> Any:
    """Give Keras's config of an activation.

    Args:
        value: a name in any spelling, or a config.
        keras_3: whether the file is Keras 3's, whose `hard_sigmoid` is another.
    """
    if isinstance(value, dict) and "module" not in value:  # `{className: 'relu', config: {}}`
        value = value.get("class_name")
    if not isinstance(value, str):
        return value
    name = _snake(value)
    if name == "hard_sigmoid" and not keras_3:
        return {"module": None, "class_name": "function", "config": "tfjs>hard_sigmoid", "registered_name": "tfjs>hard_sigmoid"}
    return _READ_ACTIVATIONS.get(name, name)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


# Initializers. What they would draw does not matter where weights are in the file.

_SCALED = {  # Keras's short names → scale, mode, distribution
    "GlorotUniform": (1.0, "fan_avg", "uniform"), "GlorotNormal": (1.0, "fan_avg", "normal"),
    "HeUniform": (2.0, "fan_in", "uniform"), "HeNormal": (2.0, "fan_in", "normal"),
    "LecunUniform": (1.0, "fan_in", "uniform"), "LecunNormal": (1.0, "fan_in", "normal"),
}  # fmt: skip
_INITIALIZERS: dict[str, tuple[str, ...]] = {
    "Zeros": (), "Ones": (), "Constant": ("value",), "RandomUniform": ("minval", "maxval", "seed"),
    "RandomNormal": ("mean", "stddev", "seed"), "TruncatedNormal": ("mean", "stddev", "seed"), "Identity": ("gain",),
    "Orthogonal": ("gain", "seed"), "VarianceScaling": ("scale", "mode", "distribution", "seed"),
}  # fmt: skip
_READ_INITIALIZERS = {"LeCunNormal": "LecunNormal", "LeCunUniform": "LecunUniform", "OrthogonalInitializer": "Orthogonal"}


def write_initializer(value: Any, layer: str, key: str) -> dict[str, Any]:
    """Give an initializer as TensorFlow.js describes it; one that it lacks becomes Zeros, as the weights themselves are saved."""
    if not isinstance(value, dict):
        return {"class_name": "Zeros", "config": {}}
    name, config = value["class_name"], dict(value["config"])
    if name in _SCALED:
        scale, mode, distribution = _SCALED[name]
        config.update(scale=scale, mode=mode, distribution=distribution)
        name = "VarianceScaling"
    if name not in _INITIALIZERS or isinstance(config.get("value"), (dict, list)):
        return {"class_name": "Zeros", "config": {}}
    made = {part: config.get(part) for part in _INITIALIZERS[name]}
    if name == "VarianceScaling" and made["distribution"] != "uniform":
        made["distribution"] = "normal"
    if "seed" in made and not isinstance(made["seed"], int):
        made["seed"] = None
    return {"class_name": name, "config": made}


def read_initializer(value: Any) -> Any:
    """Give Keras's config of an initializer."""
    if not isinstance(value, dict) or value.get("module"):
        return _READ_INITIALIZERS.get(value, value) if isinstance(value, str) else value
    name = str(_READ_INITIALIZERS.get(value["class_name"], value["class_name"]))
    config = value.get("config") or {}
    if name in _INITIALIZERS:
        config = {part: config[part] for part in _INITIALIZERS[name] if config.get(part) is not None}
        if name == "VarianceScaling" and config.get("distribution") in ("normal", "truncated_normal", None):
            config["distribution"] = "truncated_normal"
    elif name in _SCALED:
        config = {"seed": config.get("seed")}
    return described(INITIALIZERS, name, config, value.get("registered_name"))


# Regularizers and constraints.


def write_regularizer(value: Any, layer: str, key: str) -> Any:
    """Give a regularizer as TensorFlow.js describes it.

    Raises:
        ValueError: it is none of L1, L2 and L1L2.
    """
    if value is None:
        return None
    config = value.get("config", {}) if isinstance(value, dict) else {}
    if not isinstance(value, dict) or value.get("class_name") not in ("L1", "L2", "L1L2"):
        raise complain(layer, key, value, " It has L1, L2 and L1L2.")
    return {"class_name": "L1L2", "config": {"l1": config.get("l1", 0.0), "l2": config.get("l2", 0.0)}}


def read_regularizer(value: Any) -> Any:
    """Give Keras's config of a regularizer."""
    if isinstance(value, str):
        return {"l1l2": "L1L2"}.get(value, value)
    if value is None or value.get("module"):
        return value
    config = value.get("config") or {}
    names = {"L1": ("l1",), "L2": ("l2",), "L1L2": ("l1", "l2")}.get(value["class_name"])
    if names is not None:
        config = {name: 0.01 if config.get(name) is None else config[name] for name in names}
    return described(REGULARIZERS, value["class_name"], config, value.get("registered_name"))


_CONSTRAINTS: dict[str, tuple[str, ...]] = {
    "MaxNorm": ("max_value", "axis"),
    "MinMaxNorm": ("min_value", "max_value", "rate", "axis"),
    "NonNeg": (),
    "UnitNorm": ("axis",),
}


def write_constraint(value: Any, layer: str, key: str) -> Any:
    """Give a constraint as TensorFlow.js describes it.

    Raises:
        ValueError: TensorFlow.js does not have it.
    """
    if value is None:
        return None
    name = value.get("class_name") if isinstance(value, dict) else value
    if name not in _CONSTRAINTS:
        raise complain(layer, key, name, f" It has {', '.join(_CONSTRAINTS)}.")
    return {"class_name": name, "config": {part: value["config"].get(part) for part in _CONSTRAINTS[name]}}


def read_constraint(value: Any) -> Any:
    """Give Keras's config of a constraint."""
    if not isinstance(value, dict) or value.get("module"):
        return value
    config = {key: part for key, part in (value.get("config") or {}).items() if part is not None}
    return described(CONSTRAINTS, value["class_name"], config, value.get("registered_name"))


def described(module: str | None, name: str, config: dict[str, Any], registered_name: str | None = None) -> dict[str, Any]:
    """Put together what Keras's configs say of an object."""
    return {"module": module, "class_name": name, "config": config, "registered_name": registered_name}


Writer = Callable[[Any, str, str], Any]


def writer_of(key: str) -> Writer | None:
    """Give what writes the value of an argument of this name, or None where it is written as it is."""
    if key in ("activation", "recurrent_activation"):
        return write_activation
    for ending, write in (
        ("_initializer", write_initializer), ("_regularizer", write_regularizer), ("_constraint", write_constraint)
    ):  # fmt: skip
        if key.endswith(ending):
            return write
    return None


def read_part(key: str, value: Any, keras_3: bool) -> Any:
    """Give what Keras's config has under a key, for what TensorFlow.js has there."""
    if key in ("activation", "recurrent_activation"):
        return read_activation(value, keras_3)
    if key.endswith("_initializer"):
        return read_initializer(value)
    if key.endswith("_regularizer"):
        return read_regularizer(value)
    return read_constraint(value) if key.endswith("_constraint") else value
