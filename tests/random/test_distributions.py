"""Distributions: their moments, their limits and their dtypes."""

import pytest
import torch

from kerasish import random

MANY = (20000,)


@pytest.mark.parametrize(
    ("draw", "mean", "deviation"),
    [
        (lambda: random.normal(MANY, 1.0, 2.0, seed=1), 1.0, 2.0),
        (lambda: random.normal(MANY, torch.tensor(1.0), 2.0, seed=1), 1.0, 2.0),
        (lambda: random.truncated_normal(MANY, 1.0, 2.0, seed=1), 1.0, 2 * 0.8796),
        (lambda: random.uniform(MANY, -1.0, 3.0, seed=1), 1.0, 4 / 12**0.5),
        (lambda: random.randint(MANY, 0, 5, seed=1).float(), 2.0, 2**0.5),
        (lambda: random.gamma(MANY, 4.0, seed=1), 4.0, 2.0),
        (lambda: random.beta(MANY, 2.0, 2.0, seed=1), 0.5, 0.05**0.5),
        (lambda: random.binomial(MANY, 10, 0.5, seed=1), 5.0, 2.5**0.5),
    ],
)
def test_the_moments_are_those_of_the_distribution(draw, mean, deviation):
    x = draw()
    assert x.shape == MANY
    assert x.mean().item() == pytest.approx(mean, abs=0.05 * max(1, deviation))
    assert x.std().item() == pytest.approx(deviation, rel=0.03)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_a_truncated_normal_keeps_within_two_deviations(dtype):
    x = random.truncated_normal(MANY, stddev=0.5, dtype=dtype, seed=2)
    assert x.dtype is getattr(torch, dtype)
    assert x.abs().max() <= 1


def test_classes_are_drawn_by_their_softmax():
    drawn = random.categorical(torch.log(torch.tensor([[0.1, 0.9], [0.5, 0.5]])), 5000, seed=1)
    assert drawn.dtype is torch.int32
    assert drawn.float().mean(1).tolist() == pytest.approx([0.9, 0.5], abs=0.03)


@pytest.mark.parametrize("seed", [None, 1])
def test_dropout_keeps_the_mean(seed):
    x = random.dropout(torch.ones(MANY), 0.25, seed=seed)
    assert sorted(set(x.tolist())) == pytest.approx([0.0, 4 / 3])
    assert x.mean().item() == pytest.approx(1, abs=0.03)


def test_dropout_of_nothing_and_of_everything():
    x = torch.ones(4)
    assert random.dropout(x, 0.0).tolist() == [1.0] * 4
    assert random.dropout(x, 1.0, seed=1).tolist() == [0.0] * 4
    assert random.dropout(x, 1.0).tolist() == [0.0] * 4


def test_a_noise_shape_drops_whole_rows():
    x = random.dropout(torch.ones(100, 3), 0.5, noise_shape=(None, 1), seed=1)
    assert all(len(set(row)) == 1 for row in x.tolist())
    assert 0 < x.sum() < 600


def test_shuffling_moves_whole_slices():
    x = torch.arange(40).reshape(2, 20)
    mixed = random.shuffle(x, axis=1, seed=1)
    assert not torch.equal(mixed, x)
    assert torch.equal(mixed[1] - mixed[0], torch.full((20,), 20))
    assert sorted(mixed[0].tolist()) == list(range(20))


def test_integers_need_an_integer_dtype():
    with pytest.raises(ValueError, match="`dtype` must be an integer dtype"):
        random.randint((2,), 0, 5, dtype="float32")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize(
    "draw",
    [
        lambda **a: random.gamma((500,), 2.0, **a),
        lambda **a: 4 * random.beta((500,), 2.0, 2.0, **a),
        lambda **a: random.binomial((500,), 4.0, 0.5, **a),
    ],
    ids=["gamma", "beta", "binomial"],
)
def test_short_floats_are_drawn_as_well(draw, dtype):
    drawn = draw(dtype=dtype, seed=1)
    assert drawn.dtype is getattr(torch, dtype) and drawn.float().mean().item() == pytest.approx(2.0, abs=0.25)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="`dtype` must be a floating dtype; received 'int32'"):
        random.uniform((2,), dtype="int32")
    with pytest.raises(ValueError, match="`logits` must be of shape \\(batch, classes\\); received \\(3,\\)"):
        random.categorical([0.0, 1.0, 2.0], 2)
