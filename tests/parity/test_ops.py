"""Every operation against the real Keras: one table of calls, the same arrays in, the same numbers and dtypes out."""

import numpy as np
import pytest
import torch

from kerasish import ops
from kerasish.core import standardize_dtype

keras = pytest.importorskip("keras")

RNG = np.random.default_rng(1)


def floats(*shape, low=-2.0, high=2.0):
    return RNG.uniform(low, high, shape).astype("float32")


X, Y, P = floats(3, 4), floats(3, 4), floats(3, 4, low=0.1)  # P is positive
V, W = floats(4), floats(4)
CUBE = floats(2, 3, 4)
WHOLE, J = RNG.integers(-5, 5, (3, 4)).astype("int32"), RNG.integers(1, 5, (3, 4)).astype("int32")
B, C = RNG.random((3, 4)) > 0.5, RNG.random((3, 4)) > 0.5
N = np.where(B, np.nan, X).astype("float32")
N[:, 0] = 1.0  # each row and column has a number
N[0, :] = -1.0
M = floats(3, 3) + 3 * np.eye(3, dtype="float32")
SYMMETRIC = M @ M.T
SEQUENCE, IMAGE, VOLUME = floats(2, 7, 4), floats(2, 6, 7, 4), floats(2, 5, 4, 6, 4)
Q, K, H = floats(2, 5, 4, 8), floats(2, 6, 4, 8), floats(2, 6, 4, 8)
PROBABILITIES = np.abs(X) / np.abs(X).sum(-1, keepdims=True)
CLASSES = np.array([0, 3, 2])
ONE_HOT = np.eye(4, dtype="float32")[CLASSES]

ELEMENTWISE = (
    "abs absolute fabs square cbrt exp exp2 expm1 sign signbit floor ceil trunc round sin cos tan sinh cosh tanh arcsinh arctan "
    "sinc deg2rad rad2deg erf erfc isnan isinf isfinite isreal isposinf isneginf logical_not negative nan_to_num i0 copy "
    "relu relu6 leaky_relu sigmoid log_sigmoid hard_sigmoid sparse_sigmoid silu swish hard_silu hard_swish softplus softsign "
    "squareplus sparse_plus tanh_shrink hard_tanh soft_shrink hard_shrink elu selu celu gelu softmax log_softmax glu "
    "sort argsort ravel transpose flip fliplr flipud rot90 zeros_like ones_like normalize layer_normalization rms_normalization"
).split()
POSITIVE = "sqrt rsqrt log log2 log10 log1p arccosh reciprocal real conj conjugate".split()
WITHIN_ONE = "arcsin arccos arctanh erfinv".split()
OF_INTS = (
    "abs fabs square sqrt cbrt exp exp2 expm1 sign floor ceil round sin tanh erf sigmoid relu trunc logical_not "
    "bitwise_not bitwise_invert negative isnan isfinite reciprocal sort argsort"
).split()
OF_BOOLS = "abs square floor ceil exp logical_not sort bitwise_not".split()
PAIRS = (
    "add subtract multiply divide true_divide divide_no_nan floor_divide mod maximum minimum fmax fmin arctan2 hypot logaddexp "
    "logaddexp2 equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor isclose heaviside fmod "
    "nextafter outer append allclose inner"
).split()
INT_PAIRS = (
    "add subtract multiply divide floor_divide mod maximum minimum fmod power equal less bitwise_and bitwise_or bitwise_xor gcd "
    "lcm bitwise_left_shift bitwise_right_shift left_shift right_shift logaddexp hypot arctan2 outer ldexp isin inner"
).split()
BOOL_PAIRS = "add multiply logical_and maximum minimum equal bitwise_xor isin".split()
REDUCTIONS = "sum mean prod max min amax amin ptp var std any all logsumexp".split()
NAN_REDUCTIONS = "nansum nanmean nanprod nanmax nanmin nanvar nanstd nanmedian".split()
RUNNING = "cumsum cumprod argmax argmin".split()

CALLS: list[tuple] = []


def call(name, *args, **kwargs):
    CALLS.append((name, args, kwargs))


for name in ELEMENTWISE:
    call(name, X)
for name in POSITIVE:
    call(name, P + 1)
for name in WITHIN_ONE:
    call(name, X / 3)
for name in OF_INTS:
    call(name, J)
for name in OF_BOOLS:
    call(name, B)
