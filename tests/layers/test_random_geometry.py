"""Images changed at random: each in its own way, again with a seed, and not at all outside of training."""

import pytest
import torch

from kerasish import layers

IMAGE = torch.arange(48.0).view(1, 6, 8, 1)
MANY = IMAGE.expand(16, 6, 8, 1)
RANDOM = [
    ("RandomFlip", {}),
    ("RandomRotation", {"factor": 0.3}),
    ("RandomTranslation", {"height_factor": 0.5, "width_factor": 0.5}),
    ("RandomZoom", {"height_factor": 0.3, "width_factor": 0.2}),
    ("RandomBrightness", {"factor": 0.3}),
    ("RandomContrast", {"factor": 0.3}),
]


@pytest.mark.parametrize("name, arguments", RANDOM)
def test_each_image_is_changed_in_its_own_way_and_a_seed_repeats_it(name, arguments):
    one, other = (getattr(layers, name)(**arguments, seed=3) for _ in range(2))
    changed = one(MANY, training=True)
    assert torch.equal(changed, other(MANY, training=True))
    assert not torch.equal(changed, one(MANY, training=True))
    assert len({tuple(image.flatten().tolist()) for image in changed}) > 2
    assert one(MANY, training=False) is MANY


@pytest.mark.parametrize("mode, ways", [("horizontal", [(), (1,)]), ("vertical", [(), (0,)]), ("horizontal_and_vertical", None)])
def test_flips_turn_over_what_they_say(mode, ways):
    flipped = layers.RandomFlip(mode, seed=1)(MANY, training=True)
    known = [(), (0,), (1,), (0, 1)]
    found = {way for way in known for image in flipped if torch.equal(image, IMAGE[0].flip(way))}
    assert found == set(ways or known)


def test_half_a_turn_is_both_flips():
    turned = layers.RandomRotation((0.5, 0.5))(IMAGE, training=True)
    torch.testing.assert_close(turned, IMAGE.flip(1, 2), atol=1e-3, rtol=0)


def test_crops_are_parts_of_the_images_at_one_place_for_a_batch():
    layer, places = layers.RandomCrop(2, 3, seed=5), set()
    for _ in range(40):
        part = layer(MANY, training=True)
        top, left = divmod(int(part[0, 0, 0, 0]), 8)
        assert torch.equal(part, MANY[:, top : top + 2, left : left + 3])
        places.add((top, left))
    assert {top for top, _ in places} == set(range(5)) and {left for _, left in places} == set(range(6))


def test_crops_outside_of_training_show_the_middle_part():
    torch.testing.assert_close(layers.RandomCrop(3, 3)(IMAGE, training=False), layers.Resizing(3, 3)(IMAGE[:, :, 1:7]))
    assert layers.RandomCrop(9, 3)(IMAGE, training=True).shape == (1, 9, 3, 1)


def test_widths_are_random_for_a_batch():
    layer = layers.RandomWidth(0.5, seed=2)
    widths = {layer(MANY, training=True).shape[2] for _ in range(30)}
    assert len(widths) > 3 and min(widths) >= 4 and max(widths) <= 12
    assert torch.equal(layer(MANY), MANY)
    assert layer(layers.Input((6, 8, 1))).shape == (None, 6, None, 1)
    fixed = layers.RandomWidth((-0.5, -0.5))(IMAGE, training=True)
    torch.testing.assert_close(fixed, layers.Resizing(6, 4)(IMAGE))
    again = layers.RandomWidth.from_config(layer.get_config())
    assert again.factor == 0.5 and again.seed == 2


def test_whole_numbers_come_out_as_floats():
    whole = torch.zeros(2, 4, 4, 3, dtype=torch.uint8)
    assert layers.RandomFlip()(whole).dtype is layers.RandomFlip()(whole, training=True).dtype is torch.float32


FOURS = torch.arange(16.0).reshape(1, 4, 4, 1)


@pytest.mark.parametrize(
    ("height", "width", "rows"),
    [
        ((0.25, 0.25), 0.0, [[0, 0, 0, 0], [0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]),
        (0.0, (-0.25, -0.25), [[1, 2, 3, 0], [5, 6, 7, 0], [9, 10, 11, 0], [13, 14, 15, 0]]),
    ],
)
def test_a_part_of_the_size_is_moved_by(height, width, rows):
    layer = layers.RandomTranslation(height, width, fill_mode="constant")
    torch.testing.assert_close(
        layer(FOURS, training=True)[0, :, :, 0], torch.tensor(rows, dtype=torch.float32), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize(("mode", "first"), [("reflect", 0.0), ("nearest", 0.0), ("constant", 7.0), ("wrap", 12.0)])
def test_what_lies_beyond_the_edge_of_a_moved_image(mode, first):
    layer = layers.RandomTranslation((0.25, 0.25), 0.0, fill_mode=mode, fill_value=7.0)
    assert layer(FOURS, training=True)[0, 0, 0, 0].item() == pytest.approx(first, abs=1e-4)


def test_one_image_is_moved_without_a_batch():
    layer = layers.RandomTranslation((0.25, 0.25), 0.0, fill_mode="nearest")
    assert layer(FOURS[0], training=True)[:, 0, 0].tolist() == [0.0, 0.0, 4.0, 8.0]


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="`height_factor` must be a number, or a pair, between -1.0 and 1.0; received 2.0"):
        layers.RandomTranslation(2.0, 0.1)
    with pytest.raises(ValueError, match="`interpolation`"):
        layers.RandomTranslation(0.1, 0.1, interpolation="cubic")
    with pytest.raises(ValueError, match="`mode` must be one of"):
        layers.RandomFlip("sideways")
    with pytest.raises(ValueError, match="`factor` must be a number, or a pair, between -1.0 and 1.0; received 2"):
        layers.RandomRotation(2)
    with pytest.raises(ValueError, match="`fill_mode` must be one of"):
        layers.RandomZoom(0.1, fill_mode="mirror")
    with pytest.raises(ValueError, match="must be above -1"):
        layers.RandomZoom((-1, 0))
    with pytest.raises(ValueError, match="`value_range` must be a pair"):
        layers.RandomBrightness(0.1, value_range=3)
    with pytest.raises(ValueError, match="`factor` must be a number, or a pair, between 0.0"):
        layers.RandomContrast((-0.1, 0.3))
    with pytest.raises(ValueError, match="`height` must be a positive integer"):
        layers.RandomCrop(-1, 3)
    with pytest.raises(ValueError, match="must be above -1"):
        layers.RandomWidth((-1, 0))
