"""TensorBoard: what training does, as files that TensorBoard shows."""

import os
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish.callbacks._callback import Callback
from kerasish.callbacks._step_trace import StepTrace


class TensorBoard(Callback):
    """Write logs, weights and the model's graph for TensorBoard; needs the package `tensorboard`.

    Training is written under `log_dir/train`, validation and evaluation under `log_dir/validation`.

    Args:
        log_dir: the folder.
        histogram_freq: write histograms of all weights every so many epochs; 0 never.
        write_graph: write the model's graph.
        write_images: with the histograms, also write the weights as images.
        write_steps_per_second: write how fast training is.
        update_freq: "epoch" writes once an epoch; "batch" or a number also every so many batches, which reads the logs then.
        profile_batch: a batch, or the first and the last of several, counted from 1, of which torch's profiler writes a trace to
            `log_dir/train`; 0 writes none. `callbacks.Profiler` also times the parts of each step.
        embeddings_freq, embeddings_metadata: only 0 and None.

    Raises:
        ImportError: tensorboard is not installed.
        ValueError: a number that is out of range.

    >>> TensorBoard("logs", update_freq=100)
    TensorBoard(update_freq=100)
    """

    log_dir: str | os.PathLike = "logs"
    histogram_freq: int = 0
    write_graph: bool = True
    write_images: bool = False
    write_steps_per_second: bool = False
    update_freq: str | int = "epoch"
    profile_batch: Any = 0
    embeddings_freq: int = 0
    embeddings_metadata: Any = None

    def __post_init__(self) -> None:
        self._trace = self._trace_of(self.profile_batch)
        if self.embeddings_freq or self.embeddings_metadata is not None:
            raise ValueError("`embeddings_freq` and `embeddings_metadata` are not supported.")
        every = 1 if self.update_freq == "batch" else self.update_freq
        if every != "epoch" and not (isinstance(every, int) and every > 0):
            raise ValueError(f"`update_freq` must be 'epoch', 'batch' or a positive number of batches; received {every!r}.")
        self._every = 0 if every == "epoch" else int(every)
        if not (self._every or self.write_steps_per_second or self._trace):
            self._idle_hooks = ("on_train_batch_begin", "on_train_batch_end")
        self._writers: dict[str, Any] = {}
        self._batches = 0
        self._graph_written = False

    def set_model(self, model: Any) -> None:
        """Take the model, and see that there is something to write with."""
        super().set_model(model)
        self._graph_written = False
        _writer_class()

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin to count batches."""
        self._batches = 0
        if self._trace is not None:
            self._trace.begin()

    def on_train_end(self, logs: Any = None) -> None:
        """Close the files."""
        if self._trace is not None:
            self._trace.end()
        self._close()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Look at the clock."""
        self._epoch_began, self._epoch_from = time.monotonic(), int(self.model.optimizer.iterations)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Look at the clock, and begin or end the trace."""
        if self._trace is not None:
            self._trace.step_begins()
        self._batch_began = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Write the logs of a batch, if it is time to."""
        self._batches += 1
        if self._every and self._batches % self._every == 0:
            values = dict(logs) if isinstance(logs, dict) else {}
            if self.write_steps_per_second:
                values["steps_per_second"] = 1 / max(time.monotonic() - self._batch_began, 1e-9)
            self._write("train", {f"batch_{name}": value for name, value in values.items()}, self._batches)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the logs of an epoch, and the weights if it is time to."""
        if self.write_graph and not self._graph_written:
            self._write_graph()
        logs = dict(logs or {})
        train = {name: value for name, value in logs.items() if not name.startswith("val_")}
        train.update(self._rates())
        if self.write_steps_per_second:
            steps = int(self.model.optimizer.iterations) - self._epoch_from
            train["steps_per_second"] = steps / max(time.monotonic() - self._epoch_began, 1e-9)
        self._write("train", {f"epoch_{name}": value for name, value in train.items()}, epoch)
        validation = {f"epoch_{name[4:]}": value for name, value in logs.items() if name.startswith("val_")}
        self._write("validation", validation, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)

    def on_test_end(self, logs: Any = None) -> None:
        """Write the results of an evaluation by the number of the optimizer's updates."""
        iterations = getattr(self.model.optimizer, "iterations", None)
        if iterations is not None:
            values = {f"evaluation_{name}_vs_iterations": value for name, value in (logs or {}).items()}
            self._write("validation", values, int(iterations))
            self._writers["validation"].flush()

    def _trace_of(self, batches: Any) -> StepTrace | None:
        """What `profile_batch` asks for: a number, two, or as in Keras a text like "2,5"."""
        given = [int(part) for part in batches.split(",")] if isinstance(batches, str) else batches
        given = given if isinstance(given, (tuple, list)) else [given]
        first, last = given if len(given) == 2 else (given[0], given[-1]) if len(given) == 1 else (None, None)
        if first == last == 0:
            return None
        if not isinstance(first, int) or not isinstance(last, int) or not 0 < first <= last:
            raise ValueError(
                f"`profile_batch` must be a batch, counted from 1, or the first and the last of several; received {batches!r}."
            )
        return StepTrace(os.path.join(self.log_dir, "train"), first, last - first + 1, "`profile_batch`")

    def _writer(self, which: str) -> Any:
        if which not in self._writers:
            self._writers[which] = _writer_class()(os.path.join(self.log_dir, which))
        return self._writers[which]

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def _write(self, which: str, values: dict[str, Any], step: int) -> None:
        for name, value in values.items():
            if np.ndim(value) == 0:
                self._writer(which).add_scalar(name, value, step)

    def _rates(self) -> Iterator[tuple[str, float]]:
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        if hasattr(optimizer, "optimizers"):
            yield from ((f"learning_rate_{one.name}", float(one.learning_rate)) for one in optimizer.optimizers)
        elif hasattr(optimizer, "learning_rate"):
            yield "learning_rate", float(optimizer.learning_rate)

    def _write_weights(self, epoch: int) -> None:
        writer = self._writer("train")
        for name, weight in self.model.state_dict(keep_vars=True).items():
            label = getattr(weight, "path", name.replace(".", "/"))
            values = weight.detach().float().cpu()
            writer.add_histogram(f"{label}/histogram", values, epoch)
            image = _as_images(values) if self.write_images else None
            if image is not None:
                writer.add_images(f"{label}/image", image.clamp(0, 1), epoch, dataformats="NHWC")
        writer.flush()

    def _write_graph(self) -> None:
        """Write the model's config, which TensorBoard draws as a graph."""
        from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata  # type: ignore
        from tensorboard.compat.proto.tensor_pb2 import TensorProto  # type: ignore
        from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto  # type: ignore

        self._graph_written = True
        try:
            described = self.model.to_json()
        except (NotImplementedError, TypeError, ValueError):
            return  # a model of one's own without a config has no graph to show
        metadata = SummaryMetadata()
        metadata.plugin_data.plugin_name = "graph_keras_model"
        metadata.plugin_data.content = b"1"
        tensor = TensorProto(dtype="DT_STRING", string_val=[described.encode()], tensor_shape=TensorShapeProto())
        summary = Summary(value=[Summary.Value(tag="keras", tensor=tensor, metadata=metadata)])
        self._writer("train").file_writer.add_summary(summary, 0)


def _writer_class() -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ImportError("The callback TensorBoard needs the package: pip install 'kerasish[tensorboard]'.") from error
    return SummaryWriter


def _as_images(weight: Tensor) -> Tensor | None:
    """A weight as images (count, height, width, channels), or None where it is none."""
    weight = weight.squeeze()
    if weight.dim() == 1:
        weight = weight.reshape(1, -1, 1, 1)
    elif weight.dim() == 2:
        weight = (weight.T if weight.shape[0] > weight.shape[1] else weight)[None, :, :, None]
    elif weight.dim() == 3:
        weight = torch.permute(weight, (2, 0, 1))[..., None]
    return weight if weight.dim() == 4 and weight.shape[-1] in (1, 3, 4) else None
