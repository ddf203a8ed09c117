"""What TensorFlow's guides promise beside the printed values of other files; the numbers in the names are the promises."""

import statistics
import time
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch

import kerasish.tf as tf

NOISE = Path(__file__).parents[1] / "programs" / "linear_noise.npy"


class Line(tf.keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.w, self.b = tf.Variable(5.0), tf.Variable(0.0)

    def call(self, x):
        return self.w * x + self.b


@pytest.fixture
def data():
    x = tf.cast(tf.linspace(-2, 2, 201), tf.float32)
    return x, x * 3.0 + 2.0


def test_88_a_dataset_gives_shuffled_batches_of_pairs():
    x, y = np.arange(10, dtype="float32"), np.arange(10)
    batches = list(tf.data.Dataset.from_tensor_slices((x, y)).shuffle(buffer_size=10, seed=1).batch(4))
    assert [a.shape.as_list() for a, _ in batches] == [[4], [4], [2]]
    assert all(np.array_equal(a, b) for a, b in batches)
    seen = np.concatenate([b for _, b in batches]).tolist()
    assert sorted(seen) == y.tolist() != seen


def test_100_arrays_of_many_axes_are_differentiated_trained_on_and_exported(tmp_path):
    x = tf.reshape(tf.range(64, dtype=tf.float32) / 64.0, [2, 2, 2, 2, 2, 2])
    assert x.shape.rank == 6 and tf.reduce_sum(x, axis=[1, 3, 5]).shape == (2, 2, 2)
    model = tf.keras.Sequential([tf.keras.Input((2, 2, 2, 2, 2)), tf.keras.layers.Flatten(), tf.keras.layers.Dense(1)])
    model.compile(tf.keras.optimizers.SGD(0.01), "mse")
    losses = model.fit(x, tf.constant([[1.0], [2.0]]), epochs=5, verbose=0).history["loss"]
    tf.saved_model.save(model, tmp_path / "exported")
    assert losses[-1] < losses[0]
    assert np.allclose(tf.saved_model.load(tmp_path / "exported")(x), model(x), atol=1e-6)


def test_105_what_is_computed_outside_of_a_tape_is_a_constant_for_it():
    x = tf.Variable(2.0)
    before = x * x
    with tf.GradientTape() as tape:
        y = before * x
    assert tape.gradient(y, x).numpy() == 4.0


def test_105_outside_of_a_tape_nothing_is_kept_once_results_are_gone():
    x = tf.Variable(tf.ones([1000]))
    inner = tf.exp(x)
    result, kept = tf.reduce_sum(inner), weakref.ref(inner)
    del inner, result
    assert kept() is None


def test_105_metrics_and_predictions_keep_no_graph():
    model, mean = tf.keras.Sequential([tf.keras.layers.Dense(1)]), tf.keras.metrics.Mean()
    mean.update_state(model(tf.ones([2, 3])))
    assert not mean.result().requires_grad and isinstance(model.predict(tf.ones([2, 3]), verbose=0), np.ndarray)


def test_107_a_graph_holds_no_python_and_is_faster_than_it():
    def many(x):
        for _ in range(40):
            x = x * 0.5 + tf.maximum(x, 0.1)
        return x

    graph, x = tf.function(many), tf.constant([1.0, 2.0])
    nodes = graph.get_concrete_function(x).graph.nodes
    assert all(isinstance(node.target, (str, torch._ops.OpOverload)) or callable(node.target) for node in nodes)
    assert np.allclose(graph(x), many(x))
    ratios = []
    for _ in range(9):
        seconds = []
        for function in (graph, many):
            began = time.process_time()
            for _ in range(10):
                function(x)
            seconds.append(time.process_time() - began)
        ratios.append(seconds[0] / seconds[1])
    assert statistics.median(ratios) < 1


def test_114_functions_serve_as_activations_and_initializers():
    tf.random.set_seed(1)
    dense = tf.keras.layers.Dense(units=400, activation=tf.nn.relu, kernel_initializer=tf.random.normal)
    outputs = dense(tf.ones([1, 3]))
    assert outputs.numpy().min() == 0.0 and np.count_nonzero(outputs) > 100
    assert dense.kernel.numpy().std() == pytest.approx(1.0, abs=0.1)
    assert tf.random.normal((2, 3), dtype=tf.float64).dtype == tf.float64


def test_115_results_and_lists_of_them_become_arrays():
    x = tf.linspace(-1.0, 1.0, 5)
    weights = [tf.Variable(float(k)).numpy() for k in range(3)]
    assert np.asarray(weights).tolist() == [0.0, 1.0, 2.0] and np.asarray([tf.Variable(1.0) * x[0]]).tolist() == [-1.0]
    assert np.asarray(Line()(x)).shape == np.asarray(x).shape == (5,)
    assert np.vstack([x, x * 2]).shape == (2, 5)


def test_115_tensors_are_drawn():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    x = tf.linspace(-1.0, 1.0, 5)
    (line,) = pyplot.plot(x, Line()(x), ".")
    assert np.allclose(line.get_ydata(), 5 * np.asarray(x))
    pyplot.close("all")


def test_121_eager_running_gives_the_same_numbers_and_runs_the_python_of_each_step(data):
    class Counting(Line):
        calls = 0

        def call(self, x):
            self.calls += 1
            return super().call(x)

    found = []
    for eagerly in (False, True):
        model = Counting()
        model.compile(run_eagerly=eagerly, optimizer=tf.keras.optimizers.SGD(0.1), loss="mse")
        model(data[0])
        before = model.calls
        history = model.fit(*data, epochs=3, batch_size=67, shuffle=False, verbose=0)
        found.append(history.history["loss"])
    assert np.allclose(*found, rtol=1e-6) and model.calls - before == 9


@pytest.mark.parametrize("kind", [np.asarray, lambda x: x])
def test_122_one_axis_of_rows_and_batches_larger_than_the_data(data, kind, capsys):
    x, y = (kind(part) for part in data)
    model = Line()
    model.compile(optimizer=tf.keras.optimizers.SGD(0.1), loss=tf.keras.losses.mean_squared_error)
    model.fit(x, y, epochs=1, batch_size=1000)
    model.fit(x, y, epochs=1)
    told = capsys.readouterr().out
    assert "1/1 " in told and "7/7 " in told


def test_123_a_line_for_each_epoch_tells_the_loss_before_its_update(data, capsys):
    noise = np.load(NOISE)
    model = Line()
    model.compile(optimizer=tf.keras.optimizers.SGD(learning_rate=0.1), loss=tf.keras.losses.mean_squared_error)
    history = model.fit(data[0], data[1] + noise, epochs=10, batch_size=1000)
    lines = capsys.readouterr().out.splitlines()
    assert lines[::2] == [f"Epoch {number}/10" for number in range(1, 11)]
    losses = "10.3017 6.3148 4.0341 2.7191 1.9548 1.5068 1.2422 1.0845 0.9899 0.9327".split()
    assert [line.rpartition(" - loss: ")[2] for line in lines[1::2]] == losses
    assert all(line.startswith("1/1 ") and "/step" in line for line in lines[1::2])
    assert type(history).__name__ == "History" and len(history.history["loss"]) == 10


def test_124_125_a_report_of_a_global_says_the_same_in_each_line(data):
    noise = np.load(NOISE)
    x, y, model, lines, truth = *data, Line(), [], []
    y = y + noise
    current_loss = tf.reduce_mean(tf.square(y - model(x)))

    def report(loss):
        lines.append(f"W = {model.w.numpy():1.2f}, b = {model.b.numpy():1.2f}, loss={current_loss:2.5f}")
        truth.append(f"{loss.numpy():2.4f}")

    for _ in range(10):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(y - model(x)))
        dw, db = tape.gradient(loss, [model.w, model.b])
        model.w.assign_sub(0.1 * dw)
        model.b.assign_sub(0.1 * db)
        report(loss)
    assert {line.rpartition("loss=")[2] for line in lines} == {"10.30171"}
    assert truth[0] == "10.3017" and truth[-1] == "0.9327" and len(set(truth)) == 10


def test_128_the_variables_of_a_model_are_there_after_its_first_call():
    model = tf.keras.Sequential([tf.keras.layers.Dense(3), tf.keras.layers.BatchNormalization(), tf.keras.layers.Dense(1)])
    assert model.variables == []
    model(tf.ones([2, 5]))
    assert [tuple(v.shape) for v in model.trainable_variables] == [(5, 3), (3,), (3,), (3,), (3, 1), (1,)]
    assert len(model.variables) == 8
    line = Line()
    line(tf.ones([2]))
    assert {id(v) for v in line.variables} == {id(line.w), id(line.b)}


def test_134_initializers_serve_without_the_rest():
    tf.random.set_seed(2)
    made = tf.keras.initializers.GlorotUniform()((300, 100))
    assert float(abs(made).max()) <= (6 / 400) ** 0.5 and float(made.std()) == pytest.approx((2 / 400) ** 0.5, rel=0.05)
    variable = tf.Variable(tf.initializers.HeNormal(seed=1)(shape=(4, 2)))
    assert variable.shape == (4, 2) and variable.trainable
    assert tf.Variable(lambda: tf.ones_initializer()((2,))).numpy().tolist() == [1.0, 1.0]
