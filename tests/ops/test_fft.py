"""Fourier transforms: inputs of any kind, and arguments that cannot be."""

import numpy as np
import pytest
import torch

from kerasish import ops


def test_whole_numbers_are_transformed_as_floats():
    real, imaginary = ops.fft(([1, 2, 3, 4], [0, 0, 0, 0]))
    expected = np.fft.fft([1, 2, 3, 4])
    np.testing.assert_allclose(real, expected.real, atol=1e-6)
    np.testing.assert_allclose(imaginary, expected.imag, atol=1e-6)
    assert real.dtype is torch.float32


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: ops.fft2(([1.0], [0.0])), "`x` must have 2 axes or more"),
        (lambda: ops.rfft(1.0), "`x` must have 1 axes or more"),
        (lambda: ops.stft(torch.ones(8), 4, 0, 4), "`sequence_stride` must be a positive integer; received 0"),
        (lambda: ops.istft((torch.ones(2, 3), torch.ones(2, 3)), 4, -1, 4), "`sequence_stride` must be a positive integer"),
        (lambda: ops.extract_sequences(torch.ones(4), 2, 0), "`sequence_stride` must be a positive integer"),
        (lambda: ops.view_as_complex(torch.ones(3)), "`x` must have a last axis of size 2"),
    ],
)
def test_arguments_that_cannot_be_are_told(call, told):
    with pytest.raises(ValueError, match=told):
        call()
