"""Pooling: the numbers at the edges, every size and stride, and masks."""

import pytest
import torch

from kerasish.layers import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    GlobalAveragePooling1D,
    MaxPooling1D,
    MaxPooling2D,
)

STEPS = torch.tensor([[[1.0], [2.0], [3.0], [4.0], [5.0]]])


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (MaxPooling1D(2), [2.0, 4.0]),
        (MaxPooling1D(2, padding="same"), [2.0, 4.0, 5.0]),
        (MaxPooling1D(3, strides=1, padding="same"), [2.0, 3.0, 4.0, 5.0, 5.0]),
        (AveragePooling1D(2), [1.5, 3.5]),
        (AveragePooling1D(2, padding="same"), [1.5, 3.5, 5.0]),
        (AveragePooling1D(3, strides=1, padding="same"), [1.5, 2.0, 3.0, 4.0, 4.5]),
        (AveragePooling1D(4, strides=1, padding="same"), [2.0, 2.5, 3.5, 4.0, 4.5]),  # what lies outside does not count
    ],
)
def test_windows_at_the_edges(layer, expected):
    assert layer(STEPS).flatten().tolist() == expected


@pytest.mark.parametrize("kind", [MaxPooling2D, AveragePooling2D])
@pytest.mark.parametrize("size", [5, 6, 7, 8])
@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("window", [1, 2, 3, 4])
def test_same_gives_as_many_outputs_as_inputs_over_strides(kind, size, stride, window):
    x = -torch.rand(1, size, size + 1, 2)
    y = kind(window, strides=stride, padding="same")(x)
    assert y.shape == (1, -(-size // stride), -(-(size + 1) // stride), 2)
    assert (y < 0).all()  # zeros of padding would show


def test_channels_first_pools_the_same():
    x = torch.randn(2, 7, 8, 3)
    for layer in (MaxPooling2D, AveragePooling2D):
        last = layer(3, 2, "same")(x)
        first = layer(3, 2, "same", data_format="channels_first")(x.permute(0, 3, 1, 2).contiguous())
        torch.testing.assert_close(first.permute(0, 2, 3, 1), last)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_volumes_of_half_precision_are_averaged_on_the_cpu(dtype):
    y = AveragePooling3D(2, dtype=str(dtype)[6:])(torch.ones(1, 4, 4, 4, 2, dtype=dtype))
    assert y.dtype is dtype and (y == 1).all()


def test_what_is_masked_does_not_count_in_a_global_average():
    mask = torch.tensor([[True, True, False, False, False]])
    assert GlobalAveragePooling1D()(STEPS, mask=mask).tolist() == [[1.5]]
    assert GlobalAveragePooling1D(keepdims=True)(STEPS, mask=mask).tolist() == [[[1.5]]]
    first = GlobalAveragePooling1D(data_format="channels_first")
    assert first(STEPS.permute(0, 2, 1), mask=mask).tolist() == [[1.5]]
    assert GlobalAveragePooling1D().compute_mask(STEPS, mask) is None


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: MaxPooling2D((2, 2, 2)), ValueError, "`pool_size` must be one or 2 positive integers"),
        (lambda: MaxPooling2D(2, strides=0), ValueError, "`strides` must be"),
        (lambda: MaxPooling2D(padding="causal"), ValueError, "`padding` must be one of 'valid', 'same'"),
        (lambda: MaxPooling2D()(torch.zeros(2, 3, 3)), ValueError, "expects an input with 4 axes"),
        (lambda: MaxPooling2D(4)(torch.zeros(2, 3, 3, 1)), RuntimeError, "in MaxPooling2D 'max_pooling2d'"),
        (lambda: AveragePooling2D(), TypeError, "needs `pool_size`"),
    ],
)
def test_what_cannot_be_is_told(make, error, message):
    with pytest.raises(error, match=message):
        make()
