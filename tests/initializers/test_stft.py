"""The kernels that make a convolution a Fourier transform."""

import numpy as np
import pytest
import torch

from kerasish.initializers import STFT


@pytest.mark.parametrize("window", [None, "hann", "hamming", "blackman", "bartlett", "boxcar"])
def test_a_frame_times_the_kernels_is_its_transform(window, rng):
    frame = rng.normal(size=64)
    real, imag = (STFT(side, window, scaling=None, periodic=True)((64, 1, 33), "float64") for side in ("real", "imag"))
    shape = np.ones(64)
    if window is not None:
        shape = STFT("real", window, scaling=None, periodic=True)((64, 1, 33), "float64")[:, 0, 0].numpy()
    expected = np.fft.rfft(frame * shape)
    np.testing.assert_allclose(frame @ real.squeeze(1).numpy(), expected.real, atol=1e-10)
    np.testing.assert_allclose(frame @ imag.squeeze(1).numpy(), expected.imag, atol=1e-10)


@pytest.mark.parametrize(("scaling", "order"), [("density", 2), ("spectrum", 1)])
def test_scaling_brings_the_windows_norm_to_one(scaling, order):
    kernel = STFT("real", "hamming", scaling)((20, 1, 5), "float64")
    assert torch.linalg.vector_norm(kernel[:, 0, 0], order).item() == pytest.approx(1)


def test_a_window_may_be_its_values():
    kernel = STFT(window=[1.0, 2.0, 3.0, 4.0], scaling=None)((4, 1, 3))
    assert kernel[:, 0, 0].tolist() == [1, 2, 3, 4]


def test_a_window_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"`window` must have as many values as a frame, 5; received shape \(4,\)"):
        STFT(window=[1.0, 2.0, 3.0, 4.0])((5, 1, 3))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"side": "left"}, "`side` must be 'real' or 'imag'; received 'left'"),
        ({"scaling": "none"}, "`scaling` must be 'density', 'spectrum' or None; received 'none'"),
    ],
)
def test_unknown_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        STFT(**options)


def test_scipys_windows_are_there_where_scipy_is():
    windows = pytest.importorskip("scipy.signal.windows")
    kernel = STFT(window="nuttall", scaling=None)((16, 1, 9), "float64")
    np.testing.assert_allclose(kernel[:, 0, 0], windows.nuttall(16), atol=1e-12)
    with pytest.raises(ValueError):
        STFT(window="nosuchwindow")
