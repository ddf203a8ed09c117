"""The one training engine: loop, steps, feeds, logs."""

from kerasish.engine._data_tuples import pack_x_y_sample_weight, unpack_x_y_sample_weight
from kerasish.engine._feeds import Feed, make_feed
from kerasish.engine._logs import Logs
from kerasish.engine._loop import Loop, Stream
from kerasish.engine._trainer import Trainer

__all__ = ["Feed", "Logs", "Loop", "Stream", "Trainer", "make_feed", "pack_x_y_sample_weight", "unpack_x_y_sample_weight"]
