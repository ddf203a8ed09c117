"""Wrapping: any function, name or torch loss made into a Loss."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kerasish._base import _tree
from kerasish._base._names import fold, to_snake_case
from kerasish._base._serialization import deserialize as make
from kerasish._base._serialization import serialize as describe
from kerasish.losses._alignment import align
from kerasish.losses._binary import BinaryCrossentropy
from kerasish.losses._categorical import CategoricalCrossentropy
from kerasish.losses._loss import Loss
from kerasish.losses._registry import LOSSES, deserialize, get, serialize
from kerasish.losses._sparse import SparseCategoricalCrossentropy


def as_loss(identifier: Any) -> Loss:
    """Make the Loss of a name, config, class, object, function `(y_true, y_pred)` or torch loss `(input, target)`.

    "crossentropy" or "ce" is the one that the shapes of labels and predictions ask for.

    Raises:
        ValueError: an unknown name, or what is no loss.

    >>> as_loss("mse"), as_loss(nn.L1Loss()).name
    (MeanSquaredError(name='mse', dtype='float32'), 'l1_loss')
    """
    if isinstance(identifier, str) and fold(identifier) in ("crossentropy", "ce"):
        return _FittingCrossentropy(name=identifier)
    loss = get(identifier)
    if isinstance(loss, Loss):
        return loss
    if not callable(loss):
        raise ValueError(f"Expected a name, a Loss, a function (y_true, y_pred) or a torch loss; received {identifier!r}.")
    name = identifier if isinstance(identifier, str) else getattr(loss, "__name__", None) or to_snake_case(type(loss).__name__)
    if LOSSES.owns(loss):
        return LOSSES.classes[fold(loss.__name__)](name=name)
    if isinstance(loss, nn.Module) or str(getattr(loss, "__module__", "")).startswith("torch."):
        return _TorchLoss(loss, name)
    return LossFunctionWrapper(loss, name=name)


class LossFunctionWrapper(Loss):
    """The Loss of a function `(y_true, y_pred) -> values`, whose values are then weighed and reduced.

    Args:
        fn: the function.
        reduction, name, dtype: as in `Loss`.
        kwargs: what else the function is called with.

    >>> worst = LossFunctionWrapper(lambda y_true, y_pred: (y_true - y_pred).abs().amax(-1), name="worst")
    >>> worst([[0.0, 0.0]], [[3.0, 4.0]]).item()
    4.0
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        if isinstance(y_true, Tensor) and isinstance(y_pred, Tensor):
            y_true, y_pred = align(y_true, y_pred)
        elif _tree.is_nested(y_true) and _tree.is_nested(y_pred):
            labels, predictions = y_true, y_pred
            y_true = _tree.map_structure(lambda a, b: align(a, b)[0], labels, predictions)
            y_pred = _tree.map_structure(lambda a, b: align(a, b)[1], labels, predictions)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        arguments = {key: describe(value) for key, value in self._fn_kwargs.items()}
        return {"name": self.name, "reduction": self.reduction, "fn": serialize(self.fn), **arguments}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "LossFunctionWrapper":
        """Make the Loss that `get_config` described."""
        arguments = {key: make(value) for key, value in config.items() if key != "fn"}
        return cls(deserialize(config["fn"]), **arguments)


class _FittingCrossentropy(Loss):
    """The cross entropy that the shapes ask for: binary, sparse categorical or categorical, of probabilities."""

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        return self._fitting(np.shape(y_true), np.shape(y_pred))(y_true, y_pred, sample_weight)

    def _fitting(self, labels: tuple[int, ...], predictions: tuple[int, ...]) -> Loss:
        arguments: Any = {"reduction": self.reduction, "name": self.name, "dtype": self.dtype}
        if predictions[-1] == 1:
            return BinaryCrossentropy(**arguments)
        if len(labels) < len(predictions) or labels[-1] == 1:
            return SparseCategoricalCrossentropy(**arguments)
        return CategoricalCrossentropy(**arguments)


_NUMBERED = ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss", "cross_entropy", "nll_loss", "multi_margin_loss")


class _TorchLoss(Loss):
    """The Loss of a torch loss, which takes `(input, target)` and reduces as it was told to.

    Where it gives one value for each element ("none"), they are averaged over the last axis, as Keras's losses are.
    A mask weighs the values that it gives; a loss that is one number already is not changed by it.

    Args:
        criterion: a module, or a function of `torch.nn.functional`. One whose first argument is `y_true` gets labels first.
    """

    _takes_class_numbers = True

    def __init__(self, criterion: Callable[..., Any], name: str | None = None):
        super().__init__(name=name)
        self.criterion = criterion
        is_module = isinstance(criterion, nn.Module)
        label = type(criterion).__name__ if is_module else getattr(criterion, "__name__", "")
        parameters = inspect.signature(criterion.forward if is_module else criterion).parameters
        required = [p.name for p in parameters.values() if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
        if len(required) > 2:
            raise ValueError(
                f"A loss takes predictions and labels; torch's {label} takes {', '.join(required)}. "
                "Write a function (y_true, y_pred) that calls it."
            )
        self._labels_first = next(iter(parameters), "") == "y_true"
        self._numbered = label in _NUMBERED
        self._from_torch = type(criterion).__module__.startswith("torch.") or not is_module
        self._reduction_inside = getattr(criterion, "reduction", "none" if is_module else "mean")
        self._device = None

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        if sample_weight is not None and self._reduction_inside != "none":
            raise ValueError(
                f"`sample_weight` needs a loss for each sample, and `{self.name}` gives their {self._reduction_inside}. "
                "Make it with reduction='none'; what it gives is weighed, and then averaged."
            )
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if isinstance(y_true, Tensor) and isinstance(y_pred, Tensor):
            y_true, y_pred = self._target(y_true, y_pred)
            if isinstance(self.criterion, nn.Module) and self._device != y_pred.device:
                self.criterion.to(y_pred.device)  # class weights, where it has some
                self._device = y_pred.device
        values = self.criterion(y_true, y_pred) if self._labels_first else self.criterion(y_pred, y_true)
        if isinstance(y_pred, Tensor) and values.ndim > 1 and values.shape == y_pred.shape:
            return values.mean(-1)
        return values

    def _target(self, y_true: Tensor, y_pred: Tensor) -> tuple[Tensor, Tensor]:
        """Labels of the dtype and shape that torch asks for."""
        if self._numbered and (y_true.ndim < y_pred.ndim or not y_true.is_floating_point()):
            if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
                y_true = y_true.squeeze(-1)
            return y_true.to(torch.int64), y_pred
        y_true, y_pred = align(y_true, y_pred)
        if self._from_torch or y_true.is_floating_point():
            return y_true.to(y_pred.dtype), y_pred
        return y_true.to(torch.int64), y_pred

    def get_config(self) -> dict[str, Any]:
        raise TypeError(
            f"The torch loss `{self.name}` cannot be described in a config. Use a loss of kerasish, "
            "or compile the model again with it after loading."
        )
