"""HDF5: a state as groups of arrays, laid out as Keras does: `layers/dense/vars/0`."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from kerasish.saving._states import Entry

_LARGE = 1 << 32  # bytes: what claims to be more must have a fair part of it in the file
_MOST_EXPANSION = 1000


def write_h5(file: Any, entries: Mapping[str, Entry]) -> None:
    """Write a state.

    Args:
        file: a path, or an open binary file.
        entries: the state.
    """
    import h5py

    with h5py.File(file, "w") as h5:
        for path, entry in entries.items():
            group = h5.create_group(f"{path}/vars" if path else "vars")
            if entry.name is not None:
                group.attrs["name"] = entry.name
            for key, array in entry.arrays.items():
                group[key] = array


def read_h5(file: Any, what: str) -> dict[str, Entry]:
    """Read a whole state into memory.

    Args:
        file: a path, or an open binary file.
        what: what to call it in errors.

    Raises:
        OSError: it is no HDF5 file, or a broken one.
        ValueError: it points outside of itself, or claims sizes that it does not hold.
    """
    import h5py

    entries: dict[str, Entry] = {}
    try:
        with h5py.File(file, "r") as h5:
            if "layer_names" in h5.attrs or "model_weights" in h5:
                raise ValueError(f"{what} is in the format of Keras 2; save it again as .weights.h5 with Keras 3.")
            _read_group(h5, "", entries, what)
    except (OSError, KeyError, RuntimeError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise OSError(f"{what} cannot be read: it is not an HDF5 file, or it is broken or cut short ({error}).") from error
    return entries


def _read_group(group: Any, path: str, entries: dict[str, Entry], what: str) -> None:
    import h5py

    for key in group:
        link = group.get(key, getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{what} points to something else at {path}/{key}, which is not allowed in a file of weights.")
        child = group[key]
        if key == "vars" and isinstance(child, h5py.Group):
            entries[path] = _read_entry(child, f"{path}/vars".lstrip("/"), what)
        elif isinstance(child, h5py.Group):
            _read_group(child, f"{path}/{key}".lstrip("/"), entries, what)


def _read_entry(group: Any, path: str, what: str) -> Entry:
    import h5py

    name = group.attrs.get("name")
    entry = Entry(name if isinstance(name, str) else None)
    for key in group:
        link = group.get(key, getlink=True)
        array = group[key] if isinstance(link, h5py.HardLink) else None
        if not isinstance(array, h5py.Dataset) or array.external or array.is_virtual:
            raise ValueError(f"{what} has something else than an array at {path}/{key}.")
        size = math.prod(array.shape) * array.dtype.itemsize
        if size > _LARGE and size > _MOST_EXPANSION * array.id.get_storage_size():
            raise ValueError(f"{what} claims {size} bytes at {path}/{key}, which it does not hold.")
        entry.arrays[key] = _array(array)
    return entry


def _array(dataset: Any) -> Any:
    value = dataset[()]
    if dataset.attrs.get("dtype") == "bfloat16" or isinstance(value, np.ndarray) and value.dtype.str == "|V2":
        # numpy has no bfloat16: two bytes each, which torch knows how to read.
        bits = np.frombuffer(np.asarray(value).tobytes(), dtype=np.int16).copy()
        return torch.from_numpy(bits).view(torch.bfloat16).float().numpy().reshape(dataset.shape)
    return np.asarray(value)
