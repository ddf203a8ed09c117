"""Normalization: what it learns stays in files and on devices; what it refuses."""

import numpy as np
import pytest
import torch

from kerasish.layers import Normalization
from kerasish.models import Sequential, load_model


def test_batches_give_what_all_data_at_once_give():
    data = torch.randn(50, 3, dtype=torch.float64) * 4 + 100
    whole, parts = Normalization(), Normalization()
    whole.adapt(data)
    parts.adapt(iter(data.split([7, 20, 23])))
    torch.testing.assert_close(parts(data), whole(data))
    torch.testing.assert_close(whole(data).mean(0), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(whole(data).std(0, correction=0), torch.ones(3))


def test_what_was_learned_before_is_forgotten():
    layer = Normalization()
    layer.adapt(torch.randn(20, 3))
    layer.adapt(torch.tensor([[1.0, 1.0, 1.0], [3.0, 3.0, 3.0]]))
    assert layer.mean.tolist() == [[2.0, 2.0, 2.0]] and layer.variance.tolist() == [[1.0, 1.0, 1.0]]


def test_statistics_are_saved_with_a_model(tmp_path):
    layer = Normalization()
    layer.adapt(torch.randn(20, 3) + 5)
    model = Sequential([layer])
    x = torch.randn(4, 3)
    before = model(x)
    model.save(tmp_path / "model.keras")
    torch.testing.assert_close(load_model(tmp_path / "model.keras")(x), before)


def test_inverted_it_undoes():
    x = torch.randn(4, 3)
    there = Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 1.0, 0.25])
    back = Normalization(mean=np.array([1.0, 2.0, 3.0]), variance=torch.tensor([4.0, 1.0, 0.25]), invert=True)
    torch.testing.assert_close(back(there(x)), x)


def test_a_variance_of_zero_divides_by_no_zero():
    layer = Normalization()
    layer.adapt(torch.ones(5, 2))
    assert layer(torch.ones(1, 2)).tolist() == [[0.0, 0.0]]


def test_bad_input_is_told():
    with pytest.raises(ValueError, match="`mean` and `variance` must both be given"):
        Normalization(mean=1.0)
    with pytest.raises(ValueError, match="must have one shape"):
        Normalization(mean=[1.0], variance=1.0)
    with pytest.raises(ValueError, match="at most the 1 axes"):
        Normalization(mean=[[1.0]], variance=[[1.0]])
    with pytest.raises(ValueError, match="there is nothing to learn"):
        Normalization(mean=1.0, variance=1.0).adapt(torch.ones(2, 2))
    with pytest.raises(ValueError, match="must be of a known size"):
        Normalization(axis=1).build((None, None, 3))
    with pytest.raises(ValueError, match=r"`axis` must lie in \[-2, 2\)"):
        Normalization(axis=2).build((None, 3))
    with pytest.raises(ValueError, match="at least one batch"):
        Normalization().adapt([])
    with pytest.raises(TypeError, match="`data` must be an array"):
        Normalization().adapt(3)
    layer = Normalization()
    layer.adapt(torch.ones(2, 3))
    with pytest.raises(ValueError, match="must be of the sizes that it was built for"):
        layer.adapt(torch.ones(2, 4))


def test_batches_may_have_targets_beside_the_inputs():
    x = np.arange(24.0, dtype="float32").reshape(12, 2)
    layer = Normalization()
    layer.adapt([(x[:8], np.zeros(8)), (x[8:], np.zeros(4))])
    np.testing.assert_allclose(layer.mean.flatten(), x.mean(0), rtol=1e-6)
