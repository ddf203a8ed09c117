"""Fourier transforms, with complex numbers as pairs (real, imaginary), and signals cut into overlapping pieces."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish.core import op as operation
from kerasish.ops._inputs import TensorLike, as_float, as_tensor, like, two_floats, two_tensors

op = operation("keras.src.ops.math")
nn_op = operation("keras.src.ops.nn")


def _complex(x: Any) -> Tensor:
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ValueError(f"`x` must be a pair (real, imaginary); received {type(x).__name__}.")
    real, imaginary = two_floats(*x)
    if real.shape != imaginary.shape:
        raise ValueError(f"Both parts of `x` must have one shape; received {tuple(real.shape)} and {tuple(imaginary.shape)}.")
    return torch.complex(real, imaginary)


def _with_axes(x: Tensor, count: int) -> Tensor:
    if x.ndim < count:
        raise ValueError(f"`x` must have {count} axes or more; received shape {tuple(x.shape)}.")
    return x


def _check_stride(stride: int) -> None:
    if stride < 1:
        raise ValueError(f"`sequence_stride` must be a positive integer; received {stride}.")


def _parts(x: Tensor) -> tuple[Tensor, Tensor]:
    return x.real, x.imag


@op
def fft(x: tuple[TensorLike, TensorLike]) -> tuple[Tensor, Tensor]:
    """Transform along the last axis: (real, imaginary) → (real, imaginary)."""
    return _parts(torch.fft.fft(_with_axes(_complex(x), 1)))


@op
def fft2(x: tuple[TensorLike, TensorLike]) -> tuple[Tensor, Tensor]:
    """Transform along the last two axes: (real, imaginary) → (real, imaginary)."""
    return _parts(torch.fft.fft2(_with_axes(_complex(x), 2)))


@op
def ifft2(x: tuple[TensorLike, TensorLike]) -> tuple[Tensor, Tensor]:
    """Transform back along the last two axes: (real, imaginary) → (real, imaginary)."""
    return _parts(torch.fft.ifft2(_with_axes(_complex(x), 2)))


@op
def rfft(x: TensorLike, fft_length: int | None = None) -> tuple[Tensor, Tensor]:
    """Transform real numbers along the last axis, cut or filled up to `fft_length`: → (real, imaginary), the first half."""
    return _parts(torch.fft.rfft(_with_axes(as_tensor(x), 1), n=fft_length))


@op
def irfft(x: tuple[TensorLike, TensorLike], fft_length: int | None = None) -> Tensor:
    """Transform the first half back to real numbers along the last axis."""
    return torch.fft.irfft(_with_axes(_complex(x), 1), n=fft_length)


@op
def view_as_complex(x: TensorLike) -> Tensor:
    """Read pairs on the last axis as complex numbers."""
    x = as_float(x)
    if x.ndim == 0 or x.shape[-1] != 2:
        raise ValueError(f"`x` must have a last axis of size 2, (real, imaginary); received shape {tuple(x.shape)}.")
    return torch.view_as_complex(x.contiguous())


@op
def view_as_real(x: TensorLike) -> Tensor:
    """Read complex numbers as pairs on a new last axis."""
    return torch.view_as_real(as_tensor(x).resolve_conj())


@nn_op
def polar(abs_: TensorLike, angle: TensorLike) -> Tensor:
    """Make complex numbers of lengths and angles."""
    length, angle = two_tensors(abs_, angle)
    return torch.complex(length * torch.cos(angle), length * torch.sin(angle))


@op
def extract_sequences(x: TensorLike, sequence_length: int, sequence_stride: int) -> Tensor:
    """Cut the last axis into overlapping pieces: (…, n) → (…, pieces, sequence_length).

    >>> extract_sequences([1, 2, 3, 4], 2, 1).tolist()
    [[1, 2], [2, 3], [3, 4]]
    """
    _check_stride(sequence_stride)
    return _with_axes(as_tensor(x), 1).unfold(-1, sequence_length, sequence_stride).clone()


_WINDOWS = {"hann": torch.hann_window, "hamming": torch.hamming_window}


def _window(window: Any, length: int, x: Tensor) -> Tensor:
    if window is None:
        return torch.ones(length, dtype=x.dtype, device=x.device)
    if isinstance(window, str):
        if window not in _WINDOWS:
            raise ValueError(f"`window` must be 'hann', 'hamming', None or a tensor; received {window!r}.")
        return _WINDOWS[window](length, periodic=True, dtype=x.dtype, device=x.device)
    window = like(window, x).to(x.dtype)
    if window.shape != (length,):
        raise ValueError(f"`window` must have the shape ({length},); received {tuple(window.shape)}.")
    return window


@op
def stft(
    x: TensorLike,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: Any = "hann",
    center: bool = True,
) -> tuple[Tensor, Tensor]:
    """Transform overlapping pieces of the last axis: (…, n) → (real, imaginary), each (…, pieces, fft_length // 2 + 1).

    Args:
        window: what each piece is weighed with: "hann", "hamming", a tensor or None.
        center: whether the pieces are centred on their places, with the ends mirrored.
    """
    _check_stride(sequence_stride)
    x = _with_axes(as_tensor(x), 1)
    if not x.is_floating_point():
        raise TypeError(f"`x` must be of a float dtype; received {x.dtype}.")
    if fft_length < sequence_length:
        raise ValueError(f"`fft_length` must be at least `sequence_length`, {sequence_length}; received {fft_length}.")
    flat = x.reshape(-1, x.shape[-1])
    y = torch.stft(
        flat,
        n_fft=fft_length,
        hop_length=sequence_stride,
        win_length=sequence_length,
        window=_window(window, sequence_length, x),
        center=center,
        return_complex=True,
    )
    return _parts(y.transpose(-1, -2).reshape(*x.shape[:-1], y.shape[-1], y.shape[-2]))


@op
def istft(
    x: tuple[TensorLike, TensorLike],
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Tensor:
    """Add the pieces that `stft` transformed up to a signal again: (…, pieces, fft_length // 2 + 1) → (…, n)."""
    _check_stride(sequence_stride)
    spectrum = _with_axes(_complex(x), 2)
    weights = None if window is None else _window(window, sequence_length, spectrum.real)
    batch = spectrum.shape[:-2]
    flat = spectrum.reshape(-1, *spectrum.shape[-2:])
    if sequence_length == fft_length and center and weights is not None:
        signal = torch.istft(
            flat.transpose(-1, -2), fft_length, sequence_stride, sequence_length, weights, center=True, length=length
        )
        return signal.reshape(*batch, -1)
    pieces = torch.fft.irfft(flat, n=fft_length)
    if weights is not None:
        pieces = pieces * _inverse_window(weights, fft_length, sequence_stride)
    signal = _overlap_add(pieces, sequence_stride)
    start = fft_length // 2 if center else 0
    end = start + length if length is not None else signal.shape[-1] - start
    return signal[:, start:end].reshape(*batch, -1)


def _inverse_window(window: Tensor, length: int, stride: int) -> Tensor:
    """What the pieces are weighed with so that, added up, they are as they were before the window."""
    left = (length - window.shape[0]) // 2
    window = F.pad(window, (left, length - window.shape[0] - left))
    turns = -(-length // stride)
    total = F.pad(window.square(), (0, turns * stride - length)).reshape(turns, stride).sum(0)
    return window / total.repeat(turns)[:length]


def _overlap_add(pieces: Tensor, stride: int) -> Tensor:
    """Lay (batch, pieces, length) over each other, `stride` apart, and add."""
    count, length = pieces.shape[-2:]
    size = stride * (count - 1) + length
    return F.fold(pieces.transpose(1, 2), (1, size), (1, length), stride=(1, stride)).reshape(-1, size)
