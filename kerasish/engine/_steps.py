"""Steps: what training, measuring and predicting do with one batch. A subclass may override each."""

import inspect
from typing import Any

from torch import Tensor

from kerasish._base import _tree
from kerasish.engine._activation_check import warn_of_probabilities
from kerasish.engine._compiling import Compiling
from kerasish.engine._data_tuples import unpack_x_y_sample_weight
from kerasish.engine._outputs import Outputs
from kerasish.engine._training_state import TrainingState
from kerasish.layers._calling import alive


class Steps(Compiling):
    """The methods of a model that deal with one batch."""

    def train_step(self, data: Any) -> Any:
        """Learn from one batch: forward, loss, backward, optimizer, metrics. Override it to train another way.

        Args:
            data: `(x, y, sample_weight)`, or `(x, y)`, or `(x,)`.

        Returns:
            A dict of the metrics' values.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        self._drop_gradients()
        y_pred = self._call_model(x)
        loss = self._call_compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=True)
        self._backward(loss)
        self._update_weights()
        return self._count(loss, x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> Any:
        """Measure one batch: forward, loss, metrics."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        return self._measure_outputs(x, y, self._call_model(x), sample_weight)

    def predict_step(self, data: Any) -> Any:
        """Give the outputs for one batch."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self._call_model(x)

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
                state.loss.look_at(y, y_pred)
                warn_of_probabilities(self, state.loss.placed)
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

    def _call_compute_loss(self, **arguments: Any) -> Tensor:
        """`compute_loss`, of whatever signature the subclass gave it."""
        accepts = self.__dict__.get("_loss_arguments")
        if accepts is None:
            accepts = self.__dict__["_loss_arguments"] = _accepted(type(self).compute_loss)
        if accepts:
            arguments = {key: value for key, value in arguments.items() if key in accepts}
        return self.compute_loss(**arguments)

    def _call_model(self, x: Any) -> Any:
        """Call the model, in the training mode that it is in: a profile times this."""
        return self(x)  # type: ignore[operator]

    # The parts of `train_step`, which a profile times one by one. Gradients stay after a step where somebody may look at them,
    # but not longer than to the next forward pass, which needs the memory.

    def _drop_gradients(self) -> None:
        state = self._training
        assert state is not None
        for variable in state.trained or ():
            variable.grad = None

    def _backward(self, loss: Tensor) -> None:
        state = self._training
        assert state is not None
        if state.optimizer is None:
            raise ValueError("Training needs an optimizer: compile(optimizer='adam', …).")
        if state.trained is None:
            # Only now has the model been called, which may have made its weights.
            state.trained = self.trainable_variables  # type: ignore[attr-defined]
            self._drop_gradients()
        if state.trained:
            state.optimizer.scale_loss(loss).backward()

    def _update_weights(self) -> None:
        state = self._training
        assert state is not None and state.optimizer is not None
        if state.trained:
            state.optimizer.apply([variable.grad for variable in state.trained], state.trained)
            if state.optimizer.owns_gradients:
                self._drop_gradients()

    def _measure_outputs(self, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> dict[str, Any]:
        """Take a batch into account whose outputs are there, and give the values of all means and metrics."""
        loss = self._call_compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=False)
        return self._count(loss, x, y, y_pred, sample_weight)

    def _count(self, loss: Tensor, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> dict[str, Any]:
        """Count a batch in the loss's mean and the metrics, and give the values of all."""
        state = self._training
        assert state is not None
        state.tracker.update_state(loss.detach(), _rows(x))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def _extra_losses(self, state: TrainingState) -> list[Tensor]:
        """What layers added while they were called, and the regularizers of the weights."""
        extra = []
        if alive.losses != state.losses_seen:
            state.losses_seen = alive.losses
            extra = [loss for layer in self._flatten_layers() for loss in layer._added_losses]  # type: ignore[attr-defined]
        return extra + [regularizer(weight) for regularizer, weight in state.regularized]


def _rows(x: Any) -> int:
    if isinstance(x, Tensor):
        return x.shape[0]
    return next((leaf.shape[0] for leaf in _tree.flatten(x) if isinstance(leaf, Tensor) and leaf.dim()), 1)


def _accepted(method: Any) -> set[str] | None:
    parameters = inspect.signature(method).parameters.values()
    return None if any(p.kind is p.VAR_KEYWORD for p in parameters) else {p.name for p in parameters}
