"""A model in a folder: model.json and its files of weights, which are replaced together or not at all."""

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import Any

from kerasish.saving._atomic import replacing
from kerasish.saving.tfjs._weights import joined, shards_of

MODEL = "model.json"
_KEPT = ("trainingConfig", "signature", "userDefinedMetadata", "modelInitializer", "initializerSignature")


def model_json(artifacts: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """Give what a model.json holds: all but the weights, and where these are.

    Args:
        artifacts: a model's artifacts.
        paths: the names of the files of weights, in order.
    """
    made = {key: artifacts.get(key) for key in ("modelTopology", "format", "generatedBy", "convertedBy")}
    made.update({key: artifacts[key] for key in _KEPT if artifacts.get(key) is not None})
    made["weightsManifest"] = [{"paths": list(paths), "weights": list(artifacts.get("weightSpecs") or [])}]
    return made


def artifacts_of_json(described: Mapping[str, Any], data: bytes | None) -> dict[str, Any]:
    """Put a model.json and its weights together again."""
    made = {key: described.get(key) for key in ("modelTopology", "format", "generatedBy", "convertedBy")}
    made.update({key: described[key] for key in _KEPT if described.get(key) is not None})
    if described.get("weightsManifest") is not None and data is not None:
        made.update(weightSpecs=specs_of(described["weightsManifest"]), weightData=data)
    return made


def specs_of(manifest: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """List the specs of all groups of a manifest, one group after the other."""
    return [spec for group in manifest for spec in group["weights"]]


def paths_of(manifest: Iterable[Mapping[str, Any]]) -> list[str]:
    """List the files of all groups of a manifest, one group after the other."""
    return [path for group in manifest for path in group["paths"]]


def write_folder(folder: Path, artifacts: Mapping[str, Any]) -> None:
    """Write a model into a folder, which is made where it is not there. If that fails, what was there is still whole.

    Weights of up to 4 MB are in weights.bin, larger ones in files of 4 MB.

    Raises:
        OSError: the folder or a file cannot be written.
    """
    shards = shards_of(joined(artifacts.get("weightData")))
    old = _files_in(folder)
    texts = {MODEL: json.dumps(model_json(artifacts, shards)).encode()}
    folder.mkdir(parents=True, exist_ok=True)
    write_together({folder / name: data for name, data in {**shards, **texts}.items()})
    for path in old:
        if path.name not in (*shards, MODEL) and path.is_file():
            path.unlink(missing_ok=True)


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write several files, all of them or none: the last one is put in its place last.

    Raises:
        OSError: one cannot be written.
    """
    with ExitStack() as before:
        # The old ones have a second name until all new ones are in their places.
        aside = [(path, _set_aside(path, before)) for path in files]
        try:
            with ExitStack() as new:
                for path, data in reversed(list(files.items())):  # what is entered last is put in its place first
                    new.enter_context(replacing(path)).write_bytes(data)
        except BaseException:
            for path, kept in aside:
                path.unlink(missing_ok=True) if kept is None else os.replace(kept, path)
            raise


def _set_aside(path: Path, stack: ExitStack) -> Path | None:
    if not path.exists():
        return None
    folder = stack.enter_context(tempfile.TemporaryDirectory(dir=path.parent, prefix=".kept."))
    kept = Path(folder, path.name)
    try:
        os.link(path, kept)
    except OSError:  # a file system without hard links
        kept.write_bytes(path.read_bytes())
    return kept


def _files_in(folder: Path) -> list[Path]:
    """The files of weights that the model in a folder has now."""
    try:
        manifest = json.loads((folder / MODEL).read_bytes()).get("weightsManifest") or []
        return [inside(folder, path) for path in paths_of(manifest)]
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return []


def read_folder(path: Path, prefix: str | None = None, on_file: Callable[[float], None] | None = None) -> dict[str, Any]:
    """Read a model's artifacts.

    Args:
        path: its model.json, or the folder with that.
        prefix: the folder of the weights; that of model.json by default.
        on_file: is told after each file of weights what part of them is read, 0 to 1.

    Raises:
        OSError: a file is not there, or is no model.json.
        ValueError: a path in it that leads out of the folder.
    """
    path = path / MODEL if path.is_dir() else path
    described = read_json(path)
    manifest = described.get("weightsManifest")
    if manifest is None:
        return artifacts_of_json(described, None)
    folder, parts = Path(prefix) if prefix else path.parent, []
    paths = paths_of(manifest)
    for i, name in enumerate(paths):
        parts.append(inside(folder, name).read_bytes())
        if on_file is not None:
            on_file((i + 1) / len(paths))
    return artifacts_of_json(described, b"".join(parts))


def read_json(path: Path) -> dict[str, Any]:
    """Read a model.json.

    Raises:
        OSError: it is not there, or is none.
    """
    if not path.is_file():
        raise FileNotFoundError(f"There is no model at {str(path)!r}.")
    try:
        described = json.loads(path.read_bytes())
    except ValueError as error:
        raise OSError(f"{str(path)!r} cannot be read: it is no JSON, or cut short ({error}).") from error
    if not isinstance(described, dict) or "modelTopology" not in described and "weightsManifest" not in described:
        raise OSError(f"{str(path)!r} is no model of TensorFlow.js: it has neither a `modelTopology` nor a `weightsManifest`.")
    return described


def inside(folder: Path, name: str) -> Path:
    """The path of a file that a manifest names.

    Raises:
        ValueError: it leads out of the folder.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name:
        raise ValueError(f"The manifest names {name!r}, which leads out of its folder.")
    return folder / path
