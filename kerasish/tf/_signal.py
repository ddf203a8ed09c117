"""Signals: Fourier and cosine transforms, windows, frames and spectra."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional as F

from kerasish.tf._calls import as_input, crossing
from kerasish.tf._dtypes import real_dtype


def _transform(function: Callable, axes: int, takes_length: bool) -> Callable:
    dims = tuple(range(-axes, 0))

    def transform(input: Any, fft_length: Any = None) -> Any:
        x = as_input(input)
        if fft_length is not None and not takes_length:
            raise TypeError("This transform takes no `fft_length`; pad or cut the input.")
        sizes = None if fft_length is None else [int(size) for size in as_input(fft_length).reshape(-1)]
        if axes == 1:
            return function(x, None if sizes is None else sizes[0])
        return function(x, sizes, dims)

    transform.__doc__ = f"Transform along the last {'axis' if axes == 1 else f'{axes} axes'}."
    return transform


_TRANSFORMS = {
    "fft": _transform(torch.fft.fft, 1, False),
    "ifft": _transform(torch.fft.ifft, 1, False),
    "rfft": _transform(torch.fft.rfft, 1, True),
    "irfft": _transform(torch.fft.irfft, 1, True),
}
for _axes in (2, 3):
    _TRANSFORMS[f"fft{_axes}d"] = _transform(torch.fft.fftn, _axes, False)
    _TRANSFORMS[f"ifft{_axes}d"] = _transform(torch.fft.ifftn, _axes, False)
    _TRANSFORMS[f"rfft{_axes}d"] = _transform(torch.fft.rfftn, _axes, True)
    _TRANSFORMS[f"irfft{_axes}d"] = _transform(torch.fft.irfftn, _axes, True)
for _name, _made in _TRANSFORMS.items():
    _made.__name__ = _name


def fftshift(x: Any, axes: Any = None) -> Any:
    """Put the frequency 0 into the middle."""
    return torch.fft.fftshift(as_input(x), axes)


def ifftshift(x: Any, axes: Any = None) -> Any:
    """Put the middle to the front."""
    return torch.fft.ifftshift(as_input(x), axes)


def dct(input: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """Give the cosine transform along the last axis.

    Args:
        input: real numbers.
        type: 2, or 3, its inverse but for a factor.
        n: cut or pad to this length.
        axis: only -1.
        norm: None, or "ortho" for a transform that keeps lengths.
    """
    x = as_input(input)
    if axis != -1 or type not in (2, 3) or norm not in (None, "ortho"):
        raise ValueError(f"`type` must be 2 or 3, `axis` -1, `norm` None or 'ortho'; received {type}, {axis}, {norm!r}.")
    if n is not None:
        x = F.pad(x, (0, max(n - x.shape[-1], 0)))[..., :n]
    size = x.shape[-1]
    places = torch.arange(size, dtype=torch.float64, device=x.device)
    table = 2 * torch.cos(math.pi / size * (places + 0.5) * places.unsqueeze(1))  # (frequency, place)
    if norm == "ortho":
        table *= (0.5 / size) ** 0.5
        table[0] /= 2**0.5
    if type == 3:
        if norm is None:
            table[0] /= 2
        table = table.mT
    return x @ table.mT.to(x.dtype)


def idct(input: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """Give the inverse of the cosine transform of this type, without the factor that `norm`=None leaves out."""
    return dct(input, {2: 3, 3: 2}.get(type, type), n, axis, norm)


def hann_window(window_length: Any, periodic: bool = True, dtype: Any = "float32") -> Any:
    """Give a raised cosine."""
    return torch.hann_window(int(window_length), periodic=periodic, dtype=real_dtype(dtype))


def hamming_window(window_length: Any, periodic: bool = True, dtype: Any = "float32") -> Any:
    """Give a raised cosine that does not end at 0."""
    return torch.hamming_window(int(window_length), periodic=periodic, dtype=real_dtype(dtype))


def kaiser_window(window_length: Any, beta: float = 12.0, dtype: Any = "float32") -> Any:
    """Give Kaiser's window."""
    return torch.kaiser_window(int(window_length), periodic=False, beta=float(beta), dtype=real_dtype(dtype))


