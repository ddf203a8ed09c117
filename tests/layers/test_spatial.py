"""What spatial layers share: forms of arguments, views and paddings."""

import pytest
import torch

from kerasish.layers._spatial import View, per_axis, same_padding


def test_one_number_stands_for_every_axis():
    assert per_axis(3, 2, "strides") == (3, 3) and per_axis([1, 2], 2, "strides") == (1, 2)
    assert per_axis(0, 1, "padding", allow_zero=True) == (0,)
    for wrong in (0, -1, (1,), (1, 2, 3), "ab", None, 1.5, (True, 1)):
        with pytest.raises(ValueError, match=r"`strides` must be one or 2 positive integers"):
            per_axis(wrong, 2, "strides")


@pytest.mark.parametrize(("size", "window", "stride", "expected"), [(28, 3, 1, (1, 1)), (28, 3, 2, (0, 1)), (5, 1, 3, (0, 0))])
def test_same_pads_what_is_missing_mostly_behind(size, window, stride, expected):
    assert same_padding(size, window, stride) == expected


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_views_show_torchs_memory_formats_and_copy_nothing(rank):
    x = torch.zeros(2, *range(5, 5 + rank), 3)
    view = View(rank, "channels_last")
    seen = view.enter(x)
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    assert seen.shape[:2] == (2, 3) and seen.is_contiguous(memory_format=formats[seen.ndim])
    assert view.leave(seen).shape == x.shape and view.leave(seen).data_ptr() == x.data_ptr()
    assert View(rank, "channels_first").enter(x) is x
