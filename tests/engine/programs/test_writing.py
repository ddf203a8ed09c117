"""A step that is written down makes the steps that the eager one makes."""

import numpy as np
import pytest
import torch

import kerasish as keras
from kerasish import layers
from kerasish.engine.programs._state import StepState, Uncapturable
from kerasish.engine.programs._writing import write_down

ROWS, WIDTH, CLASSES = 48, 6, 4


def data(seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((ROWS, WIDTH)).astype("float32")
    return x, rng.integers(0, CLASSES, ROWS)


def mlp(*between, **output):
    return keras.Sequential(
        [keras.Input((WIDTH,)), layers.Dense(16, activation="tanh", **output), *between, layers.Dense(CLASSES)], name="mlp"
    )


def compiled(model, optimizer="adam", loss=None, **settings):
    loss = loss or keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    settings.setdefault("metrics", ["accuracy"])
    model.compile(optimizer, loss=loss, jit_compile=False, **settings)
    return model


def batches(x, y, weight=None, size=16):
    for at in range(0, ROWS, size):
        part = slice(at, at + size)
        yield tuple(None if leaf is None else torch.as_tensor(leaf[part]) for leaf in (x, y, weight))


class Written:
    """Steps by the graphs, one for each form of batch and each decision of the host, as the tiers run them."""

    def __init__(self, model):
        self.model, self.state, self.graphs = model, StepState(model, model._training), {}

    def __call__(self, batch):
        optimizer = self.model.optimizer
        key = (tuple(leaf.shape for leaf in batch if leaf is not None), optimizer.decisions())
        if key not in self.graphs:
            self.graphs[key] = write_down(self.state, batch, optimizer.decisions()).graph
        rate = torch.tensor(optimizer._numbers()[0])
        with torch.no_grad():
            self.graphs[key](*self.state.tensors, rate, *(leaf for leaf in batch if leaf is not None))
        return self.model.get_metrics_result()


def trained(make, as_graph, weights=False, epochs=17, size=16):
    keras.utils.set_random_seed(7)
    model = make()
    x, y = data()
    weight = np.linspace(0.1, 2, ROWS).astype("float32") if weights else None
    state = model._training
    model.train(True)
    first = next(iter(batches(x, y, weight, size)))
    with torch.no_grad():
        model(first[0])
    model._begin_training(state)
    step, logs = model.train_step, None
    for epoch in range(epochs):
        model.reset_metrics()
        for number, batch in enumerate(batches(x, y, weight, size)):
            if as_graph and (epoch, number) == (0, 1):
                step = Written(model)
            logs = step(batch)
    return model, dict(logs)


CASES = {
    "adam": lambda: compiled(mlp()),
    "sgd": lambda: compiled(mlp(), keras.optimizers.SGD(0.1)),
    "sgd momentum": lambda: compiled(mlp(), keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True)),
    "rmsprop": lambda: compiled(mlp(), keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True)),
    "adamw": lambda: compiled(mlp(), keras.optimizers.AdamW(0.01, weight_decay=0.1)),
    "adamax": lambda: compiled(mlp(), "adamax"),
    "nadam": lambda: compiled(mlp(), "nadam"),
    "adagrad": lambda: compiled(mlp(), keras.optimizers.Adagrad(0.1)),
    "adadelta": lambda: compiled(mlp(), keras.optimizers.Adadelta(1.0)),
    "ftrl": lambda: compiled(mlp(), keras.optimizers.Ftrl(0.1)),
    "lion": lambda: compiled(mlp(), keras.optimizers.Lion(1e-3)),
    "lamb": lambda: compiled(mlp(), keras.optimizers.Lamb(1e-2)),
    "amsgrad": lambda: compiled(mlp(), keras.optimizers.Adam(amsgrad=True)),
    "schedule": lambda: compiled(mlp(), keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.8))),
    "clipnorm": lambda: compiled(mlp(), keras.optimizers.SGD(1.0, clipnorm=0.1)),
    "clipvalue": lambda: compiled(mlp(), keras.optimizers.SGD(1.0, clipvalue=0.01)),
    "global clipnorm": lambda: compiled(mlp(), keras.optimizers.SGD(1.0, global_clipnorm=0.1)),
    "accumulation": lambda: compiled(mlp(), keras.optimizers.Adam(0.01, gradient_accumulation_steps=3)),
    "averages": lambda: compiled(mlp(), keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9)),
    "averages that replace": lambda: compiled(
        mlp(), keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=5)
    ),
    "dropout": lambda: compiled(mlp(layers.Dropout(0.4))),
    "batch normalization": lambda: compiled(mlp(layers.BatchNormalization(momentum=0.8))),
    "layer normalization": lambda: compiled(mlp(layers.LayerNormalization())),
    "regularizers": lambda: compiled(mlp(kernel_regularizer="l2", activity_regularizer=keras.regularizers.L2(1e-2))),
    "constraints": lambda: compiled(mlp(kernel_constraint=keras.constraints.MaxNorm(0.5)), keras.optimizers.SGD(0.5)),
    "bfloat16": lambda: compiled(mlp(dtype="mixed_bfloat16")),
    "metrics": lambda: compiled(
        mlp(), metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2), keras.metrics.SparseCategoricalCrossentropy()]
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_written_step_follows_the_eager_one(case):
    eager, wanted = trained(CASES[case], False)
    written, logs = trained(CASES[case], True)
    for a, b in zip(eager.get_weights(), written.get_weights(), strict=True):
        np.testing.assert_allclose(b, a, rtol=2e-4, atol=2e-5)
    assert logs == pytest.approx(wanted, rel=1e-4, abs=1e-5)
    assert int(written.optimizer._iterations) == int(eager.optimizer._iterations) == 51


