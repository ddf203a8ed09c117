"""Modules in folders: saved with their functions, read without their classes."""

from kerasish.tf._saved_models import load, save

__all__ = ["load", "save"]
