"""One battery over every operation: shapes inferred, gradients, compiled and exported graphs."""

import inspect

import pytest
import torch

from kerasish import ops
from kerasish.core import KerasTensor, standardize_dtype
from kerasish.core._symbol import record

BATCH = 3

# What beside the first tensor, of shape (batch, 4) and positive, a call of each operation takes.
# A shape in a list stands for a further tensor of that shape.
ARGUMENTS: dict[str, tuple] = {
    **dict.fromkeys(
        "add subtract multiply divide true_divide divide_no_nan floor_divide mod fmod power maximum minimum fmax fmin arctan2 "
        "hypot logaddexp logaddexp2 heaviside nextafter equal not_equal less less_equal greater greater_equal logical_and "
        "logical_or logical_xor isclose allclose isin append binary_crossentropy categorical_crossentropy psnr cdist".split(),
        ([BATCH, 4],),
    ),
    **dict.fromkeys("dot matmul".split(), ([4, 5],)),
    **dict.fromkeys("kron inner outer vdot".split(), ([BATCH, 4],)),
    "tensordot": ([4, 5], 1),
    "psnr": ([BATCH, 4], 1.0),
    "ldexp": (2,),
    "clip": (0.3, 0.8),
    "cast": ("float16",),
    "saturate_cast": ("uint8",),
    "convert_to_tensor": (),
    "reshape": ((-1, 2, 2),),
    "transpose": (),
    "swapaxes": (0, 1),
    "moveaxis": (0, 1),
    "expand_dims": (1,),
    "broadcast_to": ((1, -1, -1),),
    "tile": ((1, 2),),
    "repeat": (2, 1),
    "roll": (1, 1),
    "rot90": (),
    "pad": (((0, 0), (1, 2)),),
    "split": (2, 1),
    "array_split": (3, 1),
    "hsplit": (2,),
    "vsplit": ((1,),),
    "unstack": (4, 1),
    "get_item": ((slice(None), slice(1, 3)),),
    "take": ([0, 2], 1),
    "take_along_axis": ([[0, 2]], 1),
    "slice": ((0, 1), (2, 2)),
    "slice_update": ((0, 1), [2, 2]),
    "scatter_update": ([[0, 1], [1, 2]], [0.5, 0.5]),
    "full_like": (2.0,),
    "one_hot": (4,),
    "multi_hot": (4,),
    "top_k": (2,),
    "threshold": (0.5, 0.1),
    "moments": (1,),
    "batch_normalization": ([4], [4], -1),
    "layer_normalization": (),
    "digitize": ([0.2, 0.5],),
    "quantile": (0.3,),
    "percentile": (30.0,),
    "nanquantile": (0.3,),
    "nanpercentile": (30.0,),
    "argpartition": (1,),
    "extract_sequences": (2, 1),
    "segment_sum": (torch.tensor([0, 1, 0]), 2),
    "segment_prod": (torch.tensor([0, 1, 0]), 2),
    "segment_max": (torch.tensor([0, 1, 0]), 2),
    "segment_min": (torch.tensor([0, 1, 0]), 2),
    "rearrange": ("b w -> w b",),
    "polar": ([BATCH, 4],),
    "cross": (),
}
# Operations whose first tensor is of another shape: that shape, and the other arguments.
SHAPES: dict[str, tuple] = {
    "conv": ([BATCH, 6, 7, 4], [3, 3, 4, 5], 2, "same"),
    "conv_transpose": ([BATCH, 6, 7, 4], [3, 3, 5, 4], 2, "same"),
    "depthwise_conv": ([BATCH, 6, 7, 4], [3, 3, 4, 2]),
    "separable_conv": ([BATCH, 6, 7, 4], [3, 3, 4, 2], [1, 1, 8, 5]),
    "max_pool": ([BATCH, 6, 7, 4], 2, 2, "same"),
    "average_pool": ([BATCH, 6, 7, 4], 2, 2, "same"),
    "adaptive_max_pool": ([BATCH, 6, 7, 4], 3),
    "adaptive_average_pool": ([BATCH, 6, 7, 4], 3),
    "unfold": ([BATCH, 4, 6, 7], 2),
    "fold": ([BATCH, 12, 6], (3, 4), 2),
    "depth_to_space": ([BATCH, 2, 3, 8], 2),
    "space_to_depth": ([BATCH, 4, 6, 2], 2),
    "dot_product_attention": ([BATCH, 5, 2, 8], [BATCH, 6, 2, 8], [BATCH, 6, 2, 8]),
    "dsplit": ([BATCH, 2, 4], 2),
    "dstack": ([BATCH, 2, 4],),
    "stft": ([BATCH, 32], 8, 4, 8),
    "view_as_complex": ([BATCH, 2],),
    "correlate": ([7], [3]),
    "vander": ([4],),
    "trace": ([BATCH, 4, 4],),
    "diagonal": ([BATCH, 4, 4], 0, 1, 2),
    "cross": ([BATCH, 3], [BATCH, 3]),
    "solve": ([BATCH, 4, 4], [BATCH, 4, 2]),
    "solve_triangular": ([BATCH, 4, 4], [BATCH, 4, 2]),
    "lstsq": ([BATCH, 4, 4], [BATCH, 4, 2]),
    **{name: ([BATCH, 4, 4],) for name in "cholesky cholesky_inverse det inv pinv slogdet logdet eigh svd qr norm".split()},
    **{name: ([BATCH, 4, 4],) for name in "lu_factor matrix_rank eig".split()},
    **{name: ([3],) for name in "diag diagflat".split()},
}
# They take no float tensor, are made of values, or need more than a table can say; tests of their own hold them.
ELSEWHERE = set(
    "arange array associative_scan bartlett blackman hamming hanning kaiser bincount bitwise_and bitwise_invert "
    "bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor concatenate cond convert_to_numpy "
    "ctc_decode ctc_loss custom_gradient dtype einsum empty empty_like eye fft fft2 fori_loop full gcd geomspace "
    "histogram hstack identity ifft2 imag in_top_k irfft is_tensor istft jvp lcm left_shift linspace logspace map "
    "meshgrid ndim nonzero ones right_shift scan scatter searchsorted select shape size sparse_categorical_crossentropy "
    "stack stop_gradient switch tri unique unravel_index vectorize vectorized_map view view_as_real vstack where "
    "while_loop zeros dstack".split()
)
NAMES = sorted(set(ops.__all__) - ELSEWHERE)
NO_GRADIENT = set(
    "all any argmax argmin argpartition argsort allclose count_nonzero digitize equal not_equal less less_equal greater "
    "greater_equal floor_divide isclose isfinite isin isinf isnan isneginf isposinf isreal logical_and logical_not "
    "logical_or logical_xor matrix_rank multi_hot nanargmax nanargmin nextafter one_hot ones_like full_like "
    "saturate_cast signbit zeros_like heaviside eig".split()
)
# What torch itself cannot: their shapes depend on values, or a kernel has no meta twin or no gradient.
NO_SYMBOL = {"lstsq"}
NO_COMPILE = {"lstsq"}


