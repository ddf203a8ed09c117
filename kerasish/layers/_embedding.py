"""Embedding: whole numbers to vectors."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish.constraints._registry import ConstraintLike
from kerasish.initializers._registry import InitializerLike
from kerasish.layers._layer import Layer
from kerasish.layers._spatial import positive
from kerasish.regularizers._registry import RegularizerLike


class Embedding(Layer):
    """Look up a vector for each whole number.

    Args:
        input_dim: how many numbers there are; inputs are below it.
        output_dim: the size of a vector.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint: of the table.
        mask_zero: whether 0 stands for padding, which later layers pass over.
        weights: an array (input_dim, output_dim) to start from.
        lora_rank, lora_alpha, quantization_config: only None; adapters and quantized weights are not supported.

    Shapes:
        (…) of integers → (…, output_dim); the table is (input_dim, output_dim).

    >>> Embedding(10, 4)(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 4])
    """

    input_dim: int
    output_dim: int
    embeddings_initializer: InitializerLike = "uniform"  # type: ignore[valid-type]
    embeddings_regularizer: RegularizerLike = None  # type: ignore[valid-type]
    embeddings_constraint: ConstraintLike = None  # type: ignore[valid-type]
    mask_zero: bool = False
    weights: Any  # type: ignore[reportRedeclaration]
    lora_rank: None = None
    lora_alpha: None = None
    quantization_config: None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self, "input_dim", "output_dim")
        for name in ("lora_rank", "lora_alpha", "quantization_config"):
            if getattr(self, name) is not None:
                raise ValueError(f"`{name}` is not supported: only None; received {getattr(self, name)!r}.")
        self.supports_masking = self.mask_zero
        self.__dict__.update(_makes_mask=self.mask_zero, _starts_mask=self.mask_zero)
        self.autocast = False
        given = self.__dict__.pop("_given_weights")
        if given is not None:
            self.build(None)
            self.set_weights(given if isinstance(given, list) and len(given) == 1 else [given])

    @property
    def weights(self) -> list[Any]:  # type: ignore[override]
        """The table, once there is one."""
        return super().weights

    @weights.setter
    def weights(self, value: Any) -> None:
        self.__dict__["_given_weights"] = value

    def _take_argument(self, name: str, value: Any) -> tuple[str, Any] | None:
        return None if name == "input_length" else super()._take_argument(name, value)

    def build(self, input_shape: Any = None) -> None:
        """Make `embeddings` (input_dim, output_dim)."""
        if self.built:
            return
        self.embeddings = self.add_weight(
            (self.input_dim, self.output_dim),
            self.embeddings_initializer,
            autocast=False,  # the rows that are looked up are cast, not the whole table
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
            name="embeddings",
        )

    def call(self, inputs: Tensor) -> Tensor:
        """Look up."""
        if inputs.dtype is not torch.int64 and inputs.dtype is not torch.int32:
            inputs = inputs.int()
        return F.embedding(inputs, self.embeddings).to(self._computes_in)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """True where the number is not 0, if 0 stands for padding."""
        return inputs != 0 if self.mask_zero else None

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again; the table is no part of them."""
        return {key: value for key, value in super().get_config().items() if key not in ("weights", "lora_rank", "lora_alpha")}
