"""`tf.io`: where models are saved and loaded; handlers, the stores of models, and weights as bytes."""

import datetime
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np

from kerasish.core import convert_to_numpy
from kerasish.saving import tfjs as files
from kerasish.tfjs._http import HTTPHandler, is_http
from kerasish.tfjs._options import Shelf, merged, missing, spelled
from kerasish.tfjs._promises import settled
from kerasish.tfjs._records import Record, artifacts_info, as_record
from kerasish.tfjs._strings import StringTensor
from kerasish.tfjs._tensor import Tensor, as_torch, unwrapped

_KIND, _SUFFIX = "tf.io", "://"


def _saved(artifacts: Any) -> Record:
    return Record(modelArtifactsInfo=artifacts_info(artifacts))


# Handlers of places on this machine.


class FolderHandler:
    """Saves a model as model.json and files of weights in a folder, and loads one from there.

    Args:
        path: the folder, or for loading its model.json.
        options: `weightPathPrefix`, the folder of the weights; `onProgress`, told after each file what part is read.
    """

    def __init__(self, path: Any, options: Mapping[str, Any] | None = None):
        self.path, self._options = Path(os.fspath(path)), dict(options or {})

    def save(self, artifacts: Any) -> Record:
        """Write the folder; what was there stays whole if that fails."""
        if self.path.is_file():
            raise NotADirectoryError(f"A model is saved into a folder; {str(self.path)!r} is a file.")
        files.write_folder(self.path, as_record(artifacts))
        return _saved(artifacts)

    def load(self) -> Record:
        """Read the artifacts."""
        return Record(files.read_folder(self.path, self._options.get("weight_path_prefix"), self._options.get("on_progress")))


class StoreHandler(FolderHandler):
    """Saves a model by its name in a store of the user, and loads it.

    Args:
        scheme: "localstorage" or "indexeddb".
        name: the model's name.
        options: as for FolderHandler.
    """

    def __init__(self, scheme: str, name: str, options: Mapping[str, Any] | None = None):
        if not name:
            raise ValueError(f"A model needs a name to be kept: {scheme}://my-model.")
        self.scheme, self.name = scheme, name
        super().__init__(store_folder(scheme) / _as_file_name(name), options)

    def load(self) -> Record:
        """Read the artifacts.

        Raises:
            FileNotFoundError: the store has no model of that name.
        """
        if not (self.path / "model.json").is_file():
            raise FileNotFoundError(f"{self.scheme}:// has no model {self.name!r}; `tf.io.listModels()` says what there is.")
        return super().load()


def store_folder(scheme: str) -> Path:
    """The folder of a store: inside of what `KERASISH_HOME` names, ~/.kerasish by default."""
    return Path(os.environ.get("KERASISH_HOME") or Path.home() / ".kerasish") / scheme


def _as_file_name(name: str) -> str:
    quoted = quote(name, safe="")
    return quoted.replace(".", "%2E") if set(quoted) == {"."} else quoted


class DownloadHandler:
    """Saves a model as two files in the current folder: prefix.json and prefix.weights.bin; `model` by default.

    Args:
        prefix: what the names begin with.
    """

    def __init__(self, prefix: str = ""):
        self.prefix = prefix or "model"
        if Path(self.prefix).name != self.prefix:
            raise ValueError(f"downloads:// takes the beginning of a file's name; received {prefix!r}.")

    def save(self, artifacts: Any) -> Record:
        """Write both files, or none."""
        artifacts, weights = as_record(artifacts), f"{self.prefix}.weights.bin"
        text = json.dumps(files.model_json(artifacts, [f"./{weights}"]))
        data = files.joined(artifacts.get("weightData"))
        files.write_together({Path(weights): data, Path(f"{self.prefix}.json"): text.encode()})
        return _saved(artifacts)


class FilesHandler:
    """Loads a model from files given one by one: its model.json first, then its weights, found by their names.

    Args:
        paths: the files.
    """

    def __init__(self, paths: Iterable[Any]):
        self.paths = [Path(os.fspath(path)) for path in paths]
        if not self.paths:
            raise ValueError("`browserFiles` needs at least the model.json; received no files.")

    def load(self) -> Record:
        """Read the artifacts.

        Raises:
            ValueError: files of weights that the manifest names are not given.
        """
        described = files.read_json(self.paths[0])
        if len(self.paths) == 1:
            return Record(modelTopology=described.get("modelTopology"))
        given = {path.name: path for path in self.paths[1:]}
        wanted = [Path(name).name for name in files.paths_of(described.get("weightsManifest") or [])]
        if sorted(wanted) != sorted(given):
            raise ValueError(f"The manifest names the files of weights {sorted(wanted)}; received {sorted(given)}.")
        return Record(files.artifacts_of_json(described, b"".join(given[name].read_bytes() for name in wanted)))


