"""The registry of layers."""

from kerasish._base._registry import Registry

LAYERS = Registry("layer", "keras.layers")
