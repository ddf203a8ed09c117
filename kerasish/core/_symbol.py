"""Symbols: what a functional model is written with. Any torch function called on one becomes a node of the graph."""

import functools
import operator
from collections.abc import Callable
from typing import Any, TypeVar

import torch

from kerasish._base import _tree
from kerasish._base._names import auto_name, to_snake_case
from kerasish.core._dtypes import standardize_dtype
from kerasish.core._infer import infer
from kerasish.core._module_calls import module_call, module_called

Function = TypeVar("Function", bound=Callable[..., Any])


class Node:
    """One call in a graph: what was called, with what, and the symbols that came out.

    Args:
        target: a layer, or a function.
        args, kwargs: what it was called with: trees that hold symbols and constants.
        name: how a file and a summary call the call; a layer's own name for layers.
    """

    def __init__(self, target: Any, args: tuple, kwargs: dict[str, Any], name: str):
        self.target, self.args, self.kwargs, self.name = target, args, kwargs, name
        self.inputs = [leaf for leaf in _tree.flatten((args, kwargs)) if isinstance(leaf, KerasTensor)]
        self.outputs: list[KerasTensor] = []
        self.structure: Any = None
        # Which call of its target this is; a function call is a target of its own.
        self.number = 0
        # The keyword arguments that nobody gave: masks that the inputs carried.
        self.implied: set[str] = set()

    def give(self, outputs: Any) -> Any:
        """Take the tree of symbols that the call gives, mark them as this call's, and give it on."""
        self.structure = outputs
        self.outputs = [leaf for leaf in _tree.flatten(outputs) if isinstance(leaf, KerasTensor)]
        for index, output in enumerate(self.outputs):
            output.node, output.index = self, index
        return outputs

    @property
    def operation(self) -> Any:
        """What graphs count as one: the layer, or this call of a function."""
        return self.target if hasattr(self.target, "get_config") else self

    @property
    def is_input(self) -> bool:
        """Whether this is where data enters."""
        return not self.inputs

    def __repr__(self) -> str:
        return f"<Node {self.name}>"


