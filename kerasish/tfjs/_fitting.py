"""Fitting: TensorFlow.js's methods that train, measure and use a model. The work is the engine's, on torch's tensors."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np
import torch

from kerasish._base import _tree
from kerasish._base._names import fold
from kerasish._base._registry import did_you_mean
from kerasish.losses import cosine_similarity
from kerasish.losses._registry import LOSSES
from kerasish.losses._wrapping import as_loss
from kerasish.metrics import MeanMetricWrapper, Metric
from kerasish.optimizers._registry import OPTIMIZERS
from kerasish.tfjs._callbacks import History, StopWhenAsked, as_edge_callbacks, check_yield_every
from kerasish.tfjs._data import Dataset
from kerasish.tfjs._gradients import is_recording
from kerasish.tfjs._options import merged, spelled
from kerasish.tfjs._promises import at_home, promised
from kerasish.tfjs._registered_callbacks import registered_callbacks
from kerasish.tfjs._tensor import Tensor, as_torch, unwrapped, wrapped
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
_COMPILE = (
    "loss_weights", "weighted_metrics", "run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss", "jit_options",
)  # fmt: skip
# Set while `fit_async` trains in a thread: who waits for it may ask it to stop.
_asked_to_stop: ContextVar[threading.Event | None] = ContextVar("_asked_to_stop", default=None)


class Fitting:
    """The methods of a model that train it, measure it and use it, in TensorFlow.js's spelling."""

    def compile(self, optimizer: Any = None, loss: Any = None, metrics: Any = None, **options: Any) -> None:
        """Settle how the model is trained.

        Args:
            optimizer: a name, of `tf.train` or of kerasish, or an optimizer, "rmsprop" by default; or one dict of all options.
            loss: a name or a function `(yTrue, yPred)` on Tensors; a list or dict for several outputs.
            metrics: names, functions or metrics in a list, for several outputs a dict or a list of lists; names and functions
                in a plain list are of each output.
            **options: further ones of `kerasish.Model.compile`.

        Raises:
            TypeError: an option that there is not.
            ValueError: an unknown name, or losses for other outputs than the model has.
        """
        if isinstance(optimizer, Mapping) and "class_name" not in optimizer:
            return self.compile(
                **spelled("compile", merged("compile", optimizer, options), ("optimizer", "loss", "metrics", *_COMPILE))
            )
        options = spelled("compile", options, _COMPILE)
        optimizer = "rmsprop" if optimizer is None else optimizer
        if isinstance(optimizer, str):
            _check_optimizer(optimizer)
        loss = _tree_of(lambda part: _LOSSES.get(fold(part), part) if isinstance(part, str) else part, loss)
        metrics = _tree_of(lambda part: _cosine(part) if isinstance(part, str) and fold(part) in _COSINES else part, metrics)
        _tree_of(lambda part: _check_loss(part) if isinstance(part, str) else None, loss)
        self._check_losses(loss)
        metrics = self._metrics_of_each(metrics)
        super().compile(as_optimizer(optimizer), _on_edge(loss), metrics=_on_edge(metrics), **options)  # type: ignore[misc]
        return None

    def _check_losses(self, loss: Any) -> None:
        outputs = getattr(self, "output_names", None)
        if not outputs:
            return
        if isinstance(loss, (list, tuple)) and len(loss) != len(outputs):
            raise ValueError(
                f"`loss` must have one entry for each of the model's {len(outputs)} outputs ({', '.join(outputs)}); "
                f"received {len(loss)}: {list(loss)!r:.80}."
            )
        for name in loss if isinstance(loss, Mapping) and "class_name" not in loss else ():
            if name not in outputs:
                raise ValueError(f"`loss` names {name!r}, which is no output of the model: {', '.join(outputs)}.")

    def _metrics_of_each(self, metrics: Any) -> Any:
        """Give each of several outputs the metrics that are given for all, as names and functions."""
        outputs = getattr(self, "output_names", None) or ()
        listed = list(metrics) if isinstance(metrics, (list, tuple)) else [metrics]
        shared = listed and all(isinstance(part, str) or callable(part) and not isinstance(part, Metric) for part in listed)
        return [list(listed) for _ in outputs] if shared and len(outputs) > 1 else metrics

    # Training.

    def fit(self, x: Any = None, y: Any = None, args: Any = None, **options: Any) -> History:
        """Train on Tensors or arrays, or on a Dataset. It is all done when it returns; `fit_async` leaves the event loop free.

        Args:
            x, y: data and labels; lists or dicts for several inputs or outputs.
            args: a dict of options; or as keyword arguments: `epochs` (1), `batchSize` (32), `verbose` (0; 1 is a bar, 2 a
                line an epoch), `callbacks`, `validationSplit` (the last part of the rows), `validationData`, `shuffle`,
                `classWeight`, `sampleWeight`, `initialEpoch`, `stepsPerEpoch`, `validationSteps`, `validationBatchSize`,
                `validationFreq`, `profile`, `yieldEvery`: when `onYield` is called: "batch", "epoch", milliseconds, "auto"
                (125 of them) or "never".

        Returns:
            History: it can be waited for. After Ctrl-C it holds the epochs that were finished.

        Raises:
            TypeError: an option that there is not.
            ValueError: not compiled, an option out of range, or data that does not fit.
        """
        if isinstance(x, Dataset):
            return self.fit_dataset(x, args, **options)
        return self._fit(_data(x), _data(y), spelled("fit", merged("fit", args, options), _FIT))

    def fit_dataset(self, dataset: Any, args: Any = None, **options: Any) -> History:
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
        check_yield_every(yield_every)
        history, validation, asked = History(), given.get("validation_data"), _asked_to_stop.get()
        stops = [] if asked is None else [StopWhenAsked(asked)]
        registered = as_edge_callbacks(registered_callbacks(given.get("verbose", 0)), yield_every)
        given["callbacks"] = [*as_edge_callbacks(given.get("callbacks"), yield_every), *registered, *stops, history]
        if validation is not None:
            pair = isinstance(validation, (list, tuple))
            given["validation_data"] = tuple(map(_data, validation)) if pair else _data(validation)
        weights = given.get("class_weight")
        if isinstance(weights, Mapping):  # a dict of JavaScript has text for keys
            numbers = {key: int(key) if isinstance(key, str) and key.isdecimal() else key for key in weights}
            given["class_weight"] = {numbers[key]: weight for key, weight in weights.items()}
        if "sample_weight" in given:
            given["sample_weight"] = _data(given["sample_weight"])
        super().fit(x, y, **{"verbose": 0, **given})  # type: ignore[misc]
        history.validationData = validation
        return history

    async def fit_async(self, *args: Any, **options: Any) -> History:
        """Train as `fit` does, in a thread, so that the event loop goes on. Async callbacks run in that loop.

        Where the waiting task is cancelled, as Ctrl-C does, training ends after the batch, and `model.history` has what was.
        """
        return await self._in_thread(self.fit, args, options)

    async def fit_dataset_async(self, *args: Any, **options: Any) -> History:
        """Train as `fit_dataset` does, in a thread, so that the event loop goes on."""
        return await self._in_thread(self.fit_dataset, args, options)

    async def _in_thread(self, train: Callable, args: tuple, options: dict[str, Any]) -> History:
        asked = threading.Event()
        token = _asked_to_stop.set(asked)
        try:
            with at_home(asyncio.get_running_loop()):  # a task begins with the settings of where it was made
                work = asyncio.ensure_future(asyncio.to_thread(train, *args, **options))
        finally:
            _asked_to_stop.reset(token)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            asked.set()
            self.stop_training = True
            await work
            raise

    fitAsync, fitDatasetAsync = fit_async, fit_dataset_async  # noqa: N815

    def train_on_batch(self, x: Any, y: Any = None, *args: Any, **options: Any) -> Any:
        """Learn from one batch; gives the loss, or a list that begins with it, which can be waited for."""
        return promised(super().train_on_batch(_data(x), _data(y), *args, **options))  # type: ignore[misc]

    trainOnBatch = train_on_batch  # noqa: N815

    @property
    def stopTraining(self) -> bool:  # noqa: N802
        """Set it in a callback to end the training after the batch."""
        return self.stop_training

    @stopTraining.setter
    def stopTraining(self, value: bool) -> None:  # noqa: N802
        self.stop_training = bool(value)

    # Using.

    def evaluate(self, x: Any = None, y: Any = None, args: Any = None, **options: Any) -> Any:
        """Measure the loss and the metrics: a Tensor without axes, or a list of them.

        Args:
            x, y: data and labels.
            args: a dict of options; or as keyword arguments: `batchSize`, `verbose`, `sampleWeight`, `steps`, `callbacks`.
        """
        known = ("batch_size", "verbose", "sample_weight", "steps", "callbacks", "return_dict")
        given = spelled("evaluate", merged("evaluate", args, options), known)
        if "sample_weight" in given:
            given["sample_weight"] = _data(given["sample_weight"])
        if "callbacks" in given:
            given["callbacks"] = as_edge_callbacks(given["callbacks"])
        results = super().evaluate(_data(x), _data(y), **{"verbose": 0, **given})  # type: ignore[misc]
        if isinstance(results, dict):
            return results
        return [Tensor(as_torch(value)) for value in results] if isinstance(results, list) else Tensor(as_torch(results))

    def evaluate_dataset(self, dataset: Any, args: Any = None, **options: Any) -> Any:
        """Measure on a Dataset; of the options `batches` and `verbose`. What it gives can be waited for."""
        given = spelled("evaluateDataset", merged("evaluateDataset", args, options), ("batches", "verbose"))
        return promised(self.evaluate(dataset, verbose=given.get("verbose", 0), steps=given.get("batches")))

    evaluateDataset = evaluate_dataset  # noqa: N815

    def predict(self, x: Any, args: Any = None, **options: Any) -> Any:
        """Give the outputs for all rows as Tensors; of the options `batchSize` and `verbose`.

        Inside a function whose gradients are asked for they are gradients of the outputs too, as in TensorFlow.js; all rows
        are then one batch.

        Raises:
            ValueError: data of another shape than the input's.
        """
        given = spelled("predict", merged("predict", args, options), ("batch_size", "verbose", "steps", "callbacks"))
        if "callbacks" in given:
            given["callbacks"] = as_edge_callbacks(given["callbacks"])
        if is_recording():
            return self._predict_with_gradients(x)
        return _tensors(super().predict(_data(x), **{"verbose": 0, **given}))  # type: ignore[misc]

    def predict_on_batch(self, x: Any) -> Any:
        """Give the outputs for one batch as Tensors."""
        if is_recording():
            return self._predict_with_gradients(x)
        return _tensors(super().predict_on_batch(_data(x)))  # type: ignore[misc]

    def _predict_with_gradients(self, x: Any) -> Any:
        if isinstance(x, (list, tuple)) and x and isinstance(x[0], (list, int, float)):
            x = as_torch(x)
        return wrapped(self(unwrapped(x), training=False))  # type: ignore[operator]

    predictOnBatch = predict_on_batch  # noqa: N815

    @property
    def metricsNames(self) -> list[str]:  # noqa: N802
        """The names of what `evaluate` gives."""
        state = self._training  # type: ignore[attr-defined]
        if state is None:
            return []
        given, outputs = state.given["metrics"], getattr(self, "output_names", None) or ()
        if len(outputs) < 2:
            given = next(iter(given.values()), None) if isinstance(given, Mapping) else given
            return ["loss", *map(_metric_name, _listed(given))]
        losses = [name for name, loss in zip(outputs, _for_each(outputs, state.given["loss"])) if loss is not None]
        metrics = [
            f"{name}_{_metric_name(metric)}"
            for name, own in zip(outputs, _for_each(outputs, given))
            for metric in _listed(own)
            if metric is not None
        ]
        return ["loss", *(f"{name}_loss" for name in losses), *metrics]


