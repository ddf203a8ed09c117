"""Losses: every class and function against Keras's, with weights, masks, reductions, gradients and configs."""

import inspect
import json

import keras
import numpy as np
import pytest
import torch

from kerasish import losses

BATCH, STEPS, CLASSES = 4, 3, 5


def amounts(rng):
    return rng.normal(size=(BATCH, STEPS, CLASSES)), rng.normal(size=(BATCH, STEPS, CLASSES))


def positive(rng):
    return tuple(np.abs(x) + 0.1 for x in amounts(rng))


def margins(rng):
    return np.sign(rng.normal(size=(BATCH, STEPS, CLASSES))), rng.normal(size=(BATCH, STEPS, CLASSES))


def yes_or_no(rng):
    return rng.integers(0, 2, size=(BATCH, STEPS, CLASSES)), rng.normal(size=(BATCH, STEPS, CLASSES))


def chances(rng):
    return rng.integers(0, 2, size=(BATCH, STEPS, CLASSES)), rng.uniform(size=(BATCH, STEPS, CLASSES))


def sure_chances(rng):
    labels, predictions = chances(rng)
    return labels, np.clip(predictions * 2 - 0.5, 0, 1)


def one_hot_logits(rng):
    numbers, logits = numbered_logits(rng)
    return np.eye(CLASSES)[numbers], logits


def one_hot(rng):
    numbers, probabilities = numbered(rng)
    return np.eye(CLASSES)[numbers], probabilities


def soft(rng):
    return tuple(softmax(x) for x in amounts(rng))


def numbered_logits(rng):
    return rng.integers(0, CLASSES, size=(BATCH, STEPS)), rng.normal(size=(BATCH, STEPS, CLASSES)) * 3


def numbered(rng):
    numbers, logits = numbered_logits(rng)
    return numbers, softmax(logits)


def unnormalized(rng):
    numbers, _ = numbered(rng)
    predictions = np.clip(rng.normal(size=(BATCH, STEPS, CLASSES)), 0, None)
    predictions[..., 0] += 0.5
    return numbers, predictions


def many_classes(rng):
    return rng.integers(0, 100, size=(BATCH, STEPS)), softmax(rng.normal(size=(BATCH, STEPS, 100)) * 9)


def with_ignored(rng):
    numbers, probabilities = numbered(rng)
    numbers[:, 1] = -1
    return numbers, probabilities


def with_ignored_logits(rng):
    numbers, logits = numbered_logits(rng)
    numbers[:, 0] = 255
    return numbers.astype("uint8"), logits


def classes_first(rng):
    numbers = rng.integers(0, CLASSES, size=(BATCH, STEPS))
    return numbers, rng.normal(size=(BATCH, CLASSES, STEPS))


def one_hot_classes_first(rng):
    numbers, logits = classes_first(rng)
    return np.moveaxis(np.eye(CLASSES)[numbers], -1, 1), logits


def embeddings(rng):
    points = rng.normal(size=(BATCH * STEPS, 6))
    return rng.integers(0, 3, size=(BATCH * STEPS,)), points / np.linalg.norm(points, axis=-1, keepdims=True)


def sequences(rng):
    labels = rng.integers(1, CLASSES, size=(BATCH, 3))
    labels[0, 2] = 0
    return labels, rng.normal(size=(BATCH, 8, CLASSES))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