class _Memory:
    def __init__(self, artifacts: Record):
        self._artifacts = artifacts

    def load(self) -> Record:
        return self._artifacts


class _Function:
    def __init__(self, function: Callable):
        self._function = function

    def save(self, artifacts: Any) -> Any:
        return self._function(artifacts)


def from_memory(model_artifacts: Any, weight_specs: Any = None, weight_data: Any = None, training_config: Any = None) -> Any:
    """Make a handler that loads what is given.

    Args:
        model_artifacts: all artifacts; or the topology alone, with the others behind it.
        weight_specs, weight_data, training_config: the other artifacts.
    """
    given = as_record(model_artifacts) if not isinstance(model_artifacts, Mapping) else Record(model_artifacts)
    if "modelTopology" not in given and "weightSpecs" not in given:
        rest = {"weightSpecs": weight_specs, "weightData": weight_data, "trainingConfig": training_config}
        given = Record(modelTopology=dict(given), **{name: value for name, value in rest.items() if value is not None})
    return _Memory(given)


def with_save_handler(save_handler: Callable[[Any], Any]) -> Any:
    """Make a handler that hands a model's artifacts to a function; what that gives is what `save` gives."""
    return _Function(save_handler)


def browser_files(files_: Iterable[Any]) -> FilesHandler:
    """Make a handler that loads a model from files: paths of its model.json and of its weights."""
    return FilesHandler(files_)


def http(path: Any, load_options: Any = None, **options: Any) -> HTTPHandler:
    """Make a handler that sends a model to a server, or loads it from there.

    Args:
        path: the URL of the server, or of a model.json.
        load_options: a dict, or keyword arguments: `requestInit` (`method`, `headers`), `fetchFunc`, `weightPathPrefix`,
            `weightUrlConverter`, `onProgress`; `method` and `headers` may stand alone.
    """
    given = dict(merged("tf.io.http", load_options, options))
    init = {name: given.pop(name) for name in ("method", "headers", "credentials") if name in given}
    known = (*LOAD_OPTIONS, "stream_weights")
    made = spelled("tf.io.http", given, known)
    made["request_init"] = {**init, **(made.get("request_init") or {})}
    return HTTPHandler(path, made)


LOAD_OPTIONS = ("request_init", "on_progress", "fetch_func", "weight_path_prefix", "weight_url_converter")


# Which handler a URL has.

_routers: dict[str, list[Callable]] = {"save": [], "load": []}


def register_save_router(router: Callable) -> None:
    """Let a function `url → handler or None` say how models are saved to URLs of its kind."""
    _routers["save"].append(router)


def register_load_router(router: Callable) -> None:
    """Let a function `(url, options) → handler or None` say how models are loaded from URLs of its kind."""
    _routers["load"].append(router)


def save_handlers(url: Any) -> list[Any]:
    """List the handlers that can save to a URL."""
    found = [router(url) for router in _routers["save"]]
    return [handler for handler in [*found, _own_handler(url, None)] if handler is not None]


def load_handlers(url: Any, load_options: Any = None) -> list[Any]:
    """List the handlers that can load from a URL."""
    found = [router(url, load_options) for router in _routers["load"]]
    own = _own_handler(url, load_options or {})
    return [handler for handler in [*found, own] if handler is not None and hasattr(handler, "load")]


def _own_handler(url: Any, options: Mapping[str, Any] | None) -> Any:
    """The handler of a URL of a known scheme; options are given for loading."""
    if is_http(url):
        return http(url, options)
    scheme, separator, rest = os.fspath(url).partition(_SUFFIX) if isinstance(url, (str, os.PathLike)) else ("", "", "")
    if not separator:
        return FolderHandler(url, _spelled(options)) if options is not None and scheme and os.path.exists(scheme) else None
    if scheme == "file":
        return FolderHandler(rest, _spelled(options))
    if scheme in STORES:
        return StoreHandler(scheme, rest, _spelled(options))
    return DownloadHandler(rest) if scheme == "downloads" else None


