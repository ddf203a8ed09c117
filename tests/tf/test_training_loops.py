"""The guide "Basic training loops", with the noise that makes its printed numbers exact (promises 108, 109, 117 to 125)."""

from pathlib import Path

import numpy as np
import pytest

import kerasish as keras
import kerasish.tf as tf

LOSSES = [10.3017, 6.3148, 4.0341, 2.7191, 1.9548, 1.5068, 1.2422, 1.0845, 0.9899, 0.9327]


class Line(tf.Module):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.w, self.b = tf.Variable(5.0), tf.Variable(0.0)

    def __call__(self, x):
        return self.w * x + self.b


class KerasLine(tf.keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.w, self.b = tf.Variable(5.0), tf.Variable(0.0)

    def call(self, x):
        return self.w * x + self.b


@pytest.fixture
def data():
    x = tf.cast(tf.linspace(-2, 2, 201), tf.float32)
    return x, x * 3.0 + 2.0 + tf.constant(np.load(Path(__file__).parent / "linear_noise.npy"))


def mean_square(y, prediction):
    return tf.reduce_mean(tf.square(y - prediction))


def train(model, x, y):
    losses = []
    for _ in range(10):
        with tf.GradientTape() as tape:
            loss = mean_square(y, model(x))
        dw, db = tape.gradient(loss, [model.w, model.b])
        model.w.assign_sub(0.1 * dw)
        model.b.assign_sub(0.1 * db)
        losses.append(float(loss.numpy()))
    return losses


def test_108_variables_come_in_the_order_of_their_names():
    assert repr(Line().variables) == (
        "(<tf.Variable 'Variable:0' shape=() dtype=float32, numpy=0.0>, "
        "<tf.Variable 'Variable:0' shape=() dtype=float32, numpy=5.0>)"
    )


def test_109_a_module_takes_pythons_numbers():
    assert Line()(3.0).numpy() == 15.0


@pytest.mark.parametrize("kind", [Line, KerasLine])
def test_118_124_one_loop_serves_modules_and_models_with_the_guides_numbers(kind, data):
    model = kind()
    assert np.allclose(train(model, *data), LOSSES, atol=6e-5)
    assert f"{mean_square(data[1], model(data[0])).numpy():1.6f}" == "0.897898"


def test_112_a_keras_model_is_a_module():
    assert isinstance(KerasLine(), tf.Module) and len(KerasLine().trainable_variables) == 2


def test_117_120_122_123_fit_trains_variables_with_the_guides_numbers(data, capsys):
    model = KerasLine()
    loss, optimizer = tf.keras.losses.mean_squared_error, tf.keras.optimizers.SGD(learning_rate=0.1)
    model.compile(run_eagerly=False, optimizer=optimizer, loss=loss)
    history = model.fit(*data, epochs=10, batch_size=1000)
    assert np.allclose(history.history["loss"], LOSSES, atol=6e-5)
    assert "Epoch 10/10" in capsys.readouterr().out


def test_119_weights_are_saved_under_a_path_without_ending(data, tmp_path):
    model, other = KerasLine(), KerasLine()
    train(model, *data)
    model.save_weights(tmp_path / "my_checkpoint")
    other.load_weights(tmp_path / "my_checkpoint")
    assert other.w.numpy() == model.w.numpy() != 5.0


def test_120_losses_have_their_short_names():
    short = {"MSE", "mse", "MAE", "mae", "MAPE", "MSLE", "KLD", "logcosh", "bce"}
    assert {name for name in short if not callable(getattr(tf.keras.losses, name))} == set()
    assert (
        tf.losses.MSE([1.0, 2.0], [1.0, 4.0]).numpy() == tf.keras.losses.mean_squared_error([1.0, 2.0], [1.0, 4.0]).numpy() == 2
    )


def test_113_optimizers_are_the_same_objects():
    assert tf.optimizers.SGD is tf.keras.optimizers.SGD is keras.optimizers.SGD
