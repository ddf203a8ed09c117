"""Data: `tf.data`, a thin face of `kerasish.data.Dataset` whose elements are Tensors."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch

from kerasish._base import _tree
from kerasish.data import AUTOTUNE
from kerasish.data import CSVDataset as CoreCSV
from kerasish.data import Dataset as CoreDataset
from kerasish.data import TextLineDataset as CoreLines
from kerasish.tfjs._absent import absent_from
from kerasish.tfjs._options import Shelf, merged, spelled
from kerasish.tfjs._promises import Promise, promised, settled
from kerasish.tfjs._records import Record
from kerasish.tfjs._tensor import Tensor, as_torch, unwrapped, wrapped


class Dataset:
    """A stream of elements: Tensors, or dicts and lists of them. It begins anew each time it is used.

    `.dataset` is the `kerasish.data.Dataset` that `fitDataset` reads.

    Args:
        dataset: a Dataset of kerasish.
    """

    def __init__(self, dataset: CoreDataset):
        self.dataset = dataset

    @property
    def size(self) -> float | None:
        """The number of elements: infinity without end, None where it is not known."""
        count = self.dataset.cardinality()
        return None if count == -2 else float("inf") if count == -1 else count

    def batch(self, batch_size: int, small_last_batch: bool = True, **options: Any) -> "Dataset":
        """Stack elements to batches; the last may be smaller unless `smallLastBatch` is False."""
        keep = spelled("batch", options, ("small_last_batch",)).get("small_last_batch", small_last_batch)
        return Dataset(self.dataset.batch(batch_size, drop_remainder=not keep))

    def shuffle(self, buffer_size: int, seed: Any = None, reshuffle_each_iteration: bool = True, **options: Any) -> "Dataset":
        """Draw elements at random from a buffer of the next ones."""
        given = spelled("shuffle", options, ("seed", "reshuffle_each_iteration"))
        seed, again = given.get("seed", seed), given.get("reshuffle_each_iteration", reshuffle_each_iteration)
        return Dataset(self.dataset.shuffle(buffer_size, None if seed is None else hash(seed) % 2**31, again))

    def map(self, transform: Callable) -> "Dataset":
        """Give what a function gives for each element, which comes whole, as Tensors; it may be async."""
        return Dataset(self.dataset.map(_on_elements(transform)))

    def mapAsync(self, transform: Callable) -> "Dataset":  # noqa: N802 - TensorFlow.js's name, as below
        """The same as `map`."""
        return self.map(transform)

    def filter(self, predicate: Callable) -> "Dataset":
        """Give the elements of which a function says True."""
        decide = _on_elements(predicate)
        return Dataset(self.dataset.filter(lambda *parts: bool(decide(*parts))))

    def take(self, count: int) -> "Dataset":
        """Give the first elements; all if negative."""
        return self if count is None or count < 0 else Dataset(self.dataset.take(count))

    def skip(self, count: int) -> "Dataset":
        """Leave out the first elements; all if negative."""
        return Dataset(self.dataset.skip(-1 if count is None or count < 0 else count))

    def repeat(self, count: int | None = None) -> "Dataset":
        """Give all elements so many times; without end if None or negative."""
        return Dataset(self.dataset.repeat(None if count is None or count < 0 else count))

    def concatenate(self, dataset: "Dataset") -> "Dataset":
        """Give the elements of another Dataset after these."""
        return Dataset(self.dataset.concatenate(core(dataset)))

    def prefetch(self, buffer_size: int) -> "Dataset":
        """Prepare so many elements in a thread, ahead of their use."""
        return Dataset(self.dataset.prefetch(AUTOTUNE if buffer_size is None else buffer_size))

    def forEachAsync(self, f: Callable) -> Promise:  # noqa: N802
        """Call a function with each element, at once; what it gives can be waited for. The function may be async."""
        for element in self:
            settled(f(element))
        return Promise(None)

    forEach = forEachAsync  # noqa: N815

    def toArray(self) -> Any:  # noqa: N802
        """All elements as a list, which can be waited for."""
        return promised(list(self))

    def toArrayForTest(self) -> Any:  # noqa: N802
        """The same as `toArray`."""
        return self.toArray()

    def iterator(self) -> Any:
        """An iterator with `next`, which gives `{value, done}`; it can be waited for."""
        return promised(_Steps(iter(self)))

    def __iter__(self) -> Iterator[Any]:
        return map(_as_edge, self.dataset)

    async def __aiter__(self) -> AsyncIterator[Any]:
        for element in self:
            yield element

    def __len__(self) -> int:
        return len(self.dataset)

    def __bool__(self) -> bool:
        return True

    for_each_async, map_async, to_array = forEachAsync, mapAsync, toArray

    def __repr__(self) -> str:
        return f"<tf.data.Dataset {self.dataset!r}>"


class CSVDataset(Dataset):
    """The rows of CSV files: dicts of columns, or `{xs, ys}`, both such dicts, where a column is a label.

    Args:
        source: a path, `file://` or not, or several.
        csv_config: a dict, or keyword arguments: `hasHeader`, `columnNames`, `columnConfigs` (by column a dict of `isLabel`,
            `dtype`, `default`, `required`), `configuredColumnsOnly`, `delimiter`.
    """

    def __init__(self, source: Any, csv_config: Any = None, **options: Any):
        known = ("has_header", "column_names", "column_configs", "configured_columns_only", "delimiter")
        config = spelled("tf.data.csv", merged("tf.data.csv", csv_config, options), known)
        columns = {name: _column(name, given) for name, given in (config.pop("column_configs", None) or {}).items()}
        made = CoreCSV(_paths(source), columns, **config)
        labels = [name for name, column in columns.items() if column.get("label")]
        self._names = made.column_names

        def parted(xs: Any, ys: Any) -> dict[str, Any]:
            return {"xs": xs, "ys": {labels[0]: ys} if len(labels) == 1 else ys}

        super().__init__(made.map(parted) if labels else made)

    def columnNames(self) -> Any:  # noqa: N802
        """The names of the columns, which can be waited for."""
        return promised(list(self._names))

    column_names = columnNames


class TextLineDataset(Dataset):
    """The lines of text files, as strings.

    Args:
        source: a path or several.
    """

    def __init__(self, source: Any):
        super().__init__(CoreLines(_paths(source)))


class _Steps:
    def __init__(self, iterator: Iterator):
        self._iterator = iterator

    def then(self, function: Callable) -> Any:
        return promised(settled(function(self)))

    def __await__(self) -> Any:
        return self
        yield

    def next(self) -> Any:
        try:
            return Record(value=next(self._iterator), done=False)
        except StopIteration:
            return Record(value=None, done=True)


def core(dataset: Any) -> Any:
    """Give the Dataset of kerasish inside; anything else as it is."""
    return dataset.dataset if isinstance(dataset, Dataset) else dataset


def _as_edge(element: Any) -> Any:
    return _records(wrapped(list(element)) if isinstance(element, tuple) else wrapped(element))


def _records(element: Any) -> Any:
    """An element whose dicts have their values as attributes too: `batch.xs`."""
    if isinstance(element, list):
        return [_records(part) for part in element]
    return Record({key: _records(part) for key, part in element.items()}) if isinstance(element, dict) else element


def _inside(element: Any) -> Any:
    """An element of a user's as kerasish has them: torch's tensors, and tuples for lists of them.

    A list of Tensors without axes is a row of numbers, which they are in JavaScript.
    """
    if isinstance(element, list) and element and all(isinstance(part, Tensor) and part.rank == 0 for part in element):
        if all(part.dtype == element[0].dtype != "string" for part in element):
            return torch.stack([part.torch for part in element])
    if isinstance(element, list) and any(isinstance(part, (Tensor, torch.Tensor, dict, list)) for part in element):
        return tuple(_inside(part) for part in element)
    if isinstance(element, Mapping):
        return {key: _inside(part) for key, part in element.items()}
    if isinstance(element, (list, int, float)) and not isinstance(element, bool):
        return as_torch(element)
    return unwrapped(element)


def _on_elements(function: Callable) -> Callable:
    """A function that takes an element whole as one that takes the parts of a tuple."""
    return lambda *parts: _inside(settled(function(_as_edge(parts[0] if len(parts) == 1 else parts))))


def _column(name: str, given: Any) -> dict[str, Any]:
    column = spelled(f"columnConfigs[{name!r}]", given or {}, ("is_label", "dtype", "default", "required"))
    made: dict[str, Any] = {"label": column["is_label"]} if "is_label" in column else {}
    made.update({key: column[key] for key in ("dtype", "default") if column.get(key) is not None})
    if column.get("required") and "default" in made:
        raise ValueError(f"Column {name!r} is `required`, so it has no use for a `default`; received {made['default']!r}.")
    return made


def _paths(source: Any) -> Any:
    given = [source] if isinstance(source, str) or not isinstance(source, (list, tuple)) else list(source)
    paths = []
    for path in given:
        text = str(path)
        if text.startswith(("http://", "https://")):
            raise ValueError(
                f"A file must be on this machine; received {text!r}. Download it first, e.g. urllib.request.urlretrieve."
            )
        paths.append(text.removeprefix("file://"))
    return paths


def generator(generator: Any) -> Dataset:
    """Make elements of what a generator function yields, one at a time; it is called anew for each use.

    Args:
        generator: a generator function, also an async one; a function that gives an iterator; or a collection.
    """
    if inspect.isasyncgenfunction(generator):
        function: Any = lambda: _drained(generator())  # noqa: E731
    elif callable(generator):
        function = lambda: _values(settled(generator()))  # noqa: E731
    else:
        function = generator if isinstance(generator, Iterator) else lambda: iter(generator)
    if isinstance(function, Iterator):
        raise TypeError("`generator` must be a generator function, not what it gave, which could be used only once.")
    return Dataset(CoreDataset.from_generator(lambda: map(_inside, function())))


def _values(iterator: Any) -> Iterator[Any]:
    """What an iterator gives: Python's own, or one whose `next` gives `{value, done}`."""
    if not hasattr(iterator, "__next__") and callable(getattr(iterator, "next", None)):
        while True:
            step = settled(iterator.next())
            if step["done"]:
                return
            yield step["value"]
    yield from iterator


