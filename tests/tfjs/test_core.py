"""The Core API of TensorFlow.js: one test for each numbered promise of the guides (the number is in the name)."""

import asyncio
import re

import numpy as np
import pytest
import torch

import kerasish as keras
import kerasish.tfjs as tf


def test_62_a_model_is_any_function_of_tensors():
    w1, b1 = tf.variable(tf.randomNormal([4, 3])), tf.variable(tf.zeros([3]))

    def predict(x):
        return x.matMul(w1).add(b1).relu().sum(-1)

    x, y, losses = tf.randomNormal([20, 4]), tf.ones([20]), []
    optimizer = tf.train.adam(0.05)
    for _ in range(60):
        losses.append(float(optimizer.minimize(lambda: predict(x).sub(y).square().mean(), True)))
    assert losses[-1] < 0.5 * losses[0] and predict(x).shape == [20]
    assert not any(hasattr(predict, name) for name in ("save", "toJSON"))


def test_63_variables():
    first, second = tf.variable(tf.ones([2])), tf.variable(tf.scalar(3), False, "mine", "int32")
    assert int(second) == 3 and (second.trainable, second.name, second.dtype) == (False, "mine", "int32")
    assert (first.trainable, first.dtype) == (True, "float32") and first.name.isdigit()
    assert first.assign(tf.zeros([2])) is first and first.sum().arraySync() == 0
    assert type(first.torch) is keras.Variable


def test_64_random_numbers():
    assert tf.randomNormal([3, 2], 5, 0.1, "float32", 7).arraySync() == tf.random_normal([3, 2], 5, 0.1, seed=7).arraySync()
    drawn = tf.randomUniform([1000], 2, 3).dataSync()
    assert 2 <= drawn.min() and drawn.max() < 3
    assert abs(tf.truncatedNormal([1000]).dataSync()).max() <= 2


def test_65_creation():
    assert tf.tensor([1, 2]).dtype == "float32" and tf.tensor([True]).dtype == "bool"
    assert tf.tensor([1, 2, 3, 4], [2, 2], "int32").arraySync() == [[1, 2], [3, 4]]
    assert tf.range(5, 0, -2).arraySync() == [5, 3, 1] and tf.linspace(0, 1, 3).arraySync() == [0, 0.5, 1]
    assert tf.oneHot(tf.tensor1d([0, 5], "int32"), 3).arraySync() == [[1, 0, 0], [0, 0, 0]]
    assert tf.eye(2).arraySync() == [[1, 0], [0, 1]] and tf.fill([2], 4).arraySync() == [4, 4]
    buffer = tf.buffer([2, 2])
    buffer.set(3, 0, 1)
    assert buffer.toTensor().arraySync() == [[0, 3], [0, 0]] and buffer.get(0, 1) == 3
    for wrong in (
        lambda: tf.tensor([1, 2, 3], [2, 2]),
        lambda: tf.tensor2d([1, 2]),
        lambda: tf.scalar([1]),
        lambda: tf.tensor("a", None, "float32"),
    ):
        with pytest.raises(ValueError):
            wrong()


def test_66_67_methods_and_their_twins_in_both_spellings():
    x = tf.tensor([[1, -2], [3, 4]])
    assert x.matMul(x).add(1).relu().arraySync() == tf.relu(tf.add(tf.matMul(x, x), 1)).arraySync() == [[0, 0], [16, 11]]
    assert x.mat_mul(x).arraySync() == tf.mat_mul(x, x, transposeA=False).arraySync()
    with pytest.raises(TypeError, match="transposeC"):
        x.matMul(x, transposeC=True)
    with pytest.raises(AttributeError, match="nope"):
        x.nope()
    with pytest.raises(AttributeError, match="Did you mean 'matMul'"):
        tf.matMull  # noqa: B018


