"""Functional models with operations between their layers: the same numbers as Keras, and configs that go both ways."""

import numpy as np
import pytest

import kerasish

keras = pytest.importorskip("keras")


def with_operations(library):
    """A graph of operations with options, indices and constants."""
    x = library.Input((4, 6))
    ops = library.ops
    a = ops.mean(ops.softmax(ops.reshape(x, (-1, 12, 2)), axis=1), axis=-1, keepdims=True)
    b = ops.transpose(ops.concatenate([a, a * 2.0], axis=-1), (0, 2, 1))
    c = ops.squeeze(ops.expand_dims(1.0 - ops.relu(b)[:, :, 1:4], -1), -1)
    d = library.activations.leaky_relu(c, negative_slope=0.1)
    e = ops.matmul(d, ops.transpose(d, (0, 2, 1)))
    return library.Model(x, [ops.sum(e, axis=(1, 2)), ops.max(e, axis=-1), ops.where(e > 0.5, e, 0.0), ops.clip(e, 0.0, 1.0)])


X = np.random.default_rng(0).standard_normal((3, 4, 6)).astype("float32")


def agree(ours, theirs) -> None:
    for a, b in zip(ours.predict(X, verbose=0), theirs.predict(X, verbose=0), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_operations_give_the_same_numbers_under_the_same_names() -> None:
    keras.backend.clear_session(free_memory=False)
    kerasish.backend.clear_session(free_memory=False)
    ours, theirs = with_operations(kerasish), with_operations(keras)
    agree(ours, theirs)
    assert [operation.name for operation in ours.operations] == [operation.name for operation in theirs.operations]


def test_keras_reads_our_graph_and_we_read_keras_s() -> None:
    ours, theirs = with_operations(kerasish), with_operations(keras)
    agree(ours, keras.models.model_from_json(ours.to_json()))
    agree(kerasish.models.model_from_json(theirs.to_json()), theirs)
