"""Calling a layer on symbols: build it, learn the shapes, note the call in the graph, and lead masks along its edges."""

import inspect
from typing import Any

from torch import nn

from kerasish._base import _tree
from kerasish.core import KerasTensor
from kerasish.core._infer import infer
from kerasish.core._symbol import Node, is_symbolic, record
from kerasish.layers._input_spec import check_inputs


def call_on_symbols(layer: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """Call a layer on symbols and give the symbols that stand for its outputs."""
    if not layer.built:
        with layer._naming_weights():
            layer._build_for(args, kwargs)
            return _recorded(layer, args, kwargs)
    return _recorded(layer, args, kwargs)


def _recorded(layer: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    signature = layer._call_signature
    if layer.input_spec is not None and args:
        check_inputs(layer.input_spec, args[0], layer.name)
    given = dict(kwargs)
    if kwargs.get("training", 0) is None or "training" in kwargs and not signature.training:
        given.pop("training")
    implied = _implied_masks(layer, args, given)
    outputs = layer.compute_output_spec(*args, **given, **implied)
    outputs = _tree.map_structure(_fresh, outputs)
    node = Node(layer, args, {**given, **implied}, layer.name)
    node.implied = set(implied)
    node.number = len(layer._inbound_nodes)
    layer._inbound_nodes.append(node)
    node.give(outputs)
    _lead_mask_on(layer, args, node)
    return outputs


def infer_output(layer: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """Symbols for what a layer would return: by its own `compute_output_shape`, else by running it without values."""
    if layer._own_output_shape:
        # The layer's own rule, which takes the shape of the first argument, or those of each by name.
        names = getattr(type(layer).compute_output_shape, "shape_names", None) or _parameters(layer.compute_output_shape)
        shapes = {
            name: _tree.map_structure(lambda symbol: symbol.shape, value)
            for name, value in layer._call_signature.bind(args, kwargs).items()
            if is_symbolic(value)
        }
        if len(names) > 1 and all(name.removesuffix("_shape") in shapes for name in names):
            result = layer.compute_output_shape(**{name: shapes[name.removesuffix("_shape")] for name in names})
        else:
            first = next(iter(shapes.values())) if shapes else _tree.map_structure(lambda symbol: symbol.shape, args[0])
            result = layer.compute_output_shape(first)
        return _symbols(result, layer.compute_dtype)
    return infer(layer, args, kwargs, KerasTensor, KerasTensor, f"{type(layer).__name__} {layer.name!r}", layer._repeatable)


def _parameters(method: Any) -> list[str]:
    return [
        name for name, p in inspect.signature(method).parameters.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]


def _symbols(shape: Any, dtype: str) -> Any:
    if isinstance(shape, dict):
        return {key: _symbols(part, dtype) for key, part in shape.items()}
    if isinstance(shape, (list, tuple)) and any(isinstance(part, (list, tuple, dict)) for part in shape):
        return _tree._sequence_like(shape, [_symbols(part, dtype) for part in shape])
    return KerasTensor(shape, dtype)


def _fresh(symbol: Any) -> Any:
    """A symbol of its own for this call, although a layer gives what it was given."""
    return KerasTensor(symbol.shape, symbol.dtype) if isinstance(symbol, KerasTensor) and symbol.node is not None else symbol


class MaskOf(nn.Module):
    """The mask that a layer makes of inputs and their mask: an edge of the graph."""

    def __init__(self, layer: Any):
        super().__init__()
        self.__dict__["layer"] = layer  # not a child: its weights are listed where it stands itself

    def forward(self, inputs: Any, mask: Any = None) -> Any:
        """Compute the mask."""
        return self.__dict__["layer"].compute_mask(inputs, mask)


def _implied_masks(layer: Any, args: tuple, given: dict[str, Any]) -> dict[str, Any]:
    """The masks that the inputs carry, for the mask arguments of `call` that were not given."""
    signature = layer._call_signature
    implied = {}
    named = signature.bind(args, given)
    if signature.mask and named.get("mask") is None and args:
        masks = _tree.map_structure(_mask, args[0])
        if any(mask is not None for mask in _tree.flatten(masks)):
            implied["mask"] = masks
    for name in signature.mask_names:
        source = named.get(name.removesuffix("_mask"))
        if named.get(name) is None and isinstance(source, KerasTensor) and source.mask is not None:
            implied[name] = source.mask
    for name in implied:
        given.pop(name, None)
    return implied


def _mask(symbol: Any) -> Any:
    return symbol.mask if isinstance(symbol, KerasTensor) else None


def _lead_mask_on(layer: Any, args: tuple, node: Node) -> None:
    if not args or not (layer._makes_mask or layer.supports_masking):
        return
    masks = _tree.map_structure(_mask, args[0])
    some = any(mask is not None for mask in _tree.flatten(masks))
    if not some and not layer._starts_mask:
        return
    if not layer._makes_mask:
        flat = _tree.flatten(masks)
        for output, mask in zip(
            node.outputs, flat if len(flat) == len(node.outputs) else flat[:1] * len(node.outputs), strict=True
        ):
            output.mask = mask
        return
    inputs = args[0]
    result = record(MaskOf(layer), (inputs, masks if some else None), {}, f"{layer.name}_mask")
    for output, mask in zip(node.outputs, _tree.flatten(result), strict=False):
        output.mask = mask
