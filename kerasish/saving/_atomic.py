"""Writing a file so that it is there whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def checked_target(filepath: Any, overwrite: bool, endings: tuple[str, ...]) -> Path:
    """The path of a file that may be written.

    Raises:
        ValueError: a name with another ending.
        FileExistsError: it is there already, and `overwrite` is False.
        FileNotFoundError: its folder is not there.
        IsADirectoryError: it is a folder.
    """
    path = Path(os.fspath(filepath))
    if not path.name.endswith(endings):
        raise ValueError(f"`filepath` must end in {' or '.join(endings)}; received {str(path)!r}.")
    if path.is_dir():
        raise IsADirectoryError(f"`filepath` must be a file; {str(path)!r} is a folder.")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{str(path)!r} is there already; pass overwrite=True to replace it.")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise FileNotFoundError(f"The folder {str(folder)!r} is not there, so {path.name!r} cannot be written. Make it first.")
    return path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to, and move that file to its place when all went well; else the old file stays.

    Raises:
        OSError: the folder cannot be written to.
    """
    target = path.resolve()  # behind a link
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.", suffix=".tmp")
    except OSError as error:
        raise type(error)(error.errno, f"{str(path)!r} cannot be written: {error.strerror}") from error
    os.close(handle)
    written = Path(name)
    try:
        yield written
        _give_usual_rights(written, target)
        _to_disk(written)
        os.replace(written, target)
    except BaseException:
        written.unlink(missing_ok=True)
        raise


def _give_usual_rights(written: Path, target: Path) -> None:
    """The rights of the file replaced, or those of any new file; a temporary file is its owner's alone."""
    if target.exists():
        shutil.copymode(target, written)
        return
    mask = os.umask(0)
    os.umask(mask)
    written.chmod(0o666 & ~mask)


def _to_disk(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
