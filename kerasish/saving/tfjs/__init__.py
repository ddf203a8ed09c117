"""TensorFlow.js's layers-model format: model.json and files of weights, in TensorFlow.js's own dialect."""

from kerasish.saving.tfjs import _format as _format
from kerasish.saving.tfjs._folder import (
    artifacts_of_json,
    inside,
    model_json,
    paths_of,
    read_folder,
    read_json,
    specs_of,
    write_folder,
    write_together,
)
from kerasish.saving.tfjs._models import FORMAT, artifacts_of, model_of, named_weights, topology_of
from kerasish.saving.tfjs._parts import hard_sigmoid
from kerasish.saving.tfjs._topology import is_topology, read_topology, write_topology
from kerasish.saving.tfjs._weights import SHARD_BYTES, decode_weights, encode_weights, joined, shards_of

__all__ = [
    "FORMAT",
    "SHARD_BYTES",
    "artifacts_of",
    "artifacts_of_json",
    "decode_weights",
    "encode_weights",
    "hard_sigmoid",
    "inside",
    "is_topology",
    "joined",
    "model_json",
    "model_of",
    "named_weights",
    "paths_of",
    "read_folder",
    "read_json",
    "read_topology",
    "shards_of",
    "specs_of",
    "topology_of",
    "write_folder",
    "write_together",
    "write_topology",
]
