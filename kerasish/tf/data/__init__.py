"""Data: sets of batches that training streams from."""

from kerasish.data import (
    AUTOTUNE,
    INFINITE_CARDINALITY,
    UNKNOWN_CARDINALITY,
    TextLineDataset,
)
from kerasish.tf._datasets import Dataset

__all__ = ["AUTOTUNE", "Dataset", "INFINITE_CARDINALITY", "TextLineDataset", "UNKNOWN_CARDINALITY"]
