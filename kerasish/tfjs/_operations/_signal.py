"""Signals: Fourier transforms, windows and frames (`tf.spectral`, `tf.signal`)."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor as Plain

from kerasish.core import default_device
from kerasish.tfjs._operations._edge import OPERATIONS, SHELVES, operation
from kerasish.tfjs._tensor import as_torch


def _complex(x: Plain) -> Plain:
    if not x.is_complex():
        raise ValueError(f"A Fourier transform takes dtype complex64; received {str(x.dtype).split('.')[-1]}. rfft takes floats.")
    return x


operation("fft")(lambda input: torch.fft.fft(_complex(input)))
operation("ifft")(lambda input: torch.fft.ifft(_complex(input)))


@operation("rfft")
def rfft(input: Plain, fft_length: int | None = None) -> Plain:
    """Transform real signals along the last axis: (…, n) → (…, fft_length // 2 + 1), complex64."""
    return torch.fft.rfft(input, fft_length)


@operation("irfft")
def _irfft(input: Plain) -> Plain:
    # Of n numbers 2 (n - 1); a signal of one number is that number.
    return torch.real(input) if input.shape[-1] == 1 else torch.fft.irfft(input)


SHELVES["spectral"] = {name: OPERATIONS[name] for name in ("fft", "ifft", "rfft", "irfft")}


def enclosing_power_of_two(value: float) -> int:
    """Give the least power of two that is not below a number."""
    return 2 ** math.ceil(math.log2(value))


@operation("cosineWindow", 0, method=False)
def _cosine_window(window_length: int, a: float, b: float) -> Plain:
    even = 1 - window_length % 2
    places = torch.arange(window_length, device=default_device(), dtype=torch.float64)
    return (a - b * torch.cos(2 * math.pi * places / max(window_length + even - 1, 1))).float()


@operation("signal.hannWindow", 0)
def hann_window(window_length: int) -> Plain:
    """Make the window 0.5 - 0.5 cos(2πi / n) of so many numbers."""
    return _cosine_window(window_length, 0.5, 0.5)


@operation("signal.hammingWindow", 0)
def _hamming_window(window_length: int) -> Plain:
    return _cosine_window(window_length, 0.54, 0.46)


@operation("signal.frame")
def frame(signal: Plain, frame_length: int, frame_step: int, pad_end: bool = False, pad_value: float = 0) -> Plain:
    """Cut a signal into frames that begin `frame_step` apart: (n,) → (frames, frame_length).

    Args:
        pad_end: whether frames that reach over the end count, filled up with `pad_value`.
    """
    if signal.dim() != 1:
        raise ValueError(f"`signal` must have one axis; received shape {list(signal.shape)}.")
    size = signal.shape[0]
    if pad_end and size:
        frames = -(-size // frame_step)
        signal = torch.nn.functional.pad(signal, (0, max(0, (frames - 1) * frame_step + frame_length - size)), value=pad_value)
        return signal.unfold(0, frame_length, frame_step)[:frames]
    return signal.unfold(0, frame_length, frame_step) if size >= frame_length else signal.new_zeros((0, frame_length))


@operation("signal.stft")
def _stft(
    signal: Plain,
    frame_length: int,
    frame_step: int,
    fft_length: int | None = None,
    window_fn: Callable[[int], Any] | None = None,
) -> Plain:
    window = hann_window(frame_length) if window_fn is None else as_torch(window_fn(frame_length))
    length = enclosing_power_of_two(frame_length) if fft_length is None else fft_length
    return rfft(frame(signal, frame_length, frame_step) * window, length)


OPERATIONS["enclosingPowerOfTwo"] = enclosing_power_of_two
