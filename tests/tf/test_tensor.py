"""Tensors as TensorFlow's guides show them; the numbers in the names are the promises kept."""

import copy
import pickle

import numpy as np
import pytest
import torch

import kerasish as keras
import kerasish.tf as tf

ROWS = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]


def test_89_a_tensor_its_shape_and_its_dtype_are_printed_as_in_the_guide(capsys):
    x = tf.constant(ROWS)
    print(x)
    print(x.shape)
    print(x.dtype)
    assert capsys.readouterr().out == (
        "tf.Tensor(\n[[1. 2. 3.]\n [4. 5. 6.]], shape=(2, 3), dtype=float32)\n(2, 3)\n<dtype: 'float32'>\n"
    )


def test_90_repr_shows_the_array_and_a_single_number_bare():
    want = "<tf.Tensor: shape=(1, 3), dtype=float32, numpy=array([[2., 4., 6.]], dtype=float32)>"
    assert repr(tf.constant(ROWS[:1]) * 2) == want
    assert repr(tf.reduce_sum(tf.constant(ROWS))) == "<tf.Tensor: shape=(), dtype=float32, numpy=21.0>"


@pytest.mark.parametrize(
    "value, name", [([1, 2, 3], "int32"), (1.5, "float32"), (True, "bool"), (2**40, "int64"), (np.arange(2.0), "float64")]
)
def test_91_defaults_of_dtypes(value, name):
    assert tf.constant(value).dtype.name == name


def test_92_operators_keep_the_kind():
    x = tf.constant(ROWS)
    assert np.allclose(x @ tf.transpose(x), [[14, 32], [32, 77]])
    results = [x + x, 5 * x, x**2 + 2 * x - 5, x > 2, -x, x[:, tf.newaxis], x[0], x / 2, 1 - x, np.ones(3) * x]
    assert {type(result) for result in results} == {tf.Tensor}
    assert x[:, tf.newaxis].shape == (2, 1, 3) and x.shape[0] == 2
    assert (tf.constant([1, 2]) / 2).dtype == tf.float64


def test_92_slices_may_go_backwards():
    x = tf.constant(ROWS)
    assert x[::-1].numpy().tolist() == ROWS[::-1]
    assert x[..., ::-2].numpy().tolist() == [[3, 1], [6, 4]]


def test_93_functions_of_the_guide():
    x = tf.constant(ROWS)
    assert tf.concat([x, x, x], axis=0).shape == (6, 3)
    assert np.allclose(tf.nn.softmax(x, axis=-1)[0], [0.09003057, 0.24472848, 0.6652409], atol=1e-7)
    assert tf.reduce_mean(x).numpy() == 3.5 and tf.reduce_mean([1, 2, 4]).numpy() == 2
    assert tf.squeeze([[1], [2]], axis=1).shape == (2,)
    assert tf.cast(1.7, tf.int32).numpy() == 1


def test_94_linspace_between_integers_is_float64():
    x = tf.linspace(-2, 2, 201)
    assert x.dtype == tf.float64 and tf.cast(x, tf.float32).dtype == tf.float32
    assert tf.random.normal(shape=[201]).shape == (201,)
    drawn = tf.random.uniform((50,), 2, 5, dtype=tf.int32, seed=1)
    assert drawn.dtype == tf.int32 and set(drawn.numpy()) == {2, 3, 4}


def test_95_functions_take_lists():
    assert repr(tf.reduce_sum([1, 2, 3])) == "<tf.Tensor: shape=(), dtype=int32, numpy=6>"
    assert tf.convert_to_tensor([1, 2, 3]).dtype == tf.int32


def test_96_97_results_of_variables_are_read_as_arrays():
    x = tf.Variable([1.0, 2.0]) * 3
    assert x.requires_grad
    assert x.numpy().tolist() == np.asarray(x).tolist() == [3, 6]
    assert np.mean(x) == 4.5 and np.sum([x, x]) == 18


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_97_results_on_a_gpu_are_read_as_arrays():
    x = tf.constant([1.0, 2.0]) * 3
    assert x.is_cuda
    assert np.asarray(x).tolist() == [3, 6]


