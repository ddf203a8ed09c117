"""The check: a quarter over what is expected fails, after it was measured four times."""

import json

import pytest

from benchmarks import check


def measured(*ratios: float):
    """A measurement that gives one ratio after the other."""
    left = list(ratios)
    return lambda: {"step": left.pop(0)}


def test_only_what_is_a_quarter_over_fails():
    assert check.over({"a": 1.26, "b": 1.25, "new": 9.0}, {"a": 1.0, "b": 1.0}) == ["a"]


def test_ratio_that_is_over_is_measured_again():
    assert check.settle(measured(1.2), {"step": 1.0}) == {"step": 1.2}
    assert check.settle(measured(2.0, 1.1), {"step": 1.0}) == {"step": 1.1}
    assert check.settle(measured(2.0, 1.8, 1.9, 1.85), {"step": 1.0}) == {"step": 1.8}


@pytest.mark.parametrize(("ratio", "status"), [(1.0, 0), (1.3, 1)])
def test_status_is_of_the_slower_ones(ratio, status, monkeypatch, tmp_path, capsys):
    (tmp_path / "expected.json").write_text(json.dumps({"machine": "another", "ratios": {"step": 1.0, "gone": 1.0}}))
    monkeypatch.setattr(check, "EXPECTED", tmp_path / "expected.json")
    monkeypatch.setattr(check, "measurements", lambda: {"one": lambda: {"step": ratio}})
    monkeypatch.setattr("sys.argv", ["check"])
    assert check.main() == status
    printed, said = capsys.readouterr()
    assert "of another machine, another" in said
    assert "gone" in printed and "not measured" in printed and ("slower" in printed) == bool(status)


def test_on_another_machine_nothing_is_to_be_slower_than_by_hand():
    assert check.elsewhere({"a": 0.4, "b": 2.0}) == {"a": 1.0, "b": 2.5}


def test_what_is_expected_is_of_what_is_measured():
    names = json.loads(check.EXPECTED.read_text())["ratios"]
    assert {name.split(":")[0] for name in names if ":" in name} == set(check._PARTS)
    assert all(ratio > 0 for ratio in names.values())
