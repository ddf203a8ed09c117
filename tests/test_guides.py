"""Each numbered promise of the guides has a test that names it, `def test_35_…` or `def test_35_36_…`, or a reason why not."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
ITEMS = range(1, 141)
_NAMED = re.compile(r"^\s*(?:async )?def test((?:_\d{1,3})+)_(?=[a-z])", re.MULTILINE)
# Items without a test, each with the page of `docs` that says why: at most five.
EXCEPTIONS: dict[int, str] = {}


def named_items() -> dict[int, list[str]]:
    """The files whose tests name each item."""
    found: dict[int, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for numbers in re.findall(
            r"^\s*(?:async )?def test((?:_\d{1,3})+)_(?=[a-z])", path.read_text(encoding="utf-8"), re.MULTILINE
        ):
            for number in numbers.split("_")[1:]:
                found.setdefault(int(number), []).append(str(path.relative_to(TESTS)))
    return found


def test_each_item_has_a_test_or_a_reason():
    named = named_items()
    assert [item for item in ITEMS if item not in named and item not in EXCEPTIONS] == []


def test_reasons_are_few_and_written_down():
    assert len(EXCEPTIONS) <= 5 and not set(EXCEPTIONS) & set(named_items())
    for item, page in EXCEPTIONS.items():
        assert re.search(rf"\b{item}\b", (TESTS.parent / "docs" / page).read_text(encoding="utf-8")), (item, page)
