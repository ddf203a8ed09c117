"""The guides tell the truth: the Python of each page runs from top to bottom, and prints the text that stands below it."""

import doctest
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
BLOCKS = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n?```text\n(?P<printed>.*?)^```\n)?", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", ["data", "keras", "tensorflow", "tensorflowjs"])
def test_blocks_print_what_stands_below_them(page, capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERASISH_HOME", str(tmp_path / "home"))
    source = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    names: dict = {"__name__": f"docs.{page}"}
    blocks = list(BLOCKS.finditer(source))
    assert len(blocks) >= 2 and len(blocks) == source.count("```python\n")
    for block in blocks:
        line = source.count("\n", 0, block.start()) + 1
        exec(compile("\n" * line + block["code"], f"{page}.md", "exec"), names)
        printed, wanted = (without_line_ends(text) for text in (capsys.readouterr().out, block["printed"] or ""))
        if not doctest.OutputChecker().check_output(wanted, printed, doctest.ELLIPSIS):
            assert printed == wanted, f"{page}.md, line {line}"  # pytest shows the difference


def without_line_ends(text: str) -> str:
    """Leave out blanks at the ends of lines, which no reader sees."""
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