def test_98_single_numbers_are_formatted():
    x = tf.constant(1.23456789)
    assert "%1.6f" % x.numpy() == "1.234568"  # noqa: UP031 - as the guide writes it
    assert f"{x:2.3f}" == "1.235"


def test_99_devices_are_listed():
    assert tf.config.list_physical_devices("CPU")[0].device_type == "CPU"
    assert bool(tf.config.list_physical_devices("GPU")) is torch.cuda.is_available()


def test_101_a_tensor_never_changes():
    x = tf.constant([1.0, 2.0])
    before = x
    x += 1
    assert before.numpy().tolist() == [1, 2] and x.numpy().tolist() == [2, 3]
    with pytest.raises(TypeError, match="tf.tensor_scatter_nd_update"):
        x[0] = 5.0


def test_116_dtypes_are_objects_that_equal_those_of_others():
    assert tf.float32 == torch.float32 and tf.float32 == np.float32 and tf.float32 == "float32" and tf.float32 != tf.int32
    assert repr(tf.float32) == "tf.float32" and tf.as_dtype("int32") is tf.int32
    assert np.zeros(2, dtype=tf.int32).dtype == np.int32
    assert tf.int32.max == 2**31 - 1 and tf.bool.is_bool and not tf.bool.is_integer


def test_plain_torch_tensors_keep_results_plain():
    x, y = tf.constant([1.0]), torch.ones(1)
    assert {type(r) for r in (x + y, y + x, tf.add(x, y), tf.reduce_sum(y), tf.concat([x, y], 0), torch.exp(x))} == {torch.Tensor}
    assert type(y) is torch.Tensor and type(tf.identity(y)) is torch.Tensor


def test_what_is_handed_in_stays_what_it_is():
    values = np.array([1.0, 2.0])
    x = tf.constant(values)
    values[0] = 7
    y = tf.convert_to_tensor(x)
    assert type(x) is type(y) is tf.Tensor and y.numpy()[1] == 2


def test_copies_and_pickles_are_tensors():
    x = tf.constant([1, 2])
    for other in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert type(other) is tf.Tensor and other.numpy().tolist() == [1, 2]


def test_functions_on_symbols_make_models():
    x = keras.Input((4,))
    y = tf.reduce_sum(tf.nn.relu(tf.concat([x, -x], axis=1)), axis=1, keepdims=True)
    model = keras.Model(x, y)
    assert model(tf.constant([[1.0, -2.0, 3.0, 0.0]])).numpy().tolist() == [[6.0]]


def test_integer_draws_need_a_bound():
    with pytest.raises(ValueError, match="maxval"):
        tf.random.uniform((2,), dtype=tf.int32)


def test_91_numbers_keep_all_their_digits_in_a_wider_dtype():
    assert tf.constant(0.1, tf.float64).numpy() == 0.1
    assert tf.constant([0.1, 1e-60], dtype="float64").numpy().tolist() == [0.1, 1e-60]
    assert tf.cast(2**40 + 1, tf.int64).numpy() == 2**40 + 1


def test_98_numbers_are_made_of_results_that_have_gradients():
    x = tf.Variable(2.5) * 2
    assert (float(x), int(x), complex(x), float(tf.Variable(1.5))) == (5.0, 5, 5 + 0j, 1.5)


def test_functions_that_only_this_face_has_make_models_too():
    entry = keras.Input((3, 3))
    outputs = [tf.math.lgamma(entry), tf.linalg.band_part(entry, 0, -1), tf.math.xlogy(entry, 2.0), tf.nn.silu(entry, 2.0)]
    model = keras.Model(entry, outputs)
    x = tf.constant([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]])
    want = [tf.math.lgamma(x), tf.linalg.band_part(x, 0, -1), tf.math.xlogy(x, 2.0), tf.nn.silu(x, 2.0)]
    assert all(np.allclose(a, b) for a, b in zip(model(x), want))
