"""Trees: walked in the order of Keras, rebuilt in the shape that they had."""

from collections import OrderedDict, namedtuple

import pytest

from kerasish._base._tree import flatten, map_structure, pack_sequence_as

Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("tree", "leaves"),
    [(3, [3]), ([1, (2, [3])], [1, 2, 3]), ({"b": 1, "a": (2, 3)}, [2, 3, 1]), ({}, []), (Point(1, [2]), [1, 2]), (None, [None])],
)
def test_leaves_come_in_order_and_go_back_to_their_places(tree: object, leaves: list) -> None:
    assert flatten(tree) == leaves
    assert pack_sequence_as(tree, leaves) == tree


def test_mapping_keeps_kinds_of_containers() -> None:
    tree = OrderedDict(b=Point(1, 2), a=[3])
    mapped = map_structure(lambda leaf: leaf * 10, tree)
    assert mapped == OrderedDict(b=Point(10, 20), a=[30])
    assert type(mapped) is OrderedDict and type(mapped["b"]) is Point and list(mapped) == ["b", "a"]


def test_mapping_takes_several_trees_and_refuses_other_shapes() -> None:
    assert map_structure(lambda a, b: a - b, {"x": [5, 6]}, {"x": (1, 2)}) == {"x": [4, 4]}
    with pytest.raises(ValueError, match="one length"):
        map_structure(max, [1, 2], [1])
    with pytest.raises(ValueError, match="2 leaves; received 1"):
        pack_sequence_as([0, 0], [1])
