"""Statistics: quantiles, correlations, differences and integrals of samples."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish.core import op as operation
from kerasish.ops._inputs import Axis, TensorLike, as_float, as_tensor, like, positive_axis, two_floats, two_tensors, without_bool

op = operation("keras.src.ops.numpy")
math_op = operation("keras.src.ops.math")
nn_op = operation("keras.src.ops.nn")


def _quantile(kernel: Callable, x: TensorLike, q: TensorLike, axis: Axis, method: str, keepdims: bool, scale: float) -> Tensor:
    x = as_float(x)
    work = x if x.dtype in (torch.float32, torch.float64) else x.float()
    shares = torch.full((), q, device=x.device) if isinstance(q, (int, float)) else like(q, x)
    shares = shares.to(work.dtype) / scale if scale != 1 else shares.to(work.dtype)
    axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    axes = sorted(positive_axis(one, x.ndim) for one in axes)
    kept = [i for i in range(x.ndim) if i not in axes]
    flat = work.permute(*kept, *axes).reshape(*(x.shape[i] for i in kept), -1)
    result = kernel(flat, shares, dim=-1, interpolation=method)
    if keepdims:
        for one in axes:
            result = result.unsqueeze(one + shares.ndim)
    return result.to(x.dtype)


@op
def quantile(x: TensorLike, q: TensorLike, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """Find the value below which a share `q` lies; several shares come along a first axis.

    Args:
        q: from 0 to 1.
        method: what to take between two values: "linear", "lower", "higher", "midpoint" or "nearest".

    >>> quantile([1.0, 2.0, 4.0], 0.75).item()
    3.0
    """
    return _quantile(torch.quantile, x, q, axis, method, keepdims, 1)


@op
def percentile(x: TensorLike, q: TensorLike, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """Find the value below which `q` percent lie, see `quantile`."""
    return _quantile(torch.quantile, x, q, axis, method, keepdims, 100)


@op
def median(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Find the middle value; of an even number, the mean of the two in the middle."""
    return _middle(torch.quantile, x, axis, keepdims)


@op
def nanquantile(x: TensorLike, q: TensorLike, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """Find the value below which a share `q` of what is not NaN lies, see `quantile`."""
    return _quantile(torch.nanquantile, x, q, axis, method, keepdims, 1)


@op
def nanpercentile(x: TensorLike, q: TensorLike, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """Find the value below which `q` percent of what is not NaN lie, see `quantile`."""
    return _quantile(torch.nanquantile, x, q, axis, method, keepdims, 100)


@op
def nanmedian(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Find the middle one of the values that are not NaN, see `median`."""
    return _middle(torch.nanquantile, x, axis, keepdims)


def _middle(kernel: Callable, x: TensorLike, axis: Axis, keepdims: bool) -> Tensor:
    # torch's way between two values, by their difference, is NaN between two that are infinite.
    lower, higher = (_quantile(kernel, x, 0.5, axis, method, keepdims, 1) for method in ("lower", "higher"))
    return lower * 0.5 + higher * 0.5


@op
def corrcoef(x: TensorLike) -> Tensor:
    """Compute how the rows correlate with each other, a square matrix of numbers from -1 to 1."""
    x = torch.atleast_2d(as_float(x))
    x = x - x.mean(-1, keepdim=True)
    x = x / torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    return (x @ x.mT).clamp(-1, 1).squeeze()


@op
def correlate(x1: TensorLike, x2: TensorLike, mode: str = "valid") -> Tensor:
    """Sum the products of a vector with another one moved along it.

    Args:
        mode: which places count: "full" all, "same" as many as `x1` has, "valid" those where all of both meet.

    >>> correlate([1.0, 2.0, 3.0], [0.0, 1.0]).tolist()
    [2.0, 3.0]
    """
    x1, x2 = two_floats(x1, x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(f"`x1` and `x2` must be vectors; received shapes {tuple(x1.shape)} and {tuple(x2.shape)}.")
    n1, n2 = x1.shape[0], x2.shape[0]
    lengths = {"full": n1 + n2 - 1, "same": n1, "valid": max(n1, n2) - min(n1, n2) + 1}
    if mode not in lengths:
        raise ValueError(f"`mode` must be 'full', 'same' or 'valid'; received {mode!r}.")
    full = F.conv1d(x1.reshape(1, 1, -1), x2.reshape(1, 1, -1), padding=n2 - 1).reshape(-1)
    return full.narrow(0, (n1 + n2 - 1 - lengths[mode]) // 2, lengths[mode])


@op
def diff(a: TensorLike, n: int = 1, axis: int = -1) -> Tensor:
    """Subtract each element from the next along an axis, n times over."""
    return torch.diff(as_tensor(a), n=n, dim=axis)


@op
def trapezoid(y: TensorLike, x: TensorLike = None, dx: float = 1.0, axis: int = -1) -> Tensor:
    """Integrate samples along an axis by the trapezoidal rule; they lie at `x`, or `dx` apart."""
    y = without_bool(as_tensor(y))
    return torch.trapezoid(y, dx=dx, dim=axis) if x is None else torch.trapezoid(y, x=like(x, y), dim=axis)


@math_op
def cdist(x: TensorLike, y: TensorLike) -> Tensor:
    """Compute the distances between all rows of one and all rows of the other: (…, n, d), (…, m, d) → (…, n, m)."""
    x, y = two_tensors(x, y)
    if x.ndim < 2 or y.ndim < 2 or x.shape[-1] != y.shape[-1]:
        raise ValueError(f"`x` and `y` must be rows of one length; received shapes {tuple(x.shape)} and {tuple(y.shape)}.")
    return torch.cdist(as_float(x), as_float(y), compute_mode="donot_use_mm_for_euclid_dist")


@nn_op
def psnr(x1: TensorLike, x2: TensorLike, max_val: float) -> Tensor:
    """Compute the peak signal-to-noise ratio in dB, `20 log10(max_val) - 10 log10(mean((x1 - x2)²))`."""
    x1, x2 = two_tensors(x1, x2)
    if x1.shape != x2.shape:
        raise ValueError(f"`x1` and `x2` must have one shape; received {tuple(x1.shape)} and {tuple(x2.shape)}.")
    error = torch.mean((as_float(x1) - as_float(x2)).square())
    return 20 * torch.log10(torch.full_like(error, max_val)) - 10 * torch.log10(error)
