"""Dataset: where elements come from, which ones, in which order; as tf.data documents it."""

import gc
import threading
import time
from collections import namedtuple

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import kerasish
from kerasish.data import AUTOTUNE, INFINITE_CARDINALITY, UNKNOWN_CARDINALITY, Dataset, TensorSpec


def numbers(dataset: Dataset) -> list:
    """The elements as Python's lists and numbers."""
    return [element.tolist() for element in dataset]


def streamed(count: int) -> Dataset:
    """Numbers that are no rows of arrays: they come one by one."""
    return Dataset.from_generator(lambda: range(count))


BOTH = pytest.mark.parametrize("make", [Dataset.range, streamed], ids=["rows", "stream"])


# Where elements come from


def test_slices_keep_tuples_dicts_and_namedtuples() -> None:
    Pair = namedtuple("Pair", "a b")
    x = np.arange(6.0).reshape(3, 2)
    dataset = Dataset.from_tensor_slices({"x": x, "pair": Pair(torch.arange(3), ["p", "q", "r"])})
    last = list(dataset)[-1]
    assert last["x"].tolist() == [4.0, 5.0] and last["x"].dtype is torch.float64
    assert type(last["pair"]) is Pair and last["pair"].a.item() == 2 and last["pair"].b == "r"
    batch = next(iter(dataset.batch(2)))
    assert batch["x"].shape == (2, 2) and batch["pair"].b.tolist() == ["p", "q"]


