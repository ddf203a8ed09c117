import importlib.util

import pytest
import torch

from kerasish.callbacks import CallbackList, TensorBoard
from kerasish.callbacks._tensorboard import _as_images

installed = importlib.util.find_spec("tensorboard") is not None


def written(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder), size_guidance={"histograms": 0})
    events.Reload()
    return events


@pytest.mark.skipif(not installed, reason="needs tensorboard")
def test_epochs_are_written_apart_for_training_and_validation(model, data, tmp_path):
    history = model.fit(*data, epochs=2, validation_split=0.25, verbose=0, callbacks=[TensorBoard(tmp_path)]).history
    train, validation = written(tmp_path / "train"), written(tmp_path / "validation")
    assert [event.value for event in train.Scalars("epoch_loss")] == pytest.approx(history["loss"])
    assert [event.step for event in train.Scalars("epoch_learning_rate")] == [0, 1]
    assert [event.value for event in validation.Scalars("epoch_mae")] == pytest.approx(history["val_mae"])
    assert [event.step for event in validation.Scalars("evaluation_loss_vs_iterations")] == [1, 2]


@pytest.mark.skipif(not installed, reason="needs tensorboard")
def test_batches_are_written_every_so_many(model, data, tmp_path):
    board = TensorBoard(tmp_path, update_freq=2, write_steps_per_second=True)
    model.fit(*data, batch_size=8, epochs=2, verbose=0, callbacks=[board])
    train = written(tmp_path / "train")
    assert [event.step for event in train.Scalars("batch_loss")] == [2, 4, 6, 8]
    assert {"batch_steps_per_second", "epoch_steps_per_second"} <= set(train.Tags()["scalars"])


@pytest.mark.skipif(not installed, reason="needs tensorboard")
def test_weights_are_written_as_histograms_and_images(model, data, tmp_path):
    model.fit(*data, epochs=3, verbose=0, callbacks=[TensorBoard(tmp_path, histogram_freq=2, write_images=True)])
    train = written(tmp_path / "train")
    path = model.layers[0].kernel.path
    assert [event.step for event in train.Histograms(f"{path}/histogram")] == [0, 2]
    assert f"{path}/image" in train.Tags()["images"]
    assert "keras" in train.Tags()["tensors"]


@pytest.mark.parametrize(
    ("batches", "steps"),
    [(2, (2, 2)), ((2, 4), (2, 4)), ([3, 3], (3, 3)), ("2,4", (2, 4)), ("3", (3, 3)), (0, None), ("0", None)],
)
def test_batches_to_trace_are_given_as_in_keras(batches, steps):
    board = TensorBoard(profile_batch=batches)
    assert (board._trace and (board._trace.first, board._trace.last)) == steps
    assert (steps is None) == hasattr(board, "_idle_hooks")


@pytest.mark.parametrize(("batches", "steps"), [((2, 3), "steps_2_to_3"), ((3, 9), "steps_3_to_4")])
def test_a_trace_of_batches_is_written_beside_the_logs(stand, tmp_path, batches, steps):
    board = TensorBoard(tmp_path, profile_batch=batches)
    board._model = stand
    board.on_train_begin()
    for batch in range(4):
        board.on_train_batch_begin(batch)
        torch.ones(2).add(1)
        board.on_train_batch_end(batch)
    board.on_train_end()
    assert [path.name.split(".")[0] for path in (tmp_path / "train").glob("*.pt.trace.json")] == [steps]


@pytest.mark.skipif(installed, reason="tensorboard is there")
def test_a_missing_package_is_told_before_training(model, data, tmp_path):
    with pytest.raises(ImportError, match=r"kerasish\[tensorboard\]"):
        model.fit(*data, verbose=0, callbacks=[TensorBoard(tmp_path)])


def test_batches_are_not_heard_of_if_only_epochs_are_written():
    assert TensorBoard()._idle_hooks == ("on_train_batch_begin", "on_train_batch_end")
    board = TensorBoard(update_freq="batch")
    board.set_model = lambda model: None
    assert CallbackList([board]).listens("on_train_batch_end")


@pytest.mark.parametrize(
    ("shape", "images"), [((5,), (1, 5, 1, 1)), ((6, 2), (1, 2, 6, 1)), ((3, 3, 4), (4, 3, 3, 1)), ((2, 3, 4, 5), None)]
)
def test_weights_as_images(shape, images):
    made = _as_images(torch.rand(shape))
    assert made is None if images is None else tuple(made.shape) == images


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"profile_batch": -1}, "`profile_batch` must be a batch, counted from 1"),
        ({"profile_batch": (5, 2)}, "the first and the last of several; received \\(5, 2\\)"),
        ({"profile_batch": "1,2,3"}, "`profile_batch`"),
        ({"embeddings_freq": 1}, "`embeddings_freq`"),
        ({"update_freq": 0}, "`update_freq`"),
    ],
)
def test_what_is_not_supported_is_refused(options, complaint):
    with pytest.raises(ValueError, match=complaint):
        TensorBoard(**options)
