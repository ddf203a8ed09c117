"""`tf.io`: which handler saves or loads what a URL names, and the stores of models."""

import datetime
import os
import shutil
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from kerasish.saving import tfjs as files
from kerasish.tfjs._handlers import (
    LOAD_OPTIONS,
    DownloadHandler,
    FolderHandler,
    StoreHandler,
    browser_files,
    from_memory,
    http,
    store_folder,
    with_save_handler,
)
from kerasish.tfjs._http import is_http
from kerasish.tfjs._options import Shelf, missing, spelled
from kerasish.tfjs._promises import settled
from kerasish.tfjs._records import Record, artifacts_info, as_record
from kerasish.tfjs._weight_bytes import (
    artifacts_for_json,
    artifacts_for_json_sync,
    concatenate_array_buffers,
    decode_weights,
    encode_weights,
    load_weights,
)

_KIND, _SUFFIX = "tf.io", "://"

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
