"""Batch normalization: whose statistics, how they move, and what stays."""

import copy

import pytest
import torch

from kerasish.layers import BatchNormalization


def built(x, **arguments):
    layer = BatchNormalization(**arguments)
    layer(x)
    return layer


def test_moving_statistics_follow_the_mean_and_the_biased_variance():
    x = torch.tensor([[1.0], [2.0], [6.0]])
    layer = BatchNormalization(momentum=0.9)
    layer(x, training=True)
    assert layer.moving_mean.item() == pytest.approx(0.9 * 0 + 0.1 * 3)
    assert layer.moving_variance.item() == pytest.approx(0.9 * 1 + 0.1 * 14 / 3)


def test_a_batch_of_one_is_normalized_to_the_offset():
    layer = BatchNormalization(beta_initializer="ones")
    assert layer(torch.tensor([[5.0]]), training=True).item() == pytest.approx(1.0, rel=1e-5)
    assert layer.moving_variance.item() == pytest.approx(0.99)


def test_outside_training_the_moving_statistics_count():
    x = torch.randn(8, 3)
    layer = built(x, epsilon=0.0)
    layer.moving_mean.assign([1.0, 2.0, 3.0]), layer.moving_variance.assign([4.0, 4.0, 4.0])
    torch.testing.assert_close(layer(x), (x - torch.tensor([1.0, 2.0, 3.0])) / 2)
    assert layer.moving_mean.tolist() == [1.0, 2.0, 3.0]


def test_a_frozen_layer_does_as_outside_training():
    x = torch.randn(8, 3)
    layer = built(x)
    layer.trainable = False
    assert torch.equal(layer(x, training=True), layer(x, training=False))
    assert layer.moving_mean.tolist() == [0.0, 0.0, 0.0]
    layer.trainable = True
    layer(x, training=True)
    assert layer.moving_mean.abs().sum() > 0 and len(layer.trainable_weights) == 2


@pytest.mark.parametrize("shape", [(6, 4), (3, 5, 4), (2, 3, 5, 4), (2, 3, 2, 5, 4), (2, 1, 2, 2, 5, 4)])
def test_every_rank_and_axis_gives_the_same_numbers(shape):
    x = torch.randn(shape)
    flat = BatchNormalization()
    expected = flat(x.reshape(-1, 4), training=True).reshape(shape)
    for axis in range(1, len(shape)):
        moved = x.movedim(-1, axis)
        layer = BatchNormalization(axis=axis)
        torch.testing.assert_close(layer(moved, training=True).movedim(axis, -1), expected)
        torch.testing.assert_close(layer.moving_variance.detach(), flat.moving_variance.detach())


def test_channels_of_images_are_read_and_written_without_a_copy():
    x = torch.randn(2, 5, 6, 4)
    layer = built(x)
    assert layer(x).is_contiguous() and layer(x, training=True).is_contiguous()


def test_what_is_masked_does_not_count():
    x = torch.randn(2, 5, 3)
    mask = torch.tensor([[True] * 3 + [False] * 2, [True] * 5])
    changed = torch.where(mask[..., None], x, 100.0)
    ours, other = BatchNormalization(), BatchNormalization()
    y = ours(changed, training=True, mask=mask)
    expected = other(x[mask], training=True)
    torch.testing.assert_close(y[mask], expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(ours.moving_mean.detach(), other.moving_mean.detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_statistics_of_half_precision_are_kept_in_float32(dtype):
    x = torch.randn(64, 3) + 100
    layer = BatchNormalization(dtype=f"mixed_{str(dtype)[6:]}", momentum=0.0)
    y = layer(x, training=True)
    assert y.dtype is dtype and layer.moving_mean.dtype is torch.float32
    torch.testing.assert_close(layer.moving_mean.detach(), x.to(dtype).float().mean(0), rtol=1e-4, atol=0)


def test_statistics_are_buffers_that_no_optimizer_sees():
    layer = built(torch.randn(4, 3))
    assert [name for name, _ in layer.named_parameters()] == ["gamma", "beta"]
    assert list(layer.state_dict()) == ["gamma", "beta", "moving_mean", "moving_variance"]
    twin = copy.deepcopy(layer)
    twin(torch.randn(4, 3), training=True)
    assert layer.moving_mean.abs().sum() == 0


def test_two_calls_before_one_backward_pass():
    x = torch.randn(8, 3, requires_grad=True)
    layer = built(x)
    (layer(x, training=True) * layer(x * 2, training=True)).sum().backward()
    assert torch.isfinite(x.grad).all()


def test_renorm_begins_as_plain_normalization_with_bounds_of_one():
    x = torch.randn(16, 3) * 3 + 1
    bounds = {"rmax": 1.0, "rmin": 1.0, "dmax": 0.0}
    torch.testing.assert_close(
        BatchNormalization(renorm=True, renorm_clipping=bounds)(x, training=True), BatchNormalization()(x, training=True)
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"synchronized": True}, "`synchronized` must be False"),
        ({"renorm": True, "renorm_clipping": {"rmid": 1}}, "may have the keys rmax, rmin, dmax"),
        ({"renorm": True, "renorm_clipping": {"rmax": 1, "rmin": 2}}, "rmin below rmax"),
        ({"axis": 2}, "`axis` must be an axis of the input"),
    ],
)
def test_what_cannot_be_is_told(arguments, message):
    with pytest.raises(ValueError, match=message):
        BatchNormalization(**arguments)(torch.zeros(2, 3))
