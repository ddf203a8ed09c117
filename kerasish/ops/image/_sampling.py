"""Images looked up at other places: affine and perspective maps, random distortion, and coordinates in general."""

import itertools
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish.core import op as operation
from kerasish.ops._inputs import TensorLike, as_tensor, like
from kerasish.ops.image._filters import blur
from kerasish.ops.image._forms import as_before, check_choice, computing, form_of
from kerasish.random._seeds import generator_for

op = operation("keras.src.ops.image")

FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")
INTERPOLATIONS = ("bilinear", "nearest")

# Torch's kernel has these: its name for what lies beyond, and whether the images begin at the middle of their first pixel.
_PADDING = {
    "constant": ("zeros", False),
    "nearest": ("border", False),
    "reflect": ("reflection", False),
    "mirror": ("reflection", True),
}


def sample(images: Tensor, y: Tensor, x: Tensor, interpolation: str, fill_mode: str, fill_value: float) -> Tensor:
    """Look images (batch, channels, height, width) up at rows and columns (batch or 1, new_height, new_width), in pixels."""
    values = computing(images)
    height, width = images.shape[2:]
    if fill_mode == "wrap" or fill_mode == "mirror" and min(height, width) < 2:  # torch's kernel has none of these
        which = torch.arange(values.shape[0], device=values.device).view(-1, 1, 1)
        picked = _look_up(values.movedim(1, 0), [which, y, x], interpolation == "bilinear", fill_mode, fill_value)
        return as_before(picked.movedim(0, 1), images.dtype)
    if interpolation == "nearest":  # decided in pixels, where halves are exact
        y, x = y.round(), x.round()
    padding, from_middle = _PADDING[fill_mode]
    shifted = values - fill_value if fill_mode == "constant" and fill_value else values
    parts = [(at * 2 / (n - 1) - 1) if from_middle else (at * 2 + 1) / n - 1 for at, n in ((x, width), (y, height))]
    grid = torch.stack(parts, -1).to(values.dtype).expand(values.shape[0], -1, -1, -1)
    picked = F.grid_sample(shifted, grid, interpolation, padding, align_corners=from_middle)
    return as_before(picked + fill_value if shifted is not values else picked, images.dtype)


