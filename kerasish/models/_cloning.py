"""Cloning: the same model anew, with layers and weights of its own."""

import copy
from collections.abc import Callable
from typing import Any

import torch

from kerasish._base import _tree
from kerasish._base._serialization import deserialize, serialize
from kerasish._base._tree_walks import assert_same_structure, lists_to_tuples
from kerasish.core import KerasTensor
from kerasish.core._graph import sort_nodes
from kerasish.core._symbol import record
from kerasish.layers._input import Input, InputLayer
from kerasish.layers._layer import Layer
from kerasish.models._functional import Functional
from kerasish.models._sequential import Sequential


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Callable[[Any], Any] | None = None,
    call_function: Callable | None = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Any:
    """Make a model of the same layers anew, with fresh weights; compiled if the model is.

    Args:
        model: functional, sequential, or of a class with a `get_config`.
        input_tensors: symbols to begin with, in the structure of `model.input`; new Inputs by default.
        clone_function: makes a layer of a layer; by default of its config. Inputs are always made anew.
        call_function: calls a new layer, `(layer, *args, **kwargs)`; of functional models only.
        recursive: also clone what is in the models inside by these functions.
        **kwargs: `cache`, a dict of the clones by the `id` of the layers.

    Raises:
        ValueError: an argument that this kind of model does not take, or symbols of another structure.

    >>> from kerasish import layers
    >>> model = Sequential([Input((4,)), layers.Dense(2, name="two")])
    >>> clone_model(model).layers[0].name
    'two'
    """
    cache = kwargs.pop("cache", None)
    if kwargs:
        raise ValueError(f"`clone_model` takes no arguments {sorted(kwargs)}.")
    if not isinstance(model, (Functional, Sequential)) or _describes_itself(model) and not (clone_function or input_tensors):
        if clone_function or input_tensors is not None or call_function:
            raise ValueError(
                "`clone_function`, `input_tensors` and `call_function` are for functional and sequential models; "
                f"received a {type(model).__name__}."
            )
        return deserialize(serialize(model), {type(model).__name__: type(model)})
    if call_function is not None and isinstance(model, Sequential):
        raise ValueError("`call_function` is for functional models; received a Sequential.")
    clone = _Cloner(clone_function, call_function, recursive, {} if cache is None else cache)
    made = clone.sequential(model, input_tensors) if isinstance(model, Sequential) else clone.functional(model, input_tensors)
    compiled = model.get_compile_config()
    if compiled is not None:
        made.compile_from_config(compiled)
    return made


def _describes_itself(model: Any) -> bool:
    """Say whether the class has a `get_config` of its own, so that its constructor may take other arguments."""
    return not type(model).get_config.__module__.startswith("kerasish.") or model._own_init


class _Cloner:
    """Clones each layer once, however often it is used."""

    def __init__(self, clone: Callable | None, call: Callable | None, recursive: bool, cache: dict[int, Any]):
        self.clone, self.call, self.recursive, self.cache = clone, call, recursive, cache

    def layer(self, layer: Any) -> Any:
        if id(layer) not in self.cache:
            if self.recursive and isinstance(layer, (Sequential, Functional)):
                call = self.call if isinstance(layer, Functional) else None
                self.cache[id(layer)] = clone_model(layer, None, self.clone, call, True, cache=self.cache)
            elif self.clone is not None:
                self.cache[id(layer)] = self.clone(layer)
            else:
                self.cache[id(layer)] = type(layer).from_config(layer.get_config())
        return self.cache[id(layer)]

    def sequential(self, model: Sequential, input_tensors: Any) -> Sequential:
        """Clone the layers in turn."""
        layers = [self.layer(layer) for layer in model.layers]
        given = _tree.flatten(input_tensors) if input_tensors is not None else []
        if len(given) > 1 or not all(isinstance(symbol, KerasTensor) for symbol in given):
            raise ValueError(f"`input_tensors` must be a single symbol for a Sequential; received {input_tensors!r}.")
        first = model.operations[0] if model.operations else None
        if isinstance(first, InputLayer):
            shape = given[0].shape if given else first.batch_shape
            layers.insert(0, Input(batch_shape=shape, dtype=first.dtype, name=first.name, optional=first.optional))
        elif given:
            layers.insert(0, Input(batch_shape=given[0].shape, dtype=given[0].dtype))
        kind: Any = type(model)
        return kind(layers, trainable=model.trainable, name=model.name)

    def functional(self, model: Functional, input_tensors: Any) -> Any:
        """Call the clones as the layers were called."""
        if input_tensors is None:
            input_tensors = _tree.map_structure(_fresh_input, model.input)
        given, own = _tree.flatten(input_tensors), _tree.flatten(model.input)
        try:
            assert_same_structure(lists_to_tuples(model.input), lists_to_tuples(input_tensors))
            alike = True
        except ValueError:
            alike = len(given) == len(own) == 1
        if not alike or not all(isinstance(symbol, KerasTensor) for symbol in given):
            raise ValueError(
                f"`input_tensors` must have the same structure as model.input, and hold symbols: {model.input!r}; "
                f"received {input_tensors!r}."
            )
        swapped = {id(old): new for old, new in zip(own, given)}

        def swap(leaf: Any) -> Any:
            if isinstance(leaf, KerasTensor):
                return swapped[id(leaf)]
            return copy.deepcopy(leaf) if isinstance(leaf, torch.nn.Parameter) else leaf

        for node in sort_nodes(own, model.outputs):
            if isinstance(node.target, torch.nn.Module) and not isinstance(node.target, Layer):
                continue  # it makes a mask; the clones make their own
            args = [_tree.map_structure(swap, arg) for arg in node.args]
            kwargs = {key: _tree.map_structure(swap, arg) for key, arg in node.kwargs.items() if key not in node.implied}
            outputs = self._called(node, args, kwargs)
            swapped.update({id(old): new for old, new in zip(node.outputs, _tree.flatten(outputs))})
        outputs = _tree.map_structure(swap, model.output)
        kind: Any = Functional if _describes_itself(model) else type(model)
        made = kind(input_tensors, outputs, name=model.name)
        made.trainable = model.trainable
        return made

    def _called(self, node: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        target = self.layer(node.target) if isinstance(node.target, Layer) else node.target
        if self.call is not None:
            return self.call(target, *args, **kwargs)
        return target(*args, **kwargs) if isinstance(target, Layer) else record(target, tuple(args), kwargs, node.name)


def _fresh_input(symbol: KerasTensor) -> KerasTensor:
    layer = symbol.node.target if symbol.node is not None else None
    return Input(
        batch_shape=symbol.shape,
        dtype=symbol.dtype,
        name=symbol.node.name if symbol.node is not None else symbol.name,
        optional=bool(getattr(layer, "optional", False)),
    )
