"""The guide tells the truth: its Python runs from top to bottom."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "data.md"


def test_python_blocks_run_in_order(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for block in re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL):
        exec(compile(block, "data.md", "exec"), names)
    assert capsys.readouterr().out.splitlines() == [
        "torch.Size([32, 8]) torch.Size([32, 1])",
        "{'size': 80, 'rooms': 3} 200.5",
        "{'size': 60, 'rooms': 1} 150.0",
    ]
