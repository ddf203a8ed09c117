"""The registries of optimizers and of learning rate schedules."""

from kerasish._base._registry import Registry

OPTIMIZERS = Registry("optimizer", "keras.optimizers")
SCHEDULES = Registry("learning rate schedule", "keras.optimizers.schedules")
