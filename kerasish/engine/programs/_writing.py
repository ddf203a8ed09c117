"""Writing a training step down as a graph of ATen operations."""

# pyright: reportPrivateImportUsage=false

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, fx
from torch.fx.node import map_arg

from kerasish._base import _tree
from kerasish.engine.programs._beside import first_line
from kerasish.engine.programs._state import StepState, Uncapturable


class WrittenStep:
    """A step as a graph: its inputs are the state, the learning rate, and the leaves of the batch; it gives nothing.

    Attributes:
        graph: the module; called with real tensors it makes a step.
        inputs: the inputs of its kind, as fake tensors.
        scalars: the places of the inputs that are the optimizer's numbers.
    """

    def __init__(self, graph: fx.GraphModule, inputs: Sequence[Tensor], scalars: tuple[int, ...]):
        self.graph, self.inputs, self.scalars = graph, list(inputs), scalars


def write_down(state: StepState, batch: Any, decided: tuple[bool, bool]) -> WrittenStep:
    """Write a step down for batches of one form, without running anything.

    Args:
        state: the tensors that the step works on.
        batch: `(x, y, sample_weight)`, of which only the form counts.
        decided: what the optimizer's `decisions` gives before the steps that this is for.

    Raises:
        Uncapturable: the step depends on values, on the host, or on what cannot be seen.
    """
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.fx.experimental.proxy_tensor import make_fx

    state.settle()
    leaves = [leaf for leaf in _tree.flatten(batch) if leaf is not None]
    count = len(state.tensors)
    device = state.tensors[0].device

    def step(*inputs: Tensor) -> tuple[()]:
        given = iter(inputs[count + 1 :])
        data = _tree.map_structure(lambda leaf: None if leaf is None else next(given), batch)
        with state.replaced(inputs[:count], inputs[count].clone(), decided) as stand_ins:
            _run(state, stand_ins, data)
        return ()

    rate = torch.zeros((), device=device)
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    before = torch.get_rng_state()
    try:
        with mode:
            fakes = [mode.from_tensor(tensor) for tensor in (*state.tensors, rate, *leaves)]
        graph = make_fx(step, tracing_mode="real", _allow_non_fake_inputs=True)(*fakes)
    except Uncapturable:
        raise
    except Exception as error:
        raise Uncapturable(f"{type(error).__name__}: {first_line(error)}") from error
    finally:
        torch.set_rng_state(before)
    _check(graph)
    return WrittenStep(graph, fakes, (state.count, count))


def _run(state: StepState, stand_ins: Any, data: Any) -> None:
    """`train_step`, with gradients and variables in the tracer's hands."""
    model, (x, y, sample_weight) = state.model, data
    with torch.enable_grad():
        y_pred = model._call_model(x)
        loss = model._call_compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=True)
        scaled = stand_ins.optimizer.scale_loss(loss)
        gradients = torch.autograd.grad(scaled, stand_ins.leaves, allow_unused=True)
    with torch.no_grad():
        stand_ins.optimizer.apply(list(gradients), stand_ins.variables)
        y_pred = _tree.map_structure(lambda leaf: leaf.detach() if isinstance(leaf, Tensor) else leaf, y_pred)
        model._count(loss.detach(), x, y, y_pred, sample_weight)


def _check(graph: fx.GraphModule) -> None:
    """Refuse a step that changes a tensor that is none of its inputs: later steps would not see the change.

    Raises:
        Uncapturable: there is one.
    """
    seen: dict[fx.Node, bool] = {}  # whether a node is, or may share the memory of, a tensor from outside
    for node in graph.graph.nodes:
        if node.op == "get_attr":
            seen[node] = True
            continue
        if node.op != "call_function" or not isinstance(node.target, torch._ops.OpOverload):
            seen[node] = node.op == "call_function" and any(seen.get(arg, False) for arg in node.all_input_nodes)
            continue
        shares = False
        for argument, value in zip(node.target._schema.arguments, node.args, strict=False):
            alias = argument.alias_info
            if alias is None or not any(seen.get(arg, False) for arg in _nodes(value)):
                continue
            if alias.is_write:
                raise Uncapturable(
                    f"{node.target} changes a tensor that the model holds, but that is none of its weights or buffers"
                )
            shares = True
        seen[node] = shares


def _nodes(value: Any) -> list[fx.Node]:
    found: list[fx.Node] = []
    map_arg(value, lambda node: found.append(node) or node)
    return found