def _spelled(options: Mapping[str, Any] | None) -> dict[str, Any]:
    return spelled("tf.loadLayersModel", options or {}, (*LOAD_OPTIONS, "stream_weights"))


STORES = ("localstorage", "indexeddb")


def handler_for_saving(target: Any) -> Any:
    """Give what saves a model: the handler itself, or that of a URL.

    Raises:
        ValueError: no handler, or several, for the URL; or a handler that only loads.
    """
    return _one(target, save_handlers(target), "save") if _is_url(target) else _checked(target, "save")


def handler_for_loading(source: Any, options: Mapping[str, Any] | None = None) -> Any:
    """Give what loads a model: the handler itself, or that of a URL or a path.

    Raises:
        ValueError: no handler, or several, for the URL; or a handler that only saves.
    """
    return _one(source, load_handlers(source, options), "load") if _is_url(source) else _checked(source, "load")


def _is_url(target: Any) -> bool:
    return isinstance(target, (str, os.PathLike)) or isinstance(target, (list, tuple))


def _one(url: Any, found: list[Any], verb: str) -> Any:
    if len(found) > 1:
        raise ValueError(f"{len(found)} handlers say that they {verb} {url!r}; there must be one.")
    if not found:
        if verb == "load" and _SUFFIX not in str(url):
            raise FileNotFoundError(f"There is no file or folder {str(url)!r}.")
        known = "file, localstorage, indexeddb, http, https" + (", downloads" if verb == "save" else "")
        raise ValueError(f"Nothing is known that could {verb} {str(url)!r}. Known are {known}: {verb} a handler otherwise.")
    return found[0]


def _checked(handler: Any, verb: str) -> Any:
    if not callable(getattr(handler, verb, None)):
        raise ValueError(f"A handler must have the method `{verb}` to {verb} a model; received {handler!r:.80}.")
    return handler


# The stores.


def list_models() -> Any:
    """Give the models in the stores: URL → their sizes and dates."""
    found = Record()
    for scheme in STORES:
        folder = store_folder(scheme)
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if (path / "model.json").is_file():
                info = artifacts_info(files.read_folder(path))
                saved = (path / "model.json").stat().st_mtime
                info["dateSaved"] = datetime.datetime.fromtimestamp(saved, datetime.timezone.utc)
                found[f"{scheme}{_SUFFIX}{unquote(path.name)}"] = info
    return found


def remove_model(url: str) -> Any:
    """Take a model out of its store; gives how large it was.

    Raises:
        ValueError: a URL of another scheme.
        FileNotFoundError: the store has no such model.
    """
    handler = _in_store(url)
    info = artifacts_info(handler.load())
    shutil.rmtree(handler.path)
    return info


def copy_model(source_url: str, dest_url: str) -> Any:
    """Copy a model from one URL to another; gives how large it is.

    Raises:
        ValueError: the same URL twice, or one that nothing can load from or save to.
    """
    if source_url == dest_url:
        raise ValueError(f"A model is copied to another place; received {source_url!r} for both.")
    artifacts = settled(handler_for_loading(source_url).load())
    return as_record(settled(handler_for_saving(dest_url).save(artifacts)))["modelArtifactsInfo"]


def move_model(source_url: str, dest_url: str) -> Any:
    """Copy a model from a store to another URL, and then take it out of the store; gives how large it is.

    Raises:
        ValueError: see `copyModel`; or the source is in no store.
    """
    handler = _in_store(source_url)
    info = copy_model(source_url, dest_url)
    shutil.rmtree(handler.path)
    return info


def _in_store(url: str) -> StoreHandler:
    scheme, separator, name = str(url).partition(_SUFFIX)
    if not separator or scheme not in STORES:
        raise ValueError(f"Stores of models are {' and '.join(f'{known}://' for known in STORES)}; received {url!r}.")
    return StoreHandler(scheme, name)


# Weights as bytes.


def encode_weights(tensors: Any, group: str | None = None) -> Record:
    """Put Tensors into one row of bytes.

    Args:
        tensors: a dict by name, or a list of `{name, tensor}`.
        group: a word that each spec gets.

    Returns: `data` and `specs`.
    """
    pairs = tensors.items() if isinstance(tensors, Mapping) else [(part["name"], part["tensor"]) for part in tensors]
    data, specs = files.encode_weights(((name, _array_of(value)) for name, value in pairs), group)
    return Record(data=data, specs=specs)


