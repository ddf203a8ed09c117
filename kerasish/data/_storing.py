"""Folders of elements: written while a data set is iterated, and mapped into memory when they are read.

A folder holds dataset.json, which describes the elements, and for each part of them one file of raw values. Sizes that differ
from element to element and the lengths of texts stand in files of int64 beside it. Nothing in it is ever run.
"""

import json
import os
import shutil
import struct
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish.data import _elements
from kerasish.data._elements import TensorSpec
from kerasish.data._rows import Rows
from kerasish.data._stage import Following, Stage

_FORMAT, _INDEX = "kerasish.dataset", "dataset.json"


def is_saved(path: Path) -> bool:
    """Say whether elements were saved in a folder.

    Raises:
        FileExistsError: something else is there, which is not to be replaced.
    """
    if (path / _INDEX).is_file():
        return True
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise FileExistsError(f"{str(path)!r} is there already and holds no saved Dataset. Choose another path.")
    return False


class Writer:
    """Writes elements into a folder, which is there whole after `finish`, or not at all.

    Args:
        path: the folder; elements saved there before are replaced.
    """

    def __init__(self, path: Path):
        is_saved(path)
        self.path, self.count = path, 0
        self._folder = path.parent / f".{path.name}-{uuid.uuid4().hex}"
        self._columns: list[_Column] = []
        self._first: Any = None

    def __enter__(self) -> "Writer":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._folder.mkdir()
        return self

    def __exit__(self, *_: object) -> None:
        for column in self._columns:
            column.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, element: Any) -> None:
        """Write an element.

        Raises:
            ValueError: it differs from the first one in structure, dtype or rank.
            TypeError: it holds what no file can, such as another Dataset.
        """
        leaves = _tree.flatten(element)
        if not self.count:
            self._first = _skeleton(element)
            self._description = _described(_elements.packer(element)(list(range(len(leaves)))))
            self._columns = [_Column(self._folder / str(place), leaf) for place, leaf in enumerate(leaves)]
        elif _skeleton(element) != self._first:
            raise ValueError(f"Elements must have one structure to be saved; number {self.count} has another: {element!r:.80}.")
        for column, leaf in zip(self._columns, leaves):
            column.add(leaf, self.count)
        self.count += 1

    def finish(self) -> None:
        """Put the folder in its place."""
        index: dict[str, Any] = {"format": _FORMAT, "version": 1, "count": self.count}
        if self.count:
            index["structure"] = self._description
        index["leaves"] = [column.finished() for column in self._columns]
        (self._folder / _INDEX).write_text(json.dumps(index), encoding="utf-8")
        replaced = self._folder.with_name(self._folder.name + "-old")
        if self.path.exists():
            os.replace(self.path, replaced)
        try:
            os.replace(self._folder, self.path)
        except OSError:
            if replaced.exists():
                os.replace(replaced, self.path)
            raise
        shutil.rmtree(replaced, ignore_errors=True)


class _Column:
    """The files of one leaf of all elements: its values, and where they differ from element to element its sizes."""

    def __init__(self, stem: Path, first: Any):
        self.stem, self.look = stem, _look(first)
        self.first = _shape(first)
        self._sizes: list[int | None] = list(self.first)
        self._values = open(f"{stem}.bin", "wb")
        self._lengths = open(f"{stem}.lengths.bin", "wb") if self.look["kind"] in ("text", "bytes") else None
        self._shapes: Any = None

    def add(self, leaf: Any, number: int) -> None:
        look, shape = _look(leaf), _shape(leaf)
        if look != self.look or len(shape) != len(self.first):
            raise ValueError(
                f"Elements must be alike in dtype and rank to be saved; number {number} has {_told(look, shape)}, "
                f"and the first {_told(self.look, self.first)}."
            )
        if shape != self.first and self._shapes is None:
            self._shapes = open(f"{self.stem}.shapes.bin", "wb")
            self._shapes.write(struct.pack(f"<{len(shape)}q", *self.first) * number)
        if self._shapes is not None:
            self._sizes = [size if size == new else None for size, new in zip(self._sizes, shape)]
            self._shapes.write(struct.pack(f"<{len(shape)}q", *shape))
        if isinstance(leaf, Tensor):
            self._values.write(leaf.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
        elif leaf is not None:
            assert self._lengths is not None
            texts = [_bytes(text) for text in (leaf.flat if isinstance(leaf, np.ndarray) else [leaf])]
            self._values.write(b"".join(texts))
            self._lengths.write(struct.pack(f"<{len(texts)}q", *map(len, texts)))

    def finished(self) -> dict[str, Any]:
        self.close()
        return {**self.look, "shape": self._sizes, "varies": self._shapes is not None}

    def close(self) -> None:
        for file in (self._values, self._lengths, self._shapes):
            if file is not None:
                file.close()


def _shape(leaf: Any) -> tuple[int, ...]:
    return tuple(leaf.shape) if isinstance(leaf, (Tensor, np.ndarray)) else ()


def _bytes(text: Any) -> bytes:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)


