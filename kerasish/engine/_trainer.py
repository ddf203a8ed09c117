"""Trainer: what `Model` can do once it is compiled. A thin front of the loop, the feeds and what `compile` settled."""

import inspect
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish._base._serialization import deserialize, serialize
from kerasish.callbacks._callback_list import CallbackList
from kerasish.callbacks._history import History
from kerasish.core import default_device
from kerasish.engine import _arrays
from kerasish.engine._compiled_loss import CompiledLoss
from kerasish.engine._compiled_metrics import CompiledMetrics
from kerasish.engine._data_tuples import pack_x_y_sample_weight, unpack_x_y_sample_weight
from kerasish.engine._feeds import Feed, make_feed
from kerasish.engine._logs import Logs, to_numbers
from kerasish.engine._loop import Loop, Stream
from kerasish.engine._outputs import Outputs
from kerasish.engine._predictions import Predictions
from kerasish.layers._calling import alive
from kerasish.metrics import Mean
from kerasish.optimizers import LossScaleOptimizer, Optimizer, as_optimizer


class TrainingState:
    """What `compile` made: it belongs to the engine, and is no part of the model's modules or `state_dict`."""

    def __init__(self, optimizer: Optimizer | None, given: dict[str, Any], output_names: list[str] | None):
        self.optimizer, self.given = optimizer, given
        self.loss = None if given["loss"] is None else CompiledLoss(given["loss"], given["loss_weights"])
        self.metrics = None
        if given["metrics"] is not None or given["weighted_metrics"] is not None:
            self.metrics = CompiledMetrics(given["metrics"], given["weighted_metrics"], output_names)
        self.tracker = Mean(name="loss")
        self.trained: list[Tensor] | None = None
        self.regularized: list[tuple[Any, Tensor]] = []
        self.forward: Any = None
        self.losses_seen = alive.losses


