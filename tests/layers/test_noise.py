"""Noise: the shares and the spread it promises, and seeds."""

import copy

import pytest
import torch

from kerasish.layers import (
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)

MANY = torch.ones(200, 500)  # 100 000 values: the standard error of a share is below 0.0016


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("seed", [None, 3])
def test_dropout_drops_its_share_and_keeps_the_mean(rate, seed):
    y = Dropout(rate, seed=seed)(MANY, training=True)
    assert (y == 0).float().mean().item() == pytest.approx(rate, abs=0.008)
    assert y.mean().item() == pytest.approx(1.0, abs=0.03)
    torch.testing.assert_close(y[y != 0].unique(), torch.tensor([1 / (1 - rate)]), rtol=1e-4, atol=0)


def test_dropout_of_many_values_has_no_pattern():
    dropped = Dropout(0.5)(MANY, training=True) == 0
    for lag in (1, 2, 3, 4, 500):  # four values come from one draw
        flat = dropped.flatten().float()
        assert torch.corrcoef(torch.stack([flat[:-lag], flat[lag:]]))[0, 1].abs().item() < 0.015


@pytest.mark.parametrize("rate", [1e-5, 0.5, 0.99999])
def test_dropout_at_rates_that_16_bits_do_not_tell(rate):
    y = Dropout(rate)(torch.ones(2_000_000), training=True)
    assert (y == 0).float().mean().item() == pytest.approx(rate, abs=5 * (rate * (1 - rate) / 2e6) ** 0.5)


def test_dropout_of_everything_and_of_nothing():
    assert Dropout(1.0)(MANY, training=True).abs().sum().item() == 0
    assert Dropout(0.0)(MANY, training=True) is MANY


def test_gradients_pass_where_values_did():
    x = MANY.clone().requires_grad_()
    y = Dropout(0.3)(x, training=True)
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())


def test_noise_shape_drops_places_together():
    y = Dropout(0.5, noise_shape=(None, 1, None), seed=1)(torch.ones(4, 7, 30), training=True)
    assert torch.equal(y, y[:, :1].expand(4, 7, 30)) and 0 < (y == 0).float().mean() < 1


@pytest.mark.parametrize(
    ("layer", "shape", "space"),
    [
        (SpatialDropout1D(0.5), (8, 5, 9), (1,)),
        (SpatialDropout2D(0.5), (8, 5, 4, 9), (1, 2)),
        (SpatialDropout2D(0.5, data_format="channels_first"), (8, 9, 5, 4), (2, 3)),
        (SpatialDropout3D(0.5), (8, 5, 4, 3, 9), (1, 2, 3)),
    ],
)
def test_spatial_dropout_drops_whole_channels(layer, shape, space):
    y = layer(torch.ones(shape), training=True)
    assert sorted(y.unique().tolist()) == [0.0, 2.0]
    assert torch.equal(y.amax(space), y.amin(space))


@pytest.mark.parametrize("kind", [Dropout, GaussianDropout, GaussianNoise, AlphaDropout, SpatialDropout1D])
def test_a_seed_gives_the_same_numbers_and_then_goes_on(kind):
    x = torch.ones(3, 40, 50)
    first, second = kind(0.3, seed=5), kind(0.3, seed=5)
    one, two = first(x, training=True), first(x, training=True)
    assert torch.equal(one, second(x, training=True)) and torch.equal(two, copy.deepcopy(second)(x, training=True))
    assert not torch.equal(one, two)
    torch.manual_seed(0)
    unseeded = kind(0.3)(x, training=True)
    torch.manual_seed(0)
    assert torch.equal(unseeded, kind(0.3)(x, training=True))


def test_gaussian_noise_has_its_spread():
    difference = GaussianNoise(0.5)(MANY, training=True) - MANY
    assert difference.mean().item() == pytest.approx(0, abs=0.01)
    assert difference.std().item() == pytest.approx(0.5, abs=0.01)


def test_gaussian_dropout_has_the_spread_of_the_dropout_it_stands_for():
    y = GaussianDropout(0.2)(MANY, training=True)
    assert y.mean().item() == pytest.approx(1, abs=0.01) and y.std().item() == pytest.approx(0.5, abs=0.01)


def test_alpha_dropout_keeps_mean_and_variance():
    torch.manual_seed(0)
    y = AlphaDropout(0.3)(torch.randn(200_000), training=True)
    assert y.mean().item() == pytest.approx(0, abs=0.02) and y.std().item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dropout(1.5), "`rate` must be between 0 and 1; received 1.5."),
        (lambda: Dropout("half"), "`rate` must be"),
        (lambda: Dropout(0.5, noise_shape="ab"), "`noise_shape` must hold positive integers or None"),
        (lambda: Dropout(0.5, noise_shape=(None, 0)), "`noise_shape` must hold positive integers or None"),
        (lambda: Dropout(0.5, seed="a"), "`seed` must be an integer or None"),
        (lambda: GaussianDropout(1.0), "below 1; received 1.0"),
        (lambda: GaussianNoise(-0.1), "`stddev` must be"),
    ],
)
def test_what_cannot_be_is_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()
