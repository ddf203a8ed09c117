"""The guides' programs run unchanged: every check of theirs holds, and they print their transcripts character for character.

In a transcript `<number>` stands for a number, `<numbers>` for several, `<digit>` for the last one, which processors round
differently, `<time>` for a duration and `<or not>` for " NOT" or nothing; all else is literal. The programs and
guide_support.py are kept as they were written.
"""

import io
import re
import runpy
import sys
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import kerasish.tf as tf

HERE = Path(__file__).parent
NUMBER = r"-?\d+(?:\.\d*)?(?:e[+-]?\d+)?"
PATTERNS = {
    "number": NUMBER,
    "numbers": rf"\s*{NUMBER}(?:[,\s]+{NUMBER})*\s*",
    "digit": r"\d",
    "time": r"\d+(?:ms|us|s)",
    "or not": "(?: NOT)?",
}


@pytest.fixture
def printed_by(tmp_path, monkeypatch) -> Callable[[str], str]:
    """Return a function that runs a program in an empty folder and gives what it printed."""

    def run(program: str) -> str:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("KERASISH_HOME", str(tmp_path / "home"))
        monkeypatch.syspath_prepend(HERE)
        monkeypatch.delitem(sys.modules, "guide_support", raising=False)
        import guide_support

        # The programs are to leave this process as they found it: nothing registered for its end, no plot kept open.
        monkeypatch.setattr(guide_support, "atexit", types.SimpleNamespace(register=lambda function: None))
        monkeypatch.setattr(guide_support, "pyplot", lambda plain=guide_support.pyplot: without_matplotlib(plain, monkeypatch))
        text = io.StringIO()
        with monkeypatch.context() as context:
            context.setattr(sys, "stdout", text)
            try:
                runpy.run_path(str(HERE / f"{program}.py"), run_name="__main__")
            except SystemExit:
                pytest.fail(f"{program}:\n{text.getvalue()}")
            finally:
                sys.modules.pop("guide_support", None)
        return text.getvalue()

    return run


def without_matplotlib(pyplot: Callable, monkeypatch: pytest.MonkeyPatch):
    """Give the stand-in of matplotlib, which turns all that is plotted into arrays and draws nothing."""
    with monkeypatch.context() as context:
        context.setitem(sys.modules, "matplotlib", None)
        return pyplot()


def assert_prints(program: str, printed: str) -> None:
    """Hold a text to the transcript of a program, line by line."""
    wanted = (HERE / "transcripts" / f"{program}.txt").read_text(encoding="utf-8")
    parts = re.split(rf"<({'|'.join(PATTERNS)})>", wanted)
    pattern = "".join(PATTERNS[part] if place % 2 else re.escape(part) for place, part in enumerate(parts))
    if not re.fullmatch(pattern, printed):
        assert printed == wanted  # for the difference, which pytest shows


def test_19_22_44_45_48_74_training_models_in_tfjs_spelling(printed_by) -> None:
    assert_prints("guide_train_models_tfjs", printed_by("guide_train_models_tfjs"))


def test_13_14_19_51_55_66_models_and_layers_in_tfjs_spelling(printed_by) -> None:
    assert_prints("guide_models_and_layers_tfjs", printed_by("guide_models_and_layers_tfjs"))


def test_89_99_106_111_126_129_131_basics_in_tensorflows_spelling(printed_by) -> None:
    assert_prints("guide_basics", printed_by("guide_basics"))


def test_108_117_118_119_120_122_123_124_125_training_loops_print_the_published_numbers(printed_by, monkeypatch) -> None:
    noise = np.load(HERE / "linear_noise.npy")
    monkeypatch.setattr(tf.random, "normal", lambda shape: tf.constant(noise.reshape(shape)))
    assert_prints("guide_basic_training_loops", printed_by("guide_basic_training_loops"))


@pytest.mark.parametrize("program", ["guide_models_and_layers_keras", "guide_train_models_keras"])
def test_the_same_guides_in_keras_spelling(program, printed_by) -> None:
    assert_prints(program, printed_by(program))
