"""Preparing: what every run of a model needs before its first batch: weights, a device, a step, the training mode."""

from typing import Any

import torch
from torch import Tensor, nn

from kerasish._base import _tree
from kerasish.core import KerasTensor, default_device
from kerasish.engine._data_tuples import pack_x_y_sample_weight
from kerasish.engine._feeds import Feed, make_feed
from kerasish.engine._steps import Steps
from kerasish.layers._calling import with_own_mode
from kerasish.layers._layer import Layer
from kerasish.layers._layer_weights import modules_of


class Preparing(Steps):
    """The methods of a model that make it ready for a run."""

    def _step_of_run(self, name: str, feed: Feed) -> Any:
        """The step of that name; a user's own is given batches as the data has them, `(x, y)` or `x`, without Nones."""
        step = getattr(self, name)
        if self._has_plain_step(name):
            return step
        return lambda batch: step(pack_x_y_sample_weight(*batch, in_tuple=feed.in_tuple))

    def _has_plain_step(self, name: str) -> bool:
        """Say whether the step of that name is the engine's, not a user's."""
        return getattr(type(self), name) is getattr(Steps, name) and name not in self.__dict__

    def _training_device(self) -> torch.device:
        return device_of(modules_of(self))  # type: ignore[arg-type]

    def _one_batch(self, x: Any, y: Any, sample_weight: Any, class_weight: Any) -> Feed:
        rows = next((len(leaf) for leaf in _tree.flatten(x) if hasattr(leaf, "shape") and len(leaf.shape)), 1)
        return make_feed(x, y, sample_weight, batch_size=max(rows, 1), class_weight=class_weight, device=self._training_device())

    def _build_on(self, feed: Feed) -> None:
        """Make the weights, where that takes the first batch to know their shapes."""
        if are_built(modules_of(self)):  # type: ignore[arg-type]
            return
        if type(self).call is Layer.call:  # type: ignore[attr-defined]
            return  # a model with a `train_step` and no `call`: its parts are built as the step calls them
        x, _, _ = feed.first()
        with torch.no_grad(), outside_of_training(self):
            try:
                self._build_on_symbols(_tree.map_structure(_symbol_of, x))
            except Exception:  # noqa: BLE001 - what is wrong with the model or the data is told when it runs on the data
                pass
            if not are_built(modules_of(self)):  # type: ignore[arg-type]
                self(_tree.map_structure(lambda leaf: leaf[:2] if isinstance(leaf, Tensor) else leaf, x))  # type: ignore[operator]
        self._clear_losses()  # type: ignore[attr-defined]

    def _build_on_symbols(self, x: Any) -> None:
        """Make the weights without running anything, so that nothing that a model counts or draws goes on."""
        if self.built:  # type: ignore[attr-defined]
            self.compute_output_spec(x)  # type: ignore[attr-defined]
            return
        with self._naming_weights():  # type: ignore[attr-defined]
            self._build_for((x,), {})  # type: ignore[attr-defined]


def _symbol_of(leaf: Any) -> Any:
    return KerasTensor((None, *leaf.shape[1:]), leaf.dtype) if isinstance(leaf, Tensor) and leaf.dim() else leaf


def device_of(modules: list[nn.Module]) -> torch.device:
    """The device of the first parameter that modules have, or else buffer, or else that of new tensors."""
    for held in ("_parameters", "_buffers"):
        for module in modules:
            for tensor in module.__dict__[held].values():
                if tensor is not None:
                    return tensor.device
    return default_device()


def are_built(modules: list[nn.Module]) -> bool:
    """Say whether all layers among modules have their weights."""
    return all([module.built for module in modules if isinstance(module, Layer)])


class outside_of_training:  # noqa: N801 - used as a function, and quicker than a generator
    """Put a model out of training mode, and back into it afterwards if it was in it: a callback may have asked.

    Args:
        model: where nothing of it is in training mode, nothing is done.
        modules: the model and all modules inside it, where they have been listed already.
    """

    def __init__(self, model: Any, modules: list[nn.Module] | None = None):
        self.model, self.modules = model, modules
        self.own: list[nn.Module] = []

    def __enter__(self) -> None:
        self.before = self.model.training
        if any([module.training for module in self.modules or modules_of(self.model)]):
            self.own = [part for part in with_own_mode(self.model) if part.training]
            self.model.eval()

    def __exit__(self, *_: object) -> None:
        if self.before:
            self.model.train(True)
        for part in self.own:
            part.train(True)
