"""Methods of a Dataset that choose and order elements, and make new ones of each."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kerasish.data import _mapping, _ordering
from kerasish.data._mapping import AUTOTUNE
from kerasish.data._stage import call, whole
from kerasish.data._stream import Stream, checked_calls, checked_function, stage_of

if TYPE_CHECKING:
    from typing_extensions import Self


class Elementwise(Stream):
    """Elements one by one."""

    # Which elements, in which order

    def shuffle(self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool = True) -> "Self":
        """Draw elements at random from a buffer of the next ones.

        Args:
            buffer_size: elements in the buffer. As many as there are shuffle all of them alike.
            seed: settles the orders; without it they follow `random.set_random_seed`.
            reshuffle_each_iteration: whether each iteration has its own order.
        """
        if seed is not None and (isinstance(seed, bool) or not hasattr(seed, "__index__")):
            raise ValueError(f"`seed` must be an integer or None; received {seed!r}.")
        again = True if reshuffle_each_iteration is None else reshuffle_each_iteration
        return self._of(_ordering.Shuffle(self._stage, whole(buffer_size, "buffer_size", 1), seed, again))

    def repeat(self, count: int | None = None) -> "Self":
        """Give all elements so many times; without end if None or -1."""
        count = None if count in (None, -1) else whole(count, "count", 0)
        return self._of(_ordering.Repeat(self._stage, count))

    def take(self, count: int) -> "Self":
        """Give the first elements; all if -1."""
        return self if count == -1 else self._of(_ordering.Take(self._stage, whole(count, "count", 0)))

    def skip(self, count: int) -> "Self":
        """Leave out the first elements; all if -1."""
        return self.take(0) if count == -1 else self._of(_ordering.Skip(self._stage, whole(count, "count", 0)))

    def shard(self, num_shards: int, index: int) -> "Self":
        """Give every `num_shards`-th element from the one of number `index` on."""
        shards, index = whole(num_shards, "num_shards", 1), whole(index, "index", 0)
        if index >= shards:
            raise ValueError(f"`index` must be less than `num_shards`; received {index} of {shards}.")
        return self._of(_ordering.Shard(self._stage, shards, index))

    def concatenate(self, dataset: "Stream") -> "Self":
        """Give the elements of another Dataset after these."""
        return self._of(_ordering.Concatenate(self._stage, stage_of(dataset)))

    def enumerate(self, start: int = 0) -> "Self":
        """Give tuples of a number and an element."""
        return self._of(_ordering.Enumerate(self._stage, start))

    def filter(self, predicate: Callable) -> "Self":
        """Give the elements of which a function says True."""
        return self._of(_mapping.Filter(self._stage, checked_function(predicate, "predicate")))

    def take_while(self, predicate: Callable) -> "Self":
        """Give the elements before the first of which a function says False."""
        return self._of(_mapping.TakeWhile(self._stage, checked_function(predicate, "predicate")))

    def unique(self) -> "Self":
        """Give single numbers or strings that did not come before."""
        return self._of(_mapping.Unique(self._stage))

    # Elements made of others

    def map(
        self,
        map_func: Callable,
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        *,
        use_multiprocessing: bool = False,
    ) -> "Self":
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
        function = checked_function(map_func, "map_func")
        return self._of(_mapping.Map(self._stage, function, count, use_multiprocessing, deterministic is not False))

    def flat_map(self, map_func: Callable) -> "Self":
        """Give the elements of the Dataset that a function makes of each element, one Dataset after the other."""
        return self.interleave(map_func, cycle_length=1)

    def interleave(
        self,
        map_func: Callable,
        cycle_length: int | None = None,
        block_length: int = 1,
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
    ) -> "Self":
        """Give the elements of the Datasets that a function makes of elements, taken from several of them in turn.

        Args:
            map_func: gives a Dataset.
            cycle_length: how many are open at a time, 8 by default.
            block_length: elements taken of one before the next one's turn.
            num_parallel_calls: prepare elements in threads, so many at a time.
            deterministic: False would allow another order; it is the same in any case.
        """
        function = checked_function(map_func, "map_func")
        cycle = 8 if cycle_length in (None, AUTOTUNE) else whole(cycle_length, "cycle_length", 1)
        calls = checked_calls(num_parallel_calls)
        begin = lambda element: stage_of(call(function, element), "`map_func` must give a Dataset")  # noqa: E731
        return self._of(_mapping.Interleave(self._stage, begin, cycle, whole(block_length, "block_length", 1), calls))

    def ignore_errors(self, log_warning: bool = False) -> "Self":
        """Leave out the elements for which the function of the `map` before fails.

        Args:
            log_warning: whether to log each error, to the logger "kerasish".

        Raises:
            ValueError: it does not stand right behind a `map`; what other stages begin ends with an error.

        >>> from kerasish.data import Dataset
        >>> [int(n) for n in Dataset.range(-2, 3).map(lambda n: 4 // int(n)).ignore_errors()]
        [-2, -4, 4, 2]
        """
        if type(self._stage) is not _mapping.Map:
            raise ValueError(f"`ignore_errors` must stand right behind a `map`; received {self._stage!r}.")
        return self._of(_mapping.Lenient(self._stage, bool(log_warning)))

    def scan(self, initial_state: Any, scan_func: Callable) -> "Self":
        """Give what `scan_func(state, element)` gives as the second of a tuple, whose first is the next state."""
        return self._of(_mapping.Scan(self._stage, initial_state, checked_function(scan_func, "scan_func")))

    def apply(self, transformation_func: Callable[["Stream"], "Stream"]) -> "Self":
        """Give the Dataset that a function makes of this one."""
        made: Any = transformation_func(self)
        stage_of(made, "`transformation_func` must give a Dataset")
        return made
