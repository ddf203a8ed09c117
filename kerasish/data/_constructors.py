"""Constructors of a Dataset: arrays, generators, torch's data sets, counters, files, and other Datasets."""

import glob
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kerasish._base import _tree
from kerasish.data import _ordering, _sources
from kerasish.data._elements import TensorSpec
from kerasish.data._stream import Stream, stage_of, stages_of

if TYPE_CHECKING:
    from typing_extensions import Self


class Constructors(Stream):
    """Where elements come from."""

    @classmethod
    def from_tensor_slices(cls, tensors: Any) -> "Self":
        """Make an element of each row of arrays, whose memory is shared, not copied.

        A memmap that may not be written to is read when its rows are wanted.

        Args:
            tensors: arrays, tensors, lists or arrays of strings, pandas; one or a tuple or dict of them. Shapes (rows, ...).

        Raises:
            ValueError: they differ in rows.
        """
        return cls._of(_sources.Slices(tensors))

    @classmethod
    def from_tensors(cls, tensors: Any) -> "Self":
        """Make one element of all."""
        return cls._of(_sources.Once(tensors))

    @classmethod
    def from_generator(
        cls,
        generator: Any,
        output_types: Any = None,
        output_shapes: Any = None,
        args: Sequence = (),
        output_signature: Any = None,
    ) -> "Self":
        """Make elements of what a function yields, which is called for each iteration.

        Args:
            generator: a function that gives an iterable, such as a generator function; or a collection.
            output_types, output_shapes: a signature in tf.data's older form.
            args: what the function is called with.
            output_signature: TensorSpecs in tuples and dicts, which values are converted and held to.

        Raises:
            TypeError: an iterator, which could be iterated only once.

        >>> from kerasish.data import Dataset
        >>> def numbers(count):
        ...     yield from range(count)
        >>> [int(n) for n in Dataset.from_generator(numbers, args=(3,)).repeat(2)]
        [0, 1, 2, 0, 1, 2]
        """
        if output_types is not None and output_signature is None:
            output_signature = _signature(output_types, output_shapes)
        elif output_types is not None or output_shapes is not None:
            raise ValueError("Give `output_signature`, or `output_types` with or without `output_shapes`.")
        return cls._of(_sources.Generated(generator, tuple(args or ()), output_signature))

    @classmethod
    def from_torch(cls, dataset: Any) -> "Self":
        """Make elements of the items of a torch Dataset or the batches of a DataLoader; lists of them become tuples."""
        return cls._of(_sources.Torch(dataset))

    @classmethod
    def range(cls, *args: int, output_type: Any = "int64") -> "Self":
        """Count as Python's range does.

        >>> from kerasish.data import Dataset
        >>> [int(n) for n in Dataset.range(1, 7, 2)]
        [1, 3, 5]
        """
        numbers = range(*args)
        return cls._of(_sources.Count(numbers.start, numbers.stop, numbers.step, output_type))

    @classmethod
    def counter(cls, start: int = 0, step: int = 1, dtype: Any = "int64") -> "Self":
        """Count without end."""
        return cls._of(_sources.Count(start, None, step, dtype))

    @classmethod
    def random(cls, seed: int | None = None, rerandomize_each_iteration: bool = False) -> "Self":
        """Give random integers from 0 up to 2³², without end; the same ones in each iteration, if not told otherwise."""
        return cls._of(_sources.Draws(seed, rerandomize_each_iteration))

    @classmethod
    def list_files(cls, file_pattern: Any, shuffle: bool | None = None, seed: int | None = None) -> "Self":
        """Give the paths that match a glob pattern or one of several; shuffled in each iteration if `shuffle` is not False.

        Raises:
            FileNotFoundError: nothing matches.
        """
        patterns = [file_pattern] if isinstance(file_pattern, (str, os.PathLike)) else list(file_pattern)
        found = sorted({path for pattern in patterns for path in glob.glob(os.fspath(pattern))})
        if not found:
            raise FileNotFoundError(f"`file_pattern` must match files; nothing matches {file_pattern!r}.")
        files: Any = cls.from_tensor_slices(found)
        return files if shuffle is False else files.shuffle(len(found), seed=seed)

    @classmethod
    def zip(cls, *args: Any, datasets: Any = None) -> "Self":
        """Put elements of several Datasets side by side, until the shortest ends.

        Args:
            args: Datasets, or one tuple, list or dict of them.
            datasets: the same by its older name.

        >>> from kerasish.data import Dataset
        >>> numbers = Dataset.range(3)
        >>> [(int(e["a"]), int(e["b"])) for e in Dataset.zip({"a": numbers, "b": numbers.skip(1)})]
        [(0, 1), (1, 2)]
        """
        given = args[0] if len(args) == 1 and datasets is None else args or datasets
        structure = tuple(given) if isinstance(given, list) else given
        wrong = [part for part in _tree.flatten(structure) if not isinstance(part, Stream)]
        if wrong or structure is None or structure == ():
            raise TypeError(f"`zip` takes Datasets, or a tuple or dict of them; received {wrong[0] if wrong else given!r:.60}.")
        return cls._of(_ordering.Zip(_tree.map_structure(lambda dataset: dataset._stage, structure)))

    @classmethod
    def choose_from_datasets(
        cls, datasets: Sequence["Stream"], choice_dataset: "Stream", stop_on_empty_dataset: bool = True
    ) -> "Self":
        """Take each element from the Dataset whose number `choice_dataset` gives next."""
        return cls._of(_ordering.Choose(stages_of(datasets), stage_of(choice_dataset), stop_on_empty_dataset))

    @classmethod
    def sample_from_datasets(
        cls,
        datasets: Sequence["Stream"],
        weights: Sequence[float] | None = None,
        seed: int | None = None,
        stop_on_empty_dataset: bool = False,
        rerandomize_each_iteration: bool = True,
    ) -> "Self":
        """Take each element from a Dataset that is drawn, with chances in proportion to `weights`, which are equal by default."""
        weights = [1.0] * len(datasets) if weights is None else [float(weight) for weight in weights]
        if len(weights) != len(datasets) or min(weights, default=0) < 0 or sum(weights) <= 0:
            raise ValueError(f"`weights` must be one for each Dataset, 0 or more and not all 0; received {weights!r}.")
        stages = stages_of(datasets)
        kept = [place for place, weight in enumerate(weights) if weight > 0]
        chances = _ordering.Chances([weights[place] for place in kept], seed, rerandomize_each_iteration)
        return cls._of(_ordering.Choose([stages[place] for place in kept], chances, stop_on_empty_dataset))


def _signature(types: Any, shapes: Any) -> Any:
    if isinstance(types, (tuple, list)):
        shapes = [None] * len(types) if shapes is None else shapes
        return tuple([_signature(dtype, shape) for dtype, shape in zip(types, shapes, strict=True)])
    if isinstance(types, dict):
        return {key: _signature(dtype, None if shapes is None else shapes[key]) for key, dtype in types.items()}
    return TensorSpec(shapes, types)
