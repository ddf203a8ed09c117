import h5py
import numpy as np
import pytest
import torch

from kerasish.saving._h5 import read_h5, write_h5
from kerasish.saving._states import Entry


def test_arrays_come_back_with_their_dtypes(tmp_path):
    entries = {
        "": Entry("model", {"0": np.arange(3, dtype="int64")}),
        "layers/dense": Entry("dense", {"0": np.ones((2, 3), "float16"), "1": np.float64(2.0)}),
        "layers/empty": Entry("empty"),
    }
    write_h5(tmp_path / "f.h5", entries)
    read = read_h5(tmp_path / "f.h5", "it")
    assert {path: entry.name for path, entry in read.items()} == {"": "model", "layers/dense": "dense", "layers/empty": "empty"}
    assert read[""].arrays["0"].tolist() == [0, 1, 2] and read["layers/dense"].arrays["0"].dtype == np.float16


def test_bfloat16_that_keras_wrote_is_read(tmp_path):
    values = torch.tensor([1.5, -2.0, 1e30]).bfloat16()
    with h5py.File(tmp_path / "f.h5", "w") as file:
        data = file.create_dataset("vars/0", data=values.view(torch.int16).numpy().view("V2"))
        data.attrs["dtype"] = "bfloat16"
    assert read_h5(tmp_path / "f.h5", "it")[""].arrays["0"].tolist() == values.float().tolist()


@pytest.mark.parametrize("link", [h5py.SoftLink("/other"), h5py.ExternalLink("/etc/passwd", "/")])
@pytest.mark.parametrize("place", ["layers", "vars/0"])
def test_links_are_refused(link, place, tmp_path):
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.create_group("vars")
        file[place] = link
    with pytest.raises(ValueError, match="it (points to something else|has something else than an array) at"):
        read_h5(tmp_path / "f.h5", "it")


def test_a_size_that_is_not_there_is_refused(tmp_path):
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.create_dataset("vars/0", shape=(2**40,), dtype="float32", chunks=(1024,), compression="gzip")
    with pytest.raises(ValueError, match="claims 4398046511104 bytes at vars/0"):
        read_h5(tmp_path / "f.h5", "it")


def test_a_file_of_keras_2_is_named(tmp_path):
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.attrs["layer_names"] = ["dense"]
    with pytest.raises(ValueError, match="Keras 2"):
        read_h5(tmp_path / "f.h5", "it")
