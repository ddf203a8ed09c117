"""Control flow: what differs from expressions that TensorFlow is asked for as well."""

import numpy as np
import pytest
import torch

import kerasish.tf as tf


def test_a_functions_own_gradient_is_used():
    @tf.custom_gradient
    def softplus(x):
        e = tf.exp(x)
        return tf.math.log(1 + e), lambda upstream: upstream * (1 - 1 / (1 + e))

    x = tf.constant(100.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = softplus(x)
    assert tape.gradient(y, x).numpy() == 1.0


def test_a_functions_own_gradient_may_be_of_several_results_and_arguments():
    @tf.custom_gradient
    def swapped(a, b):
        return (b * 1.0, a * 1.0), lambda first, second: (second * 10, first * 100)

    a, b = tf.Variable(1.0), tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = tf.add_n(list(swapped(a, b)))
    assert [part.numpy() for part in tape.gradient(y, [a, b])] == [10.0, 100.0]


def test_gradients_go_through_loops_and_folds():
    x = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        y = tf.foldl(lambda total, row: total * row, x)
    assert tape.gradient(y, x).numpy().tolist() == [6.0, 3.0, 2.0]
    with tf.GradientTape() as tape:
        y = tf.while_loop(lambda k, t: k < 2, lambda k, t: (k + 1, t * x[1]), (tf.constant(0), tf.constant(1.0)))[1]
    assert tape.gradient(y, x).numpy().tolist() == [0.0, 4.0, 0.0]


def test_a_recomputed_function_has_the_same_gradient():
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.recompute_grad(lambda part: part**3)(x))
    assert tape.gradient(y, x).numpy().tolist() == [3.0, 12.0]


def test_functions_see_tensors_of_the_kind_that_was_given():
    kinds = []
    tf.map_fn(lambda row: kinds.append(type(row)) or row, tf.ones([1, 2]))
    result = tf.map_fn(lambda row: kinds.append(type(row)) or row, torch.ones(1, 2))
    assert kinds == [tf.Tensor, torch.Tensor] and type(result) is torch.Tensor


def test_branches_that_do_not_fit_are_told():
    with pytest.raises(ValueError, match="default"):
        tf.case([(tf.constant(False), lambda: 1)])
    with pytest.raises(ValueError, match="2 do"):
        tf.case([(True, lambda: 1), (True, lambda: 2)], exclusive=True)


def test_functions_know_whether_they_are_captured():
    seen = []

    @tf.function
    def look(x):
        seen.append((tf.executing_eagerly(), tf.inside_function()))
        return x

    look(tf.constant(1))
    assert seen == [(False, True)] and tf.executing_eagerly()


def test_a_tensor_array_grows_only_if_it_may():
    array = tf.TensorArray(tf.float32, size=1)
    with pytest.raises(IndexError, match="dynamic_size"):
        array.write(1, 2.0)
    with pytest.raises(ValueError, match="place 0"):
        array.stack()
    growing = tf.TensorArray(tf.int32, dynamic_size=True).write(2, 5).write(0, 1).write(1, 7)
    assert growing.stack().numpy().tolist() == [1, 7, 5] and growing.size().numpy() == 3
    assert growing.gather([2, 0]).numpy().tolist() == [5, 1]


def test_draws_are_settled_by_seeds():
    for draw in (tf.random.stateless_normal, tf.random.stateless_uniform):
        assert np.array_equal(draw([4], seed=[1, 2]), draw([4], seed=[1, 2]))
        assert not np.array_equal(draw([4], seed=[1, 2]), draw([4], seed=[2, 1]))
    first, second = tf.random.Generator.from_seed(3), tf.random.Generator.from_seed(3)
    assert np.array_equal(first.uniform([3]), second.uniform([3]))
    assert not np.array_equal(first.uniform([3]), first.uniform([3]))
    counts = tf.random.poisson([2000], [1.0, 5.0], seed=1).numpy()
    assert np.allclose(counts.mean(0), [1.0, 5.0], atol=0.3)


def test_random_images_are_settled_by_seeds():
    image = tf.random.uniform([4, 5, 3], seed=1)
    flipped = {bool(np.array_equal(tf.image.stateless_random_flip_left_right(image, seed=(1, k)), image)) for k in range(12)}
    assert flipped == {True, False}
    piece = tf.image.random_crop(image, [2, 2, 3], seed=4)
    assert np.array_equal(piece, tf.image.random_crop(image, [2, 2, 3], seed=4)) and piece.shape == (2, 2, 3)
    with pytest.raises(ValueError, match="fit into"):
        tf.image.random_crop(image, [9, 2, 3])
