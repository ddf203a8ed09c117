"""Batches and windows: put together, filled up, taken apart, cut anew."""

import numpy as np
import pytest
import torch

from kerasish.data import Dataset, TensorSpec


def rows_of_length(*lengths: int) -> Dataset:
    return Dataset.from_generator(lambda: [torch.full((length,), length) for length in lengths])


def lists(dataset: Dataset) -> list:
    return [element.tolist() for element in dataset]


def test_the_last_batch_is_what_is_left_or_left_out() -> None:
    hundred = Dataset.from_tensor_slices(np.zeros((100, 2)))
    assert [len(batch) for batch in hundred.batch(32)] == [32, 32, 32, 4]
    assert [len(batch) for batch in hundred.batch(32, drop_remainder=True)] == [32, 32, 32]


def test_batches_of_shuffled_rows_keep_rows_of_all_parts_together() -> None:
    data = {"x": np.arange(50.0), "y": (np.arange(50) * 2, [str(n) for n in range(50)])}
    seen = []
    for batch in Dataset.from_tensor_slices(data).shuffle(20, seed=1).repeat(2).skip(3).batch(8):
        assert (batch["x"] * 2 == batch["y"][0]).all() and [str(int(n)) for n in batch["x"]] == list(batch["y"][1])
        seen += batch["x"].tolist()
    assert len(seen) == 97 and set(seen) == set(range(50))


def test_elements_that_do_not_go_together_are_told() -> None:
    for elements, message in (
        ([[1.0], [1.0, 2.0]], r"one shape.*\(1,\) and \(2,\).*padded_batch"),
        ([1, 1.0], "one dtype.*int32 and torch.float32"),
        ([(1, 2), (1, 2, 3)], "one structure"),
        ([{"a": 1}, {"b": 1}], "one structure"),
        ([1, "one"], "one dtype"),
        ([["a"], ["a", "b"]], r"one shape.*\(1,\) and \(2,\).*strings"),
    ):
        with pytest.raises(ValueError, match=message):
            list(Dataset.from_generator(lambda given=elements: given).batch(2))


def test_padded_batches_fill_up_to_the_longest_or_to_a_shape() -> None:
    assert lists(rows_of_length(1, 3, 2).padded_batch(2)) == [[[1, 0, 0], [3, 3, 3]], [[2, 2]]]
    assert lists(rows_of_length(1, 2).padded_batch(2, padded_shapes=[4], padding_values=-1)) == [
        [[1, -1, -1, -1], [2, 2, -1, -1]]
    ]
    pairs = Dataset.zip(rows_of_length(1, 2), Dataset.range(2)).padded_batch(2, ([None], []), (9, 0))
    assert [(x.tolist(), y.tolist()) for x, y in pairs] == [([[1, 9], [2, 2]], [0, 1])]
    assert pairs.element_spec == (TensorSpec((None, None), "int64"), TensorSpec((None,), "int64"))
    with pytest.raises(ValueError, match="must fit into `padded_shapes`"):
        list(rows_of_length(3).padded_batch(1, [2]))


def test_buckets_hold_elements_of_like_length() -> None:
    made = rows_of_length(1, 5, 2, 6, 9).bucket_by_sequence_length(len, [4, 8], [2, 2, 2])
    assert [tuple(batch.shape) for batch in made] == [(2, 2), (2, 6), (1, 9)]
    to_boundary = rows_of_length(1, 5).bucket_by_sequence_length(len, [4, 8], [1, 1, 1], pad_to_bucket_boundary=True)
    assert [tuple(batch.shape) for batch in to_boundary] == [(1, 3), (1, 7)]
    with pytest.raises(ValueError, match="shorter than the last"):
        list(rows_of_length(9).bucket_by_sequence_length(len, [4], [1, 1], pad_to_bucket_boundary=True))


def test_batches_are_taken_apart_and_cut_anew() -> None:
    batches = Dataset.range(7).batch(3)
    assert lists(batches.unbatch()) == list(range(7))
    assert lists(batches.rebatch(2)) == [[0, 1], [2, 3], [4, 5], [6]]
    assert lists(batches.rebatch(5, drop_remainder=True)) == [[0, 1, 2, 3, 4]]
    assert lists(batches.rebatch([1, 3])) == [[0], [1, 2, 3], [4], [5, 6]]
    assert lists(batches.map(lambda batch: {"a": batch}).unbatch().map(lambda row: row["a"])) == list(range(7))
    with pytest.raises(ValueError, match="axis of elements"):
        list(Dataset.range(3).unbatch())


@pytest.mark.parametrize(
    ("arguments", "windows"),
    [
        ((3,), [[0, 1, 2], [3, 4, 5], [6]]),
        ((3, 1), [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6], [5, 6], [6]]),
        ((2, 5), [[0, 1], [5, 6]]),
        ((3, 2, 2), [[0, 2, 4], [2, 4, 6], [4, 6], [6]]),
        ((3, 2, 2, True), [[0, 2, 4], [2, 4, 6]]),
    ],
)
def test_windows_move_by_a_shift_and_hold_every_stride_th_element(arguments: tuple, windows: list) -> None:
    made = Dataset.range(7).window(*arguments)
    assert [lists(window) for window in made] == windows and len(made) == len(windows)


def test_windows_of_tuples_are_tuples_of_data_sets() -> None:
    pairs = Dataset.from_tensor_slices((np.arange(4), np.arange(4) * 10)).window(2)
    joined = pairs.flat_map(lambda a, b: Dataset.zip(a, b)).batch(4).get_single_element()
    assert [part.tolist() for part in joined] == [[0, 1, 2, 3], [0, 10, 20, 30]]
    with pytest.raises(ValueError, match="Datasets cannot be batched"):
        list(Dataset.range(4).window(2).batch(2))
