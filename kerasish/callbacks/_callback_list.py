"""The callbacks of one run: who wants to hear of what, and telling them."""

import sys
from collections.abc import Mapping
from typing import Any

from kerasish.callbacks._callback import HOOKS, Callback, LambdaCallback
from kerasish.callbacks._history import History
from kerasish.callbacks._progbar_logger import ProgbarLogger

_BATCH_HOOKS = [hook for hook in HOOKS if "batch" in hook]


def as_callbacks(callbacks: Any) -> list[Callback]:
    """Callbacks given as one, a list, or dicts of functions, as a list of callbacks.

    Raises:
        TypeError: something that is neither.
    """
    given = callbacks if isinstance(callbacks, (list, tuple)) else [] if callbacks is None else [callbacks]
    found = []
    for callback in given:
        if isinstance(callback, Mapping):
            callback = LambdaCallback(**callback)
        if isinstance(callback, type) or not hasattr(callback, "set_model"):
            raise TypeError(
                f"`callbacks` must hold Callback objects or dicts of functions; received {callback!r}."
                + (" Make an object of the class." if isinstance(callback, type) else "")
            )
        found.append(callback)
    return found


class CallbackList(Callback):
    """Several callbacks as one.

    Args:
        callbacks: callbacks, or dicts of functions.
        add_history: append a `History`, kept as `.history`.
        add_progbar: append a `ProgbarLogger`.
        model: the model at work.
        **params: what the callbacks are told of the run.
    """

    def __init__(
        self, callbacks: Any = None, add_history: bool = False, add_progbar: bool = False, model: Any = None, **params: Any
    ):
        self.callbacks = as_callbacks(callbacks)
        self.history: Any = next((c for c in self.callbacks if isinstance(c, History)), None)
        if add_history and self.history is None:
            self.history = History()
            self.callbacks.append(self.history)
        if add_progbar and not any(isinstance(c, ProgbarLogger) for c in self.callbacks):
            self.callbacks.append(ProgbarLogger())
        if model is not None:
            self.set_model(model)
        if params:
            self.set_params(params)
        self._listeners = {hook: [c for c in self.callbacks if _overrides(c, hook)] for hook in _BATCH_HOOKS}

    def append(self, callback: Any) -> None:
        """Add a callback."""
        self.callbacks += as_callbacks(callback)
        self._listeners = {hook: [c for c in self.callbacks if _overrides(c, hook)] for hook in _BATCH_HOOKS}

    def set_params(self, params: dict[str, Any]) -> None:
        """Tell all what is known of the run."""
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        """Give all the model."""
        self._model = model
        if self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def listens(self, hook: str) -> bool:
        """Say whether anyone wants to hear of this."""
        return bool(self._listeners[hook])

    def listens_in_person(self, *hooks: str) -> bool:
        """Say whether anyone but the progress bar, which may be told of several batches at once, wants to hear of these."""
        return any(type(callback) is not ProgbarLogger for hook in hooks for callback in self._listeners[hook])

    def tell(self, hook: str, *args: Any) -> None:
        """Call a hook of all."""
        for callback in self.callbacks:
            getattr(callback, hook)(*args)

    def tell_batch(self, hook: str, batch: int, logs: Any) -> None:
        """Call a batch hook of those who override it; logs that one of them keeps are read now, while they are true."""
        held = sys.getrefcount(logs)
        for callback in self._listeners[hook]:
            getattr(callback, hook)(batch, logs)
        if sys.getrefcount(logs) > held and hasattr(logs, "read"):
            logs.read()


def _overrides(callback: Callback, hook: str) -> bool:
    """Say whether a callback does anything in a hook."""
    if hook in getattr(callback, "__dict__", {}):
        return True
    own = getattr(type(callback), hook, None)
    if own is not getattr(Callback, hook):
        idle = hook in getattr(callback, "_idle_hooks", ()) and own.__module__.startswith("kerasish.")
        return own is not None and not idle
    short = hook.replace("on_train_batch", "on_batch")
    return short != hook and getattr(type(callback), short, None) is not getattr(Callback, short)


def _delegated(hook: str) -> Any:
    if hook in _BATCH_HOOKS:
        return lambda self, batch, logs=None: self.tell_batch(hook, batch, logs)
    return lambda self, *args, **kwargs: self.tell(hook, *args, **kwargs)


for _hook in HOOKS:
    setattr(CallbackList, _hook, _delegated(_hook))
