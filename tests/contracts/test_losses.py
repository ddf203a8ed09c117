"""The contract of losses: one battery over every loss that is registered."""

import copy
import pickle

import numpy as np
import pytest
import torch

from kerasish import losses
from kerasish.losses._reduction import MEANS, REDUCTIONS
from kerasish.losses._registry import LOSSES

NUMBERED = ("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy", "Circle")
ABSTRACT = ("Loss", "LossFunctionWrapper")
NAMES = sorted({cls.__name__ for cls in LOSSES.classes.values()} - set(ABSTRACT))
OTHER_ARGUMENTS = {
    "BinaryCrossentropy": {"from_logits": True, "label_smoothing": 0.1, "axis": 0},
    "BinaryFocalCrossentropy": {"from_logits": True, "gamma": 1.0, "apply_class_balancing": True},
    "CategoricalCrossentropy": {"from_logits": True, "label_smoothing": 0.1},
    "CategoricalFocalCrossentropy": {"from_logits": True, "alpha": 0.5},
    "CategoricalGeneralizedCrossEntropy": {"q": 0.9},
    "Circle": {"gamma": 2.0, "margin": 0.1, "remove_diagonal": False},
    "CosineSimilarity": {"axis": 0},
    "Dice": {"axis": [1]},
    "Huber": {"delta": 0.3},
    "SparseCategoricalCrossentropy": {"from_logits": True, "ignore_class": 2},
    "Tversky": {"alpha": 0.2, "beta": 0.8, "axis": [1]},
}
EVERY = [(name, {}) for name in NAMES] + list(OTHER_ARGUMENTS.items())
every_loss = pytest.mark.parametrize(("name", "arguments"), EVERY, ids=[f"{n}-{','.join(a)}" for n, a in EVERY])


def make(name, arguments, **more):
    return LOSSES.classes[name.lower()](**arguments, **more)


def batch(name, rng, dtype="float32"):
    """Labels and predictions that the loss takes: probabilities of 6 samples in 5 classes."""
    if name == "CTC":
        return rng.integers(1, 5, size=(6, 3)), rng.normal(size=(6, 8, 5)).astype(dtype)
    scores = np.exp(rng.normal(size=(6, 5)))
    numbers = np.array([0, 1, 2, 0, 1, 3])
    labels = numbers if name in NUMBERED else np.eye(5)[numbers]
    if name == "MeanAbsolutePercentageError":
        labels = labels + 1  # of a label 0 the slope is 1e7
    return labels, (scores / scores.sum(-1, keepdims=True)).astype(dtype)


def tensors(name, rng):
    y_true, y_pred = batch(name, rng)
    return torch.as_tensor(y_true), torch.tensor(y_pred, requires_grad=True)


def value_shape(name, arguments, y_true, y_pred):
    return tuple(make(name, arguments, reduction="none")(y_true, y_pred).shape)


@every_loss
def test_config_makes_the_same_loss(name, arguments, rng):
    loss = make(name, {**arguments, "reduction": "sum", "name": "mine", "dtype": "float64"})
    again = losses.deserialize(losses.serialize(loss))
    assert type(again) is type(loss) and again.get_config() == loss.get_config()
    assert (again.name, again.reduction, again.dtype) == ("mine", "sum", "float64")
    assert {key: getattr(again, key) for key in arguments} == arguments
    y_true, y_pred = batch(name, rng)
    assert again(y_true, y_pred) == loss(y_true, y_pred)


@every_loss
@pytest.mark.parametrize("weighing", ["no weight", "weight", "mask"])
def test_reductions_give_a_number_or_the_values(name, arguments, weighing, rng):
    y_true, y_pred = tensors(name, rng)
    shape = value_shape(name, arguments, y_true, y_pred)
    weight = torch.ones(shape) if weighing == "weight" else None
    if weighing == "mask":
        y_pred._keras_mask = torch.ones(shape, dtype=torch.bool)
    for reduction in REDUCTIONS:
        value = make(name, arguments, reduction=reduction)(y_true, y_pred, weight)
        assert value.shape == (shape if reduction in ("none", None) else ())
        assert value.dtype == torch.float32 and torch.isfinite(value).all()


