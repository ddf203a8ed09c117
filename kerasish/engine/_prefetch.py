"""Prefetching: batches go to a GPU on a stream of copies, while the steps before them are computed there."""

from collections import deque
from collections.abc import Iterable, Iterator
from functools import cache
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
        """Pinned memory, to be filled and sent. torch uses it again when it was let go and the copies from it are done."""
        return torch.empty(tuple(shape), dtype=dtype, pin_memory=True)

    def send(self, batch: Any) -> tuple[Any, Any]:
        """Begin to copy what lies in pinned memory.

        Args:
            batch: a tree of tensors; those that `is_sent` is not true of are moved by `receive`.

        Returns:
            The tree, not to be touched before `receive`, and the event that the copies are done.
        """
        with torch.cuda.stream(self._stream):
            sent = _tree.map_structure(
                lambda leaf: leaf.to(self.device, non_blocking=True) if is_sent(leaf) else leaf,
                batch,
            )
            return sent, self._stream.record_event()

    def receive(self, batch: Any, copied: Any) -> Any:
        """Let the current stream wait for the copies, and keep their memory until what it does with them is done."""
        current = torch.cuda.current_stream(self.device)
        current.wait_event(copied)
        return _tree.map_structure(lambda leaf: self._received(leaf, current), batch)

    def _received(self, leaf: Any, current: Any) -> Any:
        if leaf is None:
            return None
        if leaf.layout is not torch.strided or leaf.device.type != self.device.type:
            return leaf.to(self.device)
        leaf = leaf.to(self.device)  # from another GPU, that is
        leaf.record_stream(current)
        return leaf

    def mark(self) -> Any:
        """An event after all that is queued on the current stream, to be waited for by the host."""
        event = torch.cuda.Event(blocking=True)
        event.record(torch.cuda.current_stream(self.device))
        return event


def is_sent(leaf: Any) -> bool:
    """Say whether a part of a batch goes by the stream of copies: what lies on the host, and is no sparse tensor."""
    return leaf is not None and leaf.is_cpu and leaf.layout is torch.strided


@cache
def copy_stream(device: torch.device) -> CopyStream:
    """The stream of copies to a GPU: one for all runs, since memory belongs to the stream that it was first used on."""
    return CopyStream(device)


def prefetched(batches: Iterable[Any], copies: CopyStream, ahead: int) -> Iterator[Any]:
    """Batches on the device, each copied while those before it are computed.

    Nothing is read before it is wanted but what is said here: should the source fail, the batches before come first.

    Args:
        batches: trees of tensors, pinned where `is_sent` is true of them.
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
