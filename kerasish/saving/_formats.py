"""Formats: what becomes of paths whose endings are no file of the library's own; a face registers those that are its own."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple


class Format(NamedTuple):
    """What is written and read under paths of one ending.

    Args:
        save_model: `(model, path, overwrite)` writes a whole model.
        load_model: `(path, custom_objects, compile, safe_mode)` makes it again.
        weights: the ending of one of the library's own files, which is put behind the path when weights are saved or loaded.
    """

    save_model: Callable[[Any, Path, bool], None] | None = None
    load_model: Callable[[Path, Any, bool, bool], Any] | None = None
    weights: str | None = None


_formats: dict[str, Format] = {}


def register_format(ending: str, format: Format) -> None:
    """Let paths of an ending, with its dot, or "" for those that have none, be written and read so from now on."""
    _formats[ending] = format


def format_of(filepath: Any, is_read: bool = False) -> Format:
    """Give the format that is registered for a path; an open file, and a path that none is registered for, has an empty one.

    Args:
        filepath: the path.
        is_read: whether what lies there is to be read: a folder then counts as a path without ending.
    """
    if not _formats or isinstance(filepath, io.IOBase):
        return Format()
    path = Path(os.fspath(filepath))
    return _formats.get("" if is_read and path.is_dir() else path.suffix, Format())


def weights_path(filepath: Any) -> Any:
    """The path under which weights lie."""
    ending = format_of(filepath).weights
    return filepath if ending is None else f"{os.fspath(filepath)}{ending}"
