"""Datasets of text files: lines, and rows of CSV."""

from collections.abc import Mapping, Sequence
from typing import Any

from kerasish.data import _files
from kerasish.data._dataset import Dataset
from kerasish.data._stage import whole


class TextLineDataset(Dataset):
    """The lines of text files as strings, one file after the other.

    Args:
        filenames: a path or several.
        compression_type: "GZIP" or None.
    """

    def __init__(self, filenames: Any, compression_type: str | None = None):
        super().__init__(_files.Lines(_files.as_paths(filenames), compression_type))


class CSVDataset(Dataset):
    """The rows of CSV files: dicts of columns, or tuples `(columns, label)` where a column is a label.

    Several labels are a dict as well. Columns without a dtype get int32, int64, float32 or string, the first that holds the
    values of the first rows; a later value that does not fit is an error that names file, line and column.

    Args:
        filenames: a path or several; files of the same columns.
        columns: by name, a dict of `dtype`, `default` (the value of empty fields) and `label` (True for labels).
        column_names: names of the columns; by default those of the first line, or column0, column1, … without a header.
        has_header: whether files begin with a line of names.
        configured_columns_only: whether to leave out what `columns` does not name.
        delimiter: what stands between fields.
        num_rows_for_inference: rows that dtypes are learned from.
    """

    def __init__(
        self,
        filenames: Any,
        columns: Mapping[str, Mapping[str, Any]] | None = None,
        column_names: Sequence[str] | None = None,
        has_header: bool = True,
        configured_columns_only: bool = False,
        delimiter: str = ",",
        num_rows_for_inference: int = 100,
    ):
        infer = whole(num_rows_for_inference, "num_rows_for_inference", 1)
        paths = _files.as_paths(filenames)
        table = _files.Table(paths, columns or {}, column_names, has_header, configured_columns_only, delimiter, infer)
        super().__init__(table)
        self.column_names = list(table.used)
