"""Dataset: streams of elements, made of stages that are put one after another, in tf.data's spelling."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasish.data import _elements, _keeping, _storing
from kerasish.data._constructors import Constructors
from kerasish.data._elementwise import Elementwise
from kerasish.data._grouping import Grouping
from kerasish.data._mapping import AUTOTUNE
from kerasish.data._stage import INFINITE, UNKNOWN, whole
from kerasish.data._stream import Stream

if TYPE_CHECKING:
    from typing_extensions import Self

INFINITE_CARDINALITY, UNKNOWN_CARDINALITY = INFINITE, UNKNOWN


class Dataset(Constructors, Elementwise, Grouping):
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

    def cache(self, filename: Any = "") -> "Self":
        """Keep what the first full iteration gives, and give it again in later ones.

        Args:
            filename: a folder to keep it in, for later programs as well: what is there already is what is given, whatever the
                stages before would give. In memory by default.

        Raises:
            FileExistsError: the folder holds something else.
        """
        path = os.fspath(filename)
        return self._of(_storing.FileCache(self._stage, Path(path)) if path else _keeping.Cache(self._stage))

    def snapshot(self, path: Any) -> "Self":
        """Keep what the first full iteration gives in a folder, as `cache(path)` does."""
        return self.cache(Path(os.fspath(path)))

    def save(self, path: Any) -> None:
        """Write all elements into a folder, for `Dataset.load`; it is replaced when the new one is complete.

        Elements must be alike in structure, dtypes and ranks. Namedtuples are saved as tuples.

        Args:
            path: the folder.

        Raises:
            ValueError: the Dataset has no end, or its elements are not alike.
            FileExistsError: the folder holds something else.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Dataset.range(5).map(lambda n: {"n": n, "square": n * n}).save(folder + "/squares")
        ...     print([batch["square"].tolist() for batch in Dataset.load(folder + "/squares").batch(3)])
        [[0, 1, 4], [9, 16]]
        """
        if self.cardinality() == INFINITE:
            raise ValueError("A Dataset without end cannot be saved; `take` some of it.")
        with _storing.Writer(Path(os.fspath(path))) as writer:
            for element in Stream.__iter__(self):
                writer.add(element)
            writer.finish()

    @classmethod
    def load(cls, path: Any, element_spec: Any = None) -> "Self":
        """Give the elements that `save` wrote, mapped from the files: what is not read takes no memory.

        Args:
            path: the folder.
            element_spec: what the elements must look like; any by default.

        Raises:
            FileNotFoundError: no Dataset is saved there.
            ValueError: the files are not whole, or the elements look different.
        """
        saved = _storing.Saved(Path(os.fspath(path)))
        if element_spec is not None and not _elements.fits(saved.spec(), element_spec):
            raise ValueError(f"`element_spec` must describe the saved elements, {saved.spec()!r}; received {element_spec!r}.")
        return cls._of(saved)

    def prefetch(self, buffer_size: int) -> "Self":
        """Prepare so many elements in a thread, ahead of their use.

        Args:
            buffer_size: elements ready at most. AUTOTUNE: 2, and no thread where batches are gathered from memory, which
                takes less time than to hand them over. 0: no thread.
        """
        size = buffer_size if buffer_size == AUTOTUNE else whole(buffer_size, "buffer_size", 0)
        return self._of(_keeping.Prefetch(self._stage, size))


Stream._dataset = Dataset