OPERATIONS = [
    (lambda: tf.tensor([[1, 5], [3, 2]]).max(), 5),
    (lambda: tf.tensor([[1, 5], [3, 2]]).max(1), [5, 3]),
    (lambda: tf.tensor([[1, 5], [3, 2]]).argMax(), [1, 0]),
    (lambda: tf.tensor([[1, 5], [3, 2]]).sum(0, True), [[4, 7]]),
    (lambda: tf.tensor([1, 2, 3]).cumsum(0, True, True), [5, 3, 0]),
    (lambda: tf.tensor([7, 8], dtype="int32").div(tf.scalar(2, "int32")), [3, 4]),
    (lambda: tf.tensor([-7]).mod(3), [2]),
    (lambda: tf.tensor([1, 0]).divNoNan([0, 2]), [0, 0]),
    (lambda: tf.tensor([[1, 2]]).transpose(), [[1], [2]]),
    (lambda: tf.tensor([1, 2, 3, 4]).slice(1, 2), [2, 3]),
    (lambda: tf.tensor([[1, 2], [3, 4]]).slice([1, 0], [1, -1]), [[3, 4]]),
    (lambda: tf.concat([[1], [2]]), [1, 2]),
    (lambda: tf.tensor([1]).concat([2]), None),
    (lambda: tf.stack([tf.scalar(1), tf.scalar(2)]), [1, 2]),
    (lambda: tf.tensor([3, 1, 3]).unique()["values"], [3, 1]),
    (lambda: tf.tensor([3, 1, 3]).unique()["indices"], [0, 1, 0]),
    (lambda: tf.tensor([3, 1, 2]).topk(2)["indices"], [0, 2]),
    (lambda: tf.tensor([1, 2]).pad([[1, 0]], 9), [9, 1, 2]),
    (lambda: tf.tensor([1, 2]).greater(1), [False, True]),
    (lambda: tf.where([True, False], [1, 2], [3, 4]), [1, 4]),
    (lambda: tf.tensor([1, 2, 3]).gather(tf.tensor1d([2, 0], "int32")), [3, 1]),
    (lambda: tf.tensor([3, 4]).norm(), 5),
    (lambda: tf.tensor([1, 2]).clipByValue(1.5, 3), [1.5, 2]),
    (lambda: tf.tensor([-1, 1]).step(0.5), [0.5, 1]),
    (lambda: tf.tensor([1, 2, 3, 4]).reshape([2, 2]).reverse(1), [[2, 1], [4, 3]]),
    (lambda: tf.tensor([0.5]).round(), [0]),
    (lambda: tf.addN([[1], [2], [3]]), [6]),
    (lambda: tf.tensor([[1.0, 2], [3, 4]]).mean(), 2.5),
    (lambda: tf.tensor([True, True]).sum(), 2),
    (lambda: tf.tensor([1, 2, 3]).unsortedSegmentSum(tf.tensor1d([0, 1, 0], "int32"), 2), [4, 2]),
    (lambda: tf.diag([1, 2]), [[1, 0], [0, 2]]),
    (lambda: tf.ones([1, 4, 4, 1]).maxPool(2, 2, "valid"), [[[[1], [1]], [[1], [1]]]]),
    (lambda: tf.ones([2, 2, 1]).conv2d(tf.ones([2, 2, 1, 1]), 1, "valid"), [[[4]]]),
    (lambda: tf.math.confusionMatrix([0, 1], [1, 1], 2), [[0, 1], [0, 1]]),
    (lambda: tf.tensor([2.7]).toInt(), [2]),
    (lambda: tf.image.flipLeftRight(tf.tensor([1, 2], [1, 1, 2, 1])), [[[[2], [1]]]]),
    (lambda: tf.image.resizeBilinear(tf.tensor([1, 3], [1, 2, 1]), [1, 4]), [[[1], [2], [3], [3]]]),
]


@pytest.mark.parametrize("case", range(len(OPERATIONS)))
def test_67_operations(case):
    compute, expected = OPERATIONS[case]
    if expected is None:
        with pytest.raises(RuntimeError):
            compute()
    else:
        assert compute().arraySync() == expected


