"""Prefetching: the order of copies, waits and reuse, with stand-ins for CUDA's streams; and on a GPU, where there is one.

Without a GPU the stand-ins show the logic, not that CUDA does as it is told: the tests marked `on_gpu` have not run there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import kerasish as keras
from kerasish import layers
from kerasish._base import _tree
from kerasish.engine import _feeds, _prefetch
from kerasish.engine._feeds import ArrayFeed, IterableFeed, make_feed
from kerasish.engine._prefetch import CopyStream, is_sent, prefetched

on_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
CPU, CUDA = torch.device("cpu"), torch.device("cuda", 0)
X, Y = torch.arange(40.0).reshape(20, 2), torch.arange(20)


class LateCopies:
    """Stands for a CopyStream: what is sent holds nothing right until it is received, and pinned memory is noted."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.pinned: list[torch.Tensor] = []
        self.marks: list[Any] = []
        self._sent = 0

    def empty(self, shape: Any, dtype: torch.dtype) -> torch.Tensor:
        self.pinned.append(torch.empty(tuple(shape), dtype=dtype))
        return self.pinned[-1]

    def send(self, batch: Any) -> tuple[Any, Any]:
        number, self._sent = self._sent, self._sent + 1
        self.log.append(f"send {number}")
        blank = _tree.map_structure(lambda leaf: None if leaf is None else torch.zeros_like(leaf), batch)
        kept = _tree.map_structure(lambda leaf: None if leaf is None else leaf.clone(), batch)
        return blank, (number, kept)

    def receive(self, batch: Any, copied: Any) -> Any:
        number, kept = copied
        self.log.append(f"receive {number}")
        for place, leaf in zip(_tree.flatten(batch), _tree.flatten(kept), strict=True):
            if place is not None:
                place.copy_(leaf)
        return batch

    def mark(self) -> Any:
        log, number = self.log, len(self.marks)

        class Mark:
            def synchronize(self) -> None:
                log.append(f"wait for step {number}")

        self.marks.append(Mark())
        return self.marks[-1]


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> LateCopies:
    """Feeds for a GPU whose copies are stand-ins and whose memory takes nothing."""
    late = LateCopies()
    monkeypatch.setattr(_feeds, "copy_stream", lambda device: late)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (0, 0))
    return late


def parts(count: int) -> Iterator[tuple]:
    return ((torch.full((2,), float(i)), None) for i in range(count))


def test_a_batch_is_sent_before_the_one_ahead_of_it_is_given_and_received_when_it_is_asked_for() -> None:
    late = LateCopies()
    given = prefetched(parts(3), late, 1)  # type: ignore[arg-type]
    assert late.log == []
    assert next(given)[0].tolist() == [0, 0] and late.log == ["send 0", "send 1", "receive 0"]
    assert next(given)[0].tolist() == [1, 1] and late.log[3:] == ["send 2", "receive 1"]
    assert [x.tolist() for x, _ in given] == [[2, 2]] and late.log[5:] == ["receive 2"]


def test_without_any_ahead_nothing_is_read_that_was_not_asked_for() -> None:
    late, source = LateCopies(), parts(3)
    given = prefetched(source, late, 0)  # type: ignore[arg-type]
    next(given)
    assert late.log == ["send 0", "receive 0"] and next(source)[0].tolist() == [1, 1]


@pytest.mark.parametrize("count", [0, 1, 2, 5])
@pytest.mark.parametrize("ahead", [0, 1, 2])
def test_all_batches_come_once_and_in_order(count: int, ahead: int) -> None:
    found = [int(x[0]) for x, _ in prefetched(parts(count), LateCopies(), ahead)]  # type: ignore[arg-type]
    assert found == list(range(count))


def test_the_host_is_never_more_than_some_batches_ahead_of_the_gpu() -> None:
    late = LateCopies()
    for _ in prefetched(parts(12), late, 1):  # type: ignore[arg-type]
        pass
    waits = [entry for entry in late.log if entry.startswith("wait")]
    assert waits == [f"wait for step {i}" for i in range(12 - _prefetch._LEAD)]
    assert late.log.index("wait for step 0") == late.log.index(f"receive {_prefetch._LEAD}") - 1


def test_a_source_that_fails_does_so_after_the_batches_before() -> None:
    def failing() -> Iterator[tuple]:
        yield from parts(2)
        raise OSError("the disk is gone")

    given, found = prefetched(failing(), LateCopies(), 1), []  # type: ignore[arg-type]
    with pytest.raises(OSError, match="the disk is gone"):
        for x, _ in given:
            found.append(int(x[0]))
    assert found == [0, 1]


