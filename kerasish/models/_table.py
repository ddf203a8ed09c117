"""A table drawn with lines, in plain text: columns of set widths, cells that wrap at spaces."""

import math
import re

_CORNERS = (("┏", "━", "┳", "┓"), ("┡", "━", "╇", "┩"), ("├", "─", "┼", "┤"), ("└", "─", "┴", "┘"))


class Table:
    """A table.

    Args:
        header: the columns' names.
        alignment: "left", "right" or "center" for each column.
        widths: the columns' widths in characters; scaled to the line.
        line_length: the width of the whole.
    """

    def __init__(self, header: list[str], alignment: list[str], widths: list[int], line_length: int):
        self.rows = [header]
        self.alignment = alignment
        self.widths = _scaled([width + 2 for width in widths], line_length - len(widths) - 1)

    def add(self, row: list[str]) -> None:
        """Add a row."""
        self.rows.append(row)

    def text(self) -> str:
        """The table, line by line."""
        lines = [self._line(_CORNERS[0])]
        for i, row in enumerate(self.rows):
            lines += self._row(row, "┃" if i == 0 else "│")
            last = i == len(self.rows) - 1
            lines.append(self._line(_CORNERS[1] if i == 0 and not last else _CORNERS[3] if last else _CORNERS[2]))
        return "\n".join(lines) + "\n"

    def _line(self, corners: tuple[str, str, str, str]) -> str:
        left, dash, cross, right = corners
        return left + cross.join(dash * width for width in self.widths) + right

    def _row(self, row: list[str], bar: str) -> list[str]:
        cells = [wrapped(text, max(width - 2, 0)) for text, width in zip(row, self.widths)]
        lines = []
        height = max(len(cell) for cell in cells)
        if row is self.rows[0]:  # the header stands at the bottom of its row, the rest at the top
            cells = [[""] * (height - len(cell)) + cell for cell in cells]
        for i in range(height):
            parts = [
                _placed(cell[i] if i < len(cell) else "", width, align)
                for cell, width, align in zip(cells, self.widths, self.alignment)
            ]
            lines.append(bar + bar.join(parts) + bar)
        return lines


def _placed(text: str, width: int, align: str) -> str:
    room = max(width - 2, 0)
    if align == "right":
        text = text.rjust(room)
    elif align == "center":
        text = (" " * ((room - len(text)) // 2) + text).ljust(room)
    return f" {text.ljust(room)} "[:width]


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines at spaces; a word longer than the line is cut, and ends in "…"."""
    lines, start, filled = [], 0, 0
    for word in re.finditer(r"\s*\S+\s*", text):
        bare = len(word.group().rstrip())
        if width - filled >= bare:
            filled += len(word.group())
        else:
            if word.start():
                lines.append(text[start : word.start()])
            start, filled = word.start(), len(word.group())
    lines.append(text[start:])
    return [_cut(line.rstrip(), width) for line in lines]


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: max(width - 1, 0)] + "…"


def _scaled(widths: list[int], room: int) -> list[int]:
    """Make widths fill the room: all give up the same, or gain in proportion."""
    total = sum(widths)
    if total < room:
        return _shares(room - total, widths)
    excess, left, made = total - room, len(widths), []
    for width in widths:
        taken = min(width, round(excess / left))
        made.append(width - taken)
        excess, left = excess - taken, left - 1
    return made


def _shares(extra: int, widths: list[int]) -> list[int]:
    rest, made = sum(widths), []
    for width in widths:
        share = math.ceil(width * extra / rest) if rest > 0 else extra
        made.append(width + share)
        rest, extra = rest - width, extra - share
    return made
