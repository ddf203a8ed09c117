"""What every test and every doctest starts from: the same seeds, one thread, a fresh session."""

import importlib.util
import random
import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

torch.set_num_threads(1)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background jobs, where tests of Ctrl-C would wait forever
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def fresh_session() -> Iterator[None]:
    """Seed Python, numpy and torch before each test; forget names and counters after it."""
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    yield
    clear_session()


@pytest.fixture(autouse=True)
def arrays_of_the_spelling(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let layers give TensorFlow's tensors for arrays in that spelling's tests only, though one process runs all."""
    edges: Any = importlib.import_module("kerasish._base._edges")
    before = edges.of_arrays
    if "tf" not in request.node.path.parts:
        edges.of_arrays = None
    yield
    edges.of_arrays = before or edges.of_arrays


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