def _drained(elements: AsyncIterator) -> Iterator[Any]:
    async def following() -> tuple[bool, Any]:
        try:
            return True, await elements.__anext__()
        except StopAsyncIteration:
            return False, None

    # All steps run in one event loop, of a thread of its own, since this one's may be running already.
    loop = asyncio.new_event_loop()
    with ThreadPoolExecutor(1) as thread:
        try:
            while True:
                more, element = thread.submit(loop.run_until_complete, following()).result()
                if not more:
                    return
                yield element
        finally:
            thread.submit(loop.run_until_complete, elements.aclose()).result()  # type: ignore[attr-defined]
            loop.close()


def array(items: Any) -> Dataset:
    """Make an element of each item of a list: numbers, lists, dicts or Tensors."""
    if isinstance(items, Tensor):
        return Dataset(CoreDataset.from_tensor_slices(items.torch))
    kept = list(items)
    return Dataset(CoreDataset.range(len(kept)).map(lambda place: _inside(kept[int(place)])))  # whose size is known


def func(f: Callable) -> Dataset:
    """Make elements of what a function gives, called for each, without end; None ends them."""

    def elements() -> Iterator[Any]:
        while True:
            element = settled(f())
            if element is None:
                return
            yield element

    return generator(elements)


def zip_(datasets: Any) -> Dataset:
    """Put elements of several Datasets side by side, in a dict or a list as they are given, until the shortest ends."""
    if isinstance(datasets, Dataset) or not isinstance(datasets, (list, tuple, dict)):
        raise TypeError(f"zip takes a dict or a list of Datasets; received {datasets!r:.80}.")
    return Dataset(CoreDataset.zip(_tree.map_structure(core, datasets if isinstance(datasets, dict) else tuple(datasets))))


def csv(source: Any, csv_config: Any = None, **options: Any) -> CSVDataset:
    """Make elements of the rows of CSV files; see `CSVDataset`."""
    return CSVDataset(source, csv_config, **options)


DATA = Shelf(
    "tf.data",
    {
        "Dataset": Dataset,
        "CSVDataset": CSVDataset,
        "TextLineDataset": TextLineDataset,
        "generator": generator,
        "array": array,
        "func": func,
        "zip": zip_,
        "csv": csv,
        **absent_from("data"),
    },
)
