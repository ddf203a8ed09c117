"""Memory: what the C library is told, when, and how it is taken back."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import kerasish as keras
from kerasish import config, layers
from kerasish._base import _memory

GIB, MIB = 1 << 30, 1 << 20


class Libc:
    """A C library that remembers what it was told."""

    def __init__(self, most: int = 2 * GIB):
        self.most = most
        self.told: list[tuple[int, int]] = []
        self.trimmed = 0

    def mallopt(self, name: int, value: int) -> int:
        self.told.append((name, value))
        return int(name != _memory._MMAP_THRESHOLD or value <= self.most)

    def malloc_trim(self, pad: Any) -> int:
        self.trimmed += 1
        return 1


@pytest.fixture
def libc(monkeypatch: pytest.MonkeyPatch) -> Iterator[Libc]:
    fake = Libc()
    monkeypatch.setattr(_memory, "_glibc", lambda: fake)
    for name, value in {"_wanted": True, "_settled": False, "_keeps": False}.items():
        monkeypatch.setattr(_memory, name, value)
    monkeypatch.setattr(_memory, "_machine_bytes", lambda: 64 * GIB)
    for name in (*_memory._ENVIRONMENT, "GLIBC_TUNABLES"):
        monkeypatch.delenv(name, raising=False)
    yield fake


def fit() -> None:
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.zeros((4, 2)), np.zeros((4, 1)), verbose=0)


def test_the_first_training_on_the_cpu_tells_glibc_once_to_keep_memory(libc: Libc, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "kerasish"):
        fit()
        fit()
    assert libc.told == [(-3, GIB), (-1, 2 * GIB - 1)] and libc.trimmed == 0
    assert [record.levelname for record in caplog.records] == ["DEBUG"]
    assert "set_keep_memory(False)" in caplog.text


def test_nothing_is_told_where_it_is_not_wanted(libc: Libc) -> None:
    config.set_keep_memory(False)
    fit()
    assert libc.told == [] and libc.trimmed == 0 and not config.keep_memory()
    config.set_keep_memory(True)
    assert libc.told == [] and config.keep_memory()
    fit()
    assert len(libc.told) == 2


def test_switching_it_off_gives_back_what_is_kept(libc: Libc) -> None:
    fit()
    libc.told.clear()
    config.set_keep_memory(False)
    assert libc.told == [(-3, 32 * MIB), (-1, 64 * MIB)] and libc.trimmed == 1


def test_clear_session_gives_back_what_is_kept_and_goes_on_keeping(libc: Libc) -> None:
    keras.utils.clear_session()
    assert libc.trimmed == 0
    fit()
    keras.utils.clear_session(free_memory=False)
    assert libc.trimmed == 0
    keras.utils.clear_session()
    assert libc.trimmed == 1 and len(libc.told) == 2


@pytest.mark.parametrize(
    "memory, blocks, end", [(512 * GIB, GIB, 2 * GIB - 1), (4 * GIB, 64 * MIB, 512 * MIB), (128 * MIB, 32 * MIB, 64 * MIB)]
)
def test_a_small_machine_keeps_less(libc: Libc, monkeypatch: pytest.MonkeyPatch, memory: int, blocks: int, end: int) -> None:
    monkeypatch.setattr(_memory, "_machine_bytes", lambda: memory)
    _memory.settle_memory()
    assert libc.told == [(-3, blocks), (-1, end)]


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="no sysconf")
def test_a_container_counts_as_a_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    limit, none = tmp_path / "limit", tmp_path / "none"
    limit.write_text("1048576\n"), none.write_text("max\n")
    monkeypatch.setattr(_memory, "_LIMITS_OF_GROUP", (str(none), str(tmp_path / "missing")))
    assert _memory._machine_bytes() > 16 * MIB
    monkeypatch.setattr(_memory, "_LIMITS_OF_GROUP", (str(none), str(limit)))
    assert _memory._machine_bytes() == MIB


def test_an_older_glibc_is_told_the_most_that_it_takes(libc: Libc) -> None:
    libc.most = 32 * MIB
    _memory.settle_memory()
    assert libc.told == [(-3, GIB), (-3, 32 * MIB), (-1, 2 * GIB - 1)]


@pytest.mark.parametrize(
    "name, value", [("MALLOC_TRIM_THRESHOLD_", "131072"), ("GLIBC_TUNABLES", "glibc.malloc.mmap_threshold=131072")]
)
def test_what_the_environment_chose_is_left(
    libc: Libc, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with caplog.at_level(logging.DEBUG, "kerasish"):
        fit()
    assert libc.told == [] and "the environment sets" in caplog.text


def test_other_c_libraries_are_left_alone(libc: Libc, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.undo()

    def unknown(name: str) -> str:
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr(os, "confstr", unknown, raising=False)
    monkeypatch.setattr(_memory, "_settled", False)
    monkeypatch.setattr(_memory, "_keeps", False)
    with caplog.at_level(logging.DEBUG, "kerasish"):
        _memory.settle_memory()
    assert "the C library is not glibc" in caplog.text and not _memory._keeps


def test_the_switch_takes_only_true_and_false() -> None:
    with pytest.raises(ValueError, match="`keep_memory` must be True or False; received 'no'"):
        config.set_keep_memory("no")  # type: ignore[arg-type]


TRAIN = """
import numpy as np, kerasish as keras, resource, sys
from kerasish import layers
assert keras.config.keep_memory() is (sys.argv[1] == "1")
images = keras.Input((28, 28, 1))
model = keras.Sequential([images, layers.Conv2D(32, 3), layers.Conv2D(32, 3), layers.Flatten(), layers.Dense(1)])
model.compile("sgd", "mse", jit_compile=False)
x, y = np.zeros((512, 28, 28, 1), "float32"), np.zeros((512, 1), "float32")
model.fit(x, y, batch_size=128, verbose=0)
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    model.fit(x, y, batch_size=128, verbose=0)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
fewest = min(faults() for _ in range(4))  # one of them may be the first to need a region
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
kept = resident()
keras.config.set_keep_memory(False)
print(fewest, kept - resident())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux") or _memory._glibc() is None, reason="only glibc is told anything")
def test_steps_map_no_memory_anew_and_what_was_kept_goes_back() -> None:
    found = {}
    for setting in ("1", "0"):
        environment = {**os.environ, "KERASISH_KEEP_MEMORY": setting, "OMP_NUM_THREADS": "1"}
        environment = {name: value for name, value in environment.items() if name not in _memory._ENVIRONMENT}
        ran = subprocess.run([sys.executable, "-c", TRAIN, setting], env=environment, capture_output=True, text=True, check=True)
        found[setting] = list(map(int, ran.stdout.split()))
    # Pages that were mapped anew: without keeping there are 5,000 and more. What the C library does by itself is its own affair.
    assert found["1"][0] < 1000
    assert found["1"][1] > 10 * MIB and found["0"][1] < MIB  # bytes that went back
