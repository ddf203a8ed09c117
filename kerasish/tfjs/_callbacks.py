"""Callbacks and logs: hooks in TensorFlow.js's spelling, which see each batch by itself, and its history."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from kerasish._base._names import fold
from kerasish.callbacks import Callback, EarlyStopping, LambdaCallback
from kerasish.callbacks._callback import hooks_by_name
from kerasish.callbacks._history import History as CoreHistory
from kerasish.tfjs._options import merged, spelled
from kerasish.tfjs._promises import Thenable, settled

# How often "auto" yields, in milliseconds.
_AUTO = 125


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


def as_logs(logs: Any, model: Any = None) -> Logs:
    """Give the logs of a model TensorFlow.js's names."""
    outputs = getattr(model, "output_names", None) or ()
    return Logs({short_name(name, outputs): value for name, value in dict(logs or {}).items()})


_SHORT = {"accuracy": "acc", "crossentropy": "ce"}


def short_name(name: str, outputs: Sequence[str] = ()) -> str:
    """Give the name of a log in TensorFlow.js: `accuracy` is `acc`, also behind `val_` and the name of an output."""
    before = "val_" if name.startswith("val_") else ""
    for output in ("", *(f"{output}_" for output in outputs)):
        short = _SHORT.get(name.removeprefix(before + output)) if name.startswith(before + output) else None
        if short is not None:
            return f"{before}{output}{short}"
    return name


class BaseCallback:
    """What a user's own callback inherits from: define `onEpochEnd(epoch, logs)`, `onBatchEnd(batch, logs)` and the like.

    The hooks may be async, and may be spelled Keras's way. `model` and `params` (verbose, epochs, steps) are there in training.
    """

    model: Any = None
    params: Any = None

    def setModel(self, model: Any) -> None:  # noqa: N802 - TensorFlow.js's names, as below
        """Take the model."""
        self.model = model

    def setParams(self, params: Any) -> None:  # noqa: N802
        """Take what is known of the run."""
        self.params = params


class CustomCallback(BaseCallback):
    """A callback made of functions.

    Args:
        args: functions by hook, in any spelling: `{"onBatchEnd": f}`.
        yieldEvery: when `onYield(epoch, batch, logs)` is called, as in `fit`; what `fit` was given by default.
    """

    def __init__(self, args: Mapping[str, Callable], yieldEvery: Any = None):  # noqa: N803
        self.hooks, self.yield_every = dict(args), yieldEvery
        _split_hooks(self.hooks)  # unknown names are refused now


class _Yields:
    """When to call `onYield`: after each batch or epoch, or when so many milliseconds have passed.

    Args:
        every: "auto", "batch", "epoch", "never" or milliseconds.
    """

    def __init__(self, every: Any):
        self.every = _AUTO / 1000 if every == "auto" else every if isinstance(every, str) else every / 1000
        self._last = time.monotonic()

    def is_due(self) -> bool:
        """Say whether it is time, after a batch."""
        if isinstance(self.every, str):
            return self.every == "batch"
        now = time.monotonic()
        if now - self._last < self.every:
            return False
        self._last = now
        return True


def check_yield_every(every: Any) -> None:
    """Refuse what says no time.

    Raises:
        ValueError: neither one of the names nor milliseconds.
    """
    milliseconds = isinstance(every, (int, float)) and not isinstance(every, bool) and every >= 0
    if every not in ("auto", "batch", "epoch", "never") and not milliseconds:
        raise ValueError(f"`yieldEvery` must be 'auto', 'batch', 'epoch', 'never' or milliseconds; received {every!r}.")


class _Hooks:
    """The hooks of one callback, by Keras's names, and its `onYield`."""

    def __init__(self, functions: Mapping[str, Callable], yield_every: Any, owner: Any = None):
        check_yield_every(yield_every)
        self.by_name, self.on_yield = _split_hooks(functions)
        self.owner = owner if isinstance(owner, BaseCallback) else None
        if self.on_yield is not None and yield_every == "never":
            raise ValueError("`yieldEvery` is 'never', but there is an `onYield`: change the one or leave out the other.")
        self.yields = _Yields(yield_every)

    def call(self, hook: str, *args: Any) -> None:
        """Call a hook, where there is one, and wait for it where it is async."""
        if hook in self.by_name:
            settled(self.by_name[hook](*args))


def _split_hooks(functions: Mapping[str, Callable]) -> tuple[dict[str, Callable], Callable | None]:
    others = {name: function for name, function in functions.items() if fold(name) != "onyield"}
    on_yield = [function for name, function in functions.items() if fold(name) == "onyield"]
    return hooks_by_name(others), on_yield[0] if on_yield else None