for name in PAIRS:
    call(name, X, Y)
    call(name, X, WHOLE + 0 * J)
for name in "add subtract multiply divide power floor_divide mod maximum minimum equal less greater_equal not_equal".split():
    call(name, P, 2.5)
    call(name, 2, P)
    call(name, WHOLE, 2)
    call(name, J, 1.5)
    call(name, X, V)
for name in INT_PAIRS:
    call(name, J, J[::-1].copy())
for name in BOOL_PAIRS:
    call(name, B, C)
for name in REDUCTIONS:
    call(name, CUBE)
    call(name, CUBE, axis=1)
    call(name, CUBE, axis=(0, -1), keepdims=True)
for name in "sum mean prod max min ptp any all".split():
    call(name, WHOLE, axis=0)
for name in "sum mean prod any all var std max count_nonzero".split():
    call(name, B, axis=-1)
for name in NAN_REDUCTIONS:
    call(name, N)
    call(name, N, axis=1, keepdims=True)
for name in RUNNING:
    call(name, CUBE)
    call(name, CUBE, axis=1)
    call(name, WHOLE, axis=0)
    call(name, B, axis=-1)
for name in "nanargmax nanargmin nancumsum nancumprod".split():
    call(name, N, axis=1)
for array in (X, WHOLE, B):
    for dtype in ("float32", "int32", "bool", "float16"):
        call("cast", array, dtype)

call("clip", X, -1, 1.0)
call("clip", X, -np.abs(Y), np.abs(Y))
call("clip", WHOLE, -2, 2)
call("clip", B, 0, 1)
call("saturate_cast", X * 300, "uint8")
call("saturate_cast", WHOLE, "uint8")
call("round", X, 1)
call("round", J * 7, -1)
call("max", X, initial=1.5)
call("min", X, axis=0, initial=-1.5)
call("average", X, axis=1)
call("average", X, axis=1, weights=P)
call("count_nonzero", WHOLE, axis=1)
call("where", B, X, Y)
call("where", B, X, 0.0)
call("where", B, 1, 0)
call("where", B, WHOLE, 0.5)
call("where", B)
call("nonzero", WHOLE)
call("select", [X < 0, X > 1], [X, WHOLE], 7.0)

call("reshape", X, (2, -1))
call("reshape", X, -1)
call("transpose", CUBE, (2, 0, 1))
call("transpose", CUBE)
call("swapaxes", CUBE, 0, -1)
call("moveaxis", CUBE, 0, -1)
call("moveaxis", CUBE, (0, 1), (1, 2))
call("expand_dims", X, -1)
call("expand_dims", X, (0, 2))
call("squeeze", X[:, None], 1)
call("squeeze", X[None, :, None])
call("broadcast_to", V, (3, 4))
call("tile", X, (2, 1))
call("tile", V, 3)
call("repeat", X, 2)
call("repeat", X, 2, axis=1)
call("flip", CUBE, axis=1)
call("roll", X, 1)
call("roll", X, 2, axis=1)
call("rot90", CUBE, 2, (0, 2))
call("pad", X, ((1, 2), (0, 3)))
call("pad", X, ((1, 1), (0, 0)), constant_values=5)
call("pad", X, ((1, 2), (2, 1)), mode="reflect")
call("pad", WHOLE, ((1, 2), (2, 1)))
call("concatenate", [X, Y], axis=-1)
call("concatenate", [X, WHOLE])
call("stack", [X, Y], axis=1)
call("hstack", [X, Y])
call("vstack", [X, Y])
call("vstack", [V, W])
call("dstack", [X, Y])
call("append", X, Y, axis=0)
call("split", X, 2, axis=1)
call("split", X, [1, 3], axis=-1)
call("array_split", X, 3, axis=1)
call("hsplit", X, 2)
call("vsplit", X, [1])
call("dsplit", CUBE, 2)
call("unstack", X, axis=1)
call("get_item", X, (slice(None), 1))
call("get_item", X, (Ellipsis, None, slice(1, 3)))
call("take", X, 1, axis=1)
call("take", X, [[0, -1]], axis=0)
call("take", CUBE, [0, 2], axis=-2)
call("take", X, [0, 7, 2])
call("take_along_axis", X, np.argsort(X, 1), axis=1)
call("take_along_axis", X, [[0, -1]], axis=1)
call("slice", X, (1, 1), (2, 3))
call("slice_update", X, (1, 1), Y[:2, :3])
call("scatter", [[0, 1], [2, 3], [0, 1]], [1.0, 2.0, 4.0], (3, 4))
call("scatter", [[0], [2]], X[:2], (4, 4))
for reduction in (None, "add", "max", "min", "mul"):
    call("scatter_update", X, [[0, 1], [2, 2]], [3.0, -3.0], reduction)
    call("scatter_update", X, [[1], [2]], Y[:2], reduction)
