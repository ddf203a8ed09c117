"""Groups by a key, and classes that come as often as wanted."""

import pytest
import torch

from kerasish import random
from kerasish.data import AUTOTUNE, Dataset


def test_groups_come_as_they_fill_up_and_the_rest_by_their_keys() -> None:
    def sized(key) -> int:
        return 1 + int(key)

    groups = Dataset.range(10).group_by_window(lambda n: n % 3, lambda key, group: group.batch(9), window_size_func=sized)
    assert [group.tolist() for group in groups] == [[0], [3], [1, 4], [6], [2, 5, 8], [9], [7]]
    repeated = Dataset.range(2).group_by_window(lambda n: n, lambda key, group: group.repeat(int(key) + 1), 1)
    assert [int(n) for n in repeated] == [0, 1, 1]
    pairs = Dataset.range(4).map(lambda n: (n, -n)).group_by_window(lambda n, m: n % 2, lambda key, group: group.batch(2), 2)
    assert [[part.tolist() for part in pair] for pair in pairs] == [[[0, 2], [0, -2]], [[1, 3], [-1, -3]]]


def test_groups_need_one_size_and_a_data_set() -> None:
    ten = Dataset.range(10)
    with pytest.raises(ValueError, match="`window_size` or `window_size_func`; received None and None"):
        ten.group_by_window(abs, abs)
    with pytest.raises(TypeError, match="`reduce_func` must give a Dataset"):
        list(ten.group_by_window(lambda n: 0, lambda key, group: 3, 2))
    with pytest.raises(ValueError, match="`window_size_func` must be an integer of at least 1; received 0"):
        list(ten.group_by_window(lambda n: 0, lambda key, group: group, window_size_func=lambda key: 0))


@pytest.mark.parametrize("given", [None, [0.9, 0.1]])
def test_classes_come_as_often_as_wanted(given) -> None:
    uneven = Dataset.range(4000).map(lambda n: (n, n % 10 == 0))
    kept = uneven.rejection_resample(lambda n, rare: int(rare), [0.25, 0.75], given, seed=3)
    kinds = [(int(kind), bool(rare)) for kind, (_, rare) in kept]
    assert all(kind == rare for kind, rare in kinds)
    assert sum(kind for kind, _ in kinds) / len(kinds) == pytest.approx(0.75, abs=0.06)
    # All of the class that is most wanted are kept, once its share is known.
    assert sum(kind for kind, _ in kinds) == (400 if given else pytest.approx(400, abs=20))
    assert [int(n) for _, (n, _) in kept] == [int(n) for _, (n, _) in kept]


def test_what_is_left_out_follows_the_global_seed() -> None:
    data = Dataset.range(100).rejection_resample(lambda n: n % 2, [0.5, 0.5], [0.8, 0.2])
    runs = []
    for _ in range(2):
        random.set_random_seed(4)
        runs.append([int(n) for _, n in data])
    assert runs[0] == runs[1] and [int(n) for _, n in data] != runs[0]
    with pytest.raises(ValueError, match="shares of 0 or more that sum to 1"):
        data.rejection_resample(abs, [0.5, 0.6])
    with pytest.raises(ValueError, match="classes from 0 to 1; it gave 2"):
        list(Dataset.range(3).rejection_resample(lambda n: n, [0.5, 0.5]))


@pytest.mark.parametrize("workers", [{}, {"num_parallel_calls": 2}, {"num_parallel_calls": 2, "use_multiprocessing": True}])
def test_elements_whose_call_fails_are_left_out(workers, caplog) -> None:
    quotients = Dataset.range(-2, 3).map(lambda n: 4 // int(n), **workers)
    with pytest.raises(ZeroDivisionError):
        list(quotients)
    assert [int(n) for n in quotients.ignore_errors()] == [-2, -4, 4, 2] and not caplog.records
    assert quotients.ignore_errors().cardinality() == -2
    if not workers:
        assert len(list(quotients.ignore_errors(log_warning=True))) == 4 and "ZeroDivisionError" in caplog.text
    with pytest.raises(ValueError, match="right behind a `map`"):
        quotients.batch(2).ignore_errors()


def test_batches_may_be_stacked_in_threads() -> None:
    rows = Dataset.from_generator(lambda: (torch.full((3,), n) for n in range(20)))
    expected = [batch.tolist() for batch in rows.batch(6)]
    for calls in (1, 3, AUTOTUNE):
        assert [batch.tolist() for batch in rows.batch(6, num_parallel_calls=calls)] == expected
    loose = rows.batch(6, drop_remainder=True, num_parallel_calls=2, deterministic=False)
    assert sorted(batch.tolist() for batch in loose) == expected[:3]
    with pytest.raises(ValueError, match="`num_parallel_calls` must be an integer of at least 1; received 0"):
        rows.batch(2, num_parallel_calls=0)
