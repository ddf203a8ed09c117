"""The same expressions in TensorFlow: values, dtypes, and what is printed."""

import os

import numpy as np
import pytest

import kerasish.tf as ours

EXPRESSIONS = """
x
s
i
v
n
q
x.shape
x.dtype
tf.constant(True)
tf.constant([1.5],dtype=tf.float64)
tf.constant(2**40)
tf.constant(np.arange(3))
tf.constant(1, shape=[2,2])
tf.reduce_mean(i)
tf.reduce_sum(x,axis=0)
tf.reduce_sum(x,1,keepdims=True)
tf.reduce_max(i)
tf.reduce_prod(i)
tf.reduce_any([True,False])
tf.linspace(-2,2,5)
tf.linspace(-2.,2.,5)
tf.range(5)
tf.range(1.,3.,0.5)
tf.range(2,10,3)
i/2
i//2
i%2
-i
i**2
2**i
2/i
1-x
x[0]
x[:,tf.newaxis].shape
x[::-1]
x[...,::-2]
x==1.
x>2
x!=x
i[0]
x@tf.transpose(x)
tf.cast(x,tf.int32)
tf.cast(1.7,tf.int32)
tf.concat([x,x],0)
tf.concat([x,x],axis=1)
tf.stack([i,i],axis=1)
tf.squeeze([[1],[2]],axis=1)
tf.argmax(x,axis=1)
tf.argmax(i)
tf.shape(x)
tf.size(x)
tf.rank(x)
tf.one_hot([0,2],3)
tf.one_hot([0,2],3,on_value=5.,off_value=-1.)
tf.gather(x,[0,2],axis=1)
tf.gather_nd(x,[[0,1],[1,2]])
tf.where(x>2)
tf.where(x>2,x,0.)
tf.split(x,3,axis=1)
tf.split(x,[1,2],axis=1)
tf.unstack(i)
tf.pad(i,[[1,2]])
tf.tile(i,[2])
tf.repeat(i,2)
tf.reverse(i,[0])
tf.roll(i,1,0)
tf.sort([3,1,2])
tf.sort([3,1,2],direction='DESCENDING')
tf.argsort([3,1,2])
tf.cumsum(i)
tf.cumsum(i,exclusive=True,reverse=True)
tf.eye(2)
tf.fill([2],7)
tf.zeros([2])
tf.ones((1,2),tf.int32)
tf.zeros_like(i)
tf.meshgrid([1,2],[3,4])
tf.einsum('ij,kj->ik',x,x)
tf.tensordot(x,x,[[1],[1]])
tf.matmul(x,x,transpose_b=True)
tf.clip_by_value(x,2.,5.)
tf.reshape(x,[3,-1])
tf.expand_dims(i,0)
tf.boolean_mask(i,[True,False,True])
tf.scatter_nd([[1],[3]],[5,6],[5])
tf.tensor_scatter_nd_update(i,[[0]],[9])
tf.identity(i)
tf.norm(x)
tf.divide(i,2)
tf.sqrt(4.)
tf.square(i)
tf.round([1.5,2.5])
tf.maximum(i,2)
tf.abs([-1,2])
tf.pow(i,2)
tf.equal(i,1)
tf.math.log1p(1.)
tf.math.floormod(-7,3)
tf.math.reduce_std(x)
tf.math.reduce_variance(x,axis=0)
tf.math.count_nonzero(i)
tf.math.l2_normalize([3.,4.])
tf.math.cumprod(i)
tf.math.segment_sum([1,2,3],[0,0,1])
tf.math.bincount([1,1,3])
tf.math.in_top_k([1],[[.1,.9]],1)
tf.reduce_logsumexp(x)
tf.nn.softmax(x)
tf.nn.relu([-1.,2.])
tf.nn.leaky_relu([-1.,2.])
tf.nn.gelu([1.])
tf.nn.elu([-1.])
tf.nn.l2_loss([3.,4.])
tf.nn.sigmoid_cross_entropy_with_logits(labels=[1.,0.],logits=[.3,.4])
tf.nn.softmax_cross_entropy_with_logits([[0.,1.]],[[.3,.4]])
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1],logits=[[.3,.4]])
tf.nn.conv2d(tf.ones([1,3,3,1]),tf.ones([2,2,1,1]),strides=1,padding='VALID').shape
tf.nn.conv2d(tf.ones([1,3,3,1]),tf.ones([2,2,1,1]),strides=[1,2,2,1],padding='SAME')
tf.nn.max_pool2d(tf.ones([1,4,4,1]),2,2,'VALID').shape
tf.nn.moments(x,axes=[0])
tf.nn.bias_add(x,[1.,2.,3.])
tf.nn.embedding_lookup(x,[1])
tf.nn.dropout(x,0.)
tf.nn.crelu([-1.,2.])
tf.linalg.det([[2.,0.],[0.,3.]])
tf.linalg.inv([[2.,0.],[0.,4.]])
tf.linalg.svd([[2.,0.],[0.,3.]],compute_uv=False)
tf.linalg.diag([1.,2.])
tf.linalg.diag_part([[1.,2.],[3.,4.]])
tf.linalg.trace([[1.,2.],[3.,4.]])
tf.linalg.matvec([[1.,2.],[3.,4.]],[1.,1.])
tf.linalg.norm([3.,4.])
tf.linalg.solve([[2.,0.],[0.,4.]],[[2.],[4.]])
tf.linalg.cholesky([[4.,0.],[0.,9.]])
tf.linalg.eigh([[2.,0.],[0.,3.]])
tf.clip_by_norm([3.,4.],1.)
v.assign([3,4])
v.assign_add([1,1])
v.assign_sub([1,1])
v+1
v*v
v[0]
n+1
v.numpy()
s.numpy()
q.numpy()
f'{s:2.5f}'
'%1.6f' % s.numpy()
tf.Variable(5.0)
v.read_value()
v.value()
tf.is_tensor(x)
tf.float32
x.dtype==tf.float32
x.dtype.name
tf.as_dtype('int32')
tf.float32.as_numpy_dtype
tf.convert_to_tensor(np.float64(2))
tf.convert_to_tensor([1,2,3])
tf.reduce_sum([1,2,3])
x.shape.as_list()
x.shape.rank
len(x)
float(s)
int(i[0])
list(i)
np.asarray(x)
bool(s>1)
np.float32(2)*s
np.ones(3)*x
tf.add_n([i,i])
tf.logical_and([True],[False])
tf.transpose(x,perm=[1,0])
tf.random.normal([2]).dtype
tf.random.uniform([2],0,5,dtype=tf.int32).dtype
tf.random.categorical([[1.,2.]],3).dtype
tf.keras.losses.MeanSquaredError()(tf.constant([1.,2.]),tf.constant([1.,4.]))
""".strip().splitlines()


