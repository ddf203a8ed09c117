"""Filters and patches: what parity with Keras does not reach."""

import pytest
import torch

from kerasish.ops import image


def test_a_kernel_that_is_no_square_has_its_own_size_along_each_axis():
    point = torch.zeros(1, 7, 7, 1)
    point[0, 3, 3] = 1.0
    blurred = image.gaussian_blur(point, (5, 3), (1.0, 1.0))[0, :, :, 0]
    assert (blurred.sum(1) > 0).tolist() == [False, True, True, True, True, True, False]
    assert (blurred.sum(0) > 0).tolist() == [False, False, True, True, True, False, False]
    assert blurred.sum().item() == pytest.approx(1.0)


def test_patches_of_a_patch_are_its_pixels_in_order():
    x = torch.arange(36.0).view(1, 4, 9, 1)
    assert image.extract_patches(x, (2, 3))[0, 1, 2].tolist() == [24.0, 25.0, 26.0, 33.0, 34.0, 35.0]


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="`kernel_size` must be odd"):
        image.gaussian_blur(torch.ones(4, 4, 1), (2, 2))
    with pytest.raises(ValueError, match="must be alike"):
        image.ssim(torch.ones(12, 12, 1), torch.ones(12, 13, 1))
    with pytest.raises(ValueError, match="at least as large as `filter_size`"):
        image.ssim(torch.ones(4, 4, 1), torch.ones(4, 4, 1))
    with pytest.raises(ValueError, match="must be of rank 3, or 4"):
        image.extract_patches(torch.ones(4, 4), 2)
    with pytest.raises(ValueError, match="`padding` must be one of"):
        image.extract_patches(torch.ones(4, 4, 1), 2, padding="full")
