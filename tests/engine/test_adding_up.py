"""Adding up: of which losses and metrics those of many rows are those of the rows batch by batch."""

from typing import Any

import numpy as np
import pytest
import torch

import kerasish as keras
from kerasish import layers, losses, metrics
from kerasish.engine._adding_up import adds_up, metric_adds_up
from tests.contracts import test_losses as loss_battery
from tests.contracts import test_metrics as metric_battery

ROWS_APART = [cls for cls in map(vars(losses).get, losses.__all__) if isinstance(cls, type) and cls._rows_are_apart]
CUTS = (0, 3, 4, 6, 100)


def parts(arrays: Any) -> list[list[torch.Tensor]]:
    tensors = [torch.as_tensor(array) for array in arrays]
    found = [[tensor[a:b] for tensor in tensors] for a, b in zip(CUTS, CUTS[1:], strict=False)]
    return [part for part in found if len(part[0])]


@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize("cls", ROWS_APART, ids=lambda cls: cls.__name__)
def test_the_loss_of_all_rows_is_that_of_batches_counted_by_their_rows(cls: Any, weighed: bool, rng: np.random.Generator) -> None:
    y, y_pred = loss_battery.batch(cls.__name__, rng)
    weight = [rng.random(len(y)).astype("float32")] if weighed else []
    loss = cls()
    whole = loss(*map(torch.as_tensor, (y, y_pred, *weight)))
    of_parts = sum(loss(*part) * len(part[0]) for part in parts((y, y_pred, *weight))) / len(y)
    assert loss._adds_up() and torch.allclose(whole, of_parts, rtol=1e-5)


@pytest.mark.parametrize(("name", "arguments"), metric_battery.EVERY, ids=[f"{n}-{','.join(a)}" for n, a in metric_battery.EVERY])
def test_metrics_of_the_library_add_what_they_count(name: str, arguments: dict, rng: np.random.Generator) -> None:
    whole, apart = metric_battery.make(name, arguments), metric_battery.make(name, arguments)
    if not metric_adds_up(whole):
        assert name in ("Mean", "Sum") or arguments.get("axis", -1) != -1
        return
    for _ in range(3):
        arrays = metric_battery.batch(name, arguments, rng)
        whole.update_state(*map(torch.as_tensor, arrays))
        for part in parts(arrays):
            apart.update_state(*part)
    torch.testing.assert_close(apart.result(), whole.result(), rtol=1e-5, atol=1e-6)


class OwnError(losses.MeanSquaredError):
    """A loss of a user's own."""


@pytest.mark.parametrize(
    "loss",
    [
        OwnError(),
        losses.MeanSquaredError(reduction="sum"),
        losses.MeanSquaredError(reduction="mean_with_sample_weight"),
        losses.BinaryCrossentropy(axis=0),
        losses.SparseCategoricalCrossentropy(ignore_class=0),
        losses.Dice(),
        losses.Circle(),
    ],
    ids=lambda loss: f"{type(loss).__name__}-{loss.reduction}",
)
def test_losses_that_look_at_the_batch_do_not_add_up(loss: Any) -> None:
    assert not loss._adds_up()


def test_metrics_that_may_look_at_the_batch_do_not_add_up() -> None:
    replaced = metrics.MeanSquaredError()
    replaced.update_state = replaced.update_state  # type: ignore[method-assign]
    for metric in (metrics.MeanMetricWrapper(lambda a, b: a - b), metrics.CosineSimilarity(axis=0), replaced):
        assert not metric_adds_up(metric)


def compiled(loss: Any, measured: Any = (), outputs: int = 3) -> Any:
    net = keras.Sequential([keras.Input((4,)), layers.Dense(outputs)])
    net.compile("sgd", loss, metrics=list(measured))
    return net


@pytest.mark.parametrize(
    ("loss", "measured", "y", "weight", "expected"),
    [
        ("mse", ["mae"], (6, 3), None, True),
        ("mse", ["mae"], (6, 3), (6,), True),
        ("mse", ["mae"], (6, 3), (6, 1), False),
        ("mse", [lambda a, b: (a - b).mean(-1)], (6, 3), None, False),
        (lambda a, b: (a - b).mean(-1), [], (6, 3), None, False),
        (torch.nn.MSELoss(), [], (6, 3), None, False),
        ("sparse_categorical_crossentropy", ["accuracy"], (6,), None, True),
        ("sparse_categorical_crossentropy", ["accuracy"], (6, 1), None, True),
    ],
)
def test_what_was_compiled_decides(loss: Any, measured: Any, y: tuple, weight: Any, expected: bool) -> None:
    net = compiled(loss, measured)
    labels = torch.ones(y, dtype=torch.int64) if "sparse" in str(loss) else torch.ones(y)
    weights = None if weight is None else torch.ones(weight)
    state, y_pred = net._training, torch.rand(6, 3)
    assert not adds_up(state, labels, y_pred, weights)  # before the first batch nothing is known
    net.test_on_batch(np.zeros((6, 4), "float32"), labels)
    assert adds_up(state, labels, y_pred, weights) is expected


def test_labels_of_another_rank_that_are_no_class_numbers_do_not_add_up() -> None:
    net = compiled("mse", ["mae"], outputs=1)
    net.test_on_batch(np.zeros((6, 4), "float32"), torch.ones(6))
    assert not adds_up(net._training, torch.ones(6), torch.rand(6, 1), None)
