import json
from pathlib import Path

import pytest
import torch

from kerasish.callbacks._step_trace import StepTrace


def steps_in(path):
    events = json.loads(Path(path).read_text())["traceEvents"]
    return sorted({event["name"] for event in events if event.get("name", "").startswith("ProfilerStep")})


def run(trace, steps):
    trace.begin()
    for _ in range(steps):
        trace.step_begins()
        torch.ones(2).add(1)


def test_the_steps_asked_for_are_recorded_by_number(tmp_path):
    trace = StepTrace(tmp_path, 2, 2, "`steps`")
    run(trace, 3)
    assert trace.running and trace.path is None
    trace.step_begins()
    assert not trace.running and steps_in(trace.path) == ["ProfilerStep#2", "ProfilerStep#3"]
    trace.end()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_step_without_a_batch_is_not_counted(tmp_path):
    trace = StepTrace(tmp_path, 2, 1, "`steps`")
    run(trace, 2)
    trace.drop_step()
    trace.step_begins()
    trace.end()
    assert steps_in(trace.path) == ["ProfilerStep#2"] and "steps_2_to_2" in trace.path


def test_a_trace_that_was_left_running_is_dropped_by_the_next(tmp_path):
    left = StepTrace(tmp_path, 1, 5, "`steps`")
    run(left, 2)
    trace = StepTrace(tmp_path, 1, 1, "`steps`")
    run(trace, 1)
    trace.end()
    assert not left.running and left.path is None and steps_in(trace.path) == ["ProfilerStep#1"]


def test_somebody_elses_profiler_is_not_disturbed(tmp_path):
    trace = StepTrace(tmp_path, 1, 1, "`steps`")
    with torch.profiler.profile():
        with pytest.raises(RuntimeError, match="torch.profiler is running already"):
            trace.begin()
        with pytest.warns(UserWarning, match="was recording something else"):
            trace.step_begins()
    assert not trace.running and list(tmp_path.iterdir()) == []
