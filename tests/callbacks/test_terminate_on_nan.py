import numpy as np
import pytest

from kerasish.callbacks import TerminateOnNaN


def test_a_loss_that_is_no_number_ends_training(model, data, capsys):
    x, y = data[0], np.full_like(data[1], np.inf)
    history = model.fit(x, y, batch_size=8, epochs=3, verbose=0, callbacks=[TerminateOnNaN()])
    assert capsys.readouterr().out == "Batch 0: Invalid loss, terminating training\n"
    assert history.epoch == [0]


def test_or_raises(model, data):
    with pytest.raises(RuntimeError, match="The loss became inf at batch 0"):
        model.fit(data[0], np.full_like(data[1], np.inf), verbose=0, callbacks=[TerminateOnNaN(raise_error=True)])


def test_a_finite_loss_goes_on(model, data):
    assert model.fit(*data, epochs=2, verbose=0, callbacks=[TerminateOnNaN()]).epoch == [0, 1]
