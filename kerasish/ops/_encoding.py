"""Encoding of classes given by number as rows of zeros and ones, and the ranking of predictions."""

from typing import Any

import torch
from torch import Tensor

from kerasish.core import op as operation
from kerasish.core import torch_dtype
from kerasish.ops._inputs import TensorLike, as_tensor, like

op = operation("keras.src.ops.nn")
math_op = operation("keras.src.ops.math")


def _encode(x: TensorLike, num_classes: int, axis: int, dtype: Any) -> Tensor:
    # A comparison, not a scatter: one kernel, no check that waits for the device, and zeros for what is no class.
    x = as_tensor(x)
    axis = axis % (x.ndim + 1)
    classes = torch.arange(num_classes, device=x.device).reshape(-1, *[1] * (x.ndim - axis))
    return (x.unsqueeze(axis) == classes).to(torch_dtype(dtype))


@op
def one_hot(x: TensorLike, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Tensor:
    """Give 1 at the place that each number names, on a new axis, and 0 elsewhere; what names no place gives zeros.

    >>> one_hot([2, -1], 3).tolist()
    [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    """
    if sparse:
        raise ValueError("`sparse` must be False: only dense tensors are supported.")
    return _encode(x, num_classes, axis, dtype)


@op
def multi_hot(
    inputs: TensorLike, num_classes: int | None = None, axis: int = -1, dtype: Any = None, sparse: bool = False, **kwargs: Any
) -> Tensor:
    """Give 1 at all the places that the numbers of a row name, and 0 elsewhere.

    >>> multi_hot([[0, 2]], 3).tolist()
    [[1.0, 0.0, 1.0]]
    """
    num_classes = kwargs.pop("num_tokens", num_classes)
    if kwargs or num_classes is None or sparse:
        raise ValueError(f"`num_classes` must be given, and `sparse` be False; received {num_classes}, {sparse} and {kwargs}.")
    x = as_tensor(inputs)
    return _encode(x, num_classes, axis, dtype).amax(1 if x.ndim > 1 else 0)


@math_op
def top_k(x: TensorLike, k: int, sorted: bool = True) -> tuple[Tensor, Tensor]:
    """Find the k greatest along the last axis: (values, places), the places as int32.

    >>> [part.tolist() for part in top_k([1.0, 3.0, 2.0], 2)]
    [[3.0, 2.0], [1, 2]]
    """
    values, places = torch.topk(as_tensor(x), k, sorted=sorted)
    return values, places.to(torch.int32)


@math_op
def in_top_k(targets: TensorLike, predictions: TensorLike, k: int) -> Tensor:
    """Say for each row whether the target is among its k greatest predictions; ties count as in.

    >>> in_top_k([1], [[0.1, 0.2, 0.7]], k=2).tolist()
    [True]
    """
    predictions = as_tensor(predictions)
    targets = like(targets, predictions).to(torch.int64)
    return torch.gather(predictions, -1, targets.unsqueeze(-1)).squeeze(-1) >= torch.topk(predictions, k).values[..., -1]
