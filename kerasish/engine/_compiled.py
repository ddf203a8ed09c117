"""What `compile` settles: the loss of each output, its weight, and the metrics, matched to outputs on the first batch."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from kerasish._base import _tree
from kerasish._base._registry import did_you_mean
from kerasish.losses._wrapping import as_loss
from kerasish.metrics import Mean
from kerasish.metrics._as_metric import as_metric
from kerasish.metrics._metric import Metric

_BY_LOSS = ("accuracy", "acc", "crossentropy", "ce")


class OutputNames:
    """The names of a model's outputs, and how losses, metrics and labels are matched to them."""

    def __init__(self, names: list[str]):
        self.names = names

    @classmethod
    def of(cls, model: Any, y_pred: Any) -> "OutputNames":
        """The names from the model, else from the structure of what it gives."""
        names = getattr(model, "output_names", None)
        flat = _tree.flatten(y_pred)
        if isinstance(y_pred, Mapping):
            return cls(sorted(y_pred))
        if names and len(names) == len(flat):
            return cls(list(names))
        return cls([f"output_{i}" if len(flat) > 1 else "output" for i in range(len(flat))])

    def spread(self, given: Any, what: str) -> list[Any]:
        """What was given for the outputs, as a list with one for each; None where there is none.

        Raises:
            ValueError: a name that is no output's, or a list of another length.
        """
        count = len(self.names)
        if isinstance(given, Mapping):
            unknown = [key for key in given if key not in self.names]
            if unknown:
                raise ValueError(
                    f"`{what}` names {unknown[0]!r}, which is no output of the model.{did_you_mean(str(unknown[0]), self.names)}"
                )
            return [given.get(name) for name in self.names]
        if isinstance(given, (list, tuple)):
            if len(given) != count:
                raise ValueError(f"`{what}` must have one entry for each of the outputs {self.names}; received {len(given)}.")
            return list(given)
        return [given] * count

    def values(self, structure: Any) -> list[Any]:
        """Labels, predictions or weights of the outputs, in the order of the names."""
        if isinstance(structure, Mapping):
            if set(structure) == set(self.names) or any(key in self.names for key in structure):
                return [structure.get(name) for name in self.names]
            return _tree.flatten(structure)
        if isinstance(structure, (list, tuple)) and len(self.names) > 1:
            return _tree.flatten(structure)
        if isinstance(structure, (list, tuple)) and len(structure) == 1:
            return list(structure)
        return [structure]


