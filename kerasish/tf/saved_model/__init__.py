"""Modules in folders: saved with their functions, read without their classes."""

from kerasish.tf import _absent
from kerasish.tf._loaded_models import contains_saved_model, load
from kerasish.tf._saved_models import save

__getattr__ = _absent.absent("tf.saved_model")

__all__ = [
    "contains_saved_model",
    "load",
    "save",
]
