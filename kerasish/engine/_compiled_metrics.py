"""The metrics that `compile` was given, matched to the outputs when the first batch is there."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from kerasish._base import _tree
from kerasish.engine._outputs import Outputs
from kerasish.metrics._as_metric import as_metric
from kerasish.metrics._metric import Metric

# What these names mean depends on the shapes of labels and predictions.
_BY_SHAPE = ("accuracy", "acc", "crossentropy", "ce")


class CompiledMetrics(Metric):
    """The metrics of the outputs, as one metric whose result is a dict; plain ones see no sample weights.

    Args:
        metrics, weighted_metrics: a list for one output; for several a list with a part for each, a dict by their names,
            or the outputs' own structure.
        output_names: the names that the model has for its outputs.
    """

    registry = None

    def __init__(self, metrics: Any = None, weighted_metrics: Any = None, output_names: list[str] | None = None):
        super().__init__(name="compile_metrics")
        given = {"metrics": metrics, "weighted_metrics": weighted_metrics}
        # Resolved once, so that objects stay the user's and unknown names are told by `compile`.
        self._given = {what: _map_given(value) for what, value in given.items()}
        self._names = output_names
        self.built = False
        self._parts: list[tuple[int, Metric, bool]] = []
        self._keys: list[str] = []
        self.outputs: Outputs | None = None

    @property
    def metrics(self) -> list[Metric]:
        """The metrics of all outputs, plain ones first; none before the first batch."""
        return [metric for _, metric, _ in self._parts]

    @property
    def shown(self) -> dict[str, Metric]:
        """The metrics by the names that they have in logs."""
        return dict(zip(self._keys, self.metrics))

    @property
    def variables(self) -> list[Any]:
        """The state of all metrics."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Match the metrics to the outputs, and "accuracy" to their shapes.

        Raises:
            ValueError: metrics for other outputs than there are.
        """
        self.outputs = outputs = Outputs(y_pred, self._names)
        labels = outputs.leaves(outputs.matched(y_true, "y"))
        predictions = outputs.leaves(y_pred)
        self._parts, self._keys = [], []
        for what, weighted in (("metrics", False), ("weighted_metrics", True)):
            for i, mine in enumerate(_of_outputs(self._given[what], outputs, what)):
                for metric in mine:
                    if isinstance(metric, str):
                        label = predictions[i] if labels[i] is None else labels[i]
                        metric = as_metric(metric, tuple(label.shape), tuple(predictions[i].shape))
                    self._parts.append((i, metric, weighted))
                    self._keys.append(self._key(metric.name, outputs.names[i] if outputs.count > 1 else None, weighted))
        self.built = True

    def _key(self, name: Any, output: Any, weighted: bool) -> str:
        """The name in logs: with the output's before it, and made different from those before."""
        prefix = f"{output}_" if output else ""
        key = f"{prefix}{name}"
        if key in self._keys and weighted:
            key = f"{prefix}weighted_{name}"
        number, first = 0, key
        while key in self._keys:
            number += 1
            key = f"{first}_{number}"
        return key

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch."""
        self.update(y_true, y_pred, sample_weight)

    def update(self, y: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch, without a look at where it is: the metrics inside take one themselves."""
        if not self.built:
            self.build(y, y_pred)
        if isinstance(y_pred, Tensor) and isinstance(y, Tensor):
            for _, metric, weighted in self._parts:
                if weighted:
                    metric.update_state(y, y_pred, sample_weight)
                else:
                    metric.update_state(y, y_pred)
            return
        outputs = self.outputs
        assert outputs is not None
        labels = outputs.leaves(outputs.matched(y, "y"))
        predictions = outputs.leaves(outputs.matched(y_pred, "y_pred"))
        weights = [sample_weight] * outputs.count
        if _tree.is_nested(sample_weight):
            weights = outputs.leaves(outputs.matched(sample_weight, "sample_weight"))
        for i, metric, weighted in self._parts:
            if labels[i] is not None:
                metric.update_state(labels[i], predictions[i], weights[i] if weighted else None)

    def reset_state(self) -> None:
        """Begin anew."""
        for metric in self.metrics:
            metric.reset_state()

    def result(self) -> dict[str, Any]:
        """The metrics' values by their names in logs.

        Raises:
            ValueError: there was no batch yet.
        """
        if not self.built:
            raise ValueError("The metrics cannot get a result before there was a batch: it has not yet been built.")
        return {key: metric.result() for key, metric in self.shown.items()}


def _map_given(given: Any) -> Any:
    if isinstance(given, Mapping) and "class_name" not in given:
        return {key: _map_given(value) for key, value in given.items()}
    if isinstance(given, (list, tuple)):
        return [_map_given(value) for value in given]
    return given if given is None or isinstance(given, str) and given in _BY_SHAPE else as_metric(given)


def _of_outputs(given: Any, outputs: Outputs, what: str) -> list[list[Any]]:
    """The metrics of each output."""
    if not given:
        return [[]] * outputs.count
    if outputs.count == 1:
        if isinstance(given, Mapping) and not isinstance(outputs.structure, Mapping):
            for name in given if outputs.names[0] else ():
                outputs.place(name, what)
        return [_listed(_tree.flatten(given))]
    if outputs.flat and isinstance(given, Mapping):
        places = {outputs.place(name, what): part for name, part in given.items()}
        return [_listed(places.get(i)) for i in range(outputs.count)]
    if outputs.flat and isinstance(given, list) and len(given) == outputs.count:
        return [_listed(part) for part in given]
    parts: list[Any] = []
    _up_to(outputs.structure, given, parts, what)
    return [_listed(part) for part in parts]


def _up_to(structure: Any, given: Any, parts: list[Any], what: str) -> None:
    """What was given in the outputs' structure, leaf by leaf."""
    if isinstance(structure, int):
        parts.append(given)
    elif given is None:
        parts += [None] * len(_tree.flatten(structure))
    elif isinstance(structure, Mapping):
        unknown = given if not isinstance(given, Mapping) else [key for key in given if key not in structure]
        if unknown:
            raise ValueError(f"Invalid `{what}`: expected a dict with the keys {list(structure)}; received {given!r}.")
        for key in _tree._keys(structure):
            _up_to(structure[key], given.get(key), parts, what)
    else:
        if not isinstance(given, list) or len(given) != len(structure):
            raise ValueError(
                f"Invalid `{what}`: it must have one entry for each of the {len(structure)} outputs, or a dict by their names; "
                f"received {given!r}."
            )
        for inner, part in zip(structure, given):
            _up_to(inner, part, parts, what)


def _listed(part: Any) -> list[Any]:
    return [metric for metric in (part if isinstance(part, list) else [part]) if metric is not None]
