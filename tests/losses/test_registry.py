"""Names and configs: get, serialize, deserialize."""

import pytest

from kerasish import losses


def test_snake_case_is_a_function_and_camel_case_an_object():
    assert losses.get("mean_squared_error") is losses.mean_squared_error
    assert isinstance(losses.get("MeanSquaredError"), losses.MeanSquaredError)


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("mse", "mean_squared_error"),
        ("MAE", "mean_absolute_error"),
        ("mape", "mean_absolute_percentage_error"),
        ("MSLE", "mean_squared_logarithmic_error"),
        ("bce", "binary_crossentropy"),
        ("KLD", "kl_divergence"),
        ("logcosh", "log_cosh"),
        ("kullback_leibler_divergence", "kl_divergence"),
        ("meanSquaredError", "mean_squared_error"),
    ],
)
def test_aliases(alias, name):
    assert losses.get(alias) is getattr(losses, name)


def test_config_class_object_and_none():
    assert losses.get({"class_name": "Huber", "config": {"delta": 2.0}}).delta == 2.0
    assert isinstance(losses.get(losses.Dice), losses.Dice)
    loss = losses.Dice()
    assert losses.get(loss) is loss and losses.get(None) is None


def test_misspelling_is_answered():
    with pytest.raises(ValueError, match="`mean_sqared_error` is not a known loss. Did you mean 'mean_squared_error'"):
        losses.get("mean_sqared_error")


def test_function_is_described_and_found():
    described = losses.serialize(losses.hinge)
    assert described == {"module": "builtins", "class_name": "function", "config": "hinge", "registered_name": "function"}
    assert losses.deserialize(described) is losses.hinge
    assert losses.deserialize("hinge") is losses.hinge


def test_custom_objects_are_found_by_name():
    class Mine(losses.Loss):
        def call(self, y_true, y_pred):
            return y_pred

    assert isinstance(losses.deserialize({"class_name": "Mine", "config": {}}, {"Mine": Mine}), Mine)
