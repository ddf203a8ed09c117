"""The loop of the tutorials."""

import numpy as np

from benchmarks.peers._torch_peer import TorchPeer
from benchmarks.workloads import Workload


class TorchLoop(TorchPeer):
    """What most people write: a DataLoader, Adam as it comes, loss and metric read after each step."""

    title = "usual torch loop"

    def build(self, work: Workload, x: np.ndarray, y: np.ndarray) -> None:
        super().build(work, x, y)
        self.optimizer = self.adam()

    def fit(self, rows: int, epochs: int = 1) -> dict[str, float]:
        self.module.train()
        for _ in range(epochs):
            loss_sum = metric_sum = 0.0
            for inputs, labels in self.loader(rows, self.work.batch, shuffle=True):
                self.optimizer.zero_grad()
                outputs = self.module(inputs)
                loss = self.loss(outputs, labels)
                loss.backward()
                self.optimizer.step()
                loss_sum += loss.item() * len(inputs)
                metric_sum += self.metric(outputs, labels).item()
            results = {"loss": loss_sum / rows, "metric": metric_sum / rows}
        return results

    def predict(self, rows: int, batch: int) -> np.ndarray:
        self.module.eval()
        with self.torch.no_grad():
            parts = [self.module(inputs).cpu().numpy() for inputs, _ in self.loader(rows, batch, shuffle=False)]
        return np.concatenate(parts)