@every_loss
def test_fused_mean_is_the_mean_of_the_values(name, arguments, rng):
    y_true, y_pred = tensors(name, rng)
    for reduction in MEANS:
        loss = make(name, arguments, reduction=reduction)
        fused = loss(y_true, y_pred)
        unfused = loss(y_true, y_pred, torch.ones(value_shape(name, arguments, y_true, y_pred)))
        torch.testing.assert_close(fused, unfused, rtol=1e-6, atol=1e-6)
        gradients = [torch.autograd.grad(value, y_pred)[0] for value in (fused, unfused)]
        torch.testing.assert_close(*gradients, rtol=1e-5, atol=1e-6)


@every_loss
def test_gradient_is_finite_and_there(name, arguments, rng):
    y_true, y_pred = tensors(name, rng)
    gradient = torch.autograd.grad(make(name, arguments)(y_true, y_pred), y_pred)[0]
    assert torch.isfinite(gradient).all() and gradient.abs().sum() > 0


@every_loss
def test_gradient_is_the_slope(name, arguments, rng):
    y_true, y_pred = tensors(name, rng)
    point = y_pred.detach().double().requires_grad_()
    torch.autograd.gradcheck(lambda at: make(name, arguments, dtype="float64")(y_true, at), (point,), eps=1e-7, atol=1e-4)


@every_loss
@pytest.mark.parametrize("reduction", ["mean", "mean_with_sample_weight"])
def test_weights_of_zero_give_zero(name, arguments, reduction, rng):
    y_true, y_pred = tensors(name, rng)
    weight = torch.zeros(value_shape(name, arguments, y_true, y_pred) or (6,))
    value = make(name, arguments, reduction=reduction)(y_true, y_pred, weight)
    assert value == 0 and (torch.autograd.grad(value, y_pred)[0] == 0).all()


@every_loss
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_predictions_are_computed_in_float32(name, arguments, dtype, rng):
    y_true, y_pred = tensors(name, rng)
    half = y_pred.detach().to(dtype).requires_grad_()
    value = make(name, arguments)(y_true, half)
    assert value.dtype == torch.float32
    assert value == make(name, arguments)(y_true, half.detach().float())
    assert torch.autograd.grad(value, half)[0].dtype == dtype


@every_loss
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_as_the_dtype_of_the_loss(name, arguments, dtype, rng):
    if name == "Circle" and "gamma" not in arguments:
        arguments = {"gamma": 2.0}  # 80 makes differences of 80 times the precision
    y_true, y_pred = tensors(name, rng)
    value = make(name, arguments, dtype=dtype)(y_true, y_pred)
    torch.testing.assert_close(value.float(), make(name, arguments)(y_true, y_pred), rtol=0.03, atol=0.02)
    assert value.dtype == getattr(torch, dtype)
    assert torch.isfinite(torch.autograd.grad(value, y_pred)[0]).all()


@every_loss
def test_arrays_lists_and_tensors_are_one(name, arguments, rng):
    y_true, y_pred = batch(name, rng)
    loss = make(name, arguments)
    expected = loss(torch.as_tensor(y_true), torch.as_tensor(y_pred))
    assert loss(y_true, y_pred) == loss(y_true.tolist(), y_pred.tolist()) == expected


@every_loss
@pytest.mark.parametrize("weighing", ["no weight", "weight", "mask"])
def test_compiles_without_a_graph_break(name, arguments, weighing, rng):
    if name == "CTC":
        pytest.skip("torch's ctc_loss reads the lengths, which breaks the graph")
    torch._dynamo.reset()
    y_true, y_pred = tensors(name, rng)
    shape = value_shape(name, arguments, y_true, y_pred)
    weight = torch.rand(shape) if weighing == "weight" else None
    if weighing == "mask":
        y_pred._keras_mask = torch.rand(shape) > 0.3
    loss = make(name, arguments)
    compiled = torch.compile(loss.__call__, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(y_true, y_pred, weight), loss(y_true, y_pred, weight))


@every_loss
def test_values_can_be_copied_and_pickled(name, arguments, rng):
    y_true, y_pred = batch(name, rng)
    loss = make(name, arguments)
    for again in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        assert again(y_true, y_pred) == loss(y_true, y_pred)


@every_loss
def test_every_argument_is_documented(name, arguments):
    doc = LOSSES.classes[name.lower()].__doc__
    assert "reduction, name, dtype: as in `Loss`." in doc
    for argument in set(LOSSES.classes[name.lower()].fields) - {"reduction", "name", "dtype"}:
        assert f"{argument}:" in doc or f"{argument}," in doc
