"""Tables: numbers by peer and column, the limits that kerasish keeps to, and the words around them."""

import datetime
import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import kerasish
from benchmarks.peers import PEERS

_VERSIONS = ("torch", "numpy", "keras", "jax", "tensorflow", "tensorflow-cpu", "lightning", "skorch")


@dataclass
class Table:
    """Numbers by row and column.

    Args:
        title: what the numbers are.
        digits: digits after the point.
        limits: by row and column, what a number is to be at most.
        ahead: by row, the rows whose numbers are to be larger than its own, wherever both have one.
    """

    title: str
    digits: int = 2
    limits: dict[str, dict[str, float]] = field(default_factory=dict)
    ahead: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def put(self, row: str, column: str, number: float) -> None:
        self.numbers.setdefault(row, {})[column] = number

    @property
    def columns(self) -> list[str]:
        """All columns, in the order in which they came."""
        return list(dict.fromkeys(column for numbers in self.numbers.values() for column in numbers))

    def lines(self) -> list[str]:
        """The table as text of fixed width; below a row that has limits come those."""
        columns = self.columns
        widths = [max(len(column), 8) + 2 for column in columns]

        def line(name: str, numbers: Mapping[str, float]) -> str:
            cells = (
                f"{numbers[key]:{width}.{self.digits}f}" if key in numbers else " " * width for key, width in zip(columns, widths)
            )
            return f"{name:32}{''.join(cells)}".rstrip()

        lines = [f"{self.title:32}" if len(self.title) < 32 else f"{self.title}\n{'':32}"]
        lines[0] += "".join(f"{column:>{width}}" for column, width in zip(columns, widths))
        for row in self.rows():
            lines.append(line(title(row), self.numbers[row]))
            limits = {key: limit for key, limit in self.limits.get(row, {}).items() if key in self.numbers[row]}
            if limits:
                lines.append(line("  is to be at most", limits))
        return lines + self.notes

    def rows(self) -> list[str]:
        """Those that are no peers as they came, then the peers in the order of their register."""
        return sorted(self.numbers, key=lambda row: list(PEERS).index(row) if row in PEERS else -1)

    def misses(self) -> list[str]:
        """Where kerasish is over a limit, or behind a peer that it is to be ahead of."""
        told = []
        for row, numbers in self.numbers.items():
            for column, number in numbers.items():
                what = f"{title(row)}, {column}: {number:.{self.digits}f}"
                limit = self.limits.get(row, {}).get(column)
                if limit is not None and number > limit:
                    told.append(f"{what} is over {limit:.{self.digits}f}")
                for other in self.ahead.get(row, ()):
                    theirs = self.numbers.get(other, {}).get(column)
                    if theirs is not None and number >= theirs:
                        told.append(f"{what} is behind {title(other)}'s {theirs:.{self.digits}f}")
        return told


def title(row: str) -> str:
    """What a row is called: a peer's title, or its own words."""
    return PEERS[row].title if row in PEERS else row


def machine(device: str) -> str:
    """The processor, its cores, and the GPU where that is what computes."""
    names = [platform.processor() or platform.machine()]
    if os.path.exists("/proc/cpuinfo"):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")][:1] or names
    if device == "cuda":
        import torch

        names.append(torch.cuda.get_device_name())
    return f"{', '.join(names)}; {os.cpu_count()} cores; {platform.system()} {platform.machine()}"


def versions() -> str:
    """What is measured, Python, and every framework that is installed."""
    found = [f"kerasish {kerasish.__version__}{_commit()}", f"Python {platform.python_version()}"]
    for name in _VERSIONS:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            pass
    return ", ".join(found)


def _commit() -> str:
    """The commit of this checkout, and whether there is more than that; nothing outside of a checkout."""
    command = ["git", "describe", "--always", "--dirty=, changed", "--exclude=*"]
    try:
        ran = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f" ({ran.stdout.strip()})"


def write(text: str, device: str, command: str, folder: Path) -> Path:
    """Write a run to `<device>-<date>.md` in a folder."""
    today = datetime.date.today().isoformat()
    path = folder / f"{device}-{today}.md"
    heading = f"# {'CPU' if device == 'cpu' else 'CUDA'}, {today}\n\n`{command}`\n\n"
    path.write_text(f"{heading}{machine(device)}.  \n{versions()}.\n\n```\n{text}\n```\n", encoding="utf-8")
    return path
