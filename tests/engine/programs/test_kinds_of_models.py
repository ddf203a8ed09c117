"""Steps of many kinds of models, written down and improved by all passes, make the eager steps."""

import numpy as np
import pytest
import torch

import kerasish as keras
from kerasish import layers, ops
from kerasish.engine.programs import _passes
from kerasish.engine.programs._checking import difference
from kerasish.engine.programs._state import StepState
from kerasish.engine.programs._writing import write_down

rng = np.random.default_rng(0)
ROWS, CLASSES = 8, 3
WORDS = rng.integers(0, 20, (ROWS, 7))
IMAGES = rng.random((ROWS, 10, 10, 2), dtype="float32")
ROW = rng.random((ROWS, 6), dtype="float32")
SEQUENCE = rng.random((ROWS, 5, 4), dtype="float32")
LABELS = rng.integers(0, CLASSES, ROWS)


def of_layers(x, *parts):
    return keras.Sequential([keras.Input(x.shape[1:], dtype=str(x.dtype)), *parts, layers.Dense(CLASSES)]), x


def recurrent(layer, mask=True):
    return of_layers(WORDS, layers.Embedding(20, 6, mask_zero=mask), layer)


def two_towers():
    a, b = keras.Input((6,), name="a"), keras.Input((5, 4), name="b")
    both = layers.concatenate([layers.Dense(4, activation="relu")(a), layers.GRU(3)(b)])
    return keras.Model([a, b], layers.Dense(CLASSES)(both)), [ROW, SEQUENCE]


def with_ops():
    x = keras.Input((6,))
    y = ops.where(x > 0.5, ops.exp(x), ops.flip(x, axis=1)) @ torch.ones(6, 6)
    return keras.Model(x, layers.Dense(CLASSES)(layers.LayerNormalization()(y))), ROW


class Attending(keras.Model):
    def __init__(self):
        super().__init__()
        self.words, self.attention, self.norm = (
            layers.Embedding(20, 8),
            layers.MultiHeadAttention(2, 4),
            layers.LayerNormalization(),
        )
        self.out = [layers.Dense(4, activation="gelu"), layers.Dense(CLASSES)]

    def call(self, x, training=False):
        h = self.words(x)
        h = self.norm(h + self.attention(h, h, use_causal_mask=True))
        h = h.mean(1)
        for layer in self.out:
            h = layer(h)
        self.add_loss(1e-3 * (h**2).mean())
        return h


class Plain(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Sequential(
            torch.nn.Linear(6, 8, bias=False), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Linear(8, CLASSES)
        )

    def call(self, x):
        return self.inner(x)


MODELS = {
    "lstm": lambda: recurrent(layers.LSTM(5)),
    "lstm without masks": lambda: recurrent(layers.LSTM(5), mask=False),
    "gru": lambda: of_layers(SEQUENCE, layers.GRU(5)),
    "simple rnn": lambda: recurrent(layers.SimpleRNN(5)),
    "bidirectional": lambda: recurrent(layers.Bidirectional(layers.LSTM(3))),
    "time distributed": lambda: of_layers(SEQUENCE, layers.TimeDistributed(layers.Dense(3)), layers.Flatten()),
    "convolutions": lambda: of_layers(
        IMAGES, layers.Conv2D(4, 3, padding="same", use_bias=False), layers.BatchNormalization(), layers.ReLU(),
        layers.MaxPooling2D(), layers.SeparableConv2D(3, 3), layers.GlobalAveragePooling2D(),
    ),
    "transposed": lambda: of_layers(IMAGES, layers.Conv2DTranspose(2, 3, strides=2), layers.GlobalMaxPooling2D()),
    "normalizations": lambda: of_layers(ROW, layers.Dense(8), layers.GroupNormalization(2), layers.UnitNormalization()),
    "noise": lambda: of_layers(ROW, layers.Dense(8), layers.GaussianNoise(0.1), layers.AlphaDropout(0.1)),
    "large dropout": lambda: of_layers(ROW, layers.Dense(1024), layers.Dropout(0.5)),
    "two towers": two_towers,
    "operations": with_ops,
    "attention": lambda: (Attending(), WORDS),
    "plain torch": lambda: (Plain(), ROW),
}  # fmt: skip


def steps(make, as_graph, count=4):
    keras.utils.set_random_seed(3)
    model, x = make()
    model.compile(
        keras.optimizers.Adam(0.01, global_clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    x = [torch.as_tensor(part) for part in x] if isinstance(x, list) else torch.as_tensor(x)
    batch = (x, torch.as_tensor(LABELS), torch.linspace(0.5, 1.5, ROWS))
    model.train_on_batch(*batch)
    model._begin_training(model._training)
    model.train(True)
    torch.manual_seed(9)
    if not as_graph:
        for _ in range(count):
            model.train_step(batch)
        return model
    state = StepState(model, model._training)
    written = write_down(state, batch, (True, False))
    _passes.improve(written.graph, written.scalars)
    leaves = [*(x if isinstance(x, list) else [x]), *batch[1:]]
    with torch.no_grad():
        for _ in range(count):
            written.graph(*state.tensors, torch.tensor(0.01), *leaves)
    return model


@pytest.mark.parametrize("kind", MODELS)
def test_the_written_step_makes_the_eager_step(kind):
    eager, written = steps(MODELS[kind], False), steps(MODELS[kind], True)
    assert len(eager.weights) > 0
    for a, b in zip(eager.weights, written.weights, strict=True):
        np.testing.assert_allclose(b.detach(), a.detach(), rtol=1e-3, atol=2e-5, err_msg=kind)
    assert dict(written.get_metrics_result()) == pytest.approx(dict(eager.get_metrics_result()), rel=1e-4)
    assert int(written.optimizer.iterations) == int(eager.optimizer.iterations)


def test_a_bias_without_a_gradient_is_no_difference_but_a_wrong_step_is():
    keras.utils.set_random_seed(3)
    model, x = of_layers(ROW, layers.Dense(64), layers.BatchNormalization(), layers.Dropout(0.2))
    model.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=False)
    batch = (torch.as_tensor(x), torch.as_tensor(LABELS), None)
    model.train_on_batch(*batch[:2])
    model._begin_training(model._training)
    model.train(True)
    state = StepState(model, model._training)
    before = [tensor.clone() for tensor in state.tensors]

    def rounding(batch):
        state.round_weights()
        model.train_step(batch)

    def wrong(batch):
        model.train_step(batch)
        with torch.no_grad():
            model.layers[0].kernel.mul_(1.0001)

    assert difference(state, model.train_step, rounding, batch) is None
    assert "kernel is another" in (difference(state, model.train_step, wrong, batch) or "")
    assert all(torch.equal(a, b) for a, b in zip(before, state.tensors, strict=True))
