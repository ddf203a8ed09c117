"""How a model is trained, as TensorFlow.js's files say it: loss, metrics, optimizer, and what the optimizer remembers."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from kerasish._base._names import fold
from kerasish.core import convert_to_numpy
from kerasish.losses._registry import LOSSES
from kerasish.optimizers import Optimizer

OWN = "kerasish"  # the key under which all that `compile` was given stands


class Kind(NamedTuple):
    """An optimizer of TensorFlow.js and what it is here.

    Args:
        ours: the class here.
        options: their names → ours.
        slots: their names of what is kept for each weight → ours.
    """

    ours: str
    options: dict[str, str]
    slots: dict[str, str]


_RATE = {"learningRate": "learning_rate"}
_BETAS = {**_RATE, "beta1": "beta_1", "beta2": "beta_2", "epsilon": "epsilon"}
KINDS = {
    "SGD": Kind("SGD", _RATE, {}),
    "Momentum": Kind("SGD", {**_RATE, "momentum": "momentum", "useNesterov": "nesterov"}, {"momentum": "momentum"}),
    "Adam": Kind("Adam", _BETAS, {"m": "momentum", "v": "velocity"}),
    "Adamax": Kind("Adamax", _BETAS, {}),  # TensorFlow.js keeps and takes no state of it
    "RMSProp": Kind(
        "RMSprop",
        {**_RATE, "decay": "rho", "momentum": "momentum", "epsilon": "epsilon", "centered": "centered"},
        {"rms": "velocity", "momentum": "momentum", "mg": "average_gradient"},
    ),
    "Adagrad": Kind("Adagrad", {**_RATE, "initialAccumulatorValue": "initial_accumulator_value"}, {"accumulator": "accumulator"}),
    "Adadelta": Kind(
        "Adadelta",
        {**_RATE, "rho": "rho", "epsilon": "epsilon"},
        {"accum_grad": "accumulated_grad", "accum_var": "accumulated_delta_var"},
    ),
}
_EPSILON = 1e-7  # of Adagrad in TensorFlow.js, where it is no argument

_LOSSES = {
    "mean_squared_error": "mean_squared_error", "mean_absolute_error": "mean_absolute_error",
    "mean_absolute_percentage_error": "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error": "mean_squared_logarithmic_error", "squared_hinge": "squared_hinge", "hinge": "hinge",
    "categorical_hinge": "categorical_hinge", "log_cosh": "logcosh", "categorical_crossentropy": "categorical_crossentropy",
    "sparse_categorical_crossentropy": "sparse_categorical_crossentropy", "binary_crossentropy": "binary_crossentropy",
    "kl_divergence": "kullback_leibler_divergence", "poisson": "poisson", "cosine_similarity": "cosine_proximity",
}  # fmt: skip
_READ_LOSSES = {fold(theirs): ours for ours, theirs in _LOSSES.items()}
_METRICS = {
    "accuracy": "acc", "binaryaccuracy": "binary_accuracy", "categoricalaccuracy": "categorical_accuracy",
    "precision": "precision", "categoricalcrossentropy": "categorical_crossentropy",
    "sparsecategoricalcrossentropy": "sparse_categorical_crossentropy", "meansquarederror": "mse",
    "meanabsoluteerror": "mae", "meanabsolutepercentageerror": "mape", "cosinesimilarity": "cosine",
    "acc": "acc", "mse": "mse", "mae": "mae", "mape": "mape", "crossentropy": "crossentropy", "ce": "crossentropy",
}  # fmt: skip
_READ_METRICS = {
    "acc": "accuracy", "cosine": "cosine_similarity", "cosineproximity": "cosine_similarity", "ce": "crossentropy",
}  # fmt: skip


# Writing.


def write_training(config: Mapping[str, Any], optimizer: Any) -> dict[str, Any]:
    """Give the training config of a file.

    Args:
        config: what `get_compile_config` gave.
        optimizer: the optimizer.

    Returns: `{loss, metrics, optimizer_config}` as TensorFlow.js has them; metrics that it lacks are left out. All that
        `compile` was given stands under a key of ours.

    Raises:
        ValueError: TensorFlow.js lacks the optimizer, one of its arguments, or the loss.
    """
    if config.get("loss") is None:
        raise ValueError("The model was compiled without a loss, which TensorFlow.js needs.")
    if config.get("loss_weights") is not None or config.get("weighted_metrics") is not None:
        raise ValueError("TensorFlow.js reads no `loss_weights` and no `weighted_metrics`.")
    return {
        "loss": _write_losses(config["loss"]),
        "metrics": _write_metrics(config.get("metrics")),
        "optimizer_config": write_optimizer(optimizer),
        OWN: dict(config),
    }


def _write_losses(loss: Any) -> Any:
    if isinstance(loss, list):
        return [_write_loss(part) for part in loss]
    if isinstance(loss, dict) and "class_name" not in loss:
        return {name: _write_loss(part) for name, part in loss.items()}
    return _write_loss(loss)


def _write_loss(loss: Any) -> str:
    name = loss
    if isinstance(loss, dict):
        name = loss["config"] if isinstance(loss.get("config"), str) else loss["class_name"]
    try:
        known = LOSSES.find(name)
    except ValueError:
        known = None
    if isinstance(known, type) and isinstance(loss, dict) and isinstance(loss.get("config"), dict):
        usual = known().get_config()
        plain = {key: value for key, value in loss["config"].items() if key not in ("name", "dtype")}
        if any(usual.get(key) != value for key, value in plain.items()):
            raise ValueError(f"TensorFlow.js's losses take no arguments; received {name} with {plain}.")
    for ours, theirs in _LOSSES.items():
        if known is not None and (known is _found(ours) or isinstance(known, type) and fold(known.__name__) == fold(ours)):
            return theirs
    raise ValueError(f"TensorFlow.js's files hold no loss {name!r}. Those that they hold: {', '.join(_LOSSES)}.")


def _found(name: str) -> Any:
    return LOSSES.functions.get(fold(name))


def _write_metrics(metrics: Any) -> Any:
    if isinstance(metrics, dict) and "class_name" not in metrics:
        made = {}
        for name, metric in metrics.items():
            first = metric[0] if isinstance(metric, list) and metric else metric
            known = _METRICS.get(fold(_metric_name(first)))
            if known is not None:
                made[name] = known
        return made
    given = [metrics] if metrics is not None and not isinstance(metrics, list) else metrics or []
    names = [_METRICS.get(fold(_metric_name(metric))) for metric in given]
    return [name for name in names if name is not None]


def _metric_name(metric: Any) -> str:
    if isinstance(metric, dict):
        return metric["config"] if isinstance(metric.get("config"), str) else metric.get("class_name", "")
    return metric if isinstance(metric, str) else ""


def write_optimizer(optimizer: Any) -> dict[str, Any]:
    """Describe an optimizer in TensorFlow.js's dialect.

    Raises:
        ValueError: TensorFlow.js does not have it, or an argument of it.
    """
    name = _kind_of(optimizer)
    config = optimizer.get_config()
    if name is None:
        raise ValueError(f"TensorFlow.js has no optimizer {type(optimizer).__name__}. It has {', '.join(KINDS)}.")
    for key in ("weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema", "gradient_accumulation_steps", "amsgrad"):
        if config.get(key):
            raise ValueError(f"TensorFlow.js's {name} has no `{key}`; received {config[key]!r}.")
    if not isinstance(config["learning_rate"], (int, float)):
        raise ValueError(f"TensorFlow.js's learning rates are numbers; received {config['learning_rate']!r:.80}.")
    if name == "Adagrad" and abs(config["epsilon"] - _EPSILON) > 1e-12:
        raise ValueError(f"TensorFlow.js's Adagrad has an epsilon of {_EPSILON}; received {config['epsilon']}.")
    made = {theirs: config[ours] for theirs, ours in KINDS[name].options.items()}
    if name == "Adamax":
        made["decay"] = 0
    return {"class_name": name, "config": made}


def _kind_of(optimizer: Any) -> str | None:
    if type(optimizer).__name__ == "SGD":
        return "Momentum" if optimizer.momentum else "SGD"
    return next((name for name, kind in KINDS.items() if kind.ours == type(optimizer).__name__), None)


def optimizer_weights(optimizer: Any, weights: Sequence[tuple[str, Any]]) -> list[tuple[str, np.ndarray]]:
    """Give what an optimizer remembers, in TensorFlow.js's order: the step count, then one kind of slots after the other.

    Args:
        optimizer: the optimizer, of a kind that TensorFlow.js has.
        weights: the names and Variables that are trained, in the order of the file.
    """
    name = _kind_of(optimizer)
    if name == "Adamax":
        warnings.warn("TensorFlow.js's files hold nothing of what Adamax remembers: it will begin anew.", stacklevel=4)
        return []
    made: list[tuple[str, np.ndarray]] = [("iter", np.array(int(optimizer.iterations), np.int32))]
    if not optimizer.built or name is None:
        return made
    for theirs, ours in KINDS[name].slots.items():
        if theirs == "mg" and not optimizer.centered:
            continue
        slot = optimizer._slots.get(ours)
        for path, variable in weights:
            if slot is None:  # no momentum: TensorFlow.js keeps one all the same
                value = np.zeros(tuple(variable.shape), np.float32)
            else:
                value = convert_to_numpy(slot[optimizer._get_variable_index(variable)])
            made.append((f"{path}/{theirs}", value * _scale(optimizer, name, writes=True)))
    return made


def _scale(optimizer: Any, name: str, writes: bool) -> float:
    """TensorFlow.js's momentum is a sum of gradients, Keras's one of steps."""
    rate = float(optimizer.learning_rate)
    if name != "Momentum" or rate == 0:
        return 1.0
    return -1 / rate if writes else -rate


# Reading.


def read_training(config: Mapping[str, Any]) -> dict[str, Any]:
    """Give what `compile_from_config` takes for the training config of a file.

    Raises:
        ValueError: an optimizer that TensorFlow.js does not have.
    """
    if isinstance(config.get(OWN), Mapping):
        return dict(config[OWN])
    if not isinstance(config.get("optimizer_config"), Mapping):
        raise ValueError(f"A training config must have an `optimizer_config`; received {dict(config)!r:.80}.")
    return {
        "optimizer": read_optimizer(config["optimizer_config"]),
        "loss": _mapped(config.get("loss"), _READ_LOSSES),
        "metrics": _mapped(config.get("metrics"), _READ_METRICS),
    }


def _mapped(names: Any, known: Mapping[str, str]) -> Any:
    if isinstance(names, str):
        return known.get(fold(names), names)
    if isinstance(names, list):
        return [_mapped(name, known) for name in names]
    return {key: _mapped(name, known) for key, name in names.items()} if isinstance(names, Mapping) else names


def read_optimizer(described: Mapping[str, Any]) -> dict[str, Any]:
    """Give Keras's config of an optimizer that TensorFlow.js describes.

    Raises:
        ValueError: TensorFlow.js has none of that name.
    """
    name, config = described["class_name"], described["config"]
    known = next((key for key in KINDS if fold(key) == fold(name)), None)
    if known is None:
        raise ValueError(f"The file names the optimizer {name!r}; TensorFlow.js has {', '.join(KINDS)}.")
    if config.get("decay") and known == "Adamax":
        raise ValueError("Adamax's `decay` is not supported: give its optimizer a schedule as learning rate instead.")
    options = {fold(theirs): ours for theirs, ours in KINDS[known].options.items()}
    made = {options[fold(key)]: value for key, value in config.items() if fold(key) in options and value is not None}
    return {"module": "keras.optimizers", "class_name": KINDS[known].ours, "config": made, "registered_name": None}


def take_optimizer_weights(optimizer: Any, values: Sequence[tuple[str, np.ndarray]], weights: Sequence[tuple[str, Any]]) -> None:
    """Let an optimizer remember what a file holds.

    Args:
        optimizer: a built optimizer.
        values: names and arrays, in TensorFlow.js's order.
        weights: the names and Variables that are trained, in the order of the file.

    Raises:
        ValueError: another number of arrays than the optimizer has, or one of another shape; nothing is changed.
    """
    name = _kind_of(optimizer) if isinstance(optimizer, Optimizer) else None
    if name is None or not values:
        return
    slots = [theirs for theirs in KINDS[name].slots if theirs != "mg" or getattr(optimizer, "centered", False)]
    arrays = list(values[1:])
    if arrays and len(arrays) != len(slots) * len(weights):
        raise ValueError(
            f"{name} keeps {len(slots)} arrays for each of {len(weights)} weights; the file has {len(arrays)} arrays of it."
        )
    changes = []
    for number, (path, array) in enumerate(arrays):
        theirs, (_, variable) = slots[number // len(weights)], weights[number % len(weights)]
        slot = optimizer._slots.get(KINDS[name].slots[theirs])
        if tuple(array.shape) != tuple(variable.shape):
            raise ValueError(f"{path} is for a weight of shape {tuple(variable.shape)}; the file has {tuple(array.shape)}.")
        if slot is not None:
            changes.append((slot[optimizer._get_variable_index(variable)], array * _scale(optimizer, name, writes=False)))
    with torch.no_grad():
        for variable, value in changes:
            variable.copy_(torch.as_tensor(np.asarray(value)))
        optimizer._iterations.copy_(torch.as_tensor(int(np.ravel(values[0][1])[0])))
