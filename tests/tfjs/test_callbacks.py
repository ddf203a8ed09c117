"""Callbacks and histories of TensorFlow.js: one test for each numbered promise of the guides (the number is in the name)."""

import asyncio
import signal
import time
from types import SimpleNamespace

import numpy as np
import pytest

import kerasish as keras
import kerasish.tfjs as tf


def dense_model(units=2, inputs=4, **options):
    return tf.sequential(layers=[tf.layers.dense(units=units, inputShape=[inputs], **options)])


def compiled(**options):
    model = dense_model(activation="softmax", kernelInitializer="ones", **options)
    model.compile(optimizer="sgd", loss="categoricalCrossentropy", metrics=["accuracy"])
    return model


def data(rows=10):
    return tf.randomNormal([rows, 4]), tf.oneHot([i % 2 for i in range(rows)], 2, dtype="float32")


def test_39_40_hooks_see_each_batch_alone_and_kerass_the_mean():
    alone, running, ends = [], [], []

    class Running(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs):
            running.append(logs["loss"])

    async def on_batch_end(batch, logs):
        alone.append((logs["batch"], logs["size"], logs["loss"], logs.acc == logs["accuracy"]))

    model = compiled()
    hooks = {"onBatchEnd": on_batch_end, "on_epoch_end": lambda epoch, logs: ends.append(logs["loss"])}
    info = model.fit(*data(), batchSize=4, callbacks=[Running(), hooks], shuffle=False)
    assert [(batch, size, same) for batch, size, _, same in alone] == [(0, 4, True), (1, 4, True), (2, 2, True)]
    losses = [loss for _, _, loss, _ in alone]
    assert running[1] == pytest.approx((losses[0] + losses[1]) / 2, rel=1e-5)
    assert ends == info.history["loss"] == [pytest.approx(np.average(losses, weights=[4, 4, 2]), rel=1e-5)]


def test_39_all_hooks_are_called_in_order_in_either_spelling():
    def told(*names):
        seen = []
        hooks = {name: lambda *args, name=name: seen.append((name, *args[:-1])) for name in names}
        compiled().fit(*data(), batchSize=4, callbacks=hooks, validationSplit=0.5)
        return seen

    assert told("onTrainBegin", "onTrainEnd", "onEpochBegin", "onEpochEnd", "onBatchBegin", "onBatchEnd") == [
        ("onTrainBegin",), ("onEpochBegin", 0), ("onBatchBegin", 0), ("onBatchEnd", 0), ("onBatchBegin", 1), ("onBatchEnd", 1),
        ("onEpochEnd", 0), ("onTrainEnd",),
    ]  # fmt: skip
    names = ("on_epoch_begin", "on_train_batch_begin", "on_batch_end", "on_test_begin", "onTestBatchEnd", "on_epoch_end")
    assert told(*names) == [
        ("on_epoch_begin", 0), ("on_train_batch_begin", 0), ("on_batch_end", 0), ("on_train_batch_begin", 1), ("on_batch_end", 1),
        ("on_test_begin",), ("onTestBatchEnd", 0), ("onTestBatchEnd", 1), ("on_epoch_end", 0),
    ]  # fmt: skip


