"""A functional model's plan: its graph as a flat list of calls, which runs, copies, pickles and is shown as an fx graph."""

import keyword
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import fx, nn

from kerasish._base import _tree
from kerasish.core import KerasTensor
from kerasish.core._graph import operations_by_depth, sort_nodes, unique_names
from kerasish.core._symbol import Node
from kerasish.layers._calling import adopt


@dataclass(frozen=True)
class Ref:
    """Points at an output of a call; calls below zero are the model's inputs."""

    call: int
    output: int = 0


@dataclass(frozen=True)
class Constant:
    """Points at a tensor that the model keeps under this name."""

    name: str


@dataclass
class Call:
    """One call: the key of a module or a function, arguments with `Ref`s in them, and what it gives."""

    target: str | Callable
    args: tuple
    kwargs: dict[str, Any]
    name: str
    outputs: list[tuple[tuple, str]]
    structure: Any
    implied: set[str] = field(default_factory=set)


@dataclass
class Plan:
    """The whole graph: its inputs' structure, the calls in order, and the outputs' structure."""

    inputs: list[str]
    input_structure: Any
    calls: list[Call]
    outputs: Any
    masks: list[Ref | None]


def module_key(owner: nn.Module, name: str) -> str:
    """The attribute under which a model keeps a layer of that name."""
    key = re.sub(r"\W", "_", name)
    if not key.isidentifier():
        key = f"_{key}"
    while any(key in place for place in (dir(type(owner)), owner.__dict__, owner._parameters, owner._buffers, owner._modules)):
        key += "_layer"
    return key


def make_plan(owner: Any, inputs: Any, outputs: Any) -> Plan:
    """Plan the graph between symbols. The owner is given the layers as children and the constants as tensors.

    Raises:
        ValueError: a disconnected graph, one input given twice, or two layers of one name.
    """
    flat_inputs, flat_outputs = _tree.flatten(inputs), _tree.flatten(outputs)
    if len({id(symbol) for symbol in flat_inputs}) < len(flat_inputs):
        raise ValueError(f"Each of `inputs` must be given once; received {[symbol.node.name for symbol in flat_inputs]}.")
    masks = [symbol.mask for symbol in flat_outputs]
    nodes = sort_nodes(flat_inputs, [*flat_outputs, *(mask for mask in masks if mask is not None)])
    shown = [node for node in nodes if not _is_mask(node)]
    operations = operations_by_depth(flat_inputs, flat_outputs, shown)
    unique_names(operations)
    owner.__dict__["_operations"] = operations
    keys: dict[int, str] = {}
    for operation in operations:
        if isinstance(operation, nn.Module):
            keys[id(operation)] = key = module_key(owner, operation.name)  # type: ignore[arg-type]
            owner._modules[key] = operation
            adopt(operation, owner.training)
    refs = {id(symbol): Ref(-1 - i) for i, symbol in enumerate(flat_inputs)}
    plan = Plan(
        [symbol.node.name for symbol in flat_inputs],
        _tree.map_structure(lambda symbol: refs[id(symbol)], inputs),
        [],
        None,
        [],
    )
    for node in nodes:
        if _is_mask(node):
            keys[id(node.target)] = module_key(owner, node.name)
            owner._modules[keys[id(node.target)]] = node.target
        plan.calls.append(_plan_call(owner, node, refs, keys))
        for index, symbol in enumerate(node.outputs):
            refs.setdefault(id(symbol), Ref(len(plan.calls) - 1, index))
    plan.outputs = _tree.map_structure(lambda symbol: refs[id(symbol)], outputs)
    plan.masks = [None if mask is None else refs[id(mask)] for mask in masks]
    return plan


def _is_mask(node: Node) -> bool:
    return isinstance(node.target, nn.Module) and not hasattr(node.target, "get_config")


def _plan_call(owner: Any, node: Node, refs: dict[int, Ref], keys: dict[int, str]) -> Call:
    if not all(key.isidentifier() for key in node.kwargs):
        raise ValueError(f"{node.name} is called with keyword arguments that are no names: {list(node.kwargs)}.")
    count = 0

    def point(leaf: Any) -> Any:
        nonlocal count
        if isinstance(leaf, KerasTensor):
            return refs[id(leaf)]
        if isinstance(leaf, np.ndarray):
            leaf = torch.as_tensor(leaf)
        if isinstance(leaf, torch.Tensor):
            count += 1
            return _keep_constant(owner, leaf, re.sub(r"\W", "_", f"{node.name}_constant_{count}"))
        return leaf

    structure = _tree.map_structure(lambda leaf: Ref(0, leaf.index) if isinstance(leaf, KerasTensor) else leaf, node.structure)
    return Call(
        keys[id(node.target)] if id(node.target) in keys else node.target,
        tuple(_tree.map_structure(point, arg) for arg in node.args),
        {key: _tree.map_structure(point, value) for key, value in node.kwargs.items()},
        node.name,
        [(symbol.shape, symbol.dtype) for symbol in node.outputs],
        structure,
        set(node.implied),
    )


def _keep_constant(owner: Any, tensor: torch.Tensor, name: str) -> Constant:
    """Keep a tensor that the graph was written with: trained if it wants gradients, else a plain buffer."""
    for shelf in (owner._parameters, owner._buffers):
        for key, kept in shelf.items():
            if kept is tensor:
                return Constant(key)
    if isinstance(tensor, nn.Parameter) and tensor.requires_grad:
        owner._parameters[name] = tensor
    else:
        owner.register_buffer(name, tensor, persistent=isinstance(tensor, nn.Parameter))
    return Constant(name)


