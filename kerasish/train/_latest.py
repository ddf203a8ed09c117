"""Which checkpoints a folder has, noted in a file beside them."""

import json
import os
import time
from pathlib import Path
from typing import Any

from kerasish.saving._atomic import replacing

ENDING = ".safetensors"
_NOTE = "checkpoint"


def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """Give the path of the latest checkpoint that was saved to a folder, None where there is none.

    Args:
        checkpoint_dir: the folder.
        latest_filename: the file in which that is noted; "checkpoint" by default.
    """
    folder = Path(os.fspath(checkpoint_dir))
    paths = [entry["path"] for entry in read_note(folder, latest_filename or _NOTE)]
    there = [path for path in paths if Path(path + ENDING).is_file()]
    return there[-1] if there else None


def note_latest(path: str) -> None:
    """Note a checkpoint as the latest of its folder."""
    folder = Path(path).parent
    entries = [entry for entry in read_note(folder) if entry["path"] != os.fspath(folder / Path(path).name)]
    entries.append({"path": os.fspath(folder / Path(path).name), "time": time.time()})
    write_note(folder, [entry for entry in entries if Path(entry["path"] + ENDING).is_file()])


def read_note(folder: Path, name: str = _NOTE) -> list[dict[str, Any]]:
    """The checkpoints noted in a folder, the latest last; their paths are noted without the folder, which may be moved."""
    try:
        entries = json.loads((folder / name).read_text(encoding="utf-8"))["checkpoints"]
        return [{"path": os.fspath(folder / Path(str(entry["name"])).name), "time": float(entry["time"])} for entry in entries]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise OSError(f"{str(folder / name)!r} cannot be read: it does not say which checkpoints there are ({error}).") from error


def write_note(folder: Path, entries: list[dict[str, Any]]) -> None:
    """Note the checkpoints of a folder, the latest last."""
    noted = [{"name": Path(entry["path"]).name, "time": entry["time"]} for entry in entries]
    with replacing(folder / _NOTE) as written:
        written.write_text(json.dumps({"checkpoints": noted}, indent=1), encoding="utf-8")
