"""Workloads are fair: every framework trains the same model on the same data."""

import numpy as np
import pytest
import torch

import kerasish
from benchmarks.workloads import WORKLOADS
from benchmarks.workloads.keras_models import MODELS as KERAS_MODELS
from benchmarks.workloads.torch_models import MODELS as TORCH_MODELS

# Torch's LSTM has two biases for each of its four gates of 64 units, Keras's one.
MORE_IN_TORCH = {"lstm": 4 * 64}


@pytest.mark.parametrize("name", TORCH_MODELS)
def test_both_spellings_have_as_many_weights(name):
    module, model = TORCH_MODELS[name](), KERAS_MODELS[name](kerasish)
    weights = sum(weight.numel() for weight in module.parameters())
    assert weights == model.count_params() + MORE_IN_TORCH.get(name, 0)


@pytest.mark.parametrize("name", WORKLOADS)
def test_outputs_fit_the_labels(name):
    work = WORKLOADS[name]
    x, y = work.data(4)
    shapes = {
        tuple(made.shape) for made in (TORCH_MODELS[work.model]()(torch.from_numpy(x)), KERAS_MODELS[work.model](kerasish)(x))
    }
    assert shapes == {(4, 10) if work.task == "classes" else (4, 1)}
    assert y.shape == ((4,) if work.task == "classes" else (4, 1))


@pytest.mark.parametrize("name", WORKLOADS)
def test_data_is_the_same_each_time(name):
    for first, second in zip(WORKLOADS[name].data(8), WORKLOADS[name].data(8), strict=True):
        np.testing.assert_array_equal(first, second)


def test_an_epoch_is_whole_batches_and_at_least_two():
    work = WORKLOADS["mlp512"]
    assert work.rows() == 50 * 512 and work.rows(0.1) == 5 * 512 and work.rows(0.001) == 2 * 512
