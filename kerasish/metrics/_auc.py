"""AUC: the area under a curve of rates, from counts at thresholds."""

from typing import Any

import torch
from torch import Tensor

from kerasish._base import _settings
from kerasish.metrics._confusion import _Confusion, are_even, check_thresholds, divide_no_nan, spaced_thresholds
from kerasish.metrics._inputs import as_tensor

_CURVES = ("ROC", "PR", "PRGAIN")
_SUMMATIONS = ("interpolation", "majoring", "minoring")


class AUC(_Confusion):
    """The area under a curve, summed over thresholds.

    Args:
        num_thresholds: how many points the curve has; the more, the nearer to the area.
        curve: "ROC" (true positive rate over false positive rate), "PR" (precision over recall) or "PRGAIN"
            (the same two as gains over always saying 1).
        summation_method: heights between two points: "interpolation" (their mean; for PR, along the curve of counts between
            them), "majoring" (the greater) or "minoring" (the less).
        name, dtype: see Metric.
        thresholds: the inner thresholds, in place of `num_thresholds`; 0 and 1 are added.
        multi_label: whether each label has a curve of its own; the areas are averaged.
        num_labels: how many labels; by default the first batch says.
        label_weights: what each label counts: in that mean or, with one curve, in the counts.
        from_logits: whether predictions are logits, of which the sigmoid is taken.

    Shapes:
        y_true, y_pred (samples, …); (samples, labels) with `multi_label`.

    Raises:
        ValueError: an unknown curve or summation, fewer than two thresholds, or thresholds outside of 0 to 1.

    Source: Davis & Goadrich 2006, "The relationship between precision-recall and ROC curves", for the interpolation of PR;
        Flach & Kull 2015, "Precision-recall-gain curves".

    >>> AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]).item()
    0.75
    """

    _direction = "up"

    num_thresholds: int = 200
    curve: str = "ROC"
    summation_method: str = "interpolation"
    name: str | None = None
    dtype: Any = None
    thresholds: Any = None
    multi_label: bool = False
    num_labels: int | None = None
    label_weights: Any = None
    from_logits: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.curve = _one_of("curve", self.curve, _CURVES)
        self.summation_method = _one_of("summation_method", self.summation_method, _SUMMATIONS)
        if self.num_labels and not self.multi_label:
            raise ValueError("`num_labels` is for `multi_label=True`; received it with `multi_label=False`.")
        self._own_thresholds = None if self.thresholds is None else sorted(check_thresholds(self.thresholds))
        if self._own_thresholds is not None:
            inner = self._own_thresholds
            self.num_thresholds = len(inner) + 2
        elif isinstance(self.num_thresholds, int) and self.num_thresholds > 1:
            inner = spaced_thresholds(self.num_thresholds)[1:-1]
        else:
            raise ValueError(f"`num_thresholds` must be an integer greater than 1; received {self.num_thresholds!r}.")
        # A little beyond 0 and 1, so that the curve ends where all, and where none, are positive.
        self.thresholds = [-_settings.epsilon(), *inner, 1 + _settings.epsilon()]
        self._evenly = self._own_thresholds is None or are_even([0.0, *inner, 1.0])
        self._built = False
        if not self.multi_label or self.num_labels:
            self._build(self.num_labels)

    def _build(self, labels: int | None) -> None:
        self._set_up(self.thresholds, self._evenly, labels or None)
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account."""
        y_pred = as_tensor(y_pred)
        if self.multi_label and (y_pred.ndim != 2 or self.num_labels not in (None, y_pred.shape[1])):
            raise ValueError(
                f"{self.name} expects predictions of shape (samples, {self.num_labels or 'labels'}) with `multi_label=True`; "
                f"received {tuple(y_pred.shape)}."
            )
        if not self._built:
            self._build(y_pred.shape[1])
        if self.from_logits:
            y_pred = y_pred.sigmoid()
        self._count(y_true, y_pred, sample_weight, label_weights=None if self.multi_label else self.label_weights)

    def result(self) -> Tensor:
        """The area so far."""
        if not self._built:
            raise ValueError(f"{self.name} has no result yet: it learns the number of labels from the first batch.")
        self._settle()
        if self.curve == "PR" and self.summation_method == "interpolation":
            areas = self._areas_between_counts()
        else:
            x, y = self._curve_points()
            left, right = y[:-1], y[1:]
            means = {"interpolation": lambda: (left + right) / 2, "minoring": lambda: torch.minimum(left, right)}
            areas = (x[:-1] - x[1:]) * means.get(self.summation_method, lambda: torch.maximum(left, right))()
        if not self.multi_label:
            return areas.sum()
        by_label = areas.sum(0)
        if self.label_weights is None:
            return by_label.mean()
        weights = as_tensor(self.label_weights, by_label.dtype, by_label)
        return divide_no_nan((by_label * weights).sum(), weights.sum())

    def _curve_points(self) -> tuple[Tensor, Tensor]:
        tp, fp, tn, fn = self.true_positives, self.false_positives, self.true_negatives, self.false_negatives
        recall = divide_no_nan(tp, tp + fn)
        if self.curve == "ROC":
            return divide_no_nan(fp, fp + tn), recall
        if self.curve == "PR":
            return recall, divide_no_nan(tp, tp + fp)
        odds = divide_no_nan(tp + fn, tn + fp)
        recall_gain = torch.where(tp == 0, 0.0, 1 - odds * divide_no_nan(fn, tp))
        precision_gain = torch.where(tp == 0, 1.0, 1 - odds * divide_no_nan(fp, tp))
        return recall_gain.clamp_(min=0), precision_gain

    def _areas_between_counts(self) -> Tensor:
        """Precision over recall, with true positives linear in all positives from one threshold to the next."""
        tp, positives = self.true_positives, self.true_positives + self.false_positives
        gained = tp[:-1] - tp[1:]
        slope = divide_no_nan(gained, (positives[:-1] - positives[1:]).clamp_(min=0))
        intercept = tp[1:] - slope * positives[1:]
        both = (positives[:-1] > 0) & (positives[1:] > 0)
        ratio = torch.where(both, divide_no_nan(positives[:-1], positives[1:].clamp(min=0)), 1.0)
        ones = (tp[1:] + self.false_negatives[1:]).clamp_(min=0)
        return divide_no_nan(slope * (gained + intercept * ratio.log_()), ones)

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that would make this metric again."""
        config = super().get_config()
        if "thresholds" in config:
            if self._own_thresholds is None:
                del config["thresholds"]
            else:
                config["thresholds"] = self._own_thresholds
        return config


def _one_of(argument: str, value: Any, known: tuple[str, ...]) -> str:
    for name in known:
        if isinstance(value, str) and value.lower() == name.lower():
            return name
    raise ValueError(f"`{argument}` must be one of {', '.join(map(repr, known))}; received {value!r}.")
