"""Functions of users on elements: what they get, what is made of what they give, who calls them, and what errors say."""

import gc
import multiprocessing
import threading
import time
import traceback

import numpy as np
import pytest
import torch

from kerasish.data import AUTOTUNE, Dataset, TensorSpec


def lists(dataset: Dataset) -> list:
    return [element.tolist() for element in dataset]


def ended(count, before: int) -> bool:
    """Wait until no more are there than before."""
    deadline = time.monotonic() + 10
    while count() > before and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.02)
    return count() <= before


def processes() -> int:
    return len(multiprocessing.active_children())


def square_or_fail(number: torch.Tensor) -> torch.Tensor:
    if number == 5:
        raise KeyError("five is not wanted")
    return number * number


WORKERS = pytest.mark.parametrize(
    "workers",
    [{}, {"num_parallel_calls": 3}, {"num_parallel_calls": AUTOTUNE}, {"num_parallel_calls": 2, "use_multiprocessing": True}],
    ids=["here", "threads", "autotune", "processes"],
)


def test_functions_get_the_parts_of_tuples_and_dicts_whole() -> None:
    pairs = Dataset.from_tensor_slices((np.arange(3), np.arange(3) * 2))
    assert lists(pairs.map(lambda a, b: a + b)) == [0, 3, 6]
    named = pairs.map(lambda a, b: {"a": a, "b": [b, b]})
    assert [(e["a"].item(), e["b"].tolist()) for e in named] == [(0, [0, 0]), (1, [2, 2]), (2, [4, 4])]
    assert lists(named.filter(lambda element: element["a"] > 0).map(lambda element: element["b"])) == [[2, 2], [4, 4]]
    assert [part for part in Dataset.range(2).map(lambda n: ("text", np.float32(1), None))][0][::2] == ("text", None)


@WORKERS
def test_results_come_in_order_whoever_calls(workers: dict) -> None:
    dataset = Dataset.range(40).map(lambda n: n * 2, **workers)
    assert lists(dataset) == lists(dataset) == list(range(0, 80, 2)) and len(dataset) == 40
    assert dataset.element_spec == TensorSpec((), "int64")


@WORKERS
def test_an_error_reaches_the_user_with_the_place_where_it_was_raised(workers: dict) -> None:
    given = []
    with pytest.raises(KeyError, match="five is not wanted") as caught:
        for number in Dataset.range(20).map(square_or_fail, **workers).prefetch(2):
            given.append(int(number))
    assert given == [0, 1, 4, 9, 16]
    told = "".join(traceback.format_exception(caught.value))
    assert "in square_or_fail" in told and 'raise KeyError("five is not wanted")' in told
    assert ended(processes, 0)


def test_an_error_of_the_source_comes_after_what_was_under_way() -> None:
    def source():
        yield from range(3)
        raise OSError("the disk is gone")

    given = []
    with pytest.raises(OSError, match="the disk is gone"):
        for number in Dataset.from_generator(source).map(lambda n: n, num_parallel_calls=4):
            given.append(int(number))
    assert given == [0, 1, 2]


def test_threads_work_at_the_same_time_and_results_may_come_as_they_are_ready() -> None:
    meeting = threading.Barrier(3, timeout=20)

    def meet(number):
        meeting.wait()
        return number

    assert sorted(lists(Dataset.range(6).map(meet, num_parallel_calls=3))) == list(range(6))
    first_may_go = threading.Event()

    def last_first(number):
        if number == 0:
            assert first_may_go.wait(20)
        return number

    found = []
    for number in Dataset.range(6).map(last_first, num_parallel_calls=2, deterministic=False):
        found.append(int(number))
        if len(found) == 3:
            first_may_go.set()
    assert found[0] != 0 and sorted(found) == list(range(6))


def test_autotune_leaves_short_calls_where_they_are() -> None:
    callers = Dataset.range(30).map(lambda n: threading.get_ident() == main, num_parallel_calls=AUTOTUNE)
    main = threading.get_ident()
    assert all(lists(callers))


@pytest.mark.parametrize("workers", [{"num_parallel_calls": 2}, {"num_parallel_calls": 2, "use_multiprocessing": True}])
def test_an_iterator_left_midway_leaves_no_thread_and_no_process(workers: dict) -> None:
    threads, children = threading.active_count(), processes()
    closed = threading.Event()

    def source():
        try:
            while True:
                yield 1
        finally:
            closed.set()

    dataset = Dataset.from_generator(source).map(lambda n: n, **workers).batch(2).prefetch(3)
    iterator = iter(dataset)
    next(iterator)
    assert threading.active_count() > threads
    del iterator
    assert ended(threading.active_count, threads) and ended(processes, children)
    assert closed.wait(10)  # the user's generator was closed as well
    for _ in dataset:
        break
    assert ended(threading.active_count, threads) and ended(processes, children)


def test_prefetch_runs_ahead_by_its_buffer_and_not_further() -> None:
    made = []

    def source():
        for number in range(100):
            made.append(number)
            yield number

    iterator = iter(Dataset.from_generator(source).prefetch(4))
    assert next(iterator) == 0
    deadline = time.monotonic() + 10
    while len(made) < 6 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert len(made) == 6  # one taken, four ready, one in the hands of the thread
    assert [int(n) for n in iterator] == list(range(1, 100))


def test_a_filter_needs_a_truth_value() -> None:
    with pytest.raises(ValueError, match="must give True or False"):
        list(Dataset.from_tensor_slices(np.zeros((2, 2))).filter(lambda row: row > 0))


def test_take_while_scan_and_unique() -> None:
    ten = Dataset.range(10)
    assert lists(ten.take_while(lambda n: n < 3)) == [0, 1, 2]
    sums = ten.take(4).scan(torch.tensor(0), lambda total, n: (total + n, total + n))
    assert lists(sums) == lists(sums) == [0, 1, 3, 6]
    assert list(Dataset.from_tensor_slices(["b", "a", "b"]).unique()) == ["b", "a"]
    with pytest.raises(ValueError, match="tuple of the new state"):
        list(ten.scan(0, lambda total, n: total))


@pytest.mark.parametrize("threads", [None, 2])
def test_interleave_takes_blocks_in_turn_as_tf_data_documents(threads: int | None) -> None:
    dataset = Dataset.range(1, 6).interleave(
        lambda n: Dataset.from_tensors(n).repeat(6), cycle_length=2, block_length=4, num_parallel_calls=threads
    )
    order = [1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 3, 3, 4, 4, 5, 5, 5, 5, 5, 5]
    assert lists(dataset) == lists(dataset) == order
    with pytest.raises(TypeError, match="`map_func` must give a Dataset"):
        list(Dataset.range(2).interleave(lambda n: n))


def test_a_cache_calls_once_and_keeps_the_order_it_was_given() -> None:
    calls = []
    cached = Dataset.range(6).map(lambda n: calls.append(int(n)) or n).cache()
    next(iter(cached))  # left midway: nothing is kept
    calls.clear()
    assert lists(cached) == lists(cached) == lists(cached.repeat(2).take(6)) == calls == list(range(6))
    batches = cached.shuffle(6, seed=1).batch(4)
    assert sorted(sum(lists(batches), [])) == list(range(6)) and len(calls) == 6
    shuffled = Dataset.range(20).shuffle(20).cache()
    assert lists(shuffled) == lists(shuffled)
    ragged = Dataset.range(1, 4).map(lambda n: torch.ones(int(n))).cache()
    assert [len(row) for row in ragged] == [len(row) for row in ragged] == [1, 2, 3]
