"""Walks over trees."""

from collections import OrderedDict, deque, namedtuple

import pytest

from kerasish import tree

Point = namedtuple("Point", "x y")


def test_leaves_come_with_their_paths_dicts_by_key_and_ordered_dicts_in_their_order() -> None:
    assert tree.flatten_with_path({"b": [1, (2,)], "a": 0}) == [(("a",), 0), (("b", 0), 1), (("b", 1, 0), 2)]
    assert tree.flatten(OrderedDict([("b", 1), ("a", 2)])) == [1, 2] and tree.flatten(deque([1, [2]])) == [1, 2]


def test_several_trees_are_mapped_together_if_they_are_alike() -> None:
    assert tree.map_structure(lambda a, b: a + b, Point(1, [2]), Point(10, [20])) == Point(11, [22])
    assert tree.map_structure(lambda a: a + 1, [1, None], none_is_leaf=False) == [2, None]
    assert tree.map_structure_up_to((0, {"k": 0}), len, ([1, 2], {"k": "abc"})) == (2, {"k": 3})
    for other in ([1, 2], (1,), (1, [2]), 1):
        with pytest.raises(ValueError, match=r"same nested structure|Arity"):
            tree.map_structure(lambda a, b: a, (1, 2), other)


@pytest.mark.parametrize(("a", "b"), [([1], (1,)), ({"a": 1}, {"b": 1}), ([1, 2], [1]), (1, [1]), (Point(1, 2), (1, 2))])
def test_trees_of_another_shape_are_told_apart(a: object, b: object) -> None:
    with pytest.raises(ValueError, match="structure|Arity"):
        tree.assert_same_structure(a, b)


def test_trees_are_compared_by_shape_or_by_paths() -> None:
    tree.assert_same_structure({"a": [1], "b": 2}, OrderedDict([("b", 3), ("a", [4])]))
    tree.assert_same_paths([1, (2,)], ((3,)[0], [4]))
    with pytest.raises(ValueError, match=r"Only `b` has \[\(1, 1\)\]"):
        tree.assert_same_paths([1, (2,)], [1, (2, 3)])


def test_parts_are_visited_from_the_top_or_the_bottom_and_may_be_replaced() -> None:
    seen: list = []
    tree.traverse(seen.append, [(1,), 2])
    assert seen == [[(1,), 2], (1,), 1, 2]
    assert tree.traverse(lambda part: "list" if isinstance(part, list) else None, ([1], 2)) == ("list", 2)
    assert tree.traverse(lambda part: tree.MAP_TO_NONE if part == 2 else None, [1, [2]], top_down=False) == [1, [None]]
    assert tree.lists_to_tuples([1, {"a": [2, [3]]}]) == (1, {"a": (2, (3,))})


def test_shapes_are_leaves_where_shapes_are_mapped() -> None:
    assert tree.map_shape_structure(lambda shape: shape[-1], {"a": (None, 3), "b": [(1, 2), [4, 5]]}) == {"a": 3, "b": [2, 5]}
