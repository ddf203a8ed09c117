"""The library's models; those saved as folders are read, too."""

from kerasish.models import Functional, Model, Sequential, clone_model, model_from_json, save_model
from kerasish.tf._saved_models import load_folder as load_model

__all__ = ["Functional", "Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]