def test_67_what_does_not_fit_raises():
    with pytest.raises(ValueError, match="must divide"):
        tf.ones([3]).split(2)
    with pytest.raises(ValueError, match="size 1"):
        tf.ones([2]).squeeze([0])
    with pytest.raises(ValueError, match="does not lie"):
        tf.ones([2]).slice(1, 5)
    with pytest.raises(ValueError, match="`pad` must be"):
        tf.ones([1, 4, 4, 1]).maxPool(2, 2, "around")


def test_68_members_of_tensors():
    x = tf.tensor([[1, 2], [3, 4]])
    assert (x.shape, x.rank, x.size, x.dtype) == ([2, 2], 2, 4, "float32")
    assert x.data().tolist() == x.dataSync().tolist() == [1, 2, 3, 4] and x.array() == [[1, 2], [3, 4]]
    assert x.data().then(lambda values: values.sum()) is not None and np.asarray(x).shape == (2, 2)

    async def program():
        return (await x.data()).sum(), await tf.scalar(2).array()

    assert asyncio.run(program()) == (10, 2)


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ([[1.5, 2], [3, 100.25]], ["[[1.5, 2     ],", " [3  , 100.25]]"]),
        (30, ["30"]),
        (list(range(30)), ["[0, 1, 2, ..., 27, 28, 29]"]),
        ([[[1, 1], [1, 1]], [[1, 1], [1, 1]]], ["[[[1, 1],", "  [1, 1]],", "", " [[1, 1],", "  [1, 1]]]"]),
        ([True, False], ["[true, false]"]),
        ([float("nan"), float("inf"), -0.5], ["[NaN, Infinity, -0.5]"]),
        ([[1]] * 25, ["[[1],", " [1],", " [1],", " ...,", " [1],", " [1],", " [1]]"]),
    ],
)
def test_68_print(values, lines, capsys):
    tf.tensor(values).print()
    assert capsys.readouterr().out == "Tensor\n" + "".join(f"    {line}\n" if line else "\n" for line in lines)


def test_69_operations_leave_their_tensors():
    x = tf.tensor([1, 2])
    x.add(1)
    assert x.arraySync() == [1, 2]


def test_70_72_optimizers():
    x = tf.variable(tf.scalar(3))
    sgd = tf.train.sgd(0.1)
    assert float(sgd.minimize(lambda: x.square(), True)) == 9 and float(x) == pytest.approx(2.4)

    @sgd.minimize
    def step():
        return x.square()

    assert step is None and float(x) == pytest.approx(1.92)
    found = sgd.computeGradients(lambda: x.square())
    assert float(found["grads"][x.name]) == pytest.approx(3.84)
    sgd.applyGradients(found["grads"])
    sgd.applyGradients([{"name": x.name, "tensor": tf.scalar(0)}])
    assert sgd.iterations == 4 and float(x) == pytest.approx(1.536)
    with pytest.raises(ValueError, match="nope"):
        sgd.applyGradients({"nope": tf.scalar(0)})
    with pytest.raises(ValueError, match="scalar"):
        sgd.minimize(lambda: tf.ones([2]).mul(x))
    with pytest.raises(TypeError, match="momentums"):
        tf.train.momentum(0.1, momentums=0.5)


def test_71_79_minimize_trains_what_the_function_touches_or_a_list():
    model = tf.sequential(layers=[tf.layers.dense(units=1, inputShape=[2])])
    kernel, bias = model.weights
    tf.train.adam(0.1).minimize(lambda: model.apply(tf.ones([1, 2])).square().sum(), varList=[bias])
    assert float(bias.read().abs().sum()) > 0
    before = kernel.dataSync()
    tf.train.adam(0.1).minimize(lambda: model.apply(tf.ones([1, 2])).square().sum())
    assert not np.array_equal(before, kernel.dataSync())


