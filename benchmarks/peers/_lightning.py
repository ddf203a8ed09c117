"""Lightning, with everything off that can be."""

import logging
from typing import Any

import numpy as np

from benchmarks.peers._torch_peer import TorchPeer
from benchmarks.workloads import Workload


class Lightning(TorchPeer):
    """A Trainer without logger, bar, summary and checkpoints; loss and metric are summed by hand: cheaper than `self.log`."""

    title, packages = "Lightning", ("lightning", "torch")

    def load(self, threads: int) -> None:
        super().load(threads)
        import lightning

        self.lightning = lightning
        for name in ("lightning", "lightning.pytorch", "lightning.fabric"):
            logging.getLogger(name).setLevel(logging.ERROR)

    def build(self, work: Workload, x: np.ndarray, y: np.ndarray) -> None:
        super().build(work, x, y)
        peer, torch, optimizer = self, self.torch, self.adam()

        class Trained(self.lightning.LightningModule):
            sums: Any

            def __init__(self) -> None:
                super().__init__()
                self.module = peer.module
                self.register_buffer("sums", torch.zeros(2))

            def training_step(self, batch: Any, index: int) -> Any:
                inputs, labels = batch
                outputs = self.module(inputs)
                loss = peer.loss(outputs, labels)
                with torch.no_grad():
                    self.sums += torch.stack([loss.detach() * len(inputs), peer.metric(outputs, labels).float()])
                return loss

            def predict_step(self, batch: Any, index: int) -> Any:
                return self.module(batch[0])

            def configure_optimizers(self) -> Any:
                return optimizer

        self.trained = Trained()

    def _trainer(self, epochs: int = 1) -> Any:
        off = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
        return self.lightning.Trainer(max_epochs=epochs, accelerator=self.device, devices=1, **off)

    def fit(self, rows: int, epochs: int = 1) -> dict[str, float]:
        self.trained.sums.zero_()
        self._trainer(epochs).fit(self.trained, self.loader(rows, self.work.batch, shuffle=True))
        loss, metric = (self.trained.sums / (rows * epochs)).tolist()
        return {"loss": loss, "metric": metric}

    def predict(self, rows: int, batch: int) -> np.ndarray:
        return self.torch.cat(self._trainer().predict(self.trained, self.loader(rows, batch, shuffle=False))).numpy()

    def predict_one(self) -> np.ndarray:
        return self.predict(1, 1)
