"""What TensorFlow's guides and tutorials do, as found by running them beside TensorFlow itself."""

import numpy as np
import pytest
import torch

import kerasish as keras
import kerasish.tf as tf
from kerasish import ops
from kerasish.core import CaptureError


def dense(**arguments):
    return tf.keras.Sequential([tf.keras.layers.Dense(2, kernel_initializer="ones", **arguments)])


def test_96_a_model_called_on_arrays_or_lists_gives_a_tensor_that_numpy_reads():
    model = dense()
    assert model(np.ones((1, 3), "float32")).numpy().tolist() == [[3.0, 3.0]]
    assert type(model([[1.0, 2.0, 3.0]])) is tf.Tensor
    assert type(model(torch.ones(1, 3))) is torch.Tensor


def test_a_loss_and_a_metric_of_arrays_are_tensors():
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert repr(loss(np.array([1]), np.zeros((1, 2), "float32"))).startswith("<tf.Tensor: shape=(), dtype=float32, numpy=0.693")
    assert type(loss(np.array([1]), torch.zeros(1, 2))) is torch.Tensor
    accuracy = tf.keras.metrics.Accuracy()
    accuracy.update_state([1, 2], [1, 3])
    assert type(accuracy.result()) is tf.Tensor and accuracy.result().numpy() == 0.5


def test_a_metric_measured_in_a_function_gives_a_tensor():
    mean = tf.keras.metrics.Mean()
    tf.function(lambda x: mean.update_state(x))(tf.constant([1.0, 3.0]))
    assert type(mean.result()) is tf.Tensor and float(mean.result()) == 2.0


def test_losses_that_layers_add_are_tensors_after_a_call_on_tensors():
    model = dense(kernel_regularizer=tf.keras.regularizers.L2(0.5))
    total = tf.reduce_sum(model(tf.ones([1, 3]))) + sum(model.losses)
    assert type(total) is tf.Tensor and total.numpy() == 9.0
    plain = keras.Sequential([keras.layers.Dense(2, kernel_regularizer="l2")])
    plain(torch.ones(1, 3))
    assert type(plain.losses[0]) is torch.Tensor


def test_looked_up_strings_are_tensors():
    lookup = tf.keras.layers.StringLookup(vocabulary=["a", "b"])
    assert repr(lookup(["b", "z"])) == "<tf.Tensor: shape=(2,), dtype=int64, numpy=array([2, 0])>"


