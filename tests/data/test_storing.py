"""Elements in folders: saved, loaded, cached."""

import json
import os
from collections import OrderedDict

import numpy as np
import pytest
import torch

from kerasish.data import Dataset, TensorSpec


def read(path) -> list:
    return list(Dataset.load(path))


def test_elements_of_one_shape_come_back_and_are_gathered_from_the_files(tmp_path) -> None:
    x, y = torch.randn(50, 3, 2), np.arange(50)
    names = [f"row {n} ∞" for n in range(50)]
    Dataset.from_tensor_slices({"y": y, "x": (x, names), "none": None}).save(tmp_path / "deep" / "set")
    loaded = Dataset.load(tmp_path / "deep" / "set")
    assert len(loaded) == 50
    assert loaded.element_spec == {
        "y": TensorSpec((), "int64"), "x": (TensorSpec((3, 2), "float32"), TensorSpec((), "string")), "none": None,
    }  # fmt: skip
    assert loaded._stage.rows() is not None  # batches are one gathering each
    (batch,) = loaded.shuffle(50, seed=1).batch(50)
    order = batch["y"]
    assert sorted(order.tolist()) == list(range(50)) and torch.equal(batch["x"][0], x[order]) and batch["none"] is None
    assert batch["x"][1].tolist() == [names[n] for n in order]


@pytest.mark.parametrize(
    "dtype", [torch.bool, torch.uint8, torch.int16, torch.bfloat16, torch.float16, torch.float64, torch.complex64]
)
def test_dtypes_keep_their_bits(dtype, tmp_path) -> None:
    values = torch.tensor([0, 1, 2, 3.5]).to(dtype)
    Dataset.from_tensors(values).save(tmp_path / "set")
    (found,) = read(tmp_path / "set")
    assert found.dtype is dtype and torch.equal(found, values)


def test_sizes_may_differ_from_element_to_element(tmp_path) -> None:
    rows = [(torch.arange(2.0 * n).reshape(n, 2), np.array(["a"] * n, dtype=object), b"\xff" * n) for n in (2, 2, 0, 3)]
    Dataset.from_generator(lambda: rows).save(tmp_path / "set")
    found = Dataset.load(tmp_path / "set")
    assert found.element_spec[0] == TensorSpec((None, 2), "float32")
    for (tensor, texts, data), (want, words, wanted) in zip(found, rows, strict=True):
        assert torch.equal(tensor, want) and list(texts) == list(words) and data == wanted
    assert [batch.shape for batch in found.map(lambda *parts: parts[0]).padded_batch(2)] == [(2, 2, 2), (2, 3, 2)]


def test_changing_what_is_read_changes_no_file(tmp_path) -> None:
    Dataset.range(4).save(tmp_path / "set")
    loaded = Dataset.load(tmp_path / "set")
    for element in loaded:
        element += 10
    assert [int(n) for n in loaded] == [int(n) for n in Dataset.load(tmp_path / "set")] == [0, 1, 2, 3]


def test_the_order_of_dicts_and_empty_data_sets_are_kept(tmp_path) -> None:
    Dataset.from_tensors(OrderedDict(b=1, a=2)).save(tmp_path / "set")
    ((b, one), (a, two)) = read(tmp_path / "set")[0].items()
    assert (b, int(one), a, int(two)) == ("b", 1, "a", 2)
    Dataset.range(3).take(0).save(tmp_path / "set")
    assert read(tmp_path / "set") == [] and len(Dataset.load(tmp_path / "set")) == 0


def test_what_cannot_be_saved_is_told_and_what_was_there_stays(tmp_path) -> None:
    Dataset.range(2).save(tmp_path / "set")
    for wrong, message in (
        (lambda: [1, 1.5], "number 1 has float32"),
        (lambda: [(1, 2), 3], "number 1 has another"),
        (lambda: [[1], [[2]]], r"shape \(1, 1\), and the first int32 of shape \(1,\)"),
        (lambda: [{1: 2}], "strings as keys"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            Dataset.from_generator(wrong).save(tmp_path / "set")
    with pytest.raises(TypeError, match="each by itself"):
        Dataset.range(4).window(2).save(tmp_path / "set")
    with pytest.raises(ValueError, match="without end"):
        Dataset.counter().save(tmp_path / "set")
    assert [int(n) for n in read(tmp_path / "set")] == [0, 1]
    assert [path.name for path in tmp_path.iterdir()] == ["set"]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "precious.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="no saved Dataset"):
        Dataset.range(2).save(tmp_path / "other")


def test_what_cannot_be_loaded_is_told(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match="no saved Dataset"):
        Dataset.load(tmp_path)
    Dataset.range(9).save(tmp_path / "set")
    with pytest.raises(ValueError, match="element_spec"):
        Dataset.load(tmp_path / "set", TensorSpec((), "float32"))
    assert len(Dataset.load(tmp_path / "set", element_spec=TensorSpec((), "int64"))) == 9
    index = json.loads((tmp_path / "set" / "dataset.json").read_text())
    index["leaves"][0]["dtype"] = "save"
    (tmp_path / "set" / "dataset.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="'save' is no dtype"):
        Dataset.load(tmp_path / "set")
    index["leaves"][0]["dtype"] = "int32"
    (tmp_path / "set" / "dataset.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="has 72 bytes and should have 36"):
        Dataset.load(tmp_path / "set")
    index["leaves"], index["structure"] = {"../set/0": index["leaves"][0]}, "../set/0"
    (tmp_path / "set" / "dataset.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="not of numbers"):
        Dataset.load(tmp_path / "set")


def test_a_folder_that_cannot_be_put_in_its_place_leaves_the_old_one(tmp_path, monkeypatch) -> None:
    Dataset.range(2).save(tmp_path / "set")
    replace = os.replace

    def failing(source, target):
        if str(target).endswith("set") and not str(source).endswith("-old"):
            raise OSError("no space")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="no space"):
        Dataset.range(5).save(tmp_path / "set")
    assert len(read(tmp_path / "set")) == 2 and [path.name for path in tmp_path.iterdir()] == ["set"]


def test_a_cache_in_a_folder_serves_later_iterations_and_later_programs(tmp_path) -> None:
    calls = []

    def make(factor: int) -> Dataset:
        return Dataset.range(6).map(lambda n: calls.append(int(n)) or n * factor).cache(str(tmp_path / "kept"))

    cached = make(2)
    next(iter(cached))  # left midway: nothing is kept
    assert list(tmp_path.iterdir()) == []
    calls.clear()
    for dataset in (cached, cached, make(5)):  # the last one finds what is there
        assert [int(n) for n in dataset] == [0, 2, 4, 6, 8, 10]
    assert calls == list(range(6)) and len(make(1)) == 6
    assert sorted(int(n) for batch in cached.shuffle(6).batch(4) for n in batch) == [0, 2, 4, 6, 8, 10]
    assert [int(n) for n in Dataset.range(3).snapshot(tmp_path / "kept")] == [0, 2, 4, 6, 8, 10]
    shuffled = Dataset.range(20).shuffle(20).cache(tmp_path / "order")
    assert list(shuffled) == list(shuffled)
