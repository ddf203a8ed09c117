"""Muon: which variables it is for, and what an orthogonal update is."""

import numpy as np
import pytest
import torch

from kerasish.core import Variable
from kerasish.optimizers import Adam, Muon


def named(path, *shape):
    variable = Variable(torch.ones(shape), name=path.rpartition("/")[2])
    variable._path = path
    return variable


@pytest.mark.parametrize(
    "variable, adam",
    [
        (named("net/dense/kernel", 3, 4), False),
        (named("net/dense/bias", 4), True),
        (named("net/conv/kernel", 3, 3, 4, 4), True),
        (named("net/Embedding/embeddings", 3, 4), True),
        (named("net/last/kernel", 3, 4), True),
    ],
)
def test_matrices_are_orthogonalized_unless_excluded(variable, adam):
    assert Muon(exclude_layers=["last"])._should_use_adamw(variable) is adam
    assert Muon(exclude_embeddings=False)._should_use_adamw(named("embedding/embeddings", 3, 4)) is False


def test_an_update_has_singular_values_near_one(rng):
    for shape in ((6, 4), (4, 6)):
        update = Muon().zeropower_via_newtonschulz5(torch.tensor(rng.normal(size=shape)), 5)
        assert update.shape == shape
        strengths = torch.linalg.svdvals(update)
        assert 0.5 < strengths.min() and strengths.max() < 1.5
    with pytest.raises(ValueError, match="at least 2 axes"):
        Muon().zeropower_via_newtonschulz5(torch.ones(3), 5)


def test_everything_else_is_trained_by_adam():
    ours, theirs = Variable([1.0, 2.0]), Variable([1.0, 2.0])
    muon, adam = Muon(0.1, adam_weight_decay=0.3, adam_lr_ratio=1.0), Adam(0.1, weight_decay=0.3)
    for gradient in torch.tensor([[1.0, -2.0], [0.5, 0.5]]):
        muon.apply([gradient], [ours])
        adam.apply([gradient], [theirs])
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-6)
