"""PyDataset: batches by number, prepared by workers ahead of the training."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import torch


class PyDataset:
    """A data set whose `ds[i]` is the i-th batch. Subclass it: write `__getitem__`, and `__len__` or `num_batches`.

    Args:
        workers: how many batches are prepared at the same time, ahead of the training.
        use_multiprocessing: prepare them in processes instead of threads; the data set is then pickled.
        max_queue_size: how many prepared batches wait at most; 0 will do where `workers` is 0 or 1.

    >>> class Squares(PyDataset):
    ...     def __len__(self):
    ...         return 2
    ...     def __getitem__(self, index):
    ...         return torch.tensor([index]), torch.tensor([index**2])
    >>> [y.item() for x, y in Squares().batches()]
    [0, 1]
    """

    # Class attributes serve subclasses whose `__init__` does not call this one.
    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10):
        ahead = workers > 1 or use_multiprocessing
        if workers < 0 or max_queue_size < (1 if ahead else 0):
            raise ValueError(
                "`workers` must be 0 or more, and `max_queue_size` 1 or more where batches are prepared ahead; "
                f"received {workers}, {max_queue_size}."
            )
        self.workers, self.use_multiprocessing, self.max_queue_size = workers, use_multiprocessing, max_queue_size

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define `__getitem__(self, index)`: the batch of that number.")

    @property
    def num_batches(self) -> int | None:
        """The number of batches in an epoch; None if there is no end."""
        if type(self).__len__ is not PyDataset.__len__:
            return len(self)
        raise NotImplementedError(f"{type(self).__name__} must define `__len__` or `num_batches`.")

    def __len__(self) -> int:
        if type(self).num_batches is PyDataset.num_batches:
            raise TypeError(f"{type(self).__name__} must define `__len__` or `num_batches`.")
        count = self.num_batches
        if count is None:
            raise TypeError(f"{type(self).__name__} has no end, so it has no length.")
        return count

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""

    def batches(self, shuffle: bool = False) -> "Batches":
        """All batches of an epoch, each time it is iterated; in another order each time if `shuffle`."""
        return Batches(self, shuffle)


class Batches:
    """A PyDataset as something to iterate, with its workers at work while it is."""

    def __init__(self, dataset: PyDataset, shuffle: bool):
        self.dataset, self.shuffle = dataset, shuffle

    def on_epoch_end(self) -> None:
        """Tell the data set."""
        self.dataset.on_epoch_end()

    def __iter__(self) -> Iterator[Any]:
        dataset = self.dataset
        dataset.on_epoch_begin()
        count = dataset.num_batches
        order = torch.randperm(count).tolist() if self.shuffle and count is not None else None
        indices = iter(order) if order is not None else _counting(count)
        if dataset.workers <= 1 and not dataset.use_multiprocessing:
            return map(dataset.__getitem__, indices)
        pool = ProcessPoolExecutor if dataset.use_multiprocessing else ThreadPoolExecutor
        return _ahead(pool(max(1, dataset.workers)), dataset, indices)


def _counting(count: int | None) -> Iterator[int]:
    index = 0
    while count is None or index < count:
        yield index
        index += 1


def _ahead(pool: Executor, dataset: PyDataset, indices: Iterator[int]) -> Iterator[Any]:
    """Batches in order, some of them under way ahead; an iterator that is left behind cancels what waits."""
    waiting: deque = deque()
    try:
        for index in indices:
            waiting.append(pool.submit(dataset.__getitem__, index))
            if len(waiting) >= dataset.max_queue_size:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
