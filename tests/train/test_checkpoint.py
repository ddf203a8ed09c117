"""Checkpoint: what is saved comes back, in place, or nothing changes."""

import json

import numpy as np
import pytest
import torch
from safetensors import safe_open

import kerasish as keras
from kerasish import Checkpoint, Module, Variable
from kerasish.train import latest_checkpoint


def trained(seed=1, steps=3):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.BatchNormalization(), keras.layers.Dense(1)])
    optimizer = keras.optimizers.Adam(0.01)
    x = torch.randn(8, 3)
    for _ in range(steps):
        optimizer.minimize(lambda: (model(x, training=True) ** 2).mean())
    return model, optimizer


def test_a_training_goes_on_where_it_was(tmp_path):
    model, optimizer = trained()
    path = Checkpoint(model=model, optimizer=optimizer).save(tmp_path / "run")
    assert path == str(tmp_path / "run-1")
    other, fresh = trained(seed=2, steps=0)
    assert not fresh.built
    status = Checkpoint(model=other, optimizer=fresh).restore(path)
    status.assert_consumed().assert_nontrivial_match()
    x = torch.randn(8, 3)
    for net, rule in ((model, optimizer), (other, fresh)):
        rule.minimize(lambda net=net: (net(x, training=True) ** 2).mean())
    for mine, wanted in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, wanted)
    assert int(fresh.iterations) == 4


def test_a_compiled_model_brings_its_optimizer(tmp_path):
    model, _ = trained()
    model.compile("adam", "mse")
    model.fit(np.ones((8, 3)), np.ones((8, 1)), epochs=2, verbose=0)
    path = Checkpoint(model).write(tmp_path / "all")
    other, _ = trained(seed=2)
    other.compile("adam", "mse")
    Checkpoint(other).read(path).assert_consumed()
    assert int(other.optimizer.iterations) == int(model.optimizer.iterations) == 2


def test_everything_that_can_be_tracked(tmp_path):
    class Part(Module):
        def __init__(self):
            self.v, self.seeds = Variable([1.0, 2.0]), keras.random.SeedGenerator(3)

    def things():
        mean = keras.metrics.Mean()
        return dict(part=Part(), numbers=[Variable(1), {"deep": Variable(2.0)}], plain=torch.nn.Linear(2, 1), mean=mean)

    mine = things()
    mine["mean"].update_state(6.0)
    mine["part"].seeds.next()
    mine["part"].v.assign([5.0, 6.0])
    mine["numbers"][1]["deep"].assign(9.0)
    inner = Checkpoint(x=mine["numbers"][0])
    path = Checkpoint(**mine, inner=inner).write(tmp_path / "all")
    twin = things()
    twin["mean"].update_state(100.0)
    status = Checkpoint(**twin, inner=Checkpoint(x=twin["numbers"][0])).read(path).assert_consumed()
    assert status.missing == [] and twin["part"].v.numpy().tolist() == [5.0, 6.0]
    assert twin["mean"].result().item() == 6.0 and twin["part"].seeds.state.tolist() == [3, 1]
    assert twin["numbers"][1]["deep"].numpy() == 9.0 and torch.equal(twin["plain"].weight, mine["plain"].weight)


def test_files_are_numbered_and_the_latest_is_known(tmp_path):
    x = Variable(0.0)
    checkpoint = Checkpoint(x=x)
    assert latest_checkpoint(tmp_path) is None
    paths = [checkpoint.save(tmp_path / "x") for _ in range(3)]
    assert [path[-1] for path in paths] == ["1", "2", "3"] and latest_checkpoint(tmp_path) == paths[-1]
    x.assign(4.0)
    checkpoint.restore(paths[0])
    assert x.numpy() == 0.0 and int(checkpoint.save_counter) == 1
    checkpoint.restore(None).assert_consumed()


def test_a_folder_may_be_moved(tmp_path):
    Checkpoint(x=Variable(0.0)).save(tmp_path / "a" / "x")
    (tmp_path / "a").rename(tmp_path / "b")
    assert latest_checkpoint(tmp_path / "b") == str(tmp_path / "b" / "x-1")


def test_what_does_not_match_is_told(tmp_path):
    path = Checkpoint(x=Variable(1.0), y=Variable(2.0)).write(tmp_path / "xy")
    x, z = Variable(0.0), Variable(0.0)
    status = Checkpoint(x=x, z=z).read(path).expect_partial()
    assert x.numpy() == 1.0 and status.unused == ["y"] and status.missing == ["z"]
    with pytest.raises(AssertionError, match="y"):
        status.assert_consumed()
    with pytest.raises(AssertionError, match="z"):
        status.assert_existing_objects_matched()
    with pytest.raises(AssertionError, match="Nothing"):
        Checkpoint(q=Variable(1.0)).read(path).assert_nontrivial_match()


def test_other_shapes_change_nothing(tmp_path):
    path = Checkpoint(a=Variable(1.0), b=Variable([1.0, 2.0])).write(tmp_path / "x")
    a, b = Variable(5.0), Variable([3.0])
    with pytest.raises(ValueError, match=r"b: expected shape \(1,\)"):
        Checkpoint(a=a, b=b).read(path)
    assert a.numpy() == 5.0


def test_a_model_that_is_not_built_is_refused_by_name(tmp_path):
    model, _ = trained()
    path = Checkpoint(model=model).write(tmp_path / "x")
    with pytest.raises(ValueError, match="model, which is not built"):
        Checkpoint(model=keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(1)])).read(path)


def test_files_that_are_missing_broken_or_something_else(tmp_path):
    checkpoint = Checkpoint(x=Variable(1.0))
    with pytest.raises(FileNotFoundError, match="nothing"):
        checkpoint.read(tmp_path / "nothing")
    path = checkpoint.write(tmp_path / "x")
    whole = (tmp_path / "x.safetensors").read_bytes()
    (tmp_path / "x.safetensors").write_bytes(whole[:-2])
    with pytest.raises(OSError, match="broken"):
        checkpoint.read(path)
    trained()[0].save_weights(tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match="load_weights"):
        checkpoint.read(tmp_path / "w.safetensors")


def test_what_cannot_be_saved_is_refused():
    with pytest.raises(TypeError, match="'step'"):
        Checkpoint(step=3)
    with pytest.raises(ValueError, match="save"):
        Checkpoint(save=Variable(1.0))


def test_a_failed_save_leaves_the_old_file_and_the_count(tmp_path, monkeypatch):
    checkpoint = Checkpoint(x=Variable(1.0))
    checkpoint.save(tmp_path / "x")
    monkeypatch.setattr("safetensors.torch.save_file", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        checkpoint.save(tmp_path / "x")
    assert int(checkpoint.save_counter) == 1 and sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint", "x-1.safetensors"]


def test_one_tensor_under_two_names_is_written_once(tmp_path):
    x = Variable(torch.ones(1000))
    path = Checkpoint(a=x, b=x).write(tmp_path / "x")
    with safe_open(path + ".safetensors", framework="pt") as file:
        assert "b" not in file.keys() and json.loads(file.metadata()["about"])["aliases"] == {"b": "a"}  # noqa: SIM118
    x.assign(torch.zeros(1000))
    Checkpoint(a=x, b=x).read(path).assert_consumed()
    assert x[0].item() == 1.0
