"""Layers, models and data under `tf.keras` and `tf.data`."""

import numpy as np
import torch

import kerasish as keras
import kerasish.tf as tf


class Net(tf.keras.Model):
    def __init__(self, units):
        super().__init__()
        normal = tf.random.normal
        dense = tf.keras.layers.Dense
        self.dense1 = dense(units=units, activation=tf.nn.relu, kernel_initializer=normal, bias_initializer=normal)
        self.dense2 = dense(1)
        self.told = []

    def call(self, x, training=True):
        self.told.append((training, type(x)))
        return tf.squeeze(self.dense2(self.dense1(x[:, tf.newaxis])), axis=1)


def test_126_128_a_custom_model_gives_tensors_and_works_on_plain_ones():
    net = Net(8)
    y = net(tf.linspace(-1.0, 1.0, 5))
    assert type(y) is tf.Tensor and y.numpy().shape == np.asarray(y).shape == (5,)
    assert len(net.variables) == len(net.trainable_variables) == 4
    assert {kind for _, kind in net.told} == {torch.Tensor}
    assert type(net(torch.ones(3))) is torch.Tensor


def test_127_fit_passes_training_and_predict_does_not():
    net = Net(2)
    x = tf.linspace(-1.0, 1.0, 4)
    net.compile("sgd", tf.keras.losses.MSE)
    net.fit(x, x, verbose=0)
    trained = {training for training, _ in net.told}
    net.told = []
    net.predict(x, verbose=0)
    assert True in trained and {training for training, _ in net.told} == {False}


def test_129_the_loop_of_a_thousand_steps_ends_below_the_noise():
    tf.random.set_seed(3)
    x = tf.linspace(-2.0, 2.0, 201)
    y = x**2 + 2 * x - 5 + tf.random.normal(shape=[201])
    net, optimizer = Net(64), tf.optimizers.SGD(learning_rate=0.01)
    net(x)
    for _ in range(300):
        with tf.GradientTape() as tape:
            error = tf.reduce_mean((y - net(x)) ** 2)
        optimizer.apply_gradients(zip(tape.gradient(error, net.variables), net.variables))
    assert error.numpy() < 1.6


def test_130_fit_notes_a_loss_for_each_epoch():
    x = tf.linspace(-1.0, 1.0, 40)
    net = Net(4)
    net.compile(loss=tf.keras.losses.MSE, optimizer=tf.optimizers.SGD(0.01))
    losses = net.fit(x, 2 * x, epochs=20, batch_size=32, verbose=0).history["loss"]
    assert len(losses) == 20 and losses[-1] < losses[0]


def test_132_lambda_layers_of_this_faces_functions():
    model = tf.keras.Sequential(
        [tf.keras.layers.Lambda(lambda x: tf.stack([x, x**2], axis=1)), tf.keras.layers.Dense(1, kernel_initializer="ones")]
    )
    assert model(tf.constant([1.0, 2.0])).numpy().tolist() == [[2.0], [6.0]]


def test_133_losses_and_optimizers_serve_outside_of_fit():
    var = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        loss = tf.keras.losses.MeanSquaredError()(tf.constant([0.0, 0.0]), var * 1.0)
    assert repr(loss) == "<tf.Tensor: shape=(), dtype=float32, numpy=2.5>"
    tf.keras.optimizers.SGD(1.0).apply_gradients([(tape.gradient(loss, var), var)])
    assert var.numpy().tolist() == [0, 0]


def test_keras_own_calls_stay_plain():
    assert type(keras.layers.Dense(2)(torch.ones(1, 3))) is torch.Tensor
    assert type(keras.losses.MeanSquaredError()(torch.ones(2), torch.zeros(2))) is torch.Tensor
    assert tf.keras.layers is keras.layers and tf.keras.Model is keras.Model


def test_masks_go_from_layer_to_layer():
    embedding, recurrent = tf.keras.layers.Embedding(5, 3, mask_zero=True), tf.keras.layers.LSTM(2)
    long, short = tf.constant([[1, 2, 0, 0]]), tf.constant([[1, 2]])
    assert np.allclose(recurrent(embedding(long)), recurrent(embedding(short)), atol=1e-6)


def test_a_call_that_a_user_overrides_runs_once():
    class Counting(tf.keras.layers.Layer):
        calls = 0

        def __call__(self, x):
            self.calls += 1
            return super().__call__(x)

        def call(self, x):
            return x * 2

    layer = Counting()
    assert layer(tf.constant([1.0])).numpy() == [2.0] and layer.calls == 1


def test_88_datasets_give_tensors_and_feed_fit():
    x, y = tf.random.normal([10, 3]), tf.random.normal([10, 1])
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(buffer_size=10).map(lambda a, b: (a * 2, b)).batch(4)
    assert [tuple(a.shape) for a, _ in dataset] == [(4, 3), (4, 3), (2, 3)]
    assert {type(part) for batch in dataset for part in batch} == {tf.Tensor}
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    assert len(model.fit(dataset, epochs=2, verbose=0).history["loss"]) == 2
    assert model.evaluate(dataset, verbose=0) > 0
    assert model.fit(((a, b) for a, b in dataset), verbose=0).history["loss"][0] > 0


def test_110_checkpoints_bring_models_and_optimizers_back(tmp_path):
    model, optimizer, var = tf.keras.Sequential([tf.keras.layers.Dense(1)]), tf.optimizers.Adam(), tf.Variable([1.0])
    model(tf.ones([1, 2]))
    checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer, var=var)
    manager = tf.train.CheckpointManager(checkpoint, tmp_path, max_to_keep=1)
    manager.save()
    var.assign([5.0])
    checkpoint.restore(tf.train.latest_checkpoint(tmp_path))
    assert var.numpy() == [1.0]
