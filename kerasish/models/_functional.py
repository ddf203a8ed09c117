"""Functional: a model made from the symbols between its inputs and its outputs, run as generated code."""

import warnings
from typing import Any

import torch
from torch import Tensor, fx, nn

from kerasish._base import _tree
from kerasish.core import KerasTensor, torch_dtype
from kerasish.core._graph import sort_nodes
from kerasish.core._symbol import Node
from kerasish.layers._input import Input
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._layer import Layer
from kerasish.models._functional_config import functional_config, symbols_from_config
from kerasish.models._model import Model, _reserved
from kerasish.models._plan import compiled, emit, make_plan, thaw


class GraphModel(Model):
    """What Functional and a built Sequential share: a plan, and the code that was generated of it."""

    _flat_dtypes: tuple[torch.dtype, ...] = ()

    def _settle_graph(self, inputs: Any, outputs: Any) -> None:
        """Plan and emit the graph between these symbols."""
        flat = _tree.flatten(inputs)
        self.__dict__.update(_input_structure=inputs, _output_structure=outputs, _inputs=flat, _outputs=_tree.flatten(outputs))
        self._emit(make_plan(self, inputs, outputs))
        self.built = True

    def _emit(self, plan: Any) -> None:
        graph = emit(plan)
        self.__dict__.update(_plan=plan, _graph=graph, _run=compiled(graph))
        self.__dict__["_flat_dtypes"] = tuple(torch_dtype(symbol.dtype) for symbol in self._inputs)
        self.__dict__["_single"] = isinstance(self._input_structure, KerasTensor)

    @property
    def graph(self) -> fx.Graph:
        """The model as an fx graph; `print(model.graph)` shows it, `model.graph_module()` runs it."""
        return self._graph

    def graph_module(self) -> fx.GraphModule:
        """The model as a `torch.fx.GraphModule` over the same weights, for torch's own tools."""
        return fx.GraphModule(self, self._graph)

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbols that go in, flat."""
        return self._inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbols that come out, flat."""
        return self._outputs

    @property
    def input(self) -> Any:
        """The symbols that go in, in the structure in which they were given."""
        return self._input_structure

    @property
    def output(self) -> Any:
        """The symbols that come out, in the structure in which they were given."""
        return self._output_structure

    @property
    def input_shape(self) -> Any:
        """The shapes that go in."""
        return _tree.map_structure(lambda symbol: symbol.shape, self._input_structure)

    @property
    def output_shape(self) -> Any:
        """The shapes that come out."""
        return _tree.map_structure(lambda symbol: symbol.shape, self._output_structure)

    @property
    def input_names(self) -> list[str]:
        """The inputs' names, as a dict of data would have them."""
        return [symbol.node.name if symbol.node else symbol.name for symbol in self._inputs]

    @property
    def output_names(self) -> list[str]:
        """The outputs' names: those of the layers that give them."""
        return [symbol.node.name if symbol.node else symbol.name for symbol in self._outputs]

    @property
    def operations(self) -> list[Any]:
        """The layers and the calls of functions, those farthest from the outputs first."""
        return self._operations

    @property
    def layers(self) -> list[Layer]:
        """The layers, those farthest from the outputs first."""
        return [operation for operation in self._operations if isinstance(operation, Layer)]

    @layers.setter
    def layers(self, value: Any) -> None:
        raise _reserved(self)

    def __getattr__(self, name: str) -> Any:
        modules = self.__dict__.get("_modules")
        if modules is not None and name in modules:
            return modules[name]
        return Layer.__getattr__(self, name)

    def call(self, inputs: Any) -> Any:
        """Run the graph."""
        if self._single:
            return self._run(self, inputs)
        return self._run(self, *self._flat(inputs))

    def _flat(self, inputs: Any) -> list[Any]:
        """The inputs in the order of the graph's placeholders."""
        structure = self._input_structure
        if isinstance(inputs, dict) and not isinstance(structure, dict):
            self._check_names(self.input_names, inputs)
            return [inputs[name] for name in self.input_names]
        if isinstance(structure, dict):
            if not isinstance(inputs, dict):
                flat = _tree.flatten(inputs)
                if len(flat) == len(structure):
                    return flat
                raise ValueError(f"{self.name} takes a dict with {sorted(structure)}; received {type(inputs).__name__}.")
            self._check_names(list(structure), inputs)
            if len(inputs) > len(structure) and not self.__dict__.get("_has_warned"):
                self.__dict__["_has_warned"] = True
                more = [key for key in inputs if key not in structure]
                warnings.warn(
                    f"The structure of `inputs` doesn't match the expected structure: {self.name} takes {sorted(structure)}; "
                    f"{more} are left out.",
                    stacklevel=2,
                )
            return _tree.flatten({key: inputs[key] for key in structure})
        flat = _tree.flatten(inputs)
        if len(flat) != len(self._inputs):
            raise ValueError(f"{self.name} takes {len(self._inputs)} inputs {self.input_names}; received {len(flat)}.")
        return flat

    def _check_names(self, names: list[str], inputs: dict) -> None:
        missing = [name for name in names if name not in inputs]
        if missing:
            raise ValueError(f"{self.name} takes inputs named {names}; {missing[0]!r} is missing among {sorted(inputs)}.")

    def _converted_inputs(self, value: Any) -> Any:
        """The inputs, with the dtypes and ranks that the graph was written for."""
        value = super()._converted_inputs(value)
        if not isinstance(value, tuple) or not value or not self._flat_dtypes:
            return value
        flat = [
            self._fitted(leaf, symbol, dtype)
            for leaf, symbol, dtype in zip(self._flat(value[0]), self._inputs, self._flat_dtypes, strict=True)
        ]
        if self._single:
            return (flat[0], *value[1:])
        return (_tree.pack_sequence_as(self._input_structure, flat), *value[1:])

    def _fitted(self, leaf: Any, symbol: KerasTensor, dtype: torch.dtype) -> Any:
        if not isinstance(leaf, Tensor):
            if leaf is None and symbol.node is not None and getattr(symbol.node.target, "optional", False):
                return leaf
            name = symbol.node.name if symbol.node else symbol.name
            if leaf is None:
                raise ValueError(f"Input {name!r} of {self.name} is not optional; received None. Give it data.")
            raise ValueError(f"{self.name} takes tensors; received {type(leaf).__name__} for input {name!r}.")
        if leaf.dtype is not dtype:
            if leaf.is_complex() and not dtype.is_complex:
                raise ValueError(f"{self.name} takes real numbers; received {leaf.dtype}. Give x.real, x.imag or x.abs().")
            leaf = leaf.to(dtype)
        wanted = len(symbol.shape)
        if leaf.dim() == wanted + 1 and leaf.shape[-1] == 1:
            leaf = leaf.squeeze(-1)
        elif leaf.dim() == wanted - 1 and symbol.shape and symbol.shape[-1] == 1:
            leaf = leaf.unsqueeze(-1)
        # As in Keras, batches of any size are taken, whatever was said of the batch axis.
        complaint = InputSpec(shape=(None, *symbol.shape[1:])).complaint(tuple(leaf.shape), None)
        if complaint:
            hint = "Flatten it, e.g. layers.Flatten(), or reshape the data" if leaf.dim() > wanted else "Reshape the data"
            name = symbol.node.name if symbol.node else symbol.name
            raise ValueError(
                f"{self.name} expects input {name!r} of shape {_told(symbol.shape)}; received {tuple(leaf.shape)}. {hint}, "
                "or change the `shape` of the input."
            )
        return leaf

    def _symbols_ready(self) -> bool:
        return "_inputs" in self.__dict__

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        for key in ("_run", "_graph", "_inputs", "_outputs", "_input_structure", "_output_structure", "_operations"):
            state.pop(key, None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "_plan" not in state:
            return
        for module in self._modules.values():
            if hasattr(module, "input_tensor"):
                _new_input_node(module)
        inputs, outputs = thaw(self._plan, dict(self.named_children()), lambda name: getattr(self, name))
        flat_in, flat_out = _tree.flatten(inputs), _tree.flatten(outputs)
        self.__dict__.update(_input_structure=inputs, _output_structure=outputs, _inputs=flat_in, _outputs=flat_out)
        self._relist()
        self._emit(self._plan)

    def _relist(self) -> None:
        """List the operations again after a copy: the layers keep their order, which is that of the children."""
        masks = {call.target for call in self._plan.calls if isinstance(call.target, str) and call.target.endswith("_mask")}
        order = [m for key, m in self._modules.items() if key not in masks and isinstance(m, Layer)]
        nodes = sort_nodes(self._inputs, self._outputs)
        functions = [node for node in nodes if node.operation is node]
        self.__dict__["_operations"] = [*order, *functions]


def _new_input_node(layer: Any) -> None:
    node = Node(layer, (), {}, layer.name)
    node.give(KerasTensor(layer.batch_shape, layer.dtype, name=layer.name))
    layer.__dict__["_inbound_nodes"] = [node]


def _told(shape: tuple) -> str:
    return "(" + ", ".join("batch" if i == 0 and size is None else str(size) for i, size in enumerate(shape)) + ")"


class Functional(GraphModel):
    """A model from inputs to outputs, written by calling layers, operators and torch functions on symbols.

    Args:
        inputs: a symbol, or a list or dict of them.
        outputs: a symbol, or a list or dict of them, that the inputs lead to.
        name: an automatic one by default.

    Raises:
        ValueError: a disconnected graph, or two layers of one name.

    >>> x = Input((4,))
    >>> Functional(x, torch.relu(x) * 2)(torch.ones(1, 4)).tolist()
    [[2.0, 2.0, 2.0, 2.0]]
    """

    _first_call = 1  # the number of its first call in files

    def _take_over(self, args: tuple, kwargs: dict[str, Any]) -> bool:
        names = dict(zip(("inputs", "outputs", "name"), args, strict=False))
        given = {**names, **kwargs}
        if "inputs" not in given or "outputs" not in given:
            raise TypeError("A functional model needs `inputs` and `outputs`: Model(inputs, outputs).")
        inputs, outputs = given.pop("inputs"), given.pop("outputs")
        Layer._fill_fields(self, **given)
        for what, symbols in (("inputs", inputs), ("outputs", outputs)):
            wrong = [leaf for leaf in _tree.flatten(symbols) if not isinstance(leaf, KerasTensor)]
            if wrong or not _tree.flatten(symbols):
                raise ValueError(
                    f"All `{what}` values must be KerasTensors, the symbols that begin with kerasish.Input(…); "
                    f"received {wrong or symbols!r}."
                )
        self._settle_graph(*_from_inputs(inputs, outputs))
        return True

    def get_config(self) -> dict[str, Any]:
        """The layers and how they are connected, in Keras's own form."""
        if self._own_init:
            return super().get_config()
        return functional_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Make a model from what `get_config` gave."""
        if "layers" not in config:
            return super().from_config(config)
        inputs, outputs = symbols_from_config(config, custom_objects)
        model = cls(inputs, outputs, name=config.get("name"))  # pyright: ignore
        if config.get("trainable") is False:
            model.trainable = False
        return model


def _from_inputs(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """The same graph, beginning with inputs where it is cut out of the midst of another graph."""
    if all(symbol.node is not None and symbol.node.is_input for symbol in _tree.flatten(inputs)):
        return inputs, outputs
    swapped: dict[int, KerasTensor] = {}
    for symbol in _tree.flatten(inputs):
        at_start = symbol.node is not None and symbol.node.is_input
        swapped[id(symbol)] = symbol if at_start else Input(batch_shape=symbol.shape, dtype=symbol.dtype)

    def swap(leaf: Any) -> Any:
        return swapped.get(id(leaf), leaf)

    for node in sort_nodes(_tree.flatten(inputs), _tree.flatten(outputs)):
        args = tuple(_tree.map_structure(swap, arg) for arg in node.args)
        again = Node(node.target, args, {k: _tree.map_structure(swap, v) for k, v in node.kwargs.items()}, node.name)
        again.implied, again.number = node.implied, node.number
        for old in node.outputs:
            swapped[id(old)] = KerasTensor(old.shape, old.dtype)
        again.give(_tree.map_structure(swap, node.structure))
        if isinstance(node.target, nn.Module) and hasattr(node.target, "_inbound_nodes"):
            again.number = len(node.target._inbound_nodes)  # type: ignore[arg-type]
            node.target._inbound_nodes.append(again)  # type: ignore[union-attr]
    for old in _tree.flatten(outputs):
        if old.mask is not None:
            swapped[id(old)].mask = swap(old.mask)
    return _tree.map_structure(swap, inputs), _tree.map_structure(swap, outputs)


Model._functional = Functional
