"""What every test and every doctest starts from: the same seeds, one thread, a fresh session."""

import importlib.util
import random
from collections.abc import Iterator

import numpy as np
import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def fresh_session() -> Iterator[None]:
    """Seed Python, numpy and torch before each test; forget names and counters after it."""
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    yield
    clear_session()


@pytest.fixture(autouse=True)
def names_in_examples(doctest_namespace: dict) -> None:
    """Let the examples of docstrings say `np` and `torch` without importing them."""
    doctest_namespace.update(np=np, torch=torch)


@pytest.fixture
def rng() -> np.random.Generator:
    """Return a generator of numbers that are the same in each run."""
    return np.random.default_rng(1)


def clear_session() -> None:
    for room in ("kerasish.backend", "kerasish.utils"):
        if importlib.util.find_spec(room):
            importlib.import_module(room).clear_session(free_memory=False)
            return
