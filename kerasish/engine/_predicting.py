"""Predicting: the outputs of a model for all rows, or for one batch."""

from typing import Any

import torch

from kerasish._base import _tree
from kerasish.callbacks._callback_list import CallbackList
from kerasish.engine import _run_arguments
from kerasish.engine._computing_batch import computing_stream
from kerasish.engine._feeds import make_feed
from kerasish.engine._loop import Loop, Stream
from kerasish.engine._predictions import Predictions, as_array
from kerasish.engine._preparing import Preparing, are_built, device_of, outside_of_training
from kerasish.layers._layer_weights import modules_of

_NOBODY = CallbackList()


class Predicting(Preparing):
    """The methods of a model that use it."""

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = "auto", steps: int | None = None, callbacks: Any = None
    ) -> Any:
        """Give the outputs for all rows, as arrays.

        Where each row's output depends on that row alone, the rows are computed in batches of the size that turns out the
        quickest, while the progress bar goes on counting in batches of `batch_size`. Floats may then differ in their last
        digits, as they do between any two batch sizes. `kerasish.config.set_merge_batches(False)` keeps to `batch_size`, and so
        does a callback of your own that hears of batches, a step of your own, or a layer of your own.

        Args:
            x, batch_size, steps, callbacks: as in `evaluate`.
            verbose: 0 nothing, 1 a progress bar, 2 a line.
        """
        steps, verbose = _run_arguments.limited_steps(steps), _run_arguments.loudness(verbose)
        modules = modules_of(self)  # type: ignore[arg-type]
        feed = make_feed(x, batch_size=batch_size, steps=steps, device=device_of(modules))
        if not are_built(modules):
            self._build_on(feed)
            modules = modules_of(self)  # type: ignore[arg-type]
        stream = Stream(feed, steps)
        heard = _NOBODY
        if callbacks is not None or verbose:
            told = {"verbose": verbose, "epochs": 1, "steps": stream.length}
            heard = CallbackList(callbacks, add_progbar=verbose != 0, model=self, **told)
        step = self._step_of_run("predict_step", feed)
        merged = computing_stream(self, stream, step, heard)
        if merged is not None:
            stream, step = merged, merged.step
        gathered = Predictions(None if steps is not None else feed.rows)
        self.__dict__["stop_predicting"] = False
        loop = Loop(self, heard, self._training.given["steps_per_execution"] if self._training else 1)
        with outside_of_training(self, modules):
            heard.on_predict_begin({})
            with torch.inference_mode():
                loop.run(stream, lambda batch: gathered.add(step((batch[0], None, None))), "predict")
            heard.on_predict_end({})
        loop.check_data(stream, 0)
        return gathered.arrays()

    def predict_on_batch(self, x: Any) -> Any:
        """Give the outputs for one batch, as arrays."""
        feed = self._one_batch(x, None, None, None)
        self._build_on(feed)
        with outside_of_training(self), torch.inference_mode():
            outputs = self._step_of_run("predict_step", feed)((feed.first()[0], None, None))
        return _tree.map_structure(as_array, outputs)