def test_sample_weights_and_a_smaller_last_batch():
    make = lambda: compiled(mlp(), weighted_metrics=["accuracy"])  # noqa: E731
    eager, wanted = trained(make, False, weights=True, size=20)
    written, logs = trained(make, True, weights=True, size=20)
    for a, b in zip(eager.get_weights(), written.get_weights(), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5)
    assert logs == pytest.approx(wanted, rel=1e-4)


def test_frozen_layers_stay():
    def make():
        model = mlp(layers.BatchNormalization())
        model.layers[0].trainable = False
        return compiled(model)

    before = make().layers[0]
    written, _ = trained(make, True)
    eager, _ = trained(make, False)
    assert len(written._training.trained) == 4 and len(before.weights) == 2
    for a, b in zip(eager.get_weights(), written.get_weights(), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5)


def test_a_variable_of_ones_own_that_steps_assign_to():
    class Counting(layers.Layer):
        def build(self, input_shape):
            self.calls = self.add_weight((), "zeros", trainable=False, name="calls")

        def call(self, x):
            self.calls.assign_add(1.0)
            return x / self.calls

    make = lambda: compiled(mlp(Counting()))  # noqa: E731
    eager, _ = trained(make, False, epochs=3)
    written, _ = trained(make, True, epochs=3)
    assert float(written.layers[1].calls) == float(eager.layers[1].calls)


def test_writing_down_changes_nothing():
    model, _ = trained(CASES["dropout"], False, epochs=1)
    x, y = data()
    batch = next(batches(x, y))
    state = StepState(model, model._training)
    before, random = [tensor.clone() for tensor in state.tensors], torch.get_rng_state()
    write_down(state, batch, (True, False))
    assert all(torch.equal(a, b) for a, b in zip(before, state.tensors, strict=True))
    assert torch.equal(random, torch.get_rng_state())
    assert all(type(parameter) is keras.Variable for parameter in model.parameters())
    assert not model._training.tracker.variables[0].requires_grad
    model.train_step(batch)


class Looking(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(CLASSES)

    def call(self, x):
        return self.dense(x) if x.sum().item() > 0 else -self.dense(x)


@pytest.mark.parametrize("make", [Looking, lambda: mlp(layers.Dropout(0.5, seed=3))], ids=["values", "seeds"])
def test_what_depends_on_values_is_refused_and_training_goes_on(make):
    model, _ = trained(lambda: compiled(make()), False, epochs=1)
    x, y = data()
    batch = next(batches(x, y))
    with pytest.raises(Uncapturable, match="."):
        write_down(StepState(model, model._training), batch, (True, False))
    model.train_step(batch)


def test_a_tensor_that_the_step_changes_and_nobody_holds_is_refused():
    counted = torch.zeros(1)

    class Hidden(layers.Layer):
        def call(self, x):
            counted.add_(1)
            return x

    model, _ = trained(lambda: compiled(mlp(Hidden())), False, epochs=1)
    x, y = data()
    with pytest.raises(Uncapturable, match="none of its weights"):
        write_down(StepState(model, model._training), next(batches(x, y)), (True, False))
