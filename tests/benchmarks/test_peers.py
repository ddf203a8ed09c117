"""Peers train what they say: the loss falls, and predictions are those of the trained model."""

import importlib.util
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.peers import PEERS
from benchmarks.peers._kerasish import is_settled
from benchmarks.workloads import WORKLOADS

IN_ONE_PROCESS = ("hand", "torch", "kerasish", "lightning", "skorch")


@pytest.mark.parametrize("name", IN_ONE_PROCESS)
def test_peer_learns_and_predicts(name):
    missing = [package for package in PEERS[name].packages if importlib.util.find_spec(package) is None]
    if missing:
        pytest.skip(f"{missing[0]} is not installed")
    peer, work = PEERS[name](), WORKLOADS["tiny"]
    peer.load(1)
    x, y = work.data(640)
    peer.build(work, x, y)
    first = peer.fit(640)
    assert peer.fit(640, epochs=20)["loss"] < 0.99 * first["loss"]
    predicted = peer.predict(70, 32)
    assert predicted.shape == (70, 1)
    np.testing.assert_allclose(peer.predict_one(), predicted[:1], rtol=1e-5, atol=1e-6)


def test_kerasish_tells_when_the_first_batch_is_done():
    peer, work = PEERS["kerasish"](), WORKLOADS["tiny"]
    peer.load(1)
    peer.build(work, *work.data(320))
    seconds = peer.first_batch(320)
    assert seconds is not None and 0 < seconds < 60


@pytest.mark.parametrize(
    ("statuses", "settled"), [([], False), (["compiled", "refused"], True), (["compiled", "compiling"], False)]
)
def test_compile_report_is_settled_when_nothing_is_under_way(statuses, settled):
    assert is_settled(SimpleNamespace(steps=[SimpleNamespace(status=status) for status in statuses])) is settled
