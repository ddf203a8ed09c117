"""TensorShape: the sizes of a tensor, printed as TensorFlow prints them."""

import math
from typing import Any


class TensorShape(tuple):
    """Sizes, None where one is not known. It is a tuple.

    >>> shape = TensorShape([2, 3])
    >>> print(shape, shape.as_list(), shape.rank, shape[0])
    (2, 3) [2, 3] 2 2
    """

    __slots__ = ()

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self)

    ndims = rank

    @property
    def dims(self) -> list[Any]:
        """The sizes."""
        return list(self)

    def as_list(self) -> list[Any]:
        """Give the sizes as a list."""
        return list(self)

    def num_elements(self) -> int | None:
        """Give the number of elements, None where a size is not known."""
        return None if None in self else math.prod(self)

    def numel(self) -> int:
        """Give the number of elements, as torch's shapes do."""
        return math.prod(self)

    def is_fully_defined(self) -> bool:
        """Say whether all sizes are known."""
        return None not in self

    def concatenate(self, other: Any) -> "TensorShape":
        """Give these sizes followed by others."""
        return TensorShape((*self, *other))

    def __getitem__(self, key: Any) -> Any:
        part = tuple.__getitem__(self, key)
        return TensorShape(part) if isinstance(key, slice) else part

    def __add__(self, other: Any) -> "TensorShape":  # type: ignore[override]
        return TensorShape((*self, *other))

    def __str__(self) -> str:
        return tuple.__repr__(tuple(self))

    def __repr__(self) -> str:
        return f"TensorShape({list(self)})"
