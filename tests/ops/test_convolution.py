"""Convolutions and poolings: memory is not copied, and "same" is TensorFlow's."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from kerasish import ops
from kerasish.ops._padding import same_sides, transposed_size


def test_channels_last_goes_in_and_out_without_a_copy():
    x = torch.rand(2, 8, 8, 4)
    weight = torch.rand(6, 4, 3, 3).contiguous(memory_format=torch.channels_last)
    y = ops.conv(x, weight.permute(2, 3, 1, 0), padding="same")
    assert y.shape == (2, 8, 8, 6)
    assert y.is_contiguous()
    torch.testing.assert_close(y.permute(0, 3, 1, 2), F.conv2d(x.permute(0, 3, 1, 2), weight, padding=1))
    assert ops.max_pool(x, 2, padding="same").is_contiguous()


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize("window", range(1, 6))
@pytest.mark.parametrize("stride", range(1, 5))
def test_same_pooling_takes_the_windows_that_same_means(size, window, stride):
    x = torch.randn(1, size, 1)
    before, _ = same_sides(size, window, stride)
    starts = [i * stride - before for i in range(-(-size // stride))]
    windows = [x[0, max(start, 0) : start + window, 0] for start in starts]
    assert ops.max_pool(x, window, stride, "same").flatten().tolist() == [part.max().item() for part in windows]
    average = ops.average_pool(x, window, stride, "same").flatten()
    np.testing.assert_allclose(average, [part.mean().item() for part in windows], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("window", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("output_padding", [None, 0, 1])
def test_the_size_of_a_transposed_convolution_is_foretold(window, stride, padding, output_padding):
    y = ops.conv_transpose(torch.ones(1, 5, 1), torch.ones(window, 1, 1), stride, padding, output_padding)
    assert y.shape[1] == transposed_size(5, window, stride, 1, padding, output_padding)


def test_errors_say_the_rule():
    with pytest.raises(ValueError, match="`padding` must be one of 'valid', 'same'; received 'full'"):
        ops.conv(torch.ones(1, 5, 1), torch.ones(2, 1, 1), padding="full")
    with pytest.raises(ValueError, match="must divide those of the inputs, 4"):
        ops.conv(torch.ones(1, 5, 4), torch.ones(2, 3, 1))
    with pytest.raises(ValueError, match="`strides` must be an integer, or 1 of them"):
        ops.conv(torch.ones(1, 5, 1), torch.ones(2, 1, 1), strides=0)
    with pytest.raises(ValueError, match="1 to 3 spatial axes"):
        ops.max_pool(torch.ones(4, 4), 2)
