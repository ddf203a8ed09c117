"""Dataset: streams of elements, made of stages that are put one after another, in tf.data's spelling."""

import glob
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish.data import _batching, _files, _keeping, _mapping, _ordering, _sources
from kerasish.data._elements import Leaf, TensorSpec
from kerasish.data._mapping import AUTOTUNE
from kerasish.data._stage import INFINITE, UNKNOWN, Stage, call, whole

INFINITE_CARDINALITY, UNKNOWN_CARDINALITY = INFINITE, UNKNOWN


class Dataset(torch.utils.data.IterableDataset, Leaf):
    """A stream of elements that begins anew each time it is iterated: by `fit`, by a `for` loop, by a DataLoader.

    An element is a tensor, a string, or a tuple or dict of these. It is the user's: changing a tensor in place changes nothing
    that is given later. A method gives a new Dataset and leaves this one as it is. A function that a method takes gets the parts
    of a tuple as arguments, and anything else whole.

    Batches of rows of arrays are gathered once, however the rows were shuffled, repeated, taken or sharded before.
    An iterator that is left before its end ends the threads and processes that worked for it.

    Args:
        stage: made by the constructors below.

    >>> x, y = np.arange(6.0, dtype="float32"), np.arange(6)
    >>> data = Dataset.from_tensor_slices((x, y)).map(lambda x, y: (x * 10, y)).batch(4)
    >>> for x, y in data:
    ...     print(x.tolist(), y.tolist())
    [0.0, 10.0, 20.0, 30.0] [0, 1, 2, 3]
    [40.0, 50.0] [4, 5]
    >>> len(data), data.element_spec[0]
    (2, TensorSpec(shape=(None,), dtype='float32'))
    """

    def __init__(self, stage: Stage):
        if not isinstance(stage, Stage):
            raise TypeError(f"A Dataset is made by its constructors, as Dataset.from_tensor_slices; received {stage!r:.60}.")
        self._stage = stage

    # Where elements come from

    @staticmethod
    def from_tensor_slices(tensors: Any) -> "Dataset":
        """Make an element of each row of arrays, whose memory is shared, not copied.

        A memmap that may not be written to is read when its rows are wanted.

        Args:
            tensors: arrays, tensors, lists or arrays of strings, pandas; one or a tuple or dict of them. Shapes (rows, ...).

        Raises:
            ValueError: they differ in rows.
        """
        return Dataset(_sources.Slices(tensors))

    @staticmethod
    def from_tensors(tensors: Any) -> "Dataset":
        """Make one element of all."""
        return Dataset(_sources.Once(tensors))

    @staticmethod
    def from_generator(
        generator: Any, output_types: Any = None, output_shapes: Any = None, args: Sequence = (), output_signature: Any = None
    ) -> "Dataset":
        """Make elements of what a function yields, which is called for each iteration.

        Args:
            generator: a function that gives an iterable, such as a generator function; or a collection.
            output_types, output_shapes: a signature in tf.data's older form.
            args: what the function is called with.
            output_signature: TensorSpecs in tuples and dicts, which values are converted and held to.

        Raises:
            TypeError: an iterator, which could be iterated only once.

        >>> def numbers(count):
        ...     yield from range(count)
        >>> [int(n) for n in Dataset.from_generator(numbers, args=(3,)).repeat(2)]
        [0, 1, 2, 0, 1, 2]
        """
        if output_types is not None and output_signature is None:
            output_signature = _signature(output_types, output_shapes)
        elif output_types is not None or output_shapes is not None:
            raise ValueError("Give `output_signature`, or `output_types` with or without `output_shapes`.")
        return Dataset(_sources.Generated(generator, tuple(args or ()), output_signature))

    @staticmethod
    def from_torch(dataset: Any) -> "Dataset":
        """Make elements of the items of a torch Dataset or the batches of a DataLoader; lists of them become tuples."""
        return Dataset(_sources.Torch(dataset))

    @staticmethod
    def range(*args: int, output_type: Any = "int64") -> "Dataset":
        """Count as Python's range does.

        >>> [int(n) for n in Dataset.range(1, 7, 2)]
        [1, 3, 5]
        """
        numbers = range(*args)
        return Dataset(_sources.Count(numbers.start, numbers.stop, numbers.step, output_type))

    @staticmethod
    def counter(start: int = 0, step: int = 1, dtype: Any = "int64") -> "Dataset":
        """Count without end."""
        return Dataset(_sources.Count(start, None, step, dtype))

    @staticmethod
    def random(seed: int | None = None, rerandomize_each_iteration: bool = False) -> "Dataset":
        """Give random integers from 0 up to 2³², without end; the same ones in each iteration, if not told otherwise."""
        return Dataset(_sources.Draws(seed, rerandomize_each_iteration))

    @staticmethod
    def list_files(file_pattern: Any, shuffle: bool | None = None, seed: int | None = None) -> "Dataset":
        """Give the paths that match a glob pattern or one of several; shuffled in each iteration if `shuffle` is not False.

        Raises:
            FileNotFoundError: nothing matches.
        """
        patterns = [file_pattern] if isinstance(file_pattern, (str, os.PathLike)) else list(file_pattern)
        found = sorted({path for pattern in patterns for path in glob.glob(os.fspath(pattern))})
        if not found:
            raise FileNotFoundError(f"`file_pattern` must match files; nothing matches {file_pattern!r}.")
        files = Dataset.from_tensor_slices(found)
        return files if shuffle is False else files.shuffle(len(found), seed=seed)

    @staticmethod
    def zip(*args: Any, datasets: Any = None) -> "Dataset":
        """Put elements of several Datasets side by side, until the shortest ends.

        Args:
            args: Datasets, or one tuple, list or dict of them.
            datasets: the same by its older name.

        >>> numbers = Dataset.range(3)
        >>> [(int(e["a"]), int(e["b"])) for e in Dataset.zip({"a": numbers, "b": numbers.skip(1)})]
        [(0, 1), (1, 2)]
        """
        given = args[0] if len(args) == 1 and datasets is None else args or datasets
        structure = tuple(given) if isinstance(given, list) else given
        wrong = [part for part in _tree.flatten(structure) if not isinstance(part, Dataset)]
        if wrong or structure is None or structure == ():
            raise TypeError(f"`zip` takes Datasets, or a tuple or dict of them; received {wrong[0] if wrong else given!r:.60}.")
        return Dataset(_ordering.Zip(_tree.map_structure(lambda dataset: dataset._stage, structure)))

    @staticmethod
    def choose_from_datasets(
        datasets: Sequence["Dataset"], choice_dataset: "Dataset", stop_on_empty_dataset: bool = True
    ) -> "Dataset":
        """Take each element from the Dataset whose number `choice_dataset` gives next."""
        return Dataset(_ordering.Choose(_stages(datasets), _stage_of(choice_dataset), stop_on_empty_dataset))

    @staticmethod
    def sample_from_datasets(
        datasets: Sequence["Dataset"],
        weights: Sequence[float] | None = None,
        seed: int | None = None,
        stop_on_empty_dataset: bool = False,
        rerandomize_each_iteration: bool = True,
    ) -> "Dataset":
        """Take each element from a Dataset that is drawn, with chances in proportion to `weights`, which are equal by default."""
        weights = [1.0] * len(datasets) if weights is None else [float(weight) for weight in weights]
        if len(weights) != len(datasets) or min(weights, default=0) < 0 or sum(weights) <= 0:
            raise ValueError(f"`weights` must be one for each Dataset, 0 or more and not all 0; received {weights!r}.")
        stages = _stages(datasets)
        kept = [place for place, weight in enumerate(weights) if weight > 0]
        chances = _ordering.Chances([weights[place] for place in kept], seed, rerandomize_each_iteration)
        return Dataset(_ordering.Choose([stages[place] for place in kept], chances, stop_on_empty_dataset))

    # Which elements, in which order

    def shuffle(self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool = True) -> "Dataset":
        """Draw elements at random from a buffer of the next ones.

        Args:
            buffer_size: elements in the buffer. As many as there are shuffle all of them alike.
            seed: settles the orders; without it they follow `random.set_random_seed`.
            reshuffle_each_iteration: whether each iteration has its own order.
        """
        if seed is not None and (isinstance(seed, bool) or not hasattr(seed, "__index__")):
            raise ValueError(f"`seed` must be an integer or None; received {seed!r}.")
        again = True if reshuffle_each_iteration is None else reshuffle_each_iteration
        return Dataset(_ordering.Shuffle(self._stage, whole(buffer_size, "buffer_size", 1), seed, again))

    def repeat(self, count: int | None = None) -> "Dataset":
        """Give all elements so many times; without end if None or -1."""
        count = None if count in (None, -1) else whole(count, "count", 0)
        return Dataset(_ordering.Repeat(self._stage, count))

    def take(self, count: int) -> "Dataset":
        """Give the first elements; all if -1."""
        return self if count == -1 else Dataset(_ordering.Take(self._stage, whole(count, "count", 0)))

    def skip(self, count: int) -> "Dataset":
        """Leave out the first elements; all if -1."""
        return self.take(0) if count == -1 else Dataset(_ordering.Skip(self._stage, whole(count, "count", 0)))

    def shard(self, num_shards: int, index: int) -> "Dataset":
        """Give every `num_shards`-th element from the one of number `index` on."""
        shards, index = whole(num_shards, "num_shards", 1), whole(index, "index", 0)
        if index >= shards:
            raise ValueError(f"`index` must be less than `num_shards`; received {index} of {shards}.")
        return Dataset(_ordering.Shard(self._stage, shards, index))

    def concatenate(self, dataset: "Dataset") -> "Dataset":
        """Give the elements of another Dataset after these."""
        return Dataset(_ordering.Concatenate(self._stage, _stage_of(dataset)))

    def enumerate(self, start: int = 0) -> "Dataset":
        """Give tuples of a number and an element."""
        return Dataset(_ordering.Enumerate(self._stage, start))

    def filter(self, predicate: Callable) -> "Dataset":
        """Give the elements of which a function says True."""
        return Dataset(_mapping.Filter(self._stage, _function(predicate, "predicate")))

    def take_while(self, predicate: Callable) -> "Dataset":
        """Give the elements before the first of which a function says False."""
        return Dataset(_mapping.TakeWhile(self._stage, _function(predicate, "predicate")))

    def unique(self) -> "Dataset":
        """Give single numbers or strings that did not come before."""
        return Dataset(_mapping.Unique(self._stage))

    # Elements made of others

    def map(
        self,
        map_func: Callable,
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        *,
        use_multiprocessing: bool = False,
    ) -> "Dataset":
        """Give what a function gives for each element; a list of it becomes a tensor.

        Args:
            map_func: takes an element, the parts of a tuple as arguments.
            num_parallel_calls: threads that call it ahead. AUTOTUNE: as many as processors, if a call takes over 0.2 ms.
            deterministic: False gives results as they are ready, and not in the order of the elements.
            use_multiprocessing: call it in so many processes, workers of a DataLoader, in place of threads.

        An error of the function reaches the iteration with its traceback.
        """
        count = (
            num_parallel_calls if num_parallel_calls in (None, AUTOTUNE) else whole(num_parallel_calls, "num_parallel_calls", 1)
        )
        if count is None and (use_multiprocessing or deterministic is False):
            raise ValueError(
                "`num_parallel_calls` must be a number or AUTOTUNE where `use_multiprocessing` or `deterministic` is given; "
                "received None."
            )
        function = _function(map_func, "map_func")
        return Dataset(_mapping.Map(self._stage, function, count, use_multiprocessing, deterministic is not False))

    def flat_map(self, map_func: Callable) -> "Dataset":
        """Give the elements of the Dataset that a function makes of each element, one Dataset after the other."""
        return self.interleave(map_func, cycle_length=1)

    def interleave(
        self, map_func: Callable, cycle_length: int | None = None, block_length: int = 1, num_parallel_calls: int | None = None
    ) -> "Dataset":
        """Give the elements of the Datasets that a function makes of elements, taken from several of them in turn.

        Args:
            map_func: gives a Dataset.
            cycle_length: how many are open at a time, 8 by default.
            block_length: elements taken of one before the next one's turn.
            num_parallel_calls: prepare elements in threads, so many at a time; the order stays.
        """
        function = _function(map_func, "map_func")
        cycle = 8 if cycle_length in (None, AUTOTUNE) else whole(cycle_length, "cycle_length", 1)
        calls = _calls(num_parallel_calls)
        begin = lambda element: _stage_of(call(function, element), "`map_func` must give a Dataset")  # noqa: E731
        return Dataset(_mapping.Interleave(self._stage, begin, cycle, whole(block_length, "block_length", 1), calls))

    def scan(self, initial_state: Any, scan_func: Callable) -> "Dataset":
        """Give what `scan_func(state, element)` gives as the second of a tuple, whose first is the next state."""
        return Dataset(_mapping.Scan(self._stage, initial_state, _function(scan_func, "scan_func")))

    def apply(self, transformation_func: Callable[["Dataset"], "Dataset"]) -> "Dataset":
        """Give the Dataset that a function makes of this one."""
        made = transformation_func(self)
        _stage_of(made, "`transformation_func` must give a Dataset")
        return made

    # Batches

    def batch(self, batch_size: int, drop_remainder: bool = False) -> "Dataset":
        """Stack so many elements at a time: shapes (...) become (batch_size, ...), the last one with what is left.

        Args:
            batch_size: elements a batch.
            drop_remainder: whether to leave out a last batch that is smaller.
        """
        return Dataset(_batching.Batch(self._stage, whole(batch_size, "batch_size", 1), drop_remainder))

    def padded_batch(
        self, batch_size: int, padded_shapes: Any = None, padding_values: Any = None, drop_remainder: bool = False
    ) -> "Dataset":
        """Stack elements that are filled up at their ends to one shape.

        Args:
            batch_size: elements a batch.
            padded_shapes: a shape, or one for each part of an element; sizes of None or -1 are those of the longest.
            padding_values: what to fill with, one or one for each part; 0 by default.
            drop_remainder: whether to leave out a last batch that is smaller.

        >>> words = Dataset.range(1, 4).map(lambda n: torch.full((int(n),), int(n)))
        >>> next(iter(words.padded_batch(3))).tolist()
        [[1, 0, 0], [2, 2, 0], [3, 3, 3]]
        """
        size = whole(batch_size, "batch_size", 1)
        return Dataset(_batching.PaddedBatch(self._stage, size, padded_shapes, padding_values, drop_remainder))

    def bucket_by_sequence_length(
        self,
        element_length_func: Callable,
        bucket_boundaries: Sequence[int],
        bucket_batch_sizes: Sequence[int],
        padded_shapes: Any = None,
        padding_values: Any = None,
        pad_to_bucket_boundary: bool = False,
        no_padding: bool = False,
        drop_remainder: bool = False,
    ) -> "Dataset":
        """Stack elements that are alike in length, filled up as by `padded_batch`.

        Args:
            element_length_func: gives the length of an element.
            bucket_boundaries: lengths, ascending; a bucket ends before the next one.
            bucket_batch_sizes: elements a batch for each bucket, one more than there are boundaries.
            padded_shapes, padding_values, drop_remainder: as in `padded_batch`.
            pad_to_bucket_boundary: fill up to the longest that the bucket may hold.
            no_padding: do not fill up; elements of a bucket must have one shape.
        """
        boundaries, sizes = list(bucket_boundaries), [whole(size, "bucket_batch_sizes", 1) for size in bucket_batch_sizes]
        if boundaries != sorted(set(boundaries)) or len(sizes) != len(boundaries) + 1:
            raise ValueError(
                f"`bucket_boundaries` must ascend and `bucket_batch_sizes` be one more; received {boundaries!r} and {sizes!r}."
            )
        function = _function(element_length_func, "element_length_func")
        padding = (padded_shapes, padding_values, pad_to_bucket_boundary, not no_padding, drop_remainder)
        return Dataset(_batching.Bucket(self._stage, function, boundaries, sizes, *padding))

    def unbatch(self) -> "Dataset":
        """Give the rows of batches one by one."""
        return Dataset(_batching.Unbatch(self._stage))

    def rebatch(self, batch_size: int | Sequence[int], drop_remainder: bool = False) -> "Dataset":
        """Make batches of another size of batches; several sizes are taken in turn."""
        given = batch_size if isinstance(batch_size, (list, tuple)) else [batch_size]
        sizes = [whole(size, "batch_size", 1) for size in given]
        if not sizes:
            raise ValueError("`batch_size` must be an integer or several; received none.")
        return Dataset(_batching.Rebatch(self._stage, sizes, drop_remainder))

    def window(self, size: int, shift: int | None = None, stride: int = 1, drop_remainder: bool = False) -> "Dataset":
        """Give neighbouring elements as a small Dataset for each part of an element.

        Args:
            size, shift, stride: elements in a window; from a window to the next, `size` by default; from element to element.
            drop_remainder: whether to leave out windows that the end cuts off.

        >>> windows = Dataset.range(5).window(3, shift=1, drop_remainder=True)
        >>> [part.tolist() for part in windows.flat_map(lambda window: window.batch(3))]
        [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
        """
        size = whole(size, "size", 1)
        shift, stride = size if shift is None else whole(shift, "shift", 1), whole(stride, "stride", 1)
        return Dataset(_batching.Window(self._stage, size, shift, stride, drop_remainder, Dataset))

    # Keeping elements

    def cache(self, filename: str = "") -> "Dataset":
        """Keep in memory what the first full iteration gives, and give it again in later ones.

        Args:
            filename: tf.data's file to keep it in, which is not supported.
        """
        if filename:
            raise ValueError(f'`filename` must be "": elements are cached in memory only; received {filename!r}.')
        return Dataset(_keeping.Cache(self._stage))

    def prefetch(self, buffer_size: int) -> "Dataset":
        """Prepare so many elements in a thread, ahead of their use.

        Args:
            buffer_size: elements ready at most. AUTOTUNE: 2, and no thread where batches are gathered from memory, which
                takes less time than to hand them over. 0: no thread.
        """
        size = buffer_size if buffer_size == AUTOTUNE else whole(buffer_size, "buffer_size", 0)
        return Dataset(_keeping.Prefetch(self._stage, size))

    # What a Dataset tells, and what ends it

    @property
    def element_spec(self) -> Any:
        """The shape and dtype of each part of an element; sizes that are not known are None.

        Where only running the functions tells them, the first element is made.
        """
        return self._stage.spec()

    def cardinality(self) -> int:
        """The number of elements; INFINITE_CARDINALITY (-1) or UNKNOWN_CARDINALITY (-2)."""
        return self._stage.cardinality()

    def __len__(self) -> int:
        count = self.cardinality()
        if count < 0:
            told = "has no end" if count == INFINITE else "does not know how many elements it has before it is iterated"
            raise TypeError(f"The Dataset {told}, so it has no length.")
        return count

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        # Drawn here, once, and not by the threads that may work: their order is not that of the program.
        seeds = np.random.SeedSequence(int(torch.randint(2**62, (), device="cpu"))) if self._stage.draws else None
        return self._stage.elements(seeds)

    def as_numpy_iterator(self) -> Iterator[Any]:
        """Iterate over elements whose tensors are made numpy arrays."""
        for element in self:
            yield _tree.map_structure(lambda leaf: leaf.numpy(force=True) if isinstance(leaf, Tensor) else leaf, element)

    def reduce(self, initial_state: Any, reduce_func: Callable) -> Any:
        """Give the last state of `state = reduce_func(state, element)`.

        >>> Dataset.range(5).reduce(0, lambda total, n: total + n)
        tensor(10)
        """
        state = initial_state
        for element in self:
            state = reduce_func(state, element)
        return state

    def for_each(self, function: Callable) -> None:
        """Call a function with each element."""
        for element in self:
            call(function, element)

    def get_single_element(self) -> Any:
        """Give the only element.

        Raises:
            ValueError: there is none, or more than one.
        """
        found = list(self.take(2))
        if len(found) != 1:
            raise ValueError(f"The Dataset must have one element; it has {'none' if not found else 'more'}.")
        return found[0]

    def __repr__(self) -> str:
        count = self.cardinality()
        told = {INFINITE: "without end", UNKNOWN: "unknown length"}.get(count, f"{count} elements")
        return f"<{type(self).__name__} {self._stage!r}, {told}>"


