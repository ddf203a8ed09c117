import numpy as np
import pytest

from kerasish import layers
from kerasish.callbacks import BackupAndRestore, LambdaCallback
from kerasish.models import Sequential
from kerasish.optimizers import Adam


class Crash(Exception):
    pass


def made():
    model = Sequential([layers.Input((4,)), layers.Dense(1, kernel_initializer="ones")])
    model.compile(Adam(0.05), "mse")
    return model


def crash_in(epoch):
    def crash(at, logs):
        if at == epoch:
            raise Crash

    return LambdaCallback(on_epoch_begin=crash)


def fit(model, data, callbacks, epochs=5):
    return model.fit(*data, batch_size=8, shuffle=False, epochs=epochs, verbose=0, callbacks=callbacks)


def test_an_interrupted_training_goes_on_as_if_nothing_had_been(data, tmp_path):
    whole, broken, resumed = made(), made(), made()
    losses = fit(whole, data, []).history["loss"]
    with pytest.raises(Crash):
        fit(broken, data, [BackupAndRestore(tmp_path / "b"), crash_in(3)])
    history = fit(resumed, data, [BackupAndRestore(tmp_path / "b")])
    assert history.epoch == [3, 4]
    assert history.history["loss"] == pytest.approx(losses[3:])
    np.testing.assert_allclose(resumed.get_weights()[0], whole.get_weights()[0], rtol=1e-6)


def test_a_training_that_is_over_leaves_nothing(data, tmp_path):
    fit(made(), data, [BackupAndRestore(tmp_path / "b")])
    assert not (tmp_path / "b").exists()


def test_foreign_files_in_the_folder_stay(data, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    fit(made(), data, [BackupAndRestore(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_files_may_be_kept(data, tmp_path):
    model = made()
    fit(model, data, [BackupAndRestore(tmp_path, delete_checkpoint=False)], epochs=2)
    assert fit(made(), data, [BackupAndRestore(tmp_path)], epochs=4).epoch == [2, 3]


def test_a_broken_file_falls_back_on_the_one_before(data, tmp_path):
    with pytest.raises(Crash):
        fit(made(), data, [BackupAndRestore(tmp_path, double_checkpoint=True), crash_in(3)])
    (tmp_path / "latest.weights.h5").write_bytes(b"broken")
    assert fit(made(), data, [BackupAndRestore(tmp_path, double_checkpoint=True)]).epoch == [2, 3, 4]


def test_a_broken_file_alone_is_an_error(data, tmp_path):
    (tmp_path / "latest.weights.h5").write_bytes(b"broken")
    with pytest.raises(OSError, match="cannot be read"):
        fit(made(), data, [BackupAndRestore(tmp_path)])


def test_batches_can_be_the_measure(data, tmp_path):
    seen = []
    look = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append((tmp_path / "latest.weights.h5").exists()))
    fit(made(), data, [BackupAndRestore(tmp_path, save_freq=3), look], epochs=1)
    assert seen == [False, False, True, True]


@pytest.mark.parametrize(
    ("options", "complaint"), [({"backup_dir": ""}, "`backup_dir`"), ({"save_freq": "batch"}, "`save_freq`")]
)
def test_wrong_arguments(options, complaint):
    with pytest.raises(ValueError, match=complaint):
        BackupAndRestore(**{"backup_dir": "b", **options})


def test_ctrl_c_keeps_the_files(data, tmp_path):
    def interrupt(epoch, logs):
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted"):
        fit(made(), data, [BackupAndRestore(tmp_path), LambdaCallback(on_epoch_begin=interrupt)])
    assert fit(made(), data, [BackupAndRestore(tmp_path)]).epoch == [2, 3, 4]
