"""Loading models: from URLs, handlers and JSON, of TensorFlow.js's own making or Keras's."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kerasish._base._names import fold
from kerasish._base._registry import get_custom_objects, get_registered_name, register_keras_serializable
from kerasish._base._serialization import deserialize
from kerasish.layers._registry import LAYERS
from kerasish.saving.tfjs import is_topology, model_of, read_topology
from kerasish.tfjs._io import LOAD_OPTIONS, handler_for_loading
from kerasish.tfjs._layer_edge import edge_of
from kerasish.tfjs._models import Functional, Sequential
from kerasish.tfjs._options import Shelf, merged, spelled
from kerasish.tfjs._promises import promised, settled
from kerasish.tfjs._records import as_record

_FACE = "tfjs"


def load_layers_model(path_or_handler: Any, options: Any = None, **more: Any) -> Any:
    """Load a model that TensorFlow.js, its converter or kerasish saved. No code in a file is run.

    Args:
        path_or_handler: a URL or a path of a model.json, or of the folder with it; `localstorage://name`, `indexeddb://name`;
            or an object with a method `load()` that gives artifacts, as `tf.io` makes.
        options: a dict of the options, or keyword arguments: `strict`, False to take the weights that fit and leave the others;
            `onProgress`, told what part of the weights is read, 0 to 1; `weightPathPrefix`, `weightUrlConverter`,
            `requestInit`, `fetchFunc`; `customObjects`, classes by name.

    Returns:
        the model, compiled if it was saved so, which can be waited for.

    Raises:
        OSError: there is no model, or its files are broken.
        ValueError: it is no model of layers, names a class that is not known, or its weights do not fit.
    """
    known = (*LOAD_OPTIONS, "strict", "custom_objects", "stream_weights", "from_tfhub")
    given = spelled("tf.loadLayersModel", merged("tf.loadLayersModel", options, more), known)
    strict, custom_objects = given.pop("strict", None), given.pop("custom_objects", None)
    if given.pop("from_tfhub", False):
        raise NotImplementedError("`fromTFHub` is not supported: the models there are graph models, which have no layers.")
    artifacts = as_record(settled(handler_for_loading(path_or_handler, given).load()))
    if artifacts.get("modelTopology") is None:
        raise ValueError("The file holds weights without a model: it has no `modelTopology`.")
    classes = _classes_in(artifacts["modelTopology"])
    model = model_of(artifacts, strict is not False, {**classes, **(custom_objects or {})}, _FACE)
    if artifacts.get("userDefinedMetadata") is not None:
        model.setUserDefinedMetadata(artifacts["userDefinedMetadata"])
    return promised(model)


def model_from_json(model_and_weights_config: Any, custom_objects: Any = None) -> Any:
    """Make a model, with fresh weights, from what `toJSON` or Keras's `to_json` gave: text, or a dict. It can be waited for.

    Args:
        model_and_weights_config: the JSON; also one with `modelTopology`.
        custom_objects: classes and functions by name.

    Raises:
        ValueError: no JSON, or it names something unknown.
    """
    given = model_and_weights_config
    described = json.loads(given) if isinstance(given, str) else given
    topology = described.get("modelTopology") or described
    if is_topology(topology):
        config = read_topology(topology, _FACE)
    else:  # Keras 3's
        name = topology.get("class_name")
        config = {**topology, "registered_name": f"{_FACE}>{name}"} if name in ("Sequential", "Functional") else topology
    return promised(deserialize(config, {**_classes_in(topology), **(custom_objects or {})}))


def _classes_in(topology: Any) -> dict[str, Any]:
    """This face's classes of the layers that a topology names, under the names that `read_topology` gives them."""
    found = {f"{_FACE}>Sequential": Sequential, f"{_FACE}>Functional": Functional}
    for name in {fold(name) for name in _names_in(topology)}:
        cls = LAYERS.classes.get(name)
        if cls is not None:
            found[f"{_FACE}>{cls.__name__}"] = edge_of(cls)
    return found


def _names_in(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("class_name"), str):
            yield value["class_name"]
        for part in value.values():
            yield from _names_in(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _names_in(part)


def register_class(cls: Any, pkg: str | None = None, name: str | None = None) -> Any:
    """Let files name a class of your own, so that what has it can be saved and loaded; gives the class.

    Args:
        cls: the class; it must have `get_config` or `getConfig`.
        pkg: what stands before its name.
        name: its name in files; its `className`, or its own, by default.
    """
    if not hasattr(cls, "get_config") and hasattr(cls, "getConfig"):
        cls.get_config = cls.getConfig
    if not hasattr(cls, "from_config") and hasattr(cls, "fromConfig"):
        cls.from_config = cls.fromConfig
    return register_keras_serializable(pkg or "Custom", name or getattr(cls, "className", None) or cls.__name__)(cls)


def registered_name(cls: Any) -> str:
    """The name that a class has in files: `package>name` where it was registered, else its `className`, or its own."""
    if cls in get_custom_objects().values():
        return get_registered_name(cls)
    return getattr(cls, "className", None) or cls.__name__


class Serializable:
    """What files can describe: a class of one's own with `getConfig`, which `fromConfig` makes objects of again."""

    className: Any = None  # noqa: N815 - TensorFlow.js's name, as below

    def getClassName(self) -> str:  # noqa: N802
        """The class's name in files."""
        return type(self).className or type(self).__name__

    def getConfig(self) -> dict[str, Any]:  # noqa: N802
        """The arguments that would make the object again.

        Raises:
            NotImplementedError: a class has to say.
        """
        raise NotImplementedError(f"{type(self).__name__} must have a `getConfig` to be put into a file.")

    @classmethod
    def fromConfig(cls, config: Any) -> Any:  # noqa: N802
        """Make an object from what `getConfig` gave: a dict, the one argument."""
        return cls(config)  # type: ignore[call-arg]


class SerializationMap:
    """The classes that files may name."""

    @staticmethod
    def getMap() -> "SerializationMap":  # noqa: N802
        """Give the one map that there is."""
        return _map

    @staticmethod
    def register(kind: Any) -> None:
        """Let files name a class; see `registerClass`."""
        register_class(kind)

    @property
    def classNameMap(self) -> dict[str, list[Any]]:  # noqa: N802
        """The classes by name, each with the function that makes objects from a config."""
        return {name: [cls, cls.from_config] for name, cls in get_custom_objects().items() if hasattr(cls, "from_config")}


_map = SerializationMap()
SERIALIZATION = Shelf(
    "tf.serialization",
    {
        "registerClass": register_class,
        "getRegisteredName": registered_name,
        "Serializable": Serializable,
        "SerializationMap": SerializationMap,
    },
)
