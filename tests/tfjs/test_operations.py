"""Operations of TensorFlow.js without TensorFlow.js: gradients by differences, strings, errors, and what is waited for."""

import asyncio

import numpy as np
import pytest
import torch

import kerasish.tfjs as tf


def _by_differences(f, x: np.ndarray) -> np.ndarray:
    """The gradient of f's sum, of float32 numbers: good to some percent."""
    made, step = np.zeros_like(x), 1e-2
    for place in np.ndindex(*x.shape):
        more, less = x.copy(), x.copy()
        more[place] += step
        less[place] -= step
        made[place] = (f(tf.tensor(more)).sum().arraySync() - f(tf.tensor(less)).sum().arraySync()) / (2 * step)
    return made


_SQUARE = np.array([[1.0, 2.0, -0.5], [0.5, -1.0, 2.0], [2.0, 0.3, 1.0]], np.float32)
_IMAGE = (np.arange(32, dtype=np.float32) * 0.7 % 3).reshape(1, 4, 4, 2)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: tf.linalg.bandPart(x, 0, 1).square(), _SQUARE),
        (lambda x: tf.linalg.qr(x)[1].square().mul(_SQUARE), _SQUARE),
        (lambda x: tf.linalg.gramSchmidt(x).mul(_SQUARE), _SQUARE),
        (lambda x: tf.maxPoolWithArgmax(x, 2, 2, "same").result.square(), _IMAGE),
        (lambda x: x.mirrorPad([[1, 1], [0, 1]], "reflect").square(), _SQUARE),
        (lambda x: x.stridedSlice([0, 2], [3, 0], [2, -1]).square(), _SQUARE),
        (lambda x: x.topk(2)["values"].square(), _SQUARE),
        (lambda x: tf.signal.frame(x.flatten(), 4, 2).square(), _SQUARE),
        (lambda x: tf.abs(tf.signal.stft(x.flatten(), 4, 2)), _SQUARE),
        (lambda x: tf.image.cropAndResize(x, [[0.1, 0.2, 0.9, 0.8]], tf.tensor1d([0], "int32"), [3, 3]).square(), _IMAGE),
        (lambda x: tf.image.transform(x, [[1, 0.1, 0.2, 0, 1, 0.3, 0, 0]], "bilinear").square(), _IMAGE),
        (lambda x: tf.image.rotateWithOffset(x, 0.4).square(), _IMAGE),
        (lambda x: tf.image.rgbToGrayscale(x).square(), _SQUARE),
        (lambda x: tf.sparse.sparseSegmentMean(x, [0, 2, 1], [0, 0, 2]).square(), _SQUARE),
        (lambda x: tf.raggedGather([[0, 1, 3]], x, [1, 1], 1).outputDenseValues.square(), _SQUARE),
        (lambda x: x.gather(tf.tensor2d([[1], [0], [2]], None, "int32"), 1, 1).square(), _SQUARE),
        (lambda x: x.cumprod(1).square(), _SQUARE),
        (lambda x: x.norm(1).add(x.norm("euclidean", [0, 1])), _SQUARE),
    ],
)  # fmt: skip
def test_76_gradients_that_tensorflow_js_has_none_of_are_those_of_differences(f, x):
    np.testing.assert_allclose(tf.grad(f)(tf.tensor(x)).numpy(), _by_differences(f, x), rtol=0.05, atol=0.05)


def test_66_one_implementation_serves_both_spellings_and_both_forms():
    x = tf.range(0, 16).reshape([1, 4, 4, 1])
    wanted = tf.dilation2d(x, tf.zeros([2, 2, 1]), 1, "same").arraySync()
    assert x.dilation2d(tf.zeros([2, 2, 1]), 1, "same").arraySync() == wanted
    assert x.dilation2d(filter=tf.zeros([2, 2, 1]), strides=1, pad="same").arraySync() == wanted
    assert x.space_to_batch_nd(blockShape=[2, 2], paddings=[[0, 0], [0, 0]]).shape == [4, 2, 2, 1]
    assert tf.space_to_batch_nd(x, [2, 2], [[0, 0], [0, 0]]).batchToSpaceND([2, 2], [[0, 0], [0, 0]]).arraySync() == x.arraySync()
    assert tf.fused.mat_mul(a=[[1.0]], b=[[2.0]], transpose_a=True).arraySync() == [[2.0]]


