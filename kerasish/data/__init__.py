"""Data: sets of batches that training streams from."""

from kerasish.data._dataset import (
    INFINITE_CARDINALITY,
    UNKNOWN_CARDINALITY,
    Dataset,
)
from kerasish.data._elements import TensorSpec
from kerasish.data._mapping import AUTOTUNE
from kerasish.data._py_dataset import PyDataset
from kerasish.data._text_datasets import CSVDataset, TextLineDataset

__all__ = [
    "AUTOTUNE",
    "CSVDataset",
    "Dataset",
    "INFINITE_CARDINALITY",
    "PyDataset",
    "TensorSpec",
    "TextLineDataset",
    "UNKNOWN_CARDINALITY",
]
