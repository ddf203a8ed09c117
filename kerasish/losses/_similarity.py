"""Similarity: the loss that draws embeddings of one class together and pushes others apart."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from kerasish.losses._alignment import tensor_beside
from kerasish.losses._loss import Loss
from kerasish.losses._registry import LOSSES


@LOSSES.function()
def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Tensor:
    """Circle loss of each embedding against all others: pairs that are far from where they should be count more.

    With the distances `d = 1 - y_pred · reference`:
    `softplus(logsumexp(gamma (d + margin)(d - margin)) + logsumexp(gamma (1 + margin - d)(1 - margin - d)))`,
    the first over references of the same class and the second over the others.

    Args:
        y_true: class numbers.
        y_pred: embeddings of length 1.
        ref_labels, ref_embeddings: what to compare with; the batch itself by default.
        remove_diagonal: whether to leave out each embedding's comparison with itself.
        gamma: a scale, greater than 0.
        margin: how much closer the same class should be.

    Shapes: (batch,), (batch, units) → (batch,)

    Source: Sun et al. 2020, arXiv 2002.10857.

    >>> circle([0, 0, 1], [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], gamma=1.0).tolist()
    [1.1989, 1.0899, 0.0]
    """
    y_pred = tensor_beside(y_pred, None)
    y_true = tensor_beside(y_true, y_pred, torch.int32)
    references = y_pred if ref_embeddings is None else tensor_beside(ref_embeddings, y_pred, y_pred.dtype)
    ref_labels = y_true if ref_labels is None else tensor_beside(ref_labels, y_pred, torch.int32)
    distance = F.relu(1.0 - y_pred @ references.transpose(-1, -2))
    same = y_true.reshape(-1, 1) == ref_labels.reshape(1, -1)
    others = ~same
    if remove_diagonal:
        same = same & ~torch.eye(*same.shape, dtype=torch.bool, device=same.device)
    drawn = gamma * F.relu(margin + distance) * (distance - margin)
    pushed = gamma * F.relu(1.0 + margin - distance) * (1.0 - margin - distance)
    losses = F.softplus(_log_sum_exp(drawn, same) + _log_sum_exp(pushed, others))
    losses._keras_mask = losses > 0  # type: ignore[attr-defined]  # a mean is over those that have something to learn
    return losses


def _log_sum_exp(values: Tensor, chosen: Tensor) -> Tensor:
    return torch.where(chosen, values, float("-inf")).logsumexp(1)


class Circle(Loss):
    """Circle loss: draws embeddings of one class together and pushes others apart, those most that are most wrong.

    Labels are class numbers; predictions are embeddings of length 1, which `UnitNormalization` makes.

    Args:
        gamma: a scale, greater than 0.
        margin: how much closer the same class should be.
        remove_diagonal: whether to leave out each embedding's comparison with itself.
        reduction, name, dtype: as in `Loss`.

    Shapes: (batch,), (batch, units)

    Source: Sun et al. 2020, arXiv 2002.10857.

    >>> Circle(gamma=1.0)([0, 0, 1], [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]).item()
    1.1444
    """

    gamma: float = 80.0
    margin: float = 0.4
    remove_diagonal: bool = True
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "circle"
    dtype: Any = None

    _takes_class_numbers = True

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return circle(y_true, y_pred, remove_diagonal=self.remove_diagonal, gamma=self.gamma, margin=self.margin)
