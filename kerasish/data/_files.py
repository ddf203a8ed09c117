"""Lines of text and rows of CSV files as elements, read while they are wanted."""

import csv
import gzip
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kerasish.core import torch_dtype
from kerasish.data._elements import TensorSpec
from kerasish.data._stage import Stage

_BLOCK = 512  # rows that are parsed together
_COLUMN_KEYS = {"dtype", "default", "label"}


def as_paths(filenames: Any) -> list[Path]:
    """Make a list of one path or several.

    Raises:
        TypeError, FileNotFoundError: they are no paths, or there is no such file.
    """
    if isinstance(filenames, (str, os.PathLike)):
        filenames = [filenames]
    paths = [Path(name) for name in filenames]
    missing = [path for path in paths if not path.is_file()]
    if missing or not paths:
        raise FileNotFoundError(f"`filenames` must name files that are there; received {missing[0] if missing else 'none'}.")
    return paths


class Lines(Stage):
    """The lines of text files, one file after the other, without their ends."""

    def __init__(self, paths: Sequence[Path], compression: str | None):
        if compression not in (None, "", "GZIP"):
            raise ValueError(f'`compression_type` must be None or "GZIP"; received {compression!r}.')
        self.paths, self.compression = paths, compression

    def stream(self, seeds: Any) -> Iterator[Any]:
        for path in self.paths:
            with gzip.open(path, "rt", encoding="utf-8") if self.compression else open(path, encoding="utf-8") as file:
                for line in file:
                    yield line.removesuffix("\n")

    def spec(self) -> Any:
        return TensorSpec((), "string")


class Table(Stage):
    """The rows of CSV files of one kind as dicts of columns, or as (columns, labels) where columns are labels.

    Args:
        paths: the files.
        columns: for some columns, by name: dtype, default (for empty fields), label.
        names: the columns' names; None for those that the files begin with.
        header: whether the files begin with a line of names.
        configured_only: whether to leave out columns that `columns` does not name.
        delimiter: what stands between fields.
        infer: rows that dtypes are learned from.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        columns: Mapping[str, Mapping[str, Any]],
        names: Sequence[str] | None,
        header: bool,
        configured_only: bool,
        delimiter: str,
        infer: int,
    ):
        self.paths, self.header, self.delimiter = paths, header, delimiter
        self.names = list(names) if names is not None else self._first_line()
        for name, column in columns.items():
            if name not in self.names:
                raise ValueError(f"`columns` must name columns of the file, {', '.join(self.names)}; received {name!r}.")
            if not isinstance(column, Mapping) or not set(column) <= _COLUMN_KEYS:
                raise ValueError(f"A column is a dict of {', '.join(sorted(_COLUMN_KEYS))}; received {name}: {column!r}.")
        self.used = [name for name in self.names if name in columns or not configured_only]
        self.labels = [name for name in self.used if columns.get(name, {}).get("label")]
        self.defaults = {name: column["default"] for name, column in columns.items() if "default" in column}
        self.dtypes = {name: _dtype(column["dtype"]) for name, column in columns.items() if column.get("dtype") is not None}
        self.places = {name: self.names.index(name) for name in self.used}
        unknown = [name for name in self.used if name not in self.dtypes]
        if unknown:
            first = [fields for _, _, fields in islice(self._fields(), infer)]
            for name in unknown:
                self.dtypes[name] = _inferred([fields[self.places[name]] for fields in first], self.defaults.get(name))

    def _first_line(self) -> list[str]:
        with open(self.paths[0], newline="", encoding="utf-8-sig") as file:
            first = next(csv.reader(file, delimiter=self.delimiter), [])
        if not first:
            raise ValueError(f"{self.paths[0]} is empty: a CSV file must have a first line.")
        names = [name.strip() for name in first] if self.header else [f"column{place}" for place in range(len(first))]
        if len(set(names)) < len(names):
            raise ValueError(f"Columns must have names of their own; received {', '.join(names)}. Give `column_names`.")
        return names

    def _fields(self) -> Iterator[tuple[Path, int, list[str]]]:
        for path in self.paths:
            with open(path, newline="", encoding="utf-8-sig") as file:
                reader = csv.reader(file, delimiter=self.delimiter)
                if self.header:
                    next(reader, None)
                for fields in reader:
                    if len(fields) == len(self.names):
                        yield path, reader.line_num, fields
                    elif fields:
                        raise ValueError(
                            f"{path}, line {reader.line_num}: expected {len(self.names)} fields, received {len(fields)}."
                        )

    def stream(self, seeds: Any) -> Iterator[Any]:
        rows = self._fields()
        while block := list(islice(rows, _BLOCK)):
            columns = {name: self._column(name, block) for name in self.used}
            features = [name for name in self.used if name not in self.labels]
            for number in range(len(block)):
                row = {name: columns[name][number] for name in features}
                if not self.labels:
                    yield row
                elif len(self.labels) == 1:
                    yield row, columns[self.labels[0]][number]
                else:
                    yield row, {name: columns[name][number] for name in self.labels}

    def _column(self, name: str, block: list[tuple[Path, int, list[str]]]) -> Sequence[Any]:
        place, dtype = self.places[name], self.dtypes[name]
        values: list[Any] = [fields[place] for _, _, fields in block]
        if name in self.defaults:
            values = [value if value.strip() else self.defaults[name] for value in values]
        if dtype == "string":
            return values
        try:
            numbers = _numbers(values, dtype)
        except (ValueError, OverflowError):
            numbers = None
        if numbers is not None:
            return torch.from_numpy(numbers).to(torch_dtype(dtype)).unbind()
        for value, (path, line, _) in zip(values, block):
            try:
                _numbers([value], dtype)
            except (ValueError, OverflowError):
                way = "Give the column a `default`." if not str(value).strip() else "Give the column another `dtype`."
                raise ValueError(f"{path}, line {line}: column {name!r} is of {dtype}; received {value!r}. {way}") from None
        raise ValueError(f"{block[0][0]}: column {name!r} does not hold values of {dtype}.")

    def spec(self) -> Any:
        specs = {name: TensorSpec((), self.dtypes[name]) for name in self.used}
        features = {name: spec for name, spec in specs.items() if name not in self.labels}
        labels = {name: specs[name] for name in self.labels}
        return features if not labels else (features, labels[self.labels[0]] if len(labels) == 1 else labels)


def _dtype(dtype: Any) -> str:
    return TensorSpec((), dtype).dtype


_TRUTHS = {"true": True, "false": False, "1": True, "0": False}


def _numbers(values: list[Any], dtype: str) -> np.ndarray:
    if dtype == "bool":
        told = [_TRUTHS.get(str(value).strip().lower()) for value in values]
        if None in told:
            raise ValueError
        return np.array(told)
    if "int" in dtype:
        numbers = np.array([int(str(value)) for value in values], dtype=np.int64)
        limits = torch.iinfo(torch_dtype(dtype))
        if numbers.min() < limits.min or numbers.max() > limits.max:
            raise ValueError
        return numbers
    return np.array([float(value) for value in values], dtype=np.float64)


def _inferred(values: list[str], default: Any) -> str:
    """The narrowest of int32, int64, float32 and string that holds all values."""
    there = [value for value in values if value.strip()]
    there += [] if default is None else [str(default)]
    for dtype in ("int32", "int64", "float32"):
        try:
            _numbers(there, dtype) if there else None
            return dtype if there else "string"
        except (ValueError, OverflowError):
            continue
    return "string"
