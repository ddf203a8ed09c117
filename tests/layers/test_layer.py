"""Layer: the contract that every layer, a user's own too, stands on."""

import copy
import json
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from kerasish import layers
from kerasish.core import Variable
from kerasish.layers import BatchNormalization, Dense, Dropout, Embedding, Input, InputSpec, Layer, Masking
from kerasish.layers._calling import alive
from kerasish.models import Model


class Scale(Layer):
    """A weight that is trained, and one that is not."""

    factor: float = 2.0

    def build(self, input_shape):
        self.counter = self.add_weight((), "zeros", trainable=False, name="counter")
        self.gain = self.add_weight((input_shape[-1],), "ones", name="gain")

    def call(self, inputs):
        return inputs * self.gain * self.factor


class Old(Layer):
    """Written the usual Keras way."""

    def __init__(self, units, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.inner = Dense(units, activation=activation)

    def call(self, inputs):
        return self.inner(inputs)


class Pair(Layer):
    def build(self, first_shape, second_shape):
        self.w = self.add_weight((first_shape[-1], second_shape[-1]), "ones", name="w")

    def call(self, first, second):
        return first @ self.w + second


class Modes(Layer):
    """Says in which mode it is called."""

    def call(self, inputs, training=None):
        return inputs * 0 + (1 if training else 0)


class Block(Layer):
    """Layers, modules and weights in every kind of place."""

    def __init__(self):
        super().__init__()
        self.stem = Dense(3)
        self.steps = [Dense(3), nn.Linear(3, 3)]
        self.named = {"a": Dense(3), "b": [Dense(3)]}
        self.pair = (Dense(3), nn.LayerNorm(3))
        self.plain = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
        self.bias = nn.Parameter(torch.zeros(3))

    def call(self, inputs):
        x = self.stem(inputs)
        for step in [*self.steps, self.named["a"], *self.named["b"], *self.pair, self.plain]:
            x = step(x)
        return x + self.bias


# Weights.


def test_weights_belong_to_the_layer_trained_ones_first():
    layer = Scale()
    layer(torch.ones(1, 3))
    assert [w.name for w in layer.weights] == ["gain", "counter"]
    assert [w.path for w in layer.weights] == ["scale/gain", "scale/counter"]
    assert layer.trainable_weights == [layer.gain] and layer.non_trainable_weights[0] is layer.counter
    assert list(layer.state_dict()) == ["gain", "counter"]
    assert [name for name, _ in layer.named_parameters()] == ["gain"]
    assert all(isinstance(w, Variable) for w in layer.weights)


def test_add_weight_takes_keras_arguments():
    layer = Layer()
    weight = layer.add_weight((2, 3), "ones", "float64", True, True, "l2", "non_neg", name="w")
    assert weight.dtype is torch.float64 and (weight == 1).all()
    assert weight.regularizer(weight).item() == pytest.approx(0.06)
    assert weight.constraint(torch.tensor([-1.0])).item() == 0
    assert layer.add_weight(5).shape == (5,) and layer.add_weight().shape == ()
    assert layer.add_weight((2,), dtype="int32").tolist() == [0, 0]
    with pytest.raises(ValueError, match="must have known sizes"):
        layer.add_weight((None, 3), name="w")


def test_weights_are_laid_out_in_memory_as_asked():
    weight = Layer().add_weight((2, 3, 4), memory_order=(2, 0, 1))
    assert weight.shape == (2, 3, 4) and weight.stride() == (3, 1, 6)


def test_setting_weights_is_all_or_nothing():
    layer = Scale()
    layer(torch.ones(1, 3))
    with pytest.raises(ValueError, match="has shape"):
        layer.set_weights([np.full(3, 7.0), np.zeros(2)])
    assert layer.gain.tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(ValueError, match="has 2 weights"):
        layer.set_weights([np.ones(3)])
    layer.set_weights([np.full(3, 7.0), np.array(1.0)])
    assert layer.gain.tolist() == [7.0, 7.0, 7.0] and layer.get_weights()[1] == 1


def test_count_params_needs_weights():
    with pytest.raises(ValueError, match="has no weights to count before it is built"):
        Dense(3).count_params()
    layer = Dense(3)
    layer.build((None, 4))
    assert layer.count_params() == 15


def test_everything_inside_is_found_in_every_kind_of_place():
    block = Block()
    block(torch.ones(2, 3))
    assert len(block.weights) == 5 * 2 + 2 + 2 + 2 + 5 + 1
    assert len(block.trainable_weights) == len(list(block.parameters())) == len(block.weights) - 3
    assert {"stem.kernel", "steps.1.weight", "named.b.0.kernel", "pair_items.1.weight", "plain.1.running_mean", "bias"} <= set(
        block.state_dict()
    )
    assert isinstance(block.steps, list) and isinstance(block.named, dict) and isinstance(block.pair, tuple)
    block.steps.append(Dense(3))
    block.steps[-1].build((None, 3))
    assert "steps.2.kernel" in block.state_dict()
    block.steps.pop(0)
    assert "steps.1.kernel" in block.state_dict() and "steps.2.kernel" not in block.state_dict()


def test_freezing_reaches_everything_inside_and_back():
    block = Block()
    block(torch.ones(2, 3))
    block.trainable = False
    assert block.trainable_weights == [] and not any(p.requires_grad for p in block.parameters())
    block.trainable = True
    assert len(block.trainable_weights) == len(list(block.parameters()))
    block.named["a"].trainable = False
    assert len(block.trainable_weights) == len(list(block.parameters())) - 2


def test_a_frozen_layer_is_built_frozen():
    layer = Dense(3, trainable=False)
    layer(torch.ones(1, 2))
    assert layer.trainable_weights == [] and len(layer.non_trainable_weights) == 2


# Calling.


def test_the_first_call_builds_and_the_next_ones_are_fast(monkeypatch):
    layer = Scale(3.0)
    assert not layer.built and layer.weights == []
    assert layer(torch.ones(1, 2)).tolist() == [[3.0, 3.0]] and layer.built
    monkeypatch.setattr(Scale, "_call_in_steps", lambda *_: pytest.fail("took the steps"))
    assert layer(torch.ones(4, 2)).shape == (4, 2)
    assert layer(torch.ones(4, 2), training=False).shape == (4, 2)


def test_calls_on_several_tensors_are_fast_too_and_see_other_forms(monkeypatch):
    class Sum(Pair):
        def call(self, first, second, negate=False, training=None):
            return (first @ self.w + second) * (-1 if negate else 1) + (100 if training else 0)

    layer, x, y = Sum(), torch.ones(1, 2), torch.ones(1, 3)
    assert layer(x, y).tolist() == [[3.0, 3.0, 3.0]]
    steps = []
    in_steps = Layer._call_in_steps
    monkeypatch.setattr(Sum, "_call_in_steps", lambda self, *given: (steps.append(1), in_steps(self, *given))[1])
    assert layer(x, y).tolist() == [[3.0, 3.0, 3.0]] and layer(x, y, negate=True).tolist() == [[-3.0, -3.0, -3.0]]
    assert layer(x, y, training=False, negate=False).tolist() == [[3.0, 3.0, 3.0]] and not steps
    # Another mode, rank, dtype or kind of input takes the steps, and is right.
    assert layer(x, y, training=True)[0, 0].item() == 103.0 and len(steps) == 1
    assert layer(x, y[0]).tolist() == [[3.0, 3.0, 3.0]] and len(steps) == 2
    assert layer(x.double(), y[0]).dtype is torch.float32 and len(steps) == 3
    assert layer(np.ones((1, 2)), y).dtype is torch.float32 and len(steps) == 4
    assert layer(Input((2,)), Input((3,))).shape == (None, 3)
    with pytest.raises(RuntimeError, match=r"in Sum 'sum', called with \(1, 2\), \(4,\)"):
        layer(x, torch.ones(4))
    with pytest.raises(TypeError, match="unexpected keyword argument 'double'"):
        layer(x, y, double=True)


@pytest.mark.parametrize("x", [np.ones((2, 3), "float32"), np.ones((2, 3)), np.ones((2, 3), "int64"), torch.ones(2, 3).double()])
def test_inputs_of_any_kind_come_as_float32(x):
    assert Dense(2)(x).dtype is torch.float32


def test_training_is_the_modules_mode_and_holds_for_one_call():
    layer, outer = Modes(), nn.Sequential(Modes())
    x = torch.zeros(1)
    assert layer(x).item() == 0 and layer(x, training=True).item() == 1 and layer(x).item() == 0
    layer.train()
    assert layer(x).item() == 1 and layer(x, training=False).item() == 0 and layer(x).item() == 1
    assert outer.train()(x).item() == 1 and outer.eval()(x).item() == 0


def test_training_reaches_what_is_inside():
    class Outer(Layer):
        def __init__(self):
            super().__init__()
            self.inner = Modes()
            self.drop = nn.Dropout(1.0)

        def call(self, inputs):
            return self.drop(inputs + 1) + self.inner(inputs)

    layer = Outer()
    x = torch.zeros(1)
    assert layer(x).item() == 1 and layer(x, training=True).item() == 1 and layer.drop.training is False
    layer.train()
    assert layer.inner.training and layer.drop.training


def test_several_inputs_build_by_their_shapes():
    layer = Pair()
    assert layer(torch.ones(2, 3), torch.ones(2, 4)).shape == (2, 4) and layer.w.shape == (3, 4)
    again = Pair()
    assert again(first=torch.ones(2, 3), second=torch.ones(2, 4)).shape == (2, 4)
    assert Pair()(Input((3,)), Input((4,))).shape == (None, 4)
    assert Pair().compute_output_shape((None, 3), (None, 4)) == (None, 4)


def test_shapes_are_found_without_a_compute_output_shape():
    class Halves(Layer):
        def call(self, inputs):
            return {"first": inputs[:, ::2], "rest": [inputs.sum(1), inputs[..., None]]}

    shapes = Halves().compute_output_shape((None, 7))
    assert shapes == {"first": (None, 4), "rest": [(None,), (None, 7, 1)]}
    symbols = Halves()(Input((7,)))
    assert symbols["first"].shape == (None, 4) and symbols["rest"][1].shape == (None, 7, 1)


def test_an_own_compute_output_shape_is_asked():
    class Told(Layer):
        def call(self, inputs):
            return inputs

        def compute_output_shape(self, input_shape):
            return (*input_shape[:-1], 99)

    assert Told()(Input((3,))).shape == (None, 99)


def test_a_layer_without_call_says_what_is_missing():
    with pytest.raises(NotImplementedError, match=r"must define `call\(self, inputs\)`"):
        Layer()(torch.ones(1))


@pytest.mark.parametrize(
    ("spec", "shape", "message"),
    [
        (InputSpec(ndim=2), (1, 2, 3), "expects an input with 2 axes"),
        (InputSpec(min_ndim=2), (3,), "at least 2 axes"),
        (InputSpec(max_ndim=2), (1, 2, 3), "at most 2 axes"),
        (InputSpec(axes={-1: 4}), (2, 3), "size 4 in axis -1"),
        (InputSpec(shape=(None, 4)), (2, 3), r"shape \(None, 4\)"),
        (InputSpec(dtype="int32"), (2, 3), "dtype int32"),
        ([InputSpec(), InputSpec()], (2, 3), r"expects 2 input\(s\); received 1"),
    ],
)
def test_inputs_that_do_not_fit_are_told(spec, shape, message):
    class Picky(Layer):
        def call(self, inputs):
            return inputs

    layer = Picky(name="picky")
    layer.input_spec = spec
    with pytest.raises(ValueError, match=f"picky expects|{message}") as told:
        layer(torch.ones(shape))
    assert told.match(message)
    with pytest.raises(ValueError, match=message):
        layer(Input(batch_shape=shape))


def test_torchs_errors_name_the_layer():
    class Wrong(Layer):
        def call(self, inputs):
            return inputs @ torch.ones(5, 5)

    with pytest.raises(RuntimeError, match=r"in Wrong 'mine', called with \(2, 3\)"):
        Wrong(name="mine")(torch.ones(2, 3))


# Losses.


def test_losses_of_the_last_call_and_of_the_weights():
    class Lossy(Layer):
        def __init__(self):
            super().__init__()
            self.dense = Dense(2, kernel_regularizer="l1", kernel_initializer="ones", activity_regularizer="l2")

        def call(self, inputs):
            self.add_loss(inputs.sum())
            return self.dense(inputs)

    layer = Lossy()
    for _ in range(3):  # each call's losses replace those of the one before
        layer(torch.ones(2, 3))
        total = sum(loss.item() for loss in layer.losses)
        assert total == pytest.approx(6 + 0.01 * 9 * 4 / 2 + 0.01 * 6)
    assert len(layer.losses) == 3


# Masks.


def test_masks_travel_with_tensors_to_the_layers_that_want_them():
    class Wants(Layer):
        def call(self, inputs, mask=None):
            return inputs if mask is None else inputs * mask.unsqueeze(-1)

    class Passes(Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = True

        def call(self, inputs):
            return inputs + 1

    class Stops(Layer):
        def call(self, inputs):
            return inputs + 1

    masked = Masking()(torch.tensor([[[1.0], [0.0]]]))
    assert Wants()(Passes()(masked)).flatten().tolist() == [2.0, 0.0]
    assert Wants()(Stops()(masked)).flatten().tolist() == [2.0, 1.0]
    assert Wants()(masked, mask=torch.tensor([[False, True]])).flatten().tolist() == [0.0, 0.0]


def test_symbols_carry_masks_too():
    embedded = Embedding(5, 2, mask_zero=True)(Input((4,), dtype="int32"))
    assert embedded.mask.shape == (None, 4)
    assert Dense(3)(embedded).mask is embedded.mask
    assert layers.Flatten()(embedded).mask is None


def test_layers_stay_fast_for_inputs_without_a_mask_once_there_are_masks(monkeypatch):
    layer = Dense(2)
    x = torch.ones(1, 3)
    layer(x)
    monkeypatch.setattr(alive, "masks", True)
    add, pair = layers.Add(), layers.Subtract()
    add([x, x]), pair([x, x])
    monkeypatch.setattr(Layer, "_call_in_steps", lambda *_: pytest.fail("took the steps"))
    layer(x), add([x, x]), pair([x, x])


# Dtypes.


def test_mixed_precision_casts_weights_for_the_call_only():
    layer = Dense(2, dtype="mixed_bfloat16")
    assert layer(torch.ones(1, 3)).dtype is torch.bfloat16
    assert layer.kernel.dtype is torch.float32 and layer.compute_dtype == "bfloat16" and layer.variable_dtype == "float32"


def test_a_policy_set_later_counts_from_then_on():
    layer = Dense(2)
    layer(torch.ones(1, 3)), layer(torch.ones(1, 3))
    layer.dtype_policy = "mixed_bfloat16"
    assert layer(torch.ones(1, 3)).dtype is torch.bfloat16


def test_mixed_precision_is_as_fast_once_a_call_was_checked(monkeypatch):
    dense, add = Dense(2, "relu", dtype="mixed_bfloat16"), layers.Add(dtype="mixed_bfloat16")
    x, whole = torch.randn(2, 3), torch.ones(2, 3, dtype=torch.int64)
    first, summed = dense(x), add([x, x])
    monkeypatch.setattr(Layer, "_call_in_steps", lambda *_: pytest.fail("took the steps"))
    again = dense(x)
    assert again.dtype is torch.bfloat16 and torch.equal(first, again) and dense.kernel.dtype is torch.float32
    assert add([x, x]).dtype is torch.bfloat16 and torch.equal(add([x, x]), summed)
    with pytest.raises(ValueError, match="axis -1"):
        dense(torch.ones(2, 4))
    assert dense.kernel.dtype is torch.float32
    monkeypatch.undo()
    assert dense(whole).dtype is torch.bfloat16 and dense(x.bfloat16()).dtype is torch.bfloat16


def test_a_policy_set_later_forgets_the_forms_that_were_known():
    layer, x = Dense(2), torch.ones(1, 3)
    layer(x)
    layer.dtype_policy = "mixed_bfloat16"
    assert layer(x.numpy()).dtype is torch.bfloat16 and layer(x).dtype is torch.bfloat16
    layer.dtype_policy = "float32"
    assert layer(x.numpy()).dtype is torch.float32 and layer(x).dtype is torch.float32


def test_what_a_model_does_to_its_inputs_besides_casts_is_done_in_each_call():
    inputs = {"a": Input((1,)), "b": Input((1,))}
    model = Model(inputs, layers.Concatenate()([inputs["a"], inputs["b"]]))
    a, b = torch.ones(3, 1), torch.zeros(3, 1)
    for _ in range(3):  # a list for a dict
        assert model([a, b]).tolist() == [[1.0, 0.0]] * 3
    for _ in range(3):  # an axis too few
        assert model([a[:, 0], b[:, 0]]).tolist() == [[1.0, 0.0]] * 3
    for _ in range(3):  # a cast
        assert model([a.double(), b.double()]).dtype is torch.float32
    assert model([a, b]).tolist() == [[1.0, 0.0]] * 3


def test_masks_take_the_steps_on_calls_with_several_tensors_or_in_mixed_precision(monkeypatch):
    monkeypatch.setattr(alive, "masks", alive.masks)
    attend = layers.MultiHeadAttention(1, 2, dtype="mixed_bfloat16")
    x = torch.randn(1, 3, 2)
    plain = attend(x, x)
    masked = Masking()(torch.cat([x[:, :2], torch.zeros(1, 1, 2)], 1))
    apart = attend(masked, masked)
    masked = masked.detach().clone()
    assert not torch.equal(apart[:, 0], attend(masked, masked)[:, 0]) and torch.equal(attend(x, x), plain)


def test_autocast_false_leaves_inputs_as_they_are():
    class Sees(Layer):
        def call(self, inputs):
            return torch.tensor(inputs.dtype is torch.float64)

    assert Sees(autocast=False)(torch.ones(1, dtype=torch.float64)).item()
    assert not Sees()(torch.ones(1, dtype=torch.float64)).item()


# Configs and copies.


def test_a_layer_written_the_keras_way_has_its_arguments_in_the_config():
    layer = Old(3, activation="relu", name="mine", trainable=False)
    assert layer.get_config() == {**layer.get_config(), "units": 3, "activation": "relu", "name": "mine", "trainable": False}
    again = Old.from_config(json.loads(json.dumps(layers.serialize(layer)["config"])))
    assert again.units == 3 and again.name == "mine" and again.trainable is False


def test_names_are_numbered_by_class():
    assert [layer.name for layer in (Dense(1), Dense(1), Modes())] == ["dense", "dense_1", "modes"]


def test_unknown_arguments_are_told():
    with pytest.raises(TypeError, match="has no argument `unit`. Did you mean 'units'"):
        Dense(unit=3)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"])
def test_copies_of_everything_work_and_share_nothing(copied):
    block, x = Block(), torch.ones(2, 3)
    block(x)
    twin = copied(block)
    torch.testing.assert_close(twin(x), block(x))
    assert [*twin.state_dict()] == [*block.state_dict()]
    assert twin.steps[0] is not block.steps[0] and twin.steps[0] in list(twin.modules())
    with torch.no_grad():
        for weight in twin.parameters():
            weight.zero_()
    assert block(x).abs().sum() > 0
    twin.steps.append(Dense(1))
    assert len(block.steps) == 2


def test_built_again_from_the_shapes_that_a_file_keeps():
    layer = Pair()
    layer(torch.ones(2, 3), torch.ones(2, 4))
    again = Pair()
    again.build_from_config(json.loads(json.dumps(layer.get_build_config())))
    assert again.built and again.w.shape == (3, 4)
    dense = Dense(2)
    dense(torch.ones(2, 3))
    assert dense.get_build_config() == {"input_shape": (2, 3)}


def test_stateless_call_gives_the_statistics_back():
    layer = BatchNormalization(momentum=0.0)
    x = torch.randn(8, 3)
    layer(x)
    trained = [torch.full((3,), 2.0), torch.ones(3)]
    y, after = layer.stateless_call(trained, layer.non_trainable_variables, x, training=True)
    torch.testing.assert_close(y.mean(0), torch.ones(3), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(after[0], x.mean(0))
    assert layer.moving_mean.tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="must be built"):
        Dense(3).stateless_call([], [], x)


# Torch.


def test_a_layer_is_an_ordinary_module():
    model = nn.Sequential(Dense(4, activation="relu"), BatchNormalization(), Dropout(0.5), Dense(1))
    x = torch.randn(16, 3)
    model(x)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    before = [p.detach().clone() for p in model.parameters()]
    model.train()
    model(x).square().mean().backward()
    optimizer.step()
    assert all(not torch.equal(now, then) for now, then in zip(model.parameters(), before))
    torch.testing.assert_close(torch.func.functional_call(model.eval(), dict(model.named_parameters()), (x,)), model(x))


def test_compiled_without_a_graph_break():
    block, x = Block(), torch.ones(2, 3)
    expected = block(x)
    torch._dynamo.reset()
    torch.testing.assert_close(torch.compile(block, fullgraph=True, backend="eager")(x), expected)


def test_moves_and_casts_as_modules_do():
    layer = Dense(2)
    layer(torch.ones(1, 3))
    assert layer.double().kernel.dtype is torch.float64 and isinstance(layer.kernel, Variable)
    assert layer.to("meta").kernel.device.type == "meta"


def test_a_get_config_that_is_overridden_finds_only_the_layers_own_arguments_above_it():
    class Wide(Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def get_config(self):
            return dict(units=self.units, **super().get_config())

    assert Wide.from_config(Wide(4, name="wide").get_config()).get_config()["units"] == 4
