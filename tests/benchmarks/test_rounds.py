"""Rounds: workers are asked in turn, sleep when they are not, and fail with words; ratios are of pairs."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from benchmarks.rounds import Sample, Setting, Worker, WorkerError, Workers, pairs, ratio

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def state(worker: Worker) -> str:
    """The state of a worker's process as Linux tells it; T is stopped."""
    return Path(f"/proc/{worker._process.pid}/stat").read_text().rsplit(") ", 1)[1][0]


@pytest.fixture(scope="module")
def hand():
    worker = Worker("hand", "tiny", Setting(), rows=640)
    yield worker
    worker.close()


def test_ratio_is_the_median_of_pairs_of_one_round():
    base = [Sample(1, 1, 0), Sample(2, 2, 0), Sample(4, 4, 0)]
    ours = [Sample(2, 1, 0), Sample(2, 3, 0), Sample(4, 8, 0)]
    assert pairs(ours, base, "cpu") == [1, 1.5, 2]
    assert ratio(ours, base, "cpu") == 1.5 and ratio(ours, base, "wall") == 1


def test_wall_times_of_a_busy_machine_do_not_count_where_there_are_quiet_ones():
    base = [Sample(1, 1, 0), Sample(1, 1, 0), Sample(1, 1, 0)]
    assert pairs([Sample(9, 1, 1.0), Sample(2, 1, 0.1), Sample(3, 1, 0.0)], base, "wall") == [2, 3]
    assert pairs([Sample(9, 1, 1.0), Sample(8, 1, 1.0), Sample(3, 1, 0.0)], base, "wall") == [9, 8, 3]


def test_worker_trains_and_tells_times(hand):
    first, second = hand.ask("fit", rows=640), hand.ask("fit", rows=640, epochs=20)
    assert second["result"]["loss"] < first["result"]["loss"]
    assert 0 < first["cpu"] < second["cpu"] and first["wall"] > 0


def test_worker_that_is_not_asked_is_stopped(hand):
    hand.ask("memory")
    until = time.monotonic() + 5
    while state(hand) != "T" and time.monotonic() < until:
        time.sleep(0.01)
    assert state(hand) == "T"


def test_error_of_a_worker_is_told_and_it_goes_on(hand):
    with pytest.raises(WorkerError, match="hand: .*no attribute 'dance'"):
        hand.ask("dance")
    assert hand.ask("memory")["peak"] > 0


def test_long_thing_is_done_by_turns():
    with Workers(["hand", "torch"], "tiny", Setting(), rows=3_200) as workers:
        samples = workers.side_by_side("fit", turn=0.02, rows=3_200, epochs=3)
        again = workers.rounds(2, "fit", rows=640)
    assert samples.keys() == again.keys() == {"hand", "torch"}
    # Turns that were waited for hold all of the work.
    assert all(sample.wall > 0.9 * sample.cpu > 0 for sample in samples.values())


def test_worker_that_fails_to_start_is_left_out(capfd):
    with Workers(["hand"], "tiny", Setting(patience=0.01), rows=64) as workers:
        assert not workers.workers
    assert "hand took more than 0 s for `load`" in capfd.readouterr().err


def test_ended_worker_is_told_of_and_leaves_nothing():
    worker = Worker("hand", "tiny", Setting(), rows=64)
    number = worker._process.pid
    os.killpg(number, signal.SIGKILL)
    with pytest.raises(WorkerError, match="hand ended"):
        worker.ask("memory")
    worker.close()
    assert not Path(f"/proc/{number}").exists()
