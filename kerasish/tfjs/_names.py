"""The names of the face: everything that `tf.` has."""

from typing import Any

import torch

from kerasish import constraints, initializers, metrics, regularizers
from kerasish._base._names import fold
from kerasish._base._registry import did_you_mean
from kerasish._version import __version__
from kerasish.callbacks import CallbackList
from kerasish.core import KerasTensor, default_device
from kerasish.core import device as device_scope
from kerasish.layers import InputSpec
from kerasish.tfjs._absent import absent, absent_from
from kerasish.tfjs._buffer import TensorBuffer
from kerasish.tfjs._callbacks import BaseCallback, CustomCallback, History, early_stopping
from kerasish.tfjs._creation import CREATIONS
from kerasish.tfjs._data import DATA
from kerasish.tfjs._environment import environment_names
from kerasish.tfjs._gradients import GRADIENTS
from kerasish.tfjs._io import IO
from kerasish.tfjs._layers import LAYER_SHELF, make_input
from kerasish.tfjs._loading import SERIALIZATION, load_layers_model, model_from_json
from kerasish.tfjs._measures import MEASURES
from kerasish.tfjs._models import Functional, LayersModel, Sequential, model, sequential
from kerasish.tfjs._naming import naming, set_naming
from kerasish.tfjs._operations import OPERATIONS, SHELVES, at_edge
from kerasish.tfjs._options import Shelf, merged, spelled
from kerasish.tfjs._promises import promised
from kerasish.tfjs._registered_callbacks import register_callback_constructor
from kerasish.tfjs._tensor import Tensor
from kerasish.tfjs._training import LOSSES, OPTIMIZER_CLASSES, REDUCTIONS, TRAIN, EdgeOptimizer
from kerasish.tfjs._utilities import UTILITIES
from kerasish.tfjs._variable import LayerVariable, Variable

_DEVICES = {"cpu": "cpu", "wasm": "cpu", "tensorflow": "cpu", "node": "cpu", "webgl": "cuda", "webgpu": "cuda", "cuda": "cuda"}
_backend: list[Any] = []


def set_backend(backend_name: str) -> Any:
    """Compute on the CPU ("cpu", "wasm") or the GPU ("webgl", "webgpu", "cuda") from now on.

    Raises:
        ValueError: another name.

    Returns: False where there is no GPU; it can be waited for.
    """
    if backend_name not in _DEVICES:
        raise ValueError(f"`backend_name` must be one of {', '.join(_DEVICES)}; received {backend_name!r}.")
    kind = _DEVICES[backend_name]
    if kind == "cuda" and not torch.cuda.is_available():
        return promised(0)
    while _backend:
        _backend.pop().__exit__(None, None, None)
    scope = device_scope(kind)
    scope.__enter__()
    _backend.append(scope)
    return promised(1)


def get_backend() -> str:
    """The kind of device that computes: "cpu" or "cuda"."""
    return default_device().type


def ready() -> Any:
    """Give what can be waited for: all is ready."""
    return promised(None)


def next_frame() -> Any:
    """Give what can be waited for: there are no frames to wait for."""
    return promised(None)


class _Environment:
    """`tf.env()`: what is known of where the program runs."""

    def __init__(self) -> None:
        self.platformName = "python"  # noqa: N815
        self._flags: dict[str, Any] = {"IS_NODE": False, "IS_BROWSER": False, "DEBUG": False, "PROD": True}

    @property
    def features(self) -> dict[str, Any]:
        return dict(self._flags)

    def get(self, name: str) -> Any:
        if name not in self._flags:
            raise ValueError(f"`{name}` is not a known flag.{did_you_mean(name, list(self._flags))}")
        return self._flags[name]

    get_bool = getBool = getNumber = get  # noqa: N815

    def set(self, name: str, value: Any) -> None:
        if name in ("IS_NODE", "IS_BROWSER"):
            raise ValueError(f"`{name}` cannot be set.")
        self._flags[name] = value


_environment = _Environment()


def env() -> _Environment:
    """What is known of where the program runs."""
    return _environment


def _made(registry_face: Any, kind: str, name: str) -> Any:
    """A factory of objects of a class that is named in any spelling."""
    classes = {fold(key): value for key, value in vars(registry_face).items() if isinstance(value, type)}
    cls = classes.get(fold(name))
    if cls is None:
        return None

    def make(options: Any = None, **given: Any) -> Any:
        return cls(**spelled(f"tf.{kind}.{name}", merged(f"tf.{kind}.{name}", options, given), cls.fields))

    make.__name__, make.__doc__ = name, f"Make a {cls.__name__}; its arguments as keywords or in one dict.\n\n{cls.__doc__}"
    return make


