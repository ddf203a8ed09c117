"""Normalization of samples: the numbers, along any axis, in half precision too."""

import pytest
import torch

from kerasish.layers import GroupNormalization, LayerNormalization, RMSNormalization, UnitNormalization


def by_hand(x, axes, epsilon=1e-3):
    return (x - x.mean(axes, keepdim=True)) / (x.var(axes, correction=0, keepdim=True) + epsilon).sqrt()


@pytest.mark.parametrize("axis", [-1, 1, 2, [1, 2], [-1, 1], [1, 3]])
def test_layer_normalization_along_any_axes(axis):
    x = torch.randn(2, 3, 4, 5)
    axes = [axis] if isinstance(axis, int) else axis
    torch.testing.assert_close(LayerNormalization(axis=axis)(x), by_hand(x, axes))


@pytest.mark.parametrize("axis", [-1, 1, [1, 2], [1, 3]])
def test_rms_normalization_along_any_axes(axis):
    x = torch.randn(2, 3, 4, 5)
    axes = [axis] if isinstance(axis, int) else axis
    torch.testing.assert_close(RMSNormalization(axis=axis)(x), x / (x.square().mean(axes, keepdim=True) + 1e-6).sqrt())


def test_old_files_scaling_is_by_the_variance():
    x = torch.randn(2, 3, 4)
    layer = LayerNormalization(rms_scaling=True, axis=1)
    torch.testing.assert_close(layer(x), x / (x.var(1, correction=0, keepdim=True) + 1e-3).sqrt())
    assert [weight.name for weight in layer.weights] == ["gamma"]


def test_scale_and_offset_belong_to_their_axis():
    layer = LayerNormalization(axis=1)
    layer(torch.randn(2, 3, 4))
    layer.beta.assign([1.0, 2.0, 3.0])
    torch.testing.assert_close(layer(torch.ones(2, 3, 4)), torch.tensor([1.0, 2.0, 3.0])[:, None].expand(2, 3, 4))


@pytest.mark.parametrize("groups", [1, 2, 4, -1])
@pytest.mark.parametrize("shape", [(3, 4), (2, 7, 4), (2, 3, 5, 4), (2, 2, 3, 2, 4)])
def test_group_normalization_of_every_rank(groups, shape):
    x = torch.randn(shape)
    parts = x.unflatten(-1, (4 if groups == -1 else groups, -1))
    axes = [axis for axis in range(1, parts.ndim) if axis != parts.ndim - 2]
    torch.testing.assert_close(GroupNormalization(groups=groups)(x), by_hand(parts, axes).flatten(-2), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("wants_gradient", [False, True])
@pytest.mark.parametrize(("center", "scale"), [(True, True), (True, False), (False, True), (False, False)])
def test_group_normalization_trains_in_any_place_and_form(wants_gradient, center, scale):
    x = torch.randn(2, 8, 9, 4, requires_grad=wants_gradient)
    layer = GroupNormalization(groups=2, center=center, scale=scale)
    y = layer(x)
    if y.requires_grad:
        (y * torch.randn(y.shape)).sum().backward()
    assert all(torch.isfinite(weight.grad).all() for weight in layer.trainable_weights)


@pytest.mark.parametrize("layer", [LayerNormalization, lambda **k: GroupNormalization(groups=1, **k), RMSNormalization])
def test_half_precision_is_summed_up_in_float32(layer):
    x = (torch.randn(2, 4096) * 8).half()
    y = layer(dtype="float16")(x)
    assert y.dtype is torch.float16
    torch.testing.assert_close(y.float(), layer(dtype="float32")(x.float()), rtol=2e-3, atol=2e-3)


def test_unit_normalization_leaves_zero_where_it_is_and_its_gradient_finite():
    x = torch.zeros(1, 3, requires_grad=True)
    y = UnitNormalization()(x)
    y.sum().backward()
    assert y.tolist() == [[0.0, 0.0, 0.0]] and torch.isfinite(x.grad).all()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: LayerNormalization(axis="last"), TypeError, "`axis` must be an integer"),
        (lambda: LayerNormalization(axis=3)(torch.zeros(2, 3)), ValueError, "`axis` must name axes of the input"),
        (lambda: GroupNormalization(groups=0), ValueError, "`groups` must be a positive integer, or -1; received 0"),
        (lambda: GroupNormalization(groups=3)(torch.zeros(2, 4)), ValueError, "a multiple of `groups` 3; received 4"),
        (lambda: GroupNormalization().build((None, None)), ValueError, "axis -1 must be known"),
    ],
)
def test_what_cannot_be_is_told(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_axes_are_a_list_in_the_config():
    layer = LayerNormalization(axis=(-2, -1))
    assert layer.get_config()["axis"] == LayerNormalization.from_config(layer.get_config()).axis == [-2, -1]
