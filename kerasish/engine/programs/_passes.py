"""Passes: what makes the graph of a step faster before a compiler sees it."""

# pyright: reportPrivateImportUsage=false

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor, fx

from kerasish.core._linear import has_onednn

_TRIVIAL = ("select", "clone", "detach", "alias")


def improve(graph: fx.GraphModule, scalars: tuple[int, ...]) -> None:
    """Run all passes on a graph, in place.

    Args:
        graph: a step.
        scalars: the places of the inputs that are the optimizer's numbers.
    """
    _keep_scalars(graph, scalars)
    _name_recurrences(graph)
    if has_onednn():
        _choose_matmuls(graph)
    graph.graph.lint()
    graph.recompile()


@cache
def operations() -> Any:
    """The operations that only the graph of a step has.

    `keep(x)`: x, which a compiler is to store rather than compute wherever it is used.
    `matmul(a, b, bias)`: `a @ b + bias` by oneDNN, for matrices of any strides.
    `mkldnn_rnn_layer`, `mkldnn_rnn_layer_backward`: aten's, in a form that libraries can call.
    """
    library = torch.library.Library("kerasish", "FRAGMENT")
    library.define("keep(Tensor x) -> Tensor")
    library.impl("keep", lambda x: x.clone(), "CompositeExplicitAutograd")
    library.define("matmul(Tensor a, Tensor b, Tensor? bias) -> Tensor")
    library.impl("matmul", _onednn_matmul, "CPU")
    library.impl("matmul", lambda a, b, bias: a.new_empty(a.shape[0], b.shape[1]), "Meta")
    for name in _RECURRENT:
        _define_recurrence(library, name)
    operations.library = library  # type: ignore[attr-defined]  # it lives as long as somebody holds it
    return torch.ops.kerasish


_RECURRENT = ("mkldnn_rnn_layer", "mkldnn_rnn_layer_backward")


def _define_recurrence(library: torch.library.Library, name: str) -> None:
    """Define one of aten's recurrent kernels with all tensors in a list, and `is_there` for the arguments that may be None.

    Libraries cannot pass lists that are empty, nor Nones among other arguments.
    """
    original = getattr(torch.ops.aten, name).default
    arguments = original._schema.arguments
    tensors = [i for i, argument in enumerate(arguments) if "Tensor" in str(argument.type)]
    rest = [i for i in range(len(arguments)) if i not in tensors and arguments[i].name != "batch_sizes"]

    def run(given: list[Tensor], is_there: list[bool], *settings: Any) -> Any:
        args: list[Any] = [[]] * len(arguments)
        left = iter(given)
        for i, there in zip(tensors, is_there, strict=True):
            args[i] = next(left) if there else None
        for i, value in zip(rest, settings, strict=True):
            args[i] = value
        with torch.enable_grad():  # without, the kernel keeps nothing for its backward pass
            results = original(*args)
        # What is not computed is None there, and used by nobody.
        return tuple(given[0].new_zeros(1) if made is None else made for made in results)

    def shapes(*args: Any) -> Any:
        # Shapes say that the memory for the backward pass is empty; what is empty is not handed on.
        return tuple(made if made.numel() else made.new_empty(1) for made in run(*args))

    settings = ", ".join(f"{arguments[i].type} {arguments[i].name}" for i in rest)
    returned = ", ".join(["Tensor"] * len(original._schema.returns))
    library.define(f"{name}(Tensor[] given, bool[] is_there, {settings}) -> ({returned})")
    library.impl(name, run, "CPU")
    library.impl(name, shapes, "Meta")


def _name_recurrences(graph: fx.GraphModule) -> None:
    for node in graph.graph.nodes:
        name = next((name for name in _RECURRENT if node.target is getattr(torch.ops.aten, name).default), None)
        if name is None or node.kwargs:
            continue
        arguments = node.target._schema.arguments
        if len(node.args) != len(arguments) or [v for v, a in zip(node.args, arguments) if a.name == "batch_sizes"] != [[]]:
            continue
        tensors = [value for value, argument in zip(node.args, arguments) if "Tensor" in str(argument.type)]
        rest = [v for v, a in zip(node.args, arguments) if "Tensor" not in str(a.type) and a.name != "batch_sizes"]
        node.args = ([value for value in tensors if value is not None], [value is not None for value in tensors], *rest)
        node.target = getattr(operations(), name).default


