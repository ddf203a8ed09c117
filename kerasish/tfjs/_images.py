"""Images and convolutions: TensorFlow.js's windows over space, computed by `kerasish.ops`."""

from typing import Any

import torch
from torch import Tensor as Plain

from kerasish import ops
from kerasish.tfjs._operations import OPERATIONS, at_edge, operation

_LAST = {"NHWC", "NDHWC", "NWC"}


def _layout(data_format: str) -> str:
    if data_format in _LAST:
        return "channels_last"
    if data_format in ("NCHW", "NCDHW", "NCW"):
        return "channels_first"
    raise ValueError(f"`data_format` must be 'NHWC' or 'NCHW' (or 'NDHWC', 'NWC'); received {data_format!r}.")


def _padding(pad: Any) -> str:
    if pad in ("same", "valid"):
        return pad
    if pad == 0:
        return "valid"
    raise ValueError(f"`pad` must be 'same', 'valid' or 0; received {pad!r}. For another padding call tf.pad first.")


def _rounding(dim_rounding_mode: Any) -> None:
    if dim_rounding_mode is not None:
        raise ValueError(
            f"`dim_rounding_mode` goes with a number for `pad`, which is not supported; received {dim_rounding_mode!r}."
        )


def _batched(x: Plain, rank: int, function: Any) -> Plain:
    """Call on a batch of one where the batch axis is missing."""
    return function(x.unsqueeze(0)).squeeze(0) if x.ndim == rank - 1 else function(x)


def _convolution(name: str, rank: int, layout: str) -> None:
    def convolve(
        x: Plain, filter: Plain, strides: Any, pad: Any, data_format: str = layout, dilations: Any = 1,
        dim_rounding_mode: Any = None,
    ) -> Plain:  # fmt: skip
        _rounding(dim_rounding_mode)
        arguments = (strides, _padding(pad), _layout(data_format), dilations)
        return _batched(x, rank, lambda batch: ops.conv(batch, filter, *arguments))

    operation(name, 2, method=rank < 5)(convolve)


_convolution("conv1d", 3, "NWC")
_convolution("conv2d", 4, "NHWC")
_convolution("conv3d", 5, "NDHWC")


def _transposed(name: str, rank: int) -> None:
    def convolve(x: Plain, filter: Plain, output_shape: Any, strides: Any, pad: Any, dim_rounding_mode: Any = None) -> Plain:
        _rounding(dim_rounding_mode)
        made = _batched(x, rank, lambda batch: ops.conv_transpose(batch, filter, strides, _padding(pad), None, "channels_last"))
        if list(made.shape) != list(output_shape):
            raise ValueError(
                f"{name}: `output_shape` must be {list(made.shape)} for these strides; received {list(output_shape)}."
            )
        return made

    operation(name, 2, method=rank < 5)(convolve)


_transposed("conv2dTranspose", 4)
_transposed("conv3dTranspose", 5)


@operation("depthwiseConv2d", 2)
def _depthwise(
    x: Plain, filter: Plain, strides: Any, pad: Any, data_format: str = "NHWC", dilations: Any = 1, dim_rounding_mode: Any = None
) -> Plain:
    _rounding(dim_rounding_mode)
    arguments = (strides, _padding(pad), _layout(data_format), dilations)
    return _batched(x, 4, lambda batch: ops.depthwise_conv(batch, filter, *arguments))


@operation("separableConv2d", 3)
def _separable(
    x: Plain,
    depthwise_filter: Plain,
    pointwise_filter: Plain,
    strides: Any,
    pad: Any,
    dilation: Any = 1,
    data_format: str = "NHWC",
) -> Plain:
    arguments = (strides, _padding(pad), _layout(data_format), dilation)
    return _batched(x, 4, lambda batch: ops.separable_conv(batch, depthwise_filter, pointwise_filter, *arguments))


def _pooling(name: str, function: Any, rank: int, layout: str) -> None:
    def pool(
        x: Plain, filter_size: Any, strides: Any, pad: Any, dim_rounding_mode: Any = None, data_format: str = layout
    ) -> Plain:
        _rounding(dim_rounding_mode)
        arguments = (filter_size, strides, _padding(pad), _layout(data_format))
        return _batched(x, rank, lambda batch: function(batch, *arguments))

    operation(name, method=rank < 5)(pool)


_pooling("maxPool", ops.max_pool, 4, "NHWC")
_pooling("avgPool", ops.average_pool, 4, "NHWC")
_pooling("maxPool3d", ops.max_pool, 5, "NDHWC")
_pooling("avgPool3d", ops.average_pool, 5, "NDHWC")


