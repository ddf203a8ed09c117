"""Windows: vectors that rise to 1 in the middle, to weigh a piece of a signal with."""

from typing import Any

from torch import Tensor
from torch.signal import windows

from kerasish.core import default_device, torch_dtype
from kerasish.core import op as operation

op = operation("keras.src.ops.numpy")


def _settings() -> dict[str, Any]:
    return {"dtype": torch_dtype(None), "device": default_device()}


@op
def bartlett(x: int) -> Tensor:
    """Make the triangular window of x numbers.

    >>> bartlett(3).tolist()
    [0.0, 1.0, 0.0]
    """
    return windows.bartlett(int(x), **_settings())


@op
def blackman(x: int) -> Tensor:
    """Make the Blackman window of x numbers."""
    return windows.blackman(int(x), **_settings())


@op
def hamming(x: int) -> Tensor:
    """Make the Hamming window of x numbers."""
    return windows.hamming(int(x), **_settings())


@op
def hanning(x: int) -> Tensor:
    """Make the Hann window of x numbers."""
    return windows.hann(int(x), **_settings())


@op
def kaiser(x: int, beta: float) -> Tensor:
    """Make the Kaiser window of x numbers; the greater `beta`, the narrower."""
    return windows.kaiser(int(x), beta=float(beta), **_settings())
