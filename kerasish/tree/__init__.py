"""Tree: nested lists, tuples and dicts, walked leaf by leaf."""

from kerasish._base._tree import flatten, is_nested, map_structure, pack_sequence_as

__all__ = ["flatten", "is_nested", "map_structure", "pack_sequence_as"]
