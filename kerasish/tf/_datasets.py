"""Dataset: the library's, whose elements are this face's tensors."""

import functools
from collections.abc import Callable, Iterator
from types import GeneratorType
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


def plain_source(value: Any) -> Any:
    """The same Dataset or generator with plain tensors in its elements; anything else stays as it is."""
    if type(value) is Dataset:
        return data.Dataset(value._stage)
    return map(entered, value) if isinstance(value, GeneratorType) else value


for _name, _method in vars(data.Dataset).items():
    if not _name.startswith("_"):
        if isinstance(_method, staticmethod):
            setattr(Dataset, _name, staticmethod(_following(_method.__func__)))
        elif callable(_method):
            setattr(Dataset, _name, _following(_method))
