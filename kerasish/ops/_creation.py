"""Creation: tensors of given shape and value, ranges, and triangles."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from kerasish.core import default_device, torch_dtype
from kerasish.core import op as operation
from kerasish.ops._inputs import NUMBERS, TensorLike, as_float, as_tensor, like

op = operation("keras.src.ops.numpy")


def _size(shape: int | Sequence[int]) -> tuple:
    return tuple(shape) if hasattr(shape, "__len__") else (shape,)  # type: ignore[arg-type]


def _dtype_or_own(dtype: Any, x: Tensor) -> torch.dtype:
    return x.dtype if dtype is None else torch_dtype(dtype)


@op
def array(x: TensorLike, dtype: Any = None) -> Tensor:
    """Make a tensor, as `convert_to_tensor` does."""
    return as_tensor(x) if dtype is None else as_tensor(x).to(torch_dtype(dtype))


@op
def zeros(shape: int | Sequence[int], dtype: Any = None) -> Tensor:
    """Make a tensor of zeros, of dtype `floatx()` by default."""
    return torch.zeros(_size(shape), dtype=torch_dtype(dtype), device=default_device())


@op
def ones(shape: int | Sequence[int], dtype: Any = None) -> Tensor:
    """Make a tensor of ones, of dtype `floatx()` by default."""
    return torch.ones(_size(shape), dtype=torch_dtype(dtype), device=default_device())


@op
def empty(shape: int | Sequence[int], dtype: Any = None) -> Tensor:
    """Make a tensor whose values are whatever lay in memory."""
    return torch.empty(_size(shape), dtype=torch_dtype(dtype), device=default_device())


@op
def full(shape: int | Sequence[int], fill_value: TensorLike, dtype: Any = None) -> Tensor:
    """Make a tensor of one value (or of values that broadcast), of dtype `floatx()` by default."""
    if isinstance(fill_value, NUMBERS):
        return torch.full(_size(shape), fill_value, dtype=torch_dtype(dtype), device=default_device())  # type: ignore[arg-type]
    return as_tensor(fill_value).to(torch_dtype(dtype)).broadcast_to(_size(shape)).clone()


@op
def zeros_like(x: TensorLike, dtype: Any = None) -> Tensor:
    """Make zeros of the shape and dtype of another tensor."""
    x = as_tensor(x)
    return torch.zeros_like(x, dtype=_dtype_or_own(dtype, x))


@op
def ones_like(x: TensorLike, dtype: Any = None) -> Tensor:
    """Make ones of the shape and dtype of another tensor."""
    x = as_tensor(x)
    return torch.ones_like(x, dtype=_dtype_or_own(dtype, x))


@op
def empty_like(x: TensorLike, dtype: Any = None) -> Tensor:
    """Make a tensor of the shape and dtype of another; its values are whatever lay in memory."""
    x = as_tensor(x)
    return torch.empty_like(x, dtype=_dtype_or_own(dtype, x))


@op
def full_like(x: TensorLike, fill_value: TensorLike, dtype: Any = None) -> Tensor:
    """Make a tensor of one value (or of values that broadcast), of the shape and dtype of another."""
    x = as_tensor(x)
    kind = _dtype_or_own(dtype, x)
    if isinstance(fill_value, NUMBERS):
        return torch.full_like(x, fill_value, dtype=kind)  # type: ignore[arg-type]
    return like(fill_value, x).to(kind).broadcast_to(x.shape).clone()


@op
def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Tensor:
    """Count from `start` (0 if it is the only argument) to below `stop`; ints give int32.

    >>> arange(2, 7, 2).tolist()
    [2, 4, 6]
    """
    if dtype is None:
        given = [value for value in (start, stop, step) if value is not None]
        whole = all(isinstance(v, int) or hasattr(v, "dtype") and not as_tensor(v).is_floating_point() for v in given)
        dtype = int if whole else None
    if stop is None:
        start, stop = 0, start
    return torch.arange(start, stop, 1 if step is None else step, dtype=torch_dtype(dtype), device=default_device())


def _range_dtype(start: Any, stop: Any, dtype: Any) -> torch.dtype:
    if dtype is not None:
        return torch_dtype(dtype)
    kinds = [as_float(edge).dtype for edge in (start, stop) if hasattr(edge, "dtype")]
    if not kinds:
        return torch_dtype(None)
    return kinds[0] if len(kinds) == 1 else torch.promote_types(*kinds)


@op
def linspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Make `num` numbers at equal distances from `start` to `stop`, along a new axis where these are arrays.

    Args:
        endpoint: whether `stop` itself is the last one.
        retstep: whether the distance is returned as well: (numbers, step).

    >>> linspace(0, 1, 5).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    kind = _range_dtype(start, stop, dtype)
    steps = num - 1 if endpoint else num
    if isinstance(start, NUMBERS) and isinstance(stop, NUMBERS):
        step = (stop - start) / steps if steps > 0 else float("nan")  # type: ignore[operator]
        last = stop if endpoint or num < 1 else stop - step  # type: ignore[operator]
        numbers = torch.linspace(start, last, num, dtype=kind, device=default_device())  # type: ignore[arg-type]
        return (numbers, step) if retstep else numbers
    float_kind = kind if kind.is_floating_point or kind.is_complex else torch_dtype(None)
    start = as_tensor(start).to(float_kind)
    span = like(stop, start).to(float_kind) - start
    step = span / steps if steps > 0 else torch.full_like(span, float("nan"))
    places = torch.arange(num, dtype=float_kind, device=start.device).reshape(-1, *[1] * span.ndim)
    numbers = (start + places * (span / max(steps, 1))).to(kind).movedim(0, axis)
    return (numbers, step) if retstep else numbers


@op
def logspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10,
    dtype: Any = None,
    axis: int = 0,
) -> Tensor:
    """Make `num` powers of `base` whose exponents lie at equal distances from `start` to `stop`."""
    exponents = linspace(start, stop, num, endpoint, axis=axis)
    return (base**exponents).to(_range_dtype(start, stop, dtype))


@op
def geomspace(
    start: TensorLike, stop: TensorLike, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Tensor:
    """Make `num` numbers from `start` to `stop`, each the same multiple of the one before."""
    first, last = as_float(start), as_float(stop)
    exponents = linspace(torch.log10(first.abs()), torch.log10(last.abs()), num, endpoint, axis=axis)
    sign = torch.sign(first)
    return (10**exponents * (sign.unsqueeze(axis) if sign.ndim else sign)).to(_range_dtype(start, stop, dtype))


@op
def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:  # noqa: N803 - Keras's names
    """Make an N × M matrix with ones on its k-th diagonal.

    >>> eye(2, 3, k=1).tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    device = default_device()
    if not k:
        return torch.eye(N, N if M is None else M, dtype=torch_dtype(dtype), device=device)
    rows = torch.arange(N, device=device).unsqueeze(1)
    columns = torch.arange(N if M is None else M, device=device)
    return (columns - rows == k).to(torch_dtype(dtype))


