"""Callbacks and logs: hooks in TensorFlow.js's spelling, which see each batch by itself, and its history."""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from kerasish._base._names import fold
from kerasish.callbacks import Callback, EarlyStopping, LambdaCallback
from kerasish.callbacks._callback import hooks_by_name
from kerasish.callbacks._history import History as CoreHistory
from kerasish.tfjs._options import merged, spelled
from kerasish.tfjs._promises import Thenable, settled


class Logs(dict):
    """Logs by TensorFlow.js's names: `acc` for `accuracy`. Attributes and other spellings find them as well."""

    def __missing__(self, key: str) -> Any:
        short = fold(str(key)).replace("accuracy", "acc")
        for known in self:
            if fold(str(known)).replace("accuracy", "acc") == short:
                return self[known]
        raise KeyError(f"{key!r} is not among the logs: {', '.join(map(str, self))}")

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(str(error)) from None


def as_logs(logs: Any) -> Logs:
    """Give logs TensorFlow.js's names."""
    return Logs({short_name(name): value for name, value in dict(logs or {}).items()})


def short_name(name: str) -> str:
    """Give the name of a log in TensorFlow.js: `accuracy` is `acc`, also behind `val_`."""
    return {"accuracy": "acc", "val_accuracy": "val_acc"}.get(name, name)


class EdgeCallback(LambdaCallback):
    """Hooks in TensorFlow.js's spelling as a callback of kerasish. Batch hooks get the values of the batch alone.

    Args:
        hooks: functions by hook, in any spelling; they may be async.
        yield_every: `"batch"`, `"epoch"`, milliseconds or `"auto"`: when `onYield` is called, or `"never"`.
    """

    registry = None  # it has no name in files

    def __init__(self, hooks: Mapping[str, Callable], yield_every: Any = "auto"):
        hooks = dict(hooks)
        on_yield = [hooks.pop(name) for name in list(hooks) if fold(name) == "onyield"]
        self._hooks = hooks_by_name(hooks)
        self._on_yield = on_yield[0] if on_yield else None
        self._yield_every, self._epoch = yield_every, 0
        self._kept: list[tuple[Any, torch.Tensor]] = []
        self._sizes: list[int] = []
        for hook in ("on_train_begin", "on_train_end", "on_test_begin", "on_test_end"):
            if hook in self._hooks:
                setattr(self, hook, self._told(hook))
        wants_yield = self._on_yield is not None and yield_every not in ("never", "epoch")
        if {"on_train_batch_begin", "on_train_batch_end"} & set(self._hooks) or wants_yield:
            self.on_train_batch_begin = self._begin_batch  # type: ignore[method-assign]
            self.on_train_batch_end = self._end_batch  # type: ignore[method-assign]

    def _told(self, hook: str) -> Callable:
        return lambda logs=None: settled(self._hooks[hook](as_logs(logs)))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Call `onEpochBegin`."""
        self._epoch = epoch
        if "on_epoch_begin" in self._hooks:
            settled(self._hooks["on_epoch_begin"](epoch, as_logs(logs)))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Call `onEpochEnd`, and `onYield` where it comes with epochs."""
        if "on_epoch_end" in self._hooks:
            settled(self._hooks["on_epoch_end"](epoch, as_logs(logs)))
        if self._on_yield is not None and self._yield_every == "epoch":
            settled(self._on_yield(epoch, 0, as_logs(logs)))

    def _begin_batch(self, batch: int, logs: Any = None) -> None:
        # The state is put aside, so that what is counted next is this batch; it is added again when the batch is over.
        self._kept = [(variable, variable.detach().clone()) for variable in self.model.metrics_variables]
        self.model.reset_metrics()
        if "on_train_batch_begin" in self._hooks:
            settled(self._hooks["on_train_batch_begin"](batch, Logs()))

    def _end_batch(self, batch: int, logs: Any = None) -> None:
        values = dict(self.model.get_metrics_result())
        rows = int(self.model._loss_tracker.count)
        with torch.no_grad():
            for variable, kept in self._kept:
                variable.add_(kept)
        told = Logs({"batch": batch, "size": rows, **as_logs(values)})
        if "on_train_batch_end" in self._hooks:
            settled(self._hooks["on_train_batch_end"](batch, told))
        if self._on_yield is not None and self._yield_every not in ("never", "epoch"):
            settled(self._on_yield(self._epoch, batch, told))


def as_edge_callbacks(callbacks: Any, yield_every: Any) -> list[Any]:
    """Give callbacks of kerasish for what TensorFlow.js takes: an object of hooks, a callback, or a list of these."""
    given = callbacks if isinstance(callbacks, (list, tuple)) else [] if callbacks is None else [callbacks]
    found: list[Any] = []
    for callback in given:
        if isinstance(callback, Callback) or hasattr(callback, "set_model"):
            found.append(callback)
        elif isinstance(callback, Mapping):
            found.append(EdgeCallback(callback, yield_every))
        else:
            found.append(EdgeCallback(_hooks_of(callback), yield_every))
    # Those that see each batch by itself come first: the others then see what has been counted since the epoch began.
    return sorted(found, key=lambda callback: not isinstance(callback, EdgeCallback))


def _hooks_of(callback: Any) -> dict[str, Callable]:
    hooks = {
        name: getattr(callback, name) for name in dir(callback) if name.startswith("on") and callable(getattr(callback, name))
    }
    if not hooks or isinstance(callback, type):
        raise TypeError(
            f"`callbacks` takes a dict or an object of hooks such as onBatchEnd, or callbacks; received {callback!r:.80}."
        )
    return hooks


class History(Thenable, CoreHistory):
    """What `fit` gives: `history` by log's name, `epoch`, `params`, `validationData`; it can be waited for."""

    registry = None  # kerasish's own History has the name

    def __init__(self) -> None:
        super().__init__()
        self.history = Logs()  # type: ignore[assignment]
        self.validationData: Any = None  # noqa: N815 - TensorFlow.js's name

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Note an epoch's logs."""
        super().on_epoch_end(epoch, as_logs(logs))

    def to_pandas(self) -> Any:
        """A DataFrame with a row for each epoch; needs `pip install kerasish[pandas]`."""
        try:
            import pandas
        except ImportError as error:
            raise ImportError("`to_pandas` needs pandas: pip install kerasish[pandas]") from error
        return pandas.DataFrame(dict(self.history), index=pandas.Index(self.epoch, name="epoch"))

    toPandas = to_pandas  # noqa: N815

    def plot(self) -> Any:
        """Draw each log over the epochs, and give the axes; needs `pip install kerasish[matplotlib]`."""
        try:
            from matplotlib import pyplot
        except ImportError as error:
            raise ImportError("`plot` needs matplotlib: pip install kerasish[matplotlib]") from error
        _, axes = pyplot.subplots()
        for name, values in self.history.items():
            axes.plot(self.epoch, values, label=name)
        axes.set_xlabel("epoch")
        axes.legend()
        return axes


def early_stopping(options: Any = None, **given: Any) -> EarlyStopping:
    """Make a callback that stops training once a log no longer gets better; `val_loss` by default.

    Args:
        options: a dict, or keyword arguments: `monitor`, `minDelta`, `patience`, `verbose`, `mode`, `baseline`,
            `restoreBestWeights`.
    """
    made = spelled("tf.callbacks.earlyStopping", merged("earlyStopping", options, given), EarlyStopping.fields)
    if "monitor" in made:
        made["monitor"] = {"acc": "accuracy", "val_acc": "val_accuracy"}.get(made["monitor"], made["monitor"])
    return EarlyStopping(**made)
