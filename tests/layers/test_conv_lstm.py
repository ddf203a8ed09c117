"""ConvLSTM: what the battery and parity of samples do not reach."""

import pytest
import torch

from kerasish import layers
from kerasish.models import Sequential

KINDS = [("ConvLSTM1D", (2, 4, 6, 2)), ("ConvLSTM2D", (2, 4, 6, 5, 2)), ("ConvLSTM3D", (2, 4, 4, 3, 4, 2))]


def built(kind, shape, **arguments):
    layer = getattr(layers, kind)(3, 2, **arguments)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    layer(x)
    return layer, x


@pytest.mark.parametrize("kind, shape", KINDS)
def test_a_layer_takes_the_steps_of_its_cell(kind, shape):
    layer, x = built(kind, shape, return_sequences=True, return_state=True, dilation_rate=2)
    cell = getattr(layers, f"{kind}Cell")(3, 2, dilation_rate=2)
    cell.build((2, *shape[2:]))
    cell.set_weights(layer.get_weights())
    states = cell.get_initial_state(2)
    outputs, h, c = layer(x)
    for step, wanted in zip(x.unbind(1), outputs.unbind(1)):
        output, states = cell(step, states)
        torch.testing.assert_close(output, wanted)
    torch.testing.assert_close((h, c), tuple(states))


def test_each_gate_has_a_dropout_mask_of_its_own():
    # With a kernel of ones and inputs of ones a gate is what its mask leaves.
    cell = layers.ConvLSTM2DCell(
        1, 1, dropout=0.5, use_bias=False, kernel_initializer="ones", recurrent_initializer="zeros", seed=1
    )
    cell.build((None, 8, 8, 1))
    x = torch.ones(2, 8, 8, 1)
    gates = cell._project(x, cell._dropout_masks(x, x, True)[0])
    assert sorted(set(gates.flatten().tolist())) == [0.0, 2.0]
    assert not any(torch.equal(gates[..., i], gates[..., j]) for i in range(4) for j in range(i))


def test_dropout_is_the_same_in_all_steps_and_only_while_training():
    layer, x = built("ConvLSTM2D", (2, 4, 6, 5, 2), dropout=0.5, recurrent_dropout=0.5)
    assert torch.equal(layer(x), layer(x)) and not torch.equal(layer(x, training=True), layer(x))
    still = x[:, :1].expand(-1, 4, -1, -1, -1)
    mask = layer.cell._dropout_masks(still, torch.zeros(2, 5, 4, 3), True)[0]
    projected = layer.cell._project(still, mask)
    torch.testing.assert_close(projected[:, 0], projected[:, 3])


def test_stateful_layers_go_on_where_they_stopped():
    layer, x = built("ConvLSTM2D", (2, 4, 6, 5, 2), stateful=True, padding="same")
    whole = layers.ConvLSTM2D(3, 2, padding="same")
    whole(x)
    whole.set_weights(layer.get_weights())
    layer.reset_state()
    layer(x[:, :2])
    torch.testing.assert_close(layer(x[:, 2:]), whole(x))


def test_images_of_any_size_go_through_one_layer():
    layer = layers.ConvLSTM2D(3, 3, strides=2, return_sequences=True)
    symbol = layer(layers.Input((None, None, None, 2)))
    assert symbol.shape == (None, None, None, None, 3)
    assert layer(torch.ones(1, 2, 9, 9, 2)).shape == (1, 2, 4, 4, 3)
    assert layer(torch.ones(1, 3, 5, 7, 2)).shape == (1, 3, 2, 3, 3)
    with pytest.raises(ValueError, match="must be built for images of a known size"):
        layer.cell.get_initial_state(2)


def test_it_learns():
    torch.manual_seed(0)
    model = Sequential([layers.ConvLSTM2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(1)])
    x = torch.randn(64, 3, 5, 5, 1)
    model.compile("adam", "mse")
    losses = model.fit(x, x.mean((1, 2, 3, 4), keepdim=False), epochs=6, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="`strides` and `dilation_rate` must not both be above 1"):
        layers.ConvLSTM2D(3, 3, strides=2, dilation_rate=2)
    with pytest.raises(ValueError, match="`filters` must be a positive integer"):
        layers.ConvLSTM2D(0, 3)
    with pytest.raises(ValueError, match="`kernel_size` must be one or 2 positive integers"):
        layers.ConvLSTM2D(3, (3, 3, 3))
    with pytest.raises(ValueError, match="does not fit into an input"):
        layers.ConvLSTM2D(3, 7)(torch.ones(1, 2, 5, 5, 1))
    with pytest.raises(ValueError, match="batch size must be known"):
        layers.ConvLSTM2D(3, 3, stateful=True)(layers.Input((2, 5, 5, 1)))
