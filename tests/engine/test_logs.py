"""Logs: read from the device only when looked at."""

import pytest
import torch

from kerasish.engine._logs import Logs, to_numbers


def counted() -> tuple[Logs, list[int]]:
    reads: list[int] = []

    def compute() -> dict:
        reads.append(1)
        return {"loss": torch.tensor(0.5), "accuracy": torch.tensor(0.25)}

    return Logs(compute), reads


def test_nothing_is_computed_before_somebody_looks() -> None:
    logs, reads = counted()
    assert not reads
    assert logs["loss"] == 0.5 and logs["acc"] == 0.25 and len(reads) == 1


@pytest.mark.parametrize(
    "look",
    [
        lambda logs: dict(logs), lambda logs: {**logs}, lambda logs: list(logs.items()), lambda logs: (logs or {}).get("loss"),
        lambda logs: "loss" in logs, len, repr, lambda logs: logs.copy(), lambda logs: logs == {}, lambda logs: logs.update(x=1),
    ],
)  # fmt: skip
def test_every_way_of_looking_reads_once(look: object) -> None:
    logs, reads = counted()
    look(logs)  # type: ignore[operator]
    assert reads == [1] and logs["loss"] == 0.5 and reads == [1]


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="accuracy, loss"):
        counted()[0]["mae"]


def test_results_become_sorted_numbers() -> None:
    numbers = to_numbers({"b": torch.tensor([1.0]), "a": 2, "c": {"d": torch.tensor(3)}, "e": torch.ones(2)})
    assert list(numbers) == ["a", "b", "d", "e"] and numbers["b"] == 1.0 and numbers["d"] == 3.0 and numbers["e"].shape == (2,)