class TextLineDataset(Dataset):
    """The lines of text files as strings, one file after the other.

    Args:
        filenames: a path or several.
        compression_type: "GZIP" or None.
    """

    def __init__(self, filenames: Any, compression_type: str | None = None):
        super().__init__(_files.Lines(_files.as_paths(filenames), compression_type))


class CSVDataset(Dataset):
    """The rows of CSV files: dicts of columns, or tuples `(columns, label)` where a column is a label.

    Several labels are a dict as well. Columns without a dtype get int32, int64, float32 or string, the first that holds the
    values of the first rows; a later value that does not fit is an error that names file, line and column.

    Args:
        filenames: a path or several; files of the same columns.
        columns: by name, a dict of `dtype`, `default` (the value of empty fields) and `label` (True for labels).
        column_names: names of the columns; by default those of the first line, or column0, column1, … without a header.
        has_header: whether files begin with a line of names.
        configured_columns_only: whether to leave out what `columns` does not name.
        delimiter: what stands between fields.
        num_rows_for_inference: rows that dtypes are learned from.
    """

    def __init__(
        self,
        filenames: Any,
        columns: Mapping[str, Mapping[str, Any]] | None = None,
        column_names: Sequence[str] | None = None,
        has_header: bool = True,
        configured_columns_only: bool = False,
        delimiter: str = ",",
        num_rows_for_inference: int = 100,
    ):
        infer = whole(num_rows_for_inference, "num_rows_for_inference", 1)
        paths = _files.as_paths(filenames)
        table = _files.Table(paths, columns or {}, column_names, has_header, configured_columns_only, delimiter, infer)
        super().__init__(table)
        self.column_names = list(table.used)


def _signature(types: Any, shapes: Any) -> Any:
    if isinstance(types, (tuple, list)):
        shapes = [None] * len(types) if shapes is None else shapes
        return tuple([_signature(dtype, shape) for dtype, shape in zip(types, shapes, strict=True)])
    if isinstance(types, dict):
        return {key: _signature(dtype, None if shapes is None else shapes[key]) for key, dtype in types.items()}
    return TensorSpec(shapes, types)


def _stage_of(dataset: Any, rule: str = "It must be a Dataset") -> Stage:
    if not isinstance(dataset, Dataset):
        raise TypeError(f"{rule}; received {dataset!r:.60} of type {type(dataset).__name__}.")
    return dataset._stage


def _stages(datasets: Sequence[Dataset]) -> list[Stage]:
    if not datasets:
        raise ValueError("`datasets` must be one Dataset or more; received none.")
    return [_stage_of(dataset) for dataset in datasets]


def _calls(count: int | None) -> int | None:
    return count if count in (None, AUTOTUNE) else whole(count, "num_parallel_calls", 1)


def _function(function: Any, name: str) -> Callable:
    if not callable(function):
        raise TypeError(f"`{name}` must be callable; received {function!r:.60}.")
    return function
