"""Batches as tuples `(x, y, sample_weight)`: packing and unpacking them as `train_step` does."""

from typing import Any


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """Give `(x, y, sample_weight)` of what a feed hands to a step, None for what is not there.

    >>> unpack_x_y_sample_weight((1, 2))
    (1, 2, None)
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if 1 <= len(data) <= 3:
        return (*data, *(None,) * (3 - len(data)))  # type: ignore[return-value]
    raise ValueError(f"A batch must be x, (x, y) or (x, y, sample_weight); received a tuple of {len(data)}.")


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None, in_tuple: bool = False) -> Any:
    """Make what `unpack_x_y_sample_weight` takes apart; `x` alone is in a tuple if it is a list, or if it is to be.

    >>> pack_x_y_sample_weight(1), pack_x_y_sample_weight([1], 2)
    (1, ([1], 2))
    """
    if y is None and sample_weight is None:
        return (x,) if in_tuple or isinstance(x, (list, tuple)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)
