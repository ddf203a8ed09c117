"""Modules and models in folders (promises 107, 111 and 131)."""

import numpy as np
import pytest

import kerasish.tf as tf


class Scale(tf.Module):
    def __init__(self, value):
        self.weight = tf.Variable(value)
        self.parts = [tf.Variable(1.0), tf.keras.layers.Dense(2)]

    @tf.function
    def multiply(self, x):
        return x * self.weight

    @tf.function
    def project(self, x, times=2):
        return {"y": self.parts[1](x) * times + self.parts[0]}


def test_111_what_is_read_multiplies_as_the_guide_shows(tmp_path):
    module = Scale(3)
    module.multiply(tf.constant([1, 2, 3]))
    tf.saved_model.save(module, tmp_path / "saved")
    reloaded = tf.saved_model.load(tmp_path / "saved")
    result = reloaded.multiply(tf.constant([1, 2, 3]))
    assert result.numpy().tolist() == [3, 6, 9] and result.dtype == tf.int32
    assert reloaded.multiply(tf.constant([1, 2, 3, 4, 5])).numpy().tolist() == [3, 6, 9, 12, 15]


def test_111_programs_know_values_defaults_names_and_other_batch_sizes(tmp_path):
    module = Scale(3)
    x = tf.constant([[1.0, 2.0, 3.0]])
    module.project(x)
    module.project(x, 5)
    tf.saved_model.save(module, tmp_path / "saved")
    reloaded = tf.saved_model.load(tmp_path / "saved")
    batch = tf.random.normal([7, 3])
    for given, named in (((), {}), ((5,), {}), ((), {"times": 5})):
        assert np.allclose(reloaded.project(batch, *given, **named)["y"], module.project(batch, *given, **named)["y"], atol=1e-6)
    with pytest.raises(ValueError, match=r"float32\(None, 3\)"):
        reloaded.project(tf.constant([[1, 2, 3]]))


def test_111_what_is_read_is_trained_on(tmp_path):
    module = Scale(3.0)
    x = tf.constant([1.0, 2.0])
    module.multiply(x)
    tf.saved_model.save(module, tmp_path / "saved")
    reloaded = tf.saved_model.load(tmp_path / "saved")
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(reloaded.multiply(x))
    assert tape.gradient(y, reloaded.weight).numpy() == 3.0
    reloaded.weight.assign(10.0)
    assert reloaded.multiply(x).numpy().tolist() == [10, 20]


def test_111_a_signature_is_saved_without_a_call(tmp_path):
    class Doubling(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def double(self, x):
            return x * 2

    tf.saved_model.save(Doubling(), tmp_path / "saved")
    assert tf.saved_model.load(tmp_path / "saved").double(tf.constant([1.0, 2.0, 3.0])).numpy().tolist() == [2, 4, 6]


def test_131_a_model_saved_as_a_folder_predicts_where_its_class_is_unknown(tmp_path):
    class Net(tf.keras.Model):
        def __init__(self, units):
            super().__init__()
            self.inner, self.outer, self.scale = tf.keras.layers.Dense(units), tf.keras.layers.Dense(1), tf.Variable(2.0)

        def call(self, x):
            return self.outer(self.inner(x)) * self.scale

    model = Net(4)
    x = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    want = model(tf.constant(x))
    model.save(tmp_path / "net")
    with pytest.warns(UserWarning, match="predict but have no `fit`.*Net"):  # a class inside of a function is found by nobody
        again = tf.keras.models.load_model(tmp_path / "net")
    assert not isinstance(again, tf.keras.Model) and np.allclose(again(tf.constant(x)), want, atol=1e-6)


def test_tensors_from_outside_are_saved_as_constants(tmp_path):
    class Shifting(tf.Module):
        def __init__(self):
            self.shift = tf.constant([1.0, 2.0])

        @tf.function
        def shifted(self, x):
            return (x + self.shift) * tf.stack([self.shift, self.shift])[0]

    module = Shifting()
    module.shifted(tf.constant([1.0, 1.0]))
    tf.saved_model.save(module, tmp_path / "saved")
    assert tf.saved_model.load(tmp_path / "saved").shifted(tf.constant([1.0, 1.0])).numpy().tolist() == [2, 6]


def test_131_a_sequential_model_comes_back_as_a_model(tmp_path):
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.BatchNormalization(), tf.keras.layers.Dense(2)])
    model.save(tmp_path / "net")
    again = tf.keras.models.load_model(tmp_path / "net")
    x = tf.random.normal([5, 3])
    assert isinstance(again, tf.keras.Sequential) and np.allclose(again(x), model(x))
    assert np.allclose(tf.saved_model.load(tmp_path / "net")(x), model(x), atol=1e-6)


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path):
    module = Scale(3)
    with pytest.raises(ValueError, match="nothing that could be called"):
        tf.saved_model.save(module, tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []
    module.multiply(tf.constant([1]))
    tf.saved_model.save(module, tmp_path / "saved")
    module.weight.assign(4)
    tf.saved_model.save(module, tmp_path / "saved")
    assert tf.saved_model.load(tmp_path / "saved").weight.numpy() == 4
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="no saved model"):
        tf.saved_model.save(module, tmp_path / "mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "saved"]


def test_broken_folders_are_told(tmp_path):
    with pytest.raises(OSError, match="no saved model"):
        tf.saved_model.load(tmp_path)


def test_111_signatures_take_tensors_by_name_and_give_dicts(tmp_path):
    class Both(tf.Module):
        def __init__(self):
            self.weight = tf.Variable(3.0)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def scale(self, x):
            return {"y": x * self.weight}

        @tf.function
        def shift(self, x):
            return x + self.weight

    module = Both()
    shift = module.shift.get_concrete_function(tf.TensorSpec([2], tf.float32))
    tf.saved_model.save(module, tmp_path / "saved", signatures={"serving_default": module.scale, "shift": shift})
    loaded = tf.saved_model.load(tmp_path / "saved")
    assert tf.saved_model.contains_saved_model(tmp_path / "saved")
    assert loaded.signatures["serving_default"](x=tf.constant([1.0, 2.0, 3.0]))["y"].numpy().tolist() == [3, 6, 9]
    assert loaded.signatures["shift"]([1.0, 2.0])["output_0"].numpy().tolist() == [4, 5]
    loaded.weight.assign(1.0)
    assert loaded.signatures["serving_default"](x=tf.constant([2.0]))["y"].numpy().tolist() == [2]


def test_111_a_signature_is_for_one_kind_of_arguments(tmp_path):
    module = Scale(3)
    for given, error, told in ((module.multiply, ValueError, "is for 0"), (len, TypeError, "tf.function")):
        with pytest.raises(error, match=told):
            tf.saved_model.save(module, tmp_path / "saved", signatures=given)
    assert list(tmp_path.iterdir()) == []


def test_131_the_librarys_own_load_model_reads_folders(tmp_path):
    import kerasish as keras

    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
    model.save(tmp_path / "net")
    assert keras.models.load_model is tf.keras.models.load_model
    assert np.allclose(keras.models.load_model(tmp_path / "net")(tf.ones([1, 3])), model(tf.ones([1, 3])))
    with pytest.raises(OSError, match="no saved model"):
        keras.models.load_model(tmp_path / "nothing")
