import io
import json
import os
import stat
import zipfile

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from kerasish import layers
from kerasish.models import Model, Sequential
from kerasish.saving import load_model, load_weights, save_model, save_weights

ENDINGS = [".keras", ".weights.h5", ".safetensors"]


def weights_equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def save(model, path):
    (model.save if path.name.endswith(".keras") else model.save_weights)(path)
    return path


def predictions(model, data):
    return model.predict(data[0], verbose=0)


# What comes back.


def test_a_whole_model_comes_back(model, data, tmp_path):
    loaded = load_model(save(model, tmp_path / "m.keras"))
    assert weights_equal(loaded, model) and loaded.name == model.name
    np.testing.assert_array_equal(predictions(loaded, data), predictions(model, data))


def test_training_goes_on_as_if_it_had_not_been_saved(model, data, tmp_path):
    loaded = load_model(save(model, tmp_path / "m.keras"))
    losses = [[m.train_on_batch(*data, return_dict=True)["loss"] for _ in range(3)] for m in (model, loaded)]
    assert losses[0] == losses[1]
    assert int(loaded.optimizer.iterations) == 7


def test_evaluation_goes_by_the_same_loss_and_metrics(model, data, tmp_path):
    loaded = load_model(save(model, tmp_path / "m.keras"))
    assert loaded.evaluate(*data, verbose=0, return_dict=True) == model.evaluate(*data, verbose=0, return_dict=True)


def test_compile_false_gives_a_model_that_is_not_compiled(model, data, tmp_path):
    loaded = load_model(save(model, tmp_path / "m.keras"), compile=False)
    assert not loaded.compiled
    np.testing.assert_array_equal(predictions(loaded, data), predictions(model, data))


def test_the_optimizer_may_be_left_out(model, tmp_path):
    model.save(tmp_path / "m.keras", include_optimizer=False)
    assert not load_model(tmp_path / "m.keras").compiled
    assert (tmp_path / "m.keras").stat().st_size < save(model, tmp_path / "n.keras").stat().st_size


@pytest.mark.parametrize("ending", ENDINGS)
def test_weights_come_back(ending, model, fresh, data, tmp_path):
    fresh.load_weights(save(model, tmp_path / f"m{ending}"))
    assert weights_equal(fresh, model)


@pytest.mark.parametrize(("ending", "iterations"), [(".keras", 4), (".weights.h5", 4), (".safetensors", 0)])
def test_the_optimizer_is_in_keras_files_and_not_among_tensors(ending, iterations, model, fresh, tmp_path):
    fresh.load_weights(save(model, tmp_path / f"m{ending}"))
    assert int(fresh.optimizer.iterations) == iterations


def test_a_file_object_will_do(model, data):
    file = io.BytesIO()
    save_model(model, file)
    file.seek(0)
    assert weights_equal(load_model(file), model)


def test_a_model_that_is_not_built_comes_back_unbuilt(tmp_path):
    model = Sequential([layers.Dense(3)])
    with pytest.warns(UserWarning, match="before it is built"):
        model.save(tmp_path / "m.keras")
    assert not load_model(tmp_path / "m.keras").built


def test_a_subclassed_model_comes_back_by_its_own_config(tmp_path):
    class Mine(Model):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.blocks = [layers.Dense(units), {"deep": layers.Dense(1)}]
            self.plain = torch.nn.BatchNorm1d(4)
            self.scale = self.add_weight((), "ones", name="scale")

        def call(self, x):
            return self.blocks[1]["deep"](self.blocks[0](self.plain(x))) * self.scale

    model, x = Mine(3), torch.rand(5, 4)
    model(x, training=True)
    model.scale.assign(3.0)
    model.save(tmp_path / "m.keras")
    loaded = load_model(tmp_path / "m.keras", custom_objects={"Mine": Mine})
    assert loaded.units == 3
    torch.testing.assert_close(loaded(x), model(x), rtol=0, atol=0)
    assert torch.equal(loaded.plain.running_mean, model.plain.running_mean)


