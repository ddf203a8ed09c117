"""Input: where data enters a functional model."""

from numbers import Integral
from typing import Any

from torch import Tensor

from kerasish._base._names import auto_name
from kerasish.core import KerasTensor, standardize_dtype
from kerasish.core._symbol import Node
from kerasish.layers._layer import Layer


class InputLayer(Layer):
    """The layer that stands for an input in a model's list of layers; made by `Input`.

    Args:
        shape: sizes without the batch axis; `batch_shape` with it. One of them.
        batch_size: a fixed size of the batch axis.
        dtype: the inputs' dtype, `floatx()` by default.
        sparse, ragged: must be False or None.
        batch_shape: sizes with the batch axis.
        input_tensor: a symbol to use instead of a new one.
        optional: whether None may be given when the model is called.
        name: an automatic one by default.
    """

    shape: Any = None
    batch_size: int | None = None
    dtype: Any = None  # pyright: ignore
    sparse: bool | None = None
    ragged: bool | None = None
    batch_shape: Any = None
    input_tensor: Any = None
    optional: bool = False
    name: str = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.sparse or self.ragged:
            raise ValueError("Only dense inputs are supported; `sparse` and `ragged` must be None or False.")
        self._settle_shape()
        if self.name is None:
            self.name = auto_name("input_layer")
        super().__post_init__()
        self.built = True
        symbol = self.input_tensor
        if symbol is None:
            symbol = KerasTensor(self.batch_shape, self._input_dtype, name=self.name)
        node = Node(self, (), {}, self.name)
        node.give(symbol)
        self.__dict__["_inbound_nodes"] = [node]

    def _settle_shape(self) -> None:
        given = self.batch_shape if self.batch_shape is not None else self._given_input_shape
        if self.shape is not None and self.batch_shape is not None:
            raise ValueError(f"Give `shape` or `batch_shape`, not both; received {self.shape} and {self.batch_shape}.")
        if self.batch_size is not None and self.batch_shape is not None:
            raise ValueError(f"Give `batch_size` or `batch_shape`, not both; received {self.batch_size} and {self.batch_shape}.")
        if self.input_tensor is not None:
            given = self._shape_of_tensor(given)
        if given is None:
            if self.shape is None:
                raise ValueError("An Input needs its `shape`, without the batch axis: Input(shape=(784,)).")
            given = (self.batch_size, *_sizes(self.shape, "shape"))
        self.__dict__["batch_shape"] = _sizes(given, "batch_shape")
        self.__dict__.update(shape=None, batch_size=self.batch_shape[0] if self.batch_shape else None)

    def _shape_of_tensor(self, batch_shape: Any) -> Any:
        """The shape of the symbol that is given, which what else is told of it must fit."""
        symbol = self.input_tensor
        if not isinstance(symbol, KerasTensor):
            raise ValueError(f"`input_tensor` must be a symbol; received {symbol!r}.")
        told = {"batch_shape": (batch_shape, symbol.shape), "shape": (self.shape, symbol.shape[1:])}
        for name, (given, own) in told.items():
            if given is not None and _sizes(given, name) != own:
                raise ValueError(f"`{name}` must be that of `input_tensor`, {own}; received {given}.")
        if self.batch_size is not None and self.batch_size != symbol.shape[0]:
            raise ValueError(f"`batch_size` must be that of `input_tensor`, {symbol.shape[0]}; received {self.batch_size}.")
        return symbol.shape

    @property
    def dtype(self) -> str:  # noqa: F811 - how the field above is kept
        """The dtype of the inputs."""
        return self._input_dtype

    @dtype.setter
    def dtype(self, value: Any) -> None:
        self.__dict__["_input_dtype"] = standardize_dtype(value)
        self.dtype_policy = self._input_dtype

    def call(self, inputs: Tensor) -> Tensor:
        """Give the inputs."""
        return inputs

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this input again."""
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": self.optional,
        }


def _sizes(shape: Any, argument: str) -> tuple[int | None, ...]:
    shape = tuple(shape) if hasattr(shape, "__iter__") else (shape,)
    for size in shape:
        if size is not None and (not isinstance(size, Integral) or size < 0):
            raise ValueError(f"`{argument}` must hold sizes, or None where not known; received {shape}.")
    return tuple(None if size is None else int(size) for size in shape)


def Input(  # noqa: N802 - Keras's own name
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
) -> KerasTensor:
    """Make the symbol that a functional model starts from.

    Args:
        shape: sizes without the batch axis, None where not known.
        batch_size: a fixed size of the batch axis.
        dtype: `floatx()` by default.
        sparse, ragged: must be None or False.
        batch_shape: sizes with the batch axis, instead of `shape`.
        name: the input's name; inputs given as a dict are found by it.
        tensor: a symbol to use instead of a new one.
        optional: whether None may be given when the model is called.

    >>> Input((784,)).shape
    (None, 784)
    """
    layer = InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name)  # pyright: ignore
    return layer.output