call("scatter_update", X, [[0, 1], [0, 1]], [3.0, 2.0], "add")
call("unravel_index", [5, 11], (3, 4))
call("diag", V)
call("diag", X, 1)
call("diagflat", X)
call("diagonal", CUBE, 1, 1, 2)
call("trace", X)
call("trace", WHOLE, 1)
call("diff", X)
call("diff", X, 2, 0)

call("zeros", (2, 3))
call("ones", 3, "int32")
call("full", (2, 3), 7)
call("full", (2, 3), 2.5, "float16")
call("full_like", X, 3)
call("full_like", WHOLE, 3)
call("arange", 5)
call("arange", 1, 2, 0.25)
call("arange", 3, dtype="float32")
call("linspace", 0, 5, 6)
call("linspace", 0.0, 1.0, 4, endpoint=False)
call("linspace", V, W, 3)
call("linspace", 0, 1, 5, retstep=True)
call("logspace", 0, 2, 4)
call("geomspace", 1, 100, 5)
call("eye", 3)
call("eye", 3, 4, 1)
call("eye", 3, 4, -1, "int32")
call("identity", 3)
call("tri", 3, 4, 1)
call("tril", X, -1)
call("triu", X, 1)
call("vander", V)
call("vander", J[0], 3, increasing=True)
call("meshgrid", V, W)
call("meshgrid", V, W, indexing="ij")
call("array", [1, 2])
call("array", [1.5, 2])
call("ndim", X)
call("shape", X)
for window in "bartlett blackman hamming hanning".split():
    call(window, 7)
call("kaiser", 7, 2.0)

call("matmul", X, Y.T)
call("matmul", CUBE, floats(4, 5))
call("matmul", WHOLE, J.T)
call("matmul", B, C.T)
call("matmul", WHOLE.astype("int8"), J.T.astype("int8"))
call("matmul", X, J.T)
call("dot", X, Y.T)
call("dot", V, W)
call("dot", WHOLE, J.T)
call("dot", X, 2.0)
call("vdot", V, W)
call("inner", V, W)
call("kron", X, M)
call("cross", M, floats(3, 3), axis=-1)
call("tensordot", CUBE, floats(3, 4, 5), 2)
call("tensordot", CUBE, floats(4, 5), (2, 0))
call("tensordot", CUBE, floats(4, 3), ([1, 2], [1, 0]))
call("einsum", "ij,kj->ik", X, Y)
call("einsum", "bij->bj", CUBE)
call("einsum", "ij,ij->", WHOLE, J)

call("leaky_relu", X, 0.3)
call("elu", X, 0.5)
call("celu", X, 0.5)
call("gelu", X, False)
call("glu", X, 1)
call("softmax", CUBE, axis=1)
call("softmax", CUBE, axis=None)
call("softmax", CUBE, axis=(0, 2))
call("log_softmax", CUBE, axis=(1, 2))
call("threshold", X, 0.5, -1.0)
call("hard_shrink", X, 0.2)
call("soft_shrink", X, 0.2)
call("squareplus", X, 2)
call("one_hot", [0, 2, -1], 3)
call("one_hot", [[0, 2], [1, 1]], 3, axis=1, dtype="int32")
call("multi_hot", [[0, 2], [1, 1]], 4)
call("multi_hot", [0, 2], 4)
call("in_top_k", CLASSES, X, 2)
call("normalize", X, axis=0, order=1)
call("normalize", X, order=3)
call("moments", CUBE, axes=(0, 1))
call("moments", CUBE, axes=[-1], keepdims=True)
call("batch_normalization", CUBE, V, np.abs(W), -1)
call("batch_normalization", CUBE, V[:3], np.abs(W[:3]), 1, V[:3], W[:3], 0.1)
call("layer_normalization", CUBE, V, W)
call("layer_normalization", CUBE, CUBE[0], CUBE[1], axis=(1, 2))
call("rms_normalization", CUBE, V)
call("binary_crossentropy", B.astype("float32"), np.abs(X) / 2)
call("binary_crossentropy", B.astype("float32"), X, from_logits=True)
call("categorical_crossentropy", ONE_HOT, PROBABILITIES)
call("categorical_crossentropy", ONE_HOT, X, from_logits=True)
call("categorical_crossentropy", ONE_HOT.T, PROBABILITIES.T, axis=0)
call("sparse_categorical_crossentropy", CLASSES, PROBABILITIES)
call("sparse_categorical_crossentropy", CLASSES[:, None], X, from_logits=True)
call("sparse_categorical_crossentropy", np.array([[0, 1], [2, 0]]), CUBE[:, :, :2].copy(), from_logits=True, axis=1)
call("ctc_loss", [[1, 2], [2, 1]], floats(2, 6, 4), [2, 1], [6, 5])
call("ctc_decode", floats(2, 6, 4), [6, 5])
call("ctc_decode", floats(2, 6, 4), [6, 5], merge_repeated=False)
call("psnr", X, Y, 2.0)