def test_torch_modules_come_back_with_their_buffers(tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
    model, x = Sequential([layers.Input((4,)), net, layers.Dense(2)]), torch.rand(6, 4)
    model(x, training=True)
    for ending in ENDINGS:
        path = save(model, tmp_path / f"m{ending}")
        with torch.no_grad():
            before, kept = model(x).clone(), net[1].running_mean.clone()
            net[1].running_mean.add_(1)
        model.load_weights(path)
        assert torch.equal(net[1].running_mean, kept) and torch.equal(model(x), before)
    torch.testing.assert_close(load_model(tmp_path / "m.keras")(x), before)


def test_a_layer_at_two_places_is_one_layer_again(tmp_path):
    dense, symbol = layers.Dense(4), layers.Input((5, 4))
    model = Model(symbol, dense(layers.TimeDistributed(dense)(symbol)))
    loaded = load_model(save(model, tmp_path / "m.keras"))
    assert len(loaded.weights) == 2 and loaded.layers[1].layer is loaded.layers[2]


def test_weights_in_a_list_come_back(tmp_path):
    class Mine(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.parts = [torch.nn.Parameter(torch.rand(2)), [torch.nn.Parameter(torch.rand(3))]]

        def call(self, x):
            return x * self.parts[0].sum() * self.parts[1][0].sum()

    model = Sequential([layers.Input((4,)), Mine()])
    kept = model.get_weights()
    save(model, tmp_path / "m.weights.h5")
    model.set_weights([w + 1 for w in kept])
    model.load_weights(tmp_path / "m.weights.h5")
    assert all((a == b).all() for a, b in zip(kept, model.get_weights()))


def test_assets_come_back(tmp_path):
    class Words(layers.Layer):
        words = ()

        def call(self, x):
            return x

        def save_assets(self, folder):
            with open(os.path.join(folder, "words.txt"), "w") as file:
                file.write("\n".join(self.words))

        def load_assets(self, folder):
            with open(os.path.join(folder, "words.txt")) as file:
                self.words = tuple(file.read().split("\n"))

    model = Sequential([layers.Input((4,)), Words(), layers.Dense(1)])
    model.layers[0].words = ("a", "b")
    loaded = load_model(save(model, tmp_path / "m.keras"), custom_objects={"Words": Words})
    assert loaded.layers[0].words == ("a", "b")


def test_objects_can_be_left_out(model, fresh, tmp_path):
    path = save(model, tmp_path / "m.weights.h5")
    before = fresh.layers[0].get_weights()[0]
    load_weights(fresh, path, objects_to_skip=[fresh.layers[0]])
    assert np.array_equal(fresh.layers[0].get_weights()[0], before)
    assert np.array_equal(fresh.layers[2].get_weights()[0], model.layers[2].get_weights()[0])


# What is in the files.


def test_the_layout_of_a_keras_file(model, tmp_path):
    with zipfile.ZipFile(save(model, tmp_path / "m.keras")) as archive:
        assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5"]
        assert json.loads(archive.read("metadata.json"))["keras_version"].startswith("3.")
        config = json.loads(archive.read("config.json"))
    assert (config["module"], config["class_name"]) == ("keras", "Sequential")
    assert config["compile_config"]["optimizer"]["class_name"] == "Adam"


def test_the_paths_in_a_weights_file(model, tmp_path):
    import h5py

    paths = {}
    with h5py.File(save(model, tmp_path / "m.weights.h5")) as file:
        file.visititems(lambda name, thing: paths.update({name: thing.shape}) if isinstance(thing, h5py.Dataset) else None)
        assert file["layers/dense_1/vars"].attrs["name"] == model.layers[2].name
    assert paths["layers/dense/vars/0"] == (4, 3) and paths["layers/batch_normalization/vars/3"] == (3,)
    assert paths["optimizer/vars/0"] == () and len([p for p in paths if p.startswith("optimizer/vars/")]) == 2 + 2 * 6


def test_tensors_have_the_names_of_the_state_dict_and_the_file_names_its_format(model, tmp_path):
    with safe_open(save(model, tmp_path / "m.safetensors"), "pt") as file:
        assert sorted(file.keys()) == sorted(model.state_dict())
        assert file.metadata()["format"] == "pt" and file.metadata()["kerasish"]


def test_a_tensor_of_two_names_is_written_once(tmp_path):
    one = layers.Dense(4)

    class Tied(Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = one, one

        def call(self, x):
            return self.a(x)

    model = Tied()
    model(torch.rand(1, 4))
    with safe_open(save(model, tmp_path / "m.safetensors"), "pt") as file:
        assert sorted(file.keys()) == ["a.bias", "a.kernel"]
    model.load_weights(tmp_path / "m.safetensors")


def test_tensors_go_by_their_names_and_by_order_only_where_numbers_differ(tmp_path):
    def made(*names):
        return Sequential([layers.Input((2,)), *(layers.Dense(2, use_bias=False, name=name) for name in names)])

    path = save(made("a", "b_1", "b_2"), tmp_path / "m.safetensors")
    first = load_file(path)["b_1.kernel"]
    swapped, numbered, other = made("a", "b_2", "b_1"), made("a_3", "b_4", "b_5"), made("a", "c_1", "c_2")
    swapped.load_weights(path)
    numbered.load_weights(path)
    assert torch.equal(swapped.layers[2].kernel, first) and torch.equal(numbered.layers[1].kernel, first)
    with pytest.raises(ValueError, match=r"c_1\.kernel: expected shape \(2, 2\); the file does not have it"):
        other.load_weights(path)
    with pytest.warns(UserWarning, match="was left as it is"):
        other.load_weights(path, skip_mismatch=True)


# Writing whole or not at all.


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(ending, model, tmp_path, monkeypatch):
    path = save(model, tmp_path / f"m{ending}")
    before = path.read_bytes()

    def fail(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr("kerasish.saving._atomic._to_disk", fail)
    with pytest.raises(OSError, match="No space left"):
        save(model, path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == [path.name]


def test_a_model_that_cannot_be_described_leaves_no_file(tmp_path):
    model = Sequential([layers.Input((4,)), layers.Dense(1, activation=lambda x: x)])
    with pytest.raises(ValueError, match="lambda"):
        model.save(tmp_path / "m.keras")
    assert os.listdir(tmp_path) == []


def test_overwriting_can_be_forbidden(model, tmp_path):
    path = save(model, tmp_path / "m.keras")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save(path, overwrite=False)


def test_a_file_has_the_rights_of_any_other(model, tmp_path):
    (tmp_path / "any").touch()
    path = save(model, tmp_path / "m.keras")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "any").stat().st_mode)
    path.chmod(0o640)
    assert stat.S_IMODE(save(model, path).stat().st_mode) == 0o640


def test_a_link_stays_a_link(model, tmp_path):
    path = save(model, tmp_path / "m.keras")
    (tmp_path / "link.keras").symlink_to(path)
    save(model, tmp_path / "link.keras")
    assert (tmp_path / "link.keras").is_symlink()


# Errors.


@pytest.mark.parametrize(
    ("call", "error", "complaint"),
    [
        (lambda m, d: m.save(d / "m.h5"), ValueError, r"must end in \.keras; received"),
        (lambda m, d: m.save(d / "no" / "m.keras"), FileNotFoundError, "The folder .* is not there"),
        (lambda m, d: m.save(d / "m.keras", zipped=False), ValueError, "`zipped`=False"),
        (lambda m, d: m.save(d / "m.keras", save_format="h5"), ValueError, "save_format"),
        (lambda m, d: m.save_weights(d / "m.h5"), ValueError, r"\.weights\.h5 or \.safetensors"),
        (lambda m, d: m.save_weights(d / "m.weights.h5", max_shard_size=1), ValueError, "`max_shard_size`"),
        (lambda m, d: save_weights(Sequential([layers.Dense(1)]), d / "m.weights.h5"), ValueError, "must be built"),
        (lambda m, d: m.load_weights(d / "m.weights.h5"), FileNotFoundError, "There is no file"),
        (lambda m, d: m.load_weights(d / "m.h5"), ValueError, "Keras 2"),
        (lambda m, d: m.load_weights(d / "m.weights.h5", by_name=True), ValueError, "`by_name`"),
        (lambda m, d: load_model(d / "m.keras"), FileNotFoundError, "There is no file"),
        (lambda m, d: load_model(d / "m.weights.h5"), ValueError, r"must end in \.keras"),
        (lambda m, d: m.export(d / "m"), NotImplementedError, r"torch\.export"),
    ],
)
def test_what_cannot_be_done_is_told(call, error, complaint, model, tmp_path):
    with pytest.raises(error, match=complaint):
        call(model, tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_is_closed_is_told(model, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match=r"m\.keras.* cannot be written"):
        model.save(tmp_path / "m.keras")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("part", [0, 0.3, 0.9])
def test_a_broken_file_is_told_and_the_model_stays(ending, part, model, fresh, tmp_path):
    path = save(model, tmp_path / f"m{ending}")
    whole, before = path.read_bytes(), fresh.get_weights()
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(OSError, match="cannot be read"):
        fresh.load_weights(path)
    if ending == ".keras":
        with pytest.raises(OSError, match="cannot be read"):
            load_model(path)
    assert all((a == b).all() for a, b in zip(before, fresh.get_weights()))


def test_a_file_with_lambdas_is_refused_with_any_safe_mode(model, tmp_path):
    path = save(model, tmp_path / "m.keras")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    config["config"]["layers"][1]["config"]["activation"] = {"class_name": "__lambda__", "config": {"value": "abc"}}
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in {**parts, "config.json": json.dumps(config)}.items():
            archive.writestr(name, part)
    for safe_mode in (True, False):
        with pytest.raises(ValueError, match="never run"):
            load_model(path, safe_mode=safe_mode)


def test_an_entry_that_leads_out_of_the_archive_is_refused(model, tmp_path):
    path = save(model, tmp_path / "m.keras")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("assets/../../evil.txt", "evil")
    with pytest.raises(ValueError, match="leads out of its folder"):
        load_model(path)


def test_a_class_that_the_file_only_names_is_refused(tmp_path, model):
    path = save(model, tmp_path / "m.keras")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["config.json"] = json.dumps({"module": "subprocess", "class_name": "Popen", "config": {"args": "true"}}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    with pytest.raises(ValueError, match="not known"):
        load_model(path)
