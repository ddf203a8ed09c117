"""Limits and switches of the process."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

import kerasish as keras
from kerasish import config, layers


@pytest.fixture(autouse=True)
def no_limits() -> Iterator[None]:
    yield
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)
    config.enable_flash_attention()


def test_trainings_are_cut_short_where_a_limit_says_so() -> None:
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.zeros((8, 2)), np.zeros((8, 1))
    config.set_max_epochs(2)
    with pytest.warns(UserWarning, match="`epochs` is 2, the limit"):
        assert len(model.fit(x, y, epochs=5, verbose=0).history["loss"]) == 2
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(1)
    heard: list[int] = []
    with pytest.warns(UserWarning, match="`steps` is 1, the limit"):
        model.fit(x, y, batch_size=2, verbose=0, callbacks={"on_train_batch_end": lambda batch, logs: heard.append(batch)})
    assert heard == [0] and config.max_steps_per_epoch() == 1
    with pytest.raises(ValueError, match="`max_epochs` must be an integer or None; received '3'"):
        config.set_max_epochs("3")  # type: ignore[arg-type]


def test_flash_attention_is_torchs_own_switch() -> None:
    config.disable_flash_attention()
    assert not config.is_flash_attention_enabled() and not torch.backends.cuda.flash_sdp_enabled()


def test_there_is_one_backend() -> None:
    config.set_backend("torch")
    with pytest.raises(ValueError, match="must be 'torch'.*received 'jax'"):
        config.set_backend("jax")
