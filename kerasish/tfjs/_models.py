"""Models: kerasish's own with TensorFlow.js's methods, whose data and results are Tensors. Training is the same engine's."""

import asyncio
from collections.abc import Mapping
from json import loads
from typing import Any

import numpy as np
import torch

from kerasish import models as rooms
from kerasish._base import _tree
from kerasish._base._registry import did_you_mean
from kerasish._base._serialization import deserialize
from kerasish.core import KerasTensor
from kerasish.layers import Input
from kerasish.optimizers._registry import OPTIMIZERS
from kerasish.tfjs._callbacks import History, as_edge_callbacks
from kerasish.tfjs._data import Dataset
from kerasish.tfjs._layers import LayerEdge, count_name
from kerasish.tfjs._options import merged, snake, spelled
from kerasish.tfjs._promises import Thenable, promised
from kerasish.tfjs._summary import print_summary
from kerasish.tfjs._tensor import Tensor, as_torch, unwrapped
from kerasish.tfjs._training import as_optimizer

_FIT = (
    "batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data", "shuffle", "class_weight",
    "sample_weight", "initial_epoch", "steps_per_epoch", "validation_steps", "validation_batch_size", "validation_freq",
    "yield_every", "profile",
)  # fmt: skip
_FIT_DATASET = (
    "batches_per_epoch", "epochs", "verbose", "callbacks", "validation_data", "validation_batch_size", "validation_batches",
    "yield_every", "initial_epoch", "class_weight", "validation_freq", "profile",
)  # fmt: skip


