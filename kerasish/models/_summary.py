"""The summary of a model: a table of its layers, and how many parameters there are."""

import re
import shutil
import sys
from collections.abc import Callable
from typing import Any

from kerasish._base import _tree
from kerasish.core._graph import sort_nodes
from kerasish.core._symbol import Node
from kerasish.layers._layer import Layer
from kerasish.models._table import Table

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: list[float] | None = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Any = None,
) -> None:
    """Print the summary of a model, as Keras lays it out.

    Args:
        model: the model.
        line_length: the width in characters; by default at most 88, or 108 with connections.
        positions: where the columns end, as parts of the width.
        print_fn: takes the whole text; it is written to the screen by default.
        expand_nested: also list the layers of models inside.
        show_trainable: add a column that says whether a layer is trained.
        layer_range: the first and last name to list, or regular expressions that match them.

    Raises:
        ValueError: a line too short for its columns, or a range that names no layer.
    """
    nodes = _nodes(model)
    connected = nodes is not None and not _is_chain(model, nodes)
    table = _table(connected, show_trainable, line_length, positions)
    operations = model.operations if nodes is not None else model.layers
    first, last = _range(operations, layer_range)
    relevant = set(nodes or [])

    def add(operation: Any, level: int) -> None:
        row = [_name(operation, level), _shape(operation), _count(operation)]
        if connected:
            row.append(_connections(operation, relevant))
        if show_trainable:
            row.append(_trainable(operation))
        table.add(row)
        for nested in getattr(operation, "layers", None) or [] if expand_nested else []:
            add(nested, level + 1)

    for operation in operations[first:last]:
        add(operation, 0)
    bold = print_fn is None and sys.stdout.isatty()
    text = "\n".join([_emphasized(f'Model: "{model.name}"', bold), table.text() + _totals(model, bold)])
    if print_fn is None:
        print(text, end="")
    else:
        print_fn(text)


def _nodes(model: Any) -> list[Node] | None:
    """The calls in a functional model, inputs first; None of other models."""
    if not hasattr(type(model), "graph_module") or hasattr(type(model), "add"):
        return None
    inner = sort_nodes(model.inputs, model.outputs)
    return list(dict.fromkeys([*(symbol.node for symbol in model.inputs), *inner]))


def _is_chain(model: Any, nodes: list[Node]) -> bool:
    """Say whether each call follows on the one before, and no layer is called twice."""
    sources = {symbol.node for symbol in model.inputs}
    depth: dict[Node, int] = {}
    of_operation: dict[int, int] = {}
    for node in reversed(nodes):
        own = max(depth.get(node, 0), of_operation.get(id(node.operation), 0))
        depth[node] = of_operation[id(node.operation)] = own
        for symbol in node.inputs if node not in sources else []:
            if symbol.node is not None:
                depth[symbol.node] = max(own + 1, depth.get(symbol.node, 0))
    alone = len(set(depth.values())) == len(nodes)
    single = all(len(node.inputs) <= 1 for node in nodes)
    return alone and single and len(of_operation) == len(nodes)


def _table(connected: bool, show_trainable: bool, line_length: int | None, positions: list[float] | None) -> Table:
    header, alignment = ["Layer (type)", "Output Shape", "Param #"], ["left", "left", "right"]
    longest, ends = 88, positions or [0.45, 0.80, 1.0]
    if connected:
        header, alignment = [*header, "Connected to"], [*alignment, "left"]
        longest, ends = 108, positions or [0.3, 0.56, 0.74, 1.0]
    if show_trainable:
        longest, ends = longest + 12, [end * 0.90 for end in ends] + [1.0]
        header, alignment = [*header, "Trainable"], [*alignment, "center"]
    line_length = line_length or min(longest, shutil.get_terminal_size().columns - 4)
    widths, before = [], 0
    for end in ends:
        widths.append(int(end * line_length) - before)
        before += widths[-1]
    if min(widths) < 4:
        raise ValueError(f"`line_length`={line_length} is too short for columns that end at {ends}: one would have no room.")
    if len(widths) < len(header):
        raise ValueError(f"`positions` must have {len(header)} numbers, one for each column; received {positions}.")
    return Table(header, alignment, widths[: len(header)], line_length)