def call_of(name):
    """Give the operation as a function of tensors alone, and such tensors, with a fixed sample of the rest."""
    first, rest = [BATCH, 4], ARGUMENTS.get(name, ())
    if name in SHAPES:
        first, *rest = SHAPES[name]
    generator = torch.Generator().manual_seed(3)
    tensors = [sample(first, generator)]
    places = []
    for i, argument in enumerate(rest):
        if is_shape(argument):
            tensors.append(sample(argument, generator))
            places.append(i)
    if name in ("cholesky", "cholesky_inverse", "logdet", "eigh", "inv", "solve", "solve_triangular", "lstsq", "det", "slogdet"):
        tensors[0] = tensors[0] @ tensors[0].transpose(-1, -2) + 2 * torch.eye(4)
    if name == "arccosh":
        tensors[0] = tensors[0] + 1

    def call(x, *more):
        given = list(rest)
        for place, tensor in zip(places, more):
            given[place] = tensor
        return getattr(ops, name)(x, *given)

    return call, tensors


def is_shape(argument):
    return isinstance(argument, list) and bool(argument) and all(isinstance(n, int) and n > 0 for n in argument)


def sample(shape, generator):
    return torch.rand(shape, generator=generator) * 0.9 + 0.05


def leaves(result):
    return [leaf for part in result for leaf in leaves(part)] if isinstance(result, (list, tuple)) else [result]


