import os

import numpy as np
import pytest

from kerasish.callbacks import LambdaCallback, ModelCheckpoint
from kerasish.callbacks._model_checkpoint import BatchCount
from kerasish.saving import load_model


def test_each_epoch_gets_a_file_named_by_its_logs(model, data, tmp_path):
    save = ModelCheckpoint(tmp_path / "{epoch:02d}-{loss:.1f}.keras")
    losses = model.fit(*data, epochs=2, verbose=0, callbacks=[save]).history["loss"]
    assert sorted(os.listdir(tmp_path)) == [f"0{i + 1}-{loss:.1f}.keras" for i, loss in enumerate(losses)]


def test_a_saved_model_predicts_the_same(model, data, tmp_path):
    model.fit(*data, verbose=0, callbacks=[ModelCheckpoint(tmp_path / "sub" / "m.keras")])
    loaded = load_model(tmp_path / "sub" / "m.keras")
    np.testing.assert_array_equal(loaded.predict(data[0], verbose=0), model.predict(data[0], verbose=0))


@pytest.mark.parametrize("ending", [".weights.h5", ".safetensors"])
def test_weights_alone(ending, model, data, tmp_path):
    model.fit(*data, verbose=0, callbacks=[ModelCheckpoint(tmp_path / f"w{ending}", save_weights_only=True)])
    before = model.get_weights()
    model.fit(*data, verbose=0)
    model.load_weights(tmp_path / f"w{ending}")
    assert all((a == b).all() for a, b in zip(before, model.get_weights()))


def saved_epochs(values, model, tmp_path, **options):
    save, saved = ModelCheckpoint(tmp_path / "{epoch}.keras", save_best_only=True, **options), []
    model.save = lambda path, overwrite: saved.append(int(os.path.basename(path).split(".")[0]))
    save.set_model(model)
    for epoch, value in enumerate(values):
        save.on_epoch_begin(epoch)
        save.on_epoch_end(epoch, {"val_loss": value})
    return saved


@pytest.mark.parametrize(
    ("options", "epochs"),
    [({}, [1, 3]), ({"mode": "max"}, [1, 2, 4]), ({"initial_value_threshold": 0.7}, [3])],
)
def test_only_the_best_are_saved(options, epochs, stand, tmp_path):
    assert saved_epochs([1.0, 1.5, 0.5, 2.0], stand, tmp_path, **options) == epochs


def test_without_the_number_watched_every_epoch_is_saved(stand, tmp_path):
    with pytest.warns(UserWarning, match="every epoch is saved.*'val_loss'"):
        assert saved_epochs([1.0, 2.0], stand, tmp_path, monitor="val_los") == [1, 2]


def test_batches_are_counted_over_epochs(model, data, tmp_path):
    seen = []
    save = ModelCheckpoint(tmp_path / "{epoch}-{batch}.keras", save_freq=3)
    look = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(sorted(os.listdir(tmp_path))))
    model.fit(*data, batch_size=8, epochs=2, verbose=0, callbacks=[save, look])
    assert seen == [["1-3.keras"], ["1-3.keras", "2-2.keras"]]


def test_a_step_of_several_batches_counts_as_several():
    count = BatchCount(4)
    assert [count.is_due(batch) for batch in (1, 3, 5, 7)] == [False, True, False, True]


@pytest.mark.parametrize(
    ("path", "options", "complaint"),
    [
        ("m.h5", {}, "must end in .keras"),
        ("m.keras", {"save_weights_only": True}, r"\.weights\.h5 or \.safetensors"),
        ("m.keras", {"save_freq": "batch"}, "`save_freq` must be 'epoch' or a positive number"),
        ("m.keras", {"save_freq": 0}, "received 0"),
    ],
)
def test_what_cannot_be_saved_is_refused_at_once(path, options, complaint):
    with pytest.raises(ValueError, match=complaint):
        ModelCheckpoint(path, **options)


def test_a_path_that_names_no_log_says_what_there_is(stand):
    save = ModelCheckpoint("{val_acc}.keras")
    save.set_model(stand)
    with pytest.raises(KeyError, match="epoch, loss"):
        save.on_epoch_end(0, {"loss": 1.0})


def test_what_is_done_is_said(stand, tmp_path, capsys):
    saved_epochs([1.0, 1.5], stand, tmp_path, verbose=1)
    path = tmp_path / "1.keras"
    assert capsys.readouterr().out == (
        f"\nEpoch 1: val_loss improved from None to 1.00000, saving model to {path}\n"
        f"\nEpoch 1: finished saving model to {path}\n"
        "\nEpoch 2: val_loss did not improve from 1.00000\n"
    )
