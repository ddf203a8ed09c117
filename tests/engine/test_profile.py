"""Profiling: which parts are timed, that they add up, and that a profiled fit is the same fit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import kerasish as keras
from kerasish import callbacks, layers
from kerasish.engine._loop import Loop
from kerasish.engine._profile import ProfiledLoop, _Clock, _ClockWithEvents, _Times, make_loop

X = np.random.default_rng(0).standard_normal((64, 4)).astype("float32")
Y = (X[:, :1] - 2 * X[:, 1:2]).astype("float32")
EAGER = ["data", "forward", "loss", "backward", "optimizer", "metrics", "callbacks", "the rest"]


def model(kind: Any = keras.Sequential) -> keras.Model:
    net = kind([keras.Input((4,)), layers.Dense(8, activation="relu"), layers.Dropout(0.2), layers.Dense(1)])
    net.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"], run_eagerly=True)
    return net


def profiled(net: keras.Model, *data: Any, epochs: int = 2, **options: Any) -> callbacks.ProfileReport:
    options = {"batch_size": 8, "verbose": 0, "profile": True, **options}
    report = net.fit(*data or (X, Y), epochs=epochs, **options).profile
    assert report is not None
    return report


class Hand:
    """A clock that goes on only when somebody turns it."""

    now = 0.0

    def turn(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Hand:
    hand = Hand()
    monkeypatch.setattr("kerasish.engine._profile.perf_counter", lambda: hand.now)
    return hand


def test_each_part_is_given_its_own_time_and_all_of_them_are_the_step(clock: Hand) -> None:
    class Slow(keras.Sequential):
        """Takes its time in what users may override."""

        def call(self, inputs):
            clock.turn(1)
            return super().call(inputs)

        def compute_loss(self, **arguments):
            clock.turn(2)
            loss = super().compute_loss(**arguments)
            loss.register_hook(lambda gradient: clock.turn(4))
            return loss

        def compute_metrics(self, *arguments):
            clock.turn(8)
            return super().compute_metrics(*arguments)

    class SlowRate(keras.optimizers.schedules.LearningRateSchedule):
        """Takes its time in the optimizer."""

        def __call__(self, step):
            clock.turn(16)
            return 0.1

    hooks = {"on_train_batch_end": lambda batch, logs: clock.turn(32 + 100 * (batch == 7))}
    net = model(Slow)
    net.optimizer = keras.optimizers.SGD(SlowRate())
    before = clock.now
    report = profiled(net, batches(lambda: clock.turn(64)), callbacks=hooks, steps_per_epoch=8, batch_size=None)
    assert list(report.parts) == EAGER and report.steps == 15
    medians = {part: round(time.median / 1e6) for part, time in report.parts.items()}
    expected = {"forward": 1, "loss": 2, "backward": 4, "metrics": 8, "optimizer": 16, "callbacks": 32, "data": 64, "the rest": 0}
    assert medians == expected and report.first_step == pytest.approx(127e6) and report.step.median == pytest.approx(127e6)
    assert report.slowest_step == pytest.approx(227e6)
    assert report.parts["callbacks"].mean == pytest.approx((32 + 200 / 15) * 1e6)
    assert report.step.mean == pytest.approx((127 + 200 / 15) * 1e6)
    assert report.share("data") == pytest.approx(64 / (127 + 200 / 15))
    assert sum(map(report.share, report.parts)) == pytest.approx(1)
    assert report.seconds == pytest.approx(clock.now - before)


def batches(between: Any) -> Any:
    """Batches of eight rows without end, with something done before each."""
    while True:
        for i in range(0, 64, 8):
            between()
            yield X[i : i + 8], Y[i : i + 8]


def test_a_profiled_fit_is_the_same_fit() -> None:
    histories, weights = [], []
    for profile in (False, True):
        keras.utils.set_random_seed(0)
        net = model()
        told: list[int] = []
        hook = {"on_train_batch_end": lambda batch, logs, told=told: told.append(batch)}
        history = net.fit(X, Y, batch_size=8, epochs=3, validation_split=0.25, verbose=0, callbacks=hook, profile=profile)
        histories.append((history.history, told))
        weights.append(net.get_weights())
    assert histories[0] == histories[1]
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))


def test_a_step_of_ones_own_is_one_part(clock: Hand) -> None:
    class Own(keras.Sequential):
        """Steps as it likes."""

        def train_step(self, data):
            clock.turn(0.5)
            return super().train_step(data)

    report = profiled(model(Own))
    assert list(report.parts) == ["data", "step", "callbacks", "the rest"]
    assert report.parts["step"].median == report.step.mean == 5e5
    with pytest.raises(KeyError, match="no part 'forward', but data, step"):
        report.share("forward")


def test_validation_is_counted_apart_and_each_batch_between_two_calls_of_hooks_is_a_step(clock: Hand) -> None:
    class SlowTest(keras.Sequential):
        """Takes its time when it is measured."""

        def test_step(self, data):
            clock.turn(1)
            return super().test_step(data)

    net = model(SlowTest)
    net.compile("sgd", "mse", steps_per_execution=4, run_eagerly=True)
    report = profiled(net, epochs=3, validation_split=0.5, verbose=2)
    assert report.steps == 11 and report.validation_seconds == report.seconds == 12 and report.step.mean == 0


def test_the_table_is_printed_and_kept(capsys: pytest.CaptureFixture) -> None:
    net = model()
    report = profiled(net)
    printed = capsys.readouterr().out
    assert printed == f"{report}\n" and net.history.profile is report
    assert [line.split("  ")[0] for line in printed.splitlines()[1:10]] == [*EAGER, "all"]
    assert "15 steps counted" in printed and printed.splitlines()[9].endswith("100.0%")
    quiet = callbacks.Profiler(show=False)
    history = net.fit(X, Y, verbose=0, callbacks=[quiet])
    assert capsys.readouterr().out == "" and quiet.report is history.profile and history.profile.steps == 1
    assert net.fit(X, Y, verbose=0).profile is None


def test_the_memory_of_the_process_is_told() -> None:
    report = profiled(model())
    assert report.peak_memory is not None and report.memory_growth is not None
    assert 2**24 < report.peak_memory < 2**40 and 0 <= report.memory_growth < report.peak_memory
    assert not report.on_gpu and report.step.device_mean is None


def test_a_folder_is_given_a_trace_of_steps_that_the_table_leaves_out(tmp_path: Path) -> None:
    report = profiled(model(), profile=tmp_path / "logs")
    assert report.steps == 16 - 1 - 5 and report.trace is not None
    assert [Path(report.trace)] == list((tmp_path / "logs").glob("steps_3_to_7.*.pt.trace.json"))
    names = [event.get("name") for event in json.loads(Path(report.trace).read_text())["traceEvents"]]
    for name in (*[f"ProfilerStep#{step}" for step in range(3, 8)], "aten::addmm"):
        assert name in names
    assert names.count("forward") == names.count("backward") == names.count("data") == 5
    assert f"trace: {report.trace}" in str(report)


def test_a_fit_that_fails_or_is_interrupted_leaves_no_profiler_running(tmp_path: Path) -> None:
    net = model()

    def fail(batch: int, logs: Any) -> None:
        if batch == 4:
            raise error

    for error in (RuntimeError("enough"), KeyboardInterrupt()):
        profiler = callbacks.Profiler(tmp_path, show=False)
        options: dict[str, Any] = {"batch_size": 8, "verbose": 0, "callbacks": [profiler, {"on_train_batch_end": fail}]}
        told = (
            pytest.raises(RuntimeError, match="enough") if isinstance(error, RuntimeError) else pytest.warns(match="interrupted")
        )
        with told:
            net.fit(X, Y, **options)
        assert not torch.autograd._profiler_enabled() and profiler.report is not None
        assert profiler.report.trace is not None and "steps_3_to_5" in profiler.report.trace


def test_a_fit_that_nobody_profiles_runs_the_plain_loop() -> None:
    heard = callbacks.CallbackList([callbacks.History()], add_history=True)
    assert type(make_loop(model(), heard, 1, False, torch.device("cpu"))) is Loop
    assert isinstance(make_loop(model(), heard, 1, True, torch.device("cpu")), ProfiledLoop)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"profile": 3}, "`profile` must be True, False or a folder"),
        ({"profile": True, "callbacks": [callbacks.Profiler()]}, "one Profiler; received 2"),
    ],
)
def test_what_is_not_understood_is_refused(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        model().fit(X, Y, **options)


def test_times_are_means_of_all_steps_and_medians_of_the_last_ones() -> None:
    times = _Times()
    for seconds in (1.0, 2.0, 6.0):
        times.add(seconds + 1, {"forward": seconds})
    assert times.median_and_mean("forward") == (2e6, 3e6) and times.median_and_mean("the rest") == (1e6, 1e6)
    assert times.median_and_mean("step") == (0, 0) and _Times().median_and_mean("all") == (0, 0)


def test_what_happens_between_steps_and_an_ask_without_a_batch_are_in_no_step(clock: Hand) -> None:
    steps = _Clock(None)
    for _ in range(3):
        steps.begin_step()
        steps.timed("forward", clock.turn)(2)
        clock.turn(1)
        steps.end_step()
        clock.turn(10)
    steps.begin_step()
    clock.turn(5)
    steps.drop_step()
    steps.end_step()
    assert steps.host.count == 2 and steps.part("all").mean == 3e6 and steps.part("the rest").mean == 1e6


class FakeEvent:
    """An event of a GPU that comes to it two seconds late, when the clock is turned on."""

    clock: Hand
    made = 0

    def __init__(self, enable_timing: bool):
        assert enable_timing
        type(self).made += 1

    def record(self, stream: Any) -> None:
        self.at = self.clock.now + 2

    def query(self) -> bool:
        return self.clock.now >= self.at

    def elapsed_time(self, end: "FakeEvent") -> float:
        return (end.at - self.at) * 1000


def test_events_are_read_when_they_are_over_and_used_again(clock: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeEvent, "clock", clock, raising=False)
    for name, fake in {"Event": FakeEvent, "current_stream": id, "synchronize": lambda device: clock.turn(2)}.items():
        monkeypatch.setattr(torch.cuda, name, fake)
    steps = _ClockWithEvents(None, torch.device("cuda", 0))
    forward = steps.timed("forward", clock.turn)
    for _ in range(20):
        steps.begin_step()
        forward(0.25)
        forward(0.25)
        clock.turn(0.5)
    steps.end_step()
    # What is two seconds, two steps, behind is not waited for.
    assert steps.host.count == 19 and steps.device.count == 17
    steps.settle()
    assert steps.device.count == 19 and FakeEvent.made < 30
    assert steps.part("forward") == callbacks.PartTime(5e5, 5e5, 5e5, 5e5)
    assert steps.part("all") == callbacks.PartTime(1e6, 1e6, 1e6, 1e6)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_times_the_parts_by_itself() -> None:
    net = keras.Sequential([keras.Input((1024,)), layers.Dense(4096, activation="relu"), layers.Dense(1024)])
    net.compile("adam", "mse", run_eagerly=True)
    x = torch.randn(2048, 1024, device="cuda")
    net.to("cuda")
    report = profiled(net, x, x, batch_size=64, epochs=4)
    assert report.on_gpu and report.steps == 127
    assert [part for part in report.parts if report.parts[part].device_mean is None] == []
    assert sum(map(report.share, report.parts)) == pytest.approx(1)
    assert report.step.device_mean == pytest.approx(report.step.mean, rel=0.5)
    assert report.peak_memory is not None and report.peak_memory > 4 * 4 * 2 * 1024 * 4096
    assert "GPU mean" in str(report)
