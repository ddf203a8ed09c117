"""The losses that `compile` was given, matched to the outputs, weighed and added."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish.engine._outputs import Outputs, at
from kerasish.losses._wrapping import as_loss
from kerasish.metrics import Mean


@dataclass
class _Part:
    """One loss: the part of the outputs that it is of, its weight, and the mean that shows it where there are several."""

    path: tuple
    loss: Any
    weight: Any
    name: str
    tracker: Mean | None = None

    @property
    def compares(self) -> bool:
        """Whether the loss is one of the library's that compare values with values, each with its own."""
        return type(self.loss).__module__ == "kerasish.losses._regression"


@dataclass
class _Weighed:
    """A loss as it was given, with the weight that belongs to it."""

    loss: Any
    weight: Any


class CompiledLoss:
    """The losses of the outputs, weighed and added.

    A loss given for a list or dict of outputs is called with that list or dict; several in a list where there is one
    output are added.

    Args:
        loss: for one output or all: a name, function, object or torch loss; lists or dicts of these for several.
        loss_weights: a number, or numbers in the structure of the losses.

    Raises:
        ValueError: weights that are no numbers, or another number of them than of losses.
    """

    def __init__(self, loss: Any, loss_weights: Any = None):
        self.given, self.given_weights = loss, loss_weights
        self._losses = _map_losses(lambda leaf: None if leaf is None else as_loss(leaf), loss)
        for weight in _tree.flatten(loss_weights):
            if isinstance(weight, (str, bool)) or not (weight is None or hasattr(weight, "__float__")):
                raise ValueError(f"`loss_weights` must hold numbers; received {weight!r}.")
        self.metrics: list[Mean] = []
        self.outputs: Outputs | None = None
        self._parts: list[_Part] = []
        self._with_loss: list[int] = []
        self._only: Any = None

    @property
    def only(self) -> Any:
        """The loss where there is one, of the one output and without a weight; None elsewhere, and before the first batch."""
        return self._only

    def match(self, outputs: Outputs) -> None:
        """Match the losses to the outputs.

        Raises:
            ValueError: losses for other outputs than there are, or for none.
        """
        spec, structure, names = self._spec(outputs), outputs.structure, outputs.names
        if isinstance(spec, Mapping) and outputs.flat and not isinstance(structure, Mapping):
            spec = _in_places(spec, outputs)
        if isinstance(spec, Mapping) and outputs.count == 1 and not _tree.is_nested(structure):
            outputs.place(next(iter(spec)), "loss")
            spec = next(iter(spec.values()))
        if not _tree.is_nested(spec):
            spec = _tree.map_structure(lambda _: spec, structure)
        self._parts = [part for part in _parts(spec, structure, (), names) if part.loss is not None]
        if not self._parts:
            raise ValueError(f"`loss` gives none of the outputs {[name or 'output' for name in names]} a loss.")
        self._track()
        self.outputs = outputs
        self._with_loss = [i for i, path in enumerate(outputs.paths) if any(path[: len(p.path)] == p.path for p in self._parts)]
        only = self._parts[0]
        self._only = only.loss if outputs.count == 1 and len(self._parts) == 1 and only.weight is None and not only.path else None

    @property
    def placed(self) -> list[tuple[Any, list[int]]]:
        """The losses, each with the numbers of the outputs that it is of; none before the first batch."""
        paths = [] if self.outputs is None else self.outputs.paths
        return [(p.loss, [i for i, path in enumerate(paths) if path[: len(p.path)] == p.path]) for p in self._parts]

    def look_at(self, y: Any, y_pred: Any) -> None:
        """Warn of labels that a loss would broadcast against predictions, which is seldom what is meant."""
        outputs = self.outputs
        assert outputs is not None
        labels, predictions = outputs.matched(y, "y", self._with_loss), outputs.matched(y_pred, "y_pred")
        for part in self._parts:
            label, prediction = at(labels, part.path), at(predictions, part.path)
            if not isinstance(label, Tensor) or not isinstance(prediction, Tensor) or not part.compares:
                continue
            if (
                label.dim() == prediction.dim() > 1
                and label.shape[-1] != prediction.shape[-1]
                and 1 in (label.shape[-1], prediction.shape[-1])
            ):
                warnings.warn(
                    f"`y` has shape {tuple(label.shape)} for predictions of shape {tuple(prediction.shape)}: the loss broadcasts "
                    "them. Reshape the labels, or give the last layer as many units as a label has values.",
                    stacklevel=7,
                )

    def _spec(self, outputs: Outputs) -> Any:
        """The losses with their weights, in the structure of the losses."""
        losses, weights = self._losses, self.given_weights
        if weights is None:
            return _tree.map_structure(lambda loss: _Weighed(loss, None), losses)
        if not _tree.is_nested(losses) and _tree.is_nested(weights):
            losses = _tree.map_structure(lambda _: losses, outputs.structure)
        if isinstance(weights, Mapping) and isinstance(losses, Mapping) and not _nested_inside(weights):
            wrong = [name for name in weights if name not in losses]
            if wrong:
                outputs.place(wrong[0], "loss_weights")
            weights = {name: weights.get(name) for name in losses}
        elif isinstance(weights, Mapping) and not isinstance(losses, Mapping) and outputs.flat:
            weights = _in_places(weights, outputs, "loss_weights")
        flat, given = _tree.flatten(losses), _tree.flatten(weights)
        if len(flat) != len(given):
            raise ValueError(
                f"`loss_weights` must match the number of losses, {len(flat)}; received {len(given)}: {self.given_weights}."
            )
        return _tree.pack_sequence_as(losses, [_Weighed(loss, _number(weight)) for loss, weight in zip(flat, given)])

    def _track(self) -> None:
        """Give each loss a mean to be shown by, where there are several."""
        self.metrics = []
        if len(self._parts) == 1:
            return
        shown: dict[str, tuple[tuple, Mean]] = {}
        for part in self._parts:
            name, number = f"{part.name}_loss", 0
            while name in shown and shown[name][0] != part.path:
                number += 1
                name = f"{part.name}_loss_{number}"
            # Several losses of one output are shown as one, their sum.
            part.tracker = shown.setdefault(name, (part.path, Mean(name=name)))[1]
        self.metrics = [tracker for _, tracker in shown.values()]

    def __call__(self, y: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        only = self._only
        if only is not None and isinstance(y_pred, Tensor) and isinstance(y, Tensor):
            return only(y, y_pred, sample_weight)
        outputs = self.outputs
        assert outputs is not None
        labels = outputs.matched(y, "y", self._with_loss)
        predictions = outputs.matched(y_pred, "y_pred")
        shared = not _tree.is_nested(sample_weight)
        weights = sample_weight if shared else outputs.matched(sample_weight, "sample_weight", self._with_loss)
        total: Any = None
        shown: dict[int, Any] = {}
        for part in self._parts:
            prediction, label = at(predictions, part.path), at(labels, part.path)
            if label is None:
                raise ValueError(f"Output {part.name!r} has a loss, but `y` has no labels for it.")
            value = part.loss(label, prediction, weights if shared else at(weights, part.path))
            if part.tracker is not None:
                key = id(part.tracker)
                shown[key] = value.detach() + shown[key] if key in shown else value.detach()
            value = value if part.weight is None else value * part.weight
            total = value if total is None else total + value
        if shown:
            rows = _rows(y_pred)
            for tracker in self.metrics:
                tracker.update_state(shown[id(tracker)], rows)
        return total


def _map_losses(function: Any, given: Any) -> Any:
    """Make something of each loss; a config is one, although it is a dict."""
    if isinstance(given, Mapping) and "class_name" not in given:
        return {key: _map_losses(function, value) for key, value in given.items()}
    if isinstance(given, (list, tuple)):
        return _tree._sequence_like(given, [_map_losses(function, value) for value in given])
    return function(given)


def _nested_inside(structure: Mapping) -> bool:
    return any(_tree.is_nested(part) for part in structure.values())


def _number(weight: Any) -> Any:
    """A weight to multiply with; None where it changes nothing."""
    if weight is None or isinstance(weight, (int, float)):
        return None if weight is None or weight == 1 else float(weight)
    return torch.as_tensor(weight, dtype=torch.float32)


def _in_places(spec: Mapping, outputs: Outputs, what: str = "loss") -> Any:
    """What was given by names, for outputs in a list."""
    places = {outputs.place(name, what): part for name, part in spec.items()}
    parts = [places.get(i, _Weighed(None, None) if what == "loss" else None) for i in range(outputs.count)]
    return parts if outputs.count > 1 or _tree.is_nested(outputs.structure) else parts[0]


def _parts(spec: Any, structure: Any, path: tuple, names: list[Any]) -> Iterator[_Part]:
    """The losses that apply to the outputs, or the part of them, at a path."""
    if isinstance(spec, _Weighed):
        if spec.loss is not None:
            yield _Part(path, spec.loss, spec.weight, _name(spec.loss, structure, path, names))
        return
    sequence = isinstance(spec, (list, tuple))
    if sequence and len(spec) == len(_tree.flatten(structure)) and not any(_tree.is_nested(part) for part in spec):
        spec = _tree.pack_sequence_as(structure, spec)
        if not _tree.is_nested(spec):
            yield from _parts(spec, structure, path, names)
            return
        sequence = isinstance(spec, (list, tuple))
    if sequence and not isinstance(structure, type(spec)):
        for part in spec:
            yield from _parts(part, structure, path, names)
        return
    for key, part in spec.items() if isinstance(spec, Mapping) else enumerate(spec):
        if isinstance(part, _Weighed) and part.loss is None:
            continue
        inside = _tree.is_nested(structure) and isinstance(structure, Mapping) == isinstance(spec, Mapping)
        if not inside or key not in structure and not isinstance(key, int) or isinstance(key, int) and key >= len(structure):
            known = ", ".join(map(str, structure)) if isinstance(structure, Mapping) else "none, it is a list or a tensor"
            raise ValueError(
                f"Invalid `loss`: it names {'/'.join(map(str, (*path, key)))!r}, which is no output of the model. "
                f"Expected keys: {known}."
            )
        yield from _parts(part, structure[key], (*path, key), names)


def _name(loss: Any, structure: Any, path: tuple, names: list[Any]) -> str:
    """The name under which a loss is shown: where it is in the outputs, with the outputs' names for numbers."""
    if not _tree.is_nested(structure):
        own = names[structure] or loss.name
        if not path:
            return own
        return "/".join(map(str, (*path[:-1], own) if isinstance(path[-1], int) else path))
    inside = list(structure) if isinstance(structure, Mapping) else [names[i] or f"output_{i}" for i in _tree.flatten(structure)]
    return "/".join(map(str, path)) or "_".join(map(str, inside))


def _rows(outputs: Any) -> int:
    first = next(leaf for leaf in _tree.flatten(outputs) if isinstance(leaf, Tensor))
    return first.shape[0] if first.dim() else 1
