"""Handlers: objects that save a model's artifacts somewhere and load them from there."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kerasish.saving import tfjs as files
from kerasish.tfjs._http import HTTPHandler
from kerasish.tfjs._options import merged, spelled
from kerasish.tfjs._records import Record, artifacts_info, as_record

LOAD_OPTIONS = ("request_init", "on_progress", "fetch_func", "weight_path_prefix", "weight_url_converter")


def _saved(artifacts: Any) -> Record:
    return Record(modelArtifactsInfo=artifacts_info(artifacts))


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