# Feeds.


@pytest.mark.parametrize("shuffle", [False, True, "batch"])
def test_arrays_that_do_not_fit_are_gathered_into_pinned_memory(copies: LateCopies, shuffle: Any) -> None:
    feed = ArrayFeed((X, {"a": Y, "b": [Y, None]}, None), 6, shuffle, CUDA)
    torch.manual_seed(3)
    found = list(feed)
    torch.manual_seed(3)
    want = list(ArrayFeed((X, {"a": Y, "b": [Y, None]}, None), 6, shuffle, CPU))
    assert len(copies.pinned) == 3 * 4 and copies.log[:3] == ["send 0", "send 1", "receive 0"]
    for (x, y, weight), (x_, y_, _) in zip(found, want, strict=True):
        assert torch.equal(x, x_) and torch.equal(y["a"], y_["a"]) and torch.equal(y["b"][0], y_["b"][0])
        assert y["b"][1] is None and weight is None


def test_rows_that_are_asked_for_are_sent_and_received_at_once(copies: LateCopies) -> None:
    feed = ArrayFeed((X, Y, None), 6, False, CUDA)
    x, y, _ = feed.rows_from(5, 4)
    assert torch.equal(x, X[5:9]) and torch.equal(y, Y[5:9]) and copies.log == ["send 0", "receive 0"]
    assert torch.equal(feed.first()[0], X[:6])


def test_an_iterator_is_not_read_ahead_so_that_the_next_run_finds_all_batches(copies: LateCopies) -> None:
    source = iter([(X[i : i + 5], Y[i : i + 5]) for i in range(0, 20, 5)])
    feed = IterableFeed(source, CUDA, None, endless=True)
    given = iter(feed)
    assert torch.equal(next(given)[0], X[:5]) and torch.equal(next(given)[0], X[5:10])
    assert torch.equal(next(source)[0], X[10:15])


def test_what_can_be_iterated_again_is_read_one_batch_ahead(copies: LateCopies) -> None:
    feed = make_feed(DataLoader(TensorDataset(X, Y), batch_size=8), device=CUDA)
    found = list(feed)
    assert copies.log[:3] == ["send 0", "send 1", "receive 0"] and torch.equal(torch.cat([x for x, _, _ in found]), X)


def test_a_source_may_use_its_memory_again(copies: LateCopies) -> None:
    class Refilled:
        def __iter__(self) -> Iterator[np.ndarray]:
            place = np.zeros((2, 1), "float32")
            for i in range(4):
                place[:] = i
                yield place

    assert [int(x[0]) for x, _, _ in IterableFeed(Refilled(), CUDA, None)] == [0, 1, 2, 3]


def test_a_loaders_own_pinned_memory_is_not_copied_again(copies: LateCopies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.Tensor, "is_pinned", lambda self: True)
    for source, copied in ((DataLoader(TensorDataset(X, Y), batch_size=10), 0), ([(X, Y)], 2)):
        copies.pinned.clear()
        assert torch.equal(torch.cat([x for x, _, _ in IterableFeed(source, CUDA, None)]), X)
        assert len(copies.pinned) == copied


def test_an_empty_source_is_told() -> None:
    with pytest.raises(ValueError, match="The data is empty: it gave no batch"):
        IterableFeed([], CPU, None).first()


def test_on_the_cpu_nothing_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_feeds, "copy_stream", None)
    feed = make_feed(X, Y, batch_size=10, device=CPU)
    assert feed.first()[0].data_ptr() == X.data_ptr()
    (batch,) = list(make_feed(iter([(X, Y)]), device=CPU))
    assert batch[0] is X


# CUDA's own calls.


