"""The files of a model: `.keras` with all of it, `.weights.h5` and `.safetensors` with its weights."""

import datetime
import io
import json
import os
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from kerasish._base import _sharing
from kerasish._base._serialization import deserialize, serialize
from kerasish._version import __version__
from kerasish.saving._assets import read_assets, write_assets
from kerasish.saving._atomic import checked_target, replacing
from kerasish.saving._formats import format_of, weights_path
from kerasish.saving._h5 import read_h5, write_h5
from kerasish.saving._states import Entry, state_of, take_state
from kerasish.saving._tensors import fit_tensors, read_safetensors, write_safetensors

_FORMAT_OF = "3.15.0"  # the version of Keras whose files these are
_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_LARGE, _MOST_EXPANSION = 1 << 32, 100


def save_model(model: Any, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
    """Save a whole model: architecture, weights, what `compile` was given, the optimizer's state.

    A file is replaced only when the new one is complete.

    Args:
        model: the model.
        filepath: ends in ".keras"; or an open binary file.
        overwrite: False raises where the file is there already.
        zipped: True or None; a folder instead of a file is not supported.
        **kwargs: `include_optimizer`, False to leave the optimizer's state and the compilation out.

    Raises:
        ValueError: another ending, or a part of the model that no config can describe.
        OSError: the file cannot be written.
    """
    include_optimizer = kwargs.pop("include_optimizer", True)
    own = format_of(filepath).save_model
    if own is not None:
        if kwargs or zipped is not None or not include_optimizer:
            raise ValueError(f"A model saved as {os.fspath(filepath)!r} takes no arguments besides `overwrite`.")
        own(model, Path(os.fspath(filepath)), overwrite)
        return
    if kwargs:
        raise ValueError(f"`save` takes no arguments {sorted(kwargs)}.")
    if zipped is False:
        raise ValueError("`zipped`=False, a folder instead of a file, is not supported; save a .keras file.")
    if not model.built:
        warnings.warn(f"{model.name} is saved before it is built: the file will hold no weights.", stacklevel=3)
    if isinstance(filepath, io.IOBase):
        _write_archive(model, filepath, include_optimizer)
        return
    path = checked_target(filepath, overwrite, (".keras",))
    with replacing(path) as written:
        _write_archive(model, written, include_optimizer)


def _write_archive(model: Any, file: Any, include_optimizer: bool) -> None:
    with _sharing.numbering():
        described = _sharing.without_singles(serialize(model))
    if not include_optimizer:
        described.pop("compile_config", None)
    metadata = {
        "keras_version": _FORMAT_OF,
        "kerasish_version": __version__,
        "date_saved": datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S"),
    }
    config = json.dumps(described)
    weights = io.BytesIO()
    write_h5(weights, state_of(model, () if include_optimizer else (model.optimizer,)))
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(_METADATA, json.dumps(metadata))
        archive.writestr(_CONFIG, config)
        archive.writestr(_WEIGHTS, weights.getbuffer())
        write_assets(model, archive)


def load_model(
    filepath: Any, custom_objects: Mapping[str, Any] | None = None, compile: bool = True, safe_mode: bool = True
) -> Any:
    """Make the model that a `.keras` file describes, with its weights; ours and Keras's own files alike.

    Nothing in the file is run: it can only name classes and functions that are part of the library, registered,
    in `custom_objects`, or defined in a module that the program itself has imported.

    Args:
        filepath: the file; or an open binary file.
        custom_objects: classes and functions by name.
        compile: whether to compile the model as it was.
        safe_mode: nothing depends on it. Code in a file (a lambda, a pickle) is never run, with False either.

    Raises:
        OSError: the file is not there, or broken.
        ValueError: another ending, or the file names something unknown.
    """
    own = format_of(filepath, is_read=True).load_model
    if own is not None:
        return own(Path(os.fspath(filepath)), custom_objects, compile, safe_mode)
    what = "The file" if isinstance(filepath, io.IOBase) else repr(os.fspath(filepath))
    if not isinstance(filepath, io.IOBase):
        filepath = _checked_source(filepath, (".keras",))
    try:
        with zipfile.ZipFile(filepath) as archive:
            config = json.loads(_read_member(archive, _CONFIG, what))
            entries = read_h5(io.BytesIO(_read_member(archive, _WEIGHTS, what)), what)
            assets = read_assets(archive, what)
    except (zipfile.BadZipFile, json.JSONDecodeError, EOFError) as error:
        raise OSError(f"{what} cannot be read: it is not a .keras file, or it is broken or cut short ({error}).") from error
    if not compile:
        config.pop("compile_config", None)
    with _sharing.remembering():
        model = deserialize(config, custom_objects)
    if not hasattr(model, "_flatten_layers"):
        raise ValueError(f"{what} describes no model but a {type(model).__name__}.")
    if model.built or any(entry.arrays for entry in entries.values()):
        take_state(model, entries)
    assets.give_to(model)
    return model


def _read_member(archive: zipfile.ZipFile, name: str, what: str) -> bytes:
    """Read a part of an archive, unless it would swell without measure."""
    try:
        member = archive.getinfo(name)
    except KeyError:
        raise OSError(f"{what} is not a .keras file: it has no {name!r} in it.") from None
    if member.file_size > _LARGE and member.file_size > _MOST_EXPANSION * member.compress_size:
        raise ValueError(f"{what} claims {member.file_size} bytes for {name!r}, which it does not hold.")
    return archive.read(member)


def save_weights(model: Any, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None, **kwargs: Any) -> None:
    """Save the weights of a model.

    Args:
        model: the model, built.
        filepath: ends in ".weights.h5", Keras's layout, with the optimizer's state; or in ".safetensors", the tensors
            of the model's `state_dict` by their names, without the optimizer.
        overwrite: False raises where the file is there already.
        max_shard_size: only None; files are not split.
        **kwargs: `objects_to_skip`, layers to leave out of a ".weights.h5".

    Raises:
        ValueError: another ending, or the model is not built.
        OSError: the file cannot be written.
    """
    skipped = kwargs.pop("objects_to_skip", None) or ()
    if kwargs:
        raise ValueError(f"`save_weights` takes no arguments {sorted(kwargs)}.")
    if max_shard_size is not None:
        raise ValueError("`max_shard_size` is not supported: weights are saved into one file.")
    if not model.built:
        raise ValueError(f"{model.name} must be built before its weights are saved: call it on data, or `build` it.")
    path = checked_target(weights_path(filepath), overwrite, (".weights.h5", ".safetensors"))
    with replacing(path) as written:
        if path.name.endswith(".safetensors"):
            write_safetensors(written, model)
        else:
            write_h5(written, state_of(model, skipped))


def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
    """Load weights into a model. If anything does not fit, the model stays as it is.

    Args:
        model: the model, built.
        filepath: a ".weights.h5", ".keras" or ".safetensors" file.
        skip_mismatch: load what fits, with a warning.
        **kwargs: `objects_to_skip`, layers that keep their weights.

    Raises:
        OSError: the file is not there, or broken.
        ValueError: another ending, the model is not built, or the weights do not fit.
    """
    skipped = kwargs.pop("objects_to_skip", None) or ()
    if kwargs.pop("by_name", None):
        raise ValueError("`by_name` is not supported: it was for Keras 2's .h5 files.")
    if kwargs:
        raise ValueError(f"`load_weights` takes no arguments {sorted(kwargs)}.")
    path = _checked_source(weights_path(filepath), (".weights.h5", ".keras", ".safetensors"))
    if not model.built:
        raise ValueError(f"{model.name} must be built before weights are loaded: call it on data, or `build` it.")
    if path.name.endswith(".safetensors"):
        _load_tensors(model, path, skip_mismatch)
    else:
        take_state(model, _read_states(path), skip_mismatch, skipped)


def _read_states(path: Path) -> dict[str, Entry]:
    if not path.name.endswith(".keras"):
        return read_h5(path, repr(str(path)))
    try:
        with zipfile.ZipFile(path) as archive:
            return read_h5(io.BytesIO(_read_member(archive, _WEIGHTS, repr(str(path)))), repr(str(path)))
    except zipfile.BadZipFile as error:
        raise OSError(
            f"{str(path)!r} cannot be read: it is not a .keras file, or it is broken or cut short ({error})."
        ) from error


def _load_tensors(model: Any, path: Path, skip_mismatch: bool) -> None:
    pairs, complaints = fit_tensors(model, *read_safetensors(path))
    told = "\n".join(complaints)
    if complaints and not skip_mismatch:
        raise ValueError(f"The file does not fit {model.name}; nothing was changed.\n{told}\nskip_mismatch=True loads what fits.")
    if complaints:
        warnings.warn(f"What does not fit {model.name} was left as it is:\n{told}", stacklevel=3)
    with torch.no_grad():
        for tensor, value in pairs:
            tensor.copy_(value)


def _checked_source(filepath: Any, endings: tuple[str, ...]) -> Path:
    path = Path(os.fspath(filepath))
    if not path.name.endswith(endings):
        hint = ""
        if path.name.endswith((".h5", ".hdf5")):
            hint = " The .h5 files of Keras 2 are not supported; save the model as .keras with Keras 3."
        raise ValueError(f"`filepath` must end in {' or '.join(endings)}; received {str(path)!r}.{hint}")
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {str(path)!r}.")
    return path