def decode_weights(weight_data: Any, specs: Any) -> Record:
    """Read Tensors by name from what `encodeWeights` gave."""
    return Record({name: _tensor_of(array) for name, array in files.decode_weights(weight_data, specs).items()})


def _array_of(value: Any) -> np.ndarray:
    return value.numpy() if isinstance(value, StringTensor) else convert_to_numpy(unwrapped(value))


def _tensor_of(array: np.ndarray) -> Tensor:
    return StringTensor.of(array.reshape(-1).tolist(), array.shape) if array.dtype.kind in "OU" else Tensor(as_torch(array))


def concatenate_array_buffers(buffers: Any) -> bytes:
    """Put bytes behind one another."""
    return files.joined(list(buffers) if not isinstance(buffers, (bytes, bytearray, memoryview)) else buffers)


def load_weights(manifest: Any, file_path_prefix: str = "", weight_names: Any = None) -> Record:
    """Read Tensors by name from the files that a manifest names.

    Args:
        manifest: what a model.json calls `weightsManifest`.
        file_path_prefix: the folder or URL of the files.
        weight_names: which to give; all by default.

    Raises:
        ValueError: the manifest has no weight of such a name.
    """
    described = {"weightsManifest": manifest}
    specs, paths = files.specs_of(manifest), files.paths_of(manifest)
    lost = [name for name in weight_names or () if name not in {spec["name"] for spec in specs}]
    if lost:
        raise ValueError(f"The manifest has no weights {', '.join(lost)}.")
    if is_http(file_path_prefix):
        handler = http(f"{file_path_prefix.rstrip('/')}/model.json")
        data = b"".join(handler.weights_of(described))
    else:
        folder = Path(file_path_prefix.removeprefix("file://") or ".")
        data = b"".join(files.inside(folder, path).read_bytes() for path in paths)
    arrays = decode_weights(data, specs)
    return Record({name: arrays[name] for name in weight_names or arrays})


def artifacts_for_json(model_json: Any, load_weights: Callable[[Any], Any]) -> Record:
    """Put a model.json and its weights together.

    Args:
        model_json: what the file holds.
        load_weights: takes the manifest, and gives specs and bytes.
    """
    if model_json.get("weightsManifest") is None:
        return Record(files.artifacts_of_json(model_json, None))
    specs, data = settled(load_weights(model_json["weightsManifest"]))
    return Record({**files.artifacts_of_json(model_json, files.joined(data)), "weightSpecs": specs})


def artifacts_for_json_sync(model_json: Any, weight_specs: Any = None, weight_data: Any = None) -> Record:
    """Put a model.json, its specs and its bytes together."""
    if model_json.get("weightsManifest") is not None and (weight_specs is None or weight_data is None):
        raise ValueError("The model.json has weights: `weightSpecs` and `weightData` must be given too.")
    return artifacts_for_json(model_json, lambda manifest: (weight_specs, weight_data))


_BYTES = "bytes and memoryview do it in Python."

IO = Shelf(
    _KIND,
    {
        "browserFiles": browser_files,
        "browserHTTPRequest": http,
        "concatenateArrayBuffers": concatenate_array_buffers,
        "copyModel": copy_model,
        "decodeWeights": decode_weights,
        "encodeWeights": encode_weights,
        "fileSystem": FolderHandler,
        "fromMemory": from_memory,
        "fromMemorySync": from_memory,
        "getLoadHandlers": load_handlers,
        "getModelArtifactsForJSON": artifacts_for_json,
        "getModelArtifactsForJSONSync": artifacts_for_json_sync,
        "getModelArtifactsInfoForJSON": artifacts_info,
        "getSaveHandlers": save_handlers,
        "getWeightSpecs": files.specs_of,
        "http": http,
        "isHTTPScheme": is_http,
        "listModels": list_models,
        "loadWeights": load_weights,
        "moveModel": move_model,
        "registerLoadRouter": register_load_router,
        "registerSaveRouter": register_save_router,
        "removeModel": remove_model,
        "withSaveHandler": with_save_handler,
        "withSaveHandlerSync": with_save_handler,
        "CompositeArrayBuffer": missing("tf.io.CompositeArrayBuffer", _BYTES),
        "decodeWeightsStream": missing("tf.io.decodeWeightsStream", "weights are read whole: use decodeWeights."),
        "weightsLoaderFactory": missing("tf.io.weightsLoaderFactory", "use loadWeights."),
    },
)
