"""TensorSpec: the shape and dtype of a tensor, printed as TensorFlow prints it; and choices that it has as enums."""

from collections.abc import Sequence
from enum import Enum
from typing import Any

from kerasish import data
from kerasish.tf._dtypes import DType
from kerasish.tf._shape import TensorShape


class TensorSpec(data.TensorSpec):
    """The shape and dtype of a tensor. See `kerasish.data.TensorSpec`.

    Args:
        shape: sizes, None for those not known; None if not even their number is.
        dtype: the dtype.
        name: a label.

    >>> from kerasish.tf import constant, int32
    >>> TensorSpec([None, 3], int32)
    TensorSpec(shape=(None, 3), dtype=tf.int32, name=None)
    >>> TensorSpec.from_tensor(constant([1.0])).shape
    (1,)
    """

    def __init__(self, shape: Sequence[int | None] | None = None, dtype: Any = "float32", name: str | None = None):
        super().__init__(shape, dtype.name if isinstance(dtype, DType) else dtype)
        object.__setattr__(self, "name", name)

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> "TensorSpec":
        """Describe a tensor."""
        return cls(tuple(tensor.shape), DType(tensor.dtype), name)

    def is_compatible_with(self, other: Any) -> bool:
        """Say whether a tensor, or what another spec describes, is one of these."""
        return DType(other.dtype) == self.dtype and self.fits(tuple(other.shape))

    def __repr__(self) -> str:
        shape = "<unknown>" if self.shape is None else TensorShape(self.shape)
        dtype = f"tf.{self.dtype}" if isinstance(self.dtype, str) else self.dtype
        return f"TensorSpec(shape={shape}, dtype={dtype}, name={self.name!r})"  # type: ignore[attr-defined]


class UnconnectedGradients(str, Enum):
    """What a tape gives for a source that the target does not depend on."""

    NONE = "none"
    ZERO = "zero"
