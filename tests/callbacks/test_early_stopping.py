import numpy as np
import pytest

from kerasish import layers
from kerasish.callbacks import EarlyStopping, LambdaCallback
from kerasish.models import Sequential
from kerasish.optimizers import SGD


def epochs_run(callback, values, model, name="val_loss"):
    """How many epochs there are when the number takes these values."""
    model.stop_training = False
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {name: value})
        if model.stop_training:
            return epoch + 1
    callback.on_train_end()
    return len(values)


@pytest.mark.parametrize(
    ("options", "values", "epochs"),
    [
        ({}, [1, 2, 3], 2),
        ({"patience": 2}, [1.0, 0.9, 1.0, 0.8, 0.9, 0.85, 0.9], 6),
        ({"patience": 2, "min_delta": 0.1}, [1.0, 0.95, 0.91, 0.8], 3),
        ({"patience": 2, "mode": "max"}, [1.0, 1.1, 1.0, 1.05, 2.0], 4),
        ({"patience": 2, "baseline": 0.5}, [1.0, 0.9, 0.8], 3),
        ({"patience": 1, "baseline": 0.5}, [0.4, 0.3, 0.35], 3),
        ({"patience": 1, "start_from_epoch": 3}, [1, 2, 3, 4, 5, 6], 5),
        ({"patience": 3}, [3, 2, 1], 3),
    ],
)
def test_training_stops_when_patience_is_lost(options, values, epochs, stand):
    assert epochs_run(EarlyStopping(**options), values, stand) == epochs


def test_a_callback_can_be_used_again(stand):
    stop = EarlyStopping()
    assert [epochs_run(stop, [1, 2], stand), epochs_run(stop, [5, 4, 6], stand)] == [2, 3]


def test_the_best_weights_are_given_back():
    model = Sequential([layers.Input((1,)), layers.Dense(1, use_bias=False)])
    model.compile(SGD(0.0), "mse")

    def wander(epoch, logs):
        model.set_weights([np.array([[[3.0, 1.0, 2.0, 2.5][epoch]]])])

    x, y = np.ones((4, 1), "float32"), np.zeros((4, 1), "float32")
    stop = EarlyStopping("loss", patience=2, restore_best_weights=True)
    # The weights move before the callback looks: it sees those of the epoch that was measured.
    model.fit(x, y, epochs=9, verbose=0, callbacks=[LambdaCallback(on_epoch_begin=wander), stop])
    assert (stop.best_epoch, stop.stopped_epoch, stop.best) == (1, 3, 1.0)
    assert model.get_weights()[0].item() == 1.0


def test_what_is_done_is_said(capsys, stand):
    stop = EarlyStopping(verbose=1)
    epochs_run(stop, [1, 2], stand)
    stop.on_train_end()
    assert capsys.readouterr().out == "Epoch 2: early stopping\n"


def test_a_missing_number_warns_with_the_name_meant(stand):
    stop = EarlyStopping("val_acuracy", mode="max")
    stop.set_model(stand)
    with pytest.warns(UserWarning, match="'val_accuracy'"):
        stop.on_epoch_end(0, {"loss": 1.0, "val_accuracy": 0.5})


def test_a_missing_validation_is_named(stand):
    stop = EarlyStopping()
    stop.set_model(stand)
    with pytest.warns(UserWarning, match="There was no validation"):
        stop.on_epoch_end(0, {"loss": 1.0})


def test_a_metric_says_itself_what_is_better(model, data):
    stop = EarlyStopping("val_mae", patience=1)
    model.fit(*data, epochs=2, validation_split=0.25, verbose=0, callbacks=[stop])
    assert stop.monitor_op(0.1, 0.2)


def test_a_direction_that_cannot_be_told_is_asked_for(stand):
    stop = EarlyStopping("val_mine")
    stop.set_model(stand)
    with pytest.raises(ValueError, match="mode='min' or 'max'"):
        stop.on_epoch_end(0, {"val_mine": 1.0})


def test_an_unknown_mode_warns_and_is_auto():
    with pytest.warns(UserWarning, match="received 'up'"):
        assert EarlyStopping(mode="up").mode == "auto"
