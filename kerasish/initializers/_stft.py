"""STFT: the kernels that make a convolution a short-time Fourier transform."""

import importlib.util
import math
from typing import Any

import torch
from torch import Tensor

from kerasish.core import convert_to_numpy, convert_to_tensor, default_device, torch_dtype
from kerasish.initializers._initializer import Initializer

# The windows that torch has under scipy's names; the others are scipy's.
_TORCH_WINDOWS = {
    "hann": torch.hann_window,
    "hamming": torch.hamming_window,
    "blackman": torch.blackman_window,
    "bartlett": torch.bartlett_window,
    "boxcar": lambda length, periodic, dtype: torch.ones(length, dtype=dtype),
}


class STFT(Initializer):
    """One side of a windowed Fourier transform, as a kernel of Conv1D: `window[t] * cos(-2π t f / F)`, or `sin`.

    Args:
        side: "real" for the cosine, "imag" for the sine.
        window: a name of scipy.signal.windows, the values themselves, or None. Windows other than hann, hamming,
            blackman, bartlett and boxcar need scipy.
        scaling: "density" divides by the window's L2 norm, "spectrum" by its L1 norm, None by nothing.
        periodic: whether the window is one period, rather than symmetric.

    Shapes:
        (frame length, 1, F // 2 + 1), F the length of the transform.

    >>> STFT("real", window=None)((4, 1, 3)).squeeze().round().tolist()
    [[1.0, 1.0, 1.0], [1.0, 0.0, -1.0], [1.0, -1.0, 1.0], [1.0, 0.0, -1.0]]
    """

    aliases = ("STFTInitializer",)

    side: str = "real"
    window: Any = "hann"
    scaling: str | None = "density"
    periodic: bool = False

    def __post_init__(self) -> None:
        if self.side not in ("real", "imag"):
            raise ValueError(f"`side` must be 'real' or 'imag'; received {self.side!r}.")
        if self.scaling not in (None, "density", "spectrum"):
            raise ValueError(f"`scaling` must be 'density', 'spectrum' or None; received {self.scaling!r}.")
        if isinstance(self.window, str):
            _window(self.window, 1, self.periodic)

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        """Make the kernel.

        Raises:
            ValueError: the window's values are not as many as the frame is long.
        """
        frame_length, _, bins = shape
        period = max(2 * (bins - 1), 1)
        # The angle is reduced while it is whole numbers, so long frames lose no precision.
        turns = torch.outer(torch.arange(frame_length), torch.arange(bins)) % period
        angles = turns.double() * (-2 * math.pi / period)
        kernel = (angles.cos() if self.side == "real" else angles.sin()).unsqueeze(1)
        if self.window is not None:
            kernel = kernel * self._scaled_window(frame_length)[:, None, None]
        return kernel.to(torch_dtype(dtype)).to(default_device())

    def _scaled_window(self, length: int) -> Tensor:
        if isinstance(self.window, str):
            window = _window(self.window, length, self.periodic)
        else:
            window = torch.from_numpy(convert_to_numpy(convert_to_tensor(self.window))).double()
        if window.shape != (length,):
            raise ValueError(f"`window` must have as many values as a frame, {length}; received shape {tuple(window.shape)}.")
        if self.scaling is None:
            return window
        return window / torch.linalg.vector_norm(window, 2 if self.scaling == "density" else 1)


def _window(name: str, length: int, periodic: bool) -> Tensor:
    if name in _TORCH_WINDOWS:
        return _TORCH_WINDOWS[name](length, periodic=periodic, dtype=torch.float64)
    if importlib.util.find_spec("scipy") is None:
        raise ValueError(f"`window` {name!r} needs scipy (pip install scipy); without it: {', '.join(_TORCH_WINDOWS)}.")
    from scipy.signal import get_window

    return torch.from_numpy(get_window(name, length, periodic)).double()