def test_python_numbers_have_keras_dtypes_and_arrays_their_own() -> None:
    assert [Dataset.from_tensors(value).get_single_element().dtype for value in (1, 1.5, True, [1, 2], [0.5], 2**40)] == [
        torch.int32,
        torch.float32,
        torch.bool,
        torch.int32,
        torch.float32,
        torch.int64,
    ]
    assert Dataset.from_tensors(np.float64(1)).get_single_element().dtype is torch.float64


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((np.zeros(3), np.zeros(4)), "one number of rows; received 3, 4"),
        (np.float32(3), "single value"),
        ([[1, 2], [3]], "values of one shape"),
        ({"a": object()}, "of type object"),
        ((), "must hold data"),
    ],
)
def test_slices_that_cannot_be_are_told(data, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        Dataset.from_tensor_slices(data)


def test_changing_an_element_in_place_changes_nothing_else() -> None:
    x = torch.zeros(4, 2)
    for dataset in (Dataset.from_tensor_slices(x), Dataset.from_tensor_slices(x).batch(2), Dataset.from_tensors(x)):
        for kept in (dataset, dataset.cache(), dataset.cache().repeat(2), dataset.map(lambda row: row).cache()):
            for _ in range(3):
                for element in kept:
                    assert not element.any()
                    element += 1
    assert not x.any()


def test_a_generator_function_is_called_for_each_iteration_with_its_arguments() -> None:
    calls = []

    def count(to):
        calls.append(to)
        yield from range(to)

    dataset = Dataset.from_generator(count, args=(3,))
    assert numbers(dataset) == numbers(dataset) == [0, 1, 2] and calls == [3, 3]
    with pytest.raises(TypeError, match="Pass the function itself"):
        Dataset.from_generator(count(3))


def test_a_generator_may_use_its_memory_again() -> None:
    def rows():
        memory = np.zeros(2, "float32")
        for number in range(4):
            memory[:] = number
            yield memory

    assert sorted(map(tuple, numbers(Dataset.from_generator(rows).shuffle(4, seed=1)))) == [(n, n) for n in range(4)]


def test_a_signature_converts_and_holds_what_a_generator_gives() -> None:
    signature = (TensorSpec((None,), "float32"), TensorSpec((), "int64"))
    dataset = Dataset.from_generator(lambda: [([1, 2], 3), ([4], 5)], output_signature=signature)
    assert [(x.tolist(), x.dtype, y.dtype) for x, y in dataset] == [
        ([1.0, 2.0], torch.float32, torch.int64),
        ([4.0], torch.float32, torch.int64),
    ]
    assert dataset.element_spec == signature
    older = Dataset.from_generator(lambda: [(1, 2)], output_types=("float32", "int32"), output_shapes=((), None))
    assert older.element_spec == (TensorSpec((), "float32"), TensorSpec(None, "int32"))
    with pytest.raises(ValueError, match="must have shape"):
        list(Dataset.from_generator(lambda: [[[1.0]]], output_signature=signature[0]))
    with pytest.raises(ValueError, match="tuples of 2"):
        list(Dataset.from_generator(lambda: [1], output_signature=signature))


def test_a_memmap_that_may_not_be_written_is_read_in_batches(tmp_path) -> None:
    np.arange(20, dtype="float32").reshape(10, 2).tofile(tmp_path / "rows")
    data = np.memmap(tmp_path / "rows", dtype="float32", mode="r", shape=(10, 2))
    dataset = Dataset.from_tensor_slices((data, np.arange(10))).shuffle(10, seed=1).batch(4)
    rows = torch.cat([x for x, _ in dataset])
    assert sorted(rows[:, 0].tolist()) == list(range(0, 20, 2))
    for x, _ in dataset:
        x += 1  # memory of its own
    assert data[0, 0] == 0


def test_torch_data_sets_by_number_and_by_iteration() -> None:
    tensors = TensorDataset(torch.arange(4), torch.arange(4) * 2)
    assert [(int(a), int(b)) for a, b in Dataset.from_torch(tensors)] == [(0, 0), (1, 2), (2, 4), (3, 6)]
    loader = Dataset.from_torch(DataLoader(tensors, batch_size=3))
    assert len(loader) == 2 and [x.tolist() for x, _ in loader.unbatch().batch(2)] == [[0, 1], [2, 3]]
    assert [int(n) for n in DataLoader(Dataset.range(3), batch_size=None)] == [0, 1, 2]


def test_zip_ends_with_the_shortest_and_keeps_the_structure() -> None:
    dataset = Dataset.zip({"xs": Dataset.range(5), "ys": (Dataset.range(3), streamed(4))})
    assert dataset.cardinality() == UNKNOWN_CARDINALITY
    assert [(int(e["xs"]), int(e["ys"][0]), int(e["ys"][1])) for e in dataset] == [(n, n, n) for n in range(3)]
    assert len(Dataset.zip(Dataset.range(5), Dataset.range(3).repeat())) == 5
    with pytest.raises(TypeError, match="`zip` takes Datasets"):
        Dataset.zip(Dataset.range(3), [1, 2])


def test_counters_and_random_numbers_have_no_end() -> None:
    assert Dataset.counter(5, -2).cardinality() == INFINITE_CARDINALITY
    assert numbers(Dataset.counter(5, -2).take(3)) == [5, 3, 1]
    assert numbers(Dataset.range(0, -6, -2, output_type="int32")) == [0, -2, -4]
    assert numbers(Dataset.random(seed=1).take(3)) == numbers(Dataset.random(seed=1).take(3))
    again = Dataset.random(seed=1, rerandomize_each_iteration=True).take(3)
    assert numbers(again) != numbers(again)


def test_files_are_listed_in_order_or_shuffled(tmp_path) -> None:
    for name in "cab":
        (tmp_path / f"{name}.txt").write_text(name)
    listed = list(Dataset.list_files(tmp_path / "*.txt", shuffle=False))
    assert [path[-5:] for path in listed] == ["a.txt", "b.txt", "c.txt"]
    assert sorted(Dataset.list_files(str(tmp_path / "*.txt"), seed=1)) == listed
    with pytest.raises(FileNotFoundError, match="nothing matches"):
        Dataset.list_files(tmp_path / "*.csv")


# Which elements, in which order


@BOTH
def test_take_skip_shard_repeat_and_concatenate(make) -> None:
    assert numbers(make(10).skip(2).take(5).shard(2, 1)) == [3, 5]
    assert numbers(make(3).repeat(2).skip(1).batch(2)) == [[1, 2], [0, 1], [2]]
    assert numbers(make(3).repeat(2).shard(4, 1)) == [1, 2]
    assert numbers(make(3).repeat().take(7)) == [0, 1, 2, 0, 1, 2, 0]
    assert numbers(make(2).concatenate(make(3))) == [0, 1, 0, 1, 2]
    assert numbers(make(3).take(-1)) == [0, 1, 2] and numbers(make(3).skip(-1)) == numbers(make(3).take(0)) == []
    assert numbers(make(0).repeat()) == numbers(make(0).shuffle(3).repeat().batch(2)) == []
    assert [(int(n), int(e)) for n, e in make(2).enumerate(5)] == [(5, 0), (6, 1)]


def test_lengths_are_known_where_they_can_be() -> None:
    ten = Dataset.range(10)
    known = {
        3: ten.batch(3, drop_remainder=True),
        4: ten.batch(3),
        5: ten.shard(2, 1),
        6: ten.skip(4),
        7: ten.take(7),
        10: ten.batch(4).unbatch(),
        20: ten.repeat(2),
        0: ten.filter(bool).take(0),
        13: ten.concatenate(Dataset.range(3)),
    }
    for length, dataset in known.items():
        assert len(dataset) == dataset.cardinality() == length == len(list(dataset))
    assert ten.repeat().cardinality() == ten.repeat().batch(3).cardinality() == INFINITE_CARDINALITY
    assert ten.filter(bool).cardinality() == streamed(3).batch(2).cardinality() == UNKNOWN_CARDINALITY
    assert ten.repeat() and streamed(0)
    with pytest.raises(TypeError, match="has no end"):
        len(ten.repeat())
    with pytest.raises(TypeError, match="does not know"):
        len(streamed(3))


@BOTH
@pytest.mark.parametrize("buffer_size", [1, 2, 7, 100, 5000])
def test_a_shuffle_gives_each_element_once_and_none_before_its_buffer_reaches_it(make, buffer_size: int) -> None:
    order = numbers(make(300).shuffle(buffer_size, seed=3))
    assert sorted(order) == list(range(300))
    assert all(number < place + buffer_size for place, number in enumerate(order))
    assert (order == list(range(300))) == (buffer_size == 1)


@BOTH
def test_a_windowed_shuffle_draws_each_element_of_its_buffer_alike(make) -> None:
    firsts = [next(iter(make(20).shuffle(4, seed=seed))).item() for seed in range(2000)]
    counts = np.bincount(firsts)
    assert len(counts) == 4 and abs(counts - 500).max() < 100
    # How long an element waits is geometric with the chance 1/4: the first of the stream is last drawn from place 16 on.
    places = [numbers(make(20).shuffle(4, seed=seed)).index(0) for seed in range(600)]
    assert abs(np.mean([place < 4 for place in places]) - (1 - 0.75**4)) < 0.08


def test_seeds_settle_orders_and_each_iteration_has_its_own() -> None:
    def orders(*args, **kwargs):
        dataset = Dataset.range(50).shuffle(50, *args, **kwargs)
        return [numbers(dataset), numbers(dataset)]

    assert orders(7) == orders(7) and orders(7)[0] != orders(7)[1] and orders(7) != orders(8)
    fixed = orders(7, reshuffle_each_iteration=False)
    assert fixed[0] == fixed[1] and fixed == orders(7, reshuffle_each_iteration=False)
    unseeded = orders(reshuffle_each_iteration=False)
    assert unseeded[0] == unseeded[1]
    repeated = numbers(Dataset.range(50).shuffle(50).repeat(2))
    assert sorted(repeated[:50]) == list(range(50)) and repeated[:50] != repeated[50:]


def test_without_a_seed_orders_follow_the_global_seed_whatever_threads_do() -> None:
    def order():
        kerasish.random.set_random_seed(5)
        inner = Dataset.range(20).shuffle(20).repeat(3).prefetch(2)
        outer = Dataset.zip(inner, inner).interleave(lambda a, b: Dataset.from_tensors(a * 100 + b).repeat(2).shuffle(2))
        found = []
        for number in outer.prefetch(3):
            found.append(int(number))
            torch.rand(1)  # the program's own numbers, drawn beside
        return found

    assert order() == order()
    kerasish.random.set_random_seed(5)
    untouched = torch.rand(1)
    kerasish.random.set_random_seed(5)
    list(Dataset.range(4).shuffle(4, seed=1).batch(2))
    assert torch.equal(torch.rand(1), untouched)


def test_choosing_and_sampling_from_data_sets() -> None:
    parts = [Dataset.from_tensors(n).repeat() for n in (10, 20, 30)]
    choice = Dataset.from_tensor_slices(np.array([2, 0, 0, 1]))
    assert numbers(Dataset.choose_from_datasets(parts, choice)) == [30, 10, 10, 20]
    short = [Dataset.range(1), Dataset.range(5, 7)]
    turns = Dataset.from_tensor_slices([0, 0, 1, 0, 1])
    assert numbers(Dataset.choose_from_datasets(short, turns)) == [0]
    assert numbers(Dataset.choose_from_datasets(short, turns, stop_on_empty_dataset=False)) == [0, 5, 6]
    drawn = numbers(Dataset.sample_from_datasets(parts, [3, 1, 0], seed=1).take(400))
    assert set(drawn) == {10, 20} and abs(drawn.count(10) - 300) < 50
    assert sorted(numbers(Dataset.sample_from_datasets(short))) == [0, 5, 6]


# What a Dataset tells


def test_element_specs_know_sizes_that_stay_and_none_for_those_that_do_not() -> None:
    rows = Dataset.from_tensor_slices((np.zeros((5, 3), "float32"), ["a"] * 5))
    assert rows.element_spec == (TensorSpec((3,), "float32"), TensorSpec((), "string"))
    assert rows.batch(2).element_spec == (TensorSpec((None, 3), "float32"), TensorSpec((None,), "string"))
    assert rows.batch(2, True).unbatch().batch(2, True).element_spec[0] == TensorSpec((2, 3), "float32")
    mapped = rows.batch(2).map(lambda x, text: {"x": x.sum(-1), "first": x[0], "length": len(text)})
    assert mapped.element_spec == {
        "x": TensorSpec((None,), "float32"),
        "first": TensorSpec((3,), "float32"),
        "length": TensorSpec((), "int32"),
    }
    assert rows.enumerate().element_spec[0] == TensorSpec((), "int64")
    with pytest.raises(ValueError, match="without elements"):
        _ = streamed(0).element_spec


def test_reduce_for_each_numpy_and_the_single_element() -> None:
    pairs = Dataset.from_tensor_slices((np.arange(3), np.arange(3) * 2))
    assert pairs.reduce(0, lambda total, pair: total + pair[0] * pair[1]) == 10
    seen = []
    pairs.for_each(lambda a, b: seen.append(int(a + b)))
    assert seen == [0, 3, 6]
    assert all(isinstance(a, np.generic | np.ndarray) for a, _ in pairs.as_numpy_iterator())
    assert Dataset.from_tensors(5).get_single_element() == 5
    with pytest.raises(ValueError, match="it has more"):
        pairs.get_single_element()


def test_arguments_that_cannot_be_are_told() -> None:
    ten = Dataset.range(10)
    for wrong in (
        lambda: ten.batch(0),
        lambda: ten.batch(2.5),
        lambda: ten.shuffle(0),
        lambda: ten.shuffle(5, seed=0.5),
        lambda: ten.shard(2, 2),
        lambda: ten.take(-2),
        lambda: ten.map(abs, deterministic=False),
        lambda: ten.map(3),
        lambda: ten.concatenate([1]),
        lambda: Dataset([1, 2]),
        lambda: Dataset.sample_from_datasets([ten], [0.0]),
        lambda: ten.bucket_by_sequence_length(len, [5, 3], [1, 1, 1]),
    ):
        with pytest.raises((TypeError, ValueError), match="received"):
            wrong()


def test_repr_names_the_stages() -> None:
    assert repr(Dataset.range(5).shuffle(5).batch(2)) == "<Dataset Count.Shuffle.Batch, 3 elements>"


# Speed


def test_shuffled_batches_of_tensors_cost_about_a_gather() -> None:
    x, y = torch.randn(20_000, 20), torch.arange(20_000)
    dataset = Dataset.from_tensor_slices((x, y)).shuffle(20_000).repeat(1).batch(32).prefetch(AUTOTUNE)

    def by_hand():
        for index in torch.randperm(len(x)).split(32):
            yield x.index_select(0, index), y.index_select(0, index)

    def spent(make):
        begun = time.process_time()
        assert sum(1 for _ in make()) == 625
        return time.process_time() - begun

    ratios = sorted(spent(lambda: dataset) / spent(by_hand) for _ in range(9))
    assert ratios[len(ratios) // 2] < 2.5  # 1.1 where nothing else runs


def test_iterating_leaves_no_threads() -> None:
    before = threading.active_count()
    list(Dataset.range(10).map(lambda n: n, num_parallel_calls=2).prefetch(2))
    gc.collect()
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before