def _check_optimizer(name: str) -> None:
    known = [*OPTIMIZERS.names(), "momentum"]
    if fold(name) not in {fold(entry) for entry in (*known, *OPTIMIZERS.classes)}:
        raise ValueError(f"Unknown Optimizer {name}.{did_you_mean(name, known)}")


def _check_loss(name: str) -> None:
    try:
        as_loss(name)
    except ValueError as error:
        raise ValueError(f"Unknown loss {name}.{did_you_mean(name, LOSSES.names())}") from error


# Names that Keras has for other things, or none.
_LOSSES = {"cosineproximity": "cosine_similarity"}
_COSINES = ("cosine", "cosineproximity")


def _cosine(name: str) -> MeanMetricWrapper:
    """TensorFlow.js's metric of that name: the loss, which is -1 where directions agree."""
    return MeanMetricWrapper(fn=cosine_similarity, name=name)


def _tree_of(function: Callable, given: Any) -> Any:
    """Make something of each loss or metric in lists and dicts; a config is one, although it is a dict."""
    if isinstance(given, (list, tuple)):
        return [_tree_of(function, part) for part in given]
    if isinstance(given, Mapping) and "class_name" not in given:
        return {key: _tree_of(function, part) for key, part in given.items()}
    return function(given)


def _listed(given: Any) -> list[Any]:
    return list(given) if isinstance(given, (list, tuple)) else [] if given is None else [given]