def _range(operations: list[Any], layer_range: Any) -> tuple[int, int]:
    if layer_range is None:
        return 0, len(operations)
    if len(layer_range) != 2 or not all(isinstance(name, str) for name in layer_range):
        raise ValueError(f"`layer_range` must be two names; received {layer_range!r}.")
    first, last = ([i for i, o in enumerate(operations) if re.match(name, o.name)] for name in layer_range)
    if not first or not last:
        raise ValueError(f"`layer_range` {layer_range!r} matches none of {', '.join(o.name for o in operations)}.")
    if min(first) > max(last):
        return min(last), max(first) + 1
    return min(first), max(last) + 1


def _name(operation: Any, level: int) -> str:
    prefix = "   " * level + "└ " if level else ""
    if isinstance(operation, Layer):
        kind = type(operation).__name__
    else:
        kind = "".join(part[:1].upper() + part[1:] for part in operation.target.__name__.strip("_").split("_"))
    return f"{prefix}{operation.name} ({kind})"


def _shape(operation: Any) -> str:
    nodes = operation._inbound_nodes if isinstance(operation, Layer) else [operation]
    if nodes:
        shapes = _tree.map_structure(lambda symbol: _told(symbol.shape), nodes[-1].structure)
    elif operation._build_shapes and not operation._built_at_once:
        try:
            shapes = _told_all(operation.compute_output_shape(*operation._build_shapes.values()))
        except Exception:  # noqa: BLE001 - a layer of the user's that does not run on shapes alone
            return "?"
    else:
        return "?"
    flat = _tree.flatten(shapes)
    return flat[0] if len(flat) == 1 else str(shapes).replace("'", "")


def _told_all(shapes: Any) -> Any:
    """Shapes as text, in the structure that they are in."""
    if isinstance(shapes, dict):
        return {key: _told_all(shape) for key, shape in shapes.items()}
    if all(size is None or isinstance(size, int) for size in shapes):
        return _told(shapes)
    return type(shapes)(_told_all(shape) for shape in shapes)


def _told(shape: tuple) -> str:
    return f"({', '.join(str(size) for size in shape)})"


def _count(operation: Any) -> str:
    if not isinstance(operation, Layer):
        return "0"
    if operation.built:
        return f"{operation.count_params():,}"
    return "0" if operation._built_at_once else "0 (unbuilt)"


def _connections(operation: Any, relevant: set[Node]) -> str:
    nodes = operation._inbound_nodes if isinstance(operation, Layer) else [operation]
    made = [
        f"{symbol.node.operation.name}[{symbol.node.number}][{symbol.index}]"
        for node in nodes
        if node in relevant
        for symbol in node.inputs
        if symbol.node is not None
    ]
    return ", ".join(made) or "-"


def _trainable(operation: Any) -> str:
    if not getattr(operation, "weights", None):
        return "-"
    return "Y" if operation.trainable else "N"


def _totals(model: Any, bold: bool) -> str:
    counted = {"Trainable": _size(model.trainable_weights), "Non-trainable": _size(model.non_trainable_weights)}
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and getattr(optimizer, "built", False):
        counted["Optimizer"] = _size(optimizer.variables)
    total = (sum(count for count, _ in counted.values()), sum(size for _, size in counted.values()))
    return "".join(
        f"{_emphasized(f' {what} params: ', bold)}{count:,} ({readable_size(size)})\n"
        for what, (count, size) in {"Total": total, **counted}.items()
    )


def _size(weights: list[Any]) -> tuple[int, int]:
    """The number of values, and of bytes."""
    return sum(w.numel() for w in weights), sum(w.numel() * w.element_size() for w in weights)


def readable_size(size: float) -> str:
    """A number of bytes as people read it: 1536 is "1.50 KB"."""
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} PB"


def _emphasized(text: str, bold: bool) -> str:
    return f"{_BOLD}{text}{_PLAIN}" if bold else text
