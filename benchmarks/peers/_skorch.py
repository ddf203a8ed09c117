"""skorch, without a validation split and without printing."""

from typing import Any

import numpy as np

from benchmarks.peers._torch_peer import TorchPeer
from benchmarks.workloads import Workload


class Skorch(TorchPeer):
    """A NeuralNet with Adam as it comes; it measures the loss alone, since a scorer costs it a pass more."""

    title, packages = "skorch", ("skorch", "torch")

    def load(self, threads: int) -> None:
        super().load(threads)
        import skorch

        self.skorch: Any = skorch

    def build(self, work: Workload, x: np.ndarray, y: np.ndarray) -> None:
        super().build(work, x, y)
        peer, torch = self, self.torch

        class Criterion(torch.nn.Module):
            def forward(self, outputs: Any, labels: Any) -> Any:
                return peer.loss(outputs, labels)

        self.net: Any = self.skorch.NeuralNet(
            self.module,
            criterion=Criterion,
            optimizer=torch.optim.Adam,
            optimizer__eps=1e-7,
            lr=1e-3,
            batch_size=work.batch,
            train_split=None,
            iterator_train__shuffle=True,
            verbose=0,
            device=self.device,
        )
        self.net.initialize()

    def fit(self, rows: int, epochs: int = 1) -> dict[str, float]:
        x, y = self.arrays
        self.net.partial_fit(x[:rows], y[:rows], epochs=epochs)
        return {"loss": float(self.net.history[-1]["train_loss"])}

    def predict(self, rows: int, batch: int) -> np.ndarray:
        self.net.set_params(batch_size=batch)
        outputs = self.net.predict(self.arrays[0][:rows])
        self.net.set_params(batch_size=self.work.batch)
        return outputs

    def predict_one(self) -> np.ndarray:
        return self.net.predict(self.one)