class Trainer:
    """The methods of a model that train it, measure it and use it."""

    # Class attributes, so that a layer becomes trainable by this class standing before it among its bases.
    stop_training = stop_evaluating = stop_predicting = False
    _training: TrainingState | None = None

    def _prepare_training(self) -> None:
        self.__dict__.update(_training=None, _initial_epoch=None)
        self.stop_training = self.stop_evaluating = self.stop_predicting = False

    # Compiling.

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Settle how the model is trained. Names are checked now.

        Args:
            optimizer: a name, an Optimizer, or a `torch.optim` optimizer or class.
            loss: a name, a Loss, a function `(y_true, y_pred)`, a `torch.nn` loss; a list or dict for several outputs.
            loss_weights: a number for each of several losses.
            metrics: names, Metrics or functions; for several outputs a list of lists or a dict.
            weighted_metrics: the same, but these see sample and class weights.
            run_eagerly: never compile anything.
            steps_per_execution: batches between two calls of callbacks' batch hooks.
            jit_compile: True runs the forward pass through `torch.compile`; False and "auto" do not.
            auto_scale_loss: scale the loss where the policy is mixed_float16.

        Raises:
            ValueError: an unknown name (the message says what was probably meant), or a setting out of range.
        """
        if isinstance(steps_per_execution, bool) or not isinstance(steps_per_execution, int) or steps_per_execution < 1:
            raise ValueError(f"`steps_per_execution` must be a positive integer; received {steps_per_execution!r}.")
        if jit_compile not in (True, False, "auto"):
            raise ValueError(f"`jit_compile` must be True, False or 'auto'; received {jit_compile!r}.")
        if run_eagerly and jit_compile is True:
            warnings.warn("`run_eagerly` and `jit_compile` cannot both be True; `jit_compile` is set to False.", stacklevel=2)
        jit_compile = jit_compile is True and not run_eagerly
        given = {key: value for key, value in locals().items() if key not in ("self", "__class__")}
        made = None if optimizer is None else as_optimizer(optimizer)
        if auto_scale_loss and made is not None and self._policy_name() == "mixed_float16":
            made = made if isinstance(made, LossScaleOptimizer) else LossScaleOptimizer(made, name="loss_scale_optimizer")
        state = TrainingState(made, given, getattr(self, "output_names", None))
        self.__dict__["_training"] = state
        self.jit_compile = jit_compile
        self.stop_training = False

    def _policy_name(self) -> str:
        return self.dtype_policy.name  # type: ignore[attr-defined]

    @property
    def compiled(self) -> bool:
        """Whether `compile` was called."""
        return self._training is not None

    @property
    def optimizer(self) -> Any:
        """The optimizer, None before `compile`."""
        return self._training.optimizer if self._training else None

    @property
    def loss(self) -> Any:
        """The loss as it was given to `compile`."""
        return self._training.given["loss"] if self._training else None

    @property
    def jit_compile(self) -> bool:
        """Whether the forward pass of steps runs through `torch.compile`."""
        return bool(self._training and self._training.given["jit_compile"])

    @jit_compile.setter
    def jit_compile(self, value: bool) -> None:
        state = self._compiled_state("setting `jit_compile`")
        state.given["jit_compile"] = bool(value)
        state.forward = torch.compile(self) if value else None  # type: ignore[call-overload]

    @property
    def run_eagerly(self) -> bool:
        """What was given to `compile`; setting it takes `jit_compile` back."""
        return bool(self._training and self._training.given["run_eagerly"])

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        self._compiled_state("setting `run_eagerly`").given["run_eagerly"] = bool(value)
        if value:
            self.jit_compile = False

    # Keras's names for what `compile` made, which steps of users' own may ask for.

    @property
    def _loss_tracker(self) -> Any:
        return self._training.tracker if self._training else None

    @property
    def _compile_loss(self) -> Any:
        return self._training.loss if self._training else None

    @property
    def _compile_metrics(self) -> Any:
        return self._training.metrics if self._training else None

    @property
    def metrics(self) -> list[Any]:
        """The loss's mean, those of `compile` as one metric, each output's loss, and the metrics that the model owns."""
        owned = self._owned_metrics()  # type: ignore[attr-defined]
        state = self._training
        if state is None:
            return owned
        compiled = [] if state.metrics is None else [state.metrics]
        return [state.tracker, *compiled, *(state.loss.metrics if state.loss is not None else []), *owned]

    @property
    def metrics_names(self) -> list[str]:
        """The metrics' names; as in Keras those of `compile` go by one, "compile_metrics"."""
        return [metric.name for metric in self.metrics]

    @property
    def metrics_variables(self) -> list[Any]:
        """The state of all metrics."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def reset_metrics(self) -> None:
        """Forget what the metrics have counted."""
        for metric in self.metrics:
            metric.reset_state()

    def get_metrics_result(self) -> dict[str, Any]:
        """The metrics' values by name; read from the device when they are looked at."""
        return Logs(self._results)

    def _results(self) -> dict[str, Any]:
        results: dict[str, Any] = {}
        for metric in self.metrics:
            if metric is self._compile_metrics and not metric.built:
                continue
            value = metric.result()
            results.update(value) if isinstance(value, Mapping) else results.update({metric.name: value})
        return results

    def get_compile_config(self) -> dict[str, Any] | None:
        """What was given to `compile`, as files keep it; None before `compile`."""
        if self._training is None:
            return None
        config = dict(self._training.given)
        config["optimizer"] = self._training.optimizer
        return {key: serialize(value) for key, value in config.items()}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as a file says, and make the optimizer's state ready to be loaded."""
        known = ("loss", "loss_weights", "metrics", "weighted_metrics")
        given = {key: deserialize(config[key]) for key in known if key in config}
        rest = ("run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss")
        plain = {key: config[key] for key in rest if key in config}
        self.compile(deserialize(config.get("optimizer")), **given, **plain)
        if self.optimizer is not None and self.built:  # type: ignore[attr-defined]
            self.optimizer.build(self.trainable_variables)  # type: ignore[attr-defined]

    # What a subclass may override.

    def train_step(self, data: Any) -> Any:
        """Learn from one batch: forward, loss, backward, optimizer, metrics. Override it to train another way.

        Args:
            data: `(x, y, sample_weight)`, or `(x, y)`, or `(x,)`.

        Returns:
            A dict of the metrics' values.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        state = self._training
        assert state is not None
        y_pred = self._forward(x)
        loss = self._compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=True)
        if state.trained is None:
            state.trained = self.trainable_variables  # type: ignore[attr-defined]
        trained: list[Tensor] = state.trained
        for variable in trained:
            variable.grad = None
        optimizer = state.optimizer
        if optimizer is None:
            raise ValueError("Training needs an optimizer: compile(optimizer='adam', …).")
        if trained:
            optimizer.scale_loss(loss).backward()
            optimizer.apply([variable.grad for variable in trained], trained)
        state.tracker.update_state(loss.detach(), _rows(x))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> Any:
        """Measure one batch: forward, loss, metrics."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        state = self._training
        assert state is not None
        y_pred = self._forward(x)
        loss = self._compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=False)
        state.tracker.update_state(loss.detach(), _rows(x))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """Give the outputs for one batch."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self._forward(x)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Tensor:
        """The scalar to minimize: the compiled losses, and what layers and regularizers add.

        Raises:
            ValueError: there is nothing to minimize.
        """
        state = self._training
        assert state is not None
        total = None
        if state.loss is not None:
            if y is None:
                raise ValueError("`compile` was given a loss, but the data has no labels: pass `y`, or batches (x, y).")
            if state.loss.outputs is None:
                state.loss.match(Outputs.of(self, y_pred))
            total = state.loss(y, y_pred, sample_weight)
        for extra in self._extra_losses(state):
            total = extra if total is None else total + extra
        if total is None:
            raise ValueError("There is nothing to minimize: give `compile` a `loss`, or add one with `add_loss`.")
        return total

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Count a batch in the compiled metrics, and give all metrics' values."""
        state = self._training
        assert state is not None
        if state.metrics is not None and y is not None:
            state.metrics.update(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def _compute_loss(self, **arguments: Any) -> Tensor:
        """`compute_loss`, of whatever signature the subclass gave it."""
        accepts = self.__dict__.get("_loss_arguments")
        if accepts is None:
            accepts = self.__dict__["_loss_arguments"] = _accepted(type(self).compute_loss)
        if accepts:
            arguments = {key: value for key, value in arguments.items() if key in accepts}
        return self.compute_loss(**arguments)

    def _forward(self, x: Any) -> Any:
        """Call the model, in the training mode that it is in."""
        state = self._training
        if state is not None and state.forward is not None:
            return state.forward(x)
        return self(x)  # type: ignore[operator]

    def _extra_losses(self, state: TrainingState) -> list[Tensor]:
        """What layers added while they were called, and the regularizers of the weights."""
        extra = []
        if alive.losses != state.losses_seen:
            state.losses_seen = alive.losses
            extra = [loss for layer in self._flatten_layers() for loss in layer._losses]  # type: ignore[attr-defined]
        return extra + [regularizer(weight) for regularizer, weight in state.regularized]

    # Running.

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> History:
        """Train for a number of epochs. Ctrl-C ends it early, with the history so far.

        Args:
            x: arrays, tensors, DataFrames, lists or dicts of these; or a Dataset, DataLoader, PyDataset, generator.
            y: labels, where `x` does not bring them.
            batch_size: rows a batch, 32 by default.
            epochs: where to stop counting; `epochs - initial_epoch` are run.
            verbose: 0 nothing, 1 a progress bar, 2 a line an epoch; "auto" is 1.
            callbacks: Callbacks, or dicts of functions.
            validation_split: the part of the rows, taken from the end before shuffling, that is only measured.
            validation_data: `(x, y)`, `(x, y, sample_weight)`, or a source of batches.
            shuffle: whether arrays come in a new order each epoch; "batch" shuffles whole batches.
            class_weight: weights of the rows by class.
            sample_weight: weights of the rows.
            initial_epoch: the number of the first epoch.
            steps_per_epoch: batches an epoch, for data without end.
            validation_steps, validation_batch_size: the same for validation.
            validation_freq: measure every so many epochs, or in the epochs listed (counted from 1).

        Returns:
            History: `history.history["loss"]` has one number an epoch.

        Raises:
            ValueError: not compiled, data that does not go together, empty data.
        """
        state = self._compiled_state("fit")
        device = self._training_device()
        if validation_split and validation_data is None:
            x, y, sample_weight, validation_data = _split_off(x, y, sample_weight, validation_split)
        feed = make_feed(
            x, y, sample_weight,
            batch_size=batch_size, shuffle=shuffle, class_weight=class_weight, steps=steps_per_epoch, device=device,
        )  # fmt: skip
        validation = self._validation_stream(validation_data, validation_batch_size or batch_size, validation_steps, device)
        stream = Stream(feed, steps_per_epoch, "steps_per_epoch")
        self._build_on(feed)
        self._begin_training(state)
        verbose = 1 if verbose == "auto" else int(verbose)
        told = {"verbose": verbose, "epochs": epochs, "steps": stream.length}
        heard = CallbackList(callbacks, add_history=True, add_progbar=verbose != 0, model=self, **told)
        try:
            self._run_epochs(stream, validation, heard, range(initial_epoch, epochs), validation_freq, state)
        except KeyboardInterrupt:
            warnings.warn("Training was interrupted; the model and the history are as they stood then.", stacklevel=2)
            self._finish_training(state, heard, {})
        finally:
            self._end_training(state)
        return heard.history

    def _run_epochs(
        self,
        stream: Stream,
        validation: Stream | None,
        heard: CallbackList,
        epochs: range,
        validation_freq: Any,
        state: TrainingState,
    ) -> None:
        loop = Loop(self, heard, state.given["steps_per_execution"])
        self.stop_training = False
        heard.on_train_begin({})
        logs: dict[str, Any] = {}
        # Where a callback that took up an interrupted training wants to begin, once.
        resumed, self.__dict__["_initial_epoch"] = self.__dict__.get("_initial_epoch"), None
        epochs = epochs if resumed is None else range(resumed, epochs.stop)
        for epoch in epochs:
            self.reset_metrics()
            heard.on_epoch_begin(epoch, {})
            self.train(True)  # type: ignore[attr-defined]
            results = loop.run(stream, self._step("train_step", stream.feed), "train")
            self.eval()  # type: ignore[attr-defined]
            loop.check_data(stream, epoch - epochs.start)
            if results is None and stream.taken == 0:
                break
            logs = self._numbers(results)
            if validation is not None and _is_due(epoch, validation_freq):
                measured = self._measure(loop, validation)
                logs = dict(sorted({**logs, **{f"val_{name}": value for name, value in measured.items()}}.items()))
            stream.feed.epoch_end()
            heard.set_params({**(heard.params or {}), "steps": stream.length})
            heard.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        self._finish_training(state, heard, logs)

    def _finish_training(self, state: TrainingState, heard: CallbackList, logs: dict[str, Any]) -> None:
        """Let the optimizer put its averages into the model, before callbacks give it the weights that they kept."""
        if state.optimizer is not None and state.trained:
            state.optimizer.finalize_variable_values(state.trained)
        heard.on_train_end(logs)

    def _numbers(self, results: Any) -> dict[str, Any]:
        """What a run gave as numbers, with every metric that a user's own step left out not made up."""
        if results is None:
            return {}
        return dict(results.read()) if isinstance(results, Logs) else to_numbers(results)

    def _measure(self, loop: Loop, stream: Stream) -> dict[str, Any]:
        """Run evaluation; the metrics start from nothing and keep what they counted."""
        self.stop_evaluating = False
        stream.rewind()
        loop.callbacks.on_test_begin({})
        self.reset_metrics()
        with _outside_of_training(self), torch.no_grad():
            results = loop.run(stream, self._step("test_step", stream.feed), "test")
        logs = self._numbers(results)
        loop.callbacks.on_test_end(logs)
        return logs

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Measure the loss and the metrics on data.

        Args:
            x, y, batch_size, sample_weight: as in `fit`.
            verbose: 0 nothing, 1 a progress bar, 2 a line.
            steps: batches, for data without end.
            callbacks: Callbacks, or dicts of functions.
            return_dict: give a dict by name instead of the loss, or a list that begins with it.
        """
        state = self._compiled_state("evaluate")
        feed = make_feed(x, y, sample_weight, batch_size=batch_size, steps=steps, device=self._training_device())
        stream = Stream(feed, steps)
        self._build_on(feed)
        self._prepare_losses(state)
        verbose = 1 if verbose == "auto" else int(verbose)
        told = {"verbose": verbose, "epochs": 1, "steps": stream.length}
        heard = callbacks if isinstance(callbacks, CallbackList) else CallbackList(
            callbacks, add_progbar=verbose != 0, model=self, **told
        )  # fmt: skip
        loop = Loop(self, heard, state.given["steps_per_execution"])
        logs = self._measure(loop, stream)
        loop.check_data(stream, 0)
        if return_dict:
            return logs
        return self._listed(logs)

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = "auto", steps: int | None = None, callbacks: Any = None
    ) -> Any:
        """Give the outputs for all rows, as arrays.

        Args:
            x, batch_size, steps, callbacks: as in `evaluate`.
            verbose: 0 nothing, 1 a progress bar, 2 a line.
        """
        feed = make_feed(x, batch_size=batch_size, steps=steps, device=self._training_device())
        stream = Stream(feed, steps)
        verbose = 1 if verbose == "auto" else int(verbose)
        told = {"verbose": verbose, "epochs": 1, "steps": stream.length}
        heard = CallbackList(callbacks, add_progbar=verbose != 0, model=self, **told)
        self.stop_predicting = False
        gathered = Predictions(None if steps is not None else feed.rows)
        per_execution = self._training.given["steps_per_execution"] if self._training else 1
        loop = Loop(self, heard, per_execution)
        self._build_on(feed)
        step = self._step("predict_step", feed)
        with _outside_of_training(self):
            heard.on_predict_begin({})
            with torch.inference_mode():
                loop.run(stream, lambda batch: gathered.add(step((batch[0], None, None))), "predict")
            heard.on_predict_end({})
        loop.check_data(stream, 0)
        return gathered.arrays()

    def fit_dataset(self, dataset: Any, **kwargs: Any) -> History:
        """Train on a source of batches: `fit(dataset, …)`.

        Args:
            dataset: a Dataset, DataLoader, PyDataset or generator.
            **kwargs: as in `fit`; `batches_per_epoch` is another name of `steps_per_epoch`.
        """
        if "batches_per_epoch" in kwargs:
            kwargs["steps_per_epoch"] = kwargs.pop("batches_per_epoch")
        return self.fit(dataset, **kwargs)

    fitDataset = fit_dataset  # noqa: N815 - TF.js's spelling

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Learn from one batch; what it gives is of this batch alone.

        Args:
            x, y, sample_weight, class_weight: one batch, as in `fit`.
            return_dict: give a dict by name instead of a list that begins with the loss.
        """
        state = self._compiled_state("train_on_batch")
        feed = self._one_batch(x, y, sample_weight, class_weight)
        self._build_on(feed)
        if state.trained is None:
            self._begin_training(state)
        self.reset_metrics()
        before = self.training  # type: ignore[attr-defined]
        self.train(True)  # type: ignore[attr-defined]
        try:
            logs = self._numbers(self._step("train_step", feed)(next(iter(feed))))
        finally:
            self.train(before)  # type: ignore[attr-defined]
        return self._as_returned(logs, return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Measure one batch; what it gives is of this batch alone."""
        state = self._compiled_state("test_on_batch")
        feed = self._one_batch(x, y, sample_weight, None)
        self._build_on(feed)
        self._prepare_losses(state)
        self.reset_metrics()
        with _outside_of_training(self), torch.no_grad():
            logs = self._numbers(self._step("test_step", feed)(next(iter(feed))))
        return self._as_returned(logs, return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """Give the outputs for one batch, as arrays."""
        feed = self._one_batch(x, None, None, None)
        self._build_on(feed)
        with _outside_of_training(self), torch.inference_mode():
            outputs = self._step("predict_step", feed)((next(iter(feed))[0], None, None))
        return _tree.map_structure(
            lambda leaf: leaf.float().cpu().numpy() if leaf.dtype is torch.bfloat16 else leaf.cpu().numpy(), outputs
        )

    def _one_batch(self, x: Any, y: Any, sample_weight: Any, class_weight: Any) -> Feed:
        rows = next((len(leaf) for leaf in _tree.flatten(x) if hasattr(leaf, "shape") and len(leaf.shape)), 1)
        return make_feed(x, y, sample_weight, batch_size=max(rows, 1), class_weight=class_weight, device=self._training_device())

    def _as_returned(self, logs: dict[str, Any], return_dict: bool) -> Any:
        return logs if return_dict else self._listed(logs)

    def _listed(self, logs: dict[str, Any]) -> Any:
        """The values alone: the loss, the metrics and losses whose names have nothing before them, then the rest by name."""
        names: list[str] = []
        for metric in self.metrics:
            names += [inner.name for inner in metric.metrics] if metric is self._compile_metrics else [metric.name]
        first = [name for name in dict.fromkeys(names) if name in logs]
        values = [logs[name] for name in (*first, *sorted(name for name in logs if name not in first))]
        return values[0] if len(values) == 1 else values

    # Before and after.

    def _step(self, name: str, feed: Feed) -> Any:
        """The step of that name; a user's own is given batches as the data has them, `(x, y)` or `x`, without Nones."""
        step = getattr(self, name)
        if getattr(type(self), name) is getattr(Trainer, name) and name not in self.__dict__:
            return step
        return lambda batch: step(pack_x_y_sample_weight(*batch, in_tuple=feed.in_tuple))

    def _compiled_state(self, method: str) -> TrainingState:
        if self._training is None:
            raise ValueError(f"Call `compile(optimizer=…, loss=…)` before `{method}`.")
        return self._training

    def _training_device(self) -> torch.device:
        return self._device() or default_device()  # type: ignore[attr-defined]

    def _build_on(self, feed: Feed) -> None:
        """Make the weights, where that takes the first batch to know their shapes."""
        if all(layer.built for layer in self._flatten_layers()):  # type: ignore[attr-defined]
            return
        x, _, _ = feed.first()
        was_training = self.training  # type: ignore[attr-defined]
        self.eval()  # type: ignore[attr-defined]
        with torch.no_grad():
            self(_tree.map_structure(lambda leaf: leaf[:2] if isinstance(leaf, Tensor) else leaf, x))  # type: ignore[operator]
        self.train(was_training)  # type: ignore[attr-defined]
        self._clear_losses()  # type: ignore[attr-defined]

    def _prepare_losses(self, state: TrainingState) -> None:
        weights = self.trainable_weights  # type: ignore[attr-defined]
        state.regularized = [(w.regularizer, w) for w in weights if getattr(w, "regularizer", None) is not None]

    def _begin_training(self, state: TrainingState) -> None:
        """Find what is trained now, which may have changed since the last run."""
        self._prepare_losses(state)
        state.trained = self.trainable_variables  # type: ignore[attr-defined]
        if not state.trained:
            warnings.warn("The model does not have any trainable weights: training changes nothing.", stacklevel=3)
        elif state.optimizer is not None:
            state.optimizer.build(state.trained)

    def _end_training(self, state: TrainingState) -> None:
        """Leave a model that can be used, saved and trained again, however the run ended."""
        for variable in state.trained or []:
            variable.grad = None
        self.eval()  # type: ignore[attr-defined]

    def _validation_stream(self, data: Any, batch_size: int | None, steps: int | None, device: torch.device) -> Stream | None:
        if data is None:
            return None
        if isinstance(data, (tuple, list)) and 1 <= len(data) <= 3 and _arrays.is_arrays(data[0]):
            x, y, weight = unpack_x_y_sample_weight(tuple(data))
            feed = make_feed(x, y, weight, batch_size=batch_size, device=device)
        else:
            feed = make_feed(data, steps=steps, device=device)
        return Stream(feed, steps)


@contextmanager
def _outside_of_training(model: Any) -> Iterator[None]:
    """Put a model out of training mode, and back into it afterwards if it was in it: a callback may have asked."""
    before = model.training
    model.eval()
    try:
        yield
    finally:
        if before:
            model.train(True)


def _rows(x: Any) -> int:
    if isinstance(x, Tensor):
        return x.shape[0]
    return next((leaf.shape[0] for leaf in _tree.flatten(x) if isinstance(leaf, Tensor) and leaf.dim()), 1)


def _accepted(method: Any) -> set[str] | None:

    parameters = inspect.signature(method).parameters.values()
    return None if any(p.kind is p.VAR_KEYWORD for p in parameters) else {p.name for p in parameters}


def _is_due(epoch: int, validation_freq: Any) -> bool:
    if isinstance(validation_freq, int):
        return (epoch + 1) % validation_freq == 0
    return epoch + 1 in validation_freq


def _split_off(x: Any, y: Any, sample_weight: Any, fraction: float) -> tuple[Any, Any, Any, Any]:
    """The rows for training, and those at the end for validation."""
    if not _arrays.is_arrays(x):
        raise ValueError(f"`validation_split` needs arrays; received a {type(x).__name__}. Pass `validation_data` instead.")
    data = tuple(_arrays.as_tensors(part, name) for part, name in ((x, "x"), (y, "y"), (sample_weight, "sample_weight")))
    first, last = _arrays.split(data, fraction)
    return (*first, last)
