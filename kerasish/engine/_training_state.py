"""What `compile` made, kept apart from the model: losses, metrics and optimizer are no part of its modules or `state_dict`."""

from typing import Any

from torch import Tensor

from kerasish.engine._compiled_loss import CompiledLoss
from kerasish.engine._compiled_metrics import CompiledMetrics
from kerasish.engine.programs import Programs
from kerasish.layers._calling import alive
from kerasish.metrics import Mean
from kerasish.optimizers import Optimizer


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
        self.programs = Programs(given["jit_compile"], given["jit_options"] or {})
        self.losses_seen, self.freezing_seen = alive.losses, alive.freezing

    def __getstate__(self) -> dict[str, Any]:
        # A copy belongs to another model: what is trained and compiled there is found when it is needed.
        return {**self.__dict__, "trained": None, "regularized": []}