for padding in ("valid", "same"):
    for size, strides in ((3, 1), (3, 2), (2, 2), (4, 3)):
        call("conv", SEQUENCE, floats(size, 4, 5), strides, padding)
        call("conv", IMAGE, floats(size, size, 4, 6), strides, padding)
        call("conv", IMAGE, floats(size, 3, 2, 6), (strides, 1), padding, "channels_last")
        call("conv", VOLUME, floats(2, size, 1, 4, 3), strides, padding)
        call("depthwise_conv", IMAGE, floats(size, 3, 4, 2), strides, padding)
        call("depthwise_conv", SEQUENCE, floats(size, 4, 2), strides, padding)
        call("separable_conv", IMAGE, floats(size, 3, 4, 2), floats(1, 1, 8, 3), strides, padding)
        call("max_pool", SEQUENCE, size, strides, padding)
        call("max_pool", IMAGE, size, strides, padding)
        call("max_pool", IMAGE, (size, 3), strides, padding)
        for output_padding in (None, 0, 1):
            call("conv_transpose", IMAGE, floats(size, 3, 5, 4), strides, padding, output_padding)
            call("conv_transpose", SEQUENCE, floats(size, 5, 4), strides, padding, output_padding)
    call("conv", IMAGE, floats(3, 3, 4, 6), 1, padding, "channels_last", 2)
    call("conv", IMAGE, floats(3, 2, 6, 6)[:, :, :3], 1, padding, "channels_first")
    call("conv_transpose", IMAGE, floats(3, 2, 5, 4), 1, padding, None, "channels_last", 2)
    call("conv_transpose", VOLUME, floats(3, 2, 2, 5, 4), 2, padding)
    call("max_pool", VOLUME, 2, None, padding)
    call("max_pool", IMAGE, 3, 2, padding, "channels_first")
    call("average_pool", IMAGE, 3, 1, padding)
    call("average_pool", SEQUENCE, 3, 2, padding)
call("average_pool", IMAGE, 2)
call("average_pool", VOLUME, (1, 2, 2), 1)
call("adaptive_average_pool", IMAGE, 3)
call("adaptive_average_pool", SEQUENCE, 3)
call("adaptive_max_pool", IMAGE, (3, 2))
call("adaptive_max_pool", IMAGE, (3, 2), "channels_first")
call("unfold", IMAGE, 2)
call("unfold", IMAGE, (2, 3), 1, 1, 2)
call("fold", floats(2, 12, 6), (3, 4), 2)
for data_format in ("channels_last", "channels_first"):
    call("depth_to_space", floats(2, 8, 3, 8), 2, data_format)
    call("space_to_depth", floats(2, 6, 4, 6), 2, data_format)

call("dot_product_attention", Q, K, H)
call("dot_product_attention", Q, K, H, is_causal=True, scale=0.5)
call("dot_product_attention", Q, K, H, bias=floats(2, 4, 5, 6))
call("dot_product_attention", Q, K, H, mask=RNG.random((2, 1, 5, 6)) > 0.5)
call("dot_product_attention", Q, K, H, mask=RNG.random((2, 1, 5, 6)) > 0.3, is_causal=True)
call("dot_product_attention", Q, K[:, :, :2], H[:, :, :2])

