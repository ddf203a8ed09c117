"""Convolutions: no copies of images, checked arguments, what each kind of padding means."""

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from kerasish.layers import (
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Conv3DTranspose,
    DepthwiseConv2D,
)

IMAGE = (2, 9, 9, 4)
UNCOPIED = [
    (Conv1D(8, 3), (2, 9, 4)),
    (Conv2D(8, 3), IMAGE),
    (Conv2D(8, 3, padding="same"), IMAGE),
    (Conv2D(8, 3, strides=2, padding="same"), IMAGE),
    (Conv2D(8, 1, strides=2), IMAGE),
    (Conv2D(8, 3, groups=2, dilation_rate=2), IMAGE),
    (Conv2D(8, 3, data_format="channels_first"), (2, 4, 9, 9)),
    (DepthwiseConv2D(3, depth_multiplier=2), IMAGE),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("layer", "shape"), UNCOPIED, ids=lambda value: str(value)[:40])
def test_a_step_copies_no_image_and_no_kernel_forward(layer, shape):
    x = torch.rand(shape, requires_grad=True)
    gradient = torch.ones_like(layer(x))
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as forward:
        y = layer(x)
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as backward:
        y.backward(gradient)
    assert [event.name for event in forward.events() if copies(event)] == []
    # torch's own convolution copies the gradient of a channels_last kernel, which is small.
    kernels = {weight.numel() for weight in layer.weights}
    sizes = {torch.Size(event.input_shapes[0]).numel() for event in backward.events() if copies(event)}
    assert sizes <= kernels
    assert y.is_contiguous() and x.grad.is_contiguous()
    assert all(weight.grad.stride() == weight.stride() for weight in layer.weights)


def copies(event):
    return event.name in ("aten::copy_", "aten::clone", "aten::contiguous")


@pytest.mark.parametrize("layer", [Conv2D(6, 3), Conv2DTranspose(6, 3)], ids=["conv", "transposed"])
def test_a_kernel_is_kerass_in_shape_and_torchs_in_memory(layer):
    layer.build((None, 9, 9, 4))
    seen = layer.kernel.permute(3, 2, 0, 1)
    assert tuple(seen.shape) == (6, 4, 3, 3) if type(layer) is Conv2D else (4, 6, 3, 3)
    assert seen.is_contiguous(memory_format=torch.channels_last)


def test_causal_outputs_do_not_see_later_steps():
    layer = Conv1D(3, 3, padding="causal", dilation_rate=2)
    x = torch.randn(1, 10, 2)
    changed = x.clone()
    changed[:, 6:] += 1
    assert torch.equal(layer(x)[:, :6], layer(changed)[:, :6])
    assert not torch.equal(layer(x)[:, 6:], layer(changed)[:, 6:])
    assert layer(x).shape == (1, 10, 3)


@pytest.mark.parametrize("size", [7, 8, 9, 10])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
def test_same_gives_as_many_outputs_as_inputs_over_strides(size, stride, kernel):
    outputs = Conv2D(1, kernel, strides=stride, padding="same")(torch.zeros(1, size, size + 1, 1))
    assert outputs.shape == (1, -(-size // stride), -(-(size + 1) // stride), 1)


def test_same_pads_more_after_than_before():
    layer = Conv1D(1, 2, padding="same", kernel_initializer="ones", use_bias=False)
    assert layer(torch.tensor([[[1.0], [2.0], [3.0]]])).flatten().tolist() == [3.0, 5.0, 3.0]


def test_groups_see_only_their_own_channels():
    layer = Conv2D(4, 1, groups=2)
    x = torch.randn(1, 2, 2, 6)
    changed = x.clone()
    changed[..., 3:] += 1
    difference = (layer(x) - layer(changed)).abs().sum((0, 1, 2))
    assert difference[:2].tolist() == [0.0, 0.0] and (difference[2:] > 0).all()


def test_unknown_sizes_of_space_stay_unknown():
    assert Conv2D(4, 3, strides=2).compute_output_shape((None, None, 9, 3)) == (None, None, 4, 4)


def test_conv3d_transpose_has_keras_order_of_arguments():
    layer = Conv3DTranspose(4, 3, 2, "same", "channels_last", 1)
    assert layer.data_format == "channels_last" and layer.output_padding == (1, 1, 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2D(0, 3), "`filters` must be a positive integer; received 0."),
        (lambda: Conv2D(4, (3, 3, 3)), "`kernel_size` must be one or 2 positive integers"),
        (lambda: Conv2D(4, 0), "`kernel_size` must be one or 2 positive integers; received 0."),
        (lambda: Conv2D(4, 3, strides="2"), "`strides` must be"),
        (lambda: Conv2D(4, 3, padding="causal"), "`padding` must be one of 'valid', 'same'; received 'causal'."),
        (lambda: Conv2D(4, 3, groups=3), "`filters` must be a multiple of `groups`"),
        (lambda: Conv2D(4, 3, strides=2, dilation_rate=2), "must not both be above 1"),
        (lambda: Conv2D(4, 3, data_format="nhwc"), "`data_format` must be"),
        (lambda: Conv2D(4, 3, groups=2)(torch.zeros(1, 5, 5, 3)), "a multiple of `groups` 2; received 3"),
        (lambda: Conv2D(4, 6)(torch.zeros(1, 5, 5, 3)), "does not fit into an input of shape"),
        (lambda: Conv2D(4, 3).build((None, 5, 5, None)), "the channel axis of the input must be known"),
        (lambda: Conv2D(4, 3)(torch.zeros(5, 5, 3)), "expects an input with 4 axes"),
        (lambda: Conv1DTranspose(4, 3, strides=2, output_padding=2), "`output_padding` must be smaller than `strides`"),
        (lambda: DepthwiseConv2D(3, depth_multiplier=0), "`depth_multiplier` must be a positive integer"),
    ],
)
def test_what_cannot_be_is_told(make, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(").replace(".", r"\.")):
        make()


def test_later_inputs_must_have_the_channels_it_was_built_for():
    layer = Conv2D(4, 3)
    layer(torch.zeros(1, 5, 5, 3))
    with pytest.raises(ValueError, match="size 3 in axis -1"):
        layer(torch.zeros(1, 5, 5, 2))
