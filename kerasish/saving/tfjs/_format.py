"""model.json among the library's own files: what `model.save("folder/model.json")` and `load_model` of it mean."""

from pathlib import Path
from typing import Any

from kerasish.saving._atomic import checked_target
from kerasish.saving._formats import Format, register_format
from kerasish.saving.tfjs._folder import MODEL, read_folder, write_folder
from kerasish.saving.tfjs._models import artifacts_of, model_of


def _save(model: Any, path: Path, overwrite: bool) -> None:
    """Write a model's model.json, and its weights beside it."""
    if path.name != MODEL:
        raise ValueError(f"A model is saved for TensorFlow.js as {MODEL} in a folder of its own; received {str(path)!r}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    checked_target(path, overwrite, (MODEL,))
    write_folder(path.parent, artifacts_of(model))


def _load(path: Path, custom_objects: Any, compile: bool, safe_mode: bool) -> Any:
    """Read a model from its model.json; no code in a file is run, whatever `safe_mode` is."""
    artifacts = read_folder(path)
    if not compile:
        artifacts.pop("trainingConfig", None)
    return model_of(artifacts, custom_objects=custom_objects)


register_format(".json", Format(save_model=_save, load_model=_load))
