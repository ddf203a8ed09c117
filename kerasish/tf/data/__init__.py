"""Data: sets of batches that training streams from."""

from kerasish.data import AUTOTUNE, INFINITE_CARDINALITY, UNKNOWN_CARDINALITY
from kerasish.tf import _absent
from kerasish.tf._datasets import Dataset, TextLineDataset, experimental

__getattr__ = _absent.absent("tf.data")

__all__ = [
    "AUTOTUNE",
    "Dataset",
    "INFINITE_CARDINALITY",
    "TextLineDataset",
    "UNKNOWN_CARDINALITY",
    "experimental",
]
