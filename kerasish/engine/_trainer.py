"""Trainer: what `Model` can do once it is compiled. A thin front of the loop, the feeds and what `compile` settled."""

import warnings
from os import PathLike
from typing import Any

import torch

from kerasish._base._memory import settle_memory
from kerasish.callbacks._callback_list import CallbackList
from kerasish.callbacks._history import History
from kerasish.config import max_epochs
from kerasish.engine import _arrays, _run_arguments
from kerasish.engine._computing_batch import measuring_stream
from kerasish.engine._data_tuples import unpack_x_y_sample_weight
from kerasish.engine._feeds import make_feed
from kerasish.engine._logs import Logs, to_numbers
from kerasish.engine._loop import Loop, Stream, is_of_user
from kerasish.engine._predicting import Predicting
from kerasish.engine._preparing import outside_of_training
from kerasish.engine._profile import make_loop
from kerasish.engine._training_state import TrainingState
from kerasish.engine.programs import TieredStep
from kerasish.layers._calling import alive, own_modes_kept


class Trainer(Predicting):
    """The methods of a model that train it, measure it and use it."""

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
        profile: bool | str | PathLike = False,
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
            profile: time the parts of each step, print a table of them at the end, and keep it as `history.profile`; a folder
                is given a trace of some steps too. `callbacks.Profiler` has more settings.

        Returns:
            History: `history.history["loss"]` has one number an epoch.

        Raises:
            ValueError: not compiled, data that does not go together, empty data.
        """
        state = self._compiled_state("fit")
        epochs, initial_epoch = _run_arguments.whole(epochs, "epochs"), _run_arguments.whole(initial_epoch, "initial_epoch")
        epochs, steps_per_epoch = (  # type: ignore
            _run_arguments.limited(epochs, max_epochs(), "epochs"),
            _run_arguments.limited_steps(steps_per_epoch),
        )
        _run_arguments.check_freq(validation_freq)
        device = self._training_device()
        if validation_split and validation_data is None:
            x, y, sample_weight, validation_data = _run_arguments.split_off(x, y, sample_weight, validation_split)
        feed = make_feed(
            x, y, sample_weight,
            batch_size=batch_size, shuffle=shuffle, class_weight=class_weight, steps=steps_per_epoch, device=device,
        )  # fmt: skip
        validation = self._validation_stream(validation_data, validation_batch_size or batch_size, validation_steps, device)
        stream = Stream(feed, steps_per_epoch, "steps_per_epoch")
        self._build_on(feed)
        self._begin_training(state)
        verbose = _run_arguments.loudness(verbose)
        told = {"verbose": verbose, "epochs": epochs, "steps": stream.length}
        heard = CallbackList(callbacks, add_history=True, add_progbar=verbose != 0, model=self, **told)
        loop = make_loop(self, heard, state.given["steps_per_execution"], profile, device)
        self._hand_over_gradients(state, heard)
        with own_modes_kept(self):  # type: ignore[arg-type]
            try:
                self._run_epochs(loop, stream, validation, range(initial_epoch, epochs), validation_freq, state)
            except KeyboardInterrupt:
                warnings.warn("Training was interrupted; the model and the history are as they stood then.", stacklevel=2)
                self._finish_training(state, heard, {})
            finally:
                self._end_training(state)
                loop.end()
        return heard.history

    def _run_epochs(
        self,
        loop: Loop,
        stream: Stream,
        validation: Stream | None,
        epochs: range,
        validation_freq: Any,
        state: TrainingState,
    ) -> None:
        heard = loop.callbacks
        self.stop_training = False
        heard.on_train_begin({})
        # Where a callback that took up an interrupted training wants to begin, once.
        resumed, self.__dict__["_initial_epoch"] = self.__dict__.get("_initial_epoch"), None
        epochs = epochs if resumed is None else range(resumed, epochs.stop)
        step = self._step_of_run("train_step", stream.feed)
        tiered = None
        if state.programs.mode is True or state.programs.mode == "auto" and not loop.times_parts:
            tiered = step = TieredStep(self, step, state.programs, _times(stream.length, len(epochs)))
        try:
            logs = self._run_each_epoch(loop, stream, step, validation, epochs, validation_freq)
        finally:
            if tiered is not None:
                tiered.close()
        self._finish_training(state, heard, logs)

    def _run_each_epoch(
        self, loop: Loop, stream: Stream, step: Any, validation: Stream | None, epochs: range, validation_freq: Any
    ) -> dict[str, Any]:
        heard = loop.callbacks
        logs: dict[str, Any] = {}
        for epoch in epochs:
            self.reset_metrics()
            heard.on_epoch_begin(epoch, {})
            self.train(True)  # type: ignore[attr-defined]
            if isinstance(step, TieredStep):
                step.begin_epoch(_times(stream.length, epochs.stop - epoch))
            results = loop.run(stream, step, "train")
            self.eval()  # type: ignore[attr-defined]
            loop.check_data(stream, epoch - epochs.start)
            if results is None and stream.taken == 0:
                break
            logs = self._numbers_of(results)
            if validation is not None and _run_arguments.is_due(epoch, validation_freq):
                measured = self._run_evaluation(loop, validation)
                logs = dict(sorted({**logs, **{f"val_{name}": value for name, value in measured.items()}}.items()))
            stream.feed.epoch_end()
            heard.set_params({**(heard.params or {}), "steps": stream.length})
            heard.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        return logs

    def _finish_training(self, state: TrainingState, heard: CallbackList, logs: dict[str, Any]) -> None:
        """Let the optimizer put its averages into the model, before callbacks give it the weights that they kept."""
        if state.optimizer is not None and state.trained:
            state.optimizer.finalize_variable_values(state.trained)
        heard.on_train_end(logs)

    def _numbers_of(self, results: Any) -> dict[str, Any]:
        """What a run gave as numbers, with every metric that a user's own step left out not made up."""
        if results is None:
            return {}
        return dict(results.read()) if isinstance(results, Logs) else to_numbers(results)

    def _run_evaluation(self, loop: Loop, stream: Stream) -> dict[str, Any]:
        """Run evaluation; the metrics start from nothing and keep what they counted."""
        self.stop_evaluating = False
        stream.rewind()
        loop.callbacks.on_test_begin({})
        self.reset_metrics()
        # No inference mode: what metrics and layers first make in it could not be changed in training.
        with outside_of_training(self), torch.no_grad():
            merged = measuring_stream(self, stream, loop.callbacks)
            if merged is not None:
                results = loop.run(merged, merged.measure, "test")
            else:
                results = loop.run(stream, self._step_of_run("test_step", stream.feed), "test")
        logs = self._numbers_of(results)
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

        Outputs are computed in batches of the quickest size where `predict` would do so, and no callback of your own hears of
        batches. The library's own losses and metrics then count all of these rows at once; yours get the outputs in batches of
        `batch_size`. Floats may differ in their last digits; `kerasish.config.set_merge_batches(False)` keeps to `batch_size`.

        Args:
            x, y, batch_size, sample_weight: as in `fit`.
            verbose: 0 nothing, 1 a progress bar, 2 a line.
            steps: batches, for data without end.
            callbacks: Callbacks, or dicts of functions.
            return_dict: give a dict by name instead of the loss, or a list that begins with it.
        """
        state = self._compiled_state("evaluate")
        steps = _run_arguments.limited_steps(steps)
        feed = make_feed(x, y, sample_weight, batch_size=batch_size, steps=steps, device=self._training_device())
        stream = Stream(feed, steps)
        self._build_on(feed)
        self._prepare_losses(state)
        verbose = _run_arguments.loudness(verbose)
        told = {"verbose": verbose, "epochs": 1, "steps": stream.length}
        heard = callbacks if isinstance(callbacks, CallbackList) else CallbackList(
            callbacks, add_progbar=verbose != 0, model=self, **told
        )  # fmt: skip
        loop = Loop(self, heard, state.given["steps_per_execution"])
        logs = self._run_evaluation(loop, stream)
        loop.check_data(stream, 0)
        if return_dict:
            return logs
        return self._in_order(logs)

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
        if state.trained is None or state.freezing_seen != alive.freezing:
            self._begin_training(state)
            state.programs.alone = None
        self.reset_metrics()
        before = self.training  # type: ignore[attr-defined]
        with own_modes_kept(self):  # type: ignore[arg-type]
            self.train(True)  # type: ignore[attr-defined]
            try:
                step = self._step_of_run("train_step", feed)
                if state.programs.mode is True:
                    state.programs.alone = step = state.programs.alone or TieredStep(self, step, state.programs, None)
                logs = self._numbers_of(step(next(iter(feed))))
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
        with outside_of_training(self), torch.no_grad():
            logs = self._numbers_of(self._step_of_run("test_step", feed)(next(iter(feed))))
        return self._as_returned(logs, return_dict)

    def _as_returned(self, logs: dict[str, Any], return_dict: bool) -> Any:
        return logs if return_dict else self._in_order(logs)

    def _in_order(self, logs: dict[str, Any]) -> Any:
        """The values alone: the loss, the metrics and losses whose names have nothing before them, then the rest by name."""
        names: list[str] = []
        for metric in self.metrics:
            names += [inner.name for inner in metric.metrics] if metric is self._compile_metrics else [metric.name]
        first = [name for name in dict.fromkeys(names) if name in logs]
        values = [logs[name] for name in (*first, *sorted(name for name in logs if name not in first))]
        return values[0] if len(values) == 1 else values

    # Before and after.

    def _prepare_losses(self, state: TrainingState) -> None:
        weights = self.trainable_weights  # type: ignore[attr-defined]
        state.regularized = [(w.regularizer, w) for w in weights if getattr(w, "regularizer", None) is not None]

    def _begin_training(self, state: TrainingState) -> None:
        """Find what is trained now, which may have changed since the last run."""
        self._prepare_losses(state)
        state.freezing_seen = alive.freezing
        state.trained = self.trainable_variables  # type: ignore[attr-defined]
        if not state.trained:
            warnings.warn("The model does not have any trainable weights: training changes nothing.", stacklevel=3)
        elif state.optimizer is not None:
            state.optimizer.build(state.trained)
        if state.trained and state.trained[0].is_cpu:
            settle_memory()

    def _hand_over_gradients(self, state: TrainingState, heard: CallbackList) -> None:
        """Let the optimizer change gradients in place, unless a step or a callback of a user's may look at them."""
        if state.optimizer is not None and self._has_plain_step("train_step") and not any(map(is_of_user, heard.callbacks)):
            state.optimizer.owns_gradients = True

    def _end_training(self, state: TrainingState) -> None:
        """Leave a model that can be used, saved and trained again, however the run ended."""
        for variable in state.trained or []:
            variable.grad = None
        if state.optimizer is not None:
            state.optimizer.owns_gradients = False
        self.eval()  # type: ignore[attr-defined]

    def _validation_stream(self, data: Any, batch_size: int | None, steps: int | None, device: torch.device) -> Stream | None:
        if data is None:
            return None
        if isinstance(data, (tuple, list)) and (len(data) > 3 or not data):
            raise ValueError(
                f"`validation_data` must be (x, y) or (x, y, sample_weight); received a {type(data).__name__} of {len(data)}."
            )
        if not isinstance(data, (tuple, list)) and _arrays.is_arrays(data) and self._compile_loss is not None:
            raise ValueError("`validation_data` must be (x, y), for the labels that the loss needs; received x alone.")
        if isinstance(data, (tuple, list)) and _arrays.is_arrays(data[0]):
            x, y, weight = unpack_x_y_sample_weight(tuple(data))
            feed = make_feed(x, y, weight, batch_size=batch_size, device=device)
        else:
            feed = make_feed(data, steps=steps, device=device)
        return Stream(feed, steps)


def _times(length: int | None, count: int) -> int | None:
    return None if length is None else length * count