def test_a_part_of_a_variable_is_assigned():
    v = tf.Variable([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    v[0].assign([9.0, 9.0, 9.0])
    v[0, 1].assign(7.0)
    v[:, 2].assign_add([1.0, 1.0])
    v[1:, :1].assign_sub([[1.0]])
    assert v.numpy().tolist() == [[9.0, 7.0, 10.0], [3.0, 5.0, 7.0]]
    assert not hasattr(tf.constant([1.0]), "assign")


def test_references_stand_for_tensors_and_variables_in_dicts():
    x, v = tf.constant(1.0), tf.Variable(1.0)
    table = {x.ref(): "x", v.ref(): "v"}
    assert table[x.ref()] == "x" and table[v.ref()] == "v" and v.ref().deref() is v
    assert x.ref() != tf.constant(1.0).ref()


def test_a_variable_prints_its_shape_as_tensors_do():
    v = tf.Variable([[1.0, 2.0]])
    assert str(v.shape) == "(1, 2)" and v.shape.as_list() == v.get_shape().as_list() == [1, 2]
    with pytest.raises(ValueError, match="sizes only"):
        tf.Variable([1.0], shape=[None])


def test_a_function_gives_the_value_of_a_variable():
    v = tf.Variable(1.0)

    @tf.function
    def count():
        v.assign_add(1.0)
        return v, {"twice": v}

    first, named = count()
    count()
    assert type(first) is tf.Tensor and first.numpy() == 2.0 and named["twice"].numpy() == 2.0


def test_variables_are_made_of_computed_values_in_the_first_call_of_a_function():
    class Layer(tf.Module):
        built = False

        @tf.function
        def __call__(self, x):
            if not self.built:
                limit = tf.sqrt(6.0) / tf.sqrt(tf.cast(x.shape[1] + 2, tf.float32))
                self.w = tf.Variable(tf.random.uniform((x.shape[1], 2), -limit, limit))
                self.b, self.built = tf.Variable(tf.ones_like(x[:1, :2]) * 3.0), True
            return x @ self.w + self.b

    layer, x = Layer(), tf.ones([3, 4])
    y = layer(x)
    np.testing.assert_allclose(y, x.numpy() @ layer.w.numpy() + 3.0, rtol=1e-6)
    assert 0 < np.abs(layer.w.numpy()).max() <= 1.0 and layer.b.numpy().tolist() == [[3.0, 3.0]]
    with pytest.raises(CaptureError, match="Make it before"):
        tf.function(lambda x: tf.Variable(x * 2))(x)


def test_cond_in_a_function_chooses_by_numbers():
    v = tf.Variable(3.0)
    chosen = tf.function(lambda x: tf.cond(x > 0, lambda: v * x, lambda: 0.5))
    assert [float(chosen(tf.constant(x))) for x in (2.0, -2.0)] == [6.0, 0.5]
    with tf.GradientTape() as tape:
        y = chosen(tf.constant(2.0))
    assert tape.gradient(y, v).numpy() == 2.0
    with pytest.raises(CaptureError, match="cannot change a Variable"):
        tf.function(lambda x: tf.cond(x > 0, lambda: v.assign(x), lambda: v))(tf.constant(1.0))
    with pytest.raises(CaptureError, match="same shapes"):
        tf.function(lambda x: tf.cond(x[0] > 0, lambda: x, lambda: x[0]))(tf.ones([2]))
    assert v.numpy() == 3.0


def test_print_in_a_function_says_that_numbers_are_not_there():
    with pytest.raises(CaptureError, match="run_functions_eagerly"):
        tf.function(tf.print)(tf.constant(1.0))


def test_datasets_of_lines_are_datasets_and_what_is_told_of_them_is_printed_as_tensorflows(tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    lines = tf.data.TextLineDataset(str(tmp_path / "a.txt"))
    assert list(lines) == ["one", "two"] and type(lines.map(len)) is tf.data.Dataset
    assert isinstance(lines, tf.data.Dataset) and repr(lines.element_spec) == "TensorSpec(shape=(), dtype=tf.string, name=None)"
    rows = tf.data.Dataset.from_tensor_slices(np.ones((10, 2), "float32"))
    assert repr(rows.element_spec) == "TensorSpec(shape=(2,), dtype=tf.float32, name=None)"
    count = tf.data.experimental.cardinality(rows)
    assert count.numpy() == int(rows.cardinality()) == len(rows) == 10 and len(rows.take(count // 5)) == 2


def test_keras_ops_take_tensors_of_this_face():
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    assert ops.einsum("ij,jk->ik", x, x).tolist() == [[7.0, 10.0], [15.0, 22.0]]
    assert ops.median(x).item() == 2.5 and ops.linspace(tf.constant(0.0), tf.constant(1.0), 3).tolist() == [0.0, 0.5, 1.0]


def test_a_size_that_a_signature_leaves_open_is_no_1_in_the_saved_model(tmp_path):
    class Normal(tf.Module):
        def __init__(self):
            self.mean = tf.Variable([1.0, 2.0, 3.0])

        @tf.function(input_signature=[tf.TensorSpec([None, None])])
        def __call__(self, x):
            return x - self.mean

    tf.saved_model.save(Normal(), str(tmp_path / "saved"))
    assert tf.saved_model.load(str(tmp_path / "saved"))(tf.ones([2, 3])).numpy().tolist() == [[0.0, -1.0, -2.0]] * 2


def test_123_a_history_is_shown_as_an_object():
    assert repr(tf.keras.callbacks.History()).startswith("<kerasish.callbacks.History object at 0x")
