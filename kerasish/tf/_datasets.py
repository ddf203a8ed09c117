"""Dataset: the library's, whose elements are this face's tensors."""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from kerasish import data
from kerasish._base import _tree
from kerasish.tf._calls import entered, left
from kerasish.tf._making import MAKING
from kerasish.tf._specs import TensorSpec


class Dataset(data.Dataset):
    """A stream of elements that begins anew each time it is iterated. See `kerasish.data.Dataset`."""

    def __iter__(self) -> Iterator[Any]:
        return map(left, super().__iter__())

    @property
    def element_spec(self) -> Any:
        """The shapes and dtypes of an element, None for sizes that differ or are not known."""
        return _tree.map_structure(_specified, super().element_spec)


def _specified(spec: Any) -> Any:
    return TensorSpec(spec.shape, spec.dtype) if type(spec) is data.TensorSpec else spec


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


def _cardinality(self: data.Dataset) -> Any:
    """Give the number of elements, -1 without end, -2 where it is not known, as an int64 tensor."""
    return MAKING["constant"](int(data.Dataset.cardinality(self)), dtype="int64")


Dataset.cardinality = _cardinality  # type: ignore[method-assign, assignment]


class TextLineDataset(Dataset):
    """The lines of text files as strings, one file after the other.

    Args:
        filenames: a path or several.
        compression_type: "GZIP" or None.
        buffer_size, num_parallel_reads: must be None.
        name: a label.

    Raises:
        ValueError: `buffer_size` or `num_parallel_reads` is given.
    """

    def __init__(
        self,
        filenames: Any,
        compression_type: str | None = None,
        buffer_size: None = None,
        num_parallel_reads: None = None,
        name: str | None = None,
    ):
        if buffer_size is not None or num_parallel_reads is not None:
            raise ValueError("`buffer_size` and `num_parallel_reads` must be None: files are read one after the other.")
        super().__init__(data.TextLineDataset(filenames, compression_type or None)._stage)


class experimental:  # noqa: N801 - TensorFlow's own spelling of a namespace
    """What was once on trial."""

    AUTOTUNE, INFINITE_CARDINALITY, UNKNOWN_CARDINALITY = data.AUTOTUNE, data.INFINITE_CARDINALITY, data.UNKNOWN_CARDINALITY

    @staticmethod
    def cardinality(dataset: data.Dataset) -> Any:
        """Give the number of elements, -1 without end, -2 where it is not known, as an int64 tensor."""
        return _cardinality(dataset)
