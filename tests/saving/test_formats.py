"""Formats that a face registers: paths of another ending are written and read by its functions."""

import pytest
import torch

import kerasish as keras
from kerasish.saving import _formats


@pytest.fixture
def calls(monkeypatch):
    monkeypatch.setattr(_formats, "_formats", {})
    seen = []
    _formats.register_format(
        ".own",
        _formats.Format(
            lambda model, path, overwrite: seen.append((model.name, path.name, overwrite)),
            lambda path, custom_objects, compile, safe_mode: (path.name, compile),
            weights=".safetensors",
        ),
    )
    return seen


def a_model():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)], name="net")


def test_a_registered_ending_goes_to_its_own_functions(calls, tmp_path):
    a_model().save(tmp_path / "net.own", overwrite=False)
    assert calls == [("net", "net.own", False)]
    assert keras.models.load_model(tmp_path / "net.own", compile=False) == ("net.own", False)
    with pytest.raises(ValueError, match="no arguments besides"):
        a_model().save(tmp_path / "net.own", include_optimizer=False)


def test_weights_lie_in_a_file_of_the_librarys_own(calls, tmp_path):
    model, other = a_model(), a_model()
    model.save_weights(tmp_path / "net.own")
    assert [path.name for path in tmp_path.iterdir()] == ["net.own.safetensors"]
    other.load_weights(tmp_path / "net.own")
    assert torch.equal(other.layers[0].kernel, model.layers[0].kernel)


def test_other_endings_are_as_before(calls, tmp_path):
    with pytest.raises(ValueError, match=".keras"):
        a_model().save(tmp_path / "net.other")
    a_model().save(tmp_path / "net.keras")
    assert keras.models.load_model(tmp_path / "net.keras").name == "net"


def test_a_model_whose_weights_are_all_its_own_needs_no_call_before_it_is_saved(tmp_path):
    class Line(keras.Model):
        def __init__(self):
            super().__init__()
            self.w = keras.Variable(5.0)

        def call(self, x):
            return self.w * x

    first, second = Line(), Line()
    first.w.assign(2.0)
    first.save_weights(tmp_path / "line.safetensors")
    second.load_weights(tmp_path / "line.safetensors")
    assert second.w.item() == 2.0
