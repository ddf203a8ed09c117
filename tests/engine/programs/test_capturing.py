"""A step as a CUDA graph: what the host does, tried on a CPU with a graph that keeps the step and runs it; all on a GPU."""

import numpy as np
import pytest
import torch

import kerasish as keras
from kerasish import layers
from kerasish.engine.programs import _capturing
from kerasish.engine.programs._state import StepState, Uncapturable

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((96, 8)).astype("float32"), rng.integers(0, 3, 96)


def state_of(net):
    _capturing.make_capturable(net.optimizer)
    return StepState(net, net._training)


class Kept(_capturing.CapturedProgram):
    """A graph that runs nothing when it is made, and the step as it was captured when it is started."""

    def _warm_up(self, step):
        step()

    def _capture(self, step):
        self.kept = step

    def _replay(self):
        self.kept()


def model(optimizer="adam", *between, device=None):
    keras.utils.set_random_seed(3)
    net = keras.Sequential([keras.Input((8,)), layers.Dense(16, activation="relu"), *between, layers.Dense(3)])
    if device:
        net.to(device)
    net.compile(
        optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    net.fit(X[:16], Y[:16], verbose=0)
    net._begin_training(net._training)
    return net.train(True)


def batches():
    return [(torch.tensor(X[at : at + 16]), torch.tensor(Y[at : at + 16]), None) for at in range(0, 96, 16)]


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: keras.optimizers.Adam(0.01),
        lambda: keras.optimizers.SGD(0.1, momentum=0.9, global_clipnorm=0.5),
        lambda: keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, 20)),
    ],
)
def test_a_captured_step_makes_the_eager_step(optimizer):
    eager, net = model(optimizer(), layers.Dropout(0.3)), model(optimizer(), layers.Dropout(0.3))
    torch.manual_seed(5)
    for batch in batches():
        eager.train_step(batch)
    torch.manual_seed(5)
    program = Kept(state_of(net), net.train_step, batches()[0])
    for batch in batches():
        program(batch)
    for a, b in zip(eager.get_weights(), net.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    assert dict(net.get_metrics_result()) == pytest.approx(dict(eager.get_metrics_result()), rel=1e-4)
    assert int(net.optimizer.iterations) == int(eager.optimizer.iterations) == 7


def test_making_it_changes_nothing():
    net = model("adam", layers.BatchNormalization(), layers.Dropout(0.3))
    state, random = state_of(net), torch.get_rng_state()
    before = [tensor.clone() for tensor in state.tensors]
    Kept(state, net.train_step, batches()[0])
    assert all(torch.equal(a, b) for a, b in zip(before, state.tensors, strict=True))
    assert torch.equal(random, torch.get_rng_state()) and int(net.optimizer.iterations) == 1


def test_what_the_host_decides_is_refused():
    net = model(keras.optimizers.Adam(gradient_accumulation_steps=2))
    with pytest.raises(Uncapturable, match="decided on the host"):
        Kept(state_of(net), net.train_step, batches()[0])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_on_a_gpu_graphs_train_as_eager_steps_do(policy):
    keras.config.set_dtype_policy(policy)
    try:
        nets = [model("adam", device="cuda") for _ in range(2)]
        for net, jit in zip(nets, (False, True), strict=True):
            net.jit_compile = jit
            keras.utils.set_random_seed(1)
            net.fit(X, Y, batch_size=16, epochs=8, verbose=0)
        assert nets[1].compile_report().steps[0].status == "compiled"
        for a, b in zip(nets[0].get_weights(), nets[1].get_weights(), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-2 if "mixed" in policy else 1e-4, atol=1e-3 if "mixed" in policy else 1e-5)
    finally:
        keras.config.set_dtype_policy("float32")
