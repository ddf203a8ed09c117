"""Dataset: the library's, whose elements are this face's tensors."""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from kerasish import data
from kerasish.tf._calls import entered, left


class Dataset(data.Dataset):
    """A stream of elements that begins anew each time it is iterated. See `kerasish.data.Dataset`."""

    def __iter__(self) -> Iterator[Any]:
        return map(left, super().__iter__())


def _following(method: Callable) -> Callable:
    @functools.wraps(method)
    def follow(*args: Any, **kwargs: Any) -> Any:
        made = method(*[entered(arg) for arg in args], **{key: entered(value) for key, value in kwargs.items()})
        if type(made) is data.Dataset:
            made.__class__ = Dataset
            return made
        return left(made)

    return follow


for _name in dir(data.Dataset):
    _method = getattr(data.Dataset, _name)  # bound to the library's Dataset where it is a constructor
    if not _name.startswith("_") and callable(_method):
        setattr(Dataset, _name, staticmethod(_following(_method)) if inspect.ismethod(_method) else _following(_method))


class experimental:  # noqa: N801 - TensorFlow's own spelling of a namespace
    """What was once on trial."""

    AUTOTUNE, INFINITE_CARDINALITY, UNKNOWN_CARDINALITY = data.AUTOTUNE, data.INFINITE_CARDINALITY, data.UNKNOWN_CARDINALITY

    @staticmethod
    def cardinality(dataset: data.Dataset) -> int:
        """Give the number of elements, -1 without end, -2 where it is not known."""
        return dataset.cardinality()
