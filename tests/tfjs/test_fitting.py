"""Training in TensorFlow.js's spelling: one test for each numbered promise of the guides (the number is in the name)."""

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


def sizes_of(model, x, y, **options):
    """The sizes of the batches that `fit` makes."""
    sizes = []
    model.fit(x, y, callbacks={"onBatchEnd": lambda batch, logs: sizes.append(logs["size"])}, **options)
    return sizes


def seen_rows(model):
    """The rows that each call of the model gets, noted as they come: numbers in the first column."""
    seen = []
    model.layers[0].register_forward_pre_hook(lambda layer, args: seen.append((layer.training, args[0][:, 0].tolist())))
    return seen


def numbered(rows):
    """Rows that carry their number."""
    return tf.range(0, rows).reshape([rows, 1]).mul(tf.ones([1, 4])), data(rows)[1]


@pytest.mark.parametrize("name", "sgd momentum rmsprop adam adadelta adamax adagrad".split())
def test_27_optimizers_by_name(name):
    model = dense_model()
    model.compile({"optimizer": name, "loss": "meanSquaredError"})
    before = model.getWeights()[0].dataSync()
    model.fit(tf.ones([4, 4]), tf.ones([4, 2]))
    assert not np.array_equal(before, model.getWeights()[0].dataSync())


def test_28_a_loss_may_be_a_function_on_tensors():
    model = dense_model()
    model.compile(optimizer=tf.train.sgd(0.1), loss=lambda y, p: y.sub(p).square().mean())
    assert model.fit(tf.ones([4, 4]), tf.ones([4, 2]), epochs=30).history.loss[-1] < 1e-3


def test_29_metrics_are_names_functions_and_by_output():
    def largest(y_true, y_pred):
        return y_pred.sub(y_true).abs().max(-1)

    x, y = data()
    model = dense_model()
    model.compile(optimizer="sgd", loss="meanSquaredError", metrics=["mse", "meanAbsoluteError", largest])
    loss, mse, mae, most = (float(value) for value in model.evaluate(x, y))
    difference = abs(model.predict(x).numpy() - y.numpy())
    assert (mse, mae) == (pytest.approx(loss), pytest.approx(difference.mean())) and most == pytest.approx(
        difference.max(-1).mean()
    )
    symbol = tf.input(shape=[4])
    two = tf.model(inputs=symbol, outputs=[tf.layers.dense(units=2, name=name).apply(symbol) for name in ("a", "b")])
    two.compile(optimizer="sgd", loss="meanSquaredError", metrics={"a": "mae", "b": ["mse"]})
    assert set(two.fit(x, [y, y]).history) == {"loss", "a_loss", "b_loss", "a_mae", "b_mse"}


@pytest.mark.parametrize(
    ("units", "activation", "loss", "labels"),
    [
        (1, "sigmoid", "binaryCrossentropy", [[0], [1], [1], [0]]),
        (3, "softmax", "categoricalCrossentropy", [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]),
        (3, "softmax", "sparseCategoricalCrossentropy", [0, 1, 2, 0]),
    ],
)
def test_29_accuracy_goes_by_the_loss_and_the_shape(units, activation, loss, labels):
    model = dense_model(units, activation=activation)
    model.compile(optimizer="sgd", loss=loss, metrics=["accuracy"])
    x, y = tf.randomNormal([4, 4]), tf.tensor(labels)
    scores = model.predict(x).numpy()
    said = (scores[:, 0] > 0.5) if units == 1 else scores.argmax(-1)
    right = y.numpy().ravel() if loss != "categoricalCrossentropy" else y.numpy().argmax(-1)
    assert float(model.evaluate(x, y)[1]) == np.mean(said == right)


def test_29_names_of_metrics_are_those_that_logs_have():
    x, y = data()
    for given, named in [
        ("accuracy", "acc"), ("acc", "acc"), ("crossentropy", "ce"), ("MSE", "MSE"), ("meanAbsoluteError", "meanAbsoluteError"),
        ("cosine", "cosine"), (tf.metrics.categoricalAccuracy, "categoricalAccuracy"),
        (lambda y, p: y.sub(p).abs().max(-1), "lambda"),
    ]:  # fmt: skip
        model = dense_model(activation="softmax")
        model.compile(optimizer="sgd", loss="categoricalCrossentropy", metrics=[given])
        assert model.metricsNames == ["loss", named]
        assert set(model.fit(x, y, validationSplit=0.5).history) == {"loss", named, "val_loss", f"val_{named}"}
    symbol = tf.input(shape=[4])
    two = tf.model(inputs=symbol, outputs=[tf.layers.dense(units=2, name=name).apply(symbol) for name in ("a", "b")])
    two.compile(optimizer="sgd", loss="meanSquaredError", metrics=["accuracy"])
    assert set(two.fit(x, [y, y]).history) == {"loss", "a_loss", "b_loss", "a_acc", "b_acc"}


