"""The summary of a model as TensorFlow.js prints it."""

from collections.abc import Callable
from typing import Any

from kerasish.core._graph import sort_nodes
from kerasish.tfjs._printing import shape_text


def print_summary(model: Any, line_length: int | None, positions: Any, print_fn: Callable[[str], Any]) -> None:
    """Print the layers, the shapes that go in and come out, and the numbers of parameters, line by line.

    Args:
        model: a built model.
        line_length: the width in characters; 90 by default, 115 with the column of what a layer receives.
        positions: where the columns end: parts of the width, or characters.
        print_fn: takes a line.
    """
    linked = _is_branched(model)
    length = line_length or (115 if linked else 90)
    parts = list(positions or ([0.24, 0.48, 0.7, 0.8, 1.0] if linked else [0.32, 0.61, 0.89, 1.0]))
    whole = parts[-1] <= 1
    ends = [int(length * end) if whole else int(end) for end in parts]
    head = ["Layer (type)", "Input Shape", "Output shape", "Param #", *(["Receives inputs"] if linked else [])]
    print_fn("_" * length)
    print_fn(_line(head, ends))
    print_fn("=" * length)
    relevant = _nodes(model)
    layers = list(model.layers)
    for place, layer in enumerate(layers):
        rows = [[f"{layer.name} ({type(layer).__name__})", *_shapes(layer, relevant), str(layer.count_params())]]
        if linked:
            links = _links(layer, relevant)
            rows[0].append(links[0] if links else "")
            rows += [["", "", "", "", link] for link in links[1:]]
        for row in rows:
            print_fn(_line(row, ends))
        print_fn(("=" if place == len(layers) - 1 else "_") * length)
    _print_totals(model, print_fn)
    print_fn("_" * length)


def print_plain_summary(model: Any, print_fn: Callable[[str], Any]) -> None:
    """Print a line a layer, `dense_Dense1 (Dense) [null,32] 25120`, and the totals.

    Args:
        model: a built model.
        print_fn: takes a line.
    """
    relevant = _nodes(model)
    for layer in model.layers:
        print_fn(f"{layer.name} ({type(layer).__name__}) {_shapes(layer, relevant)[1]} {layer.count_params()}")
    _print_totals(model, print_fn)


def _print_totals(model: Any, print_fn: Callable[[str], Any]) -> None:
    trained = sum(weight.numel() for weight in model.trainable_weights)
    frozen = sum(weight.numel() for weight in model.non_trainable_weights)
    print_fn(f"Total params: {trained + frozen}")
    print_fn(f"Trainable params: {trained}")
    print_fn(f"Non-trainable params: {frozen}")


def _line(fields: list[str], ends: list[int]) -> str:
    line = ""
    for field, end in zip(fields, ends):
        line = (f"{line[:-1]} " if line else "") + field
        line = line[:end].ljust(end)
    return line


def _shapes(layer: Any, relevant: set) -> tuple[str, str]:
    """The shapes that go in at each call in the model, and the one that comes out of all; "multiple" where they differ."""
    nodes = [node for node in layer._inbound_nodes if node in relevant] or layer._inbound_nodes[:1]
    if not nodes:
        return "multiple", "multiple"
    entered = [[symbol.shape for symbol in node.inputs or node.outputs] for node in nodes]
    left = [[symbol.shape for symbol in node.outputs] for node in nodes]
    shown = shape_text(left[0] if len(left[0]) > 1 else left[0][0]) if all(one == left[0] for one in left) else "multiple"
    return ",".join(shape_text(shapes) for shapes in entered), shown


def _nodes(model: Any) -> set:
    """The calls in a model whose graph is known."""
    return set(sort_nodes(model.inputs, model.outputs)) if hasattr(model, "outputs") else set()


def _is_branched(model: Any) -> bool:
    """Say whether a layer has more than one input or is called more than once, or is not called by the next alone."""
    if hasattr(model, "add") or not hasattr(model, "graph_module"):
        return False
    nodes = sort_nodes(model.inputs, model.outputs)
    followed: dict[Any, int] = {}
    for node in nodes:
        if len(node.inputs) > 1 or len(getattr(node.target, "_inbound_nodes", [1])) > 1:
            return True
        for symbol in node.inputs:
            followed[symbol.node] = followed.get(symbol.node, 0) + 1
    return any(count > 1 for count in followed.values())


def _links(layer: Any, relevant: set) -> list[str]:
    return [
        f"{symbol.node.operation.name}[{symbol.node.number}][{symbol.index}]"
        for node in layer._inbound_nodes
        if node in relevant
        for symbol in node.inputs
        if symbol.node is not None
    ]
