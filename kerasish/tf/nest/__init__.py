"""Structures of lists, tuples and dicts, under TensorFlow's names."""

from kerasish.tf import _absent
from kerasish.tree import assert_same_structure, flatten, is_nested, map_structure, pack_sequence_as

__getattr__ = _absent.absent("tf.nest")

__all__ = [
    "assert_same_structure",
    "flatten",
    "is_nested",
    "map_structure",
    "pack_sequence_as",
]
