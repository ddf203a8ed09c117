"""The machine: devices, strategies, files, summaries, assertions, and what is printed."""

import importlib.util
import io

import numpy as np
import pytest
import torch

import kerasish.tf as tf
from kerasish.core import _device


def test_devices_are_named_as_in_tensorflow():
    for name in ("/CPU:0", "/device:CPU:0", "cpu", "/job:localhost/replica:0/task:0/device:CPU:0"):
        with tf.device(name):
            assert tf.constant(1.0).device.type == "cpu"
    with pytest.raises(ValueError, match="GPU 99"):
        tf.device("/GPU:99")
    with pytest.raises(ValueError, match="like"):
        tf.device("the fast one")
    assert tf.config.list_logical_devices("CPU")[0].name == "/device:CPU:0"
    assert tf.test.is_gpu_available() is torch.cuda.is_available()


def test_without_a_visible_gpu_new_tensors_go_to_the_cpu(monkeypatch):
    monkeypatch.setattr(_device, "_default", None)
    monkeypatch.setattr("kerasish.tf._devices._visible", {})
    tf.config.set_visible_devices([], "GPU")
    assert tf.config.get_visible_devices("GPU") == [] and tf.constant(1.0).device.type == "cpu"
    with pytest.raises(ValueError, match="always used"):
        tf.config.set_visible_devices([], "CPU")
    with pytest.raises(ValueError, match="list_physical_devices"):
        tf.config.set_visible_devices([tf.config.PhysicalDevice("/physical_device:GPU:99", "GPU")], "GPU")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_is_the_default_and_can_be_hidden(monkeypatch):
    monkeypatch.setattr("kerasish.tf._devices._visible", {})
    try:
        assert tf.constant(1.0).is_cuda
        with tf.device("/CPU:0"):
            assert not tf.constant(1.0).is_cuda
        tf.config.set_visible_devices([], "GPU")
        assert not tf.constant(1.0).is_cuda
    finally:
        monkeypatch.setattr(_device, "_default", None)


def test_135_a_strategy_of_one_device_trains_as_it_is_written():
    strategy = tf.distribute.MirroredStrategy(["/CPU:0"])
    x, y = np.ones((8, 2), "float32"), np.full((8, 1), 3.0, "float32")
    with strategy.scope():
        assert tf.distribute.has_strategy() and tf.distribute.get_strategy() is strategy
        model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(1)])
        optimizer = tf.keras.optimizers.SGD(0.1)
    data = strategy.experimental_distribute_dataset(tf.data.Dataset.from_tensor_slices((x, y)).batch(4))

    def step(a, b):
        with tf.GradientTape() as tape:
            losses = tf.reduce_sum((model(a) - b) ** 2, axis=1)
            loss = tf.nn.compute_average_loss(losses, global_batch_size=4)
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        return loss

    losses = []
    for _ in range(10):
        for batch in data:
            losses.append(float(strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(step, args=batch), axis=None)))
    assert losses[-1] < 0.01 * losses[0] and not tf.distribute.has_strategy()


def test_135_several_devices_are_for_processes_of_their_own():
    with pytest.raises(ValueError, match="torchrun"):
        tf.distribute.MirroredStrategy(["/GPU:0", "/GPU:1"])
    assert tf.distribute.get_strategy().num_replicas_in_sync == 1


@pytest.mark.parametrize(
    "check",
    [
        lambda: tf.debugging.assert_equal([1, 2], [1, 3], "labels:"),
        lambda: tf.debugging.assert_near(1.0, 1.1),
        lambda: tf.debugging.assert_less(2.0, tf.constant(1.0)),
        lambda: tf.debugging.assert_positive([1, 0]),
        lambda: tf.debugging.assert_all_finite([1.0, np.inf], "values"),
        lambda: tf.debugging.assert_rank(tf.ones([2]), 2),
        lambda: tf.debugging.assert_shapes([(tf.ones([2, 3]), ("n", 3)), (tf.ones([4]), ("n",))]),
        lambda: tf.debugging.Assert(tf.constant(False), [tf.constant(7)]),
    ],
)
def test_assertions_that_do_not_hold_raise(check):
    with pytest.raises(tf.errors.InvalidArgumentError, match="received"):
        check()