call("segment_sum", X, np.array([0, 0, 2]))
call("segment_sum", X, np.array([0, -1, 2]), num_segments=2)
call("segment_prod", X, np.array([1, 1, 0]))
call("segment_max", X, np.array([0, 0, 2]), num_segments=4)
call("segment_min", V, np.array([0, 0, 1, 1]))
call("logsumexp", CUBE, axis=(0, 2))
call("cdist", X, Y)
call("extract_sequences", X, 2, 1)
call("rfft", X)
call("rfft", X, 6)
call("fft", (X, Y))
call("fft2", (X, Y))
call("ifft2", (X, Y))
call("irfft", (X, Y))
call("irfft", (X, Y), 7)
call("stft", floats(2, 32), 8, 4, 8)
call("stft", floats(32), 6, 3, 8, window="hamming", center=False)
call("istft", (floats(2, 9, 5), floats(2, 9, 5)), 8, 4, 8)
call("istft", (floats(9, 5), floats(9, 5)), 6, 3, 8, length=20)

for name in "cholesky det inv eigh slogdet logdet pinv matrix_rank cholesky_inverse".split():
    call(name, SYMMETRIC)
call("cholesky", SYMMETRIC, upper=True)
call("lu_factor", M)
call("svd", X, compute_uv=False)
call("solve", M, X)
call("solve", M, V[:3])
call("solve_triangular", np.tril(M), X, lower=True)
call("solve_triangular", np.triu(M), V[:3])
call("lstsq", X.T, V)
call("norm", X)
call("norm", X, axis=1, keepdims=True)
call("norm", X, ord=1, axis=0)
call("norm", X, ord="fro")
call("norm", X, ord=np.inf)
call("norm", J)

call("median", X)
call("median", CUBE, axis=(0, 2), keepdims=True)
call("quantile", CUBE, 0.3, axis=1)
call("quantile", CUBE, [0.3, 0.6], axis=(0, 2), keepdims=True)
call("quantile", X, 0.5, method="nearest")
call("percentile", X, 30.0, axis=0)
call("nanquantile", N, 0.3, axis=1)
call("nanpercentile", N, 30.0)
call("digitize", X, [-1.0, 0.0, 1.0])
call("searchsorted", [1.0, 3.0, 5.0], X, side="right")
call("bincount", [0, 2, 2])
call("bincount", [0, 2, 2], [0.5, 1.0, 2.0], 5)
call("bincount", [[0, 2, 2], [1, 1, 2]])
call("unique", J)
call("unique", J, return_counts=True, return_inverse=True)
call("unique", J[0], size=6, fill_value=9)
call("corrcoef", X)
call("correlate", V, W, "full")
call("correlate", V, W[:3], "same")
call("correlate", V, W[:2])
call("trapezoid", X)
call("trapezoid", X, dx=0.5, axis=0)
call("trapezoid", V, np.sort(W))
call("isin", WHOLE, [1, 2])
call("isin", WHOLE, [1, 2], invert=True)
call("polar", P, X)
call("view_as_complex", floats(3, 2))
call("angle", X)
call("rearrange", CUBE, "b h w -> b (h w)")
call("rearrange", CUBE, "b h (w1 w2) -> (b w1) h w2", w1=2)

NOT_HERE = {name for name, _, _ in CALLS if not hasattr(ops, name)}


def describe(value):
    if isinstance(value, np.ndarray):
        return f"{value.dtype.name}{list(value.shape)}".replace(" ", "")
    return str(value) if not isinstance(value, (list, tuple)) or len(str(value)) < 20 else "…"


@pytest.mark.parametrize(
    ("name", "args", "kwargs"),
    [pytest.param(*one, id=f"{one[0]}({', '.join(map(describe, [*one[1], *one[2].items()]))})") for one in CALLS],
)
def test_an_operation_gives_what_keras_gives(name, args, kwargs, agree):
    theirs = getattr(keras.ops, name)(*args_for_keras(name, args), **kwargs)
    ours = getattr(ops, name)(*args, **kwargs)
    agree(ours, theirs, rtol=1e-5, atol=3e-6)
    assert dtypes(ours) == dtypes(theirs)


def args_for_keras(name, args):
    """Keras takes tensors only in some places."""
    return tuple(torch.as_tensor(arg) if isinstance(arg, np.ndarray) else arg for arg in args)


def dtypes(result):
    if isinstance(result, (list, tuple)):
        return [dtypes(part) for part in result]
    return standardize_dtype(result.dtype) if isinstance(result, torch.Tensor) else type(result).__name__