CASES = [
    ("MeanSquaredError", {}, amounts),
    ("MeanAbsoluteError", {}, amounts),
    ("MeanAbsolutePercentageError", {}, amounts),
    ("MeanSquaredLogarithmicError", {}, positive),
    ("MeanSquaredLogarithmicError", {}, amounts),
    ("Huber", {}, amounts),
    ("Huber", {"delta": 0.4}, amounts),
    ("LogCosh", {}, amounts),
    ("CosineSimilarity", {}, amounts),
    ("CosineSimilarity", {"axis": -2}, amounts),
    ("CosineSimilarity", {"axis": [1, 2]}, amounts),
    ("KLDivergence", {}, soft),
    ("KLDivergence", {}, one_hot),
    ("Poisson", {}, positive),
    ("Hinge", {}, margins),
    ("Hinge", {}, yes_or_no),
    ("Hinge", {}, amounts),
    ("SquaredHinge", {}, margins),
    ("SquaredHinge", {}, yes_or_no),
    ("CategoricalHinge", {}, one_hot),
    ("BinaryCrossentropy", {}, chances),
    ("BinaryCrossentropy", {}, sure_chances),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, chances),
    ("BinaryCrossentropy", {"from_logits": True}, yes_or_no),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1, "axis": 1}, yes_or_no),
    ("BinaryFocalCrossentropy", {}, chances),
    ("BinaryFocalCrossentropy", {"from_logits": True, "gamma": 1.5, "label_smoothing": 0.1}, yes_or_no),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.7}, chances),
    ("CategoricalCrossentropy", {}, one_hot),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, one_hot),
    ("CategoricalCrossentropy", {"from_logits": True}, one_hot_logits),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, one_hot_logits),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1, "axis": 1}, one_hot_classes_first),
    ("CategoricalFocalCrossentropy", {}, one_hot),
    ("CategoricalFocalCrossentropy", {"alpha": [0.1, 0.2, 0.3, 0.4, 0.5], "label_smoothing": 0.1}, one_hot),
    ("CategoricalFocalCrossentropy", {"from_logits": True, "gamma": 3.0}, one_hot_logits),
    ("SparseCategoricalCrossentropy", {}, numbered),
    ("SparseCategoricalCrossentropy", {}, unnormalized),
    ("SparseCategoricalCrossentropy", {}, many_classes),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, numbered_logits),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "axis": 1}, classes_first),
    ("SparseCategoricalCrossentropy", {"ignore_class": -1}, with_ignored),
    ("SparseCategoricalCrossentropy", {"ignore_class": 255, "from_logits": True}, with_ignored_logits),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.7}, numbered),
    ("Dice", {}, chances),
    ("Dice", {"axis": [1, 2]}, chances),
    ("Tversky", {"alpha": 0.3, "beta": 0.7}, chances),
    ("Tversky", {"axis": (2,)}, chances),
    ("Circle", {}, embeddings),
    ("Circle", {"gamma": 2.0, "margin": 0.1, "remove_diagonal": False}, embeddings),
    ("CTC", {}, sequences),
]
IDS = [f"{name}-{data.__name__}-{','.join(arguments)}" for name, arguments, data in CASES]
WEIGHINGS = ["none", "sample", "value", "mask", "mask and sample"]
REDUCTIONS = ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None]


def value_shape(name, arguments, data, rng):
    """The shape of the values before they are reduced."""
    loss = getattr(keras.losses, name)(**arguments, reduction=None)
    return tuple(loss(*data(rng)).shape)


def weights_and_mask(weighing, shape, rng, masks_itself=False):
    shape = shape or (BATCH,)
    weight = mask = None
    if "sample" in weighing:
        weight = rng.uniform(size=(shape[0],) + (1,) * (len(shape) - 1)).astype("float32")
    if weighing == "value":
        weight = rng.uniform(size=shape).astype("float32")
    if "mask" in weighing:
        mask = rng.uniform(size=shape) > 0.4
        mask.flat[0] = True
    if weight is not None and (weighing == "mask and sample" or masks_itself):
        # Keras multiplies the weight by the mask in place, so it needs the mask's shape.
        weight = np.broadcast_to(weight, shape).copy()
    return weight, mask


def value_and_gradient(loss, y_true, y_pred, weight, mask):
    y_pred = torch.tensor(y_pred, dtype=torch.float32, requires_grad=True)
    y_pred._keras_mask = None if mask is None else torch.tensor(mask)
    value = loss(torch.as_tensor(y_true), y_pred, None if weight is None else torch.tensor(weight))
    return value, torch.autograd.grad(value.sum(), y_pred)[0]


@pytest.mark.parametrize(("name", "arguments", "data"), CASES, ids=IDS)
@pytest.mark.parametrize("weighing", WEIGHINGS)
def test_value_and_gradient_in_every_reduction(name, arguments, data, weighing, rng, agree):
    shape = value_shape(name, arguments, data, rng)
    y_true, y_pred = data(rng)
    weight, mask = weights_and_mask(weighing, shape, rng, masks_itself="ignore_class" in arguments)
    for reduction in REDUCTIONS:
        our = getattr(losses, name)(**arguments, reduction=reduction)
        their = getattr(keras.losses, name)(**arguments, reduction=reduction)
        agree(
            value_and_gradient(our, y_true, y_pred, weight, mask),
            value_and_gradient(their, y_true, y_pred, weight, mask),
            rtol=1e-5,
            atol=2e-6,
        )


