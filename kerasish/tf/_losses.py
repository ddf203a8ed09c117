"""Losses of logits and labels, and what adds them up, under TensorFlow's names."""

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional as F

from kerasish.core import convert_to_tensor as _to_tensor
from kerasish.tf._calls import crossing


def sigmoid_cross_entropy_with_logits(labels: Any = None, logits: Any = None) -> Any:
    """Give the cross-entropy of each label, a probability, with a logit."""
    logits = _to_tensor(logits)
    return F.binary_cross_entropy_with_logits(logits, _to_tensor(labels, logits.dtype), reduction="none")


def softmax_cross_entropy_with_logits(labels: Any, logits: Any, axis: int = -1) -> Any:
    """Give the cross-entropy of rows of probabilities with rows of logits."""
    logits = _to_tensor(logits)
    return -(_to_tensor(labels, logits.dtype) * torch.log_softmax(logits, axis)).sum(axis)


def sparse_softmax_cross_entropy_with_logits(labels: Any, logits: Any) -> Any:
    """Give the cross-entropy of class numbers with rows of logits."""
    rows = torch.log_softmax(_to_tensor(logits), -1)
    return -rows.gather(-1, _to_tensor(labels).long().unsqueeze(-1)).squeeze(-1)


def weighted_cross_entropy_with_logits(labels: Any, logits: Any, pos_weight: Any) -> Any:
    """Give the cross-entropy of each label, a probability, with a logit; `pos_weight` weighs what is positive."""
    logits = _to_tensor(logits)
    weight = _to_tensor(pos_weight, logits.dtype)
    return F.binary_cross_entropy_with_logits(logits, _to_tensor(labels, logits.dtype), pos_weight=weight, reduction="none")


def log_poisson_loss(targets: Any, log_input: Any, compute_full_loss: bool = False) -> Any:
    """Give exp(log_input) - targets · log_input; the full one adds what depends on the targets alone."""
    log_input = _to_tensor(log_input)
    return F.poisson_nll_loss(log_input, _to_tensor(targets, log_input.dtype), full=compute_full_loss, reduction="none")


def ctc_loss(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: None = None,
    blank_index: int | None = None,
) -> Any:
    """Give the CTC loss of each row.

    Args:
        labels: classes (batch, longest label).
        logits: (time, batch, classes), or (batch, time, classes) where `logits_time_major` is False.
        label_length, logit_length: so many of each row count.
        logits_time_major: see `logits`.
        unique: only None.
        blank_index: the class that stands for nothing, 0 by default.
    """
    if unique is not None:
        raise ValueError("`unique` must be None.")
    logits = _to_tensor(logits)
    rows = torch.log_softmax(logits if logits_time_major else logits.transpose(0, 1), -1)
    blank = 0 if blank_index is None else blank_index % rows.shape[-1]
    lengths = [_to_tensor(part).long() for part in (logit_length, label_length)]
    return F.ctc_loss(rows, _to_tensor(labels).long(), *lengths, blank=blank, reduction="none")


def compute_average_loss(per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None) -> Any:
    """Add up the losses of examples, and divide by the size of the batch, which is their number by default."""
    losses = _to_tensor(per_example_loss)
    losses = losses if sample_weight is None else losses * _to_tensor(sample_weight, losses.dtype)
    return losses.sum() / (losses.shape[0] if global_batch_size is None else global_batch_size)


def scale_regularization_loss(regularization_loss: Any) -> Any:
    """Add up losses that are the same on each of the replicas, of which there is one."""
    return _to_tensor(regularization_loss).sum()


def weighted_moments(x: Any, axes: Any, frequency_weights: Any, keepdims: bool = False) -> Any:
    """Give mean and variance along axes, where each number counts as often as its weight says."""
    x = _to_tensor(x)
    weights = _to_tensor(frequency_weights, x.dtype).expand_as(x)
    axes = [axes] if isinstance(axes, int) else list(axes)
    total = weights.sum(axes, keepdim=True)
    mean = (x * weights).sum(axes, keepdim=True) / total
    variance = ((x - mean).square() * weights).sum(axes, keepdim=True) / total
    if keepdims:
        return mean, variance
    return mean.squeeze(tuple(axes)), variance.squeeze(tuple(axes))


def normalize_moments(counts: Any, mean_ss: Any, variance_ss: Any, shift: Any) -> Any:
    """Give mean and variance of a count, a sum and a sum of squares, which were taken around `shift`."""
    counts, mean, squares = _to_tensor(counts), _to_tensor(mean_ss), _to_tensor(variance_ss)
    shifted = mean / counts
    return (shifted if shift is None else shifted + shift), squares / counts - shifted.square()


LOSSES: dict[str, Callable] = crossing(sigmoid_cross_entropy_with_logits, softmax_cross_entropy_with_logits)
LOSSES |= crossing(sparse_softmax_cross_entropy_with_logits, weighted_cross_entropy_with_logits, log_poisson_loss, ctc_loss)
LOSSES |= crossing(compute_average_loss, scale_regularization_loss, weighted_moments)
