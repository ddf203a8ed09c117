"""Prefetching: batches go to a GPU on a stream of copies, while the steps before them are computed there."""

from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from kerasish._base import _tree

_LEAD = 8  # batches that the host may be ahead of the GPU: each of them takes memory there


class CopyStream:
    """Copies to one GPU on a stream of their own: work that is queued on other streams does not wait for them.

    Args:
        device: the GPU.
    """

    def __init__(self, device: torch.device):
        self.device = device
        self._stream = torch.cuda.Stream(device)

    def empty(self, shape: Iterable[int], dtype: torch.dtype) -> Tensor:
        """Pinned memory, to be filled and sent. torch uses it again once it is let go and its copies are done."""
        return torch.empty(tuple(shape), dtype=dtype, pin_memory=True)

    def send(self, batch: Any) -> tuple[Any, Any]:
        """Begin to copy a tree of tensors.

        Returns:
            The tree on the device, not to be touched before `receive`, and the event that the copies are done.
        """
        with torch.cuda.stream(self._stream):
            sent = _tree.map_structure(self._sent, batch)
            return sent, self._stream.record_event()

    def receive(self, batch: Any, copied: Any) -> Any:
        """Let the current stream wait for the copies, and keep their memory until what it does with them is done."""
        current = torch.cuda.current_stream(self.device)
        current.wait_event(copied)
        for leaf in _tree.flatten(batch):
            if leaf is not None:
                leaf.record_stream(current)
        return batch

    def mark(self) -> Any:
        """An event after all that is queued on the current stream, to be waited for by the host."""
        event = torch.cuda.Event(blocking=True)
        event.record(torch.cuda.current_stream(self.device))
        return event

    def _sent(self, leaf: Any) -> Any:
        if leaf is None or leaf.device.type == self.device.type:
            return leaf if leaf is None else leaf.to(self.device)
        return (leaf if leaf.is_pinned() else leaf.pin_memory()).to(self.device, non_blocking=True)


@lru_cache(maxsize=None)
def copy_stream(device: torch.device) -> CopyStream:
    """The stream of copies to a GPU: one for all runs, since memory belongs to the stream that it was first used on."""
    return CopyStream(device)


def prefetched(batches: Iterable[Any], copies: CopyStream, ahead: int) -> Iterator[Any]:
    """Batches on the device, each copied while those before it are computed.

    Nothing is read before it is wanted but what is said here: should the source fail, the batches before come first.

    Args:
        batches: trees of tensors.
        copies: what copies them.
        ahead: how many batches are taken from the source before they are asked for. Without any, a copy still goes on
            beside the steps that wait in the GPU's queue, but not beside a host that waits for the GPU.
    """
    under_way: deque[tuple[Any, Any]] = deque()
    used: deque[Any] = deque()

    def next_of_them() -> Any:
        if len(used) == _LEAD:
            used.popleft().synchronize()
        return copies.receive(*under_way.popleft())

    try:
        for batch in batches:
            under_way.append(copies.send(batch))
            del batch  # its pinned memory is free for the next
            if len(under_way) > ahead:
                yield next_of_them()
                used.append(copies.mark())
    except Exception:
        while under_way:
            yield next_of_them()
        raise
    while under_way:
        yield next_of_them()
