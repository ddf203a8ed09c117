"""The Data API of TensorFlow.js: one test for each numbered promise of the guides (the number is in the name)."""

import asyncio

import pytest

import kerasish.tfjs as tf


def counting(stop):
    def numbers():
        for i in range(stop):
            yield tf.tensor([i])

    return tf.data.generator(numbers)


def values(ds):
    return [element.arraySync() for element in ds.toArray()]


def test_80_generators_are_called_anew():
    ds = counting(3)
    assert values(ds) == values(ds) == [[0], [1], [2]] and ds.size is None

    async def later():
        for i in range(3):
            await asyncio.sleep(0)
            yield tf.scalar(i)

    assert values(tf.data.generator(later)) == [0, 1, 2]
    with pytest.raises(TypeError, match="only once"):
        tf.data.generator(iter([1]))


def test_81_zip_stops_at_the_shortest():
    ds = tf.data.zip({"xs": counting(2), "ys": counting(5)})
    assert [{key: part.arraySync() for key, part in e.items()} for e in ds] == [{"xs": [0], "ys": [0]}, {"xs": [1], "ys": [1]}]
    assert [[part.arraySync() for part in e] for e in tf.data.zip([counting(1), counting(1)])] == [[[0], [0]]]
    with pytest.raises(TypeError, match="dict or a list"):
        tf.data.zip(counting(1))


def test_82_87_shuffle_and_batch():
    ds = counting(100).shuffle(100, "seed").batch(32)
    assert [batch.shape for batch in ds] == [[32, 1], [32, 1], [32, 1], [4, 1]]
    assert [batch.shape[0] for batch in counting(100).batch(32, smallLastBatch=False)] == [32, 32, 32]
    first, second = ([b.arraySync() for b in ds] for _ in range(2))
    assert first != second and sorted(sum(sum(first, []), [])) == list(range(100))


def test_83_batches_of_dicts():
    (batch,) = tf.data.array([{"a": 1, "b": [1, 2]}, {"a": 3, "b": [3, 4]}]).batch(2).toArray()
    assert batch["a"].arraySync() == [1, 3] and batch["b"].arraySync() == [[1, 2], [3, 4]]


def test_84_stages():
    ds = tf.data.array([1, 2, 3])
    assert values(ds.map(lambda x: x.mul(2)).filter(lambda x: x.dataSync()[0] > 2)) == [4, 6]
    assert values(ds.repeat(2).skip(1).take(4)) == [2, 3, 1, 2] and values(ds.concatenate(ds.take(1)).prefetch(2)) == [1, 2, 3, 1]

    async def doubled(x):
        return x.mul(2)

    assert values(ds.mapAsync(doubled)) == [2, 4, 6]
    seen = []
    ds.forEachAsync(lambda x: seen.append(float(x))).then(lambda _: seen.append("done"))
    assert seen == [1, 2, 3, "done"]

    async def program():
        collected = [float(x) async for x in ds]
        await ds.forEachAsync(lambda x: collected.append(0))
        iterator = await ds.iterator()
        return collected, (await iterator.next())["done"]

    assert asyncio.run(program()) == ([1, 2, 3, 0, 0, 0], False)


def test_85_csv(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,b,c\n1,2,3\n4,5,6\n")
    ds = tf.data.csv(f"file://{path}", columnConfigs={"c": {"isLabel": True}})
    assert ds.columnNames() == ["a", "b", "c"]
    assert [(e["xs"]["b"].arraySync(), e.ys["c"].arraySync()) for e in ds] == [(2, 3), (5, 6)]
    assert [e["a"].arraySync() for e in tf.data.csv(str(path))] == [1, 4]
    assert list(tf.data.TextLineDataset(path)) == ["a,b,c", "1,2,3", "4,5,6"]
    with pytest.raises(ValueError, match="on this machine"):
        tf.data.csv("https://host/rows.csv")


def test_85_func():
    left = [1, 2, None]
    assert values(tf.data.func(lambda: left.pop(0))) == [1, 2]