def _look(leaf: Any) -> dict[str, str]:
    """What must be the same in all elements."""
    if leaf is None:
        return {"kind": "none"}
    if isinstance(leaf, Tensor):
        return {"kind": "tensor", "dtype": str(leaf.dtype).removeprefix("torch.")}
    texts = list(leaf.flat) if isinstance(leaf, np.ndarray) else [leaf]
    if all(isinstance(text, str) for text in texts):
        return {"kind": "text"}
    if all(isinstance(text, bytes) for text in texts):
        return {"kind": "bytes"}
    raise TypeError(
        f"Tensors, strings and bytes can be saved, each by itself; received {leaf!r:.60} of type {type(leaf).__name__}."
    )


def _told(look: dict[str, str], shape: Sequence[int]) -> str:
    return f"{look.get('dtype', look['kind'])} of shape {tuple(shape)}"


def _skeleton(element: Any) -> Any:
    if isinstance(element, dict):
        return tuple(element), tuple([_skeleton(part) for part in element.values()])
    return tuple([_skeleton(part) for part in element]) if isinstance(element, tuple) else None


def _described(structure: Any) -> Any:
    """A tree of the numbers of leaves, as JSON has it."""
    if isinstance(structure, dict):
        wrong = [key for key in structure if not isinstance(key, str)]
        if wrong:
            raise TypeError(f"Dicts must have strings as keys to be saved; received {wrong[0]!r}.")
        return {key: _described(part) for key, part in structure.items()}
    return [_described(part) for part in structure] if isinstance(structure, tuple) else structure


def _built(description: Any) -> Any:
    if isinstance(description, dict):
        return {key: _built(part) for key, part in description.items()}
    return tuple([_built(part) for part in description]) if isinstance(description, list) else description


class Saved(Stage):
    """Elements that a Writer wrote; batches of those of one shape are gathered from the mapped files.

    Args:
        path: the folder.

    Raises:
        FileNotFoundError: no elements are saved there.
        ValueError: the files are not whole, or of another kind.
    """

    def __init__(self, path: Path):
        self.path = path
        try:
            index = json.loads((path / _INDEX).read_text(encoding="utf-8"))
            if index["format"] != _FORMAT or index["version"] != 1:
                raise ValueError("of another kind")
            self.count, leaves = index["count"], index["leaves"]
            self._structure = _built(index["structure"]) if self.count else None
            self._pack = _elements.packer(self._structure)
            places = _tree.flatten(self._structure) if self.count else []
            if any(type(place) is not int for place in places):
                raise ValueError("its structure is not of numbers")
            self._leaves = [_Leaf(path / str(place), leaves[place], self.count) for place in places]
        except FileNotFoundError as error:
            raise FileNotFoundError(f"There is no saved Dataset in {str(path)!r}: {error.filename} is missing.") from error
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RuntimeError) as error:
            raise ValueError(f"The Dataset saved in {str(path)!r} cannot be read: {error}.") from error

    def cardinality(self) -> int:
        return self.count

    def rows(self) -> Rows | None:
        if not self.count or any(leaf.varies for leaf in self._leaves):
            return None
        return Rows(self._pack([leaf.values for leaf in self._leaves]), lambda seeds: iter((range(self.count),)), self.count)

    def stream(self, seeds: Any) -> Iterator[Any]:
        for number in range(self.count):
            yield self._pack([leaf.row(number) for leaf in self._leaves])

    def spec(self) -> Any:
        if not self.count:
            raise ValueError("A Dataset without elements does not tell what they look like.")
        return self._pack([leaf.spec for leaf in self._leaves])


