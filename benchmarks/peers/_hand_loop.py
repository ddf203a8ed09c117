"""The tuned hand-written loop, which every ratio is to."""

import numpy as np

from benchmarks.peers._torch_peer import TorchPeer
from benchmarks.workloads import Workload


class HandLoop(TorchPeer):
    """What an expert writes: batches by one gather, fused Adam, loss and metric summed on the device and read once an epoch."""

    title = "hand loop"

    def build(self, work: Workload, x: np.ndarray, y: np.ndarray) -> None:
        super().build(work, x, y)
        self.optimizer = self.adam(fused=True)

    def fit(self, rows: int, epochs: int = 1) -> dict[str, float]:
        torch, module, optimizer = self.torch, self.module, self.optimizer
        module.train()
        for _ in range(epochs):
            loss_sum, metric_sum = torch.zeros((), device=self.device), torch.zeros((), device=self.device)
            for index in torch.randperm(rows, device=self.device).split(self.work.batch):
                inputs, labels = self.x.index_select(0, index), self.y.index_select(0, index)
                outputs = module(inputs)
                loss = self.loss(outputs, labels)
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
                loss_sum.add_(loss.detach(), alpha=len(index))
                with torch.no_grad():
                    metric_sum.add_(self.metric(outputs, labels))
            results = {"loss": loss_sum.item() / rows, "metric": metric_sum.item() / rows}
        return results

    def predict(self, rows: int, batch: int) -> np.ndarray:
        module, results = self.module.eval(), None
        with self.torch.inference_mode():
            for start in range(0, rows, batch):
                outputs = module(self.x[start : min(start + batch, rows)])
                if results is None:
                    results = outputs.new_empty((rows, *outputs.shape[1:]))
                results[start : start + len(outputs)] = outputs
        assert results is not None
        return results.cpu().numpy()
