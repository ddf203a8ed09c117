"""Datasets beside tf.data: the same elements in the same order, where nothing is random."""

from typing import Any

import numpy as np
import pytest

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
