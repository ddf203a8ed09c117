"""What the library says of itself in short: one test for each of the items 136 to 140 (the number is in the name)."""

import ast
import csv
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import kerasish as keras
from kerasish import layers, ops

ROOT = Path(__file__).parents[1]
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU"))]


def sequential() -> keras.Model:
    return keras.Sequential([keras.Input((4,)), layers.Dense(8, activation="relu"), layers.Dense(1)])


def functional() -> keras.Model:
    x = keras.Input((4,))
    return keras.Model(x, layers.Dense(1)(layers.Concatenate()([layers.Dense(8)(x), x])))


def lines(rows: int = 50) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(5).standard_normal((rows, 4)).astype("float32")
    return x, x @ np.array([[1.0], [-2.0], [0.5], [3.0]], "float32")


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("make", [sequential, functional])
def test_136_models_are_modules_that_torch_trains_like_any_other(make, device):
    with keras.device(device):
        model = make()
    x, y = (torch.from_numpy(part).to(device) for part in lines())
    assert isinstance(model, torch.nn.Module) and {weight.device.type for weight in model.parameters()} == {device}
    assert sum(weight.numel() for weight in model.state_dict().values()) == model.count_params()
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.1 * losses[0]
    inner = torch.nn.Sequential(model, torch.nn.Tanh())
    torch.testing.assert_close(inner(x), torch.tanh(model(x)))


@pytest.mark.parametrize("device", DEVICES)
def test_137_fit_batches_splits_shuffles_and_tells_callbacks(device):
    x, y = lines()
    x[:, 0] = np.arange(50)
    seen: list = []
    batches: list = []
    with keras.device(device):
        model = sequential()
        model.compile("adam", "mse")
        model.layers[0].register_forward_pre_hook(lambda layer, args: seen.append((layer.training, args[0][:, 0].tolist())))
        told = {"on_train_batch_end": lambda batch, logs: batches.append(batch)}
        options = {"validation_split": 0.2, "batch_size": 16, "epochs": 2, "callbacks": [told], "verbose": 0}
        history = model.fit(x, y, **options)
        trained = [rows for training, rows in seen if training]
        assert [len(rows) for rows in trained] == [16, 16, 8] * 2 and batches == [0, 1, 2] * 2
        first, second = sum(trained[:3], []), sum(trained[3:], [])
        assert first != second and sorted(first) == sorted(second) == list(range(40))
        assert {row for training, rows in seen if not training for row in rows} == set(range(40, 50))
        assert set(history.history) == {"loss", "val_loss"} and len(history.history["val_loss"]) == 2
        dataset = keras.data.Dataset.from_tensor_slices((x, y)).shuffle(50).batch(16)
        assert len(model.fit_dataset(dataset, epochs=2, verbose=0).history["loss"]) == 2


@pytest.mark.parametrize("device", DEVICES)
def test_138_tensors_variables_and_minimize_train_without_layers(device):
    with keras.device(device):
        x, y = (ops.convert_to_tensor(part) for part in lines())
        kernel, bias = keras.Variable(ops.zeros((4, 1))), keras.Variable(ops.zeros((1,)))
        optimizer = keras.optimizers.Adam(0.1)
        for _ in range(150):
            optimizer.minimize(lambda: ops.mean(ops.square(ops.matmul(x, kernel) + bias - y)))
    assert kernel.device.type == device
    np.testing.assert_allclose(kernel.numpy()[:, 0], [1, -2, 0.5, 3], atol=0.05)


RUNTIME = {"torch", "numpy", "safetensors", "tqdm", "h5py"}


def test_139_nothing_else_is_needed_to_run():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^dependencies = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    assert listed and set(re.findall(r'"([a-z0-9]+)', listed[1])) == RUNTIME
    strange = {}
    for path in (ROOT / "kerasish").rglob("*.py"):
        for name in imported_at_once(ast.parse(path.read_text(encoding="utf-8"))):
            if name not in RUNTIME | {"kerasish"} and name not in sys.stdlib_module_names:
                strange[str(path.relative_to(ROOT))] = name
    assert strange == {}


def imported_at_once(tree: ast.AST) -> set[str]:
    """The packages that a file imports when it is imported itself, not later inside a function."""
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "kerasish").split(".")[0])
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            found |= imported_at_once(ast.Module(node.orelse, []))
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found |= imported_at_once(node)
    return found


SCRIPT = """
import numpy as np
import kerasish as keras
from kerasish import layers

model = keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense(3, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
x = np.random.default_rng(0).standard_normal((90, 5)).astype("float32")
y = x[:, :3].argmax(-1)
best = keras.callbacks.ModelCheckpoint("best.keras", monitor="val_loss", save_best_only=True)
stop = keras.callbacks.EarlyStopping(monitor="loss", patience=1, min_delta=10.0)
slower = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
history = model.fit(x, y, validation_split=0.1, epochs=9, batch_size=30, verbose=2,
                    callbacks=[best, stop, slower, keras.callbacks.CSVLogger("log.csv")])
loss, accuracy = model.evaluate(x, y, verbose=0)
again = keras.models.load_model("best.keras")
"""


def test_140_a_script_in_kerass_manner_is_watched_by_callbacks(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(compile(SCRIPT, "script", "exec"), names)
    history = names["history"].history
    assert len(history["loss"]) == 2 and set(history) == {"accuracy", "loss", "val_accuracy", "val_loss", "learning_rate"}
    assert history["learning_rate"] == [pytest.approx(0.0005), pytest.approx(0.00025)]
    with open("log.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert [float(row["loss"]) for row in table] == [pytest.approx(value) for value in history["loss"]]
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "Epoch 1/9" and re.match(r"3/3 - \d+s - .*step - accuracy: 0\.\d{4} - loss: ", printed[1])
    assert names["again"].predict(names["x"], verbose=0).shape == (90, 3) and 0 <= names["accuracy"] <= 1