def test_72_the_state_of_an_optimizer_goes_to_another():
    def trained(optimizer, steps, x=None):
        x = tf.variable(tf.tensor([3.0, -1.0])) if x is None else x
        for _ in range(steps):
            optimizer.minimize(lambda: x.square().sum())
        return x

    first, second = tf.train.adam(0.1), tf.train.adam(0.1)
    x = trained(first, 3)
    y = trained(second, 1)
    y.assign(x)
    weights = first.getWeights()
    assert {"name", "tensor"} == set(weights[0]) and first.iterations == 3
    second.setWeights(weights)
    trained(first, 2, x)
    trained(second, 2, y)
    assert x.arraySync() == y.arraySync() and second.iterations == first.iterations == 5
    with pytest.raises(ValueError, match=f"has {len(weights)} variables; `setWeights` received 1"):
        second.setWeights(weights[:1])
    assert first.getConfig()["learning_rate"] == pytest.approx(0.1) and first.getClassName() == "Adam"
    first.setLearningRate(0.5)
    assert first.learningRate == 0.5 and first.dispose() is None


def test_72_gradients_are_computed_and_applied_by_themselves():
    x, y = tf.variable(tf.scalar(2)), tf.variable(tf.scalar(3))
    sgd = tf.train.sgd(0.5)
    found = sgd.compute_gradients(lambda: x.square().mul(y), [x])
    assert float(found["value"]) == 12 and list(found["grads"]) == [x.name] and float(found["grads"][x.name]) == 12
    assert (float(x), sgd.iterations) == (2, 0)
    sgd.apply_gradients(found["grads"])
    assert (float(x), float(y), sgd.iterations) == (-4, 3, 1)


def guides_data(rows=100):
    def samples(make):
        def generator():
            for _ in range(rows):
                yield make()

        return tf.data.generator(generator)

    images, labels = samples(lambda: tf.randomNormal([784])), samples(lambda: tf.randomUniform([10]))
    return tf.data.zip({"xs": images, "ys": labels}).shuffle(100).batch(32)


def test_74_75_79_86_87_the_guides_loop_prints_four_losses_an_epoch(capsys):
    ds, optimizer = guides_data(), tf.train.sgd(0.1)
    w1, b1 = tf.variable(tf.randomNormal([784, 32])), tf.variable(tf.randomNormal([32]))
    w2, b2 = tf.variable(tf.randomNormal([32, 10])), tf.variable(tf.randomNormal([10]))

    def model(x):
        return x.matMul(w1).add(b1).relu().matMul(w2).add(b2)

    def train_batch(batch):
        def loss_of():
            loss = tf.losses.softmaxCrossEntropy(batch["ys"], model(batch["xs"]))
            loss.data().then(lambda value: print("Loss", value))
            return loss

        optimizer.minimize(loss_of)

    for epoch in range(2):
        ds.forEachAsync(train_batch)
        print("Epoch", epoch)
    lines = capsys.readouterr().out.split("\n")
    assert [line.split(" ")[0] for line in lines] == [*(["Loss"] * 4 + ["Epoch"]) * 2, ""] and lines[4] == "Epoch 0"
    assert all(re.fullmatch(r"Loss \[\d+(\.\d+)?\]", line) for line in lines if line.startswith("Loss"))
    sizes = [batch["xs"].shape[0] for batch in ds]
    assert sizes == [32, 32, 32, 4] and optimizer.iterations == 8


def test_75_for_each_waits_for_async_functions():
    seen = []

    async def step(batch):
        await asyncio.sleep(0)
        seen.append(batch["xs"].shape)

    async def program():
        await guides_data(40).forEachAsync(step)
        return list(seen)

    assert asyncio.run(program()) == [[32, 784], [8, 784]]
    guides_data(40).forEachAsync(step)
    assert len(seen) == 4


def test_79_layers_train_on_datasets_in_a_core_loop():
    rows = [{"xs": [float(i % 2), 1.0], "ys": [float(i % 2)]} for i in range(8)]
    ds, optimizer = tf.data.array(rows).batch(4), tf.train.sgd(0.3)
    model = tf.sequential(layers=[tf.layers.dense(units=1, inputShape=[2])])

    def loss_of(batch):
        return tf.losses.meanSquaredError(batch["ys"], model.apply(batch["xs"]))

    for _ in range(60):
        ds.forEachAsync(lambda batch: optimizer.minimize(lambda: loss_of(batch)))
    assert max(float(loss_of(batch)) for batch in ds) < 1e-3


