"""Tree: nested lists, tuples and dicts, walked leaf by leaf."""

from kerasish._base._tree import flatten, is_nested, pack_sequence_as
from kerasish._base._tree_walks import (
    MAP_TO_NONE,
    assert_same_paths,
    assert_same_structure,
    flatten_with_path,
    lists_to_tuples,
    map_shape_structure,
    map_structure,
    map_structure_up_to,
    traverse,
)

__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "pack_sequence_as",
    "traverse",
]
