"""Variables as TensorFlow's guides show them."""

import copy
import pickle

import numpy as np
import pytest
import torch

import kerasish as keras
import kerasish.tf as tf


def test_101_assignments_give_the_variable_under_the_name_that_is_printed_then():
    var = tf.Variable([0.0, 0.0, 0.0])
    assert repr(var.assign([1, 2, 3])) == (
        "<tf.Variable 'UnreadVariable' shape=(3,) dtype=float32, numpy=array([1., 2., 3.], dtype=float32)>"
    )
    assert var.assign_add([1, 1, 1]).numpy().tolist() == var.numpy().tolist() == [2, 3, 4]
    assert var.assign_sub([2, 2, 2]).assign([5, 5, 5]).numpy().tolist() == var.numpy().tolist() == [5, 5, 5]


def test_102_plain_repr_dtypes_and_operators():
    assert repr(tf.Variable(5.0)) == "<tf.Variable 'Variable:0' shape=() dtype=float32, numpy=5.0>"
    assert repr(tf.Variable(3, name="n")) == "<tf.Variable 'n:0' shape=() dtype=int32, numpy=3>"
    result = tf.Variable(2.0) * 3.0 + tf.Variable(1.0)
    assert type(result) is tf.Tensor and result.numpy() == 7.0


def test_a_variable_is_a_parameter_and_keras_variable():
    var = tf.Variable(1.0)
    assert isinstance(var, torch.nn.Parameter) and isinstance(var, keras.Variable)
    assert not tf.Variable(1.0, trainable=False).requires_grad


def test_read_value_does_not_follow_later_changes():
    var = tf.Variable([1.0])
    read = var.read_value()
    var.assign([2.0])
    assert read.numpy() == [1.0] and type(read) is tf.Tensor


def test_what_is_not_supported_raises():
    with pytest.raises(ValueError, match="aggregation"):
        tf.Variable(1.0, aggregation="mean")
    with pytest.raises(RuntimeError, match="assign_add"):
        var = tf.Variable(1.0)
        var += 1.0
    with pytest.raises(ValueError, match="shape"):
        tf.Variable([1.0, 2.0]).assign([1.0])


def test_copies_and_pickles_are_variables():
    var = tf.Variable([1.0], name="v", trainable=False)
    for other in (copy.deepcopy(var), pickle.loads(pickle.dumps(var))):
        assert repr(other) == repr(var) and not other.requires_grad


def test_numpys_own_functions_take_variables():
    assert np.max(tf.Variable([1.0, 4.0])) == 4.0
