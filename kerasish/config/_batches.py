"""Whether `predict` and `evaluate` may choose their own batches."""

_merge = True


def merge_batches() -> bool:
    """Whether `predict` and `evaluate` compute in batches of the size that they find the quickest, where the answer does not
    depend on it.

    >>> merge_batches()
    True
    """
    return _merge


def set_merge_batches(merge_batches: bool) -> None:
    """Set whether `predict` and `evaluate` may choose their own batches; False keeps to `batch_size`, to the last digit.

    Args:
        merge_batches: True, as it is at first, or False.
    """
    global _merge
    if not isinstance(merge_batches, bool):
        raise ValueError(f"`merge_batches` must be True or False; received {merge_batches!r}.")
    _merge = merge_batches
