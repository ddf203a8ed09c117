import pytest

from kerasish.callbacks import LearningRateScheduler, ReduceLROnPlateau


def rates(callback, values, model):
    callback.set_model(model)
    callback.on_train_begin()
    seen = []
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {"val_loss": value})
        seen.append(round(float(model.optimizer.learning_rate), 6))
    return seen


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"patience": 1}, [0.1, 0.01, 0.001, 0.001, 0.0001]),
        ({"patience": 2, "factor": 0.5}, [0.1, 0.1, 0.05, 0.05, 0.05]),
        ({"patience": 1, "cooldown": 1}, [0.1, 0.01, 0.001, 0.001, 0.0001]),
        ({"patience": 1, "cooldown": 2}, [0.1, 0.01, 0.01, 0.01, 0.001]),
        ({"patience": 1, "min_lr": 0.05}, [0.1, 0.05, 0.05, 0.05, 0.05]),
        ({"patience": 1, "min_delta": 1.0}, [0.1, 0.01, 0.001, 0.0001, 0.00001]),
        ({"patience": 1, "mode": "max"}, [0.1, 0.1, 0.01, 0.001, 0.001]),
    ],
)
def test_the_rate_falls_on_a_plateau(options, expected, stand):
    assert rates(ReduceLROnPlateau(**options), [1.0, 1.5, 1.2, 0.9, 2.0], stand) == expected


def test_a_factor_that_does_not_reduce_is_refused():
    with pytest.raises(ValueError, match="`factor` must be less than 1; received 1.0"):
        ReduceLROnPlateau(factor=1.0)


def test_a_schedule_gets_the_epoch_and_the_rate(stand):
    assert rates(LearningRateScheduler(lambda epoch, rate: rate / (epoch + 1)), [0, 0, 0], stand) == [0.1, 0.05, 0.016667]


def test_a_schedule_may_take_the_epoch_alone(stand):
    assert rates(LearningRateScheduler(lambda epoch: 1.0 / (epoch + 1)), [0, 0], stand) == [1.0, 0.5]


def test_an_error_inside_a_schedule_is_not_hidden(stand):
    def schedule(epoch, rate):
        raise TypeError("inside")

    with pytest.raises(TypeError, match="inside"):
        rates(LearningRateScheduler(schedule), [0], stand)


def test_a_schedule_must_give_a_float(stand):
    with pytest.raises(ValueError, match="must give a float; received 'fast' for epoch 0"):
        rates(LearningRateScheduler(lambda epoch, rate: "fast"), [0], stand)


def test_what_is_set_is_said(capsys, stand):
    rates(LearningRateScheduler(lambda epoch, rate: 0.5, verbose=1), [0], stand)
    assert capsys.readouterr().out == "\nEpoch 1: LearningRateScheduler setting learning rate to 0.5.\n"


def test_the_rate_is_in_the_history(model, data):
    history = model.fit(*data, epochs=3, verbose=0, callbacks=LearningRateScheduler(lambda epoch, rate: rate * 0.5)).history
    assert history["learning_rate"] == pytest.approx([0.025, 0.0125, 0.00625])
    assert float(model.optimizer.learning_rate) == pytest.approx(0.00625)
