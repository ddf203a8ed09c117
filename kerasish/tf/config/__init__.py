"""Devices and settings, under TensorFlow's names."""

from kerasish.core import functions_run_eagerly, run_functions_eagerly
from kerasish.tf._devices import PhysicalDevice, list_physical_devices

__all__ = ["PhysicalDevice", "functions_run_eagerly", "list_physical_devices", "run_functions_eagerly"]
