"""What may be called an optimizer."""

import pytest
import torch

from kerasish.optimizers import SGD, Adam, OptimizerMap, TorchOptimizer, as_optimizer, get, schedules, serialize


def test_names_classes_configs_and_instances_are_understood():
    made = Adam(0.5)
    assert get(made) is made and as_optimizer is get
    assert type(get("adam_w")).__name__ == type(get("AdamW")).__name__ == "AdamW"
    assert float(get({"class_name": "sgd", "config": {"learning_rate": 0.5}}).learning_rate) == 0.5
    assert get(serialize(made)).get_config() == made.get_config()
    assert type(get(SGD)) is SGD
    assert type(get(torch.optim.SGD)) is TorchOptimizer
    assert get(None) is None


def test_configs_that_keras_wrote_are_read():
    config = {
        "module": "keras.src.backend.torch.optimizers.torch_adam",
        "class_name": "Adam",
        "config": {"name": "adam", "learning_rate": 0.25, "beta_1": 0.8},
        "registered_name": "Adam",
    }
    assert (type(get(config)), get(config).beta_1) == (Adam, 0.8)


@pytest.mark.parametrize("wrong", [3, OptimizerMap(SGD()), schedules.CosineDecay(0.1, 3), object()])
def test_anything_else_is_refused(wrong):
    with pytest.raises(ValueError, match="Expected a name|Could not interpret|is no optimizer yet"):
        get(wrong)


def test_a_misspelled_name_is_told():
    with pytest.raises(ValueError, match="Did you mean 'Adam"):
        get("adamm")
