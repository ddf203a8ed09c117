"""What the library does beside its own when this face is used: layers, losses and metrics take its tensors, models its files.

Only what is called with this face's tensors, or with a path that has no ending, behaves otherwise than before.
"""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kerasish.layers import Layer
from kerasish.losses import Loss
from kerasish.models import Model
from kerasish.tf import _saved_models
from kerasish.tf._calls import entered, holds_edge, left
from kerasish.tf._datasets import plain_source
from kerasish.tf._tensor import Tensor


def _call_layer(plainly: Callable) -> Callable:
    @functools.wraps(plainly)
    def call(self: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        if not holds_edge(args) and not (kwargs and holds_edge(kwargs.values())):
            return plainly(self, args, kwargs)
        given = [entered(arg) for arg in args]
        # Plain tensors take the short way, if there is one by now.
        return left(Layer.__call__(self, *given, **{key: entered(value) for key, value in kwargs.items()}), given)

    return call


def _call_loss(plainly: Callable) -> Callable:
    @functools.wraps(plainly)
    def call(self: Any, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        if type(y_pred) is not Tensor and type(y_true) is not Tensor:
            return plainly(self, y_true, y_pred, sample_weight)
        return left(plainly(self, entered(y_true), entered(y_pred), entered(sample_weight)))

    return call


def _run_on_data(plainly: Callable) -> Callable:
    @functools.wraps(plainly)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        return plainly(self, *map(plain_source, args), **{key: plain_source(value) for key, value in kwargs.items()})

    return run


def _has_no_ending(filepath: Any) -> bool:
    return isinstance(filepath, (str, os.PathLike)) and not Path(filepath).suffix


def _save(plainly: Callable) -> Callable:
    @functools.wraps(plainly)
    def save(self: Any, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
        if not _has_no_ending(filepath):
            return plainly(self, filepath, overwrite, zipped, **kwargs)
        if kwargs or zipped is not None:
            raise ValueError(f"A model saved as a folder takes no other arguments; received {sorted(kwargs) or 'zipped'}.")
        return _saved_models.save_model(self, filepath, overwrite)

    return save


def _save_weights(plainly: Callable) -> Callable:
    @functools.wraps(plainly)
    def save_weights(self: Any, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None) -> None:
        _see_whether_built(self)
        return plainly(self, _weights_file(filepath), overwrite, max_shard_size)

    return save_weights


def _load_weights(plainly: Callable) -> Callable:
    @functools.wraps(plainly)
    def load_weights(self: Any, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
        _see_whether_built(self)
        return plainly(self, _weights_file(filepath), skip_mismatch, **kwargs)

    return load_weights


def _weights_file(filepath: Any) -> Any:
    return f"{os.fspath(filepath)}.safetensors" if _has_no_ending(filepath) else filepath


def _see_whether_built(model: Any) -> None:
    """A model that has no layers but made its weights in `__init__` is as built as it will ever be."""
    if not model.built and not model.layers and model.weights and type(model).build is Model.build:
        model.built = True


def _attach(kind: type, name: str, around: Callable) -> None:
    setattr(kind, name, around(getattr(kind, name)))


_attach(Layer, "_call_in_steps", _call_layer)
_attach(Loss, "__call__", _call_loss)
for _name in ("fit", "evaluate", "predict"):
    _attach(Model, _name, _run_on_data)
_attach(Model, "save", _save)
_attach(Model, "save_weights", _save_weights)
_attach(Model, "load_weights", _load_weights)
