"""Rows: scores and class labels laid out for torch's kernels, one row of scores for each label, and checked."""

from typing import Any

import torch
from torch import Tensor

from kerasish.losses._alignment import tensor_beside


def numbered_rows(y_true: Any, y_pred: Tensor, axis: int) -> tuple[Tensor, Tensor, torch.Size]:
    """Give scores with the classes on axis 1, the class numbers beside them, and the shape that the losses have."""
    y_true = tensor_beside(y_true, y_pred, torch.int64)
    if y_true.ndim == 1 and y_pred.ndim == 2 and axis == -1 and y_true.shape[0] == y_pred.shape[0]:
        return y_pred, y_true, y_true.shape
    if y_true.ndim == y_pred.ndim and y_true.shape[axis] == 1:
        y_true = y_true.squeeze(axis)
    class_axis = axis % y_pred.ndim
    shape = y_pred.shape[:class_axis] + y_pred.shape[class_axis + 1 :]
    if y_true.shape != shape:
        raise ValueError(_misfit(y_true, y_pred, shape))
    return rows(y_pred, axis), y_true.flatten() if _is_flat(y_pred, axis) else y_true, shape


def rows(scores: Tensor, axis: int) -> Tensor:
    """Give the scores with the classes on axis 1; where they are last, all other axes become one."""
    if not _is_flat(scores, axis):
        return scores.movedim(axis, 1)
    return scores if scores.ndim == 2 else scores.reshape(-1, scores.shape[-1])


def _is_flat(scores: Tensor, axis: int) -> bool:
    return axis == -1 or axis == scores.ndim - 1


def _misfit(y_true: Tensor, y_pred: Tensor, shape: torch.Size) -> str:
    if y_true.shape == y_pred.shape:
        way_out = "One-hot labels are for CategoricalCrossentropy; or give their numbers, labels.argmax(-1)."
    else:
        way_out = "Give one class number for each row of scores."
    return (
        f"Class numbers must have the shape of the predictions less their class axis, {tuple(shape)}; "
        f"received `y_true` of shape {tuple(y_true.shape)} and `y_pred` of shape {tuple(y_pred.shape)}. {way_out}"
    )


def out_of_range(labels: Tensor, scores: Tensor) -> str:
    """Say which class numbers there are no scores for. Reads the labels: call it only once a kernel has refused them."""
    classes = scores.shape[1]
    low, high = int(labels.min()), int(labels.max())
    strange = sorted(set(labels[(labels < 0) | (labels >= classes)].tolist()))[:5]
    way_out = f"a last layer of {high + 1} units" if high >= classes else "labels that count from 0"
    return (
        f"`y_true` must hold class numbers from 0 to {classes - 1}, for {classes} scores each; received "
        f"{', '.join(map(str, strange))} (they run from {low} to {high}). Use {way_out}, or `ignore_class` for what is no class."
    )


def check_one_hot(y_true: Tensor, y_pred: Tensor) -> None:
    """Refuse labels that do not have a number for each class."""
    if y_true.shape == y_pred.shape:
        return
    if y_true.ndim == y_pred.ndim - 1 or y_true.shape[-1:] == (1,):
        way_out = "Class numbers are for SparseCategoricalCrossentropy; or make them one-hot, utils.to_categorical(labels)."
    else:
        way_out = "Give a number for each class."
    raise ValueError(
        f"One-hot labels must have the shape of the predictions; received `y_true` of shape {tuple(y_true.shape)} "
        f"and `y_pred` of shape {tuple(y_pred.shape)}. {way_out}"
    )


def check_class_axis(axis: Any) -> None:
    """Refuse what does not name one axis."""
    if isinstance(axis, bool) or not isinstance(axis, int):
        raise ValueError(f"`axis` must be an integer; received {axis!r}.")
