"""The graph between symbols: its nodes in running order, and its layers in Keras's order."""

from collections.abc import Iterable
from typing import Any

from kerasish.core._symbol import KerasTensor, Node


def sort_nodes(inputs: list[KerasTensor], outputs: list[KerasTensor]) -> list[Node]:
    """List the calls between inputs and outputs so that each comes after those it needs.

    Raises:
        ValueError: an output that no input leads to, or one made outside of any graph.
    """
    given = {id(symbol) for symbol in inputs}
    order: list[Node] = []
    state: dict[Node, int] = {}  # 1: its inputs are being visited; 2: done
    stack: list[tuple[Node, bool]] = [(_node_of(output), False) for output in reversed(outputs) if id(output) not in given]
    while stack:
        node, finished = stack.pop()
        if finished:
            state[node] = 2
            order.append(node)
            continue
        if state.get(node) == 2:
            continue
        if state.get(node) == 1:
            raise ValueError(f"The graph has a cycle at {node.name}: its output leads back to its input.")
        state[node] = 1
        stack.append((node, True))
        if node.is_input:
            raise ValueError(
                f"The graph is disconnected: `outputs` need {node.name}, which is not among `inputs` "
                f"({', '.join(symbol.name for symbol in inputs)}). Add it to `inputs`."
            )
        for symbol in reversed(node.inputs):
            if id(symbol) not in given and state.get(_node_of(symbol)) != 2:
                stack.append((_node_of(symbol), False))
    return order


def _node_of(symbol: KerasTensor) -> Node:
    if symbol.node is None:
        raise ValueError(f"The graph is disconnected: {symbol!r} comes from no layer. Begin with kerasish.Input(shape=…).")
    return symbol.node


def operations_by_depth(inputs: list[KerasTensor], outputs: list[KerasTensor], nodes: list[Node]) -> list[Any]:
    """List layers and function calls as Keras does: the farthest from the outputs first, then as they were reached."""
    inner = set(nodes)
    sources = [symbol.node for symbol in inputs if symbol.node is not None]
    every = list(dict.fromkeys([*sources, *nodes]))
    reached = _reached(outputs, inner | set(sources))
    node_depth: dict[Node, int] = {}
    depth: dict[int, int] = {}
    for node in reversed(every):
        own = max(node_depth.get(node, 0), depth.get(id(node.operation), 0))
        node_depth[node] = depth[id(node.operation)] = own
        if node in inner:
            for symbol in node.inputs:
                if symbol.node is not None:
                    node_depth[symbol.node] = max(own + 1, node_depth.get(symbol.node, 0))
    operations = {id(node.operation): node.operation for node in every}
    return sorted(operations.values(), key=lambda o: (-depth[id(o)], reached.get(id(o), -1)))


def _reached(outputs: list[KerasTensor], known: set[Node]) -> dict[int, int]:
    """The order in which a walk back from the outputs first comes to each operation."""
    order: dict[int, int] = {}
    seen: set[Node] = set()
    stack = [output.node for output in reversed(outputs) if output.node is not None]
    while stack:
        node = stack.pop()
        if node in seen or node not in known:
            continue
        seen.add(node)
        order.setdefault(id(node.operation), len(order))
        stack.extend(symbol.node for symbol in reversed(node.inputs) if symbol.node is not None)
    return order


def unique_names(operations: Iterable[Any]) -> None:
    """Check that no two operations share a name.

    Raises:
        ValueError: two do.
    """
    seen: set[str] = set()
    for operation in operations:
        if operation.name in seen:
            raise ValueError(
                f"The name {operation.name!r} is used twice in the model; layers need names of their own. "
                "Pass another `name=` to one of them."
            )
        seen.add(operation.name)
