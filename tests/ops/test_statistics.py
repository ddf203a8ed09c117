"""Statistics, sorting and segments held against numpy."""

import numpy as np
import pytest
import torch

from kerasish import ops


def test_correlations_are_numpys(rng):
    x = rng.normal(size=(3, 20)).astype("float32")
    np.testing.assert_allclose(ops.corrcoef(x), np.corrcoef(x), rtol=1e-4, atol=1e-6)
    for mode in ("full", "same", "valid"):
        np.testing.assert_allclose(ops.correlate(x[0], x[1, :5], mode), np.correlate(x[0], x[1, :5], mode), rtol=1e-4, atol=1e-5)


def test_unique_says_where_each_value_is_first(rng):
    x = rng.integers(0, 5, 20)
    ours = ops.unique(x, return_index=True, return_inverse=True, return_counts=True)
    for part, expected in zip(ours, np.unique(x, return_index=True, return_inverse=True, return_counts=True)):
        np.testing.assert_array_equal(part, expected)


def test_unique_is_cut_and_filled_to_a_size():
    assert ops.unique([3, 1, 1], size=4, fill_value=-1).tolist() == [1, 3, -1, -1]
    assert ops.unique([3, 1, 2], size=2).tolist() == [1, 2]


def test_histogram_counts_within_its_range(rng):
    x = rng.normal(size=50).astype("float32")
    counts, edges = ops.histogram(x, 5, (-1.0, 1.0))
    expected = np.histogram(x, 5, (-1.0, 1.0))
    np.testing.assert_array_equal(counts, expected[0])
    np.testing.assert_allclose(edges, expected[1], atol=1e-6)


def test_argpartition_puts_the_kth_in_its_place(rng):
    x = rng.normal(size=(3, 9)).astype("float32")
    parted = np.take_along_axis(x, ops.argpartition(x, 4).numpy(), -1)
    assert (parted[:, :4] <= parted[:, 4:5]).all() and (parted[:, 5:] >= parted[:, 4:5]).all()


@pytest.mark.parametrize(
    ("name", "expected"), [("segment_sum", [0, 5]), ("segment_max", [-(2**31), 3]), ("segment_prod", [1, 6])]
)
def test_rows_of_no_segment_are_left_out(name, expected):
    data = torch.tensor([7, 2, 3, 9], dtype=torch.int32)
    assert getattr(ops, name)(data, [-1, 1, 1, 2], num_segments=2).tolist() == expected


def test_bins_of_weights_stay_of_their_dtype():
    assert ops.bincount([1, 1], weights=[0.5, 0.25]).tolist() == [0.0, 0.75]


def test_cross_products_take_vectors_from_any_axis(rng):
    a, b = rng.normal(size=(3, 4)).astype("float32"), rng.normal(size=(4, 3)).astype("float32")
    np.testing.assert_allclose(ops.cross(a, b, axisa=0, axisc=0), np.cross(a, b, axisa=0, axisc=0), rtol=1e-5, atol=1e-6)


def test_linspace_takes_arrays_and_an_axis():
    np.testing.assert_allclose(
        ops.linspace([0.0, 1.0], [1.0, 3.0], 5, axis=-1), np.linspace([0, 1], [1, 3], 5, axis=-1), rtol=1e-6
    )
    assert ops.linspace(0.0, 4.0, 1).tolist() == [0.0]


def test_the_middle_of_infinite_values_is_infinite():
    infinite, nothing = float("inf"), float("nan")
    assert ops.median([infinite, infinite]).item() == ops.nanmedian([infinite, nothing]).item() == infinite
    assert ops.median([1.0, 2.0, 4.0, infinite]).item() == 3.0 and np.isnan(ops.median([1.0, nothing]).item())


@pytest.mark.parametrize("ids", [[0], [[0, 1], [1, 0]]], ids=["too few", "two axes"])
def test_there_is_a_segment_for_each_row(ids):
    with pytest.raises(ValueError, match="`segment_ids` must be a vector with a number for each row"):
        ops.segment_max([[1.0, 2.0], [3.0, 4.0]], ids)


def test_arguments_of_sorting_are_checked():
    with pytest.raises(ValueError, match="`bins` must be a positive integer"):
        ops.histogram([1.0], bins=0)
    with pytest.raises(ValueError, match="`bins` must be a vector"):
        ops.digitize([1.0], [[0.0, 1.0]])
    with pytest.raises(ValueError, match="`kth` must be an integer"):
        ops.argpartition([1, 2, 3], (1, 2))
