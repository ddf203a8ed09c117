"""Printing: tensors as TensorFlow.js shows them."""

import math
from typing import Any

import numpy as np

_SHOWN_WHOLE, _SHOWN_AT_ENDS, _DIGITS = 20, 3, 7


def shown(values: np.ndarray, dtype: str, verbose: bool = False) -> str:
    """Give the text of a tensor: a header, and rows whose columns stand below each other."""
    indent = "    "
    if not verbose:
        return "\n".join(["Tensor", *_indented(_lines(values), indent)])
    head = [f"  dtype: {dtype}", f"  rank: {values.ndim}", f"  shape: [{','.join(map(str, values.shape))}]", "  values:"]
    return "\n".join(["Tensor", *head, *_indented(_lines(values), indent)])


def _indented(lines: list[str], indent: str) -> list[str]:
    return [indent + line if line else line for line in lines]


def _lines(values: np.ndarray) -> list[str]:
    if values.ndim == 0:
        # One number is told in full, and one string without quotes.
        value = values.item()
        return [value if isinstance(value, str) else number(value) if isinstance(value, float) else _told(value)]
    if values.ndim == 1:
        return [_row(values, None)]
    widths = _widths(values) if values.shape[-1] <= _SHOWN_WHOLE else None
    widths = _widths(_ends(values)) if widths is None else widths
    return _nested(values, widths)


def _nested(values: np.ndarray, widths: list[int], last: bool = True) -> list[str]:
    """The lines of a tensor of two axes or more, whose last part closes with what follows it."""
    if values.ndim == 1:
        return [_row(values, widths)]
    count = len(values)
    whole = count <= _SHOWN_WHOLE
    places = list(range(count)) if whole else [*range(_SHOWN_AT_ENDS), None, *range(count - _SHOWN_AT_ENDS, count)]
    lines: list[str] = []
    for place in places:
        lines += ["..."] if place is None else _nested(values[place], widths, place == count - 1)
    comma = "," if values.ndim == 2 else ""
    # The first line gets its comma before the last gets its bracket: a single row has both, as TensorFlow.js prints it.
    made = [f"[{lines[0]}{comma}" if lines else "[", *(f" {line}{comma}" for line in lines[1:-1]), *(lines[1:] and lines[-1:])]
    made[-1] = f" {made[-1]}]" + ("" if last else "," + "\n" * (values.ndim - 1))
    return made


def _row(values: np.ndarray, widths: list[int] | None) -> str:
    if len(values) <= _SHOWN_WHOLE:
        cells = [_told(value) for value in values.tolist()]
        if widths is not None:
            cells = [cell.ljust(width) for cell, width in zip(cells, widths)]
        return f"[{', '.join(cells)}]"
    cells = [_told(value) for value in np.concatenate([values[:_SHOWN_AT_ENDS], values[-_SHOWN_AT_ENDS:]]).tolist()]
    if widths is not None:
        cells = [cell.ljust(width) for cell, width in zip(cells, widths)]
    return f"[{', '.join(cells[:_SHOWN_AT_ENDS])}, ..., {', '.join(cells[_SHOWN_AT_ENDS:])}]"


def _ends(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values[..., :_SHOWN_AT_ENDS], values[..., -_SHOWN_AT_ENDS:]], axis=-1)


def _widths(values: np.ndarray) -> list[int]:
    """The width of each column, over all rows."""
    if not values.size:
        return [0] * values.shape[-1]
    columns = values.reshape(-1, values.shape[-1])
    return [max(len(_told(value)) for value in columns[:, place].tolist()) for place in range(columns.shape[1])]


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, complex):
        return f"{_told(value.real)} + {_told(value.imag)}j"
    if isinstance(value, int):
        return str(value)
    return number(round_digits(value))


def round_digits(value: float) -> float:
    """Round as a printed tensor does: to seven digits after the point."""
    return round(value, _DIGITS) if math.isfinite(value) else value


def number(value: Any) -> str:
    """Write a number as JavaScript does: 2 and not 2.0, and Infinity and NaN by name."""
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        if value == int(value) and abs(value) < 1e21:
            return str(int(value))
        told = repr(value)
        # Python turns to exponents below 1e-4, JavaScript below 1e-6, and writes them without a leading 0.
        if "e-" not in told:
            return told
        return np.format_float_positional(value, trim="-") if abs(value) >= 1e-6 else told.replace("e-0", "e-")
    return str(value)


def shape_text(shape: Any) -> str:
    """Write a shape as TensorFlow.js does: `[null,32]`; of several shapes a list of them."""
    if isinstance(shape, list):
        return f"[{','.join(map(shape_text, shape))}]"
    return f"[{','.join('null' if size is None else str(size) for size in shape)}]"