def frame(signal: Any, frame_length: Any, frame_step: Any, pad_end: bool = False, pad_value: Any = 0, axis: int = -1) -> Any:
    """Cut an axis into frames: it becomes two, (frames, frame_length). `pad_end` keeps what does not fill the last."""
    x, length, step = as_input(signal), int(frame_length), int(frame_step)
    axis = axis % x.ndim
    size = x.shape[axis]
    if pad_end:
        missing = max((-(-size // step) - 1) * step + length - size, 0)
        x = torch.cat([x, x.new_full([missing if i == axis else s for i, s in enumerate(x.shape)], pad_value)], axis)
    if x.shape[axis] < length:
        return x.new_empty([*x.shape[:axis], 0, length, *x.shape[axis + 1 :]])
    return x.unfold(axis, length, step).movedim(-1, axis + 1)


def overlap_and_add(signal: Any, frame_step: Any) -> Any:
    """Put frames, shape (..., frames, length), where they were, and add them up."""
    x, step = as_input(signal), int(frame_step)
    count, length = x.shape[-2:]
    size = (count - 1) * step + length
    places = (torch.arange(count, device=x.device) * step).unsqueeze(1) + torch.arange(length, device=x.device)
    made = x.new_zeros(*x.shape[:-2], size)
    return made.index_add(-1, places.reshape(-1), x.reshape(*x.shape[:-2], -1))


def _power_of_two(length: int) -> int:
    return 1 << (length - 1).bit_length()


def stft(
    signals: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Callable | None = hann_window,
    pad_end: bool = False,
) -> Any:
    """Give the spectra of frames, shape (..., frames, fft_length / 2 + 1); `fft_length` is a power of two by default."""
    frames = frame(signals, frame_length, frame_step, pad_end)
    size = _power_of_two(int(frame_length)) if fft_length is None else int(fft_length)
    if window_fn is not None:
        frames = frames * torch.as_tensor(window_fn(int(frame_length), dtype=frames.dtype), device=frames.device)
    return torch.fft.rfft(frames, size)


def inverse_stft(
    stfts: Any, frame_length: Any, frame_step: Any, fft_length: Any = None, window_fn: Callable | None = hann_window
) -> Any:
    """Make signals of the spectra of their frames; `window_fn` is that of `inverse_stft_window_fn` for an exact inverse."""
    x, length = as_input(stfts), int(frame_length)
    frames = torch.fft.irfft(x, _power_of_two(length) if fft_length is None else int(fft_length))[..., :length]
    frames = F.pad(frames, (0, length - frames.shape[-1]))
    if window_fn is not None:
        frames = frames * torch.as_tensor(window_fn(length, dtype=frames.dtype), device=frames.device)
    return overlap_and_add(frames, frame_step)


def inverse_stft_window_fn(frame_step: Any, forward_window_fn: Callable = hann_window) -> Callable:
    """Make the window that undoes another: frames that are multiplied by both add up to the signal."""

    def window(frame_length: Any, dtype: Any) -> Any:
        length, step = int(frame_length), int(frame_step)
        forward = torch.as_tensor(forward_window_fn(length, dtype=dtype))
        overlaps = -(-length // step)
        total = F.pad(forward.square(), (0, overlaps * step - length)).reshape(overlaps, step).sum(0)
        return forward / total.repeat(overlaps)[:length]

    return window


def linear_to_mel_weight_matrix(
    num_mel_bins: int = 20,
    num_spectrogram_bins: int = 129,
    sample_rate: Any = 8000,
    lower_edge_hertz: Any = 125.0,
    upper_edge_hertz: Any = 3800.0,
    dtype: Any = "float32",
) -> Any:
    """Give the matrix (spectrogram bins, mel bins) of triangles on the mel scale."""

    def mel(hertz: Any) -> Any:
        return 1127.0 * torch.log1p(torch.as_tensor(hertz, dtype=torch.float64) / 700.0)

    linear = torch.linspace(0.0, float(sample_rate) / 2, num_spectrogram_bins, dtype=torch.float64)[1:]
    edges = torch.linspace(float(mel(lower_edge_hertz)), float(mel(upper_edge_hertz)), num_mel_bins + 2, dtype=torch.float64)
    bins = mel(linear).unsqueeze(1)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    triangles = torch.minimum((bins - low) / (middle - low), (high - bins) / (high - middle)).clamp(min=0)
    return F.pad(triangles, (0, 0, 1, 0)).to(real_dtype(dtype))


def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Any) -> Any:
    """Give the coefficients of the cosine transform of spectra on the mel scale."""
    x = as_input(log_mel_spectrograms)
    return dct(x) * (1 / (2 * x.shape[-1])) ** 0.5


SIGNAL: dict[str, Callable] = crossing(*_TRANSFORMS.values(), fftshift, ifftshift, dct, idct, frame, overlap_and_add, stft)
SIGNAL |= crossing(hann_window, hamming_window, kaiser_window, inverse_stft, linear_to_mel_weight_matrix)
SIGNAL |= crossing(mfccs_from_log_mel_spectrograms) | {"inverse_stft_window_fn": inverse_stft_window_fn}
