"""What peers share that are spelled like Keras."""

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from benchmarks.peers._peer import Peer
from benchmarks.workloads import Workload, keras_models


class KerasPeer(Peer):
    """Trains by `compile` and `fit`."""

    compile_options: ClassVar[dict[str, Any]] = {}

    @abstractmethod
    def library(self) -> Any:
        """Import the library."""

    def load(self, threads: int) -> None:
        self.keras = self.library()

    def build(self, work: Workload, x: np.ndarray, y: np.ndarray) -> None:
        keras, self.work, self.x, self.y = self.keras, work, x, y
        self.one = x[:1].copy()
        keras.utils.set_random_seed(0)
        self.model = keras_models.MODELS[work.model](keras)
        losses, metrics = keras.losses, keras.metrics
        loss, metric = {
            "classes": (losses.SparseCategoricalCrossentropy, metrics.SparseCategoricalAccuracy),
            "binary": (losses.BinaryCrossentropy, metrics.BinaryAccuracy),
            "regression": (losses.MeanSquaredError, metrics.MeanAbsoluteError),
        }[work.task]
        from_logits = {} if work.task == "regression" else {"from_logits": True}
        threshold = {"threshold": 0.0} if work.task == "binary" else {}
        self.model.compile(
            optimizer=keras.optimizers.Adam(1e-3),
            loss=loss(**from_logits),
            metrics=[metric(name="metric", **threshold)],
            **self.compile_options,
        )

    def fit(self, rows: int, epochs: int = 1) -> dict[str, float]:
        return self._fit(rows, epochs=epochs)

    def _fit(self, rows: int, **options: Any) -> dict[str, float]:
        x, y = self.x[:rows], self.y[:rows]
        history = self.model.fit(x, y, batch_size=self.work.batch, verbose=0, **options).history
        return {name: float(history[name][-1]) for name in ("loss", "metric")}

    def predict(self, rows: int, batch: int) -> np.ndarray:
        return self.model.predict(self.x[:rows], batch_size=batch, verbose=0)

    def predict_one(self) -> np.ndarray:
        return self.model.predict(self.one, verbose=0)

    def call_one(self) -> Any:
        return self.model(self.one)
