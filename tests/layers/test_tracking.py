"""Containers that are set as attributes: nothing in them is left untrained, however deep it lies."""

import copy
from collections import OrderedDict, defaultdict, deque, namedtuple

import pytest
import torch
from torch import nn

from kerasish.layers import Dense, Layer

Pair = namedtuple("Pair", "first second")


def dense(name: str = "part") -> Dense:
    layer = Dense(2, name=name)
    layer.build((None, 2))
    return layer


@pytest.mark.parametrize(
    ("make", "keys"),
    [
        (lambda: (dense(),), ["held_items.0.kernel", "held_items.0.bias"]),
        (lambda: [(dense(),)], ["held.0.0.kernel", "held.0.0.bias"]),
        (lambda: {"a": (dense(),)}, ["held.a.0.kernel", "held.a.0.bias"]),
        (lambda: (1, [{"a": dense()}]), ["held_items.1.0.a.kernel", "held_items.1.0.a.bias"]),
        (lambda: Pair(dense(), None), ["held_items.0.kernel", "held_items.0.bias"]),
        (lambda: deque([dense()]), ["held_items.0.kernel", "held_items.0.bias"]),
        (lambda: OrderedDict(a=dense()), ["held.a.kernel", "held.a.bias"]),
        (lambda: defaultdict(list, a=[dense()]), ["held_items.a.0.kernel", "held_items.a.0.bias"]),
        (lambda: [{dense()}], ["held.0.0.kernel", "held.0.0.bias"]),
        (lambda: (nn.Parameter(torch.ones(1)),), ["held_items.0"]),
    ],
)
def test_what_a_container_holds_is_trained_and_saved(make, keys):
    layer = Layer()
    layer.held = make()
    assert list(layer.state_dict()) == keys
    assert len(layer.trainable_weights) == len(list(layer.parameters())) == len(keys)
    assert list(copy.deepcopy(layer).state_dict()) == keys


def test_a_set_is_held_in_the_order_of_the_names():
    layer = Layer()
    first, second = dense("a"), dense("b")
    layer.held = {second, first}
    assert layer.held == {first, second}
    assert layer.held_items[0] is first and layer.held_items[1] is second


def test_an_ordered_dict_notices_what_is_added_later():
    layer = Layer()
    layer.held = OrderedDict()
    layer.held["b"] = dense()
    layer.held["a"] = dense()
    assert list(layer.state_dict()) == ["held.b.kernel", "held.b.bias", "held.a.kernel", "held.a.bias"]


def test_what_a_tuple_held_goes_when_the_attribute_is_set_again():
    layer = Layer()
    layer.held = (dense(), dense())
    layer.held = None
    assert list(layer.state_dict()) == [] and layer.held is None


def test_containers_of_numbers_stay_what_they_are():
    layer = Layer()
    layer.sizes, layer.seen, layer.counts = (1, 2), {3}, defaultdict(int)
    layer.counts["a"] += 1
    assert type(layer.sizes) is tuple and type(layer.seen) is set and type(layer.counts) is defaultdict
    assert list(layer.children()) == []
