"""Assets: what layers keep in files of their own, such as a vocabulary; folders inside a `.keras` file."""

import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from kerasish.saving._states import walk

_FOLDER = "assets"


def write_assets(model: Any, archive: zipfile.ZipFile) -> None:
    """Put what the layers' `save_assets(folder)` write into an archive."""
    for path, thing in walk(model):
        if not hasattr(thing, "save_assets"):
            continue
        with tempfile.TemporaryDirectory() as folder:
            thing.save_assets(folder)
            for file in sorted(Path(folder).rglob("*")):
                if file.is_file():
                    archive.write(file, str(PurePosixPath(_FOLDER, path, *file.relative_to(folder).parts)))


class Assets:
    """The assets of an archive: bytes by path."""

    def __init__(self, files: dict[PurePosixPath, bytes]):
        self.files = files

    def give_to(self, model: Any) -> None:
        """Let the layers' `load_assets(folder)` read them."""
        if not self.files:
            return
        for path, thing in walk(model):
            own = {file.relative_to(path) for file in self.files if file.is_relative_to(path)} if path else set()
            if not own or not hasattr(thing, "load_assets"):
                continue
            with tempfile.TemporaryDirectory() as folder:
                for file in own:
                    target = Path(folder, *file.parts)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(self.files[PurePosixPath(path) / file])
                thing.load_assets(folder)


def read_assets(archive: zipfile.ZipFile, what: str) -> Assets:
    """Read the assets of an archive.

    Raises:
        ValueError: a path that leads out of the folder.
    """
    files = {}
    for member in archive.infolist():
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"{what} has an entry {member.filename!r}, which leads out of its folder.")
        if path.parts[:1] == (_FOLDER,) and not member.is_dir():
            files[path.relative_to(_FOLDER)] = archive.read(member)
    return Assets(files)
