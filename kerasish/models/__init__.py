"""Models: functional, sequential and subclassed; each is a `torch.nn.Module`."""

from kerasish._base import _serialization
from kerasish.models._cloning import clone_model
from kerasish.models._from_json import model_from_json
from kerasish.models._functional import Functional
from kerasish.models._model import Model
from kerasish.models._module import Module
from kerasish.models._sequential import Sequential
from kerasish.saving import load_model, save_model

_serialization.file_modules["keras.src.models.functional"] = {"Functional": Functional}
_serialization.file_modules["keras"] = {"Functional": Functional, "Model": Model, "Sequential": Sequential}
_serialization.file_modules["keras.models"] = {"Functional": Functional, "Model": Model, "Sequential": Sequential}

__all__ = ["Functional", "Model", "Module", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]