def pixels(images: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Give the row and the column of each pixel of images (…, height, width), as (height, 1) and (1, width)."""
    height, width = images.shape[-2:]
    rows, columns = (torch.arange(n, dtype=dtype, device=images.device) for n in (height, width))
    return rows.unsqueeze(1), columns.unsqueeze(0)


def transform(images: Tensor, maps: Tensor, interpolation: str, fill_mode: str, fill_value: float) -> Tensor:
    """Look images (batch, channels, height, width) up where maps (batch or 1, 8) send each pixel: see `affine_transform`."""
    rows, columns = pixels(images, maps.dtype)
    a0, a1, a2, b0, b1, b2, c0, c1 = maps.view(-1, 8, 1, 1).unbind(1)
    k = c0 * columns + c1 * rows + 1
    y, x = (b0 * columns + b1 * rows + b2) / k, (a0 * columns + a1 * rows + a2) / k
    return sample(images, y, x, interpolation, fill_mode, fill_value)


@op
def affine_transform(
    images: TensorLike,
    transform: TensorLike,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Map images: the pixel (x, y) of the result is looked up at another place.

    That is `((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)` with `k = c0 x + c1 y + 1`, counted from the upper left pixel.

    Args:
        images: (batch, height, width, channels) or one image, or with channels first.
        transform: [a0, a1, a2, b0, b1, b2, c0, c1], or one of these for each image.
        interpolation: "bilinear" or "nearest".
        fill_mode: what lies beyond the edge: "constant" (`fill_value`), "nearest" (the edge), "wrap" (the other side),
            "mirror" (turned about the pixel at the edge) or "reflect" (about the edge itself).
        fill_value: the value beyond the edge for "constant".

    Raises:
        ValueError: an unknown name, or a transform of another shape.

    >>> affine_transform([[[1.0], [2.0], [3.0]]], [1, 0, 1, 0, 1, 0, 0, 0]).flatten().tolist()
    [2.0, 3.0, 0.0]
    """
    check_choice("interpolation", interpolation, INTERPOLATIONS)
    check_choice("fill_mode", fill_mode, FILL_MODES)
    x, form = form_of(images, data_format)
    maps = like(transform, x)
    if maps.ndim not in (1, 2) or maps.shape[-1] != 8:
        raise ValueError(f"`transform` must be 8 numbers, or 8 for each image; received shape {tuple(maps.shape)}.")
    maps = maps.to(x.dtype if x.dtype is torch.float64 else torch.float32)
    return form.leave(_transform(form.enter(x), maps.reshape(-1, 8), interpolation, fill_mode, fill_value))


_transform = transform


@op
def perspective_transform(
    images: TensorLike,
    start_points: TensorLike,
    end_points: TensorLike,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Tilt images, so that four points of them come to four others.

    Args:
        images: (batch, height, width, channels) or one image, or with channels first.
        start_points, end_points: four (x, y) in pixels, (4, 2), or four for each image.
        interpolation: "bilinear" or "nearest".
        fill_value: the value of what lies beyond the edge.

    Raises:
        ValueError: an unknown interpolation, or points of another shape.

    >>> corners = [[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]]
    >>> perspective_transform(torch.eye(3).unsqueeze(-1), corners, corners).squeeze(-1).round().tolist()[1]
    [0.0, 1.0, 0.0]
    """
    check_choice("interpolation", interpolation, INTERPOLATIONS)
    x, form = form_of(images, data_format)
    dtype = torch.float64 if x.dtype is torch.float64 else torch.float32
    starts, ends = (like(points, x).to(dtype) for points in (start_points, end_points))
    if starts.shape != ends.shape or starts.ndim not in (2, 3) or tuple(starts.shape[-2:]) != (4, 2):
        told = f"{tuple(starts.shape)} and {tuple(ends.shape)}"
        raise ValueError(f"`start_points` and `end_points` must be (4, 2), or (images, 4, 2); received shapes {told}.")
    maps = homography(starts.reshape(-1, 4, 2), ends.reshape(-1, 4, 2))
    return form.leave(_transform(form.enter(x), maps, interpolation, "constant", fill_value))


def homography(starts: Tensor, ends: Tensor) -> Tensor:
    """The maps (batch, 8) that find for each end point (batch, 4, 2) the start point."""
    # x' = (a0 x + a1 y + a2) / (c0 x + c1 y + 1) is linear in a and c, and so is y': two equations for each point.
    place = torch.cat([ends, torch.ones_like(ends[..., :1])], -1)
    none = torch.zeros_like(place)
    for_x = torch.cat([place, none, -starts[..., :1] * ends], -1)
    for_y = torch.cat([none, place, -starts[..., 1:] * ends], -1)
    return torch.linalg.solve(torch.cat([for_x, for_y], 1), torch.cat([starts[..., 0], starts[..., 1]], 1))


@op
def elastic_transform(
    images: TensorLike,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Tensor:
    """Move each pixel at random, neighbours alike: by noise of deviation `sigma` that is blurred over `sigma` pixels.

    Args:
        images: (batch, height, width, channels) or one image, or with channels first.
        alpha: how many times the blurred noise is the move.
        sigma: how far the moves hang together, and how strong the noise is.
        interpolation: "bilinear" or "nearest".
        fill_mode, fill_value: what lies beyond the edge: see `affine_transform`.
        seed: an integer, or a SeedGenerator.

    Raises:
        ValueError: an unknown name.

    >>> elastic_transform(torch.ones(1, 8, 8, 1), seed=1).shape
    torch.Size([1, 8, 8, 1])
    """
    check_choice("interpolation", interpolation, INTERPOLATIONS)
    check_choice("fill_mode", fill_mode, FILL_MODES)
    given, form = form_of(images, data_format)
    x = form.enter(given)
    dtype = torch.float64 if x.dtype is torch.float64 else torch.float32
    shape, generator = (x.shape[0], 2, *x.shape[2:]), generator_for(seed, x.device)
    noise = torch.randn(shape, generator=generator, dtype=dtype, device=x.device) * sigma
    window = int(6 * sigma) | 1
    down, right = (alpha * blur(noise, (window, window), (sigma, sigma))).unbind(1)
    rows, columns = pixels(x, dtype)
    return form.leave(sample(x, rows + down, columns + right, interpolation, fill_mode, fill_value))


@op
def map_coordinates(
    inputs: TensorLike, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Tensor:
    """Look a tensor of any rank up at any places between its own.

    Args:
        inputs: the tensor.
        coordinates: the places, (rank, …): the first row along the first axis, and so on.
        order: 0 for the nearest value, 1 for linear interpolation.
        fill_mode, fill_value: what lies beyond the edge: see `affine_transform`.

    Shapes:
        (…) of the places → the same.

    Raises:
        ValueError: an unknown fill mode or order, or not one row for each axis.

    >>> map_coordinates([1.0, 2.0], [[0.0, 0.5, 3.0]], order=1).tolist()
    [1.0, 1.5, 0.0]
    """
    check_choice("fill_mode", fill_mode, FILL_MODES)
    if order not in (0, 1):
        raise ValueError(f"`order` must be 0, the nearest value, or 1, linear; received {order!r}.")
    x = as_tensor(inputs)
    places = coordinates.unbind(0) if isinstance(coordinates, Tensor) else [like(row, x) for row in coordinates]
    if len(places) != x.ndim or any(row.ndim < 1 for row in places):
        raise ValueError(f"`coordinates` must be a row for each axis of `inputs`, {x.ndim}; received {len(places)} rows.")
    if x.is_floating_point():
        return _look_up(x, list(places), order == 1, fill_mode, fill_value)
    return as_before(_look_up(x.double(), list(places), order == 1, fill_mode, int(fill_value)), x.dtype)


def _look_up(x: Tensor, places: list[Tensor], linear: bool, fill_mode: str, fill_value: float) -> Tensor:
    """Look (…, *space) up at a row of places for each of the last axes: (…, *places)."""
    lead = x.shape[: x.ndim - len(places)]
    sizes = x.shape[len(lead) :]
    flat = x.reshape(*lead, -1)
    ends: list[list[tuple[Tensor, Any]]] = []
    for at in places:
        low = at.floor() if linear and at.is_floating_point() else at.round() if at.is_floating_point() else at
        both = [(low.long(), 1)]
        if linear and at.is_floating_point():
            part = (at - low).to(x.dtype)
            both = [(low.long(), 1 - part), (low.long() + 1, part)]
        ends.append(both)
    total: Any = 0
    for corner in itertools.product(*ends):
        index: Any = 0
        weight: Any = 1
        inside: Any = True
        for (place, part), n in zip(corner, sizes):
            index = index * n + _folded(place, n, fill_mode)
            weight = weight * part
            inside = (place >= 0) & (place < n) & inside
        value = flat.index_select(-1, index.flatten()).view(*lead, *index.shape)
        total = total + weight * (torch.where(inside, value, fill_value) if fill_mode == "constant" else value)
    return total


def _folded(place: Tensor, n: int, fill_mode: str) -> Tensor:
    """The place inside of an axis of n that stands for one beyond."""
    if fill_mode in ("constant", "nearest"):
        return place.clamp(0, n - 1)
    if fill_mode == "wrap":
        return place % n
    if fill_mode == "mirror":
        return ((place + n - 1) % max(2 * n - 2, 1) - (n - 1)).abs() if n > 1 else torch.zeros_like(place)
    turned = place % (2 * n)
    return torch.minimum(turned, 2 * n - 1 - turned)
