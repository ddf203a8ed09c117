"""Labels and rows: classes as one-hot rows, vectors of length one."""

from typing import Any

import numpy as np
import torch


def to_categorical(x: Any, num_classes: int | None = None) -> Any:
    """Turn class numbers into one-hot rows: arrays into an array, a tensor into a tensor.

    Args:
        x: class numbers from 0, of any shape; a last axis of size 1 is dropped.
        num_classes: one more than the highest number by default.

    Raises:
        ValueError: a number that is negative or not below `num_classes`.

    >>> to_categorical([0, 2]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    tensor = isinstance(x, torch.Tensor)
    numbers = x.detach().cpu().numpy() if tensor else np.asarray(x)
    numbers = numbers.astype("int64")
    if numbers.ndim > 1 and numbers.shape[-1] == 1:
        numbers = numbers[..., 0]
    highest = int(numbers.max(initial=-1))
    num_classes = highest + 1 if num_classes is None else num_classes
    if numbers.min(initial=0) < 0 or highest >= num_classes:
        raise ValueError(f"Class numbers must be 0 to {num_classes - 1}; received {numbers.min()} to {highest}.")
    rows = np.eye(num_classes, dtype="float32")[numbers]
    return torch.from_numpy(rows).to(x.device) if tensor else rows


def normalize(x: Any, axis: int = -1, order: int = 2) -> np.ndarray:
    """Scale an array along an axis to norm 1; what is all zeros stays so.

    Args:
        x: an array.
        axis: the axis.
        order: the norm's order.

    >>> normalize([[3.0, 4.0]]).tolist()
    [[0.6, 0.8]]
    """
    array = np.asarray(x)
    norm = np.atleast_1d(np.linalg.norm(array, order, axis))
    norm[norm == 0] = 1
    return array / np.expand_dims(norm, axis)
