"""Discretization: edges of bins, what is learned, and what is refused."""

import pytest
import torch

from kerasish.layers import Discretization, Input


def test_a_boundary_belongs_to_the_bin_above_it():
    assert Discretization([0.0, 1.0])(torch.tensor([-0.1, 0.0, 0.9, 1.0])).tolist() == [0, 1, 1, 2]


def test_numbers_are_compared_as_they_are_in_half_precision():
    layer = Discretization([1.001], dtype="mixed_bfloat16")
    assert layer(torch.tensor([1.0, 1.002])).tolist() == [0, 1]


def test_learned_bins_hold_about_as_much_and_batches_may_be_limited():
    x = torch.randn(1000, 1)
    layer = Discretization(num_bins=5)
    layer.adapt(x)
    shares = torch.bincount(layer(x).flatten().long(), minlength=5) / 1000
    assert (shares - 0.2).abs().max() < 0.03
    one, all_of_them = (Discretization(num_bins=3) for _ in range(2))
    one.adapt(x[:500])
    all_of_them.adapt([x[:500], x[500:] + 9], steps=1)
    assert one.bin_boundaries == all_of_them.bin_boundaries


def test_symbols_have_int32():
    symbol = Discretization([0.0])(Input((3,)))
    assert symbol.shape == (None, 3) and symbol.dtype == "int32"


def test_bad_input_is_told():
    with pytest.raises(ValueError, match="Exactly one of `bin_boundaries` and `num_bins`"):
        Discretization()
    with pytest.raises(ValueError, match="`bin_boundaries` must rise"):
        Discretization([1.0, 0.0])
    with pytest.raises(ValueError, match="`output_mode` must be one of"):
        Discretization([1.0], output_mode="tf_idf")
    with pytest.raises(ValueError, match="has no boundaries"):
        Discretization(num_bins=3)(torch.ones(2))
    with pytest.raises(ValueError, match="give `num_bins` to have them learned"):
        Discretization([1.0]).adapt(torch.ones(2))
    with pytest.raises(ValueError, match="at least one number"):
        Discretization(num_bins=3).adapt([])


def test_shapes_are_known_before_the_bins_are_learned():
    assert Discretization(num_bins=5, output_mode="multi_hot").compute_output_shape((None, 4)) == (None, 5)
    assert Discretization(num_bins=5).compute_output_shape((None, 4)) == (None, 4)
