"""RandomTranslation: moved images in training, the same ones otherwise."""

import pytest
import torch

from kerasish.layers import RandomTranslation

IMAGE = torch.arange(16.0).reshape(1, 4, 4, 1)


def test_images_stay_outside_of_training() -> None:
    assert RandomTranslation(0.5, 0.5)(IMAGE) is IMAGE


@pytest.mark.parametrize(
    ("height", "width", "rows"),
    [
        ((0.25, 0.25), 0.0, [[0, 0, 0, 0], [0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]),
        (0.0, (-0.25, -0.25), [[1, 2, 3, 0], [5, 6, 7, 0], [9, 10, 11, 0], [13, 14, 15, 0]]),
    ],
)
def test_a_part_of_the_size_is_moved_by(height: object, width: object, rows: list) -> None:
    layer = RandomTranslation(height, width, fill_mode="constant")
    torch.testing.assert_close(
        layer(IMAGE, training=True)[0, :, :, 0], torch.tensor(rows, dtype=torch.float32), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize(("mode", "first"), [("reflect", 0.0), ("nearest", 0.0), ("constant", 7.0)])
def test_what_lies_beyond_the_edge(mode: str, first: float) -> None:
    layer = RandomTranslation((0.25, 0.25), 0.0, fill_mode=mode, fill_value=7.0)
    assert layer(IMAGE, training=True)[0, 0, 0, 0].item() == pytest.approx(first, abs=1e-4)


def test_each_image_has_its_own_move_and_a_seed_repeats_them() -> None:
    images = IMAGE.expand(8, 4, 4, 1)
    moved = [RandomTranslation(0.5, 0.5, seed=3)(images, training=True) for _ in range(2)]
    assert torch.equal(*moved) and len({tuple(image.flatten().tolist()) for image in moved[0]}) > 1


def test_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match="`height_factor` must lie between -1 and 1"):
        RandomTranslation(2.0, 0.1)
    with pytest.raises(ValueError, match="`fill_mode` must be one of"):
        RandomTranslation(0.1, 0.1, fill_mode="wrap")
    with pytest.raises(ValueError, match="`interpolation`"):
        RandomTranslation(0.1, 0.1, interpolation="cubic")