def test_assertions_that_hold_say_nothing():
    x = tf.constant([[1.0, 2.0]])
    tf.debugging.assert_equal(x, np.array([[1.0, 2.0]], "float32"))
    tf.debugging.assert_near(1.0, 1.0000001)
    tf.debugging.assert_shapes({x: (1, "n")})
    assert tf.debugging.check_numerics(x, "x") is x
    with pytest.raises(TypeError, match="int32"):
        tf.debugging.assert_type(x, tf.int32)


def test_tensors_are_printed_as_tensorflows_print_does():
    written = io.StringIO()
    tf.print(tf.constant([[1.0, 2.5], [3.0, 1e10]]), "a", tf.constant(3.14159265), tf.range(10), output_stream=written)
    tf.print({"a": tf.constant(0.1)}, [tf.constant(1), 2, "s"], tf.constant(0.1, tf.float64), sep="; ", output_stream=written)
    tf.print(tf.reshape(tf.range(80), [8, 10]), summarize=1, output_stream=written)
    assert written.getvalue() == (
        "[[1 2.5]\n [3 1e+10]] a 3.14159274 [0 1 2 ... 7 8 9]\n{'a': 0.1}; [1, 2, 's']; 0.1\n[[0 ... 9]\n ...\n [70 ... 79]]\n"
    )


def test_files_are_read_written_and_found(tmp_path):
    path = str(tmp_path / "inner" / "a.txt")
    tf.io.write_file(path, "text")
    assert tf.io.read_file(path) == b"text" and tf.io.gfile.exists(path)
    assert tf.io.matching_files(str(tmp_path / "*" / "*.txt")) == [path]
    with pytest.raises(FileExistsError, match="overwrite"):
        tf.io.gfile.copy(path, path)
    assert tf.io.decode_base64(tf.io.encode_base64(b"\xff\xfe")) == b"\xff\xfe"


@pytest.mark.skipif(importlib.util.find_spec("PIL") is None, reason="needs Pillow")
def test_images_go_through_files():
    image = tf.cast(tf.reshape(tf.range(24), [2, 4, 3]) * 10, tf.uint8)
    png = tf.io.encode_png(image)
    assert np.array_equal(tf.io.decode_png(png), image) and tf.io.decode_image(png, channels=1).shape == (2, 4, 1)
    assert tf.io.decode_image(png, dtype=tf.float32).numpy().max() == pytest.approx(230 / 255)
    assert tf.io.is_jpeg(tf.io.encode_jpeg(image))
    with pytest.raises(ValueError, match="bytes of an image"):
        tf.io.decode_image(b"no image")


def test_summaries_need_a_writer_and_a_step(tmp_path):
    assert tf.summary.scalar("loss", 1.0, step=0) is False
    if importlib.util.find_spec("tensorboard") is None:
        with pytest.raises(ImportError, match="kerasish\\[tensorboard\\]"):
            tf.summary.create_file_writer(tmp_path)
        return
    with tf.summary.create_file_writer(tmp_path).as_default():
        with pytest.raises(ValueError, match="step"):
            tf.summary.scalar("loss", 1.0)
        assert tf.summary.scalar("loss", tf.constant(1.0), step=3)
    assert any(path.name.startswith("events") for path in tmp_path.iterdir())


def test_a_test_case_compares_tensors():
    class Case(tf.test.TestCase):
        def runTest(self):  # noqa: N802
            self.assertAllClose(tf.constant([1.0]), [1.0000001])
            with self.assertRaises(AssertionError):
                self.assertAllEqual(tf.constant([1]), [2])

    assert Case().run().wasSuccessful()
