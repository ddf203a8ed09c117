"""Layout: images with their channels last, as views that torch's kernels read as its channels_last format."""

from torch import Tensor

_TO_FIRST = {3: (0, 2, 1), 4: (0, 3, 1, 2), 5: (0, 4, 1, 2, 3)}
_TO_LAST = {3: (0, 2, 1), 4: (0, 2, 3, 1), 5: (0, 2, 3, 4, 1)}
_KERNEL_TO_FIRST = {3: (2, 1, 0), 4: (3, 2, 0, 1), 5: (4, 3, 0, 1, 2)}


def spatial_rank(x: Tensor) -> int:
    """Count the spatial axes of a batch.

    Raises:
        ValueError: there are none, or more than three.
    """
    if not 3 <= x.ndim <= 5:
        raise ValueError(f"The inputs must have 1 to 3 spatial axes beside batch and channels; received shape {tuple(x.shape)}.")
    return x.ndim - 2


def channels_first(x: Tensor) -> Tensor:
    """View (batch, …, channels) as (batch, channels, …)."""
    return x.permute(_TO_FIRST[x.ndim])


def channels_last(x: Tensor) -> Tensor:
    """View (batch, channels, …) as (batch, …, channels)."""
    return x.permute(_TO_LAST[x.ndim])


def torch_kernel(kernel: Tensor) -> Tensor:
    """View a kernel (…, in, out) as (out, in, …)."""
    return kernel.permute(_KERNEL_TO_FIRST[kernel.ndim])