@pytest.mark.parametrize(("name", "arguments", "data"), CASES, ids=IDS)
@pytest.mark.parametrize("all_zero", ["weight", "mask"])
def test_nothing_that_counts_gives_keras_number(name, arguments, data, all_zero, rng, agree):
    shape = value_shape(name, arguments, data, rng) or (BATCH,)
    y_true, y_pred = data(rng)
    weight = np.zeros(shape, "float32") if all_zero == "weight" else None
    mask = np.zeros(shape, bool) if all_zero == "mask" else None
    for reduction in ["sum_over_batch_size", "mean_with_sample_weight"]:
        our = value_and_gradient(getattr(losses, name)(**arguments, reduction=reduction), y_true, y_pred, weight, mask)
        their = value_and_gradient(getattr(keras.losses, name)(**arguments, reduction=reduction), y_true, y_pred, weight, mask)
        agree(our[0], their[0])
        assert our[0] == 0


FUNCTIONS = [
    name
    for name, function in vars(keras.losses).items()
    if inspect.isfunction(function) and name not in ("get", "serialize", "deserialize")
]
FUNCTION_DATA = {
    "mean_squared_logarithmic_error": positive,
    "kl_divergence": soft,
    "poisson": positive,
    "categorical_hinge": one_hot,
    "binary_crossentropy": chances,
    "binary_focal_crossentropy": chances,
    "categorical_crossentropy": one_hot,
    "categorical_focal_crossentropy": one_hot,
    "sparse_categorical_crossentropy": numbered,
    "categorical_generalized_cross_entropy": numbered,
    "dice": chances,
    "tversky": chances,
    "circle": embeddings,
    "ctc": sequences,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_gives_keras_values(name, rng, agree):
    y_true, y_pred = FUNCTION_DATA.get(name, amounts)(rng)
    y_true, y_pred = torch.as_tensor(y_true), torch.tensor(y_pred, dtype=torch.float32)
    more = {"q": 0.3} if name == "categorical_generalized_cross_entropy" else {}
    agree(getattr(losses, name)(y_true, y_pred, **more), getattr(keras.losses, name)(y_true, y_pred, **more))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_takes_keras_arguments(name):
    ours, theirs = (inspect.signature(getattr(module, name)).parameters.values() for module in (losses, keras.losses))
    assert [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in theirs]


CLASSES_OF_KERAS = [name for name, cls in vars(keras.losses).items() if inspect.isclass(cls)]


@pytest.mark.parametrize("name", CLASSES_OF_KERAS)
def test_class_takes_keras_arguments(name):
    ours, theirs = (inspect.signature(getattr(module, name).__init__).parameters.values() for module in (losses, keras.losses))
    assert [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in theirs]


def test_every_name_of_keras_is_here():
    assert {name for name in vars(keras.losses) if not name.startswith("_")} <= set(losses.__all__)


@pytest.mark.parametrize("name", [name for name in CLASSES_OF_KERAS if name != "Loss"])
def test_config_is_kerass(name):
    ours, theirs = getattr(losses, name)(), getattr(keras.losses, name)()
    assert ours.get_config() == theirs.get_config()
    assert losses.serialize(ours) == keras.losses.serialize(theirs)
    json.dumps(losses.serialize(ours))


@pytest.mark.parametrize(("name", "arguments", "data"), CASES, ids=IDS)
def test_keras_reads_our_config(name, arguments, data, rng, agree):
    ours = getattr(losses, name)(**arguments)
    theirs = keras.losses.deserialize(losses.serialize(ours), {name: getattr(keras.losses, name)})
    y_true, y_pred = data(rng)
    agree(ours(y_true, y_pred), theirs(y_true, y_pred))


@pytest.mark.parametrize(
    "name", ["mse", "MSE", "bce", "KLD", "mape", "hinge", "Hinge", "CTC", "ctc", "Huber", "huber", "circle", "Circle"]
)
def test_get_gives_a_function_or_an_object_as_keras_does(name):
    ours, theirs = losses.get(name), keras.losses.get(name)
    assert inspect.isfunction(ours) == inspect.isfunction(theirs)
    if inspect.isfunction(ours):
        assert ours.__name__ == theirs.__name__
        assert losses.serialize(ours) == keras.losses.serialize(theirs)
        assert losses.deserialize(keras.losses.serialize(theirs)) is ours
    else:
        assert type(ours).__name__ == type(theirs).__name__


def test_wrapped_function_has_keras_config():
    ours = losses.LossFunctionWrapper(losses.huber, name="h", delta=2.0)
    theirs = keras.src.losses.LossFunctionWrapper(keras.losses.huber, name="h", delta=2.0)
    assert ours.get_config() == theirs.get_config()
    assert losses.deserialize(keras.losses.serialize(theirs)).get_config() == theirs.get_config()


@pytest.mark.parametrize(
    ("labels", "predictions"),
    [((4,), (4, 1)), ((4, 1), (4,)), ((4, 3), (4, 3, 1)), ((4, 3, 1), (4, 3)), ((1, 3), (4, 3)), ((4, 1), (4, 3))],
)
def test_shapes_are_matched_as_in_keras(labels, predictions, rng, agree):
    y_true, y_pred = rng.normal(size=labels), rng.normal(size=predictions)
    for name in ["MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh"]:
        for reduction in ["mean", "none"]:
            ours, theirs = (getattr(module, name)(reduction=reduction) for module in (losses, keras.losses))
            agree(ours(y_true, y_pred), theirs(y_true, y_pred))


@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 3), (4, 3, 1)])
@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "float32", "bool"])
def test_sparse_labels_of_any_dtype_and_shape(shape, dtype, rng, agree):
    y_true = rng.integers(0, 2, size=shape).astype(dtype)
    y_pred = rng.normal(size=(4, 3, 5) if 3 in shape else (4, 5))
    ours, theirs = (module.SparseCategoricalCrossentropy(from_logits=True) for module in (losses, keras.losses))
    agree(ours(y_true, y_pred), theirs(y_true, y_pred))


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_gradient_through_an_output_activation_is_kerass(output, rng, agree):
    logits = rng.normal(size=(8, 5)) * 12  # far enough for probabilities to be clipped
    y_true = rng.integers(0, 2, size=(8, 5)) if output == "sigmoid" else rng.integers(0, 5, size=8)
    name = "BinaryCrossentropy" if output == "sigmoid" else "SparseCategoricalCrossentropy"
    results = []
    for module in (losses, keras.losses):
        x = torch.tensor(logits, dtype=torch.float32, requires_grad=True)
        value = getattr(module, name)()(torch.as_tensor(y_true), x.sigmoid() if output == "sigmoid" else x.softmax(-1))
        results.append((value, torch.autograd.grad(value, x)[0]))
    agree(*results)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_dtype_is_that_of_the_computation(dtype, rng, agree):
    y_true, y_pred = positive(rng)
    for name in ["MeanSquaredError", "CosineSimilarity"]:
        ours, theirs = (getattr(module, name)(dtype=dtype)(y_true, y_pred) for module in (losses, keras.losses))
        assert ours.dtype == getattr(torch, dtype)  # Keras computes in float64, and gives float32
        agree(ours.float(), theirs.float(), rtol=1e-2)