class LayersModel(Thenable, LayerEdge, rooms.Model):
    """A model with TensorFlow.js's methods. All models of this face are instances of it, `tf.sequential`'s too.

    Args:
        inputs, outputs: the symbols of a functional model.
        name: an automatic one by default.
    """

    _spells = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is LayersModel and ("outputs" in kwargs or len(args) > 1):
            return rooms.Model.__new__(Functional)
        return rooms.Model.__new__(cls)

    def _count_name(self, kind: str) -> str:
        return count_name("sequential_", "sequential_") if kind == "Sequential" else count_name("model", "model")

    # Settling the training.

    def compile(self, optimizer: Any = None, loss: Any = None, metrics: Any = None, **options: Any) -> None:
        """Settle how the model is trained.

        Args:
            optimizer: a name, of `tf.train` or of kerasish, or an optimizer; or one dict of all options.
            loss: a name or a function `(yTrue, yPred)` on Tensors; a list or dict for several outputs.
            metrics: the same.
            **options: further ones of `kerasish.Model.compile`.

        Raises:
            ValueError: an unknown name.
        """
        if isinstance(optimizer, Mapping) and "class_name" not in optimizer:
            return self.compile(**{snake(name): value for name, value in merged("compile", optimizer, options).items()})
        if isinstance(optimizer, str):
            _check_optimizer(optimizer)
        made = {snake(name): value for name, value in options.items()}
        super().compile(as_optimizer(optimizer) or "rmsprop", _on_edge(loss), metrics=_on_edge(metrics), **made)

    # Training.

    def fit(self, x: Any = None, y: Any = None, args: Any = None, **options: Any) -> History:  # type: ignore[override]
        """Train on Tensors or arrays, or on a Dataset.

        Args:
            x, y: data and labels; lists or dicts for several inputs or outputs.
            args: a dict of options; or as keyword arguments: `epochs`, `batchSize`, `verbose` (0 by default), `callbacks`,
                `validationSplit`, `validationData`, `shuffle`, `classWeight`, `sampleWeight`, `initialEpoch`,
                `stepsPerEpoch`, `validationSteps`, `yieldEvery`.

        Returns:
            History: it is complete, and can be waited for.
        """
        if isinstance(x, Dataset):
            return self.fit_dataset(x, args, **options)
        return self._fit(_data(x), _data(y), spelled("fit", merged("fit", args, options), _FIT))

    def fit_dataset(self, dataset: Any, args: Any = None, **options: Any) -> History:  # type: ignore[override]
        """Train on a Dataset of batches `{xs, ys}`, or another source of batches.

        Args:
            dataset: a Dataset of `tf.data`, or what `kerasish.Model.fit` takes.
            args: a dict of options; or as keyword arguments: `batchesPerEpoch`, `epochs`, `verbose`, `callbacks`,
                `validationData`, `validationBatchSize`, `validationBatches`, `yieldEvery`, `initialEpoch`, `classWeight`.
        """
        given = spelled("fitDataset", merged("fitDataset", args, options), _FIT_DATASET)
        for theirs, ours in (("batches_per_epoch", "steps_per_epoch"), ("validation_batches", "validation_steps")):
            if theirs in given:
                given[ours] = given.pop(theirs)
        return self._fit(_data(dataset), None, given)

    fitDataset = fit_dataset  # noqa: N815 - TensorFlow.js's names, as below

    def _fit(self, x: Any, y: Any, given: dict[str, Any]) -> History:
        yield_every = given.pop("yield_every", "auto")
        if yield_every not in ("auto", "batch", "epoch", "never") and not isinstance(yield_every, (int, float)):
            raise ValueError(
                f"`yield_every` must be 'auto', 'batch', 'epoch', 'never' or milliseconds; received {yield_every!r}."
            )
        history, validation = History(), given.get("validation_data")
        given["callbacks"] = [*as_edge_callbacks(given.get("callbacks"), yield_every), history]
        if validation is not None:
            given["validation_data"] = (
                tuple(map(_data, validation)) if isinstance(validation, (list, tuple)) else _data(validation)
            )
        if given.get("class_weight") is not None:
            given["class_weight"] = {int(number): weight for number, weight in given["class_weight"].items()}
        if "sample_weight" in given:
            given["sample_weight"] = _data(given["sample_weight"])
        super().fit(x, y, **{"verbose": 0, **given})
        history.validationData = validation
        return history

    async def fit_async(self, *args: Any, **options: Any) -> History:
        """Train as `fit` does, in a thread, so that the event loop goes on."""
        return await asyncio.to_thread(self.fit, *args, **options)

    fitAsync = fit_async  # noqa: N815

    def train_on_batch(self, x: Any, y: Any = None, *args: Any, **options: Any) -> Any:  # type: ignore[override]
        """Learn from one batch; gives the loss, or a list that begins with it, which can be waited for."""
        return promised(super().train_on_batch(_data(x), _data(y), *args, **options))

    trainOnBatch = train_on_batch  # noqa: N815

    # Using.

    def evaluate(self, x: Any = None, y: Any = None, args: Any = None, **options: Any) -> Any:  # type: ignore[override]
        """Measure the loss and the metrics: a Tensor without axes, or a list of them.

        Args:
            x, y: data and labels.
            args: a dict of options; or as keyword arguments: `batchSize`, `verbose`, `sampleWeight`, `steps`.
        """
        known = ("batch_size", "verbose", "sample_weight", "steps", "callbacks", "return_dict")
        given = spelled("evaluate", merged("evaluate", args, options), known)
        results = super().evaluate(_data(x), _data(y), **{"verbose": 0, **given})
        if isinstance(results, dict):
            return results
        return [Tensor(as_torch(value)) for value in results] if isinstance(results, list) else Tensor(as_torch(results))

    def evaluate_dataset(self, dataset: Any, args: Any = None, **options: Any) -> Any:
        """Measure on a Dataset; of the options `batches` and `verbose`. What it gives can be waited for."""
        given = spelled("evaluateDataset", merged("evaluateDataset", args, options), ("batches", "verbose"))
        return promised(self.evaluate(dataset, verbose=given.get("verbose", 0), steps=given.get("batches")))

    evaluateDataset = evaluate_dataset  # noqa: N815

    def predict(self, x: Any, args: Any = None, **options: Any) -> Any:  # type: ignore[override]
        """Give the outputs for all rows as Tensors; of the options `batchSize` and `verbose`.

        Raises:
            ValueError: data of another shape than the input's.
        """
        known = ("batch_size", "verbose", "steps", "callbacks")
        given = spelled("predict", merged("predict", args, options), known)
        return _tensors(super().predict(_data(x), **{"verbose": 0, **given}))

    def predict_on_batch(self, x: Any) -> Any:
        """Give the outputs for one batch as Tensors."""
        return _tensors(super().predict_on_batch(_data(x)))

    predictOnBatch = predict_on_batch  # noqa: N815

    # Looking.

    def summary(  # type: ignore[override]
        self, line_length: Any = None, positions: Any = None, print_fn: Any = None, style: str = "tfjs", **options: Any
    ) -> None:
        """Print the layers, their shapes and the numbers of parameters.

        Args:
            line_length: the width in characters; or one dict of options.
            positions: where the columns end.
            print_fn: takes a line; `print` by default.
            style: "tfjs", or "keras" for kerasish's own table.
            **options: the same in camelCase; with "keras" those of `kerasish.Model.summary`.
        """
        if isinstance(line_length, Mapping):
            line_length, options = None, merged("summary", line_length, options)
        own = {"line_length": line_length, "positions": positions, "print_fn": print_fn}
        further = ("expand_nested", "show_trainable", "layer_range") if style == "keras" else ()
        own.update(spelled("summary", options, (*own, *further)))
        if style == "keras":
            return super().summary(**own)
        if style != "tfjs":
            raise ValueError(f"`style` must be 'tfjs' or 'keras'; received {style!r}.")
        if not self.built:
            raise ValueError("This model has never been called, thus its weights have not been created: give it an `inputShape`.")
        print_summary(self, own["line_length"], own["positions"], own["print_fn"] or print)
        return None

    @property
    def inputLayers(self) -> list[Any]:  # noqa: N802
        """The layers that data enters by."""
        return [symbol.node.target for symbol in self.inputs]  # type: ignore[attr-defined]

    @property
    def outputLayers(self) -> list[Any]:  # noqa: N802
        """The layers that give the outputs."""
        return [symbol.node.target for symbol in self.outputs]  # type: ignore[attr-defined]

    input_layers, output_layers = inputLayers, outputLayers

    @property
    def metricsNames(self) -> list[str]:  # noqa: N802
        """The names of what `evaluate` gives."""
        state = self._training
        if state is None:
            return []
        given = state.given["metrics"]
        names = given if isinstance(given, (list, tuple)) else [] if given is None else [given]
        return ["loss", *(_metric_name(name) for name in names)]

    def getLayer(self, name_or_index: Any = None, index: int | None = None) -> Any:  # noqa: N802
        """Give a layer by its name or its place."""
        if index is None and isinstance(name_or_index, int):
            return self.get_layer(index=name_or_index)
        return self.get_layer(name_or_index, index)

    @property
    def stopTraining(self) -> bool:  # noqa: N802
        """Set it in a callback to end the training after the batch."""
        return self.stop_training

    @stopTraining.setter
    def stopTraining(self, value: bool) -> None:  # noqa: N802
        self.stop_training = bool(value)

    def toJSON(self, unused: Any = None, return_string: bool = True) -> Any:  # noqa: N802
        """Describe the architecture in JSON, or as a dict; `tf.models.modelFromJSON` makes it again."""
        text = self.to_json()
        return text if return_string else loads(text)

    def getClassName(self) -> str:  # noqa: N802
        """The class's name."""
        return "Model" if type(self) in (Functional, LayersModel) else type(self).__name__