@operation("batchNorm")
def _batch_norm(
    x: Plain, mean: Any, variance: Any, offset: Any = None, scale: Any = None, variance_epsilon: float = 0.001
) -> Plain:
    made = (x - mean) * torch.rsqrt(variance + variance_epsilon)
    made = made if scale is None else made * scale
    return made if offset is None else made + offset


@operation("depthToSpace")
def _depth_to_space(x: Plain, block_size: int, data_format: str = "NHWC") -> Plain:
    return ops.depth_to_space(x, block_size, _layout(data_format))


@operation("localResponseNormalization")
def _local_response(x: Plain, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5) -> Plain:
    squares = torch.nn.functional.pad(torch.square(x), (depth_radius, depth_radius))
    sums = squares.unfold(-1, 2 * depth_radius + 1, 1).sum(-1)
    return x / (bias + alpha * sums) ** beta


OPERATIONS.update({f"batchNorm{_rank}d": OPERATIONS["batchNorm"] for _rank in (2, 3, 4)})


# tf.image


def _resized(images: Plain, size: Any, align_corners: bool, half_pixel_centers: bool, mode: str) -> Plain:
    if align_corners and half_pixel_centers:
        raise ValueError("`align_corners` and `half_pixel_centers` exclude each other.")
    height, width = size
    made = images if images.ndim == 4 else images.unsqueeze(0)
    rows = _places(made.shape[1], height, align_corners, half_pixel_centers, made.device)
    columns = _places(made.shape[2], width, align_corners, half_pixel_centers, made.device)
    if mode == "nearest":
        taken = [(_nearest(places, align_corners)).clamp(0, last - 1) for places, last in zip((rows, columns), made.shape[1:3])]
        made = made.index_select(1, taken[0]).index_select(2, taken[1])
    else:
        made = _blended(_blended(made.float(), rows, 1), columns, 2)
    return made if images.ndim == 4 else made.squeeze(0)


def _places(size: int, wanted: int, align_corners: bool, half_pixel_centers: bool, device: Any) -> Plain:
    """Where in the old axis the values of the new one lie."""
    counted = torch.arange(wanted, device=device, dtype=torch.float32)
    if align_corners and wanted > 1:
        return counted * ((size - 1) / (wanted - 1))
    return (counted + 0.5) * (size / wanted) - 0.5 if half_pixel_centers else counted * (size / wanted)


def _nearest(places: Plain, align_corners: bool) -> Plain:
    return (torch.round(places) if align_corners else torch.floor(places)).long()


def _blended(x: Plain, places: Plain, axis: int) -> Plain:
    places = places.clamp(0, x.shape[axis] - 1)
    low = places.floor().long()
    high = (low + 1).clamp(max=x.shape[axis] - 1)
    part = (places - low).reshape([-1 if place == axis else 1 for place in range(x.ndim)])
    return x.index_select(axis, low) * (1 - part) + x.index_select(axis, high) * part


@operation("resizeBilinear")
def _resize_bilinear(images: Plain, size: Any, align_corners: bool = False, half_pixel_centers: bool = False) -> Plain:
    return _resized(images, size, align_corners, half_pixel_centers, "bilinear")


@operation("resizeNearestNeighbor")
def _resize_nearest(images: Plain, size: Any, align_corners: bool = False, half_pixel_centers: bool = False) -> Plain:
    if half_pixel_centers:
        raise ValueError("`half_pixel_centers` must be False for the nearest neighbour; use resizeBilinear.")
    return _resized(images, size, align_corners, False, "nearest")


def _flip_left_right(image: Plain) -> Plain:
    return torch.flip(image, (2,))


def _grayscale_to_rgb(image: Plain) -> Plain:
    return image.expand(*image.shape[:-1], 3)


def _rgb_to_grayscale(image: Plain) -> Plain:
    weights = torch.tensor([0.2989, 0.587, 0.114], device=image.device)
    return (image.float() * weights).sum(-1, keepdim=True).to(image.dtype)


IMAGES = {
    "flipLeftRight": at_edge("image.flipLeftRight", _flip_left_right, 1),
    "grayscaleToRGB": at_edge("image.grayscaleToRGB", _grayscale_to_rgb, 1),
    "rgbToGrayscale": at_edge("image.rgbToGrayscale", _rgb_to_grayscale, 1),
    "resizeBilinear": at_edge("image.resizeBilinear", _resize_bilinear, 1),
    "resizeNearestNeighbor": at_edge("image.resizeNearestNeighbor", _resize_nearest, 1),
}