def test_39_callbacks_are_objects_of_users_own_classes_or_lists_of_all_kinds():
    seen = []

    class Watch(tf.Callback):
        def onEpochEnd(self, epoch, logs):
            seen.append(("own", epoch, self.params["epochs"], logs.acc == logs["accuracy"], self.model.name))

        async def on_batch_end(self, batch, logs):
            await asyncio.sleep(0)
            seen.append(("batch", batch))

    class Bare:
        def onEpochEnd(self, epoch, logs):
            seen.append(("bare", epoch))

    class Keras(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(("keras", epoch))

    custom = tf.CustomCallback({"onEpochEnd": lambda epoch, logs: seen.append(("custom", epoch))})
    compiled().fit(*data(), callbacks=[Keras(), Watch(), Bare(), custom])
    assert seen == [("batch", 0), ("own", 0, 1, True, "sequential_1"), ("bare", 0), ("custom", 0), ("keras", 0)]
    for wrong in (Watch, object(), 3):
        with pytest.raises(TypeError, match="an object of hooks such as onBatchEnd"):
            compiled().fit(*data(), callbacks=[wrong])
    with pytest.raises(ValueError, match="onEpochEnds"):
        tf.CustomCallback({"onEpochEnds": print})


def test_39_async_hooks_are_awaited_also_where_a_loop_runs_already():
    seen = []

    async def on_epoch_end(epoch, logs):
        await asyncio.sleep(0)
        seen.append(epoch)

    async def program():
        await compiled().fit(*data(), epochs=2, callbacks={"onEpochEnd": on_epoch_end})

    asyncio.run(program())
    assert seen == [0, 1]


def test_39_an_error_in_a_hook_comes_through():
    async def fail(epoch, logs):
        raise ZeroDivisionError("mine")

    model = compiled()
    with pytest.raises(ZeroDivisionError, match="mine"):
        model.fit(*data(), callbacks={"onEpochEnd": fail})
    assert len(model.fit(*data()).history.loss) == 1


def test_40_several_objects_all_see_each_batch_alone():
    first, second = [], []
    hooks = [
        {"onBatchEnd": lambda batch, logs: first.append(dict(logs))},
        {"onBatchEnd": lambda b, logs: second.append(dict(logs))},
    ]
    info = compiled().fit(*data(), batchSize=4, callbacks=hooks)
    assert first == second and [logs["size"] for logs in first] == [4, 4, 2] and set(first[0]) == {"batch", "size", "loss", "acc"}
    assert info.history.loss[0] == pytest.approx(np.average([logs["loss"] for logs in first], weights=[4, 4, 2]))


def test_40_logs_answer_to_attributes_and_both_names():
    kept = []
    info = compiled().fit(*data(), validationSplit=0.5, callbacks={"onEpochEnd": lambda epoch, logs: kept.append(logs)})
    (logs,), history = kept, info.history
    assert list(logs) == ["acc", "loss", "val_acc", "val_loss"]
    assert logs.acc == logs["acc"] == logs["accuracy"] == history.acc[0] == history["accuracy"][0]
    assert logs.val_acc == logs["val_accuracy"] == history.valAcc[0] == history["val_acc"][0]
    with pytest.raises(KeyError, match="'nope' is not among the logs: acc, loss"):
        logs["nope"]
    with pytest.raises(AttributeError, match="nope"):
        logs.nope  # noqa: B018


def test_40_metrics_whose_state_is_no_sum_keep_what_they_count():
    class Largest(keras.metrics.Metric):
        def __init__(self):
            super().__init__(name="largest")
            self.seen = self.add_weight(())

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.seen.assign(self.seen.maximum(y_true.max()))

        def result(self):
            return self.seen

    def history(callbacks):
        model = dense_model(kernelInitializer="zeros")
        model.compile(optimizer="sgd", loss="meanSquaredError", metrics=[Largest()])
        labels = tf.tensor([[5.0, 1], [2, 1], [3, 1], [1, 1]])
        return model.fit(tf.ones([4, 4]), labels, batchSize=2, shuffle=False, callbacks=callbacks).history.largest

    seen = []
    assert history({"onBatchEnd": lambda batch, logs: seen.append(logs.largest)}) == history(None) == [5] and seen == [5, 5]


def test_41_44_the_guides_callback_is_called_twenty_times(capsys):
    def onBatchEnd(batch, logs):  # noqa: N802
        print("Accuracy", logs.acc)

    model = compiled()
    x, y = data(100)
    info = model.fit(x, y, epochs=5, batchSize=32, callbacks={"onBatchEnd": onBatchEnd})
    print("Final accuracy", info.history.acc)
    lines = capsys.readouterr().out.strip().split("\n")
    assert len(lines) == 21 and all(line.startswith("Accuracy ") and 0 <= float(line[9:]) <= 1 for line in lines[:20])
    final = [float(value) for value in lines[20].removeprefix("Final accuracy [").removesuffix("]").split(", ")]
    batches = np.array([float(line[9:]) for line in lines[:20]]).reshape(5, 4)
    np.testing.assert_allclose(final, np.average(batches, axis=1, weights=[32, 32, 32, 4]), rtol=1e-6)


@pytest.mark.parametrize(
    ("every", "times"),
    [("batch", 6), ("epoch", 2), (0, 6), (60_000, 0), ("auto", 0), ("never", None), ("often", None), (-1, None)],
)
def test_42_yield_every(every, times):
    places = []
    hooks = {"onYield": lambda epoch, batch, logs: places.append((epoch, batch, logs.loss))}
    if times is None:
        with pytest.raises(ValueError, match="`yieldEvery`"):
            compiled().fit(*data(), callbacks=hooks, yieldEvery=every)
        return
    info = compiled().fit(*data(), batchSize=4, epochs=2, callbacks=hooks, yieldEvery=every)
    assert len(places) == times
    if every == "epoch":
        assert [loss for _, _, loss in places] == info.history.loss
    elif times:
        assert [place[:2] for place in places] == [(epoch, batch) for epoch in (0, 1) for batch in (0, 1, 2)]


@pytest.mark.parametrize(("every", "batches"), [(50, [2, 5, 8]), ("auto", [6])])
def test_42_yields_come_when_the_time_has_passed(every, batches, monkeypatch):
    now, places = [0.0], []

    def twenty_milliseconds(batch, logs):
        now[0] += 0.02

    monkeypatch.setattr("kerasish.tfjs._callbacks.time", SimpleNamespace(monotonic=lambda: now[0]))
    hooks = {"onBatchEnd": twenty_milliseconds, "onYield": lambda epoch, batch, logs: places.append(batch)}
    compiled().fit(*data(), batchSize=1, callbacks=hooks, yieldEvery=every)
    assert places == batches


def test_42_fit_async_leaves_the_event_loop_free_and_runs_hooks_in_it():
    ticks, loops = [], []

    async def tick():
        while True:
            ticks.append(time.monotonic())
            await asyncio.sleep(0.001)

    async def on_epoch_end(epoch, logs):
        loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0.01)

    async def program():
        beside = asyncio.create_task(tick())
        info = await compiled().fitAsync(*data(), epochs=5, callbacks={"onEpochEnd": on_epoch_end})
        ds = tf.data.array([{"xs": [1.0, 2, 3, 4], "ys": [1.0, 0]}] * 4).batch(2)
        other = await compiled().fitDatasetAsync(ds, {"epochs": 2})
        beside.cancel()
        return info.epoch, other.epoch, asyncio.get_running_loop()

    first, second, loop = asyncio.run(program())
    assert (first, second) == ([0, 1, 2, 3, 4], [0, 1]) and loops == [loop] * 5 and len(ticks) > 10


