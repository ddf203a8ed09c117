"""Weights as TensorFlow.js keeps them: one row of bytes, and specs that say what lies in it; small files of 4 MB."""

import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

SHARD_BYTES = 4 * 1024 * 1024  # what browsers keep in their caches
_DTYPES = {"float32": "<f4", "int32": "<i4", "bool": "|u1", "complex64": "<c8"}
_QUANTIZED = {"uint8": "|u1", "uint16": "<u2", "float16": "<f2"}
_COUNT = struct.Struct("<I")  # the bytes of one string


def encode_weights(weights: Iterable[tuple[str, Any]], group: str | None = None) -> tuple[bytes, list[dict[str, Any]]]:
    """Put arrays into one row of bytes.

    Args:
        weights: names and arrays. Doubles and half precision become float32, other whole numbers int32.
        group: a word that each spec gets: "model" or "optimizer".

    Returns: the bytes, and a spec `{name, shape, dtype}` for each array.

    Raises:
        ValueError: a whole number that int32 does not hold.
        TypeError: an array of a kind that the format does not have.

    >>> encode_weights([("dense/bias", [1.0, 2.0])])[1]
    [{'name': 'dense/bias', 'shape': [2], 'dtype': 'float32'}]
    """
    parts, specs = [], []
    for name, value in weights:
        array = np.asarray(value)
        dtype, data = _encoded(name, array)
        spec: dict[str, Any] = {"name": name, "shape": list(array.shape), "dtype": dtype}
        if group is not None:
            spec["group"] = group
        parts.append(data)
        specs.append(spec)
    return b"".join(parts), specs


def _encoded(name: str, array: np.ndarray) -> tuple[str, bytes]:
    kind = array.dtype.kind
    if kind == "f":
        return "float32", array.astype("<f4").tobytes()
    if kind in "iu":
        if array.size and (array.max() > 2**31 - 1 or array.min() < -(2**31)):
            raise ValueError(f"TensorFlow.js's whole numbers are int32; {name} holds {array.max()}.")
        return "int32", array.astype("<i4").tobytes()
    if kind == "b":
        return "bool", array.astype("|u1").tobytes()
    if kind == "c":
        return "complex64", array.astype("<c8").tobytes()
    if kind in "US" or kind == "O" and all(isinstance(part, (str, bytes)) for part in array.ravel()):
        texts = [part if isinstance(part, bytes) else part.encode() for part in array.ravel().tolist()]
        return "string", b"".join(_COUNT.pack(len(text)) + text for text in texts)
    raise TypeError(f"Weights must be numbers, booleans or strings; {name} has dtype {array.dtype}.")


def decode_weights(data: Any, specs: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Read arrays from a row of bytes, in the order of their specs; quantized ones become what they stand for.

    Args:
        data: bytes, or a list of them that follow one another.
        specs: `{name, shape, dtype}`, and `quantization: {dtype, scale, min}` of weights that were made smaller.

    Raises:
        ValueError: fewer or more bytes than the specs say, or a dtype that the format does not have.
    """
    row = memoryview(joined(data))
    arrays: dict[str, np.ndarray] = {}
    start = 0
    for spec in specs:
        arrays[spec["name"]], start = _decoded(spec, row, start)
    if start != len(row):
        raise ValueError(f"The weights are {len(row)} bytes long; their specs speak of {start}.")
    return arrays


def joined(data: Any) -> bytes:
    """Put buffers behind one another; None is no bytes at all."""
    if isinstance(data, (list, tuple)):
        return b"".join(bytes(part) for part in data)
    return b"" if data is None else bytes(data)


def _decoded(spec: Mapping[str, Any], row: memoryview, start: int) -> tuple[np.ndarray, int]:
    name, dtype, shape = spec["name"], spec["dtype"], tuple(spec["shape"])
    if not all(isinstance(size, int) and size >= 0 for size in shape):
        raise ValueError(f"{name} has the shape {shape}; sizes are whole numbers, 0 or more.")
    size, quantization = math.prod(shape), spec.get("quantization")
    if quantization is None and dtype == "string":
        return _strings(row, start, size, shape, name)
    stored = _DTYPES.get(dtype) if quantization is None else _QUANTIZED.get(quantization.get("dtype"))
    if stored is None or dtype not in _DTYPES:
        kind = dtype if quantization is None else f"{quantization.get('dtype')} for {dtype}"
        raise ValueError(f"{name} has the dtype {kind}, which weights of TensorFlow.js do not have.")
    stop = start + size * np.dtype(stored).itemsize
    _check_length(row, stop, name)
    array = np.frombuffer(row[start:stop], stored).reshape(shape)
    if quantization is not None:
        array = _restored(array, quantization, dtype, name)
    return array.astype({"bool": np.bool_}.get(dtype, np.dtype(dtype).newbyteorder("="))), stop


def _restored(array: np.ndarray, quantization: Mapping[str, Any], dtype: str, name: str) -> np.ndarray:
    """What quantized numbers stand for: `number * scale + min`, rounded for whole numbers; halves stand for themselves."""
    if quantization["dtype"] == "float16":
        if dtype != "float32":
            raise ValueError(f"{name}: only float32 is kept as float16; received {dtype}.")
        return array.astype(np.float32)
    if "scale" not in quantization or "min" not in quantization:
        raise ValueError(f"{name} is quantized to {quantization['dtype']}, but its `scale` or `min` is missing.")
    values = array.astype(np.float64) * quantization["scale"] + quantization["min"]
    return np.floor(values + 0.5) if dtype == "int32" else values


def _strings(row: memoryview, start: int, size: int, shape: tuple, name: str) -> tuple[np.ndarray, int]:
    texts = []
    for _ in range(size):
        _check_length(row, start + _COUNT.size, name)
        length = _COUNT.unpack_from(row, start)[0]
        start += _COUNT.size
        _check_length(row, start + length, name)
        texts.append(bytes(row[start : start + length]).decode())
        start += length
    return np.array(texts, dtype=object).reshape(shape), start


def _check_length(row: memoryview, stop: int, name: str) -> None:
    if stop > len(row):
        raise ValueError(f"The weights end in the midst of {name}: there are {len(row)} bytes, at least {stop} are needed.")


def shards_of(data: bytes, shard_bytes: int = SHARD_BYTES) -> dict[str, bytes]:
    """Divide weights into files: "weights.bin" where one is enough, else "group1-shard1of3.bin" and so on.

    >>> list(shards_of(bytes(10), shard_bytes=4))
    ['group1-shard1of3.bin', 'group1-shard2of3.bin', 'group1-shard3of3.bin']
    """
    if len(data) <= shard_bytes:
        return {"weights.bin": data}
    count = -(-len(data) // shard_bytes)
    return {f"group1-shard{i + 1}of{count}.bin": data[i * shard_bytes : (i + 1) * shard_bytes] for i in range(count)}
