"""Every name of TensorFlow.js is here, or says why it cannot be."""

import pytest

import kerasish.tfjs as tf
from kerasish._base._names import to_snake_case
from kerasish.tfjs._absent import ABSENT
from tests.tfjs.tensorflow_js_names import FUNCTIONS, NAMESPACES, TENSOR_MEMBERS, TOP_LEVEL


@pytest.mark.parametrize("name", TOP_LEVEL)
def test_67_every_top_level_name_is_here_or_in_the_table_of_what_cannot_be(name):
    thing = getattr(tf, name)
    if name in ABSENT:
        with pytest.raises(NotImplementedError, match=f"tf.{name} cannot be here: "):
            thing()
    else:
        assert name in dir(tf)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_67_every_name_of_a_namespace_is_here(namespace):
    shelf = getattr(tf, namespace)
    for name in NAMESPACES[namespace]:
        assert getattr(shelf, name) is not None, name


def test_67_no_name_is_both_here_and_in_the_table():
    assert set(ABSENT) & set(dir(tf)) == set()
    assert {name.partition(".")[0] for name in ABSENT if "." in name} <= set(dir(tf))
    assert [name for name in ABSENT if "." not in name and name not in TOP_LEVEL] == []


def test_66_every_member_of_a_tensor_is_here_in_both_spellings():
    assert len(TENSOR_MEMBERS) == 153
    x = tf.tensor([[1.0, 2.0], [3.0, 4.0]])
    for name in TENSOR_MEMBERS:
        assert hasattr(x, name), name
    assert x.mat_mul(x).arraySync() == x.matMul(x).arraySync()
    for name in ("batchToSpaceND", "depthwiseConv2d", "isNaN", "logSumExp", "unsortedSegmentSum", "euclideanNorm"):
        assert hasattr(x, to_snake_case(name)), name


def test_67_functions_go_by_snake_case_too():
    assert len(TOP_LEVEL) == 513 and len(FUNCTIONS) == 259
    for name in FUNCTIONS:
        assert getattr(tf, to_snake_case(name)) is not None, name


def test_67_what_cannot_be_says_why_and_what_to_do():
    with pytest.raises(NotImplementedError, match="torch.library"):
        tf.registerKernel({"kernelName": "Mine"})
    with pytest.raises(NotImplementedError, match="Pillow"):
        tf.browser.fromPixels(None)
    with pytest.raises(NotImplementedError, match="generator"):
        tf.data.webcam()
    with pytest.raises(NotImplementedError, match="torch's"):
        tf.backend_util.computePool2DInfo()
    with pytest.raises(AttributeError, match="no attribute 'registerKernels'"):
        tf.registerKernels  # noqa: B018