class FakeCuda:
    """Stands for `torch.cuda`: streams and events that write down what is asked of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.log: list[str] = []
        self.now = "current"
        log = self.log

        class Event:
            def __init__(self, name: str = "", blocking: bool = False):
                self.name, self.blocking = name, blocking

            def record(self, stream: Any) -> None:
                self.name = f"mark on {stream.name}"

        class Stream:
            def __init__(self, name: str):
                self.name = name

            def record_event(self) -> Any:
                log.append(f"event on {self.name}")
                return Event("copied")

            def wait_event(self, event: Any) -> None:
                log.append(f"{self.name} waits for {event.name}")

        @contextmanager
        def stream(of: Any) -> Iterator[None]:
            before, self.now = self.now, of.name
            yield
            self.now = before

        def moved(tensor: torch.Tensor, device: torch.device, non_blocking: bool = False) -> torch.Tensor:
            if tensor.device != device:
                log.append(f"copy on {self.now}{', at once' if not non_blocking else ''}")
            return torch.empty_like(tensor, device=device) if tensor.device != device else tensor

        monkeypatch.setattr(torch.cuda, "Stream", lambda device: Stream("side"))
        monkeypatch.setattr(torch.cuda, "current_stream", lambda device: Stream("current"))
        monkeypatch.setattr(torch.cuda, "stream", stream)
        monkeypatch.setattr(torch.cuda, "Event", Event)
        monkeypatch.setattr(torch.Tensor, "to", moved)
        monkeypatch.setattr(torch.Tensor, "record_stream", lambda tensor, on: log.append(f"memory kept for {on.name}"))


def test_copies_are_made_on_their_stream_and_the_current_one_waits_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda, meta = FakeCuda(monkeypatch), torch.device("meta")
    copies = CopyStream(meta)
    batch, copied = copies.send((X, {"y": Y}, None))
    assert cuda.log == ["copy on side", "copy on side", "event on side"]
    cuda.log.clear()
    x, y, weight = copies.receive(batch, copied)
    assert cuda.log == ["current waits for copied", "memory kept for current", "memory kept for current"]
    assert x.device == y["y"].device == meta and x.shape == X.shape and weight is None
    mark = copies.mark()
    assert mark.name == "mark on current" and mark.blocking


def test_sparse_parts_go_by_the_current_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = FakeCuda(monkeypatch)
    copies, sparse = CopyStream(torch.device("meta")), torch.eye(3).to_sparse()
    assert not is_sent(sparse) and not is_sent(None) and is_sent(X)
    batch, copied = copies.send((sparse, None, None))
    assert cuda.log == ["event on side"] and batch[0] is sparse
    cuda.log.clear()
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, device: cuda.log.append("moved"))
    copies.receive(batch, copied)
    assert cuda.log == ["current waits for copied", "moved"]


# A GPU.


@on_gpu
@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_of_data_that_does_not_fit_are_right_while_the_gpu_is_busy(
    shuffle: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (0, 0))
    x = torch.arange(1 << 20, dtype=torch.float32).reshape(-1, 256)
    feed = ArrayFeed((x, torch.arange(len(x)), None), 64, shuffle, CUDA)
    work, wrong = torch.randn(2048, 2048, device=CUDA), torch.zeros((), device=CUDA)
    kept = []
    for rows, number, _ in feed:
        for _ in range(4):
            work = torch.tanh(work @ work)
        wrong += (rows[:, 0] != number * 256).sum()
        kept.append(rows)
    assert wrong.item() == 0 and x.is_pinned() is False
    assert torch.equal(torch.cat(kept).cpu().sort(0)[0], x)


@on_gpu
def test_data_that_fits_goes_to_the_gpu_once() -> None:
    feed = ArrayFeed((X, Y, None), 8, True, CUDA)
    assert feed._copies is None and all(leaf is None or leaf.is_cuda for leaf in feed._data)
    assert torch.equal(torch.cat([x for x, _, _ in feed]).sort(0)[0].cpu(), X)


@on_gpu
@pytest.mark.parametrize(
    "source", [lambda: DataLoader(TensorDataset(X, Y), batch_size=5, pin_memory=True), lambda: iter([(X, Y)])]
)
def test_batches_of_sources_come_to_the_gpu(source: Callable) -> None:
    found = list(make_feed(source(), device=CUDA))
    assert all(x.is_cuda and y.is_cuda for x, y, _ in found) and torch.equal(torch.cat([x for x, _, _ in found]).cpu(), X)


@on_gpu
def test_training_is_the_same_with_data_that_fits_and_data_that_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = []
    for fits in (True, False):
        if not fits:
            monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (0, 0))
        keras.utils.set_random_seed(0)
        net = keras.Sequential([keras.Input((2,)), layers.Dense(8, activation="relu"), layers.Dense(1)])
        net.compile("sgd", "mse")
        net.fit(X / 40, Y / 20.0, batch_size=4, epochs=2, verbose=0)
        weights.append(net.get_weights())
    for a, b in zip(*weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
