"""Capturing: writing down what a function does to tensors, as a graph of ATen operations that needs none of its Python."""

# pyright: reportPrivateImportUsage=false

import os
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, fx
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_map_only

from kerasish._base import _tree
from kerasish.core._capture_state import CaptureError, captured_by
from kerasish.core._linear import _WORTH, linear
from kerasish.core._variable import Variable

_aten = torch.ops.aten
_READS = (_aten._local_scalar_dense.default, _aten.equal.default, _aten.is_nonzero.default, _aten.item.default)
_HOST_READS = (Tensor.numpy, Tensor.tolist, Tensor.__array__)
_SAME = (_aten.detach.default, _aten.lift_fresh.default)
_LIKE = "ones_like zeros_like full_like empty_like rand_like randn_like new_zeros new_ones new_full new_empty".split()
_OF_SHAPES = {getattr(_aten, name).default for name in _LIKE}  # what these give does not depend on the numbers of their tensor
_OWN_FOLDERS = (os.path.dirname(os.path.abspath(torch.__file__)), os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Captured:
    """What a function does, written down.

    Attributes:
        graph: the operations; its inputs are the tensors given, then `constants`.
        constants: the tensors from outside that the function uses, Variables among them: the very objects, which may change.
        has_gradient: whether results depend on parameters in a way that autograd can follow.
        has_own_gradient: whether a torch.autograd.Function is among the operations, whose own gradient a graph does not hold.
        outputs: the structure that it returned, with a number in the place of each tensor.
    """

    def __init__(
        self,
        graph: fx.GraphModule,
        constants: list[Tensor],
        outputs: list[Any],
        structure: Any,
        has_gradient: bool,
        has_own_gradient: bool = False,
    ):
        self.graph, self.constants = graph, constants
        self.has_gradient, self.has_own_gradient = has_gradient, has_own_gradient
        self._outputs, self._structure = outputs, structure
        self._forms = self._form()

    def _form(self) -> list[Any]:
        constants = self.constants
        return [*map(Tensor.data_ptr, constants), *[constant.requires_grad for constant in constants]]

    def runner(self) -> Callable:
        """Give the graph as a function, of which each line calls an operation past Python's layers around it."""
        return _written_out(self.graph.graph)

    def is_valid(self) -> bool:
        """Say whether the tensors from outside are where they were, and are trained or not as they were."""
        return self._form() == self._forms

    def packed(self, results: Sequence[Tensor]) -> Any:
        """Nest results as the function did."""
        found = iter(results)
        leaves = [next(found) if part is _TENSOR else part for part in self._outputs]
        return leaves[0] if self._structure is _TENSOR else _tree.pack_sequence_as(self._structure, leaves)


_TENSOR = object()


def capture(body: Callable[[list[Tensor]], Any], tensors: Sequence[Tensor]) -> tuple[Captured, Captured | None]:
    """Run a function once, without computing anything, and write down what it does.

    Args:
        body: takes stand-ins for the tensors.
        tensors: inputs of the shapes, dtypes and devices that this is for.

    Returns: what it does; and the same in a form that autograd can follow, None where results have no gradient.

    Raises:
        CaptureError: the function reads numbers of tensors on the host, or something else that would not be repeated.
    """
    from torch._subclasses.fake_tensor import FakeTensorMode

    mode = FakeTensorMode(allow_non_fake_inputs=True)
    with _disable_current_modes():
        fakes = [mode.from_tensor(tensor.detach()) for tensor in tensors]
    stand_ins: list[Tensor] = list(fakes)
    recorder = _Recorder(mode, stand_ins)
    try:
        with captured_by(recorder), torch.inference_mode(False), torch.enable_grad(), mode, recorder, _NoHostReads():
            result = body(stand_ins)
    except CaptureError as error:
        raise CaptureError(f"{error}{_place_of(error)}") from None
    except Exception as error:
        if type(error).__name__ in ("DataDependentOutputException", "DynamicOutputShapeException"):
            raise CaptureError(f"{error} depends on the numbers in a tensor.{_place_of(error)}") from None
        raise
    finally:
        recorder.take_gradients_back()
    return recorder.written(result)


def _place_of(error: BaseException) -> str:
    """Where the user's own code stood, last of all."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(_OWN_FOLDERS)]
    if not frames:
        return ""
    frame = frames[-1]
    return f"\n  at {frame.filename}:{frame.lineno}, in {frame.name}: {frame.line}"


def _told_read(what: str) -> CaptureError:
    return CaptureError(
        f"A captured function cannot look at the numbers in a tensor ({what}): they are not there yet when its Python runs. "
        "Use ops.where, ops.cond or torch's functions in place of `if`, `float()`, `int()` and `numpy()`, loops whose count "
        "Python knows in place of `while`, or take the part that looks out of the function."
    )


class _NoHostReads(TorchFunctionMode):
    """Refuse what reads numbers past all dispatch."""

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None) -> Any:
        if func in _HOST_READS and args and (isinstance(args[0], Variable) or type(args[0]).__name__ == "FakeTensor"):
            raise _told_read(getattr(func, "__name__", str(func)))
        return func(*args, **(kwargs or {}))


class _Recorder(TorchDispatchMode):
    """Write down the operations that come by, with stand-ins for all tensors."""

    def __init__(self, mode: Any, inputs: Sequence[Tensor]):
        super().__init__()
        self.mode, self.graph = mode, fx.Graph()
        self._constants: list[Tensor] = []
        self._stand_ins: dict[int, Tensor] = {}
        self._nodes: dict[int, fx.Node] = {}
        self._alive: list[Any] = []  # ids are those of tensors that still live
        self._grads: list[tuple[Tensor, Any]] = []
        self._was_backward = False
        self.changes = 0  # how often tensors from outside were changed
        self._changed: set[int] = set()  # the storages that are changed in place
        self._of_constants: dict[int, int] = {}  # the storage of a stand-in → the memory that it stands for
        for i, tensor in enumerate(inputs):
            self._note(tensor, self.graph.placeholder(f"input_{i}"))
        self._last_input = next(reversed(self.graph.nodes), None)

    def _note(self, tensor: Tensor, node: fx.Node) -> None:
        self._nodes[id(tensor)] = node
        self._alive.append(tensor)

    def _stand_in(self, tensor: Tensor) -> Tensor:
        """What stands for a tensor in the graph."""
        if id(tensor) in self._nodes:
            return tensor
        known = self._stand_ins.get(id(tensor))
        if known is not None:
            return known
        if tensor.layout is not torch.strided:
            raise CaptureError("A captured function cannot use sparse tensors from outside.")
        with _disable_current_modes():
            known = self.mode.from_tensor(tensor.detach())
        self._stand_ins[id(tensor)] = known
        self._constants.append(tensor)
        self._grads.append((tensor, tensor.grad if tensor.is_leaf else None))
        self._of_constants[known.untyped_storage()._cdata] = tensor.untyped_storage().data_ptr()
        node = self.graph.placeholder(f"constant_{len(self._constants)}")
        if self._last_input is not None:
            self._last_input.append(node)
        elif node is not (first := next(iter(self.graph.nodes))):
            first.prepend(node)
        self._last_input = node
        self._note(known, node)
        return known

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None) -> Any:
        records = torch.is_grad_enabled()
        given: tuple[tuple, dict[str, Any]] = (args, kwargs or {})
        args, named = tree_map_only(Tensor, self._stand_in, given)
        self._check(func, args, named)
        made = func(*args, **named)
        target = _aten.clone.default if func is _aten.lift_fresh.default else func
        node_args, node_kwargs = tree_map_only(Tensor, lambda tensor: self._nodes[id(tensor)], (args, named))
        node = self.graph.call_function(target, node_args, node_kwargs)
        node.meta["records"] = records
        if func._schema.is_mutable:
            self._note_changes(func, args, named)
        node.meta["shapes"] = [tuple(part.shape) for part in args if isinstance(part, Tensor)]
        if func in _OF_SHAPES:
            node.meta.update(dtype=args[0].dtype, device=args[0].device)
        if isinstance(made, Tensor):
            self._note(made, node)
        elif isinstance(made, (tuple, list)):
            for i, part in enumerate(made):
                if isinstance(part, Tensor):
                    self._note(part, self.graph.call_function(_getitem, (node, i)))
        return made

    def numbers_of(self, tensor: Tensor) -> Tensor:
        """Compute what a stand-in stands for, by the operations noted so far; it is given back if the function's inputs count."""
        wanted, pending = set(), [self._nodes[id(tensor)]]
        while pending:
            node = pending.pop()
            if node in wanted:
                continue
            wanted.add(node)
            if node.op == "call_function" and node.target not in _OF_SHAPES:
                pending.extend(node.all_input_nodes)
        values: dict[fx.Node, Any] = {}
        constants = iter(self._constants)
        with _disable_current_modes(), torch.no_grad():
            for node in self.graph.nodes:
                is_constant = node.op == "placeholder" and node.target.startswith("constant_")
                constant = next(constants) if is_constant else tensor
                if node not in wanted:
                    continue
                if node.op == "placeholder" and not is_constant:
                    return tensor
                if is_constant:
                    values[node] = constant.detach()
                elif node.target in _OF_SHAPES:
                    shape = node.meta["shapes"][0]
                    args = (torch.empty(shape, dtype=node.meta["dtype"], device=node.meta["device"]), *node.args[1:])
                    values[node] = node.target(*args, **node.kwargs)
                else:
                    args, named = fx.map_arg((node.args, node.kwargs), values.__getitem__)
                    if getattr(getattr(node.target, "_schema", None), "is_mutable", False):
                        args = (args[0].clone(), *args[1:])  # a Variable itself stays as it is
                    values[node] = node.target(*args, **named)
        return values[self._nodes[id(tensor)]]

    def _check(self, func: Any, args: tuple, kwargs: dict[str, Any]) -> None:
        if func in _READS and getattr(args[0], "constant", None) is None:
            raise _told_read("a comparison, `float()`, `int()`, `bool()`, `item()`")
        grows = torch.Tag.dynamic_output_shape in func.tags
        if func is _aten.index.Tensor:
            grows = any(part is not None and part.dtype in (torch.bool, torch.uint8) for part in args[1])
        if grows:
            raise CaptureError(
                f"A captured function cannot use {func}: the shape of its result depends on numbers. "
                "Keep the shape, with ops.where or a weight of 0, or take that part out of the function."
            )
        if any(isinstance(part, torch.Generator) for part in (*args, *kwargs.values())):
            raise CaptureError(
                "A captured function cannot draw from a seeded generator: each call would begin or go on where it should not. "
                "Draw without a seed (`set_random_seed` seeds that), or outside of the function."
            )

    def _note_changes(self, func: Any, args: tuple, kwargs: dict[str, Any]) -> None:
        for argument, value in zip(func._schema.arguments, args):
            if argument.alias_info is not None and argument.alias_info.is_write:
                parts = value if isinstance(value, (list, tuple)) else [value]
                storages = [part.untyped_storage()._cdata for part in parts if isinstance(part, Tensor)]
                self._changed.update(storages)
                self.changes += sum(storage in self._of_constants for storage in storages)
        if isinstance(kwargs.get("out"), Tensor):
            self._changed.add(kwargs["out"].untyped_storage()._cdata)

    def take_gradients_back(self) -> None:
        """Undo what `backward` did: the `grad` of a parameter would be a tensor without numbers."""
        for tensor, gradient in self._grads:
            if tensor.is_leaf and tensor.grad is not gradient:
                tensor.grad, self._was_backward = gradient, True

    def written(self, result: Any) -> tuple[Captured, Captured | None]:
        """Make graphs of what was noted."""
        if self._was_backward:
            raise CaptureError(
                "A captured function cannot call `backward()`: use a GradientTape, `optimizer.minimize` or torch.autograd.grad."
            )
        single = not _tree.is_nested(result)
        leaves = [result] if single else _tree.flatten(result)
        tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
        self.graph.output(tuple(self._nodes[id(self._stand_in(tensor))] for tensor in tensors))
        outputs = [_TENSOR if isinstance(leaf, Tensor) else leaf for leaf in leaves]
        structure = _TENSOR if single else result
        structure = (
            structure if single else _tree.map_structure(lambda leaf: _TENSOR if isinstance(leaf, Tensor) else leaf, result)
        )
        parameters, is_custom = _leaves_of([tensor for tensor in tensors if tensor.requires_grad])
        memory = {parameter.untyped_storage().data_ptr() for parameter in parameters if id(parameter) in self._stand_ins}
        spoiled = any(self._of_constants.get(storage) in memory for storage in self._changed)
        _drop_dead(self.graph)
        _choose_products(self.graph)
        followed = None
        if not spoiled:
            graph = fx.GraphModule({}, _following_modes(self.graph))
            followed = Captured(graph, self._constants, outputs, structure, bool(parameters), is_custom)
        plain = fx.GraphModule({}, _without_detaching(self.graph))
        return Captured(plain, self._constants, outputs, structure, bool(parameters) and not spoiled), followed


def _getitem(parts: Any, index: int) -> Any:
    return parts[index]


def _leaves_of(tensors: list[Tensor]) -> tuple[list[Tensor], bool]:
    """The leaves that tensors were computed from, and whether a torch.autograd.Function was on the way."""
    found = [tensor for tensor in tensors if tensor.grad_fn is None]
    stack: list[Any] = [tensor.grad_fn for tensor in tensors if tensor.grad_fn is not None]
    seen, is_custom = set(stack), False
    while stack:
        node: Any = stack.pop()
        if hasattr(node, "variable"):
            found.append(node.variable)
        is_custom = is_custom or isinstance(node, torch.autograd.function.BackwardCFunction)
        for child, _ in node.next_functions:
            if child is not None and child not in seen:
                seen.add(child)
                stack.append(child)
    return found, is_custom


def _drop_dead(graph: fx.Graph) -> None:
    """Drop what nobody uses, but for changes in place and what draws random numbers."""
    for node in reversed(list(graph.nodes)):
        if node.op != "call_function" or node.users:
            continue
        if isinstance(node.target, torch._ops.OpOverload) and (
            node.target._schema.is_mutable or torch.Tag.nondeterministic_seeded in node.target.tags
        ):
            continue
        graph.erase_node(node)


def _choose_products(graph: fx.Graph) -> None:
    """Let `linear` choose the library for large products, as it does where nothing is captured."""
    for node in graph.nodes:
        if node.op == "call_function" and node.target in (_aten.mm.default, _aten.addmm.default) and not node.kwargs:
            *_, (rows, inner), (_, columns) = node.meta["shapes"]
            if rows * inner * columns >= _WORTH and len(node.args) == len(node.meta["shapes"]):
                if node.target is _aten.mm.default or len(node.meta["shapes"][0]) == 1:
                    node.target = _product if node.target is _aten.mm.default else _product_and_bias


def _product(a: Tensor, b: Tensor) -> Tensor:
    return linear(a, b.t())


def _product_and_bias(bias: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return linear(a, b.t(), bias)


def _written_out(graph: fx.Graph) -> Callable:
    """A Python function of a graph; what is not needed any more is let go of at once."""
    names: dict[str, Any] = {}
    last: dict[fx.Node, fx.Node] = {}
    for node in graph.nodes:
        last.update((given, node) for given in node.all_input_nodes)

    def told(value: Any) -> str:
        if isinstance(value, fx.Node):
            return value.name
        if isinstance(value, (list, tuple)):
            inner = ", ".join(map(told, value))
            return f"[{inner}]" if isinstance(value, list) else f"({inner},)" if value else "()"
        if type(value) in (int, bool, type(None), str):
            return repr(value)
        names[f"value_{len(names)}"] = value
        return f"value_{len(names) - 1}"

    lines = []
    for node in graph.nodes:
        over = [given.name for given in node.all_input_nodes if last[given] is node]
        if node.op == "output":
            lines.append(f"    return {told(node.args[0])}")
        elif node.op == "call_function":
            function = getattr(node.target, "_op", node.target)
            given = [*map(told, node.args), *(f"{key}={told(value)}" for key, value in node.kwargs.items())]
            over += [] if node.users else [node.name]
            lines.append(f"    {node.name} = {told(function)}({', '.join(given)})")
            lines += [f"    del {', '.join(over)}"] if over else []
    inputs = ", ".join(node.name for node in graph.nodes if node.op == "placeholder")
    exec("\n".join([f"def run({inputs}):", *lines]), names)  # noqa: S102 - nothing in it but names made here
    return names["run"]


def _following_modes(graph: fx.Graph) -> fx.Graph:
    """A copy in which autograd is switched on and off as it was when the function ran."""
    copy = _copied(graph)
    records = True
    for node in list(copy.nodes):
        wanted = node.meta.get("records", records if node.op != "output" else True)
        if wanted is not records:
            with copy.inserting_before(node):
                copy.call_function(torch._C._set_grad_enabled, (wanted,))
            records = wanted
    return copy


def _without_detaching(graph: fx.Graph) -> fx.Graph:
    """A copy for calls in which autograd is switched off altogether: there a detached tensor is the tensor."""
    copy = _copied(graph)
    for node in list(copy.nodes):
        if node.op == "call_function" and node.target is _aten.detach.default:
            node.replace_all_uses_with(node.args[0])  # type: ignore[arg-type]
            copy.erase_node(node)
    return copy


def _copied(graph: fx.Graph) -> fx.Graph:
    copy = fx.Graph()
    copy.output(copy.graph_copy(graph, {}))
    return copy
