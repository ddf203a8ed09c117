import numpy as np
import pytest

from kerasish.callbacks import LambdaCallback, SwapEMAWeights
from kerasish.optimizers import SGD


def watching(model, seen, *hooks):
    def look(*_):
        seen.append(model.get_weights()[0])

    return LambdaCallback(**dict.fromkeys(hooks, look))


def averages(model):
    return [average.numpy().copy() for average in model.optimizer._model_variables_moving_average]


def test_evaluation_sees_the_averages_and_training_its_own_weights(model, data):
    model.compile(SGD(0.1, use_ema=True, ema_momentum=0.5), "mse")
    model.fit(*data, verbose=0)
    seen, kept, trained = [], averages(model), model.get_weights()
    model.optimizer._model_variables_moving_average[0].assign(kept[0] + 1)
    model.evaluate(*data, verbose=0, callbacks=[SwapEMAWeights(), watching(model, seen, "on_test_batch_end")])
    np.testing.assert_allclose(seen[0], kept[0] + 1)
    np.testing.assert_allclose(model.get_weights()[0], trained[0])
    np.testing.assert_allclose(averages(model)[0], kept[0] + 1)


def test_the_end_of_an_epoch_sees_the_averages(model, data):
    model.compile(SGD(0.1, use_ema=True, ema_momentum=0.5), "mse")
    ends, begins = [], []
    watch = [watching(model, ends, "on_epoch_end"), watching(model, begins, "on_train_batch_end")]
    model.fit(*data, batch_size=8, epochs=2, verbose=0, callbacks=[SwapEMAWeights(swap_on_epoch=True), *watch])
    assert not np.allclose(ends[0], begins[3])
    np.testing.assert_allclose(model.get_weights()[0], ends[1])


def test_an_optimizer_without_averages_is_refused(model, data):
    with pytest.raises(ValueError, match="use_ema=True"):
        model.evaluate(*data, verbose=0, callbacks=[SwapEMAWeights()])
