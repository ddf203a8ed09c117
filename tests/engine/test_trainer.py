"""Trainer: what a run of fit lends to the optimizer, and takes back."""

from typing import Any

import numpy as np
import pytest
import torch

import kerasish as keras
from kerasish import layers


class Notes(keras.optimizers.SGD):
    """SGD that notes whether the gradients are its own."""

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        self.__dict__.setdefault("noted", []).append(self.owns_gradients)
        super().apply(grads, trainable_variables)


class OwnStep(keras.Sequential):
    def train_step(self, data: Any) -> Any:
        return super().train_step(data)


def data(rows: int = 64) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows, 4)).astype("float32")
    return x, (x[:, :1] - 2 * x[:, 1:2]).astype("float32")


def net(optimizer: Any, kind: Any = keras.Sequential) -> Any:
    keras.utils.set_random_seed(1)
    made = kind([keras.Input((4,)), layers.Dense(8, activation="tanh"), layers.Dense(1)])
    made.compile(optimizer, "mse", jit_compile=False)
    return made


class Looks(keras.callbacks.Callback):
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        pass


def test_gradients_are_the_optimizers_own_in_a_run_where_nobody_else_may_look() -> None:
    optimizer = Notes(0.1)
    model = net(optimizer)
    model.fit(*data(), verbose=0)
    assert optimizer.__dict__.pop("noted") == [True, True] and not optimizer.owns_gradients
    model.fit(*data(), verbose=0, callbacks=[Looks()])
    assert optimizer.__dict__.pop("noted") == [False, False]
    model.train_on_batch(*data())
    assert optimizer.__dict__.pop("noted") == [False]


def test_a_step_of_the_users_keeps_its_gradients() -> None:
    optimizer = Notes(0.1)
    net(optimizer, OwnStep).fit(*data(), verbose=0)
    assert optimizer.__dict__["noted"] == [False, False]


def test_gradients_are_given_back_when_a_run_fails() -> None:
    def broken() -> Any:
        yield data(8)
        raise RuntimeError("broken")

    optimizer = Notes(0.1)
    with pytest.raises(RuntimeError, match="broken"):
        net(optimizer).fit(broken(), verbose=0)
    assert optimizer.__dict__["noted"] == [True] and not optimizer.owns_gradients


@pytest.mark.parametrize(
    "arguments",
    [
        {"momentum": 0.9, "nesterov": True},
        {"momentum": 0.9, "nesterov": True, "global_clipnorm": 0.5},
        {"clipnorm": 0.1},
        {"clipvalue": 0.01},
        {"loss_scale_factor": 8.0, "momentum": 0.9},
    ],
    ids=lambda arguments: "-".join(arguments),
)
def test_training_comes_to_the_same_whether_gradients_are_changed_in_place_or_not(arguments: dict[str, Any]) -> None:
    x, y = data()
    weights = []
    for callbacks in ([], [Looks()]):
        model = net(keras.optimizers.SGD(0.1, **arguments))
        model.fit(x, y, epochs=3, shuffle=False, verbose=0, callbacks=callbacks)
        weights.append(model.get_weights())
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-7)


def test_the_optimizer_of_a_loss_scale_owns_its_gradients_too() -> None:
    model = net(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=8.0))
    first = [weight.clone() for weight in map(torch.as_tensor, model.get_weights())]
    model.fit(*data(), epochs=2, shuffle=False, verbose=0)
    plain = net(keras.optimizers.SGD(0.1))
    plain.fit(*data(), epochs=2, shuffle=False, verbose=0)
    for start, ours, theirs in zip(first, model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)
        assert not np.allclose(start.numpy(), ours)
