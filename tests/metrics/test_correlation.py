"""Correlations: against numpy, and where nothing varies."""

import numpy as np
import pytest
import torch

from kerasish import metrics


def test_pearson_is_that_of_numpy(rng):
    y_true, y_pred = rng.normal(size=(4, 9)), rng.normal(size=(4, 9))
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(y_true, y_pred)]
    np.testing.assert_allclose(metrics.pearson_correlation(y_true, y_pred), expected, rtol=1e-6)


def test_concordance_is_one_only_for_equals():
    y = torch.tensor([[1.0, 2.0, 4.0]])
    assert metrics.concordance_correlation(y, y).item() == pytest.approx(1)
    assert metrics.concordance_correlation(y, y + 1).item() == pytest.approx(2 * 14 / 9 / (2 * 14 / 9 + 1))
    assert metrics.pearson_correlation(y, y + 1).item() == pytest.approx(1)


def test_what_does_not_vary_has_no_correlation():
    assert torch.isnan(metrics.PearsonCorrelation()(torch.ones(1, 3), torch.rand(1, 3)))
    assert metrics.ConcordanceCorrelation()(torch.ones(1, 3), torch.ones(1, 3)).item() == 0
