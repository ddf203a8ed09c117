"""TorchModuleWrapper: any module runs; what can be told in plain data is made again, and nothing else."""

import copy
import json

import numpy as np
import pytest
import torch
from torch import nn

from kerasish import layers
from kerasish._base._registry import custom_object_scope
from kerasish.layers import Input, TorchModuleWrapper


class Own(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Linear(width, 2)

    def forward(self, x):
        return self.inner(x)


class Configured(Own):
    def __init__(self, width):
        super().__init__(width)
        self.width = width

    def get_config(self):
        return {"width": self.width}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def again(layer):
    return layers.deserialize(json.loads(json.dumps(layers.serialize(layer))))


def through_a_file(layer, other, x):
    store = {}
    layer.save_own_variables(store)
    other.load_own_variables(store)
    torch.testing.assert_close(other(x), layer(x))


@pytest.mark.parametrize(
    "module",
    [
        nn.Linear(4, 3, bias=False),
        nn.LayerNorm(4, eps=1e-3),
        nn.BatchNorm1d(4, momentum=0.3),
        nn.Sequential(nn.Linear(4, 8), nn.GELU("tanh"), nn.Dropout(0.1), nn.Linear(8, 2)),
    ],
    ids=lambda module: type(module).__name__,
)
def test_torchs_modules_are_made_again_from_plain_data(module):
    x = torch.randn(6, 4)
    layer = TorchModuleWrapper(module)
    layer(x, training=True)  # moves statistics, where there are any
    other = again(layer)
    assert repr(other.module) == repr(module)
    through_a_file(layer, other, x)


def test_images_through_torchs_convolutions():
    layer = TorchModuleWrapper(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, stride=2), nn.ReLU(), nn.MaxPool2d(2)))
    x = torch.randn(2, 3, 8, 8)
    other = again(layer)
    through_a_file(layer, other, x)
    assert layer(Input((3, 8, 8))).shape == (None, 4, 2, 2)


def test_a_module_with_a_config_is_made_by_it():
    with custom_object_scope({"Configured": Configured}):
        assert again(TorchModuleWrapper(Configured(5))).module.width == 5


def test_any_other_module_is_saved_by_name_and_given_when_loading():
    layer = TorchModuleWrapper(Own(4))
    with pytest.raises(ValueError, match=r"custom_objects=\{'Own': …\}"):
        again(layer)
    for given in (lambda: Own(4), Own(4)):
        with custom_object_scope({"Own": given}):
            through_a_file(layer, again(layer), torch.randn(2, 4))


@pytest.mark.parametrize(
    "module",
    [
        {"torch_class": "modules.linear.Linear", "arguments": {}},
        {"torch_class": "init", "arguments": {}},
        {"torch_class": "Parameter", "arguments": {}},
        {"torch_class": "Linear", "arguments": {"in_features": {"class_name": "x"}, "out_features": 1}},
        "gAJjdG9yY2gK",
    ],
)
def test_a_file_makes_nothing_but_torchs_modules_of_plain_data(module):
    with pytest.raises(ValueError, match="no module of torch.nn|pickled code, which is never run"):
        TorchModuleWrapper.from_config({"module": module})


def test_weights_and_statistics_are_the_modules():
    layer = TorchModuleWrapper(nn.BatchNorm1d(3))
    assert [tuple(w.shape) for w in layer.trainable_weights] == [(3,), (3,)]
    assert len(layer.non_trainable_weights) == 3
    assert list(layer.state_dict()) == [f"module.{key}" for key in layer.module.state_dict()]


def test_training_mode_reaches_the_module_for_one_call():
    layer = TorchModuleWrapper(nn.BatchNorm1d(2))
    x = torch.randn(8, 2) + 5
    layer(x)
    assert layer.module.running_mean.abs().sum() == 0 and not layer.module.training
    layer(x, training=True)
    assert layer.module.running_mean.abs().sum() > 0 and not layer.module.training


def test_mixed_precision_is_torchs_autocast():
    layer = TorchModuleWrapper(nn.Linear(3, 2), dtype="mixed_bfloat16")
    assert layer(torch.ones(1, 3)).dtype is torch.bfloat16
    assert all(weight.dtype is torch.float32 for weight in layer.weights)


def test_several_inputs_and_a_given_shape():
    layer = TorchModuleWrapper(nn.Bilinear(3, 4, 2))
    assert layer(torch.ones(5, 3), torch.ones(5, 4)).shape == (5, 2)
    assert TorchModuleWrapper(nn.Identity(), output_shape=(None, 9))(Input((3,))).shape == (None, 9)


def test_copies_share_nothing():
    layer = TorchModuleWrapper(nn.Linear(3, 2))
    twin = copy.deepcopy(layer)
    twin.set_weights([np.zeros((2, 3)), np.zeros(2)])
    assert layer.module.weight.abs().sum() > 0


def test_what_is_no_module_or_has_no_weights_yet_is_told():
    with pytest.raises(ValueError, match="`module` must be a torch.nn.Module"):
        TorchModuleWrapper(torch.relu)
    with pytest.raises(ValueError, match="`module` is lazy and has no weights yet"):
        TorchModuleWrapper(nn.LazyLinear(3))
