import json

import numpy as np
import pytest

import kerasish as keras
from kerasish import layers, optimizers
from kerasish.saving.tfjs import artifacts_of, model_of

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(16, 3)).astype("float32"), RNG.uniform(size=(16, 1)).astype("float32")


def trained(optimizer="adam", loss="mse", metrics=None, epochs=2):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([layers.Input((3,)), layers.Dense(4, "tanh", name="a"), layers.Dense(1, name="b")])
    model.compile(optimizer, loss, metrics=metrics)
    model.fit(X, Y, epochs=epochs, batch_size=8, shuffle=False, verbose=0)
    return model


def again(model, drop_own=False, **options):
    artifacts = artifacts_of(model, **options)
    text = json.loads(json.dumps({**artifacts, "weightData": None}))
    if drop_own:
        del text["trainingConfig"]["kerasish"]
    return model_of({**text, "weightData": artifacts["weightData"]})


def losses(model):
    return model.fit(X, Y, epochs=3, batch_size=8, shuffle=False, verbose=0).history["loss"]


ALL = [
    optimizers.SGD(0.1), optimizers.SGD(0.1, 0.9), optimizers.SGD(0.1, 0.9, nesterov=True), optimizers.Adam(0.05),
    optimizers.RMSprop(0.01), optimizers.RMSprop(0.01, momentum=0.5, centered=True), optimizers.Adagrad(0.1),
    optimizers.Adadelta(0.5),
]  # fmt: skip


@pytest.mark.parametrize("drop_own", [False, True])
@pytest.mark.parametrize("optimizer", ALL, ids=[repr(optimizer) for optimizer in ALL])
def test_50_training_resumes(optimizer, drop_own):
    model = trained(type(optimizer).from_config(optimizer.get_config()), metrics=["mae"])
    made = again(model, drop_own)
    assert int(made.optimizer.iterations) == 4 and made.optimizer.get_config() == {
        **model.optimizer.get_config(), "name": made.optimizer.name
    }  # fmt: skip
    np.testing.assert_allclose(losses(made), losses(model), rtol=2e-6)


def test_50_the_training_config_is_tensorflow_jss():
    artifacts = artifacts_of(trained(optimizers.Adam(0.05), metrics=["mae", keras.metrics.RootMeanSquaredError()]))
    config = dict(artifacts["trainingConfig"])
    assert config.pop("kerasish")["loss"] == "mse"
    assert config == {
        "loss": "mean_squared_error",
        "metrics": ["mae"],
        "optimizer_config": {
            "class_name": "Adam",
            "config": {"learningRate": 0.05, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-7},
        },
    }
    own = [spec for spec in artifacts["weightSpecs"] if spec.get("group") == "optimizer"]
    weights = ["a/kernel", "a/bias", "b/kernel", "b/bias"]
    assert [spec["name"] for spec in own] == ["iter", *(f"{w}/m" for w in weights), *(f"{w}/v" for w in weights)]
    assert own[0]["dtype"] == "int32" and own[0]["shape"] == []


def test_momentum_is_a_sum_of_gradients_there():
    model = trained(optimizers.SGD(0.1, 0.9))
    artifacts = artifacts_of(model)
    offset = sum(4 * int(np.prod(spec["shape"])) for spec in artifacts["weightSpecs"] if spec.get("group") != "optimizer") + 4
    first = np.frombuffer(artifacts["weightData"][offset : offset + 48], "<f4").reshape(3, 4)
    slot = model.optimizer._slots["momentum"][0].detach().numpy()
    np.testing.assert_allclose(first, slot / -0.1, rtol=1e-6)


@pytest.mark.parametrize(
    ("loss", "written"),
    [
        ("kl_divergence", "kullback_leibler_divergence"), ("log_cosh", "logcosh"), ("cosine_similarity", "cosine_proximity"),
        (keras.losses.MeanSquaredError(), "mean_squared_error"), (keras.losses.BinaryCrossentropy(), "binary_crossentropy"),
        (keras.losses.hinge, "hinge"), (keras.losses.LogCosh(), "logcosh"),
    ],
)  # fmt: skip
def test_losses_go_by_tensorflow_jss_names(loss, written):
    model = trained(loss=loss, epochs=1)
    assert artifacts_of(model)["trainingConfig"]["loss"] == written
    np.testing.assert_allclose(losses(again(model, drop_own=True)), losses(model), rtol=1e-5)


