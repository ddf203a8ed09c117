"""IoU: how well predicted regions cover the true ones, from a table of true and predicted classes."""

import warnings
from typing import Annotated, Any

import torch
from torch import Tensor

from kerasish._base import _settings
from kerasish.metrics._inputs import as_tensor, broadcast_weight, misfit
from kerasish.metrics._metric import Metric


class _IntersectionOverUnion(Metric):
    """The mean, over some classes, of `tp / (tp + fp + fn)`; of classes that were seen at all."""

    _direction = "up"
    _default_dtype = "int32"

    # Each metric below declares those of these that can be chosen there.
    num_classes = 2
    target_class_ids = None
    ignore_class = None
    sparse_y_true = sparse_y_pred = True
    axis = -1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.num_classes, int) or self.num_classes < 1:
            raise ValueError(f"`num_classes` must be a positive integer; received {self.num_classes!r}.")
        self.target_class_ids = list(range(self.num_classes) if self.target_class_ids is None else self.target_class_ids)
        wrong = [i for i in self.target_class_ids if not 0 <= i < self.num_classes]
        if wrong or not self.target_class_ids:
            raise ValueError(f"`target_class_ids` must be numbers from 0 to {self.num_classes - 1}; received {wrong or '[]'}.")
        self.total_cm = self.add_variable((self.num_classes,) * 2, dtype=self.dtype, name="total_confusion_matrix")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account. What is no class, or the ignored one, does not count.

        Args:
            y_true, y_pred: class numbers of one size in all; or scores, where they are not sparse.
            sample_weight: what each place counts, in the metric's dtype: integers by default.
        """
        y_pred = as_tensor(y_pred)
        y_true = as_tensor(y_true, beside=y_pred)
        true_class = self._classes(y_true, self.sparse_y_true)
        predicted = self._classes(y_pred, self.sparse_y_pred)
        if true_class.shape != predicted.shape:
            raise misfit(y_true, y_pred)
        counts = ((true_class >= 0) & (true_class < self.num_classes)).logical_and_(predicted >= 0)
        counts.logical_and_(predicted < self.num_classes)
        if self.ignore_class is not None:
            counts.logical_and_(true_class != self.ignore_class)
        cells = torch.where(counts, true_class * self.num_classes + predicted, 0)
        amounts = counts.to(self._compute)
        if sample_weight is not None:
            amounts.mul_(self._weights(sample_weight, cells))
        self.total_cm.view(-1).scatter_add_(0, cells, amounts)

    def _classes(self, y: Tensor, sparse: bool) -> Tensor:
        if not sparse:
            y = (y.to(torch.uint8) if y.dtype is torch.bool else y).argmax(self.axis)
        return y.long().flatten()

    def _weights(self, sample_weight: Any, cells: Tensor) -> Tensor:
        given = as_tensor(sample_weight, beside=cells)
        if given.is_floating_point() and not self._compute.is_floating_point and hasattr(sample_weight, "dtype"):
            warnings.warn(
                f"`sample_weight` is rounded towards zero, since the dtype of {self.name} is {self.dtype}. "
                "Pass dtype='float32' to the metric to count fractions.",
                stacklevel=4,
            )
        weight = given.to(self._compute)
        return broadcast_weight(weight.flatten() if weight.ndim > 1 else weight, cells.shape)

    def result(self) -> Tensor:
        """The mean IoU so far."""
        true_positives = self.total_cm.diagonal()
        union = (self.total_cm.sum(0) + self.total_cm.sum(1) - true_positives).float()
        if self.target_class_ids != list(range(self.num_classes)):
            targets = torch.tensor(self.target_class_ids, device=union.device)
            true_positives, union = true_positives[targets], union[targets]
        seen = union > 1e-9
        epsilon = _settings.epsilon()
        return torch.where(seen, true_positives.float() / (union + epsilon), 0.0).sum() / (seen.sum() + epsilon)


class IoU(_IntersectionOverUnion):
    """The mean, over target classes, of intersection over union: `tp / (tp + fp + fn)`.

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes whose IoU is averaged.
        name, dtype: see Metric; "int32" by default.
        ignore_class: a label whose places do not count.
        sparse_y_true, sparse_y_pred: whether labels, and predictions, are class numbers; else scores or one-hot.
        axis: the axis of classes, of what is not sparse.

    Raises:
        ValueError: target classes that are not there, or labels and predictions of different sizes.

    >>> IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1]).item()
    0.3333
    """

    num_classes: int
    target_class_ids: Annotated[Any, list]
    name: str | None = None
    dtype: Any = None
    ignore_class: int | None = None
    sparse_y_true: bool = True
    sparse_y_pred: bool = True
    axis: int = -1


class BinaryIoU(_IntersectionOverUnion):
    """The mean IoU of classes 0 and 1, a prediction from the threshold on being 1.

    Args:
        target_class_ids: 0, 1 or both.
        threshold: where 1 begins.
        name, dtype: see Metric; "int32" by default.

    Raises:
        ValueError: other target classes, or labels and predictions of different sizes.

    >>> BinaryIoU(threshold=0.3)([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7]).item()
    0.3333
    """

    target_class_ids: Annotated[Any, list] = (0, 1)
    threshold: float = 0.5
    name: str | None = None
    dtype: Any = None

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account."""
        super().update_state(y_true, as_tensor(y_pred, torch.float32) >= self.threshold, sample_weight)


