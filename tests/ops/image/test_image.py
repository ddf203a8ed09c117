"""What all operations on images share: symbols, gradients, and one graph when compiled."""

import pytest
import torch

from kerasish.core import KerasTensor
from kerasish.ops import image

X = torch.rand(2, 8, 9, 3, generator=torch.Generator().manual_seed(1)) * 0.9 + 0.05
CORNERS = [[0.0, 0.0], [8.0, 0.0], [0.0, 7.0], [8.0, 7.0]]
MOVED = [[0.4, 0.3], [7.7, 0.1], [0.2, 7.3], [8.4, 6.8]]
CALLS = {
    "affine_transform": lambda x: image.affine_transform(
        x, torch.tensor([0.9, 0.1, 0.3, 0.0, 1.0, 0.2, 0.0, 0.0]), fill_mode="wrap"
    ),
    "crop_images": lambda x: image.crop_images(x, 1, 2, target_height=3, right_cropping=1),
    "elastic_transform": lambda x: image.elastic_transform(x, alpha=2.0, sigma=1.0),
    "extract_patches": lambda x: image.extract_patches(x, (3, 2), 2, padding="same"),
    "extract_patches_3d": lambda x: image.extract_patches_3d(x.unsqueeze(-1), (2, 3, 1)),
    "gaussian_blur": lambda x: image.gaussian_blur(x, (5, 3), (0.5, 2.0)),
    "hsv_to_rgb": image.hsv_to_rgb,
    "map_coordinates": lambda x: image.map_coordinates(x[0], torch.full((3, 5), 1.3), 1),
    "pad_images": lambda x: image.pad_images(x, 1, 2, target_height=14, right_padding=1),
    "perspective_transform": lambda x: image.perspective_transform(x, torch.tensor(CORNERS), torch.tensor(MOVED)),
    "resize": lambda x: image.resize(x, (5, 12), "bicubic", antialias=True, crop_to_aspect_ratio=True),
    "rgb_to_grayscale": image.rgb_to_grayscale,
    "rgb_to_hsv": image.rgb_to_hsv,
    "scale_and_translate": lambda x: image.scale_and_translate(
        x, (x.shape[0], 5, 9, 3), torch.tensor([0.6]), torch.tensor([1.0]), (1,), "lanczos3"
    ),
    "sobel_edges": image.sobel_edges,
    "ssim": lambda x: image.ssim(x, x * 0.9, filter_size=5),
}
RANDOM = {"elastic_transform"}
each = pytest.mark.parametrize("name", sorted(image.__all__))


@each
def test_symbols_have_the_shape_and_dtype_of_the_result(name):
    batch = None if name not in ("map_coordinates", "scale_and_translate", "extract_patches_3d") else 2
    symbol, result = CALLS[name](KerasTensor((batch, 8, 9, 3))), CALLS[name](X)
    assert tuple(n or 2 for n in symbol.shape) == tuple(result.shape)
    assert symbol.dtype == str(result.dtype)[6:]


@each
def test_gradients_are_there_and_finite(name):
    x = X.clone().requires_grad_()
    result = CALLS[name](x)
    (result * torch.linspace(0.1, 1, result.numel()).view(result.shape)).sum().backward()
    assert torch.isfinite(x.grad).all() and x.grad.abs().max() > 0


@each
def test_it_compiles_to_one_graph(name):
    torch._dynamo.reset()
    compiled = torch.compile(CALLS[name], fullgraph=True, backend="eager")(X)
    if name not in RANDOM:
        torch.testing.assert_close(compiled, CALLS[name](X))


def test_images_of_another_rank_are_told():
    with pytest.raises(ValueError, match="`images` must be one image, of rank 3, or a batch of rank 4"):
        image.resize(torch.ones(3, 3), (2, 2))