def test_42_a_cancelled_fit_async_stops_and_leaves_the_history():
    model = compiled()

    async def program():
        training = asyncio.create_task(model.fit_async(*data(), epochs=10**6))
        while len(getattr(model.__dict__.get("history"), "epoch", ())) < 2:
            await asyncio.sleep(0.001)
        training.cancel()
        with pytest.raises(asyncio.CancelledError):
            await training

    asyncio.run(program())
    epochs = model.history.epoch
    assert 2 <= len(epochs) < 10**6 and len(model.history.history.loss) == len(epochs) and not model.training


def test_42_one_that_is_cancelled_at_once_trains_no_epoch_to_its_end():
    model, seen = compiled(), []

    async def program():
        hooks = {"onEpochEnd": lambda epoch, logs: seen.append(epoch)}
        training = asyncio.create_task(model.fit_async(*data(), batchSize=1, epochs=10**6, callbacks=hooks))
        await asyncio.sleep(0)
        training.cancel()
        with pytest.raises(asyncio.CancelledError):
            await training

    asyncio.run(program())
    assert len(seen) <= 1


def test_42_ctrl_c_ends_a_fit_async_with_the_history_so_far():
    model = compiled()

    async def press(epoch, logs):
        if epoch == 1:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(model.fit_async(*data(), epochs=10**6, callbacks={"onEpochEnd": press}))
    assert 2 <= len(model.history.epoch) < 10**6 and len(model.fit(*data()).history.loss) == 1


def test_42_an_interrupted_fit_gives_the_history_so_far():
    def interrupt(epoch, logs):
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted"):
        info = compiled().fit(*data(), epochs=9, callbacks={"onEpochBegin": interrupt})
    assert info.epoch == [0, 1] and len(info.history.acc) == 2


def test_39_unknown_hooks_are_refused():
    with pytest.raises(ValueError, match="onBatchEnds"):
        compiled().fit(*data(), callbacks={"onBatchEnds": print})


def test_42_43_history_can_be_waited_for():
    model = compiled()
    got = model.fit(*data(), validationSplit=0.2).then(lambda info: (info.history.acc, info.history["val_accuracy"]))
    assert len(got[0]) == len(got[1]) == 1

    async def program():
        first = await model.fit(*data())
        second = await model.fitAsync(*data(), epochs=2)
        return first.epoch, second.epoch

    assert asyncio.run(program()) == ([0], [0, 1])


def test_43_what_fit_gives():
    x, y = data()
    info = compiled().fit(x, y, epochs=5, validationData=[x, y])
    assert info.epoch == [0, 1, 2, 3, 4] and len(info.history.acc) == 5 and info.validationData == [x, y]
    assert info.params == {"verbose": 0, "epochs": 5, "steps": 1} and isinstance(info, tf.History)
    assert info.then(lambda it: it.history.acc) == info.history.acc


def test_43_a_history_as_a_table():
    pandas = pytest.importorskip("pandas")
    x, y = data()
    info = compiled().fit(x, y, epochs=3, initialEpoch=1, validationData=[x, y], validationFreq=2)
    table = info.to_pandas()
    assert table.index.tolist() == [1, 2] and table.index.name == "epoch" and table["loss"].tolist() == info.history.loss
    assert table["val_loss"].notna().tolist() == [True, False] and info.toPandas().equals(table)
    plain = keras.callbacks.History()
    assert plain.to_pandas().empty and isinstance(plain.to_pandas(), pandas.DataFrame)


def test_43_a_history_as_a_figure():
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot

    axes = compiled().fit(*data(), epochs=3).plot()
    assert [line.get_label() for line in axes.lines] == ["acc", "loss"] and axes.get_xlabel() == "epoch"
    assert [list(line.get_xdata()) for line in axes.lines] == [[0, 1, 2]] * 2
    pyplot.close(axes.figure)


def test_59_early_stopping():
    info = compiled().fit(
        *data(), epochs=9, validationSplit=0.2,
        callbacks=tf.callbacks.earlyStopping(monitor="val_acc", patience=0, baseline=2.0, restoreBestWeights=True),
    )  # fmt: skip
    assert info.epoch == [0, 1]


def test_60_stop_training():
    model = compiled()

    def stop(epoch, logs):
        model.stopTraining = True

    assert model.fit(*data(), epochs=5, callbacks={"onEpochEnd": stop}).epoch == [0]
