"""What peers share that train a plain torch module."""

from typing import Any

import numpy as np

from benchmarks.peers._peer import Peer
from benchmarks.workloads import Workload


class TorchPeer(Peer):
    """Holds the module and the data as tensors, and knows loss and metric."""

    packages = ("torch",)

    def load(self, threads: int) -> None:
        import torch

        from benchmarks.workloads import torch_models

        self.torch, self.models = torch, torch_models.MODELS
        torch.set_num_threads(threads)

    def build(self, work: Workload, x: np.ndarray, y: np.ndarray) -> None:
        self.torch.manual_seed(0)
        self.work, self.arrays = work, (x, y)
        self.x, self.y = (self.torch.from_numpy(part).to(self.device) for part in (x, y))
        self.one = x[:1].copy()
        self.one_on_device = self.x[:1].clone()
        self.module = self.models[work.model]().to(self.device)

    def adam(self, **options: Any) -> Any:
        """Adam with Keras's epsilon."""
        return self.torch.optim.Adam(self.module.parameters(), lr=1e-3, eps=1e-7, **options)

    def loss(self, outputs: Any, labels: Any) -> Any:
        """The mean loss of a batch."""
        functional = self.torch.nn.functional
        if self.work.task == "classes":
            return functional.cross_entropy(outputs, labels)
        if self.work.task == "binary":
            return functional.binary_cross_entropy_with_logits(outputs, labels)
        return functional.mse_loss(outputs, labels)

    def metric(self, outputs: Any, labels: Any) -> Any:
        """The metric, summed over a batch."""
        if self.work.task == "classes":
            return (outputs.argmax(-1) == labels).sum()
        if self.work.task == "binary":
            return ((outputs > 0) == (labels > 0.5)).sum()
        return (outputs - labels).abs().sum()

    def loader(self, rows: int, batch: int, shuffle: bool) -> Any:
        """The usual DataLoader over the first rows."""
        data = self.torch.utils.data
        return data.DataLoader(data.TensorDataset(self.x[:rows], self.y[:rows]), batch_size=batch, shuffle=shuffle)

    def predict_one(self) -> np.ndarray:
        self.module.eval()
        with self.torch.inference_mode():
            return self.module(self.torch.from_numpy(self.one).to(self.device)).cpu().numpy()

    def call_one(self) -> Any:
        with self.torch.inference_mode():
            return self.module(self.one_on_device).cpu()
