"""Feeds: data of any kind as batches."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from kerasish.data import PyDataset
from kerasish.engine._feeds import make_feed

CPU = torch.device("cpu")
X, Y = np.arange(20, dtype="float32").reshape(10, 2), np.arange(10)


def batches(x: object, y: object = None, **options: object) -> list:
    return list(make_feed(x, y, device=CPU, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("wrap", [np.asarray, torch.as_tensor, pd.DataFrame, lambda a: [a], lambda a: {"x": a}])
def test_arrays_of_all_kinds_come_in_batches_in_order(wrap: object) -> None:
    feed = make_feed(wrap(X), Y, batch_size=4, device=CPU)  # type: ignore[operator]
    found = list(feed)
    assert feed.length == len(found) == 3 and [len(y) for _, y, _ in found] == [4, 4, 2]
    first = found[0][0]
    first = next(iter(first.values())) if isinstance(first, dict) else first[0] if isinstance(first, list) else first
    assert first.tolist() == X[:4].tolist()


def test_a_shuffled_epoch_has_every_row_once_with_its_label() -> None:
    seen = [
        (x, y) for xs, ys, _ in batches(X, Y, batch_size=3, shuffle=True) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)
    ]
    assert sorted(y for _, y in seen) == list(range(10)) and all(x == X[y].tolist() for x, y in seen)
    assert [y for _, y in seen] != list(range(10))


def test_shuffling_batches_keeps_rows_together() -> None:
    found = [ys.tolist() for _, ys, _ in batches(X, Y, batch_size=2, shuffle="batch")]
    assert sorted(found) == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]] and found != sorted(found)


def test_doubles_become_floats_and_whole_numbers_stay() -> None:
    x, y, weight = make_feed(X.astype("float64"), Y, np.ones(10), batch_size=10, device=CPU).first()
    assert x.dtype is torch.float32 and y.dtype is torch.int64 and weight.dtype is torch.float32


@pytest.mark.parametrize(
    ("source", "length"),
    [
        (lambda: DataLoader(TensorDataset(torch.as_tensor(X), torch.as_tensor(Y)), batch_size=5), 2),
        (lambda: TensorDataset(torch.as_tensor(X), torch.as_tensor(Y)), 1),
        (lambda: ((X[i : i + 5], Y[i : i + 5]) for i in (0, 5)), None),
    ],
)
def test_sources_of_batches(source: object, length: int | None) -> None:
    feed = make_feed(source(), device=CPU)  # type: ignore[operator]
    assert feed.length == length
    first = feed.first()
    found = list(feed)
    assert torch.equal(first[0], found[0][0]) and sum(len(y) for _, y, _ in found) == 10 and found[0][2] is None


@pytest.mark.parametrize("workers", [1, 3])
def test_a_py_dataset_gives_its_batches_in_order_and_is_told_when_an_epoch_ends(workers: int) -> None:
    ended = []

    class Tens(PyDataset):
        def __len__(self) -> int:
            return 4

        def __getitem__(self, index: int) -> tuple:
            return np.full((2, 1), index), np.zeros(2)

        def on_epoch_end(self) -> None:
            ended.append(1)

    feed = make_feed(Tens(workers=workers), device=CPU)
    assert [int(x[0, 0]) for x, _, _ in feed] == [0, 1, 2, 3] and feed.length == 4
    feed.epoch_end()
    assert ended == [1]


@pytest.mark.parametrize("labels", [np.array([0, 1, 2, 1]), np.array([[0], [1], [2], [1]]), np.eye(3)[[0, 1, 2, 1]]])
def test_class_weights_weigh_rows_of_any_kind_of_labels(labels: np.ndarray) -> None:
    ((_, _, weight),) = list(make_feed(np.zeros((4, 1)), labels, class_weight={0: 2.0, 1: 3.0}, device=CPU))
    assert weight.tolist() == [2, 3, 1, 3]
    ((_, _, both),) = list(make_feed(np.zeros((4, 1)), labels, np.full(4, 0.5), class_weight={0: 2.0, 1: 3.0}, device=CPU))
    assert both.tolist() == [1, 1.5, 0.5, 1.5]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(x=X, y=Y[:5]), "`x` 10, `y` 5"),
        (dict(x=X[:0], y=Y[:0]), "empty"),
        (dict(x=[1, 2, 3]), "Make an array of it"),
        (dict(x="text"), "must be an array"),
        (dict(x=np.array(["a", "b"])), "Map its values to numbers"),
        (dict(x=(b for b in [X]), y=Y), "`y` must be None when `x` is a generator"),
        (dict(x=(b for b in [X]), batch_size=3), "`batch_size` must be None"),
        (dict(x=X, batch_size=0), "`batch_size` must be a positive integer; received 0"),
        (dict(x=X, y=Y, class_weight={}), "`class_weight` must be a dict"),
    ],
)
def test_data_that_cannot_be_is_told(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_feed(**arguments, device=CPU)


def test_a_data_set_that_prepares_nothing_ahead_needs_no_queue():
    assert PyDataset(workers=0, max_queue_size=0).max_queue_size == 0
    for ahead in ({"workers": 2}, {"use_multiprocessing": True}):
        with pytest.raises(ValueError, match="`max_queue_size` 1 or more where batches are prepared ahead"):
            PyDataset(max_queue_size=0, **ahead)