class Sequential(LayersModel, rooms.Sequential):
    """A model that is a list of layers, with TensorFlow.js's methods.

    Args:
        layers: the layers.
        trainable: whether its weights are trained.
        name: an automatic one by default.
    """

    _spells = rooms.Sequential
    _needs_shape = False  # as `tf.sequential` makes it, the first layer must tell the shape of the input

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return rooms.Sequential.__new__(cls)

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Put a layer at the end.

        Raises:
            ValueError: the first layer does not tell the shape of the input, or the layer does not fit.
        """
        if self.__dict__.get("_needs_shape") and not self._stack and not _tells_shape(layer):
            raise ValueError("The first layer in a Sequential model must get an `inputShape` or `batchInputShape` argument.")
        given = getattr(layer, "__dict__", {}).get("_given_input_shape")
        if (
            given is not None
            and not self._stack
            and not isinstance(layer, rooms.Sequential)
            and not hasattr(layer, "batch_shape")
        ):
            from_name = f"{layer.name}_input"
            dtype = "int32" if type(layer).__name__ == "Embedding" else None
            super().add(_named_input(given, dtype, from_name), rebuild=False)
        super().add(layer, rebuild)


class Functional(LayersModel, rooms.Functional):
    """A model from inputs to outputs, with TensorFlow.js's methods.

    Args:
        inputs, outputs: symbols; lists or dicts of them.
        name: an automatic one by default.
    """

    _spells = rooms.Functional

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return rooms.Functional.__new__(cls)


def _named_input(shape: Any, dtype: Any, name: str) -> KerasTensor:
    return Input(batch_shape=tuple(shape), dtype=dtype, name=name)


def _tells_shape(layer: Any) -> bool:
    if isinstance(layer, KerasTensor) or getattr(layer, "batch_shape", None) is not None:
        return True
    if layer.__dict__.get("_given_input_shape") is not None:
        return True
    inner = getattr(layer, "layer", None)  # of a wrapper
    return isinstance(layer, rooms.Model) and layer.built or inner is not None and _tells_shape(inner)


def _check_optimizer(name: str) -> None:
    known = [*OPTIMIZERS.names(), "momentum"]
    folded = {entry.replace("_", "").lower() for entry in (*known, *OPTIMIZERS.classes)}
    if name.replace("_", "").lower() not in folded:
        raise ValueError(f"Unknown Optimizer {name}.{did_you_mean(name, known)}")


def _metric_name(metric: Any) -> str:
    if isinstance(metric, str):
        return {"accuracy": "acc", "crossentropy": "ce"}.get(metric, metric)
    return getattr(metric, "name", None) or getattr(metric, "__name__", type(metric).__name__)


def _on_edge(function: Any) -> Any:
    """A user's own function on Tensors as one on torch's tensors; names and objects of kerasish as they are."""
    if isinstance(function, (list, tuple)):
        return [_on_edge(part) for part in function]
    if isinstance(function, Mapping):
        return function if "class_name" in function else {key: _on_edge(part) for key, part in function.items()}
    name = getattr(function, "__name__", None)
    if (
        name is None
        or isinstance(function, type)
        or (getattr(function, "__module__", None) or "").startswith(("kerasish.", "torch."))
    ):
        return unwrapped(function)

    def on_plain(y_true: torch.Tensor, y_pred: torch.Tensor) -> Any:
        return unwrapped(function(Tensor(y_true), Tensor(y_pred)))

    on_plain.__name__ = "loss" if name == "<lambda>" else name
    return on_plain


def _data(data: Any) -> Any:
    """Data as the engine takes it."""
    if isinstance(data, Dataset):
        return data.dataset.map(lambda *parts: _pair(parts[0] if len(parts) == 1 else parts))
    if isinstance(data, (list, tuple)) and data and isinstance(data[0], (list, int, float)):
        return as_torch(data)
    if isinstance(data, Tensor):
        return data.torch.detach()
    if isinstance(data, (list, tuple, dict)):
        return _tree.map_structure(lambda leaf: leaf.torch.detach() if isinstance(leaf, Tensor) else leaf, data)
    return data


def _pair(element: Any) -> Any:
    if isinstance(element, dict) and {"xs", "ys"} >= set(element) >= {"xs"}:
        return (element["xs"], element["ys"]) if "ys" in element else (element["xs"],)
    return element


def _tensors(arrays: Any) -> Any:
    return _tree.map_structure(lambda leaf: Tensor(as_torch(np.asarray(leaf))), arrays)


# Factories.


def sequential(config: Any = None, /, **options: Any) -> Sequential:
    """Make a model that is a list of layers, the first of which tells the shape of the input.

    Args:
        config: a dict of the options, or keyword arguments: `layers`, `name`.

    Raises:
        ValueError: the first layer does not tell the shape of the input.
    """
    given = spelled("tf.sequential", merged("tf.sequential", config, options), ("layers", "name"))
    model = Sequential(name=given.get("name"))  # pyright: ignore
    model.__dict__["_needs_shape"] = True
    layers = given.get("layers") or []
    if not isinstance(layers, (list, tuple)):
        raise ValueError(f"`layers` must be a list of layers; received {layers!r:.80}.")
    for layer in layers:
        model.add(layer)
    return model


def model(config: Any = None, /, **options: Any) -> Functional:
    """Make a model of the layers between symbols.

    Args:
        config: a dict of the options, or keyword arguments: `inputs`, `outputs`, `name`.

    Raises:
        ValueError: the inputs do not lead to the outputs.
    """
    given = spelled("tf.model", merged("tf.model", config, options), ("inputs", "outputs", "name"))
    return Functional(**given)


def model_from_json(json: Any, custom_objects: Any = None) -> Any:
    """Make a model from what `toJSON` gave: text, or a dict. It can be waited for."""
    described = loads(json) if isinstance(json, str) else json
    edge = {"Sequential": Sequential, "Functional": Functional}.get(described.get("class_name"))
    made = deserialize(described, custom_objects) if edge is None else edge.from_config(described["config"], custom_objects)
    return made
