"""Sparse cross entropies: dtypes and shapes of labels, what is ignored, labels that do not fit."""

import math

import pytest
import torch

from kerasish import losses
from kerasish.losses import SparseCategoricalCrossentropy
from kerasish.losses._sparse import _MANY_CLASSES

LOGITS = torch.tensor([[1.0, 2.0, 0.0], [0.5, 0.0, -3.0]])


def test_is_the_categorical_cross_entropy_of_one_hot_labels():
    for from_logits, y_pred in ((True, LOGITS), (False, LOGITS.softmax(-1))):
        torch.testing.assert_close(
            SparseCategoricalCrossentropy(from_logits=from_logits)(torch.tensor([1, 0]), y_pred),
            losses.CategoricalCrossentropy(from_logits=from_logits)(torch.eye(3)[[1, 0]], y_pred),
        )


@pytest.mark.parametrize("classes", [_MANY_CLASSES, _MANY_CLASSES + 1, 500])
def test_few_and_many_classes_are_one_formula(classes):
    labels, y_pred = torch.randint(0, classes, (8,)), torch.rand(8, classes, requires_grad=True)
    value = SparseCategoricalCrossentropy()(labels, y_pred)
    expected = losses.CategoricalCrossentropy()(torch.eye(classes)[labels], y_pred)
    torch.testing.assert_close(value, expected)
    torch.testing.assert_close(*(torch.autograd.grad(v, y_pred)[0] for v in (value, expected)))


@pytest.mark.parametrize("dtype", [torch.int32, torch.uint8, torch.int16, torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(2,), (2, 1)])
def test_labels_of_any_dtype_alone_or_in_a_column(dtype, shape):
    loss = SparseCategoricalCrossentropy(from_logits=True)
    assert loss(torch.tensor([1, 0], dtype=dtype).reshape(shape), LOGITS) == loss(torch.tensor([1, 0]), LOGITS)


def test_large_class_numbers_are_exact():
    classes = 2**24 + 4  # a float32 does not know 2**24 + 1
    y_pred = torch.zeros(1, classes)
    y_pred[0, 2**24 + 1] = 100.0
    assert SparseCategoricalCrossentropy(from_logits=True)(torch.tensor([2**24 + 1]), y_pred) == 0


def test_classes_may_be_on_any_axis():
    labels, y_pred = torch.randint(0, 4, (2, 3)), torch.randn(2, 3, 4)
    expected = SparseCategoricalCrossentropy(from_logits=True)(labels, y_pred)
    for axis in (0, 1, -2, 2):
        loss = SparseCategoricalCrossentropy(from_logits=True, axis=axis)
        torch.testing.assert_close(loss(labels, y_pred.movedim(-1, axis)), expected)
        assert loss.get_config().get("axis", -1) == axis


@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("ignored", [-1, 255, 0])
def test_ignored_labels_do_not_count(from_logits, ignored):
    loss = SparseCategoricalCrossentropy(from_logits=from_logits, ignore_class=ignored)
    y_pred = LOGITS.softmax(-1)[[0, 1, 1]]
    kept = SparseCategoricalCrossentropy(from_logits=from_logits)(torch.tensor([1, 2]), y_pred[[0, 2]])
    torch.testing.assert_close(loss(torch.tensor([1, ignored, 2]), y_pred), kept)
    torch.testing.assert_close(loss(torch.tensor([1, ignored, 2]), y_pred, torch.ones(3)), kept)


def test_values_of_ignored_labels_are_zero_and_masked():
    values = losses.sparse_categorical_crossentropy([1, -1], LOGITS, from_logits=True, ignore_class=-1)
    assert values[1] == 0 and values._keras_mask.tolist() == [True, False]


def test_batch_in_which_all_is_ignored_has_no_loss():
    y_pred = LOGITS.clone().requires_grad_()
    value = SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)(torch.tensor([0, 0]), y_pred)
    assert value == 0 and (torch.autograd.grad(value, y_pred)[0] == 0).all()


def test_one_hot_labels_are_sent_to_the_categorical_loss():
    with pytest.raises(ValueError, match=r"\(32, 10\) and `y_pred` of shape \(32, 10\).*CategoricalCrossentropy.*argmax"):
        SparseCategoricalCrossentropy()(torch.zeros(32, 10), torch.ones(32, 10))


@pytest.mark.parametrize("shape", [(3,), (2, 2), (3, 2, 1)])
def test_another_number_of_labels_is_refused(shape):
    with pytest.raises(ValueError, match=r"less their class axis, \(2, 3\).*one class number for each row"):
        SparseCategoricalCrossentropy(from_logits=True)(torch.zeros(shape, dtype=torch.int64), torch.zeros(2, 3, 4))


@pytest.mark.parametrize(
    "loss",
    [
        SparseCategoricalCrossentropy(from_logits=True),
        SparseCategoricalCrossentropy(),
        SparseCategoricalCrossentropy(reduction="none"),
        SparseCategoricalCrossentropy(from_logits=True, ignore_class=1),
        losses.CategoricalGeneralizedCrossEntropy(),
    ],
)
@pytest.mark.parametrize("classes", [5, 100])
def test_class_numbers_out_of_range_are_named(loss, classes):
    rule = f"class numbers from 0 to {classes - 1}"
    with pytest.raises(ValueError, match=rf"{rule}.*received 112 .*from 0 to 112.*last layer of 113 units"):
        loss(torch.tensor([0, 1, 112]), torch.rand(3, classes))
    with pytest.raises(ValueError, match=rf"{rule}.*received -100 .*count from 0.*ignore_class"):
        loss(torch.tensor([-100, 2, 3]), torch.rand(3, classes))


def test_generalized_cross_entropy_by_hand():
    values = losses.categorical_generalized_cross_entropy([1, 0], [[0.75, 0.25], [0.81, 0.19]], q=0.5)
    torch.testing.assert_close(values, torch.tensor([1.0, 0.2]))
    column = losses.CategoricalGeneralizedCrossEntropy()([[1], [0]], [[0.75, 0.25], [0.81, 0.19]])
    assert column.item() == pytest.approx(0.6)


def test_generalized_cross_entropy_nears_the_cross_entropy():
    near = losses.CategoricalGeneralizedCrossEntropy(q=1e-3, dtype="float64")([1], [[0.75, 0.25]])
    assert near.item() == pytest.approx(math.log(4), rel=1e-3)


@pytest.mark.parametrize("q", [0, 1, -0.5])
def test_q_lies_between_0_and_1(q):
    with pytest.raises(ValueError, match="`q` must lie between 0 and 1; received"):
        losses.CategoricalGeneralizedCrossEntropy(q=q)
