"""Sequences: the loss of labels that come in order, without saying when."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from kerasish.losses._alignment import tensor_beside
from kerasish.losses._loss import Loss
from kerasish.losses._registry import LOSSES


@LOSSES.function()
def ctc(y_true: Any, y_pred: Any) -> Tensor:
    """Connectionist temporal classification: how unlikely a sequence of labels is, however it is spread over the steps.

    Args:
        y_true: class numbers from 1; 0 is the blank, and fills up what is shorter.
        y_pred: logits.

    Shapes: (batch, labels), (batch, steps, classes) → (batch,)

    >>> ctc([[1, 0]], torch.zeros(1, 2, 3)).tolist()
    [1.0986]
    """
    y_pred = tensor_beside(y_pred, None)
    y_true = tensor_beside(y_true, y_pred, torch.int64)
    if y_true.ndim != 2 or y_pred.ndim != 3:
        raise ValueError(
            "CTC takes class numbers of shape (batch, labels) and logits of shape (batch, steps, classes); "
            f"received {tuple(y_true.shape)} and {tuple(y_pred.shape)}."
        )
    logits = y_pred.to(torch.promote_types(y_pred.dtype, torch.float32)).transpose(0, 1)
    steps = torch.full((logits.shape[1],), logits.shape[0], device=logits.device)
    return F.ctc_loss(logits.log_softmax(-1), y_true, steps, (y_true != 0).sum(-1), blank=0, reduction="none")


class CTC(Loss):
    """Connectionist temporal classification: how unlikely a sequence of labels is, however it is spread over the steps.

    Labels are class numbers from 1, filled up with the blank, 0; predictions are logits.

    Args:
        reduction, name, dtype: as in `Loss`.

    Shapes: (batch, labels), (batch, steps, classes)

    Source: Graves et al. 2006, doi 10.1145/1143844.1143891.

    >>> CTC()([[1, 0]], torch.zeros(1, 2, 3)).item()
    1.0986
    """

    reduction: str | None = "sum_over_batch_size"
    name: str | None = "ctc"
    dtype: Any = None

    _takes_class_numbers = True

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return ctc(y_true, y_pred)