class KerasTensor:
    """A symbol: the shape and dtype of a tensor that will be there when the model runs.

    Any torch function, tensor method, operator, `kerasish.ops` function or layer takes it and gives symbols.

    Args:
        shape: sizes, None where not known before a batch comes.
        dtype: the dtype's name.
        sparse, ragged: must be False.
        name: an automatic one by default.

    >>> x = KerasTensor((None, 4))
    >>> torch.cat([x, x * 2], dim=1).shape
    (None, 8)
    """

    def __init__(
        self,
        shape: Any,
        dtype: Any = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
    ):
        if sparse or ragged:
            raise ValueError("Only dense symbols are supported; `sparse` and `ragged` must be False.")
        self.shape: tuple[int | None, ...] = tuple(shape)
        self.dtype = standardize_dtype(dtype)
        self.sparse = self.ragged = False
        self.name = name or auto_name("keras_tensor")
        self.record_history = record_history
        self.node: Node | None = None
        self.index = 0
        self.mask: KerasTensor | None = None

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    rank = ndim

    @property
    def _keras_history(self) -> tuple | None:
        return None if self.node is None else (self.node.operation, self.node.number, self.index)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one axis."""
        return self.shape if dim is None else self.shape[dim]

    def dim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def T(self) -> "KerasTensor":  # noqa: N802 - torch's own name
        """The axes in reversed order."""
        return self.permute(*reversed(range(self.ndim)))

    @classmethod
    def __torch_function__(cls, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        return record(func, args, kwargs or {})

    def __getattr__(self, name: str) -> Any:
        method = None if name.startswith("_") else getattr(torch.Tensor, name, None)
        if not callable(method) or name in _NEED_VALUES:
            told = (
                f"A symbol has no `{name}`: it has a shape and a dtype, and values only when the model runs."
                if method is not None
                else f"A symbol has no `{name}`; torch's tensors have none either."
            )
            raise AttributeError(told + ("" if name.startswith("_") else module_called(is_symbolic)))
        return functools.partial(_record_method, method, self)

    def __bool__(self) -> bool:
        raise TypeError(
            "A symbol has no truth value: write torch.where or ops.where, or a layer whose `call` decides."
            + module_called(is_symbolic)
        )

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise ValueError("A symbol has no values, so it cannot become an array. Build a Model of it and call `predict`.")

    def __float__(self) -> float:
        raise TypeError("A symbol has no value; build a Model of it and call it on data.")

    __int__ = __index__ = __float__  # type: ignore[assignment]

    def __iter__(self) -> Any:
        if self.ndim == 0 or self.shape[0] is None:
            raise TypeError("Cannot iterate over a symbol whose first axis is not known.")
        return (operator.getitem(self, i) for i in range(self.shape[0]))  # type: ignore[call-overload]

    def __len__(self) -> int:
        if self.ndim == 0 or self.shape[0] is None:
            raise TypeError("The length of this symbol is not known before the model runs.")
        return self.shape[0]

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, sparse=False, ragged=False, name={self.name}>"


_NEED_VALUES = {"item", "tolist", "numpy", "cpu", "cuda", "backward", "data_ptr", "register_hook"}


def _record_method(method: Callable, *args: Any, **kwargs: Any) -> Any:
    return record(method, args, kwargs)


# `kerasish.ops` puts its functions here, so that `x + 1` is the same node as `ops.add(x, 1)`.
operators: dict[str, Callable] = {}


def _operator(name: str, function: Callable, swapped: bool) -> Callable:
    def apply(self: KerasTensor, *others: Any) -> Any:
        args = (*others, self) if swapped else (self, *others)
        return operators[name](*args) if name in operators else record(function, args, {})

    return apply


for _name in "add sub mul truediv floordiv mod pow matmul and or xor".split():
    _function = getattr(operator, {"and": "and_", "or": "or_"}.get(_name, _name))
    setattr(KerasTensor, f"__{_name}__", _operator(_name, _function, False))
    setattr(KerasTensor, f"__r{_name}__", _operator(_name, _function, True))
for _name in "neg abs invert eq ne lt le gt ge getitem".split():
    setattr(KerasTensor, f"__{_name}__", _operator(_name, getattr(operator, _name), False))
KerasTensor.__hash__ = object.__hash__  # type: ignore[method-assign]


def is_symbolic(*trees: Any) -> bool:
    """Say whether a symbol is anywhere in these trees."""
    return any(isinstance(leaf, KerasTensor) for leaf in _tree.flatten(trees))


def record(target: Callable, args: tuple, kwargs: dict[str, Any], name: str | None = None) -> Any:
    """Note the call of a function on symbols, and give the symbols that stand for what it returns."""
    label = getattr(target, "__name__", type(target).__name__).strip("_")
    call = module_call(is_symbolic)
    pure = hasattr(target, "keras_module") and not any(map(callable, _tree.flatten((args, kwargs))))
    outputs = infer(target, args, kwargs, lambda shape, dtype: KerasTensor(shape, dtype), KerasTensor, label, pure)
    if call is not None:  # a function inside of a torch module, which is one node as a whole
        node = Node(target, args, kwargs, label)
        return call.given(node.give(outputs), node.outputs)
    return Node(target, args, kwargs, name or auto_name(to_snake_case(label))).give(outputs)


def op(keras_module: str) -> Callable[[Function], Function]:
    """Make the decorator for a file's operations: on symbols the whole function becomes one node.

    `keras_module` is where Keras keeps the operation of that name, which is what files say. On tensors the
    function just runs.

    >>> @op("keras.src.ops.numpy")
    ... def double(x):
    ...     return x * 2
    >>> double(KerasTensor((None, 3))).node.name.startswith("double")
    True
    """

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            for arg in args:
                kind = type(arg)
                if kind is KerasTensor or kind in _NESTS and _holds_symbol(arg):
                    return record(call, args, kwargs)
            for arg in kwargs.values():
                kind = type(arg)
                if kind is KerasTensor or kind in _NESTS and _holds_symbol(arg):
                    return record(call, args, kwargs)
            return function(*args, **kwargs)

        call.keras_module = keras_module  # type: ignore[attr-defined]
        return call  # type: ignore[return-value]

    return decorate


_NESTS = (list, tuple, dict)


def _holds_symbol(nest: Any) -> bool:
    """Say whether a symbol is in a list, tuple or dict: quicker than flattening, for what is called on each batch."""
    for part in nest.values() if type(nest) is dict else nest:
        kind = type(part)
        if kind is KerasTensor or kind in _NESTS and _holds_symbol(part):
            return True
    return False