class EdgeCallbacks(LambdaCallback):
    """All hooks in TensorFlow.js's spelling of one run, as one callback of kerasish.

    Batch hooks get the values of the batch alone. Metrics that a user wrote, whose state may be other than sums, are told as
    they stand since the epoch began.

    Args:
        parts: the hooks of each callback.
    """

    registry = None  # it has no name in files

    def __init__(self, parts: Sequence[_Hooks]):
        self.parts = list(parts)
        self._epoch = 0
        self._kept: list[tuple[Any, torch.Tensor]] = []
        wanted = {hook for part in self.parts for hook in part.by_name}
        yields = [part.yields.every for part in self.parts if part.on_yield is not None]
        begin, end = "on_train_batch_begin", "on_train_batch_end"
        for hook in wanted - {begin, end, "on_epoch_begin", "on_epoch_end"}:
            setattr(self, hook, self._teller(hook))
        if wanted & {begin, end} or any(every != "epoch" for every in yields):
            self.on_train_batch_begin = self._begin_batch  # type: ignore[method-assign]
            self.on_train_batch_end = self._end_batch  # type: ignore[method-assign]

    def set_model(self, model: Any) -> None:
        """Take the model, and give it to callbacks of users' own classes."""
        super().set_model(model)
        for part in self.parts:
            if part.owner is not None:
                part.owner.setModel(model)

    def set_params(self, params: dict[str, Any]) -> None:
        """Take what is known of the run, and give it to callbacks of users' own classes."""
        super().set_params(params)
        for part in self.parts:
            if part.owner is not None:
                part.owner.setParams(params)

    def _teller(self, hook: str) -> Callable:
        def tell(*args: Any) -> None:
            *place, logs = args
            self._tell(hook, *place, self._named(logs))

        return tell

    def _named(self, logs: Any) -> Logs:
        return as_logs(logs, self.model)

    def _tell(self, hook: str, *args: Any) -> None:
        for part in self.parts:
            part.call(hook, *args)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Call `onEpochBegin`."""
        self._epoch = epoch
        self._tell("on_epoch_begin", epoch, self._named(logs))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Call `onEpochEnd`, and `onYield` where it comes with epochs."""
        self._tell("on_epoch_end", epoch, self._named(logs))
        for part in self.parts:
            if part.on_yield is not None and part.yields.every == "epoch":
                settled(part.on_yield(epoch, 0, self._named(logs)))

    def _begin_batch(self, batch: int, logs: Any = None) -> None:
        # The sums are put aside, so that what is counted next is this batch; they are added again when the batch is over.
        self._kept = []
        for metric in _sums(self.model.metrics):
            self._kept += [(variable, variable.detach().clone()) for variable in metric.variables]
            metric.reset_state()
        self._tell("on_train_batch_begin", batch, Logs({"batch": batch}))

    def _end_batch(self, batch: int, logs: Any = None) -> None:
        values = dict(self.model.get_metrics_result())
        rows = int(self.model._loss_tracker.count)
        with torch.no_grad():
            for variable, kept in self._kept:
                variable.add_(kept)
        told = Logs({"batch": batch, "size": rows, **self._named(values)})
        self._tell("on_train_batch_end", batch, told)
        for part in self.parts:
            if part.on_yield is not None and part.yields.is_due():
                settled(part.on_yield(self._epoch, batch, told))


def _sums(metrics: Any) -> list[Any]:
    """The metrics whose state is sums: all of the library's."""
    found: list[Any] = []
    for metric in metrics:
        if hasattr(metric, "metrics"):
            found += _sums(metric.metrics)  # those of `compile`, which are shown as one
        elif all(_home(metric, name).startswith("kerasish.") for name in ("update_state", "reset_state")):
            found.append(metric)
    return found


def _home(thing: Any, method: str) -> str:
    """The module of the class that a method is of."""
    return next(cls.__module__ for cls in type(thing).__mro__ if method in cls.__dict__)


class StopWhenAsked(Callback):
    """End training after the batch once an event is set, also one that was set before training began.

    Args:
        asked: the event; whoever sets it later also sets `stop_training`.
    """

    registry = None

    def __init__(self, asked: Any):
        self.asked = asked

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """See whether it is set."""
        if self.asked.is_set():
            self.model.stop_training = True


def as_edge_callbacks(callbacks: Any, yield_every: Any = "auto") -> list[Any]:
    """Give callbacks of kerasish for what TensorFlow.js takes: an object of hooks, a callback, or a list of these.

    Args:
        callbacks: dicts of functions, objects with hooks, `tf.Callback`s, or callbacks of kerasish; one or a list.
        yield_every: when `onYield` is called.

    Raises:
        TypeError: something without hooks.
        ValueError: a hook that there is none of.
    """
    given = callbacks if isinstance(callbacks, (list, tuple)) else [] if callbacks is None else [callbacks]
    own: list[_Hooks] = []
    others: list[Any] = []
    for callback in given:
        if isinstance(callback, CustomCallback):
            own.append(_Hooks(callback.hooks, callback.yield_every or yield_every, callback))
        elif isinstance(callback, Mapping):
            own.append(_Hooks(callback, yield_every))
        elif not isinstance(callback, BaseCallback) and hasattr(callback, "set_model"):
            others.append(callback)
        else:
            own.append(_Hooks(_hooks_of(callback), yield_every, callback))
    # Those that see each batch by itself come first: the others then see what has been counted since the epoch began.
    return [*([EdgeCallbacks(own)] if own else []), *others]


def _hooks_of(callback: Any) -> dict[str, Callable]:
    names = [name for name in dir(callback) if name.startswith("on") and callable(getattr(callback, name))]
    if isinstance(callback, type) or not names and not isinstance(callback, BaseCallback):
        raise TypeError(
            f"`callbacks` takes a dict or an object of hooks such as onBatchEnd, or callbacks; received {callback!r:.80}."
        )
    return {name: getattr(callback, name) for name in names}


class History(Thenable, CoreHistory):
    """What `fit` gives: `history` by log's name, `epoch`, `params`, `validationData`; it can be waited for."""

    registry = None  # kerasish's own History has the name

    def __init__(self) -> None:
        super().__init__()
        self.history = Logs()  # type: ignore[assignment]
        self.validationData: Any = None  # noqa: N815 - TensorFlow.js's name

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Note an epoch's logs."""
        super().on_epoch_end(epoch, as_logs(logs, self.model))

    toPandas = CoreHistory.to_pandas  # noqa: N815


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
