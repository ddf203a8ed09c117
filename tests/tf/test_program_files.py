"""Programs in files: what is more than a graph of torch's own operations is refused before torch sees it."""

import json
import pickle
import zipfile

import numpy as np
import pytest

import kerasish.tf as tf

GRAPH, CONSTANTS = "program_0/models/model.json", "program_0/data/constants/model_constants_config.json"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    class Doubling(tf.Module):
        def __init__(self):
            self.weight = tf.Variable([1.0, 2.0])

        @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
        def double(self, x):
            rows = x * 2 + self.weight
            return {"y": tf.reshape(rows, [2, -1]) if x.shape[0] % 2 == 0 else rows}  # saved with an odd number of rows

    folder = tmp_path_factory.mktemp("program") / "saved"
    tf.saved_model.save(Doubling(), folder)
    return folder


def changed(saved, folder, parts):
    """A copy of a saved model in which parts of its program are others."""
    folder.mkdir()
    for path in saved.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    with zipfile.ZipFile(saved / "program_0.pt2") as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(folder / "program_0.pt2", "w") as archive:
        for name, data in {**contents, **parts(contents)}.items():
            archive.writestr(name, data)
    return folder


def graph_with(change):
    def parts(contents):
        described = json.loads(contents[GRAPH])
        change(described)
        return {GRAPH: json.dumps(described)}

    return parts


def test_111_what_was_not_changed_is_read(saved, tmp_path):
    loaded = tf.saved_model.load(changed(saved, tmp_path / "same", lambda contents: {}))
    assert np.allclose(loaded.double(tf.ones([3, 2]))["y"], [[3, 4]] * 3)
    with zipfile.ZipFile(saved / "program_0.pt2") as archive:
        assert b".py" not in archive.read(GRAPH)  # no paths of the machine that saved it


class Touching:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_pickles_are_never_read(saved, tmp_path):
    data = pickle.dumps(Touching(str(tmp_path / "touched")), protocol=2)
    about = {"path_name": "opaque_obj_0", "is_param": False, "use_pickle": True, "tensor_meta": None}

    def opaque(contents):
        return {CONSTANTS: json.dumps({"config": {"c": about}}), "program_0/data/constants/opaque_obj_0": data}

    with pytest.raises(ValueError, match="opaque_obj_0|no tensor"):
        tf.saved_model.load(changed(saved, tmp_path / "opaque", opaque))
    with pytest.raises(ValueError, match="example of inputs"):
        tf.saved_model.load(changed(saved, tmp_path / "sample", lambda contents: {"program_0/data/sample_inputs/model.pt": data}))
    assert not (tmp_path / "touched").exists()


def test_libraries_are_never_loaded(saved, tmp_path):
    with pytest.raises(ValueError, match=r"it holds 'data/aotinductor/model/model.so'"):
        tf.saved_model.load(
            changed(saved, tmp_path / "library", lambda contents: {"program_0/data/aotinductor/model/model.so": b"ELF"})
        )


def test_conditions_that_a_program_was_made_under_are_checked(saved):
    loaded = tf.saved_model.load(saved)
    assert loaded.double(tf.ones([5, 2]))["y"].shape == (5, 2)
    with pytest.raises(ValueError, match="branched by sizes.*% 2"):
        loaded.double(tf.ones([6, 2]))


def set_target(name):
    def change(described):
        described["graph_module"]["graph"]["nodes"][0]["target"] = name

    return change


def add_guard(text):
    return lambda described: described["guards_code"].append(text)


def rename_input(described):
    described["graph_module"]["graph"]["inputs"][0]["as_tensor"]["name"] = "x=print(1)"


def set_structure(described):
    call = described["graph_module"]["module_call_graph"][0]["signature"]
    call["out_spec"] = call["out_spec"].replace("builtins.dict", "collections.defaultdict")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (set_target("torch.ops.aten.from_file.default"), "calls torch.ops.aten.from_file"),
        (set_target("torch.ops.load_library"), "calls torch.ops.load_library"),
        (set_target("torch.hub.load"), "calls torch.hub.load"),
        (add_guard("__import__('os').system('true')"), "not arithmetic"),
        (add_guard("L.__class__ == 1"), "not arithmetic"),
        (add_guard("9 ** 9 ** 9 == 1"), "not arithmetic"),
        (rename_input, "is no name"),
        (set_structure, "collections.defaultdict"),
    ],
)
def test_graphs_of_more_than_operations_are_refused(saved, tmp_path, change, told):
    with pytest.raises(ValueError, match=told):
        tf.saved_model.load(changed(saved, tmp_path / "changed", graph_with(change)))


def test_programs_outside_of_the_folder_are_not_read(saved, tmp_path):
    folder = changed(saved, tmp_path / "changed", lambda contents: {})
    index = json.loads((folder / "saved_model.json").read_text())
    index["programs"][0]["file"] = "../program_0.pt2"
    (folder / "saved_model.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="leads out of its folder"):
        tf.saved_model.load(folder)
