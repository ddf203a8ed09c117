"""What a peer is: one way to train the workloads, alone in a process of its own."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from benchmarks.workloads import Workload


class Peer(ABC):
    """One way to train, predict and call. `load`, then `build`, then anything else any number of times.

    Files of peers import no framework outside of `load`: the command line reads them all.
    """

    title: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    chosen: ClassVar[bool] = True  # measured unless `--peers` says what to measure
    device: str = "cpu"
    work: Workload

    @staticmethod
    def environment(threads: int) -> dict[str, str]:
        """The variables that the process starts with, besides the thread counts that all get."""
        return {}

    @abstractmethod
    def load(self, threads: int) -> None:
        """Import what it needs and have it use so many threads."""

    @abstractmethod
    def build(self, work: Workload, x: np.ndarray, y: np.ndarray) -> None:
        """Make the model and all that is made once."""

    @abstractmethod
    def fit(self, rows: int, epochs: int = 1) -> dict[str, float]:
        """Train on the first rows, in a new order each epoch; give the last epoch's "loss" and "metric", where it has them."""

    def warm_up(self, rows: int) -> dict[str, Any]:
        """Do what happens once or twice, such as compiling, and give what is to be told of it."""
        self.fit(min(rows, 2 * self.work.batch))
        self.fit(rows)
        return {}

    def first_batch(self, rows: int) -> float | None:
        """In a new process, train until one batch is done; give the seconds, or None for those of the whole call."""
        self.fit(min(rows, self.work.batch))
        return None

    @abstractmethod
    def predict(self, rows: int, batch: int) -> np.ndarray:
        """The outputs for the first rows, computed in batches, as one array."""

    @abstractmethod
    def predict_one(self) -> np.ndarray:
        """The outputs for one row, from array to array."""

    def call_one(self) -> Any:
        """Call the model on one row as in a loop of one's own, and wait for the outputs.

        Raises:
            NotImplementedError: the peer has no model of its own to call.
        """
        raise NotImplementedError