def test_67_none_is_the_default_as_undefined_is():
    x = tf.range(0, 16).reshape([1, 4, 4, 1])
    assert tf.conv2d(x, tf.ones([2, 2, 1, 1]), 1, "valid", None, None).shape == [1, 3, 3, 1]
    assert tf.tensor([1, 2, 3]).cumsum(None, True).arraySync() == [0, 1, 3]


def test_67_named_results_are_attributes_too():
    values, indices = tf.topk([3.0, 1.0, 2.0], 2).values, tf.topk([3.0, 1.0, 2.0], 2).indices
    assert (values.arraySync(), indices.arraySync()) == ([3, 2], [0, 2])
    found = tf.moments([1.0, 3.0])
    assert found.mean.arraySync() == found["mean"].arraySync() == 2 and set(found) == {"mean", "variance"}
    with pytest.raises(AttributeError, match="no 'median' here, only mean, variance"):
        found.median  # noqa: B018


def test_67_what_ends_in_async_can_be_waited_for_and_used_at_once():
    async def wait():
        chosen = await tf.booleanMaskAsync([1.0, 2.0, 3.0], tf.tensor([True, False, True]))
        places = await tf.whereAsync([False, True])
        result = await tf.image.nonMaxSuppressionWithScoreAsync([[0, 0, 1, 1]], [0.5], 1)
        return chosen.arraySync(), places.arraySync(), result.selectedIndices.arraySync()

    assert asyncio.run(wait()) == ([1, 3], [[1]], [0])
    assert tf.setdiff1dAsync([1.0, 2.0], [2.0])[0].arraySync() == [1]
    seen = []
    tf.whereAsync([True]).then(lambda places: seen.append(places.arraySync()))
    assert seen == [[[0]]]


def test_67_a_cell_may_be_any_function_of_data_and_states():
    states = tf.multiRNNCell([lambda d, c, h: [c.add(d), h.mul(d)]] * 2, tf.scalar(2), [tf.scalar(1)] * 2, [tf.scalar(3)] * 2)
    assert [[part.arraySync() for part in row] for row in states] == [[3, 7], [6, 18]]
    with pytest.raises(ValueError, match="one state for each of 2 cells; received 1 and 2"):
        tf.multiRNNCell([None, None], tf.scalar(2), [tf.scalar(1)], [tf.scalar(3)] * 2)


# Strings


def test_68_tensors_of_strings():
    words = tf.tensor([["a", "bb"], ["ccc", "a"]])
    assert (words.shape, words.rank, words.size, words.dtype) == ([2, 2], 2, 4, "string")
    assert words.arraySync() == [["a", "bb"], ["ccc", "a"]] and words.dataSync().tolist() == ["a", "bb", "ccc", "a"]
    assert words[0].arraySync() == ["a", "bb"] and [str(row.arraySync()) for row in words] == ["['a', 'bb']", "['ccc', 'a']"]
    assert words.toString() == "Tensor\n    [['a'  , 'bb'],\n     ['ccc', 'a' ]]"
    assert words.transpose().flatten().arraySync() == ["a", "ccc", "bb", "a"]
    assert words.gather([1]).concat(tf.tensor([["x", "y"]])).arraySync() == [["ccc", "a"], ["x", "y"]]
    assert tf.unique(words.flatten()).values.arraySync() == ["a", "bb", "ccc"]
    assert tf.where([True, False], ["a", "b"], ["c", "d"]).arraySync() == ["a", "d"]
    assert words.equal("a").arraySync() == [[True, False], [False, True]]
    assert tf.tensor(["a", "b", "c", "d"], [2, 2]).arraySync() == [["a", "b"], ["c", "d"]]
    buffer = tf.buffer([2], "string")
    buffer.set("q", 0)
    buffer.set("r", 1)
    assert buffer.toTensor().arraySync() == ["q", "r"]
    before = tf.memory()["numTensors"]
    words.dispose()
    assert words.isDisposed and tf.memory()["numTensors"] == before - 1


def test_68_strings_do_not_compute():
    for compute in (lambda: tf.tensor(["a"]).add(1), lambda: tf.add("a", 1), lambda: tf.tensor(["a"]).torch):
        with pytest.raises(ValueError, match="strings"):
            compute()
    with pytest.raises(ValueError, match="'string'"):
        tf.tensor(["a"], None, "int32")
    with pytest.raises(ValueError, match="strings only"):
        tf.tensor([1], None, "string")
    with pytest.raises(ValueError, match="4 values; received 1"):
        tf.tensor(["a"], [2, 2])