def test_73_losses():
    y, p = tf.tensor([[0, 1.0]]), tf.tensor([[0.25, 0.75]])
    assert float(tf.losses.meanSquaredError(y, p)) == 0.0625 and float(tf.losses.absoluteDifference(y, p)) == 0.25
    expected = torch.nn.functional.cross_entropy(p.torch, y.torch)
    assert float(tf.losses.softmaxCrossEntropy(y, p)) == pytest.approx(float(expected))
    assert tf.losses.absoluteDifference(y, p, [[1, 0]]).arraySync() == 0.25
    assert tf.losses.absoluteDifference(y, p, tf.tensor([[2, 2]]), tf.Reduction.SUM).arraySync() == 1
    assert tf.losses.absoluteDifference(y, p, reduction=tf.Reduction.NONE).arraySync() == [[0.25, 0.25]]
    assert tf.losses.cosineDistance(y, p, 1).arraySync() == 0.25
    with pytest.raises(ValueError, match="one shape"):
        tf.losses.meanSquaredError(y, tf.ones([3]))


def test_76_gradients():
    assert tf.grad(lambda x: x.pow(3))(tf.scalar(2)).arraySync() == 12
    assert tf.grad(tf.grad(lambda x: x.pow(3)))(tf.scalar(2)).arraySync() == 12
    assert [g.arraySync() for g in tf.grads(lambda a, b: a.mul(b))([tf.scalar(2), tf.scalar(5)])] == [5, 2]
    assert tf.grad(lambda x: x.square())(tf.tensor([1, 2]), tf.tensor([1, 10])).arraySync() == [2, 40]
    both = tf.valueAndGrads(lambda a, b: a.mul(b))([tf.scalar(2), tf.scalar(5)])
    assert both["value"].arraySync() == 10 and len(both["grads"]) == 2
    w = tf.variable(tf.scalar(2))
    assert tf.variableGrads(lambda: w.square())["grads"][w.name].arraySync() == 4
    with pytest.raises(ValueError, match="does not depend"):
        tf.grad(lambda x: tf.ones([2]))(tf.scalar(1))


def test_76_a_gradient_of_ones_own():
    def doubled(x, save):
        save([x])
        return {"value": x.square(), "gradFunc": lambda dy, saved: [dy.mul(saved[0].abs())]}

    assert tf.grad(lambda x: tf.customGrad(doubled)(x))(tf.tensor([-4])).arraySync() == [4]


def test_77_memory():
    before = tf.memory()["numTensors"]
    x = tf.ones([10])
    assert tf.memory()["numTensors"] == before + 1
    x.dispose()
    assert x.isDisposed and tf.memory()["numTensors"] == before
    y = tf.ones([10])
    del y
    assert tf.memory()["numTensors"] == before
    with pytest.raises(RuntimeError, match="disposed"):
        x.add(1)
    assert tf.tidy(lambda: tf.ones([2]).add(1)).arraySync() == [2, 2]
    with pytest.raises(ValueError, match="async"):
        tf.tidy(lambda: asyncio.sleep(0))


def test_78_backends():
    assert tf.getBackend() in ("cpu", "cuda") and tf.env().getBool("IS_NODE") is False
    assert tf.time(lambda: tf.ones([3]))["wallMs"] > 0
    with pytest.raises(ValueError, match="backend_name"):
        tf.setBackend("abacus")


def test_tensors_serve_torchs_functions_and_operators():
    x = tf.tensor([1, 2])
    assert isinstance(torch.cat([x.torch, x.torch]), torch.Tensor) and isinstance(torch.exp(x), tf.Tensor)
    assert (2 * x - 1).arraySync() == [1, 3] and (-x).arraySync() == [-1, -2] and (x > 1).arraySync() == [False, True]
    assert x[1].arraySync() == 2 and [float(part) for part in x] == [1, 2] and f"{x[0]:.1f}" == "1.0"


def test_what_is_a_browsers_says_so():
    for refuse in (tf.data.webcam, tf.data.microphone, tf.browser.fromPixels):
        with pytest.raises(NotImplementedError, match="cannot be here"):
            refuse()