def test_subclass_of_a_user_is_weighed_and_named_as_in_keras(rng, agree):
    results = []
    for module in (losses, keras.losses):

        class Quantile(module.Loss):
            def __init__(self, q, **kwargs):
                super().__init__(**kwargs)
                self.q = q

            def call(self, y_true, y_pred):
                error = y_true["a"] - y_pred["a"]
                return torch.maximum(self.q * error, (self.q - 1) * error).mean(-1)

        loss = Quantile(0.9, reduction="sum")
        y_true, y_pred = ({"a": np.linspace(start, 1, 12).reshape(4, 3)} for start in (-1, 0.5))
        results.append(loss(y_true, y_pred, np.arange(4.0)))
        assert loss.name == "quantile" and loss.reduction == "sum"
    agree(*results)


@pytest.mark.parametrize("shapes", [((4,), (4, 1)), ((4, 1), (4, 3)), ((4,), (4, 3)), ((4, 3), (4, 3))])
def test_crossentropy_by_shapes_is_the_one_that_keras_takes(shapes, rng, agree):
    y_true = rng.integers(0, 2, size=shapes[0])
    y_pred = softmax(rng.normal(size=shapes[1])) if shapes[1][-1] > 1 else rng.uniform(size=shapes[1])
    y_pred = y_pred.astype("float32")
    their = keras.src.trainers.compile_utils.get_loss("crossentropy", y_true, y_pred)
    agree(losses.as_loss("crossentropy")(y_true, y_pred), their(torch.as_tensor(y_true), torch.as_tensor(y_pred)))
