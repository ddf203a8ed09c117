"""CheckpointManager: which files stay."""

import pytest

from kerasish import Checkpoint, Variable
from kerasish.train import CheckpointManager, latest_checkpoint


def test_the_last_ones_stay(tmp_path):
    x = Variable(0.0)
    manager = CheckpointManager(Checkpoint(x=x), tmp_path, max_to_keep=2)
    for i in range(4):
        x.assign(float(i))
        manager.save()
    assert manager.checkpoints == [str(tmp_path / "ckpt-3"), str(tmp_path / "ckpt-4")]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint", "ckpt-3.safetensors", "ckpt-4.safetensors"]
    assert manager.latest_checkpoint == latest_checkpoint(tmp_path)
    y = Variable(9.0)
    again = CheckpointManager(Checkpoint(x=y), tmp_path, max_to_keep=2)
    assert again.restore_or_initialize() == str(tmp_path / "ckpt-4") and y.numpy() == 3.0
    assert again.save() == str(tmp_path / "ckpt-5") and len(again.checkpoints) == 2


def test_one_in_so_many_hours_stays_for_good(tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    manager = CheckpointManager(Checkpoint(x=Variable(0.0)), tmp_path, 1, keep_checkpoint_every_n_hours=1)
    for _ in range(5):
        now[0] += 1800
        manager.save()
    assert sorted(p.stem for p in tmp_path.glob("*.safetensors")) == ["ckpt-2", "ckpt-4", "ckpt-5"]
    assert manager.checkpoints == [str(tmp_path / "ckpt-5")]


def test_an_interval_is_counted_in_steps(tmp_path):
    step = Variable(0, dtype="int64", trainable=False)
    manager = CheckpointManager(Checkpoint(step=step), tmp_path, None, step_counter=step, checkpoint_interval=3)
    saved = []
    for _ in range(7):
        saved.append(manager.save() is not None)
        step.assign_add(1)
    assert saved == [True, False, False, True, False, False, True]
    assert manager.save(check_interval=False, checkpoint_number=70) == str(tmp_path / "ckpt-70")


def test_with_nothing_to_restore_the_function_is_called(tmp_path):
    called = []
    manager = CheckpointManager(Checkpoint(x=Variable(0.0)), tmp_path / "new", 3, init_fn=lambda: called.append(1))
    assert manager.restore_or_initialize() is None and called == [1] and manager.latest_checkpoint is None


def test_arguments_out_of_range(tmp_path):
    for wrong in ({"max_to_keep": 0}, {"max_to_keep": 1, "checkpoint_interval": 2}):
        with pytest.raises(ValueError, match=next(reversed(wrong))):
            CheckpointManager(Checkpoint(x=Variable(0.0)), tmp_path, **wrong)


def test_a_note_that_is_broken_is_told(tmp_path):
    (tmp_path / "checkpoint").write_text("{}")
    with pytest.raises(OSError, match="cannot be read"):
        latest_checkpoint(tmp_path)
