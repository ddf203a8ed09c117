"""Strategies: TensorFlow's blocks around training on several devices. Each process trains on one here; DDP joins processes."""

import functools
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Any

import torch

from kerasish.core import default_device
from kerasish.tf._calls import left
from kerasish.tf._devices import device

_WAY = (
    "Start one process for each GPU with torchrun, and wrap the model, which is a torch module, in "
    "torch.nn.parallel.DistributedDataParallel."
)


class ReduceOp(str, Enum):
    """What becomes of the values of replicas."""

    SUM = "SUM"
    MEAN = "MEAN"


class Strategy:
    """One replica on one device: what is written for several runs as it is, with the whole batch.

    The `options` of its methods, which say how replicas meet, have no say.

    Args:
        place: the device, as `tf.device` takes it; the default one by default.

    >>> strategy = Strategy()
    >>> with strategy.scope():
    ...     strategy.num_replicas_in_sync, strategy.run(lambda a, b: a + b, args=(1, 2))
    (1, 3)
    """

    num_replicas_in_sync = 1

    def __init__(self, place: str | None = None):
        self._place = place

    @contextmanager
    def scope(self) -> Iterator["Strategy"]:
        """A block in which this is the strategy, and new Variables go to its device."""
        _entered.append(self)
        try:
            with device(default_device() if self._place is None else self._place):
                yield self
        finally:
            _entered.pop()

    def run(self, fn: Callable, args: tuple = (), kwargs: dict[str, Any] | None = None, options: Any = None) -> Any:
        """Call a function once, for the one replica."""
        with self.scope():
            return fn(*args, **(kwargs or {}))

    def reduce(self, reduce_op: Any, value: Any, axis: int | None) -> Any:
        """Give the value of the one replica, or the sum or mean of it along an axis."""
        kind = ReduceOp(str(getattr(reduce_op, "value", reduce_op)).upper())
        if axis is None:
            return value
        x = torch.as_tensor(value).as_subclass(torch.Tensor)
        return left(x.sum(axis) if kind is ReduceOp.SUM else x.mean(axis))

    def gather(self, value: Any, axis: int) -> Any:
        """Give the value of the one replica."""
        return value

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """Give the values of all replicas."""
        return (value,)

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """Give the Dataset: the one replica gets all of it."""
        return dataset

    def distribute_datasets_from_function(self, dataset_fn: Callable, options: Any = None) -> Any:
        """Give the Dataset that the function makes for the one replica."""
        return dataset_fn(InputContext())


class InputContext:
    """Which part of the data a pipeline is for: all."""

    num_input_pipelines, input_pipeline_id, num_replicas_in_sync = 1, 0, 1

    def get_per_replica_batch_size(self, global_batch_size: int) -> int:
        """Give the rows of a batch for a replica: all."""
        return global_batch_size


class ReplicaContext:
    """What a replica knows of the others: it is the only one."""

    num_replicas_in_sync, replica_id_in_sync_group = 1, 0

    def all_reduce(self, reduce_op: Any, value: Any, options: Any = None) -> Any:
        """Give the value: there is no other replica."""
        return value

    def merge_call(self, merge_fn: Callable, args: tuple = (), kwargs: dict[str, Any] | None = None) -> Any:
        """Call a function with the strategy, for all replicas together."""
        return merge_fn(get_strategy(), *args, **(kwargs or {}))


class OneDeviceStrategy(Strategy):
    """Train on one device.

    Args:
        device: TensorFlow's or torch's name of it.
    """

    def __init__(self, device: str):
        super().__init__(device)


class MirroredStrategy(Strategy):
    """Train on the one device that this process has. Where there are more GPUs it warns, and says how to use them.

    Args:
        devices: at most one; by default the first GPU, or the CPU.
        cross_device_ops: has no say: nothing crosses.

    Raises:
        ValueError: several devices are named.
    """

    def __init__(self, devices: Sequence[str] | None = None, cross_device_ops: Any = None):
        if devices is not None and len(devices) > 1:
            raise ValueError(f"A process trains on one device; received {list(devices)}. {_WAY}")
        if devices is None and torch.cuda.is_available() and torch.cuda.device_count() > 1:
            warnings.warn(f"One of the {torch.cuda.device_count()} GPUs is used. {_WAY}", stacklevel=2)
        super().__init__(devices[0] if devices else None)


_default = Strategy()
_entered: list[Strategy] = []


def get_strategy() -> Strategy:
    """Give the strategy of the block around, or one of a single device."""
    return _entered[-1] if _entered else _default


def has_strategy() -> bool:
    """Say whether a strategy's block is around."""
    return bool(_entered)


@functools.cache
def get_replica_context() -> ReplicaContext:
    """Give what the one replica knows of the others."""
    return ReplicaContext()


def in_cross_replica_context() -> bool:
    """Say whether this is outside of all replicas: never, as there is one."""
    return False
