"""Measures: those of `tf.metrics` that Keras has no function of, or one with another result."""

import torch
from torch import Tensor as Plain

from kerasish.tfjs._operations import at_edge


def _binary_accuracy(y_true: Plain, y_pred: Plain) -> Plain:
    """The part of each row's predictions on the right side of 0.5: (…, n) → (…,)."""
    return ((y_pred > 0.5).to(y_true.dtype) == y_true).float().mean(-1)


def _cosine_proximity(y_true: Plain, y_pred: Plain) -> Plain:
    """The negative cosine of each two rows: (…, n) → (…,)."""
    return -torch.nn.functional.cosine_similarity(y_true, y_pred, dim=-1)


def _ratio(part: Plain, whole: Plain) -> Plain:
    return torch.where(whole > 0, part / whole, torch.zeros_like(part))


def _precision(y_true: Plain, y_pred: Plain) -> Plain:
    """The part of the values predicted as 1 that are 1; 0 of none."""
    right = ((y_true == 1) & (y_pred == 1)).sum().float()
    return _ratio(right, right + ((y_true == 0) & (y_pred == 1)).sum())


def _recall(y_true: Plain, y_pred: Plain) -> Plain:
    """The part of the values that are 1 that were predicted as 1; 0 of none."""
    right = ((y_true == 1) & (y_pred == 1)).sum().float()
    return _ratio(right, right + ((y_true == 1) & (y_pred == 0)).sum())


def _r2_score(y_true: Plain, y_pred: Plain) -> Plain:
    """One minus the squared errors over the squared distances from the mean."""
    return 1 - torch.square(y_true - y_pred).sum() / torch.square(y_true - y_true.mean()).sum()


MEASURES = {
    name: at_edge(f"metrics.{name}", function, 2)
    for name, function in {
        "binaryAccuracy": _binary_accuracy,
        "cosineProximity": _cosine_proximity,
        "precision": _precision,
        "recall": _recall,
        "r2Score": _r2_score,
    }.items()
}
