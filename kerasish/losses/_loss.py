"""Loss: the object that turns labels, predictions and weights into the number that training makes small."""

from typing import Any, ClassVar

import torch
from torch import Tensor

from kerasish._base import _edges, _settings
from kerasish._base._configurable import Configurable, accepted_arguments
from kerasish._base._names import auto_name, to_snake_case
from kerasish.core import get_dtype_policy, torch_dtype
from kerasish.losses._alignment import tensors
from kerasish.losses._reduction import MEANS, check_reduction, reduce_weighted
from kerasish.losses._registry import LOSSES


class Loss(Configurable):
    """What training makes small. A subclass computes the loss of each sample in `call(y_true, y_pred)`.

    A subclass may also give `fused(y_true, y_pred)`: the mean of what `call` gives, in fewer kernels. It is used
    where there is no weight and no mask.

    Args:
        name: an automatic one by default.
        reduction: what becomes of the values: "sum_over_batch_size" or "mean" (their mean), "sum",
            "mean_with_sample_weight" (divided by the sum of the weights), "none" or None (kept apart).
        dtype: the dtype to compute in, or a policy, whose compute dtype it is; `floatx()` by default.

    >>> class Distance(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return (y_true - y_pred).abs().amax(-1)
    >>> Distance()([[0.0, 0.0]], [[3.0, 4.0]]).item()
    4.0
    """

    registry = LOSSES

    name: str | None = None
    reduction: str | None = "sum_over_batch_size"
    dtype: Any = None

    _fuses: ClassVar[bool] = False
    # Whether each row has a loss of its own, whatever the others are. It says nothing of classes built on one that has it.
    _rows_are_apart: ClassVar[bool] = False
    # Labels that are class numbers stay integers; all others are cast to the loss's dtype.
    _takes_class_numbers: ClassVar[bool] = False
    # Arguments that Keras reads but never writes: written only where they are not the default.
    _seldom_written: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._rows_are_apart = cls.__dict__.get("_rows_are_apart", False)
        if "fused" in cls.__dict__:
            cls._fuses = True
        elif "call" in cls.__dict__:
            cls._fuses = False  # an inherited `fused` says nothing of a new `call`

    def __post_init__(self) -> None:
        check_reduction(self.reduction)
        if self.name is None:
            self.name = auto_name(to_snake_case(type(self).__name__))
        self.dtype = get_dtype_policy(self.dtype or _settings.floatx()).compute_dtype
        self._compute = torch_dtype(self.dtype)

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        """Compute the loss of each sample."""
        raise NotImplementedError(f"{type(self).__name__} must define `call(self, y_true, y_pred)`.")

    def fused(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Compute the mean of the loss at once."""
        raise NotImplementedError(f"{type(self).__name__} has no fused form.")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        """Compute the loss, weigh it and reduce it. A mask that the predictions carry counts as weights of 0 and 1."""
        if type(y_pred) is not Tensor or type(y_true) is not Tensor:
            edge = _edges.edge_among((y_true, y_pred))
            if edge is not None:
                return edge.call(self, (y_true, y_pred, sample_weight), {})
            edge = _edges.edge_of_arrays((y_true, y_pred))
            if edge is not None:
                return edge.leave(self(tensors(y_true, None), tensors(y_pred, None), sample_weight), ())
        mask = getattr(y_pred, "_keras_mask", None)
        compute = self._compute
        if not isinstance(y_pred, Tensor) or y_pred.dtype is not compute:
            y_pred = tensors(y_pred, compute)
        if not isinstance(y_true, Tensor) or y_true.dtype is not compute and not self._takes_class_numbers:
            y_true = tensors(y_true, None if self._takes_class_numbers else compute, beside=y_pred)
        if sample_weight is None and mask is None and self._fuses and self.reduction in MEANS:
            if isinstance(y_pred, Tensor) and isinstance(y_true, Tensor) and y_pred.numel():
                return self.fused(y_true, y_pred)
        values = self.call(y_true, y_pred)
        return reduce_weighted(values, sample_weight, _both(mask, values), self.reduction, compute)

    def _adds_up(self) -> bool:
        """Whether the loss of many rows is the mean of the losses of batches of them, counted by their rows."""
        replaced = self.__dict__.keys() & {"__call__", "call", "fused"}
        return self._rows_are_apart and not replaced and self.reduction in MEANS and getattr(self, "axis", -1) == -1

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that would make this loss again, the dtype only where it is not `floatx()`."""
        config = super().get_config()
        accepts = accepted_arguments(type(self).__init__)
        if self.dtype == _settings.floatx() or accepts is not None and "dtype" not in accepts:
            config.pop("dtype", None)
        for name in self._seldom_written:
            if config.get(name) == self.fields[name].default:
                config.pop(name, None)
        first = {key: config.pop(key) for key in ("name", "reduction") if key in config}
        return {**first, **config}


def _both(mask: Any, values: Any) -> Any:
    """The mask of the predictions, and that which the values got while they were computed."""
    made = getattr(values, "_keras_mask", None)
    if mask is None or made is None:
        return made if mask is None else mask
    return torch.logical_and(mask, made)
