"""Training mode where nobody says: random image layers are in it by themselves, in models too, and nothing else is."""

import copy
import pickle

import numpy as np
import pytest
import torch

import kerasish as keras
from kerasish import layers

IMAGES = torch.arange(4 * 6 * 6.0).view(4, 6, 6, 1)


def changes(call):
    return any(not torch.equal(torch.as_tensor(call()), IMAGES) for _ in range(8))


class Inside(keras.Model):
    """A model that says nothing to its layer."""

    def __init__(self):
        super().__init__()
        self.flip = layers.RandomFlip(seed=1)

    def call(self, x):
        return self.flip(x)


class Saying(Inside):
    """A model whose own default is False, which holds inside too."""

    def call(self, x, training=False):
        return self.flip(x)


def functional():
    symbol = keras.Input((6, 6, 1))
    return keras.Model(symbol, layers.RandomFlip(seed=1)(symbol))


def listed():
    return keras.Sequential([layers.RandomFlip(seed=1), layers.Dropout(0.0)])


@pytest.mark.parametrize("make", [lambda: layers.RandomFlip(seed=1), functional, listed, Inside])
def test_called_directly_images_are_changed_unless_the_call_or_eval_says_otherwise(make):
    model = make()
    for _ in range(2):  # after the first call of each kind the short way is taken
        assert changes(lambda: model(IMAGES)) and changes(lambda: model(IMAGES, training=True))
        assert not changes(lambda: model(IMAGES, training=False))
    twin = copy.deepcopy(model)
    assert changes(lambda: twin(IMAGES)) and not changes(lambda: twin.eval()(IMAGES))


def test_a_model_out_of_a_pickle_is_in_the_mode_that_it_was_in():
    twin = pickle.loads(pickle.dumps(functional()))
    assert changes(lambda: twin(IMAGES)) and not changes(lambda: twin(IMAGES, training=False))


@pytest.mark.parametrize("make", [functional, listed, Inside])
def test_predict_and_evaluate_leave_images_alone_and_change_no_mode(make):
    model = make()
    model.compile("sgd", "mse")
    assert not changes(lambda: model.predict(IMAGES, verbose=0)) and not changes(lambda: model.predict_on_batch(IMAGES))
    assert model.evaluate(IMAGES, IMAGES, verbose=0) == 0 and model.test_on_batch(IMAGES, IMAGES) == 0
    assert changes(lambda: model(IMAGES))
    model.eval()
    model.predict(IMAGES, verbose=0)
    assert not changes(lambda: model(IMAGES))


def test_after_fit_and_train_on_batch_each_layer_is_in_the_mode_that_it_was_in():
    model = keras.Sequential([layers.RandomFlip(seed=1), layers.Dropout(0.5), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    for learn in (
        lambda: model.fit(IMAGES, np.ones((4, 1)), epochs=1, verbose=0),
        lambda: model.train_on_batch(IMAGES, IMAGES[:, 0, 0]),
    ):
        learn()
        assert [layer.training for layer in model.layers] == [True, False, False, False] and not model.training


def test_a_default_of_false_of_the_model_itself_holds_inside():
    assert not changes(lambda: Saying()(IMAGES)) and changes(lambda: Saying()(IMAGES, training=True))


def test_dropout_and_noise_wait_to_be_told():
    dropout, noise = layers.Dropout(0.5), layers.GaussianNoise(1.0)
    assert not changes(lambda: dropout(IMAGES)) and changes(lambda: dropout(IMAGES, training=True))
    assert not changes(lambda: noise(IMAGES)) and changes(lambda: noise(IMAGES, training=True))