def _factories(face: Any, kind: str, names: str, renamed: dict[str, str] | None = None) -> Shelf:
    things = {name: _made(face, kind, (renamed or {}).get(name, name)) for name in names.split()}
    lost = [name for name, thing in things.items() if thing is None]
    if lost:
        raise RuntimeError(f"tf.{kind} has nothing for {lost}.")
    return Shelf(f"tf.{kind}", things, lambda name: _made(face, kind, name))


_INITIALIZERS = (
    "constant glorotNormal glorotUniform heNormal heUniform identity leCunNormal leCunUniform ones orthogonal randomNormal "
    "randomUniform truncatedNormal varianceScaling zeros"
)


def _metric(name: str) -> Any:
    whole = _SHORT.get(name.lower(), name)
    functions = {fold(key): value for key, value in vars(metrics).items() if not isinstance(value, type) and callable(value)}
    found = functions.get(fold(whole))
    return None if found is None else at_edge(f"metrics.{name}", found, 2)


_SHORT = {"mape": "meanAbsolutePercentageError", "mse": "meanSquaredError"}
_METRICS = (
    "MAPE MSE binaryCrossentropy categoricalAccuracy categoricalCrossentropy mape meanAbsoluteError "
    "meanAbsolutePercentageError meanSquaredError mse sparseCategoricalAccuracy"
)

NAMES: dict[str, Any] = {
    **OPERATIONS,
    **CREATIONS,
    **GRADIENTS,
    "Tensor": Tensor, "Variable": Variable, "TensorBuffer": TensorBuffer, "LayerVariable": LayerVariable,
    "SymbolicTensor": KerasTensor, "LayersModel": LayersModel, "Sequential": Sequential, "Model": LayersModel,
    "Functional": Functional, "Callback": BaseCallback, "CustomCallback": CustomCallback, "History": History,
    "sequential": sequential, "model": model, "input": make_input, "Input": make_input,
    "layers": LAYER_SHELF, "train": TRAIN, "losses": LOSSES, "data": DATA,
    "Reduction": Shelf("tf.Reduction", {**REDUCTIONS, **{str(number): name for name, number in REDUCTIONS.items()}}),
    **{name: Shelf(f"tf.{name}", things) for name, things in SHELVES.items()},
    "initializers": _factories(initializers, "initializers", _INITIALIZERS),
    "regularizers": _factories(regularizers, "regularizers", "l1 l2 l1l2"),
    "constraints": _factories(constraints, "constraints", "maxNorm minMaxNorm nonNeg unitNorm", {"nonNeg": "NonNeg"}),
    "metrics": Shelf("tf.metrics", {**{name: _metric(name) for name in _METRICS.split()}, **MEASURES}, _metric),
    "callbacks": Shelf("tf.callbacks", {"earlyStopping": early_stopping}),
    "models": Shelf("tf.models", {"modelFromJSON": model_from_json}),
    "loadLayersModel": load_layers_model, "io": IO, "serialization": SERIALIZATION,
    "config": Shelf("tf.config", {"naming": naming, "set_naming": set_naming}),
    "browser": Shelf("tf.browser", absent_from("browser")),
    **{name: Shelf(f"tf.{name}", things) for name, things in UTILITIES.items()},
    **environment_names(env),
    # TensorFlow.js's classes, which programs make objects of.
    **OPTIMIZER_CLASSES, "Optimizer": EdgeOptimizer, "OptimizerConstructors": TRAIN,
    "EarlyStopping": early_stopping, "RNN": LAYER_SHELF.RNN, "InputSpec": InputSpec, "CallbackList": CallbackList,
    "registerCallbackConstructor": register_callback_constructor,
    "version_core": __version__, "version_layers": __version__, "version_converter": __version__, "version_cpu": __version__,
    "version": {"tfjs": __version__, "tfjs-core": __version__, "tfjs-layers": __version__, "tfjs-data": __version__},
    "setBackend": set_backend, "getBackend": get_backend, "ready": ready, "nextFrame": next_frame, "env": env,
}  # fmt: skip
_folded = {fold(name): thing for name, thing in NAMES.items()}


def find(name: str) -> Any:
    """Give what `tf.` has under a name, in any spelling.

    Raises:
        AttributeError: nothing has it.
    """
    if name in NAMES:
        return NAMES[name]
    if not name.startswith("_") and name[:1].islower() and fold(name) in _folded:
        return _folded[fold(name)]
    standing = None if name.startswith("__") else absent(name)
    if standing is not None:
        return standing
    raise AttributeError(f"module 'kerasish.tfjs' has no attribute {name!r}.{did_you_mean(name, list(NAMES))}")
