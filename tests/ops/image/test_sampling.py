"""Maps of images: what parity with Keras does not reach."""

import pytest
import torch

from kerasish.ops import image
from kerasish.ops.image._sampling import homography

ROW = torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1)


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        ("constant", [9, 9, 9, 1]),
        ("nearest", [1, 1, 1, 1]),
        ("wrap", [1, 2, 3, 1]),
        ("mirror", [2, 3, 2, 1]),
        ("reflect", [3, 2, 1, 1]),
    ],
)
def test_what_lies_beyond_the_edge(mode, wanted):
    places = torch.tensor([[-3.0, -2.0, -1.0, 0.0]])
    assert image.map_coordinates(ROW.flatten(), places, 1, mode, 9).tolist() == wanted
    wide = torch.cat([ROW, torch.zeros(1, 1, 1)], 1)[:, :3]
    moved = image.affine_transform(wide, [1.0, 0, -2, 0, 1, 0, 0, 0], fill_mode=mode, fill_value=9)
    assert moved.flatten().tolist() == wanted[1:]


def test_the_last_two_numbers_of_a_transform_are_a_perspective():
    starts, ends = (
        torch.tensor([[[0.0, 0], [5, 0], [0, 4], [5, 4]]]),
        torch.tensor([[[0.3, 0.1], [4.4, 0.6], [0.2, 3.5], [5, 4]]]),
    )
    x = torch.rand(1, 5, 6, 2)
    torch.testing.assert_close(image.affine_transform(x, homography(starts, ends)), image.perspective_transform(x, starts, ends))


def test_perspective_brings_start_points_to_end_points():
    x = torch.zeros(1, 9, 9, 1)
    x[0, 2, 3] = 1.0
    start, end = [[3.0, 2.0], [0.0, 8.0], [8.0, 0.0], [8.0, 8.0]], [[5.0, 4.0], [0.0, 8.0], [8.0, 0.0], [8.0, 8.0]]
    assert image.perspective_transform(x, start, end)[0, 4, 5, 0].item() == pytest.approx(1.0, abs=1e-3)


def test_elastic_moves_repeat_with_a_seed_and_differ_between_images():
    x = torch.rand(1, 12, 12, 1).expand(2, -1, -1, -1)
    one, other = (image.elastic_transform(x, 5.0, 2.0, seed=3) for _ in range(2))
    assert torch.equal(one, other) and not torch.equal(one[0], one[1])
    torch.testing.assert_close(image.elastic_transform(x, 0.0, 2.0), x, atol=1e-5, rtol=0)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="`fill_mode` must be one of"):
        image.affine_transform(ROW, [1.0, 0, 0, 0, 1, 0, 0, 0], fill_mode="edge")
    with pytest.raises(ValueError, match="`transform` must be 8 numbers"):
        image.affine_transform(ROW, [1.0, 0, 0])
    with pytest.raises(ValueError, match="`interpolation` must be one of"):
        image.elastic_transform(ROW, interpolation="bicubic")
    with pytest.raises(ValueError, match="`order` must be 0"):
        image.map_coordinates(ROW, torch.zeros(3, 1), 2)
    with pytest.raises(ValueError, match="a row for each axis of `inputs`, 3; received 2"):
        image.map_coordinates(ROW, torch.zeros(2, 1), 1)
    with pytest.raises(ValueError, match=r"must be \(4, 2\)"):
        image.perspective_transform(ROW, torch.zeros(3, 2), torch.zeros(3, 2))
