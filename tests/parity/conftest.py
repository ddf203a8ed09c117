"""What the parity tests share: the real Keras on the torch backend, and how its numbers are held against ours."""

import importlib.util
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

os.environ["KERAS_BACKEND"] = "torch"

if importlib.util.find_spec("keras") is None:
    collect_ignore_glob = ["*"]


def pytest_report_header() -> str | None:
    if importlib.util.find_spec("keras") is None:
        return "tests/parity is left out: it needs the real Keras, pip install 'kerasish[test]'"
    return None


@pytest.fixture
def agree() -> Callable[..., None]:
    """Return `agree(ours, theirs, rtol=1e-5, atol=1e-6)`: the same nest of tensors, shapes and numbers."""
    return assert_agree


@pytest.fixture
def copy_weights() -> Callable[[Any, Any], None]:
    """Return `copy_weights(theirs, ours)`: give our built layer or model the weights of a Keras one, in Keras's order."""

    def copy(theirs: Any, ours: Any) -> None:
        ours.set_weights(theirs.get_weights())

    return copy


def assert_agree(ours: Any, theirs: Any, rtol: float = 1e-5, atol: float = 1e-6) -> None:
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        ours, theirs = list(ours.values()), list(theirs.values())
    if isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs)
        for our, their in zip(ours, theirs):
            assert_agree(our, their, rtol, atol)
        return
    ours, theirs = to_numpy(ours), to_numpy(theirs)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol)


def to_numpy(value: Any) -> np.ndarray:
    value = getattr(value, "value", value)  # a Keras variable holds its tensor
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().to(torch.float32 if value.dtype is torch.bfloat16 else value.dtype)
    return np.asarray(value)
