"""Datasets beside tf.data: the same elements in the same order, where nothing is random."""

from typing import Any

import numpy as np
import pytest
import torch

from kerasish.data import Dataset

tf = pytest.importorskip("tensorflow")

X = np.arange(22, dtype="float32").reshape(11, 2)

CHAINS = {
    "batch": lambda data, of: data.batch(4),
    "batch_drop": lambda data, of: data.batch(4, drop_remainder=True),
    "repeat_before_batch": lambda data, of: data.repeat(2).batch(4),
    "repeat_after_batch": lambda data, of: data.batch(4).repeat(2),
    "skip_take_shard": lambda data, of: data.skip(1).take(9).shard(3, 2),
    "enumerate": lambda data, of: data.enumerate(3),
    "window": lambda data, of: data.window(4, shift=3, stride=2).flat_map(lambda part: part.batch(4)),
    "window_drop": lambda data, of: data.window(4, 2, 1, True).flat_map(lambda part: part.batch(3)),
    "window_far": lambda data, of: data.window(2, shift=5).flat_map(lambda part: part.batch(2)),
    "rebatch": lambda data, of: data.batch(3).rebatch(4),
    "rebatch_several": lambda data, of: data.batch(4).rebatch([1, 2]),
    "rebatch_drop": lambda data, of: data.batch(3).rebatch(4, drop_remainder=True),
    "unbatch": lambda data, of: data.batch(3).unbatch(),
    "concatenate": lambda data, of: data.concatenate(data.take(2)).batch(5),
    "zip": lambda data, of: of.zip((data, {"a": of.range(5)})),
    "interleave": lambda data, of: data.interleave(lambda row: of.from_tensors(row).repeat(3), cycle_length=3, block_length=2),
    "interleave_uneven": lambda data, of: of.range(7).interleave(lambda n: of.range(n), cycle_length=3, block_length=2),
    "flat_map": lambda data, of: of.range(4).flat_map(lambda n: of.range(n)),
    "filter": lambda data, of: data.filter(lambda row: row[0] % 4 > 0).batch(2),
    "take_while": lambda data, of: data.take_while(lambda row: row[0] < 7),
    "scan": lambda data, of: data.scan(np.float32(1), lambda state, row: (state + row[0], row * state)),
    "cache_twice": lambda data, of: data.cache().repeat(2).batch(3),
    "padded": lambda data, of: data.batch(3).padded_batch(2, [5, None], np.float32(-1)),
    "batch_in_threads": lambda data, of: data.map(lambda row: row * 2).batch(4, num_parallel_calls=2),
    "interleave_in_threads": lambda data, of: of.range(5).interleave(
        lambda n: of.range(n), cycle_length=2, num_parallel_calls=2, deterministic=True
    ),
    "group_by_window": lambda data, of: data.group_by_window(
        lambda row: np.int64(3) * (row[0] > 9) if of is Dataset else tf.cast(row[0] > 9, tf.int64) * 3,
        lambda key, group: group.batch(3),
        window_size=3,
    ),
    "group_by_window_func": lambda data, of: of.range(11).group_by_window(
        lambda n: n % 3, lambda key, group: group.batch(9), window_size_func=lambda key: key + 1
    ),
    "bucket": lambda data, of: (
        of.range(1, 9)
        .map(lambda n: torch.ones(int(n)) if of is Dataset else tf.ones([n]))
        .bucket_by_sequence_length(lambda row: len(row) if of is Dataset else tf.shape(row)[0], [3, 6], [2, 2, 2])
    ),
    "choose": lambda data, of: of.choose_from_datasets([of.range(3), of.range(10, 12)], of.range(2).repeat(3), False),
    "counter": lambda data, of: of.counter(5, -2).take(4),
    "take_and_skip_all": lambda data, of: data.take(-1).concatenate(data.skip(-1)).batch(20),
    "ignore_errors": lambda data, of: (
        of.range(5).map(lambda n: 12 // n if of is Dataset else tf.math.floordiv(np.int64(12), n)).ignore_errors()
    ),
    "unique": lambda data, of: of.from_tensor_slices(np.array([3, 1, 3, 2, 1])).unique(),
}


def elements(data: Any) -> list:
    return [tf.nest.map_structure(np.asarray, element) for element in data.as_numpy_iterator()]


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("as_rows", [True, False], ids=["rows", "stream"])
def test_chains_give_what_tf_data_gives(name: str, as_rows: bool) -> None:
    ours, theirs = (of.from_tensor_slices(X) for of in (Dataset, tf.data.Dataset))
    if not as_rows:
        ours = Dataset.from_generator(lambda: X)
    ours, theirs = CHAINS[name](ours, Dataset), CHAINS[name](theirs, tf.data.Dataset)
    found, expected = elements(ours), elements(theirs)
    assert len(found) == len(expected)
    for mine, other in zip(found, expected):
        tf.nest.assert_same_structure(mine, other)
        for a, b in zip(tf.nest.flatten(mine), tf.nest.flatten(other)):
            np.testing.assert_array_equal(a, b)
    if as_rows and ours.cardinality() != -2 and int(theirs.cardinality()) != -2:
        assert ours.cardinality() == int(theirs.cardinality())


@pytest.mark.parametrize("keep", ["cache", "save", "snapshot"])
def test_folders_give_back_what_tf_datas_do(keep: str, tmp_path) -> None:
    def kept(of: Any, name: str) -> Any:
        data = of.range(9).map(lambda n: {"n": n, "pair": (n * 2, n > 3)})
        path = str(tmp_path / name)
        if keep == "save":
            data.save(path)
            return of.load(path)
        data = data.cache(path) if keep == "cache" else data.snapshot(path)
        assert len(list(data)) == 9
        return data

    found, expected = elements(kept(Dataset, "ours")), elements(kept(tf.data.Dataset, "theirs"))
    assert len(found) == 9
    for mine, other in zip(found, expected, strict=True):
        tf.nest.assert_same_structure(mine, other)
        assert [(a.dtype, a.tolist()) for a in tf.nest.flatten(mine)] == [(b.dtype, b.tolist()) for b in tf.nest.flatten(other)]


def test_resampled_classes_are_as_even_as_tf_datas() -> None:
    shares = []
    for of in (Dataset, tf.data.Dataset):
        kind = (lambda n: n % 10 == 0) if of is Dataset else (lambda n: tf.cast(n % 10 == 0, tf.int64))
        kept = of.range(3000).rejection_resample(kind, [0.5, 0.5], seed=1)
        kinds = [int(kind) for kind, _ in kept.as_numpy_iterator()]
        shares.append(sum(kinds) / len(kinds))
    assert shares == pytest.approx([0.5, 0.5], abs=0.08)


# What tf.data has that there is nothing for here, and why.
ABSENT = {
    "fingerprint": "functions are Python, of which no graph is taken",
    "options": "there is no runtime to set up",
    "with_options": "there is no runtime to set up",
    "ragged_batch": "there are no ragged tensors: padded_batch",
    "sparse_batch": "there are no sparse elements",
}


def test_every_method_of_tf_data_is_there_or_known_to_be_absent() -> None:
    theirs = {name for name in dir(tf.data.Dataset) if not name.startswith("_")}
    assert theirs - set(dir(Dataset)) == set(ABSENT)