@pytest.fixture(scope="module")
def theirs():
    """TensorFlow itself, imported only when these tests run."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return pytest.importorskip("tensorflow", reason="TensorFlow is held against where it is installed")


def value_in(tf, expression):
    """Evaluate an expression of one of the libraries."""
    names = {
        "tf": tf,
        "np": np,
        "x": tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        "i": tf.constant([1, 2, 4]),
        "s": tf.constant(21.0),
        "v": tf.Variable([1.0, 2.0]),
        "n": tf.Variable(3),
        "q": tf.Variable(2.0, name="w"),
    }
    return eval(expression, names)


def alike(a, b):
    """Say whether two results have the same structure, shapes, dtypes, and nearly the same numbers."""
    if isinstance(b, (list, tuple)) and not hasattr(b, "as_list"):
        return len(a) == len(b) and all(alike(*pair) for pair in zip(a, b))
    if hasattr(b, "numpy"):
        same = tuple(a.shape) == tuple(b.shape) and np.asarray(a).dtype == np.asarray(b).dtype
        return same and np.allclose(np.asarray(a), np.asarray(b), rtol=1e-5, atol=1e-6)
    return str(a) == str(b)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression_gives_what_tensorflow_gives(theirs, expression):
    assert alike(value_in(ours, expression), value_in(theirs, expression))


@pytest.mark.parametrize(
    "expression", [e for e in EXPRESSIONS if not e.startswith(("tf.nn", "tf.math", "tf.linalg", "tf.random"))]
)
def test_expression_is_printed_as_tensorflow_prints_it(theirs, expression):
    mine, real = value_in(ours, expression), value_in(theirs, expression)
    assert (repr(mine), str(mine)) == (repr(real), str(real))
