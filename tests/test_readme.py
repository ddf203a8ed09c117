"""The README tells the truth: its Python runs from top to bottom, and its commands name what is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_python_blocks_run_in_order(capsys):
    names: dict = {}
    for block in re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL):
        exec(compile(block, "README.md", "exec"), names)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "(3, 10)"
    assert "'start': 2.0" in printed[-1] and "'name': 'twice'" in printed[-1]


def test_first_script_has_at_most_twelve_lines():
    first = re.search(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    assert first and len([line for line in first[1].splitlines() if line]) <= 12


def test_links_lead_somewhere():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target
