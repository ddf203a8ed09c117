"""ConvLSTM against Keras's: masks, states and gradients, with the same weights."""

import keras
import numpy as np
import pytest
import torch

from kerasish import layers

KINDS = [("ConvLSTM1D", (2, 4, 6, 2)), ("ConvLSTM2D", (2, 4, 6, 5, 2)), ("ConvLSTM3D", (2, 4, 4, 3, 4, 2))]
MASK = torch.tensor([[1, 0, 1, 1], [0, 1, 1, 0]]).bool()
FLAGS = [{}, {"go_backwards": True, "return_sequences": True}, {"zero_output_for_mask": True}, {"unroll": True}]


def results(layer, x, **given):
    """Outputs and states, and the gradients of a weighed sum of all."""
    x = x.clone().requires_grad_()
    outputs = list(layer(x, **given))
    loss = sum((output * torch.linspace(0.1, 1, output.numel()).view(output.shape)).sum() for output in outputs)
    weights = [getattr(weight, "value", weight) for weight in layer.trainable_weights]
    return outputs, torch.autograd.grad(loss, [x, *weights])


@pytest.mark.parametrize("kind, shape", KINDS)
@pytest.mark.parametrize("flags", FLAGS, ids=str)
def test_masked_sequences_states_and_gradients_agree(kind, shape, flags, agree, copy_weights, rng):
    arguments = {"padding": "same", "return_state": True, **flags}
    ours, theirs = (getattr(room, kind)(3, 2, **arguments) for room in (layers, keras.layers))
    ours.build(shape), theirs.build(shape)
    theirs.set_weights([rng.normal(size=weight.shape) for weight in theirs.get_weights()])
    copy_weights(theirs, ours)
    x = torch.as_tensor(rng.normal(size=shape).astype("float32"))
    begin = [torch.as_tensor(rng.normal(size=(2, *shape[2:-1], 3)).astype(np.float32)) for _ in range(2)]
    for given in ({}, {"mask": MASK}, {"mask": MASK, "initial_state": begin}):
        agree(results(ours, x, **given), results(theirs, x, **given), rtol=1e-3, atol=1e-4)
