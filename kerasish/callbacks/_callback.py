"""Callback: an object whose hooks `fit`, `evaluate` and `predict` call as they go."""

from collections.abc import Callable, Mapping
from typing import Any

from kerasish._base._configurable import Configurable
from kerasish._base._names import fold
from kerasish._base._registry import Registry, did_you_mean

CALLBACKS = Registry("callback", "keras.callbacks")

HOOKS = (
    "on_train_begin on_train_end on_epoch_begin on_epoch_end on_train_batch_begin on_train_batch_end "
    "on_test_begin on_test_end on_test_batch_begin on_test_batch_end "
    "on_predict_begin on_predict_end on_predict_batch_begin on_predict_batch_end"
).split()
# Other names of the training hooks: Keras's old ones, and by folding TF.js's `onBatchEnd`.
_ALIASES = {"on_batch_begin": "on_train_batch_begin", "on_batch_end": "on_train_batch_end"}


class Callback(Configurable):
    """Something that is told what training does. Override the hooks that matter; the others cost nothing.

    A hook's `logs` is a dict of numbers. It is lazy: nothing is read from the device before a key is asked for.

    Attributes:
        model: the model at work; set `model.stop_training = True` to stop after the batch.
        params: verbose, epochs, steps.
    """

    registry = CALLBACKS

    # Class attributes, so that a subclass whose `__init__` does not call this one's has them as well. Without
    # annotations, which would make arguments of them.
    _model = None
    params = None

    @property
    def model(self) -> Any:
        """The model at work."""
        return self._model

    def set_params(self, params: dict[str, Any]) -> None:
        """Take what is known of the run: verbose, epochs, steps."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Take the model."""
        self._model = model

    def on_train_begin(self, logs: Any = None) -> None:
        """Called before the first epoch."""

    def on_train_end(self, logs: Any = None) -> None:
        """Called after the last epoch, with its logs."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Called before each epoch."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Called after each epoch and its validation: logs has `loss`, the metrics, and `val_` of each."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Called before each training batch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Called after each training batch, with running means since the epoch began."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Another name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Another name of `on_train_batch_end`."""

    def on_test_begin(self, logs: Any = None) -> None:
        """Called before evaluation and validation."""

    def on_test_end(self, logs: Any = None) -> None:
        """Called after evaluation and validation, with its results."""

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Called before each batch of evaluation and validation."""

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """Called after each batch of evaluation and validation."""

    def on_predict_begin(self, logs: Any = None) -> None:
        """Called before prediction."""

    def on_predict_end(self, logs: Any = None) -> None:
        """Called after prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Called before each batch of prediction."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """Called after each batch of prediction; logs has `outputs`."""


def hooks_by_name(functions: Mapping[str, Callable]) -> dict[str, Callable]:
    """Hooks from a dict of functions, in Keras's or TF.js's spelling: `{'onBatchEnd': f}`.

    Raises:
        ValueError: a name that is no hook's.
    """
    known = {fold(name): _ALIASES.get(name, name) for name in (*HOOKS, *_ALIASES)}
    hooks = {}
    for name, function in functions.items():
        if fold(name) not in known:
            raise ValueError(f"`{name}` is not a callback hook.{did_you_mean(name, [*HOOKS, *_ALIASES])}")
        if function is not None:
            hooks[known[fold(name)]] = function
    return hooks


class LambdaCallback(Callback):
    """A callback made of functions.

    Args:
        on_epoch_begin, on_epoch_end: take `(epoch, logs)`.
        on_train_begin, on_train_end: take `(logs)`.
        on_train_batch_begin, on_train_batch_end: take `(batch, logs)`.
        **kwargs: any other hook, in either spelling.

    >>> LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch)).on_epoch_end(3, {})
    3
    """

    def __init__(
        self,
        on_epoch_begin: Callable | None = None,
        on_epoch_end: Callable | None = None,
        on_train_begin: Callable | None = None,
        on_train_end: Callable | None = None,
        on_train_batch_begin: Callable | None = None,
        on_train_batch_end: Callable | None = None,
        **kwargs: Callable,
    ):
        given = {name: value for name, value in locals().items() if name.startswith("on_")}
        for name, function in hooks_by_name({**given, **kwargs}).items():
            setattr(self, name, function)
