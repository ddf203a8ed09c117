"""Modules, losses and optimizers of the guide "Basic training loops"; tests/programs runs the guide whole, with its numbers."""

import kerasish as keras
import kerasish.tf as tf


class Line(tf.Module):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.w, self.b = tf.Variable(5.0), tf.Variable(0.0)

    def __call__(self, x):
        return self.w * x + self.b


def test_109_a_module_takes_pythons_numbers():
    assert Line()(3.0).numpy() == 15.0


def test_112_a_keras_model_is_a_module():
    class KerasLine(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.w, self.b = tf.Variable(5.0), tf.Variable(0.0)

    assert isinstance(KerasLine(), tf.Module) and len(KerasLine().trainable_variables) == 2


def test_120_losses_have_their_short_names():
    short = {"MSE", "mse", "MAE", "mae", "MAPE", "MSLE", "KLD", "logcosh", "bce"}
    assert {name for name in short if not callable(getattr(tf.keras.losses, name))} == set()
    assert (
        tf.losses.MSE([1.0, 2.0], [1.0, 4.0]).numpy() == tf.keras.losses.mean_squared_error([1.0, 2.0], [1.0, 4.0]).numpy() == 2
    )


def test_113_optimizers_are_the_same_objects():
    assert tf.optimizers.SGD is tf.keras.optimizers.SGD is keras.optimizers.SGD