def test_the_battery_knows_every_operation():
    simple = {name for name in ops.__all__ if takes_one(getattr(ops, name))}
    assert set(NAMES) - set(ARGUMENTS) - set(SHAPES) - simple == set()
    assert ELSEWHERE - set(ops.__all__) == set()


def takes_one(function):
    required = [
        p for p in inspect.signature(function).parameters.values() if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    return len(required) == 1


@pytest.mark.parametrize("name", sorted(set(NAMES) - NO_SYMBOL))
def test_the_inferred_shape_and_dtype_are_those_of_the_result(name):
    call, tensors = call_of(name)
    batched = tensors[0].shape[0] == BATCH and not {"vsplit", "diag", "diagflat", "slice", "slice_update"} & {name}
    batched = batched and not name.startswith("segment_")
    kernels = tensors[1:] if "conv" in name else []
    symbols = [
        KerasTensor((None if batched and x.shape[0] == BATCH and not any(x is k for k in kernels) else x.shape[0], *x.shape[1:]))
        for x in tensors
    ]
    inferred, real = leaves(record(call, tuple(symbols), {}, name)), leaves(call(*tensors))
    assert len(inferred) == len(real)
    for symbol, tensor in zip(inferred, real):
        assert symbol.dtype == standardize_dtype(tensor.dtype)
        assert len(symbol.shape) == tensor.ndim
        assert all(known in (None, size) for known, size in zip(symbol.shape, tensor.shape))
        assert batched or None not in symbol.shape


@pytest.mark.parametrize("name", sorted(set(NAMES) - NO_GRADIENT))
def test_gradients_are_there_and_finite(name):
    call, tensors = call_of(name)
    for x in tensors:
        x.requires_grad_()
    outputs = [y for y in leaves(call(*tensors)) if y.is_floating_point() or y.is_complex()]
    total = sum(torch.view_as_real(y).sum() if y.is_complex() else y.sum() for y in outputs)
    total.backward()
    assert tensors[0].grad is not None and torch.isfinite(tensors[0].grad).all()


@pytest.mark.parametrize("name", sorted(set(NAMES) - NO_COMPILE))
def test_it_compiles_to_one_graph(name):
    call, tensors = call_of(name)
    torch._dynamo.reset()
    compiled = leaves(torch.compile(call, fullgraph=True, backend="eager")(*tensors))
    for ours, real in zip(compiled, leaves(call(*tensors)), strict=True):
        torch.testing.assert_close(ours, real, equal_nan=True)


EXPORTED = "add matmul softmax mean reshape take conv max_pool layer_normalization dot_product_attention where_positive".split()


@pytest.mark.parametrize("name", EXPORTED)
def test_it_exports_with_a_batch_of_any_size(name):
    if name == "where_positive":
        call, tensors = (lambda x: ops.where(x > 0.5, x, 0)), [torch.rand(BATCH, 4)]
    else:
        call, tensors = call_of(name)

    class Module(torch.nn.Module):
        def forward(self, *given):
            return call(*given)

    shared = [i == 0 or x.shape[0] == BATCH and name != "conv" for i, x in enumerate(tensors)]
    batch = torch.export.Dim("batch", min=2)
    sizes = tuple({0: batch} if any_size else None for any_size in shared)
    exported = torch.export.export(Module(), tuple(tensors), dynamic_shapes=(sizes,))
    larger = [torch.cat([x, x]) if any_size else x for x, any_size in zip(tensors, shared)]
    torch.testing.assert_close(exported.module()(*larger), call(*larger))
