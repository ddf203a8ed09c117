"""Steps are eager at once, and compiled ones take over when they are ready, right and faster."""

import logging
import os
import shutil
import time

import numpy as np
import pytest
import torch

import kerasish as keras
from kerasish import layers
from kerasish.engine.programs import _beside, _tiers

needs_compiler = pytest.mark.skipif(not (shutil.which("g++") or shutil.which("clang++")), reason="no C++ compiler")
needs_fork = pytest.mark.skipif(not _beside.is_possible(), reason="nothing can run beside on this system")

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((128, 8)).astype("float32"), rng.standard_normal((128, 1)).astype("float32")


def model(jit_compile, *between, **settings):
    keras.utils.set_random_seed(1)
    net = keras.Sequential([keras.Input((8,)), layers.Dense(16, activation="tanh"), *between, layers.Dense(1)])
    net.compile("adam", loss="mse", metrics=["mae"], jit_compile=jit_compile, **settings)
    return net


def fit(net, epochs=3, **settings):
    keras.utils.set_random_seed(2)
    return net.fit(X, Y, batch_size=16, epochs=epochs, verbose=0, **settings).history


@pytest.fixture
def eager_to_compile(monkeypatch):
    """Let any run be worth compiling, and look often."""
    monkeypatch.setitem(_tiers._costs, "compile", 0.0)
    monkeypatch.setattr(_tiers, "_LOOK_EVERY", 0.0)
    monkeypatch.setattr(_tiers, "_WINDOW", 1e-4)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache of this module's own."""
    before = os.environ.get("TORCHINDUCTOR_CACHE_DIR")
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["TORCHINDUCTOR_CACHE_DIR"]
    else:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = before


class Waiting(keras.callbacks.Callback):
    """Lets the child get on."""

    def on_train_batch_end(self, batch, logs=None):
        steps = self.model.compile_report().steps
        if steps and steps[0].status == "compiling":
            time.sleep(0.01)


def alike(a, b):
    for one, other in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@needs_compiler
def test_true_compiles_and_trains_as_eager_steps_do(cache):
    eager, compiled = model(False, layers.Dropout(0.3)), model(True, layers.Dropout(0.3))
    wanted, got = fit(eager, 7), fit(compiled, 7)
    (report,) = compiled.compile_report().steps
    assert report.status == "compiled" and not report.cached and report.compile_seconds > 0
    alike(eager, compiled)
    assert got["loss"] == pytest.approx(wanted["loss"], rel=1e-4) and got["mae"] == pytest.approx(wanted["mae"], rel=1e-4)
    assert int(compiled.optimizer.iterations) == int(eager.optimizer.iterations) == 56


@needs_compiler
def test_the_next_run_has_the_step_from_the_disk_and_the_next_fit_from_memory(cache):
    fit(model(True, layers.Dropout(0.3)))
    again = model(True, layers.Dropout(0.3))
    fit(again)
    (report,) = again.compile_report().steps
    assert report.cached and report.status == "compiled"
    programs = again._training.programs.ready
    before = dict(programs)
    fit(again)
    assert programs == before


@needs_compiler
def test_single_batches_are_compiled_where_that_was_asked_for(cache):
    eager, compiled = model(False, layers.Dropout(0.3)), model(True, layers.Dropout(0.3))
    for net in (eager, compiled):
        keras.utils.set_random_seed(4)
        losses = [net.train_on_batch(X[:16], Y[:16], return_dict=True)["loss"] for _ in range(6)]
    assert [step.status for step in compiled.compile_report().steps] == ["compiled"]
    alike(eager, compiled)
    assert len(set(losses)) == 6
    compiled.layers[0].trainable = False
    before = compiled.layers[0].get_weights()
    for _ in range(3):
        compiled.train_on_batch(X[:16], Y[:16])
    np.testing.assert_array_equal(before[0], compiled.layers[0].get_weights()[0])