# Errors


@pytest.mark.parametrize(
    ("compute", "text"),
    [
        (lambda: tf.ones([1, 4, 4, 1]).conv2d(tf.ones([2, 2, 1, 1]), 2, "valid", "NHWC", 2), "strides or dilations must be 1"),
        (lambda: tf.ones([1, 4, 4, 1]).conv2d(tf.ones([2, 2, 1, 1]), 1, "same", "NHWC", 1, "ceil"), "whole number for `pad`"),
        (lambda: tf.ones([1, 4, 4, 1]).maxPool(2, 2, 0.5), "whole number, not negative; received 0.5"),
        (lambda: tf.ones([1, 4, 4, 1]).maxPool(2, 2, 1, "up"), "'floor', 'round' or 'ceil'; received 'up'"),
        (lambda: tf.ones([1, 4, 4, 1]).pool(2, "sum", "same"), "'max' or 'avg'; received 'sum'"),
        (lambda: tf.ones([1, 3, 3, 1]).conv2dTranspose(tf.ones([2, 2, 1, 1]), [1, 9, 9, 1], 2, "same"), "`output_shape`"),
        (lambda: tf.ones([1, 3, 3, 1]).spaceToBatchND([2, 2], [[0, 0], [0, 0]]), "size 3 must be a multiple of 2"),
        (lambda: tf.ones([3, 2, 2, 1]).batchToSpaceND([2, 2], [[0, 0], [0, 0]]), "multiple of the block's 4"),
        (lambda: tf.linalg.bandPart([[1.0]], 2, 0), "at most 1 diagonals below"),
        (lambda: tf.linalg.gramSchmidt([[1.0], [2.0]]), "At most 1 vectors"),
        (lambda: tf.signal.frame([[1.0]], 2, 1), "one axis"),
        (lambda: tf.fft([1.0]), "takes dtype complex64; received float32"),
        (lambda: tf.fused.matMul(a=[[1.0]], b=[[1.0]], activation="gelu"), "received 'gelu'"),
        (lambda: tf.fused.matMul(a=[[1.0]], b=[[1.0]], activation="prelu"), "`prelu_activation_weights`"),
        (lambda: tf.movingAverage([1.0], [1.0], 0.9), "needs `step`"),
        (lambda: tf.gather([1.0], [3]), "from 0 to 0; received 3 to 3"),
        (lambda: tf.sparse.sparseReshape([[0]], [4], [3]), "must have 4 values"),
        (lambda: tf.sparse.sparseSegmentSum([[1.0]], [0, 0], [1, 0]), "not fall"),
        (lambda: tf.sparse.sparseFillEmptyRows([[5, 0]], [1.0], [2, 2], 0), "rows from 0 to 1"),
        (lambda: tf.raggedRange([0], [1], [0]), "`deltas` must not be 0"),
        (lambda: tf.raggedTensorToTensor([2, 2], [1.0], 0, [[0, 1]], ["ROW_LENGTHS"]), "`row_partition_types`"),
        (lambda: tf.string.stringSplit([["a"]], "."), "one axis"),
        (lambda: tf.string.stringNGrams(["a"], [0, 2], "", [1], "", "", 0, False), "number of words, 1"),
        (lambda: tf.image.nonMaxSuppression([[0, 0, 1, 1]], [0.5], 1, 2), "from 0 to 1; received 2"),
        (lambda: tf.image.cropAndResize(tf.ones([1, 2, 2, 1]), [[0, 0, 1, 1]], [0, 0], [1, 1]), "`boxes` must have shape"),
        (lambda: tf.image.transform(tf.ones([1, 2, 2, 1]), [[1.0, 2.0]]), "shape \\(1 or 1, 8\\)"),
        (lambda: tf.image.threshold(tf.ones([2, 2, 2])), "height, width, 1 or 3"),
        (lambda: tf.topk([1.0], 2), "`k` must be at most"),
        (lambda: tf.engine().endScope(), "startScope"),
        (lambda: tf.upcastType("string", "int32"), "Can not upcast"),
        (lambda: tf.util.inferFromImplicitShape([4, -1], 6), "do not fill"),
    ],
)  # fmt: skip
def test_67_what_does_not_fit_says_the_rule(compute, text):
    with pytest.raises((ValueError, RuntimeError), match=text):
        compute()


