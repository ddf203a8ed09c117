"""Layers as they are called: names of what is made inside, shapes handed to `build`, inputs and outputs in graphs, state."""

import numpy as np
import pytest
import torch

import kerasish as keras
from kerasish import layers


class Inner(layers.Layer):
    """Makes a weight and a layer when it is built."""

    def build(self, input_shape):
        self.w = self.add_weight((1,), name="w")
        self.dense = layers.Dense(2, name="dense")

    def call(self, inputs):
        return self.dense(inputs * self.w)


class Outer(keras.Model):
    """Has layers that are built as it is called."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner, self.last = Inner(name="inner"), layers.Dense(3, name="last")

    def call(self, inputs):
        return self.last(self.inner(inputs))


PATHS = ["outer/inner/w", "outer/inner/dense/kernel", "outer/inner/dense/bias", "outer/last/kernel", "outer/last/bias"]


@pytest.mark.parametrize("use", ["call", "symbol", "build"])
def test_paths_name_the_layers_inside_of_which_a_weight_was_made(use: str) -> None:
    model = Outer(name="outer")
    if use == "build":
        model.build((None, 3))
    else:
        model(torch.ones(2, 3) if use == "call" else keras.Input((3,)))
    assert [v.path for v in model.variables] == PATHS and model.inner.dense.path == "outer/inner/dense"


def test_a_sequential_names_its_weights_and_a_graph_does_not() -> None:
    for first in ([keras.Input((3,))], []):
        inner = keras.Sequential([*first, layers.Dense(2, name="a")], name="inner")
        inner(torch.ones(1, 3))
        assert [w.path for w in inner.weights] == ["inner/a/kernel", "inner/a/bias"]
    x = keras.Input((3,))
    assert keras.Model(x, layers.Dense(1, name="b")(x), name="graph").weights[0].path == "b/kernel"


def test_build_is_given_the_shapes_that_it_names_masks_among_them() -> None:
    class Masked(layers.Layer):
        """Wants to know the shape of its mask."""

        def build(self, inputs_shape, attention_mask_shape=None):
            self.seen = (inputs_shape, attention_mask_shape)

        def call(self, inputs, attention_mask=None):
            return inputs

    layer = Masked()
    layer(torch.ones(2, 3), attention_mask=torch.ones(2, 1))
    assert layer.seen == ((2, 3), (2, 1))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda self, foo_shape, bar: None, "an argument `bar`, which does not end in `_shape`"),
        (lambda self, foo_shape, baz_shape: None, r"`baz_shape`, but `call\(\)` does not have argument `baz`"),
    ],
)
def test_a_build_whose_shapes_belong_to_nothing_is_told(build: object, message: str) -> None:
    wrong = type("Wrong", (layers.Layer,), {"build": build, "call": lambda self, foo, bar: foo + bar})
    with pytest.raises(ValueError, match=message):
        wrong()(torch.ones(1), torch.ones(1))


def test_shapes_of_outputs_come_in_the_structure_that_the_layer_says() -> None:
    for kind in (tuple, list):
        layer = type("Two", (layers.Layer,), {"compute_output_shape": lambda self, shape, kind=kind: kind([shape, shape[:1]])})()
        outputs = layer.compute_output_spec(keras.KerasTensor((2, 3)))
        assert type(outputs) is kind and [output.shape for output in outputs] == [(2, 3), (2,)]
        assert layer.symbolic_call(keras.KerasTensor((2, 3)))[0].node is None


def test_input_and_output_are_those_of_the_first_call() -> None:
    a, b, dense = keras.Input((3,)), keras.Input((3,)), layers.Dense(2)
    with pytest.raises(AttributeError, match="has no `input`: it has never been called in a functional graph"):
        _ = dense.input
    first, _ = dense(a), dense(b)
    assert dense.input is a and dense.output is first


def test_variables_are_weights_and_seeds_and_metrics_are_apart() -> None:
    class Noisy(layers.Layer):
        """Has a seed, a metric and a weight."""

        def __init__(self):
            super().__init__()
            self.seeds, self.seen = [keras.random.SeedGenerator(7)], {"mean": keras.metrics.Mean(name="mean")}
            self.scale = self.add_variable((), "ones")

        def call(self, inputs):
            return inputs * self.scale + keras.random.normal(inputs.shape, seed=self.seeds[0])

    layer = Noisy()
    assert [v is w for v, w in zip(layer.variables, [layer.scale, layer.seeds[0].state], strict=True)] == [True, True]
    assert layer.weights == [layer.scale] and layer.metrics == [layer.seen["mean"]] and len(layer.metrics_variables) == 2
    assert list(layer.torch_params) == ["noisy/variable_0", "seed_generator_state"]
    before = layer.seeds[0].state.numpy().tolist()
    layer.built = True
    out, state = layer.stateless_call(layer.trainable_variables, [torch.tensor([7, 3])], torch.zeros(4))
    assert state[0].tolist() == [7, 4] and layer.seeds[0].state.tolist() == before and out.std() > 0


def test_layers_without_weights_are_built_from_the_start_unless_a_subclass_builds() -> None:
    for layer in (layers.Dropout(0.5), layers.ReLU(), layers.MaxPooling2D(), layers.Identity(), layers.GlobalMaxPooling1D()):
        assert layer.built
    assert not type("Own", (layers.ReLU,), {"build": lambda self, shape: None})().built


def test_trainable_is_true_or_false() -> None:
    with pytest.raises(ValueError, match="`trainable` is to be a boolean; received 'yes'"):
        layers.Dense(2, trainable="yes")  # type: ignore[arg-type]


def test_what_a_regularizer_makes_of_no_rows_is_nothing() -> None:
    layer = layers.ActivityRegularization(l2=1.0)
    layer(np.zeros((0, 3), "float32"))
    assert [float(loss) for loss in layer.losses] == [0.0]


def test_add_metric_says_what_to_use_instead() -> None:
    with pytest.raises(NotImplementedError, match=r"compile\(metrics=\[…\]\)"):
        layers.Dense(1).add_metric("mean")