def thaw(plan: Plan, modules: dict[str, nn.Module], constants: Callable[[str], Any]) -> tuple[Any, Any]:
    """Make the symbols of a plan anew, over these modules: `(inputs, outputs)` in their structures."""
    made: dict[int, list[KerasTensor]] = {}
    for i, name in enumerate(plan.inputs):
        layer = next(m for m in modules.values() if getattr(m, "name", None) == name)
        made[-1 - i] = list(layer._inbound_nodes[0].outputs)  # type: ignore[union-attr, index]

    def real(leaf: Any) -> Any:
        if isinstance(leaf, Ref):
            return made[leaf.call][leaf.output]
        return constants(leaf.name) if isinstance(leaf, Constant) else leaf

    for i, call in enumerate(plan.calls):
        target = modules[call.target] if isinstance(call.target, str) else call.target
        args = tuple(_tree.map_structure(real, arg) for arg in call.args)
        kwargs = {key: _tree.map_structure(real, value) for key, value in call.kwargs.items()}
        node = Node(target, args, kwargs, call.name)
        node.implied = set(call.implied)
        symbols = [KerasTensor(shape, dtype) for shape, dtype in call.outputs]
        node.give(_tree.map_structure(lambda leaf, s=symbols: s[leaf.output] if isinstance(leaf, Ref) else leaf, call.structure))
        if hasattr(target, "_inbound_nodes"):
            node.number = len(target._inbound_nodes)  # type: ignore[arg-type]
            target._inbound_nodes.append(node)  # type: ignore[union-attr]
        made[i] = symbols
    outputs = _tree.map_structure(real, plan.outputs)
    for symbol, mask in zip(_tree.flatten(outputs), plan.masks, strict=True):
        symbol.mask = None if mask is None else real(mask)
    return _tree.map_structure(real, plan.input_structure), outputs


def with_mask(output: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Hang a mask on an output, where losses and metrics look for it."""
    output._keras_mask = mask  # type: ignore[attr-defined]
    return output


def emit(plan: Plan) -> fx.Graph:
    """Write a plan as an fx graph: its placeholders are the flat inputs."""
    graph = fx.Graph()
    graph.on_generate_code(lambda before: lambda lines: _spell_keywords(before(lines) if before else lines))
    values: dict[Ref, Any] = {}
    for i, name in enumerate(plan.inputs):
        values[Ref(-1 - i)] = graph.placeholder(_argument(name))

    def value(leaf: Any) -> Any:
        if isinstance(leaf, Ref):
            return values[leaf]
        return graph.get_attr(leaf.name) if isinstance(leaf, Constant) else leaf

    for i, call in enumerate(plan.calls):
        args = tuple(_tree.map_structure(value, arg) for arg in call.args)
        kwargs = {key: _tree.map_structure(value, part) for key, part in call.kwargs.items()}
        if isinstance(call.target, str):
            result = graph.call_module(call.target, args, kwargs)
        else:
            result = graph.call_function(getattr(call.target, "__wrapped__", call.target), args, kwargs)
        _unpack(graph, call.structure, result, i, values)
    outputs = _tree.flatten(plan.outputs)
    finished = [
        values[ref] if mask is None else graph.call_function(with_mask, (values[ref], values[mask]))
        for ref, mask in zip(outputs, plan.masks, strict=True)
    ]
    graph.output(_tree.pack_sequence_as(plan.outputs, finished))
    return graph


def _argument(name: str) -> str:
    """An input's name as that of an argument of generated code."""
    name = re.sub(r"\W", "_", name)
    taken = keyword.iskeyword(name) or not name.isidentifier() or name in ("self", "torch")
    return f"_{name}" if taken else name


_KEYWORDS = frozenset(keyword.kwlist)
_OF_SELF = re.compile(r"^(\s*\w+ = )self((?:\.\w+)+)")


def _spell_keywords(lines: list[str]) -> list[str]:
    """Reach parts whose names are Python's words with `getattr`: the first Lambda of a session is called "lambda"."""

    def spelled(found: re.Match) -> str:
        target = "self"
        for name in found[2].split(".")[1:]:
            target = f'getattr({target}, "{name}")' if name in _KEYWORDS else f"{target}.{name}"
        return found[1] + target

    return [_OF_SELF.sub(spelled, line) for line in lines]


def _unpack(graph: fx.Graph, structure: Any, result: Any, call: int, values: dict[Ref, Any]) -> None:
    """Give each output of a call its own value in the graph."""
    if isinstance(structure, Ref):
        values[Ref(call, structure.output)] = result
    elif isinstance(structure, dict):
        for key, part in structure.items():
            _unpack(graph, part, graph.call_function(_getitem, (result, key)), call, values)
    elif isinstance(structure, (list, tuple)):
        for index, part in enumerate(structure):
            _unpack(graph, part, graph.call_function(_getitem, (result, index)), call, values)


def _getitem(container: Any, key: Any) -> Any:
    return container[key]


def compiled(graph: fx.Graph) -> Callable:
    """The generated code of a graph, as a function of the module and the flat inputs."""
    code = graph.python_code("self")
    namespace: dict[str, Any] = dict(code.globals)
    exec(compile(code.src, "<kerasish functional model>", "exec"), namespace)  # our own generated code
    return namespace["forward"]
