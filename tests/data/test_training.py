"""Datasets in training: `fit`, `evaluate`, `predict`, loops by hand; memory that their buffers bound."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import kerasish
from kerasish.data import Dataset

ROOT = Path(__file__).parents[2]
STREAM = """
import numpy as np
from kerasish.data import Dataset

row = np.ones(65536, "float32")  # 256 KiB

def rows():
    for number in range(40_000):
        row[0] = number
        yield row

seen = total = 0
for batch in Dataset.from_generator(rows).shuffle(256, seed=1).batch(32).prefetch(2):
    seen, total = seen + batch.nbytes, total + int(batch[:, 0].double().sum())
assert total == 40_000 * 39_999 // 2, total
# Not getrusage's ru_maxrss: a new program inherits that from the process that started it.
with open("/proc/self/status") as status:
    (peak,) = (int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(seen, peak * 1024)
"""


@pytest.fixture
def model() -> kerasish.Sequential:
    model = kerasish.Sequential([kerasish.layers.Dense(1, kernel_initializer="zeros")])
    model.compile("sgd", "mse")
    return model


def line() -> tuple[np.ndarray, np.ndarray]:
    x = np.linspace(-1, 1, 100, dtype="float32")[:, None]
    return x, 3 * x


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is measured in kilobytes on Linux")
def test_ten_gigabytes_stream_through_less_than_one_of_memory() -> None:
    done = subprocess.run([sys.executable, "-c", STREAM], cwd=ROOT, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    seen, peak = map(int, done.stdout.split())
    assert seen > 10e9 and peak < 1e9


def test_fit_on_a_data_set_is_fit_on_its_arrays(model) -> None:
    x, y = line()
    data = Dataset.from_tensor_slices((x, y)).batch(32)
    history = model.fit(data, epochs=3, verbose=0, validation_data=data)
    again = kerasish.Sequential([kerasish.layers.Dense(1, kernel_initializer="zeros")])
    again.compile("sgd", "mse")
    arrays = again.fit(x, y, batch_size=32, shuffle=False, epochs=3, verbose=0, validation_data=(x, y))
    assert np.allclose(history.history["loss"], arrays.history["loss"], rtol=1e-5)
    assert np.allclose(history.history["val_loss"], arrays.history["val_loss"], rtol=1e-5)
    assert history.params["steps"] == 4
    assert np.isclose(model.evaluate(data, verbose=0), history.history["val_loss"][-1], rtol=1e-5)
    assert model.predict(Dataset.from_tensor_slices(x).batch(32), verbose=0).shape == (100, 1)


def test_streams_of_dicts_of_xs_and_ys_train_and_their_length_is_learned(model) -> None:
    x, y = line()
    parts = {"xs": Dataset.from_generator(lambda: x), "ys": Dataset.from_generator(lambda: y)}
    data = Dataset.zip(parts).shuffle(100, seed=1).batch(32)
    sizes = []
    data.for_each(lambda batch: sizes.append(len(batch["xs"])))
    assert sizes == [32, 32, 32, 4]
    history = model.fit(data, epochs=60, verbose=0)
    assert history.history["loss"][-1] < 0.1 * history.history["loss"][0]


def test_endless_data_sets_take_a_number_of_steps(model) -> None:
    data = Dataset.from_tensor_slices(line()).shuffle(100).repeat().batch(10)
    history = model.fit(data, epochs=2, steps_per_epoch=7, verbose=0, validation_data=data, validation_steps=2)
    assert len(history.history["val_loss"]) == 2 and history.params["steps"] == 7


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_rows_of_tensors_on_a_gpu_are_gathered_there() -> None:
    x = torch.arange(100, device="cuda")
    batches = list(Dataset.from_tensor_slices(x).shuffle(30, seed=1).batch(8))
    assert all(batch.is_cuda for batch in batches)
    assert sorted(torch.cat(batches).tolist()) == list(range(100))
