import io
import re

import pytest
import torch

from kerasish.callbacks import CallbackList, ProgbarLogger
from kerasish.callbacks import _progbar_logger as room
from kerasish.engine._logs import Logs


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless it is set on."""

    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(room, "time", clock)
    return clock


def run(verbose, steps, batches, epochs=1, logs=None, after=None, clock=None):
    callbacks = CallbackList(add_progbar=True, verbose=verbose, epochs=epochs, steps=steps)
    callbacks.on_train_begin()
    for epoch in range(epochs):
        callbacks.on_epoch_begin(epoch)
        for batch in range(batches):
            if clock is not None:
                clock.now += 0.05
            callbacks.tell_batch("on_train_batch_end", batch, logs or {})
        callbacks.on_epoch_end(epoch, after or {"loss": 0.5})
    callbacks.on_train_end()


def test_off_the_terminal_there_is_one_line_an_epoch(capsys, clock):
    run(1, 4, 4, epochs=2, after={"accuracy": 0.91, "loss": 0.312, "val_loss": 0.0000123}, clock=clock)
    line = "4/4 ━━━━━━━━━━━━━━━━━━━━ 0s 50ms/step - accuracy: 0.9100 - loss: 0.3120 - val_loss: 1.2300e-05"
    assert capsys.readouterr().out == f"Epoch 1/2\n{line}\nEpoch 2/2\n{line}\n"


def test_verbose_2_is_a_line_without_a_bar(capsys, clock):
    run(2, 4, 4, clock=clock)
    assert capsys.readouterr().out == "4/4 - 0s - 50ms/step - loss: 0.5000\n"


def test_verbose_0_is_silent(capsys):
    run(0, 4, 4, epochs=2)
    assert capsys.readouterr().out == ""


def test_auto_is_a_bar(capsys, clock):
    run("auto", 1, 1, clock=clock)
    assert "━" in capsys.readouterr().out


def test_a_single_epoch_is_not_numbered(capsys):
    run(1, 1, 1)
    assert "Epoch" not in capsys.readouterr().out


def test_on_a_terminal_the_line_moves_and_is_finished(monkeypatch, clock):
    terminal = Terminal()
    monkeypatch.setattr(room.sys, "stdout", terminal)
    run(1, 4, 4, logs={"loss": 1.0}, clock=clock)
    drawn = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()).split("\r")
    assert [part.strip() for part in drawn[1:]] == [
        "1/4 ━━━━━━━━━━━━━━━━━━━━ 0s 50ms/step - loss: 1.0000",
        "3/4 ━━━━━━━━━━━━━━━━━━━━ 0s 50ms/step - loss: 1.0000",
        "4/4 ━━━━━━━━━━━━━━━━━━━━ 0s 50ms/step - loss: 0.5000",
    ]
    assert terminal.getvalue().endswith("\n")


def test_the_part_that_is_done_is_green(monkeypatch, clock):
    terminal = Terminal()
    monkeypatch.setattr(room.sys, "stdout", terminal)
    run(1, 4, 1, clock=clock)
    assert "\x1b[32m" + "━" * 5 + "\x1b[0m\x1b[37m" + "━" * 15 + "\x1b[0m" in terminal.getvalue()


def test_logs_are_read_only_when_the_line_is_drawn(monkeypatch, clock):
    monkeypatch.setattr(room.sys, "stdout", Terminal())
    reads = []
    callbacks = CallbackList(add_progbar=True, verbose=1, epochs=1, steps=40)
    callbacks.on_epoch_begin(0)
    for batch in range(40):
        clock.now += 0.01
        logs = Logs(lambda: reads.append(1) or {"loss": torch.tensor(1.0)})
        callbacks.tell_batch("on_train_batch_end", batch, logs)
    assert len(reads) == 4


def test_without_a_length_the_first_epoch_counts_and_the_next_know(monkeypatch, clock):
    terminal = Terminal()
    monkeypatch.setattr(room.sys, "stdout", terminal)
    run(1, None, 3, epochs=2, clock=clock)
    drawn = [re.sub(r"\x1b\[[0-9;]*m", "", part).split() for part in terminal.getvalue().split("\r")]
    counts = [parts[0] for parts in drawn if parts and "/" in parts[0]]
    assert counts == ["1/Unknown", "3/Unknown", "3/3", "1/3", "3/3", "3/3"]


def test_a_line_is_cut_to_the_terminal(monkeypatch, clock):
    terminal = Terminal()
    monkeypatch.setattr(room.sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "40")
    run(1, 100, 50, logs={"a_long_name_of_a_metric": 1.0}, clock=clock)
    moving = terminal.getvalue().split("\r")[1:-1]
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", part)) for part in moving) <= 39


def test_validation_is_silent_and_evaluation_is_not(capsys, clock):
    callbacks = CallbackList([ProgbarLogger()], verbose=1, epochs=1, steps=2)
    callbacks.on_train_begin()
    callbacks.on_test_begin()
    callbacks.tell_batch("on_test_batch_end", 0, {"loss": 1.0})
    callbacks.on_test_end({"loss": 1.0})
    assert capsys.readouterr().out == ""
    callbacks.on_train_end()
    callbacks.on_test_begin()
    callbacks.tell_batch("on_test_batch_end", 1, {"loss": 1.0})
    callbacks.on_test_end({"loss": 1.0})
    assert "2/2" in capsys.readouterr().out


def test_prediction_shows_no_numbers(capsys, clock):
    callbacks = CallbackList([ProgbarLogger()], verbose=1, epochs=1, steps=2)
    callbacks.on_predict_begin()
    callbacks.tell_batch("on_predict_batch_end", 1, {"outputs": object()})
    callbacks.on_predict_end({})
    assert capsys.readouterr().out.endswith("/step\n")


def test_an_encoding_without_the_bar_gets_another(monkeypatch, clock):
    class Narrow(io.StringIO):
        encoding = "ascii"

    stream = Narrow()
    monkeypatch.setattr(room.sys, "stdout", stream)
    run(1, 1, 1, clock=clock)
    assert stream.getvalue().startswith("1/1 ==================== ")


@pytest.mark.parametrize(("seconds", "told"), [(0, "0s"), (0.00002, "20us"), (0.005, "5ms"), (1.2, "1s"), (75, "75s")])
def test_a_step_is_told_in_fitting_units(seconds, told):
    assert room._duration(seconds) == told


@pytest.mark.parametrize(("seconds", "told"), [(12, "12s"), (75, "1:15"), (3700, "1:01:40")])
def test_what_is_left_is_told_as_a_clock(seconds, told):
    assert room._clock(seconds) == told


def test_fit_writes_its_lines(model, data, capsys):
    model.fit(*data, epochs=2, batch_size=8, validation_split=0.25)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" ")[0] for line in lines] == ["Epoch", "3/3", "Epoch", "3/3"]
    assert re.findall(r"(\w+): ", lines[1]) == ["loss", "mae", "val_loss", "val_mae"]