class MeanIoU(_IntersectionOverUnion):
    """The mean, over all classes that were seen, of intersection over union: `tp / (tp + fp + fn)`.

    Args:
        num_classes: how many classes there are.
        name, dtype: see Metric; "int32" by default.
        ignore_class: a label whose places do not count.
        sparse_y_true, sparse_y_pred: whether labels, and predictions, are class numbers; else scores or one-hot.
        axis: the axis of classes, of what is not sparse.

    >>> MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1]).item()
    0.3333
    """

    num_classes: int
    name: str | None = None
    dtype: Any = None
    ignore_class: int | None = None
    sparse_y_true: bool = True
    sparse_y_pred: bool = True
    axis: int = -1


class OneHotIoU(_IntersectionOverUnion):
    """The mean, over target classes, of intersection over union, of labels that are one-hot.

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes whose IoU is averaged.
        name, dtype: see Metric; "int32" by default.
        ignore_class: a label whose places do not count.
        sparse_y_pred: whether predictions are class numbers; else scores or one-hot.
        axis: the axis of classes.

    >>> labels, scores = [[0, 1], [1, 0], [0, 1], [1, 0]], [[0.2, 0.8], [0.7, 0.3], [0.6, 0.4], [0.1, 0.9]]
    >>> OneHotIoU(num_classes=2, target_class_ids=[1])(labels, scores).item()
    0.3333
    """

    sparse_y_true = False

    num_classes: int
    target_class_ids: Annotated[Any, list]
    name: str | None = None
    dtype: Any = None
    ignore_class: int | None = None
    sparse_y_pred: bool = False
    axis: int = -1


class OneHotMeanIoU(_IntersectionOverUnion):
    """The mean, over all classes that were seen, of intersection over union, of labels that are one-hot.

    Args:
        num_classes: how many classes there are.
        name, dtype: see Metric; "int32" by default.
        ignore_class: a label whose places do not count.
        sparse_y_pred: whether predictions are class numbers; else scores or one-hot.
        axis: the axis of classes.

    >>> labels, scores = [[0, 1], [1, 0], [0, 1], [1, 0]], [[0.2, 0.8], [0.7, 0.3], [0.6, 0.4], [0.1, 0.9]]
    >>> OneHotMeanIoU(num_classes=2)(labels, scores).item()
    0.3333
    """

    sparse_y_true = False

    num_classes: int
    name: str | None = None
    dtype: Any = None
    ignore_class: int | None = None
    sparse_y_pred: bool = False
    axis: int = -1