class _Leaf:
    """One leaf of all elements, in its files."""

    def __init__(self, stem: Path, look: dict[str, Any], count: int):
        self.varies, shape = bool(look["varies"]), look["shape"]
        kind = look["kind"]
        self.spec: Any = None
        self.values: Any = None
        self._flat: Any = None
        if kind == "none":
            return
        if self.varies:
            self._sizes = _integers(f"{stem}.shapes.bin").reshape(count, len(shape))
            self._ends = np.concatenate([[0], np.cumsum(self._sizes.prod(axis=1))])
            total = int(self._ends[-1])
        else:
            total = int(np.prod(shape, dtype=np.int64)) * count
        if kind == "tensor":
            dtype = getattr(torch, look["dtype"])
            if not isinstance(dtype, torch.dtype):
                raise ValueError(f"{look['dtype']!r} is no dtype")
            self.spec = TensorSpec(shape, dtype)
            self._flat = _mapped(f"{stem}.bin", total, dtype)
        else:
            self.spec = TensorSpec(shape, "string")
            self._flat = _texts(stem, total, kind == "text")
        if not self.varies:
            self.values = self._flat.reshape(count, *shape)

    def row(self, number: int) -> Any:
        """Give the leaf of an element, in memory of its own."""
        if self._flat is None:
            return None
        if self.varies:
            row = self._flat[self._ends[number] : self._ends[number + 1]].reshape(self._sizes[number].tolist())
        else:
            row = self.values[number]
        if isinstance(row, Tensor):
            return row.clone()
        return row.copy() if isinstance(row, np.ndarray) else row


def _mapped(path: str, count: int, dtype: torch.dtype) -> Tensor:
    size, wanted = os.path.getsize(path), count * dtype.itemsize
    if size != wanted:
        raise ValueError(f"{path} has {size} bytes and should have {wanted}")
    # Private: what is written to the tensor would not reach the file.
    return torch.from_file(path, shared=False, size=count, dtype=dtype) if count else torch.empty(0, dtype=dtype)


def _integers(path: str) -> np.ndarray:
    return np.fromfile(path, dtype="<i8")


def _texts(stem: Path, count: int, as_text: bool) -> np.ndarray:
    """Read strings into an array of objects, one for each."""
    ends = np.cumsum(_integers(f"{stem}.lengths.bin")).tolist()
    data = Path(f"{stem}.bin").read_bytes()
    if len(ends) != count or ends and ends[-1] != len(data):
        raise ValueError(f"{stem}.bin does not hold {count} texts of the lengths that were noted")
    texts = np.empty(count, dtype=object)
    for place, (start, end) in enumerate(zip([0, *ends], ends)):
        texts[place] = data[start:end].decode("utf-8", "surrogatepass") if as_text else data[start:end]
    return texts


class FileCache(Following):
    """Elements that are made in the first full iteration and kept in a folder, for later iterations and later programs."""

    def __init__(self, source: Stage, path: Path):
        super().__init__(source)
        self.path = path
        self._read: Saved | None = None
        is_saved(path)  # something else in its place is told now

    @property
    def saved(self) -> Saved | None:
        """What is there to be read, if anything is."""
        if self._read is None and is_saved(self.path):
            self._read = Saved(self.path)
        return self._read

    @property
    def draws(self) -> bool:
        return self.saved is None and self.source.draws

    def cardinality(self) -> int:
        return (self.saved or self.source).cardinality()

    def rows(self) -> Rows | None:
        return None if self.saved is None else self.saved.rows()

    def spec(self) -> Any:
        return (self.saved if self.saved and self.saved.count else self.source).spec()

    def stream(self, seeds: Any) -> Iterator[Any]:
        if self.saved is not None:
            yield from self.saved.elements(seeds)
            return
        with Writer(self.path) as writer:
            for element in self.source.elements(seeds):
                writer.add(element)
                yield element
            writer.finish()