def _for_each(outputs: Sequence[str], given: Any) -> list[Any]:
    """What is given for each of several outputs: by name, in their order, or one for all."""
    if isinstance(given, Mapping):
        return [given.get(name) for name in outputs]
    return list(given) if isinstance(given, (list, tuple)) else [given] * len(outputs)


def _metric_name(metric: Any) -> str:
    if isinstance(metric, str):
        return {"accuracy": "acc", "crossentropy": "ce"}.get(metric, metric)
    return getattr(metric, "name", None) or _function_name(metric)


def _function_name(function: Any) -> str:
    name = getattr(function, "__name__", type(function).__name__)
    return "lambda" if name == "<lambda>" else name.rsplit(".", 1)[-1]


def _on_edge(given: Any) -> Any:
    """Losses or metrics as the engine takes them: functions on Tensors as functions on torch's tensors."""
    return _tree_of(_on_plain, given)


def _on_plain(function: Any) -> Any:
    name = getattr(function, "__name__", None)
    module = getattr(function, "__module__", None) or ""
    plain = module.startswith(("kerasish.", "torch.")) and "." not in str(name)  # but tf.metrics.mse takes Tensors
    if name is None or isinstance(function, type) or plain:
        return unwrapped(function)

    def on_plain(y_true: torch.Tensor, y_pred: torch.Tensor) -> Any:
        return unwrapped(function(Tensor(y_true), Tensor(y_pred)))

    # The name in logs is the function's, as it is spelled.
    on_plain.__name__ = on_plain.name = _function_name(function)  # type: ignore[attr-defined]
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