# The environment


def test_78_the_engine_counts_tensors_and_scopes():
    engine = tf.engine()
    engine.startScope("mine")
    before = engine.memory()["numTensors"]
    kept = tf.ones([2])
    assert engine.state["numTensors"] == before + 1 and engine.state["scopeStack"] == ["mine"] and kept.shape == [2]
    engine.endScope()
    counted = tf.variable(tf.ones([1]), True, "counted by the engine")
    assert engine.registeredVariables["counted by the engine"] is counted
    assert engine.backendName == tf.getBackend()


def test_78_a_profile_tells_of_kernels_and_new_tensors():
    x = tf.ones([2, 3])
    told = tf.profile(lambda: x.matMul(tf.ones([3, 4])).relu())
    assert told.result.shape == [2, 4] and told.newTensors == 1 and told.newBytes == 2 * 4 * 4
    assert {"mm", "relu"} <= set(told.kernelNames) and told.peakBytes >= told.newBytes
    product = next(kernel for kernel in told.kernels if kernel.name == "mm")
    assert (product.inputShapes, product.outputShapes, product.bytesAdded) == ([[2, 3], [3, 4]], [[2, 4]], 32)


def test_78_modes_are_flags():
    try:
        tf.enableProdMode()
        assert tf.env().getBool("PROD")
        tf.enableDebugMode()
        assert tf.env().getBool("DEBUG") and torch.is_anomaly_enabled()
    finally:
        torch.autograd.set_detect_anomaly(False)
        tf.env().set("DEBUG", False)


def test_67_deprecation_warnings_can_be_turned_off():
    with pytest.warns(DeprecationWarning, match="go on without it"):
        tf.deprecationWarn("go on without it.")


def test_72_a_registered_callback_listens_to_every_fit_that_is_verbose_enough():
    from kerasish.tfjs._registered_callbacks import clear_callback_constructors

    heard = []

    class Listener(tf.Callback):
        def onEpochEnd(self, epoch, logs=None):  # noqa: N802
            heard.append(epoch)

    try:
        tf.registerCallbackConstructor(1, Listener)
        with pytest.raises(ValueError, match="Duplicate"):
            tf.registerCallbackConstructor(1, Listener)
        model = tf.sequential(layers=[tf.layers.dense(units=1, inputShape=[1])])
        model.compile(loss="meanSquaredError", optimizer="sgd")
        model.fit(tf.ones([2, 1]), tf.ones([2, 1]), epochs=2)
        assert heard == []
        model.fit(tf.ones([2, 1]), tf.ones([2, 1]), epochs=2, verbose=2)
        assert heard == [0, 1]
    finally:
        clear_callback_constructors()


# tf.util


def test_67_shuffles_keep_what_is_shuffled():
    values, names = list(range(20)), [str(number) for number in range(20)]
    tf.util.shuffleCombo(values, names)
    assert sorted(values) == list(range(20)) and names == [str(number) for number in values]
    tf.util.shuffle(values)
    assert sorted(values) == list(range(20)) == sorted(tf.util.createShuffledIndices(20).tolist())


def test_67_a_repeated_try_ends_when_the_answer_is_true():
    answers = [False, False, True]
    tf.util.repeatedTry(lambda: answers.pop(0))
    assert answers == []
    with pytest.raises(RuntimeError, match="2 tries"):
        tf.util.repeatedTry(lambda: False, None, 2)


def test_67_checks_of_test_util_fail_where_they_should():
    tf.test_util.expectArraysClose(tf.tensor([1.0, 2.0]), [1.0001, 2.0])
    for wrong in (
        lambda: tf.test_util.expectArraysClose([1.0], [1.1]),
        lambda: tf.test_util.expectArraysEqual([1.0], [1.1]),
        lambda: tf.test_util.expectValuesInRange([1.0, 5.0], 0, 4),
        lambda: tf.test_util.expectPromiseToFail(lambda: None, lambda: None),
    ):
        with pytest.raises(AssertionError):
            wrong()
    with pytest.raises(ValueError, match="^must hold$"):
        getattr(tf.util, "assert")(False, lambda: "must hold")
    with pytest.raises(ValueError, match="must match"):
        tf.util.assertShapesMatch([1], [2])
    with pytest.raises(ValueError, match="must match"):
        tf.tensor_util.assertTypesMatch(tf.ones([1]), tf.ones([1], "int32"))
