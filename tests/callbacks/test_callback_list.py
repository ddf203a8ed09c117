import pytest
import torch

from kerasish.callbacks import Callback, CallbackList, History, LambdaCallback, ModelCheckpoint, ProgbarLogger
from kerasish.engine._logs import Logs


def recording(told, hook):
    return LambdaCallback(**{hook: lambda *args: told.append((hook, args[0]))})


def test_all_callbacks_hear_a_hook_in_order():
    told = []
    both = CallbackList([LambdaCallback(on_epoch_end=lambda e, logs, i=i: told.append((i, e))) for i in (1, 2)])
    both.on_epoch_end(7, {})
    assert told == [(1, 7), (2, 7)]


def test_a_batch_hook_is_listened_to_only_where_it_is_overridden():
    class OnBatch(Callback):
        def on_batch_end(self, batch, logs=None):
            pass

    assert not CallbackList([Callback()]).listens("on_train_batch_end")
    assert CallbackList([OnBatch()]).listens("on_train_batch_end")
    assert not CallbackList([OnBatch()]).listens("on_train_batch_begin")
    assert not CallbackList([OnBatch()]).listens("on_test_batch_end")


def test_a_checkpoint_of_epochs_does_not_listen_to_batches():
    assert not CallbackList([ModelCheckpoint("a.keras")]).listens("on_train_batch_end")
    assert CallbackList([ModelCheckpoint("a.keras", save_freq=2)]).listens("on_train_batch_end")


def test_a_subclass_of_a_checkpoint_is_heard_on_the_hook_that_it_writes():
    class Mine(ModelCheckpoint):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)

    assert CallbackList([Mine("a.keras")]).listens("on_train_batch_end")


def test_a_callback_whose_init_does_not_call_the_base_class_works():
    class Mine(Callback):
        def __init__(self):
            self.seen = []

        def on_epoch_end(self, epoch, logs=None):
            self.seen.append((epoch, self.params["epochs"]))

    mine = Mine()
    CallbackList([mine], epochs=3).on_epoch_end(0, {})
    assert mine.seen == [(0, 3)]


def test_a_dict_of_functions_is_a_callback_in_either_spelling():
    told = []
    CallbackList({"onEpochEnd": lambda epoch, logs: told.append(epoch)}).on_epoch_end(5, {})
    assert told == [5]


@pytest.mark.parametrize("wrong", [Callback, "early_stopping", 3])
def test_what_is_no_callback_is_refused(wrong):
    with pytest.raises(TypeError, match="`callbacks` must hold Callback objects"):
        CallbackList([wrong])


def test_a_misspelled_hook_is_refused_with_the_one_meant():
    with pytest.raises(ValueError, match="'on_epoch_end'"):
        CallbackList([{"on_epoch_ends": print}])


def test_history_and_progress_are_added_once():
    history = History()
    made = CallbackList([history, ProgbarLogger()], add_history=True, add_progbar=True)
    assert made.history is history and len(made.callbacks) == 2


def test_logs_that_nobody_keeps_are_never_read():
    reads = []
    logs = Logs(lambda: reads.append(1) or {"loss": torch.tensor(1.0)})
    CallbackList([LambdaCallback(on_train_batch_end=lambda batch, logs: None)]).tell_batch("on_train_batch_end", 0, logs)
    assert reads == []


def test_logs_that_a_callback_keeps_are_read_while_they_are_true():
    loss, kept = torch.tensor(1.0), []
    logs = Logs(lambda: {"loss": loss})
    CallbackList([LambdaCallback(on_train_batch_end=lambda batch, logs: kept.append(logs))]).tell_batch(
        "on_train_batch_end", 0, logs
    )
    loss += 1
    assert kept[0]["loss"] == 1.0


def test_an_error_in_a_callback_leaves_a_model_that_trains_and_predicts(model, data):
    def fail(epoch, logs):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        model.fit(*data, verbose=0, callbacks=LambdaCallback(on_epoch_end=fail))
    assert not model.training
    first = model.fit(*data, verbose=0).history["loss"][0]
    assert model.evaluate(*data, verbose=0)[0] < first


def test_stop_training_on_a_batch_ends_the_epoch_and_the_training(model, data):
    batches, epochs = [], []

    class Stop(Callback):
        def on_train_batch_end(self, batch, logs=None):
            batches.append(batch)
            self.model.stop_training = batch == 1

        def on_epoch_end(self, epoch, logs=None):
            epochs.append(epoch)

    model.fit(*data, batch_size=4, epochs=3, verbose=0, callbacks=[Stop()])
    assert batches == [0, 1] and epochs == [0]
