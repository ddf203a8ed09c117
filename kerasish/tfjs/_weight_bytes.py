"""Weights of Tensors as bytes, in `tf.io`'s spelling, and the artifacts that they are part of."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kerasish.core import convert_to_numpy
from kerasish.saving import tfjs as files
from kerasish.tfjs._handlers import http
from kerasish.tfjs._http import is_http
from kerasish.tfjs._promises import settled
from kerasish.tfjs._records import Record
from kerasish.tfjs._strings import StringTensor
from kerasish.tfjs._tensor import Tensor, as_torch, unwrapped


def encode_weights(tensors: Any, group: str | None = None) -> Record:
    """Put Tensors into one row of bytes.

    Args:
        tensors: a dict by name, or a list of `{name, tensor}`.
        group: a word that each spec gets.

    Returns: `data` and `specs`.
    """
    pairs = tensors.items() if isinstance(tensors, Mapping) else [(part["name"], part["tensor"]) for part in tensors]
    data, specs = files.encode_weights(((name, _array_of(value)) for name, value in pairs), group)
    return Record(data=data, specs=specs)


def decode_weights(weight_data: Any, specs: Any) -> Record:
    """Read Tensors by name from what `encodeWeights` gave."""
    return Record({name: _tensor_of(array) for name, array in files.decode_weights(weight_data, specs).items()})


def _array_of(value: Any) -> np.ndarray:
    return value.numpy() if isinstance(value, StringTensor) else convert_to_numpy(unwrapped(value))


def _tensor_of(array: np.ndarray) -> Tensor:
    return StringTensor.of(array.reshape(-1).tolist(), array.shape) if array.dtype.kind in "OU" else Tensor(as_torch(array))


def concatenate_array_buffers(buffers: Any) -> bytes:
    """Put bytes behind one another."""
    return files.joined(list(buffers) if not isinstance(buffers, (bytes, bytearray, memoryview)) else buffers)


def load_weights(manifest: Any, file_path_prefix: str = "", weight_names: Any = None) -> Record:
    """Read Tensors by name from the files that a manifest names.

    Args:
        manifest: what a model.json calls `weightsManifest`.
        file_path_prefix: the folder or URL of the files.
        weight_names: which to give; all by default.

    Raises:
        ValueError: the manifest has no weight of such a name.
    """
    described = {"weightsManifest": manifest}
    specs, paths = files.specs_of(manifest), files.paths_of(manifest)
    lost = [name for name in weight_names or () if name not in {spec["name"] for spec in specs}]
    if lost:
        raise ValueError(f"The manifest has no weights {', '.join(lost)}.")
    if is_http(file_path_prefix):
        handler = http(f"{file_path_prefix.rstrip('/')}/model.json")
        data = b"".join(handler.weights_of(described))
    else:
        folder = Path(file_path_prefix.removeprefix("file://") or ".")
        data = b"".join(files.inside(folder, path).read_bytes() for path in paths)
    arrays = decode_weights(data, specs)
    return Record({name: arrays[name] for name in weight_names or arrays})


def artifacts_for_json(model_json: Any, load_weights: Callable[[Any], Any]) -> Record:
    """Put a model.json and its weights together.

    Args:
        model_json: what the file holds.
        load_weights: takes the manifest, and gives specs and bytes.
    """
    if model_json.get("weightsManifest") is None:
        return Record(files.artifacts_of_json(model_json, None))
    specs, data = settled(load_weights(model_json["weightsManifest"]))
    return Record({**files.artifacts_of_json(model_json, files.joined(data)), "weightSpecs": specs})


def artifacts_for_json_sync(model_json: Any, weight_specs: Any = None, weight_data: Any = None) -> Record:
    """Put a model.json, its specs and its bytes together."""
    if model_json.get("weightsManifest") is not None and (weight_specs is None or weight_data is None):
        raise ValueError("The model.json has weights: `weightSpecs` and `weightData` must be given too.")
    return artifacts_for_json(model_json, lambda manifest: (weight_specs, weight_data))
