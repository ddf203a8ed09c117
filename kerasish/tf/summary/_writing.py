"""Summaries: what programs write for TensorBoard, by torch's writer; needs the package `tensorboard`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from kerasish.tf._calls import entered

_writers: list["SummaryWriter"] = []


class SummaryWriter:
    """A folder that summaries are written to.

    Args:
        logdir: the folder.

    Raises:
        ImportError: tensorboard is not installed.
    """

    def __init__(self, logdir: Any):
        try:
            from torch.utils.tensorboard import SummaryWriter as Writer
        except ImportError as error:
            raise ImportError("tf.summary needs tensorboard: pip install 'kerasish[tensorboard]'.") from error
        self._writer: Any = Writer(str(logdir))
        self._step: Any = None

    @contextmanager
    def as_default(self, step: Any = None) -> Iterator["SummaryWriter"]:
        """A block in which summaries go to this folder, by default under a step."""
        before, self._step = self._step, step
        _writers.append(self)
        try:
            yield self
        finally:
            _writers.pop()
            self._step = before
            self.flush()

    def flush(self) -> None:
        """Write what is kept."""
        self._writer.flush()

    def close(self) -> None:
        """Write what is kept, and close the file."""
        self._writer.close()


def create_file_writer(logdir: Any, max_queue: int | None = None, flush_millis: int | None = None) -> SummaryWriter:
    """Make a writer to a folder; `max_queue` and `flush_millis` have no say: it writes when a block ends."""
    return SummaryWriter(logdir)


def _current(step: Any, description: str | None) -> tuple[Any, int] | None:
    if description is not None:
        raise ValueError("`description` must be None: torch's writer keeps none; write it with tf.summary.text.")
    if not _writers:
        return None
    step = _writers[-1]._step if step is None else step
    if step is None:
        raise ValueError("`step` must be given, here or to the writer's `as_default`.")
    return _writers[-1]._writer, int(step)


def _tensor(data: Any) -> Any:
    return torch.as_tensor(entered(data)).detach()


def scalar(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """Write a number; says whether there is a writer. This reads from the device."""
    place = _current(step, description)
    if place is not None:
        place[0].add_scalar(name, float(_tensor(data)), place[1])
    return place is not None


def histogram(name: str, data: Any, step: Any = None, buckets: int | None = None, description: str | None = None) -> bool:
    """Write how numbers are spread; says whether there is a writer."""
    place = _current(step, description)
    if place is not None:
        options = {} if buckets is None else {"bins": buckets}
        place[0].add_histogram(name, _tensor(data).cpu(), place[1], **options)
    return place is not None


def image(name: str, data: Any, step: Any = None, max_outputs: int = 3, description: str | None = None) -> bool:
    """Write images, shape (images, height, width, channels), at most `max_outputs`; says whether there is a writer."""
    place = _current(step, description)
    if place is not None:
        place[0].add_images(name, _tensor(data)[:max_outputs].cpu(), place[1], dataformats="NHWC")
    return place is not None


def text(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """Write a text; says whether there is a writer."""
    place = _current(step, description)
    if place is not None:
        place[0].add_text(name, str(data), place[1])
    return place is not None


def flush(writer: SummaryWriter | None = None) -> None:
    """Write what is kept."""
    chosen = writer or (_writers[-1] if _writers else None)
    if chosen is not None:
        chosen.flush()
