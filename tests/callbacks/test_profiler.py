from pathlib import Path

import pytest

from kerasish.callbacks import Profiler


def test_the_steps_to_trace_may_be_chosen(model, data, tmp_path):
    profiler = Profiler(tmp_path, first_step=2, steps=2, show=False)
    model.fit(*data, batch_size=8, epochs=2, verbose=0, callbacks=[profiler])
    assert profiler.report is not None and profiler.report.steps == 8 - 1 - 2
    assert [Path(profiler.report.trace).name.split(".")[0]] == ["steps_2_to_3"]


def test_steps_of_several_epochs_are_counted_on_and_a_fit_begins_anew(model, data, tmp_path):
    profiler = Profiler(tmp_path, first_step=5, steps=9, show=False)
    for _ in range(2):
        model.fit(*data, batch_size=16, epochs=3, verbose=0, callbacks=[profiler])
    written = sorted(path.name.split(".")[0] for path in tmp_path.iterdir())
    assert written == ["steps_5_to_6"] * 2 and profiler.report.steps == 3


def test_a_training_that_ends_before_the_first_step_to_trace_says_so(model, data, tmp_path):
    with pytest.warns(UserWarning, match="No trace was written: training ended after 1 steps, and step 3"):
        model.fit(*data, verbose=0, callbacks=[Profiler(tmp_path, show=False)])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [{"first_step": 0}, {"steps": 0}, {"steps": 2.0}, {"first_step": True}])
def test_steps_are_positive_integers(options):
    with pytest.raises(ValueError, match="`first_step` and `steps` must be positive integers"):
        Profiler(**options)