@pytest.mark.parametrize(
    ("optimizer", "loss", "told"),
    [
        (optimizers.Nadam(), "mse", "no optimizer Nadam"),
        (optimizers.Adam(amsgrad=True), "mse", "Adam has no `amsgrad`"),
        (optimizers.SGD(clipnorm=1.0), "mse", "SGD has no `clipnorm`"),
        (optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 5, 0.9)), "mse", "learning rates are numbers"),
        (optimizers.Adagrad(epsilon=1e-3), "mse", "epsilon of 1e-07"),
        (optimizers.SGD(), keras.losses.Huber(), "no loss 'Huber'"),
        (optimizers.SGD(), keras.losses.BinaryCrossentropy(from_logits=True), "losses take no arguments"),
    ],
)
def test_what_tensorflow_js_cannot_train_with_is_left_out_with_a_warning_or_refused(optimizer, loss, told):
    model = trained(optimizer, loss, epochs=1)
    with pytest.warns(UserWarning, match=f"will hold no optimizer: .*{told}"):
        artifacts = artifacts_of(model)
    assert "trainingConfig" not in artifacts
    with pytest.raises(ValueError, match=told):
        artifacts_of(model, include_optimizer=True)
    assert "trainingConfig" not in artifacts_of(model, include_optimizer=False)


def test_a_loss_without_a_name_is_refused_where_it_is_wanted():
    model = trained(loss=lambda y, p: (y - p) ** 2, epochs=1)
    with pytest.warns(UserWarning, match="must be compiled anew"):
        assert "trainingConfig" not in artifacts_of(model)
    with pytest.warns(UserWarning, match="must be compiled anew"), pytest.raises(ValueError, match="cannot be described"):
        artifacts_of(model, include_optimizer=True)


def test_several_outputs_have_several_losses():
    x = layers.Input((3,))
    model = keras.Model(x, [layers.Dense(1, name="p")(x), layers.Dense(1, name="q")(x)])
    for loss in (["mse", "mae"], {"p": "mse", "q": "mae"}):
        model.compile("sgd", loss, metrics={"p": ["mae"], "q": "mse"} if isinstance(loss, dict) else None)
        config = artifacts_of(model)["trainingConfig"]
        written = config["loss"] if isinstance(loss, list) else list(config["loss"].values())
        assert written == ["mean_squared_error", "mean_absolute_error"]
        made = again(model, drop_own=True)
        data = (X, [Y, Y])
        np.testing.assert_allclose(made.evaluate(*data, verbose=0)[0], model.evaluate(*data, verbose=0)[0], rtol=1e-6)


def test_adamax_is_saved_without_what_it_remembers():
    model = trained("adamax")
    with pytest.warns(UserWarning, match="nothing of what Adamax remembers"):
        artifacts = artifacts_of(model)
    assert artifacts["trainingConfig"]["optimizer_config"]["class_name"] == "Adamax"
    assert not [spec for spec in artifacts["weightSpecs"] if spec.get("group") == "optimizer"]


def test_trainable_only_leaves_the_other_weights_out():
    model = trained()
    model.layers[0].trainable = False
    artifacts = artifacts_of(model, include_optimizer=False, trainable_only=True)
    assert [spec["name"] for spec in artifacts["weightSpecs"]] == ["b/kernel", "b/bias"]


def test_an_optimizers_state_that_does_not_fit_is_refused():
    artifacts = artifacts_of(trained())
    specs = [spec for spec in artifacts["weightSpecs"] if spec["name"] != "b/bias/v"]
    with pytest.raises(ValueError, match="Adam keeps 2 arrays for each of 4 weights; the file has 7"):
        model_of({**artifacts, "weightSpecs": specs, "weightData": artifacts["weightData"][:-4]})


def test_keras_spelling_saves_and_loads_model_json(tmp_path):
    model = trained()
    model.save(tmp_path / "folder/model.json")
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == ["model.json", "weights.bin"]
    made = keras.models.load_model(tmp_path / "folder/model.json")
    assert (
        type(made) is keras.Sequential
        and keras.models.load_model(tmp_path / "folder/model.json", compile=False).optimizer is None
    )
    np.testing.assert_allclose(losses(made), losses(model), rtol=2e-6)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save(tmp_path / "folder/model.json", overwrite=False)
    with pytest.raises(ValueError, match="as model.json in a folder of its own"):
        model.save(tmp_path / "folder/other.json")


def test_a_training_config_without_an_optimizer_is_refused():
    artifacts = artifacts_of(trained())
    with pytest.raises(ValueError, match="must have an `optimizer_config`"):
        model_of({**artifacts, "trainingConfig": {"loss": "mse"}})


def test_an_unknown_optimizer_in_a_file_is_refused():
    artifacts = artifacts_of(trained())
    config = {"loss": "mean_squared_error", "metrics": [], "optimizer_config": {"class_name": "Evil", "config": {}}}
    with pytest.raises(ValueError, match="names the optimizer 'Evil'"):
        model_of({**artifacts, "trainingConfig": config})
