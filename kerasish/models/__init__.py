"""Models: functional, sequential and subclassed; each is a `torch.nn.Module`."""

from kerasish._base._serialization import file_modules
from kerasish.models._functional import Functional
from kerasish.models._model import Model
from kerasish.models._sequential import Sequential

file_modules["keras.src.models.functional"] = {"Functional": Functional}
file_modules["keras"] = {"Functional": Functional, "Model": Model, "Sequential": Sequential}
file_modules["keras.models"] = {"Functional": Functional, "Model": Model, "Sequential": Sequential}

__all__ = ["Functional", "Model", "Sequential"]
