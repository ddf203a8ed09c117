"""Names: paths of modules, what is not there, and what namespaces hold."""

import importlib
import sys

import pytest

import kerasish as keras
import kerasish.tf as tf


@pytest.mark.parametrize("name", ["layers", "models", "optimizers", "optimizers.schedules", "callbacks", "utils", "initializers"])
def test_modules_of_keras_are_imported_by_their_paths(name):
    module = importlib.import_module(f"kerasish.tf.keras.{name}")
    assert module is sys.modules[f"kerasish.{name}"]


def test_from_imports_give_the_librarys_own_classes():
    from kerasish.tf.keras import Sequential, layers
    from kerasish.tf.keras.layers import Dense
    from kerasish.tf.keras.losses import MeanSquaredError
    from kerasish.tf.keras.metrics import Mean
    from kerasish.tf.keras.optimizers import Adam

    assert (Sequential, layers.Dense, Dense) == (keras.Sequential, keras.layers.Dense, keras.layers.Dense)
    assert (MeanSquaredError, Mean, Adam) == (keras.losses.MeanSquaredError, keras.metrics.Mean, keras.optimizers.Adam)


@pytest.mark.parametrize(
    "name, way",
    [
        ("Graph", "tf.function"),
        ("RaggedTensor", "sequence_mask"),
        ("SparseTensor", "torch.sparse"),
        ("strings", "Python's str"),
        ("lite", "torch.export"),
        ("distribute.MultiWorkerMirroredStrategy", "torchrun"),
        ("train.Example", "from_generator"),
        ("io.TFRecordWriter", "from_generator"),
        ("math.sobol_sample", "SobolEngine"),
        ("keras.optimizers.legacy", None),
        ("linalg.no_such_name", None),
    ],
)
def test_what_is_not_there_says_so_and_what_to_use(name, way):
    *rooms, last = name.split(".")
    room = tf
    for part in rooms:
        room = getattr(room, part)
    with pytest.raises(AttributeError, match=way) as error:
        getattr(room, last)
    assert last in str(error.value)
    assert not hasattr(room, last)


def test_mixed_precision_is_set_under_its_older_name():
    before = tf.keras.mixed_precision.global_policy()
    try:
        tf.keras.mixed_precision.set_global_policy("mixed_bfloat16")
        assert tf.keras.layers.Dense(1).compute_dtype == "bfloat16"
    finally:
        tf.keras.mixed_precision.set_global_policy(before)


def test_functions_of_the_older_backend_take_lists():
    backend = tf.keras.backend
    assert backend.mean([[1.0, 3.0]], axis=-1).numpy().tolist() == [2.0]
    var = backend.variable([1.0, 2.0])
    backend.set_value(var, [3.0, 4.0])
    assert backend.get_value(var).tolist() == [3.0, 4.0] and backend.int_shape(var) == (2,) and backend.ndim(var) == 1


def test_names_of_variables_begin_with_the_scopes_around():
    module = tf.Module(name="encoder")
    with module.name_scope, tf.name_scope("inner") as scope:
        variable = tf.Variable(1.0, name="w")
    assert (scope, variable.name, tf.get_current_name_scope()) == ("encoder/inner/", "encoder/inner/w:0", "")
    assert repr(variable) == "<tf.Variable 'encoder/inner/w:0' shape=() dtype=float32, numpy=1.0>"
    assert tf.Variable(1.0).name == "Variable:0"


def test_specs_are_printed_and_compared_as_in_tensorflow():
    spec = tf.TensorSpec([None, 3], tf.int32, name="x")
    assert repr(spec) == "TensorSpec(shape=(None, 3), dtype=tf.int32, name='x')"
    assert spec.is_compatible_with(tf.ones([2, 3], tf.int32)) and not spec.is_compatible_with(tf.ones([2, 3]))


def test_variables_are_changed_at_places():
    variable = tf.Variable([1.0, 2.0, 3.0])
    variable.scatter_nd_update([[0]], [9.0])
    variable.scatter_nd_add([[1], [1]], [1.0, 1.0])
    variable.scatter_nd_sub([[2]], [1.0])
    assert variable.numpy().tolist() == [9.0, 4.0, 2.0]
