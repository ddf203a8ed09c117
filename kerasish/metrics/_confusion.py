"""Confusion: true and false positives and negatives at any number of thresholds, counted without reading from the device."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from kerasish._base import _settings
from kerasish.core import Variable
from kerasish.metrics._inputs import as_tensor, broadcast_weight, misfit, same_rank
from kerasish.metrics._metric import Metric, keeps_state_in_variables

# What the threshold is where only the k greatest predictions can be positive: all of these are.
LOWEST = -1e10

_OUTCOMES = ("true_positives", "false_positives", "true_negatives", "false_negatives")


def check_thresholds(thresholds: Any, default: float = 0.5) -> list[float]:
    """List the thresholds that an argument means.

    Raises:
        ValueError: one that is not between 0 and 1.
    """
    if thresholds is None:
        return [default]
    listed = list(thresholds) if isinstance(thresholds, (list, tuple, np.ndarray)) else [thresholds]
    wrong = [t for t in listed if not _is_number(t) or not 0 <= t <= 1]
    if wrong or not listed:
        raise ValueError(f"`thresholds` must be numbers between 0 and 1; received {wrong or listed}.")
    return listed


def check_class_id(class_id: Any) -> None:
    """Refuse what is not the number of a class."""
    if class_id is not None and (not isinstance(class_id, int) or isinstance(class_id, bool)):
        raise ValueError(f"`class_id` must be an integer, or None for all classes; received {class_id!r}.")


def check_top_k(top_k: Any) -> None:
    """Refuse what is not a number of predictions."""
    if top_k is not None and (not isinstance(top_k, int) or isinstance(top_k, bool) or top_k < 1):
        raise ValueError(f"`top_k` must be a positive integer, or None; received {top_k!r}.")


def spaced_thresholds(number: int) -> list[float]:
    """So many thresholds from 0 to 1, at equal distances; one alone is 0.5.

    Raises:
        ValueError: no positive number.
    """
    if not isinstance(number, int) or number < 1:
        raise ValueError(f"`num_thresholds` must be a positive integer; received {number!r}.")
    return [0.5] if number == 1 else [0.0, *((i + 1) / (number - 1) for i in range(number - 2)), 1.0]


def are_even(thresholds: Sequence[float]) -> bool:
    """Say whether thresholds go from 0 to 1 at equal distances."""
    even = np.arange(len(thresholds), dtype=np.float32) / max(len(thresholds) - 1, 1)
    return len(thresholds) > 2 and bool(np.allclose(thresholds, even, atol=_settings.epsilon()))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


class _Confusion(Metric):
    """Counts of some of the four outcomes at each threshold, in Variables of those names.

    One threshold is compared with directly. Of more, each prediction is put where it belongs in a table of
    (label, number of thresholds below the prediction); that is one kernel, and the Variables are brought up to
    date from it when someone looks.
    """

    _outcomes: ClassVar[tuple[str, ...]] = _OUTCOMES

    # On the instances, where `_outcomes` says so.
    true_positives: ClassVar[Variable]
    false_positives: ClassVar[Variable]
    true_negatives: ClassVar[Variable]
    false_negatives: ClassVar[Variable]

    def _set_up(self, thresholds: Sequence[float], even: bool, labels: int | None = None) -> None:
        """Make the state.

        Args:
            thresholds: in any order, if they are not even.
            even: whether they lie so that the place of a prediction can be computed.
            labels: the number of labels that are counted apart.
        """
        self._levels, self._even, self._labels = list(thresholds), even, labels
        self._table: Tensor | None = None
        self._constants: tuple[Tensor, ...] | None = None
        shape = (len(thresholds),) if labels is None else (len(thresholds), labels)
        for name in self._outcomes:
            setattr(self, name, self.add_variable(shape, name=name))

    def _count(
        self,
        y_true: Any,
        y_pred: Any,
        sample_weight: Any,
        top_k: int | None = None,
        class_id: int | None = None,
        label_weights: Any = None,
    ) -> None:
        """Count a batch."""
        state = getattr(self, self._outcomes[0])
        y_pred = as_tensor(y_pred, state.dtype, state)
        y_pred, y_true = same_rank(y_pred, as_tensor(y_true, beside=state))
        if y_true.shape != y_pred.shape:
            raise misfit(y_true, y_pred)
        weight = None
        if sample_weight is not None:
            weight = as_tensor(sample_weight, state.dtype, state).unsqueeze(-1)
            _, weight = same_rank(y_true, weight, keep_axis=False)
        if top_k is not None:
            y_pred = _only_top(y_pred, top_k)
        if class_id is not None:
            y_true, y_pred = _only_class(y_true, y_pred, class_id)
        actual = y_true if y_true.dtype is torch.bool else y_true != 0
        if weight is not None:
            weight = broadcast_weight(weight, y_pred.shape)
        if label_weights is not None:
            labels = as_tensor(label_weights, state.dtype, state).broadcast_to(y_pred.shape)
            weight = labels if weight is None else weight * labels
        if len(self._levels) == 1:
            self._compare(actual, y_pred > self._levels[0], weight)
        else:
            self._enter(actual, y_pred, weight)

    def _compare(self, actual: Tensor, positive: Tensor, weight: Tensor | None) -> None:
        for name in self._outcomes:
            if name == "true_positives":
                found = actual & positive
            elif name == "false_positives":
                found = positive > actual
            elif name == "false_negatives":
                found = actual > positive
            else:
                found = (actual | positive).logical_not_()
            getattr(self, name).add_((found if weight is None else found * weight).sum())

    # The table.

    def _enter(self, actual: Tensor, y_pred: Tensor, weight: Tensor | None) -> None:
        """Add each prediction to its place in the table: [label, thresholds below it, which label]."""
        one, boundaries, columns = self._constants_beside(y_pred)[:3]
        places = self._thresholds_below(y_pred, boundaries).add_(actual, alpha=len(self._levels) + 1)
        if self._labels is not None:
            places = places.mul_(self._labels).add_(columns)
        counts = one.expand(places.numel()) if weight is None else weight.to(one.dtype).flatten()
        if self._table is not None and self._table.device != one.device:
            self._settle()
        if self._table is None:
            self._table = one.new_zeros(2 * (len(self._levels) + 1) * (self._labels or 1))
        self._table.scatter_add_(0, places.flatten(), counts)
        if keeps_state_in_variables():
            self._settle()

    def _thresholds_below(self, y_pred: Tensor, boundaries: Tensor) -> Tensor:
        """How many thresholds each prediction is above; of NaN, none."""
        if not self._even:
            return torch.bucketize(y_pred.nan_to_num(float("-inf"), float("inf"), float("-inf")), boundaries)
        places = (y_pred.clamp(0, 1) * (len(self._levels) - 1)).ceil_()
        if self._levels[0] < 0:
            places.clamp_(min=1)  # the first threshold lies below 0
        return places.long().clamp_(min=0)

    def _constants_beside(self, like: Tensor) -> tuple[Tensor, ...]:
        """A one to count with; the sorted thresholds; the labels' numbers; where each threshold is among the sorted ones."""
        if self._constants is None or self._constants[0].device != like.device:
            device = like.device
            # Doubles, where there are any, count on beyond the 2²⁴ of float32.
            exact = torch.float32 if device.type == "mps" else torch.float64
            self._constants = (
                torch.ones((), dtype=exact, device=device),
                torch.tensor(sorted(self._levels), dtype=getattr(self, self._outcomes[0]).dtype, device=device),
                torch.arange(self._labels or 1, device=device),
                torch.tensor(np.argsort(np.argsort(self._levels, kind="stable")), device=device),
            )
        return self._constants

    def _settle(self) -> None:
        table = self.__dict__.get("_table")
        if table is None:
            return
        self._table = None
        table = table.view(2, len(self._levels) + 1, *(() if self._labels is None else (self._labels,)))
        reached = table.flip(1).cumsum(1).flip(1)  # [label, n]: how many lie above at least n thresholds
        every, above = reached[:, 0], reached[:, 1:]
        if self._levels != sorted(self._levels):
            above = above.index_select(1, self._constants_beside(table)[3])
        for name in self._outcomes:
            label = int(name in ("true_positives", "false_negatives"))
            counts = above[label] if name.endswith("positives") else every[label] - above[label]
            getattr(self, name).add_(counts)


def _only_top(y_pred: Tensor, k: int) -> Tensor:
    """The predictions with all but the k greatest of each sample lowered out of reach."""
    if k > y_pred.shape[-1]:
        raise ValueError(f"`top_k` must not be greater than the number of classes, {y_pred.shape[-1]}; received {k}.")
    values, indices = y_pred.topk(k, -1)
    return torch.full_like(y_pred, LOWEST).scatter_(-1, indices, values)


def _only_class(y_true: Tensor, y_pred: Tensor, class_id: int) -> tuple[Tensor, Tensor]:
    classes = y_pred.shape[-1] if y_pred.ndim > 1 else None
    if classes is None or not -classes <= class_id < classes:
        raise ValueError(
            f"`class_id` must number a class in predictions of shape (samples, classes); received {class_id} and "
            f"predictions of shape {tuple(y_pred.shape)}."
        )
    return y_true[..., class_id, None], y_pred[..., class_id, None]


def divide_no_nan(a: Tensor, b: Tensor) -> Tensor:
    """`a / b`, and 0 where `b` is 0."""
    return torch.where(b == 0, 0.0, a / b)
