"""Methods of a Dataset that put elements together and take them apart."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor

from kerasish.data import _batching, _groups
from kerasish.data._mapping import AUTOTUNE, cores
from kerasish.data._stage import Stage, whole
from kerasish.data._stream import Stream, checked_calls, checked_function, stage_of

if TYPE_CHECKING:
    from typing_extensions import Self


class Grouping(Stream):
    """Batches, windows and groups."""

    def batch(
        self,
        batch_size: int,
        drop_remainder: bool = False,
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
    ) -> "Self":
        """Stack so many elements at a time: shapes (...) become (batch_size, ...), the last one with what is left.

        Args:
            batch_size: elements a batch.
            drop_remainder: whether to leave out a last batch that is smaller.
            num_parallel_calls: threads that stack them ahead. AUTOTUNE: as many as processors. Rows that lie in memory are
                gathered without, which takes less time than to hand them over.
            deterministic: False lets batches come as they are ready, where threads stack them.
        """
        size, calls = whole(batch_size, "batch_size", 1), checked_calls(num_parallel_calls)
        threads = cores() if calls == AUTOTUNE else calls
        return self._of(_batching.Batch(self._stage, size, drop_remainder, threads, deterministic is not False))

    def padded_batch(
        self, batch_size: int, padded_shapes: Any = None, padding_values: Any = None, drop_remainder: bool = False
    ) -> "Self":
        """Stack elements that are filled up at their ends to one shape.

        Args:
            batch_size: elements a batch.
            padded_shapes: a shape, or one for each part of an element; sizes of None or -1 are those of the longest.
            padding_values: what to fill with, one or one for each part; 0 by default.
            drop_remainder: whether to leave out a last batch that is smaller.

        >>> from kerasish.data import Dataset
        >>> words = Dataset.range(1, 4).map(lambda n: torch.full((int(n),), int(n)))
        >>> next(iter(words.padded_batch(3))).tolist()
        [[1, 0, 0], [2, 2, 0], [3, 3, 3]]
        """
        size = whole(batch_size, "batch_size", 1)
        return self._of(_batching.PaddedBatch(self._stage, size, padded_shapes, padding_values, drop_remainder))

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
    ) -> "Self":
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
        function = checked_function(element_length_func, "element_length_func")
        padding = (padded_shapes, padding_values, pad_to_bucket_boundary, not no_padding, drop_remainder)
        return self._of(_groups.Bucket(self._stage, function, boundaries, sizes, *padding))

    def group_by_window(
        self,
        key_func: Callable,
        reduce_func: Callable,
        window_size: int | None = None,
        window_size_func: Callable | None = None,
    ) -> "Self":
        """Gather elements of one key, and give the elements of the Dataset that a function makes of each group.

        Groups come as they fill up, and at the end those that are not full, by their keys.

        Args:
            key_func: gives the key of an element, an integer.
            reduce_func: takes a key and a Dataset of its elements, and gives a Dataset.
            window_size: elements in a group.
            window_size_func: gives that for a key.

        Raises:
            ValueError: not just one of `window_size` and `window_size_func` is given.

        >>> from kerasish.data import Dataset
        >>> groups = Dataset.range(7).group_by_window(lambda n: n % 2, lambda key, group: group.batch(3), window_size=3)
        >>> [group.tolist() for group in groups]
        [[0, 2, 4], [1, 3, 5], [6]]
        """
        if (window_size is None) == (window_size_func is None):
            raise ValueError(f"Give `window_size` or `window_size_func`; received {window_size!r} and {window_size_func!r}.")
        key_of, made = checked_function(key_func, "key_func"), checked_function(reduce_func, "reduce_func")
        fixed = None if window_size is None else whole(window_size, "window_size", 1)

        def size_of(key: Tensor) -> int:
            return fixed or whole(checked_function(window_size_func, "window_size_func")(key), "window_size_func", 1)

        def begin(key: Tensor, group: Stage) -> Stage:
            return stage_of(made(key, self._of(group)), "`reduce_func` must give a Dataset")

        return self._of(_groups.Groups(self._stage, key_of, begin, size_of))

    def rejection_resample(
        self,
        class_func: Callable,
        target_dist: Sequence[float],
        initial_dist: Sequence[float] | None = None,
        seed: int | None = None,
    ) -> "Self":
        """Leave out elements of classes that come too often; gives tuples of class and element.

        Args:
            class_func: gives the class of an element, an integer from 0 on.
            target_dist: how often each class is to come, shares that sum to 1.
            initial_dist: how often they come; counted meanwhile by default.
            seed: settles what is left out; by default it follows `random.set_random_seed`.

        >>> from kerasish.data import Dataset
        >>> classes = [int(kind) for kind, _ in Dataset.range(1000).rejection_resample(lambda n: int(n % 10 == 0), [0.5, 0.5])]
        >>> 0.35 < sum(classes) / len(classes) < 0.65
        True
        """
        wanted = _shares(target_dist, "target_dist")
        given = None if initial_dist is None else _shares(initial_dist, "initial_dist")
        if given is not None and len(given) != len(wanted):
            raise ValueError(f"`initial_dist` must have {len(wanted)} classes, as `target_dist`; received {given!r}.")
        if seed is not None and (isinstance(seed, bool) or not hasattr(seed, "__index__")):
            raise ValueError(f"`seed` must be an integer or None; received {seed!r}.")
        return self._of(_groups.Resample(self._stage, checked_function(class_func, "class_func"), wanted, given, seed))

    def unbatch(self) -> "Self":
        """Give the rows of batches one by one."""
        return self._of(_batching.Unbatch(self._stage))

    def rebatch(self, batch_size: int | Sequence[int], drop_remainder: bool = False) -> "Self":
        """Make batches of another size of batches; several sizes are taken in turn."""
        given = batch_size if isinstance(batch_size, (list, tuple)) else [batch_size]
        sizes = [whole(size, "batch_size", 1) for size in given]
        if not sizes:
            raise ValueError("`batch_size` must be an integer or several; received none.")
        return self._of(_batching.Rebatch(self._stage, sizes, drop_remainder))

    def window(self, size: int, shift: int | None = None, stride: int = 1, drop_remainder: bool = False) -> "Self":
        """Give neighbouring elements as a small Dataset for each part of an element.

        Args:
            size, shift, stride: elements in a window; from a window to the next, `size` by default; from element to element.
            drop_remainder: whether to leave out windows that the end cuts off.

        >>> from kerasish.data import Dataset
        >>> windows = Dataset.range(5).window(3, shift=1, drop_remainder=True)
        >>> [part.tolist() for part in windows.flat_map(lambda window: window.batch(3))]
        [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
        """
        size = whole(size, "size", 1)
        shift, stride = size if shift is None else whole(shift, "shift", 1), whole(stride, "stride", 1)
        return self._of(_batching.Window(self._stage, size, shift, stride, drop_remainder, self._of))


def _shares(given: Any, name: str) -> list[float]:
    shares = [float(share) for share in given]
    if min(shares, default=-1) < 0 or abs(sum(shares) - 1) > 1e-3:
        raise ValueError(f"`{name}` must hold shares of 0 or more that sum to 1; received {shares!r}.")
    return shares
