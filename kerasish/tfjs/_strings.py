"""Strings: Tensors of strings, which are numbers in a list of words."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from kerasish._base import _tree
from kerasish.core import convert_to_numpy, default_device
from kerasish.tfjs._promises import promised
from kerasish.tfjs._tensor import HoldsStrings, Tensor, as_torch


class StringTensor(Tensor):
    """A Tensor of strings. What moves and compares values takes one, and `tf.string`; what computes does not.

    Args:
        places: the number of each string in `words`.
        words: each string once.
    """

    _numbers = (str,)

    def __init__(self, places: torch.Tensor, words: Sequence[str]):
        super().__init__(places)
        self._words = list(words)

    @classmethod
    def of(cls, values: Iterable[Any], shape: Sequence[int] | None = None) -> "StringTensor":
        """Make one of strings in a row, and a shape."""
        words = Words()
        places = torch.tensor([words.place(str(value)) for value in values], dtype=torch.int64, device=default_device())
        return words.strings(places if shape is None else places.reshape(tuple(shape)))

    @property
    def torch(self) -> torch.Tensor:
        """Nothing: torch has no tensors of strings.

        Raises:
            HoldsStrings: always; RuntimeError if it was disposed.
        """
        _ = self._held
        raise HoldsStrings(
            "A Tensor of strings was given where numbers are needed. What moves or compares values takes strings, "
            "and tf.string; for anything else map them to numbers first."
        )

    @property
    def dtype(self) -> str:
        """string."""
        return "string"

    def numpy(self) -> np.ndarray:
        """An array of Python's strings."""
        places = convert_to_numpy(self._held)
        return np.array(self._words + [""], dtype=object)[places] if places.ndim else np.array(self._words[int(places)], object)

    def dataSync(self) -> np.ndarray:  # noqa: N802
        """The strings in one row."""
        return self.numpy().reshape(-1)

    def bytes(self) -> Any:
        """The strings in one row, each as bytes of UTF-8, which can be waited for."""
        return promised([text.encode() for text in self.dataSync().tolist()])

    def clone(self) -> "StringTensor":
        """A Tensor of the same strings."""
        return StringTensor(self._held.clone(), self._words)

    def __getitem__(self, index: Any) -> "StringTensor":
        return StringTensor(self._held[index], self._words)

    def __iter__(self) -> Iterator["StringTensor"]:
        return (StringTensor(part, self._words) for part in self._held.unbind(0))

    def __bool__(self) -> bool:
        return bool(self.numpy().item())

    def __format__(self, spec: str) -> str:
        return format(self.numpy().item(), spec) if spec else str(self)


class Words:
    """A list of words, each once, in which strings of several Tensors have their numbers."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, word: str) -> int:
        """Give a word's number; a new one for a word that is not known yet."""
        return self._places.setdefault(word, len(self._places))

    def numbers(self, value: Any) -> Any:
        """Give the numbers of strings in any form; anything else as torch's tensor."""
        if not _is_text(value):
            return None if value is None else as_torch(value)
        texts = string_array(value)
        places = [self.place(text) for text in texts.reshape(-1).tolist()]
        return torch.tensor(places, dtype=torch.int64, device=default_device()).reshape(texts.shape)

    def numbered(self, value: Any) -> Any:
        """Give the numbers of strings in lists and of Tensors of them, torch's tensors of others, and anything else as it is."""
        if isinstance(value, (list, tuple)):
            return [self.place(part) if isinstance(part, str) else self.numbered(part) for part in value]
        if isinstance(value, StringTensor):
            return self.numbers(value)
        return value.torch if isinstance(value, Tensor) else value

    def strings(self, places: torch.Tensor) -> StringTensor:
        """Make a Tensor of the strings that have these numbers."""
        return StringTensor(places.long(), list(self._places))


def _is_text(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "OSU"
    return any(isinstance(leaf, (str, bytes, StringTensor)) for leaf in _tree.flatten(value))


def string_array(value: Any) -> np.ndarray:
    """Give strings in any form as an array of Python's strings.

    Raises:
        ValueError: a value that is no string.
    """
    if isinstance(value, Tensor):
        value = value.numpy()
    elif isinstance(value, (list, tuple)):
        value = _tree.map_structure(lambda leaf: leaf.numpy().tolist() if isinstance(leaf, Tensor) else leaf, list(value))
    array = np.array(value, dtype=object)
    texts = [leaf.decode() if isinstance(leaf, bytes) else leaf for leaf in array.reshape(-1).tolist()]
    wrong = [leaf for leaf in texts if not isinstance(leaf, str)]
    if wrong:
        raise ValueError(f"Strings of one shape are needed here; received {wrong[0]!r:.80}.")
    made = np.empty(len(texts), dtype=object)
    made[:] = texts
    return made.reshape(array.shape)