@needs_compiler
def test_the_rate_is_the_callbacks(cache):
    slow = keras.callbacks.LearningRateScheduler(lambda epoch: 0.01 if epoch < 2 else 0.0)
    net = model(True, layers.Dropout(0.3))
    fit(net, 2)
    weights = net.get_weights()
    fit(net, 4, initial_epoch=2, callbacks=[slow])
    for a, b in zip(weights, net.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@needs_compiler
def test_a_model_that_is_moved_in_training_goes_on(cache):
    class Moving(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            for parameter in self.model.parameters():
                parameter.data = parameter.data.clone()

    eager, compiled = model(False, layers.Dropout(0.3)), model(True, layers.Dropout(0.3))
    fit(eager, 3, callbacks=[Moving()])
    fit(compiled, 3, callbacks=[Moving()])
    alike(eager, compiled)


@needs_compiler
@needs_fork
def test_auto_compiles_beside_and_swaps_without_a_trace_in_the_numbers(cache, eager_to_compile):
    fit(model(True, layers.Dropout(0.3)))  # so that there is little to wait for
    eager, net = model(False, layers.Dropout(0.3)), model("auto", layers.Dropout(0.3))
    wanted, got = fit(eager, 400), fit(net, 400, callbacks=[Waiting()])
    (report,) = net.compile_report().steps
    assert report.eager_us and report.compiled_us and report.status in ("compiled", "refused")
    assert got["loss"] == pytest.approx(wanted["loss"], rel=5e-3)


@needs_fork
@pytest.mark.parametrize(
    ("work", "why"),
    [
        (lambda *_: {"error": "no compiler"}, "no compiler"),
        (lambda *_: os.abort(), "ended with status -6"),
        (lambda *_: 1 / 0, "ZeroDivisionError"),
    ],
    ids=["error", "crash", "bug"],
)
def test_whatever_the_compiler_does_training_goes_on(monkeypatch, eager_to_compile, caplog, work, why):
    monkeypatch.setattr(_tiers, "compile_and_check", work)
    eager, net = model(False), model("auto")

    with caplog.at_level(logging.INFO, logger="kerasish"):
        fit(net, 30, callbacks=[Waiting()])
    fit(eager, 30)
    alike(eager, net)
    assert len(caplog.messages) == 1 and why in caplog.messages[0]
    (report,) = net.compile_report().steps
    assert report.status == "refused" and why in report.reason and why in str(net.compile_report())


@needs_fork
def test_true_complains_if_it_cannot(monkeypatch):
    monkeypatch.setattr(_tiers, "compile_and_check", lambda *_: {"error": "no compiler"})
    eager, net = model(False), model(True)
    with pytest.warns(UserWarning, match="jit_compile=True.*no compiler"):
        fit(net)
    fit(eager)
    alike(eager, net)


@needs_fork
def test_options_that_the_compiler_does_not_know_are_told():
    net = model(True, jit_options={"cpp.threads": 1, "speeed": 3})
    with pytest.warns(UserWarning, match="none called speeed"):
        fit(net)


def test_a_step_of_the_users_own_stays_eager(monkeypatch):
    class Own(keras.Sequential):
        def train_step(self, data):
            return super().train_step(data)

    net = Own([keras.Input((8,)), layers.Dense(1)])
    net.compile("sgd", loss="mse", jit_compile=True)
    with pytest.warns(UserWarning, match="`train_step` is the model's own"):
        fit(net)
    assert net.compile_report().steps[0].status == "refused"


@needs_fork
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_no_process_is_left_behind(monkeypatch, eager_to_compile, error):
    jobs = []

    class Job(_beside.Beside):
        def __init__(self, work, is_urgent=False):
            super().__init__(work, is_urgent)
            jobs.append(self._child)

    monkeypatch.setattr(_beside, "Beside", Job)
    monkeypatch.setattr(_tiers, "compile_and_check", lambda *_: time.sleep(60))

    class Stopping(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if jobs:
                raise error

    net = model("auto")
    if error is KeyboardInterrupt:
        with pytest.warns(UserWarning, match="interrupted"):
            fit(net, 50, callbacks=[Stopping()])
    else:
        with pytest.raises(ValueError):
            fit(net, 50, callbacks=[Stopping()])
    (child,) = jobs
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert "ended before" in net.compile_report().steps[0].reason


@needs_fork
def test_a_wrong_or_slow_program_is_not_kept(monkeypatch, eager_to_compile):
    class Slow:
        def __init__(self, state, libraries):
            self.state = state

        def __call__(self, batch):
            time.sleep(0.05)

    monkeypatch.setattr(_tiers, "compile_and_check", lambda *_: {"libraries": [], "cached": False, "seconds": 0.1})
    monkeypatch.setattr(_tiers, "LibraryProgram", Slow)
    net = model("auto")
    fit(net, 60, callbacks=[Waiting()])
    (report,) = net.compile_report().steps
    assert report.status == "refused" and "not faster" in report.reason and report.compiled_us > 40000
    assert not net._training.programs.ready


class Instant:
    """A program that is an eager step, and counts its steps."""

    made: list = []  # noqa: RUF012

    def __init__(self, state, libraries):
        self.state, self.steps = state, 0
        Instant.made.append(self)

    def __call__(self, batch):
        self.steps += 1
        self.state.model.train_step(batch)


@pytest.fixture
def instantly(monkeypatch):
    monkeypatch.setattr(Instant, "made", [])
    monkeypatch.setattr(_tiers, "LibraryProgram", Instant)
    done = {"libraries": [], "cached": False, "seconds": 0.1}
    monkeypatch.setattr(_tiers, "compile_and_check", lambda state, eager, batch, *_: {**done, **refused(batch)})
    yield Instant.made
    monkeypatch.undo()


def refused(batch):
    return {"error": "a batch of eight"} if len(batch[0]) == 8 else {}


@needs_fork
def test_another_batch_size_is_compiled_too(instantly):
    net = model(True)
    fit(net, 2)
    net.fit(X, Y, batch_size=32, epochs=2, verbose=0)
    fit(net, 1)
    assert [program.steps for program in instantly] == [15 + 8 - 1, 7]
    assert [step.status for step in net.compile_report().steps] == ["compiled", "compiled"]


@needs_fork
def test_a_form_that_is_refused_leaves_the_others_compiled(instantly):
    net = model(True)
    with pytest.warns(UserWarning, match="a batch of eight"):
        net.fit(X[:24], Y[:24], batch_size=16, epochs=20, verbose=0)
    assert [program.steps for program in instantly] == [19]
    assert [step.status for step in net.compile_report().steps] == ["compiled", "refused"]


@needs_fork
def test_a_model_that_is_moved_during_the_trial_goes_on(instantly, eager_to_compile):
    class Moving(Waiting):
        moved = False

        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            if instantly and not self.moved:
                self.moved = True
                for parameter in self.model.parameters():
                    parameter.data = parameter.data.clone()

    eager, net, moving = model(False), model("auto"), Moving()
    fit(net, 40, callbacks=[moving])
    fit(eager, 40)
    assert moving.moved
    alike(eager, net)


def test_short_runs_are_not_compiled(monkeypatch):
    monkeypatch.setattr(_beside, "Beside", None)
    net = model("auto")
    fit(net)
    assert str(net.compile_report()) == "jit_compile='auto': all steps are eager."


@pytest.mark.parametrize("value", [1, "yes", None])
def test_the_argument_is_checked(value):
    with pytest.raises(ValueError, match="jit_compile"):
        model(value)
    with pytest.raises(ValueError, match="jit_options"):
        model(True, jit_options=[value])


def test_a_copy_has_nothing_compiled():
    import copy
    import pickle

    net = model("auto")
    fit(net, 1)
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert twin.compile_report().steps == [] and twin.jit_compile == "auto"
        assert torch.equal(twin.layers[0].kernel, net.layers[0].kernel)
