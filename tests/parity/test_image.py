"""Operations on images against Keras's: numbers, shapes and dtypes, for one image and several, channels last and first."""

import itertools

import keras
import numpy as np
import pytest
import torch

from kerasish import ops

SIZES = (2, 7, 9, 3)
FORMS = list(itertools.product(["channels_last", "channels_first"], [True, False]))
MAPS = [[0.9, 0.2, 1.3, -0.1, 1.1, -0.7, 0.0, 0.0], [1.0, 0.0, -2.5, 0.0, 1.0, 30.0, 0.0, 0.0]]


def images(form, dtype="float32"):
    last, batched = form[0] == "channels_last", form[1]
    array = np.random.default_rng(5).uniform(0, 1, size=SIZES)
    array = (array * 255).astype(dtype) if dtype == "uint8" else array.astype(dtype)
    array = array if last else array.transpose(0, 3, 1, 2)
    return torch.as_tensor(np.ascontiguousarray(array if batched else array[0]))


def both(name, *args, **kwargs):
    return tuple(
        getattr(room.ops.image, name)(*(arg.clone() if isinstance(arg, torch.Tensor) else arg for arg in args), **kwargs)
        for room in (Ours, keras)
    )


class Ours:
    ops = ops


def hold(pair, **tolerances):
    ours, theirs = pair
    assert ours.dtype is theirs.dtype
    torch.testing.assert_close(ours, theirs, **(tolerances or {"rtol": 1e-4, "atol": 1e-5}))


each_form = pytest.mark.parametrize("form", FORMS, ids=str)


@each_form
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize(
    "more", [{}, {"antialias": True}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}], ids=str
)
def test_resize_agrees(form, interpolation, more):
    for size, dtype in (((4, 5), "float32"), ((11, 6), "uint8"), ((9, 20), "float16")):
        if "pad_to_aspect_ratio" in more:
            more = {**more, "fill_value": 0.5 if dtype != "uint8" else 3}
        tolerances = {"rtol": 1e-3, "atol": 1.0 if dtype == "uint8" else 1e-3 if dtype == "float16" else 1e-5}
        hold(both("resize", images(form, dtype), size, interpolation, data_format=form[0], **more), **tolerances)


@pytest.mark.parametrize("interpolation", ["lanczos3", "lanczos5"])
@pytest.mark.parametrize("antialias", [False, True])
def test_lanczos_is_that_of_scale_and_translate(interpolation, antialias):
    x = images(FORMS[0])
    resized = ops.image.resize(x, (5, 14), interpolation, antialias=antialias)
    scale = torch.tensor([5 / 7, 14 / 9])
    wanted = keras.ops.image.scale_and_translate(x, (2, 5, 14, 3), scale, torch.zeros(2), (1, 2), interpolation, antialias)
    torch.testing.assert_close(resized, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", ["linear", "cubic", "lanczos3", "lanczos5"])
@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_scale_and_translate_agrees(method, dtype):
    scale, move = torch.tensor([0.7, 1.9]), torch.tensor([1.5, -2.0])
    for antialias in (False, True):
        pair = both("scale_and_translate", images(FORMS[0], dtype), (2, 8, 10, 3), scale, move, (1, 2), method, antialias)
        hold(pair, rtol=1e-4, atol=1.0 if dtype == "uint8" else 1e-5)


@each_form
def test_crops_and_pads_agree(form):
    x = images(form)
    for told in (
        {"top_cropping": 1, "bottom_cropping": 2, "left_cropping": 0, "target_width": 4},
        {"target_height": 3, "bottom_cropping": 1, "left_cropping": 3, "right_cropping": 1},
    ):
        hold(both("crop_images", x, **told, data_format=form[0]))
    for told in (
        {"top_padding": 1, "bottom_padding": 2, "left_padding": 0, "target_width": 14},
        {"target_height": 13, "bottom_padding": 1, "left_padding": 3, "right_padding": 1},
    ):
        hold(both("pad_images", x, **told, data_format=form[0]))


@each_form
@pytest.mark.parametrize("name", ["rgb_to_grayscale", "rgb_to_hsv", "hsv_to_rgb"])
def test_colours_agree(name, form):
    hold(both(name, images(form), data_format=form[0]))
    if name == "rgb_to_hsv":
        grey = torch.ones_like(images(form)) * 0.5
        hold(both(name, grey, data_format=form[0]))
        hold(both(name, grey * 0, data_format=form[0]))


@each_form
@pytest.mark.parametrize("fill_mode", ["constant", "nearest", "wrap", "mirror", "reflect"])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_affine_transforms_agree(form, fill_mode, interpolation):
    maps = torch.tensor(MAPS if form[1] else MAPS[0])
    more = {"fill_mode": fill_mode, "fill_value": 0.25, "data_format": form[0]}
    hold(both("affine_transform", images(form), maps, interpolation, **more), rtol=1e-4, atol=2e-5)


@each_form
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_perspective_transforms_agree(form, interpolation):
    start = torch.tensor([[0.0, 0.0], [8.0, 0.0], [0.0, 6.0], [8.0, 6.0]])
    end = torch.tensor([[1.1, 0.3], [7.2, 1.4], [0.6, 5.1], [8.3, 6.2]])
    if form[1]:
        start, end = torch.stack([start, start]), torch.stack([end, end + 0.2])
    hold(both("perspective_transform", images(form), start, end, interpolation, 0.5, data_format=form[0]), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("fill_mode", ["constant", "nearest", "wrap", "mirror", "reflect"])
@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_map_coordinates_agree(fill_mode, order, dtype, rng):
    x = torch.as_tensor((rng.uniform(size=(4, 5, 6)) * 100).astype(dtype))
    places = torch.as_tensor(rng.uniform(-9, 14, size=(3, 8, 2)).astype("float32"))
    hold(both("map_coordinates", x, places, order, fill_mode, 7), rtol=1e-4, atol=1.0 if dtype == "int32" else 1e-4)


@each_form
def test_filters_agree(form):
    x = images(form)
    for size, sigma in ((3, 1.0), (5, 0.7)):
        hold(both("gaussian_blur", x, (size, size), (sigma, 2 * sigma), data_format=form[0]))
    if form[1]:
        hold(both("sobel_edges", x, data_format=form[0]))
    large = [images(form) for _ in range(2)]
    large[1] = large[1] * 0.8 + 0.1
    hold(both("ssim", *large, 1.0, 5, 1.1, data_format=form[0]))


@each_form
def test_patches_agree(form):
    x = images(form)
    for size, more in (
        (2, {}),
        ((3, 2), {"strides": (1, 2), "padding": "same"}),
        (3, {"dilation_rate": 2, "strides": 1}),
        (2, {"padding": "same"}),
    ):
        hold(both("extract_patches", x, size, **more, data_format=form[0]))


def test_patches_of_volumes_agree(rng):
    x = torch.as_tensor(rng.normal(size=(2, 5, 6, 7, 2)).astype("float32"))
    for more in ({}, {"strides": 1, "padding": "same"}, {"strides": 2, "padding": "same"}):
        hold(both("extract_patches_3d", x, (2, 3, 2), **more))
        hold(both("extract_patches", x, (2, 3, 2), **more))
    hold(both("extract_patches_3d", x.movedim(-1, 1), 2, data_format="channels_first"))
