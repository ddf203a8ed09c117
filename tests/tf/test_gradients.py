"""Gradients and captured functions as TensorFlow's guides show them."""

import numpy as np
import pytest

import kerasish.tf as tf


def test_103_the_gradient_of_the_guide():
    x = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        y = x**2 + 2 * x - 5
    assert repr(tape.gradient(y, x)) == "<tf.Tensor: shape=(), dtype=float32, numpy=4.0>"


def test_103_sources_may_be_nested_watched_and_unconnected():
    w, b, x = tf.Variable(2.0), tf.Variable(1.0), tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = w * x
    found = tape.gradient(y, {"w": w, "rest": [b, x]})
    assert found["w"].numpy() == 3.0 and found["rest"][0] is None and found["rest"][1].numpy() == 2.0
    assert type(x) is type(y) is tf.Tensor


def test_103_second_derivatives_and_jacobians():
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = x**3
        slope = inner.gradient(y, x)
    jacobian = outer.jacobian(slope, x)
    assert type(jacobian) is tf.Tensor and jacobian.numpy().tolist() == [[6, 0], [0, 12]]


def test_104_of_several_numbers_the_sum_is_differentiated():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * tf.constant([1.0, 2.0])
    assert tape.gradient(y, x).numpy() == 3.0


def test_106_the_python_runs_once_for_each_signature(capsys):
    @tf.function
    def total(x):
        print("Tracing.")
        return tf.reduce_sum(x)

    results = [total(tf.constant(v)) for v in ([1, 2, 3], [10, 9, 8], [10.0, 9.1, 8.2])]
    assert capsys.readouterr().out == "Tracing.\n" * 2
    assert [r.dtype.name for r in results] == ["int32", "int32", "float32"]
    assert np.allclose([float(r) for r in results], [6, 27, 27.3]) and type(results[1]) is tf.Tensor


def test_106_graphs_see_the_updates_of_variables():
    w = tf.Variable(2.0)
    scaled = tf.function(lambda x: x * w)
    x = tf.constant(3.0)
    first = scaled(x).numpy()
    w.assign(5.0)
    assert (first, scaled(x).numpy()) == (6.0, 15.0)


def test_106_what_cannot_be_captured_is_told():
    @tf.function
    def signed(x):
        return x if x > 0 else -x

    with pytest.raises(RuntimeError, match="ops.where"):
        signed(tf.constant(1.0))


def test_106_whole_training_steps_are_captured():
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    optimizer, loss_fn = tf.keras.optimizers.SGD(0.05), tf.keras.losses.MeanSquaredError()
    x, y = tf.constant([[1.0], [2.0]]), tf.constant([[2.0], [4.0]])
    model(x)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_fn(y, model(x))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    losses = [float(step(x, y)) for _ in range(40)]
    assert losses[-1] < 0.2 * losses[0] + 1e-3 and step.experimental_get_tracing_count() == 1
