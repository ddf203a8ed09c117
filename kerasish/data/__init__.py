"""Data: sets of batches that training streams from."""

from kerasish.data._py_dataset import PyDataset

__all__ = ["PyDataset"]