def _onednn_matmul(a: Tensor, b: Tensor, bias: Tensor | None) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(a, b.t(), bias, "none", [], "")


def _keep_scalars(graph: fx.GraphModule, scalars: tuple[int, ...]) -> None:
    """Store what is computed from the learning rate and the step count alone.

    Otherwise the compiler repeats `(1 - beta ** step) ** 0.5` for every few elements of every weight.
    """
    inputs = [node for node in graph.graph.nodes if node.op == "placeholder"]
    given = {inputs[place] for place in scalars}
    scalar = set(given)
    for node in graph.graph.nodes:
        value = node.meta.get("val")
        if node.op != "call_function" or not isinstance(value, Tensor) or value.numel() != 1:
            continue
        if node.all_input_nodes and all(argument in scalar for argument in node.all_input_nodes) and _is_pure(node):
            scalar.add(node)
    # In the order of the graph: its text is what the library is found by in the cache.
    computed = scalar - given
    for node in [node for node in graph.graph.nodes if node in computed]:
        users = [user for user in node.users if user not in scalar]
        if not users or all(user.op == "output" for user in users) or any(name in str(node.target) for name in _TRIVIAL):
            continue
        with graph.graph.inserting_after(node):
            kept = graph.graph.call_function(operations().keep.default, (node,))
        kept.meta["val"] = node.meta["val"]
        for user in users:
            user.replace_input_with(node, kept)


def _is_pure(node: fx.Node) -> bool:
    return isinstance(node.target, torch._ops.OpOverload) and not node.target._schema.is_mutable


# Matrix products. torch's float32 kernels come from two libraries, of which one may be twice as fast on a given processor.


def _choose_matmuls(graph: fx.GraphModule) -> None:
    """Let oneDNN multiply where it is measured to be faster than torch's own choice."""
    aten = torch.ops.aten
    for node in list(graph.graph.nodes):
        if node.op != "call_function" or node.target not in (aten.mm.default, aten.addmm.default):
            continue
        bias, (a, b) = (node.args[0], node.args[1:3]) if node.target is aten.addmm.default else (None, node.args[:2])
        values = [part.meta.get("val") for part in (a, b)]
        if node.kwargs or len(node.args) > 3 or not all(_is_plain(value) for value in values):
            continue
        if bias is not None and tuple(bias.meta["val"].shape) != (values[1].shape[1],):
            continue
        forms = tuple((tuple(value.shape), tuple(value.stride())) for value in values)
        if not _is_faster(*forms, bias is not None):
            continue
        with graph.graph.inserting_before(node):
            product = graph.graph.call_function(operations().matmul.default, (a, b, bias))
        product.meta.update(node.meta)
        node.replace_all_uses_with(product)
        graph.graph.erase_node(node)


def _is_plain(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dtype is torch.float32 and value.device.type == "cpu" and value.dim() == 2


_SMALL = 1 << 19  # multiply-adds; below, either takes a few microseconds
_CLEARLY = 0.9


@cache
def _is_faster(a_form: tuple, b_form: tuple, with_bias: bool) -> bool:
    (rows, inner), columns = a_form[0], b_form[0][1]
    if rows * inner * columns < _SMALL:
        return False
    a, b = _filled(*a_form), _filled(*b_form)
    bias = torch.zeros(columns) if with_bias else None
    ways: list[Callable] = [
        lambda: torch.mm(a, b) if bias is None else torch.addmm(bias, a, b),
        lambda: _onednn_matmul(a, b, bias),
    ]
    best = [float("inf")] * 2
    with torch.no_grad():
        for _ in range(5):
            for i, way in enumerate(ways):
                began = time.thread_time()
                way()
                best[i] = min(best[i], time.thread_time() - began)
    return best[1] < best[0] * _CLEARLY


def _filled(shape: tuple, stride: tuple) -> Tensor:
    tensor = torch.empty_strided(shape, stride)
    return tensor.fill_(0.5)