@op
def identity(n: int, dtype: Any = None) -> Tensor:
    """Make an n × n matrix with ones on its diagonal."""
    return torch.eye(n, dtype=torch_dtype(dtype), device=default_device())


@op
def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:  # noqa: N803 - Keras's names
    """Make an N × M matrix with ones on and below its k-th diagonal."""
    return torch.tril(torch.ones((N, N if M is None else M), dtype=torch_dtype(dtype), device=default_device()), k)


@op
def tril(x: TensorLike, k: int = 0) -> Tensor:
    """Keep the lower triangle, up to the k-th diagonal."""
    return torch.tril(as_tensor(x), k)


@op
def triu(x: TensorLike, k: int = 0) -> Tensor:
    """Keep the upper triangle, from the k-th diagonal."""
    return torch.triu(as_tensor(x), k)


@op
def vander(x: TensorLike, N: int | None = None, increasing: bool = False) -> Tensor:  # noqa: N803 - Keras's names
    """Make the matrix whose columns are powers of `x`, the highest first unless `increasing`."""
    x = as_tensor(x)
    exponents = torch.arange(x.shape[0] if N is None else N, device=x.device)
    return x.unsqueeze(-1) ** (exponents if increasing else exponents.flip(0)).to(x.dtype)


@op
def meshgrid(*x: TensorLike, indexing: str = "xy") -> tuple[Tensor, ...]:
    """Make the coordinates of a grid from those along its axes."""
    return tuple(torch.meshgrid([as_tensor(one).reshape(-1) for one in x], indexing=indexing))