class CompiledLoss:
    """The losses of the outputs, weighed and added.

    Args:
        loss: for one output or all: a name, function, object or torch loss; a list or dict for several.
        loss_weights: a number, list or dict.
    """

    def __init__(self, loss: Any, loss_weights: Any = None):
        self.given, self.given_weights = loss, loss_weights
        if isinstance(loss, (list, tuple)) and len(loss) == 1 and loss_weights is None:
            loss = loss[0]
        self._losses = _map_given(lambda leaf: as_loss(leaf) if leaf is not None else None, loss)
        if loss_weights is not None:
            wrong = [w for w in _tree.flatten(loss_weights) if not isinstance(w, (int, float)) and w is not None]
            if wrong:
                raise ValueError(f"`loss_weights` must hold numbers; received {wrong[0]!r}.")
        self.metrics: list[Mean] = []
        self.outputs: OutputNames | None = None
        self._parts: list[tuple[int, Any, float, Any]] = []
        self._only: Any = None

    def match(self, outputs: OutputNames) -> None:
        """Match the losses to the outputs."""
        losses = outputs.spread(self._losses, "loss")
        weights = outputs.spread(self.given_weights, "loss_weights")
        several = sum(loss is not None for loss in losses) > 1
        if not any(loss is not None for loss in losses):
            raise ValueError(f"`loss` gives none of the outputs {outputs.names} a loss.")
        self._parts = []
        for i, (loss, weight) in enumerate(zip(losses, weights, strict=True)):
            if loss is not None:
                tracker = Mean(name=f"{outputs.names[i]}_loss") if several else None
                self._parts.append((i, loss, 1.0 if weight is None else float(weight), tracker))
        self.metrics = [tracker for *_, tracker in self._parts if tracker is not None]
        self.outputs = outputs
        index, loss, weight, _ = self._parts[0]
        self._only = loss if len(outputs.names) == 1 and weight == 1.0 else None

    def __call__(self, y: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        only = self._only
        if only is not None and isinstance(y_pred, Tensor) and isinstance(y, Tensor):
            return only(y, y_pred, sample_weight)
        outputs = self.outputs
        assert outputs is not None
        labels, predictions = outputs.values(y), outputs.values(y_pred)
        if len(labels) != len(predictions):
            raise ValueError(
                f"`y` must have labels for each of the outputs {outputs.names}; received {len(labels)} for {len(predictions)}."
            )
        shared = not isinstance(sample_weight, (list, tuple, Mapping))
        weights = [sample_weight] * len(predictions) if shared else outputs.values(sample_weight)
        total: Any = None
        for i, loss, weight, tracker in self._parts:
            if labels[i] is None:
                raise ValueError(f"Output {outputs.names[i]!r} has a loss, but `y` has no labels for it.")
            value = loss(labels[i], predictions[i], weights[i])
            if tracker is not None:
                tracker.update_state(value.detach(), _rows(predictions[i]))
            value = value if weight == 1.0 else value * weight
            total = value if total is None else total + value
        return total


class CompiledMetrics:
    """The metrics of the outputs; plain ones see no sample weights.

    Args:
        metrics, weighted_metrics: a list for one output; a list of lists or a dict for several.
    """

    def __init__(self, metrics: Any = None, weighted_metrics: Any = None):
        check = {"metrics": metrics, "weighted_metrics": weighted_metrics}
        # Resolved once, so that objects stay the user's and errors come from `compile`.
        self._kinds = {what: _map_given(_resolved, given) for what, given in check.items()}
        self.metrics: list[Metric] = []
        self._parts: list[tuple[int, Metric, bool]] = []
        self.outputs: OutputNames | None = None

    def match(self, outputs: OutputNames, y: Any, y_pred: Any) -> None:
        """Match the metrics to the outputs, and "accuracy" to their shapes."""
        self.outputs, self._parts = outputs, []
        labels, predictions = outputs.values(y), outputs.values(y_pred)
        for what, weighted in (("metrics", False), ("weighted_metrics", True)):
            for i, mine in enumerate(self._of_outputs(self._kinds[what], what)):
                for metric in mine:
                    if isinstance(metric, str):
                        label = labels[i] if i < len(labels) else None
                        shape = tuple(label.shape) if label is not None else tuple(predictions[i].shape)
                        metric = as_metric(metric, shape, tuple(predictions[i].shape))
                    if len(outputs.names) > 1 and not metric.name.startswith(f"{outputs.names[i]}_"):
                        metric.name = f"{outputs.names[i]}_{metric.name}"
                    self._parts.append((i, metric, weighted))
        self.metrics = [metric for _, metric, _ in self._parts]

    def _of_outputs(self, given: Any, what: str) -> list[list[Any]]:
        outputs = self.outputs
        assert outputs is not None
        if given is None:
            return [[] for _ in outputs.names]
        if len(outputs.names) == 1 and not isinstance(given, Mapping):
            return [[metric for metric in _tree.flatten(given) if metric is not None]]
        spread = outputs.spread(given, what)
        return [[m for m in (part if isinstance(part, (list, tuple)) else [part]) if m is not None] for part in spread]

    def update(self, y: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch."""
        outputs = self.outputs
        assert outputs is not None
        if isinstance(y_pred, Tensor) and isinstance(y, Tensor):
            for _, metric, weighted in self._parts:
                if weighted:
                    metric.update_state(y, y_pred, sample_weight)
                else:
                    metric.update_state(y, y_pred)
            return
        labels, predictions = outputs.values(y), outputs.values(y_pred)
        shared = not isinstance(sample_weight, (list, tuple, Mapping))
        weights = [sample_weight] * len(predictions) if shared else outputs.values(sample_weight)
        for i, metric, weighted in self._parts:
            if i < len(labels) and labels[i] is not None:
                metric.update_state(labels[i], predictions[i], weights[i] if weighted else None)


def _map_given(function: Any, given: Any) -> Any:
    if isinstance(given, Mapping) and "class_name" not in given:
        return {key: _map_given(function, value) for key, value in given.items()}
    if isinstance(given, (list, tuple)):
        return [_map_given(function, value) for value in given]
    return function(given)


def _resolved(metric: Any) -> Any:
    if metric is None or isinstance(metric, str) and metric in _BY_LOSS:
        return metric
    return as_metric(metric)


def _rows(prediction: Tensor) -> int:
    return prediction.shape[0] if prediction.dim() else 1