def test_30_compile_takes_keywords_or_one_dict():
    x, y = data()
    results = []
    for give in ("dict", "keywords"):
        model = dense_model(kernelInitializer="ones")
        options = {"optimizer": tf.train.sgd(0.1), "loss": "meanSquaredError", "metrics": ["mae"]}
        model.compile(options) if give == "dict" else model.compile(**options)
        results.append(model.fit(x, y, epochs=2).history)
    assert results[0] == results[1] and results[0].loss[1] < results[0].loss[0]


def test_31_names_and_outputs_are_checked_by_compile():
    model = dense_model()
    for options, message in [
        ({"optimizer": "nope", "loss": "mse"}, "Unknown Optimizer nope"),
        ({"optimizer": "sgd", "loss": "nope"}, "Unknown loss nope"),
        ({"optimizer": "sgd", "loss": "meanSquaredErorr"}, "Did you mean 'mean_squared_error'"),
        ({"optimizer": "sgd", "loss": ["mse", "mse"]}, r"each of the model's 1 outputs \(dense_Dense1\); received 2"),
        ({"optimizer": "sgd", "loss": {"b": "mse"}}, "names 'b', which is no output of the model: dense_Dense1"),
        ({"optimizer": "sgd", "loss": "mse", "metrics": ["nope"]}, "`nope` is not a known metric"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.compile(options)
    for options, message in [({"optimiser": "sgd"}, "optimiser"), ({"metric": ["acc"]}, "no option `metric`. Did you mean")]:
        with pytest.raises(TypeError, match=message):
            model.compile({"loss": "mse", **options})
    assert not model.compiled


def test_31_labels_are_checked_by_fit():
    model, x = dense_model(10), tf.ones([3, 4])
    for loss, labels, message in [
        ("categoricalCrossentropy", tf.ones([3, 11]), r"`y_true` of shape \(3, 11\) and `y_pred` of shape \(3, 10\)"),
        ("meanSquaredError", tf.ones([3, 11]), r"received \(3, 11\) and \(3, 10\)"),
        ("sparseCategoricalCrossentropy", tf.ones([3, 10]), "One-hot labels are for CategoricalCrossentropy"),
        ("categoricalCrossentropy", tf.ones([3]), "Class numbers are for SparseCategoricalCrossentropy"),
    ]:
        model.compile(optimizer="sgd", loss=loss)
        with pytest.raises(ValueError, match=message):
            model.fit(x, labels)


def test_31_probabilities_for_a_loss_of_logits_are_told():
    model = dense_model(activation="softmax")
    model.compile(optimizer="sgd", loss=keras.losses.CategoricalCrossentropy(from_logits=True))
    with pytest.warns(UserWarning, match="expects logits, but 'dense_Dense1' gives probabilities: its activation is softmax"):
        model.fit(*data())


def test_32_fit_before_compile_says_so():
    for train in (dense_model().fit, dense_model().trainOnBatch, dense_model().evaluate):
        with pytest.raises(ValueError, match="Call `compile"):
            train(*data())


def test_33_batches_have_32_rows_and_there_is_one_epoch():
    x, y = data(70)
    assert sizes_of(compiled(), x, y) == [32, 32, 6]
    assert compiled().fit(x, y).epoch == [0]
    info = compiled().fit(x, y, {"epochs": 2, "batchSize": 64, "callbacks": {}})
    assert info.epoch == [0, 1] and info.params["steps"] == 2


def test_34_epochs_and_verbose(capsys):
    x, y = data()
    info = compiled().fit(x, y, epochs=3, initialEpoch=1)
    assert info.epoch == [1, 2] and capsys.readouterr().out == ""
    compiled().fit(x, y, epochs=2, verbose=2)
    printed = capsys.readouterr().out.split("\n")
    assert printed[0] == "Epoch 1/2" and printed[1].startswith("1/1 - ") and "accuracy: " in printed[1] and len(printed) == 5
    compiled().fit(x, y, verbose=1)
    assert "━" in capsys.readouterr().out
    with pytest.raises(TypeError, match="no option `batchSizes`. Did you mean 'batch_size'"):
        compiled().fit(x, y, batchSizes=4)


def test_34_validation_data_and_steps():
    x, y = data()
    model = compiled()
    seen = seen_rows(model)
    info = model.fit(
        x, y, validationData=[x, y], batchSize=2, stepsPerEpoch=2, validationSteps=3, validationBatchSize=3, epochs=2
    )
    assert set(info.history) == {"loss", "acc", "val_loss", "val_acc"} and info.validationData == [x, y]
    assert [len(rows) for training, rows in seen if training] == [2, 2, 2, 2] and info.params["steps"] == 2


def test_34_validation_is_the_evaluation_after_the_epoch():
    (x, y), (other, labels) = data(), data(6)
    model = compiled()
    info = model.fit(x, y, validationData=[other, labels])
    loss, accuracy = (float(value) for value in model.evaluate(other, labels))
    assert (info.history.val_loss, info.history.val_acc) == ([pytest.approx(loss)], [pytest.approx(accuracy)])


def test_34_weights_of_rows_and_of_classes():
    x, y = data()
    doubled = tf.tensor([1.0 + i % 2 for i in range(10)])  # what weights of the classes come to
    plain, by_row, by_class = compiled(), compiled(), compiled()
    losses = [
        plain.fit(x, y).history.loss[0],
        by_row.fit(x, y, sampleWeight=doubled).history.loss[0],
        by_class.fit(x, y, classWeight={"0": 1, "1": 2}).history.loss[0],
    ]
    # With equal columns of the kernel, all rows begin at log(2).
    assert losses == [pytest.approx(np.log(2)), pytest.approx(1.5 * np.log(2)), pytest.approx(1.5 * np.log(2))]
    np.testing.assert_allclose(by_row.getWeights()[0].numpy(), by_class.getWeights()[0].numpy(), rtol=1e-6)
    assert abs(by_row.getWeights()[0].numpy() - plain.getWeights()[0].numpy()).max() > 1e-4
    with pytest.raises(ValueError, match="received the key 'a'"):
        plain.fit(x, y, classWeight={"a": 1})
    with pytest.raises(ValueError, match="`sample_weight` 3"):
        plain.fit(x, y, sampleWeight=tf.ones([3]))


def test_35_the_split_is_the_last_part_before_shuffling():
    model, (x, y) = compiled(), numbered(11)
    seen = seen_rows(model)
    info = model.fit(x, y, validationSplit=0.25, batchSize=4, epochs=2)
    trained = [rows for training, rows in seen if training]
    measured = sorted(row for training, rows in seen if not training for row in rows)
    assert [sorted(sum(epoch, [])) for epoch in (trained[:2], trained[2:])] == [list(range(8))] * 2  # floor(0.75 * 11)
    assert measured == [8, 8, 9, 9, 10, 10] and len(info.history.val_loss) == len(info.history.val_acc) == 2


def test_36_rows_are_shuffled_each_epoch_unless_that_is_not_wanted():
    def orders(**options):
        model = compiled()
        seen = seen_rows(model)
        model.fit(*numbered(40), epochs=2, batchSize=10, **options)
        return [sum((rows for _, rows in seen[:4]), []), sum((rows for _, rows in seen[4:]), [])]

    first, second = orders()
    assert first != second and sorted(first) == sorted(second) == list(range(40)) and list(range(40)) not in (first, second)
    assert orders(shuffle=False) == [list(range(40))] * 2
    first, second = orders(shuffle="batch")
    batches = [[row - chunk[0] for row in chunk] for chunk in (first[i : i + 10] for i in range(0, 40, 10))]
    assert first != second and batches == [list(range(10))] * 4


def test_37_the_last_batch_may_be_smaller():
    assert sizes_of(compiled(), *data(10), batchSize=4) == [4, 4, 2]


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam"])
def test_38_fit_minimizes_the_loss_of_each_batch(name):
    (x, y), optimizer = data(), getattr(tf.train, name)(0.1)
    fitted, by_hand = compiled(), compiled()
    fitted.compile(optimizer=getattr(tf.train, name)(0.1), loss="categoricalCrossentropy")
    fitted.fit(x, y, batchSize=4, epochs=2, shuffle=False)
    for _ in range(2):
        for at, rows in ((0, 4), (4, 4), (8, 2)):
            xs, ys = x.slice(at, rows), y.slice(at, rows)
            optimizer.minimize(lambda: tf.metrics.categoricalCrossentropy(ys, by_hand.apply(xs)).mean())  # noqa: B023 - called at once
    assert optimizer.iterations == 6
    np.testing.assert_allclose(fitted.getWeights()[0].numpy(), by_hand.getWeights()[0].numpy(), atol=1e-6)


def stream(rows=10, size=4):
    def samples():
        for i in range(rows):
            yield {"xs": [1.0, 2.0, 3.0, i], "ys": [1.0, 0.0]}

    return tf.data.generator(samples).batch(size)


def test_45_86_a_dataset_serves_fit_and_a_loop():
    rows = [{"xs": [1.0, 2.0, 3.0, 4.0], "ys": [1.0, 0.0]}] * 10
    ds = tf.data.array(rows).batch(4)
    model = compiled()
    info = model.fitDataset(ds, epochs=2, validationData=ds)
    assert len(info.history["val_acc"]) == 2
    sizes = []
    ds.forEachAsync(lambda batch: sizes.append(batch["xs"].shape[0]))
    assert sizes == [4, 4, 2]
    assert len(model.fit(ds, epochs=1).epoch) == 1


def test_45_options_of_fit_dataset():
    x, y = data()
    info = compiled().fitDataset(
        stream().repeat(), {"epochs": 3, "initialEpoch": 1, "batchesPerEpoch": 2, "validationData": stream().repeat(),
                            "validationBatches": 2, "classWeight": {"0": 1, "1": 3}, "verbose": 0},
    )  # fmt: skip
    assert info.epoch == [1, 2] and info.params["steps"] == 2 and len(info.history.val_loss) == 2
    model = compiled()
    info = model.fitDataset(stream(), validationData=[x, y], validationBatchSize=5)
    assert info.history.val_loss == [pytest.approx(float(model.evaluate(x, y)[0]))]
    with pytest.raises(TypeError, match="no option `batchSize`"):
        compiled().fitDataset(stream(), batchSize=4)


def test_46_a_stream_of_unknown_length_is_counted_in_its_first_epoch(capsys, monkeypatch):
    monkeypatch.setattr("kerasish.callbacks._progbar_logger.is_live", lambda stream: True)
    assert stream().size is None
    steps = []
    model = compiled()

    class Watch(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            steps.append(self.params["steps"])

    info = model.fitDataset(stream(), epochs=2, verbose=1, callbacks=Watch())
    assert steps == [None] * 3 + [3] * 3 and info.params["steps"] == 3
    first, second = capsys.readouterr().out.split("Epoch 2/2")
    assert "1/Unknown" in first and "1/3" in second and "3/3" in second and "Unknown" not in second


def test_46_a_stream_is_read_as_it_is_used():
    made = []

    def samples():
        for i in range(10**9):  # far more than there is room for
            made.append(i)
            yield {"xs": [1.0, 2.0, 3.0, 4.0], "ys": [1.0, 0.0]}

    compiled().fitDataset(tf.data.generator(samples).batch(8), batchesPerEpoch=3)
    assert 24 <= len(made) <= 24 + 8 * 4


def test_47_fit_takes_datasets():
    ours, theirs = compiled(), compiled()
    assert ours.fit(stream(), epochs=2).history == theirs.fitDataset(stream(), epochs=2).history
    plain = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    plain.compile("sgd", "mse")
    rows = keras.data.Dataset.from_tensor_slices((np.ones((10, 4), "float32"), np.ones((10, 2), "float32"))).batch(4)
    assert len(plain.fit(rows, verbose=0).history["loss"]) == 1


def test_48_49_predict_and_evaluate():
    model = compiled()
    x, y = data()
    assert isinstance(model.predict(x, {"batchSize": 4}), tf.Tensor) and model.predictOnBatch(x).shape == [10, 2]
    loss, accuracy = model.evaluate(x, y, batchSize=4)
    assert loss.shape == accuracy.shape == [] and model.metricsNames == ["loss", "acc"]
    assert float(model.trainOnBatch(x, y)[0]) == pytest.approx(float(loss), rel=1e-5)


def test_49_evaluate_counts_rows_not_batches():
    model, (x, y) = compiled(), data()
    alone = [[float(part) for part in model.evaluate(x.slice(at, size), y.slice(at, size))] for at, size in ((0, 8), (8, 2))]
    expected = np.average(alone, axis=0, weights=[8, 2])
    for batch_size in (3, 8, 32):
        assert [float(part) for part in model.evaluate(x, y, {"batchSize": batch_size})] == [pytest.approx(v) for v in expected]
    ds = tf.data.zip({"xs": tf.data.array(x.unstack()), "ys": tf.data.array(y.unstack())}).batch(8)
    assert [float(part) for part in model.evaluateDataset(ds)] == [pytest.approx(value) for value in expected]
    assert [float(part) for part in model.evaluateDataset(ds, {"batches": 1})] == [pytest.approx(value) for value in alone[0]]
    weights = tf.tensor([1.0] * 8 + [0.0] * 2)
    assert float(model.evaluate(x, y, sampleWeight=weights)[0]) == pytest.approx(0.8 * alone[0][0])
