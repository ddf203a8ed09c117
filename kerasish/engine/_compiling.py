"""Compiling: how a model is to be trained, and what can be asked of that."""

import warnings
from collections.abc import Mapping
from typing import Any

from kerasish._base._serialization import deserialize, serialize
from kerasish.engine._logs import Logs
from kerasish.engine._training_state import TrainingState
from kerasish.engine.programs import CompileReport, Programs
from kerasish.layers._layer_weights import held_by
from kerasish.metrics import Metric
from kerasish.optimizers import LossScaleOptimizer, as_optimizer


class Compiling:
    """The methods of a model that settle its training."""

    # Class attributes, so that a layer becomes trainable by this class standing before it among its bases.
    stop_training = stop_evaluating = stop_predicting = False
    _training: TrainingState | None = None

    def _prepare_training(self) -> None:
        self.__dict__.update(_training=None, _initial_epoch=None)
        self.stop_training = self.stop_evaluating = self.stop_predicting = False

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
        jit_options: dict[str, Any] | None = None,
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
            jit_compile: whether whole training steps are compiled, see `compile_report`. "auto" begins eagerly, compiles beside
                long trainings, and keeps what is right and faster; True compiles before the second step, and warns if that
                cannot be done; False never does.
            auto_scale_loss: scale the loss where the policy is mixed_float16.
            jit_options: settings of Inductor, torch's compiler, by their names in `torch._inductor.config`.

        Raises:
            ValueError: an unknown name (the message says what was probably meant), or a setting out of range.
        """
        if isinstance(steps_per_execution, bool) or not isinstance(steps_per_execution, int) or steps_per_execution < 1:
            raise ValueError(f"`steps_per_execution` must be a positive integer; received {steps_per_execution!r}.")
        _checked_jit(jit_compile)
        if run_eagerly and jit_compile is True:
            warnings.warn("`run_eagerly` and `jit_compile` cannot both be True; `jit_compile` is set to False.", stacklevel=2)
        jit_compile = False if run_eagerly else jit_compile
        if not isinstance(jit_options, dict | None) or not all(isinstance(key, str) for key in jit_options or ()):
            raise ValueError(f"`jit_options` must be a dict of Inductor's settings by name; received {jit_options!r}.")
        given = {key: value for key, value in locals().items() if key not in ("self", "__class__")}
        made = None if optimizer is None else as_optimizer(optimizer)
        if auto_scale_loss and made is not None and self._policy_name() == "mixed_float16":
            made = made if isinstance(made, LossScaleOptimizer) else LossScaleOptimizer(made, name="loss_scale_optimizer")
        state = TrainingState(made, given, getattr(self, "output_names", None))
        self.__dict__["_training"] = state
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

    @optimizer.setter
    def optimizer(self, value: Any) -> None:
        if self._training is None:
            Compiling.compile(self, value)
        else:
            self._training.optimizer, self._training.trained = as_optimizer(value), None

    @property
    def loss(self) -> Any:
        """The loss as it was given to `compile`, or set by a `compile` of one's own."""
        given = None if self._training is None else self._training.given["loss"]
        return self.__dict__.get("_own_loss", given)

    @loss.setter
    def loss(self, value: Any) -> None:
        self.__dict__["_own_loss"] = value

    @property
    def jit_compile(self) -> bool | str:
        """Whether training steps are compiled: True, False or "auto"; False before `compile`."""
        return self._training.given["jit_compile"] if self._training else False

    @jit_compile.setter
    def jit_compile(self, value: bool | str) -> None:
        state = self._compiled_state("setting `jit_compile`")
        state.given["jit_compile"] = _checked_jit(value)
        state.programs = Programs(value, state.given["jit_options"] or {})

    def compile_report(self) -> CompileReport:
        """Tell what became of the training steps: which were compiled, how long that took, what it gave, and why others were not.

        Raises:
            ValueError: not compiled.
        """
        return self._compiled_state("compile_report").programs.report

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
        # Those that a model inside has of its own are for its own training.
        layers = self._flatten_layers()  # type: ignore[attr-defined]
        owned = held_by((layer for layer in layers if layer is self or not isinstance(layer, Compiling)), Metric)
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
        return Logs(self._results_of_metrics)

    def _results_of_metrics(self) -> dict[str, Any]:
        results: dict[str, Any] = {}
        for metric in self.metrics:
            if metric is self._compile_metrics and not metric.built:
                continue
            value = metric.result()
            results.update(value) if isinstance(value, Mapping) else results.update({metric.name: value})
        return results

    def get_compile_config(self) -> dict[str, Any] | None:
        """What was given to `compile`, as files keep it; None before `compile`, and where it holds what no file can keep."""
        if self._training is None:
            return None
        config = dict(self._training.given)
        config["optimizer"] = self._training.optimizer
        del config["jit_options"]  # they belong to a machine
        try:
            return {key: serialize(value) for key, value in config.items()}
        except (TypeError, ValueError) as error:
            warnings.warn(
                f"What `compile` was given is not saved, so a loaded model must be compiled anew: {error}", stacklevel=3
            )
            return None

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as a file says, and make the optimizer's state ready to be loaded."""
        if type(self).compile is not Compiling.compile:
            warnings.warn(
                f"The model is not compiled: {type(self).__name__} has a `compile` of its own. Give it a `get_compile_config` "
                "and a `compile_from_config` too, or call `compile` after loading.",
                stacklevel=2,
            )
            return
        known = ("loss", "loss_weights", "metrics", "weighted_metrics")
        given = {key: deserialize(config[key]) for key in known if key in config}
        rest = ("run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss")
        plain = {key: config[key] for key in rest if key in config}
        self.compile(deserialize(config.get("optimizer")), **given, **plain)
        if self.optimizer is not None and self.built:  # type: ignore[attr-defined]
            self.optimizer.build(self.trainable_variables)  # type: ignore[attr-defined]

    def _compiled_state(self, method: str) -> TrainingState:
        if self._training is None:
            raise ValueError(f"Call `compile(optimizer=…, loss=…)` before `{method}`.")
        return self._training


def _checked_jit(value: Any) -> bool | str:
    if value is not True and value is not False and value != "auto":
        raise ValueError(f"`jit_compile` must be True, False or 'auto'; received {value!r}.")
    return value
