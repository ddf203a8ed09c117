"""Callbacks against Keras's: when they stop, what rates they set, what they write."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kerasish import callbacks


def stand():
    """What both libraries' callbacks need of a model."""
    optimizer = SimpleNamespace(learning_rate=0.1, name="sgd")
    return SimpleNamespace(optimizer=optimizer, metrics=[], stop_training=False, get_weights=lambda: [], weights=[])


def course(kind, options, values):
    """What a callback does over epochs with these losses: the learning rates, and after which epoch it stops."""
    callback, model = kind(monitor="val_loss", **options), stand()
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {"val_loss": value})
        rates.append(float(model.optimizer.learning_rate))
        if model.stop_training:
            break
    return rates


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "options",
    [
        {"patience": 2},
        {"patience": 3, "min_delta": 0.2},
        {"patience": 2, "mode": "max"},
        {"patience": 3, "baseline": 0.4},
        {"patience": 2, "start_from_epoch": 4},
    ],
)
def test_early_stopping_stops_where_keras_does(options, seed):
    values = np.random.default_rng(seed).uniform(size=30).round(3).tolist()
    ours = course(callbacks.EarlyStopping, options, values)
    assert len(ours) == len(course(keras.callbacks.EarlyStopping, options, values))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "options",
    [
        {"patience": 2},
        {"patience": 1, "cooldown": 2, "factor": 0.5},
        {"patience": 2, "min_lr": 0.02, "min_delta": 0.1},
        {"patience": 2, "mode": "max"},
    ],
)
def test_the_learning_rate_falls_where_keras_lets_it(options, seed):
    values = np.random.default_rng(seed).uniform(size=30).round(3).tolist()
    ours = course(callbacks.ReduceLROnPlateau, options, values)
    np.testing.assert_allclose(ours, course(keras.callbacks.ReduceLROnPlateau, options, values))


def test_the_csv_file_is_the_same(tmp_path):
    for kind, name in ((callbacks.CSVLogger, "ours"), (keras.callbacks.CSVLogger, "theirs")):
        log = kind(tmp_path / name)
        log.on_train_begin()
        log.on_epoch_end(0, {"loss": 1.5, "mae": np.array([1.0, 2.0])})
        log.on_epoch_end(1, {"loss": 0.5, "mae": 3.0, "val_loss": 2.0})
        log.on_train_end()
    assert (tmp_path / "ours").read_text() == (tmp_path / "theirs").read_text().replace("\r\n", "\n")


@pytest.mark.parametrize("verbose", [1, 2])
def test_the_last_line_of_an_epoch_reads_the_same(verbose, capsys):
    def line(logger):
        logger.set_params({"verbose": verbose, "epochs": 2, "steps": 3})
        logger.on_train_begin()
        logger.on_epoch_begin(0)
        for batch in range(3):
            logger.on_train_batch_end(batch, {"accuracy": 0.5, "loss": 0.5})
        logger.on_epoch_end(0, {"accuracy": 0.25, "loss": 0.0001, "val_loss": 12.5})
        text = capsys.readouterr().out
        for mark in ("\x1b[1m", "\x1b[0m", "\x1b[32m", "\x1b[37m", "\b"):
            text = text.replace(mark, "")
        return text.replace("\r", "\n").splitlines()

    def without_times(told):
        return [part for part in told[-1].split() if not part.endswith(("s", "/step"))]

    ours, theirs = line(callbacks.ProgbarLogger()), line(keras.callbacks.ProgbarLogger())
    assert ours[0] == theirs[0] == "Epoch 1/2"
    assert without_times(ours) == without_times(theirs)
