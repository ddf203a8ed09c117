"""Utilities: `tf.util` and its neighbours, which are small functions on shapes, numbers, lists and texts."""

import math
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from kerasish._base import _tree
from kerasish.tfjs._absent import absent_from
from kerasish.tfjs._fingerprint import fingerprint
from kerasish.tfjs._promises import promised
from kerasish.tfjs._records import Record
from kerasish.tfjs._strings import string_array
from kerasish.tfjs._tensor import HoldsStrings, Tensor, as_torch

_BYTES = {"float32": 4, "int32": 4, "bool": 1, "complex64": 8}
_KINDS: dict[str, Any] = {"float32": np.float32, "int32": np.int32, "bool": np.uint8, "string": object}


# Shapes.


def _size(shape: Sequence[int]) -> int:
    return math.prod(shape)


def _strides(shape: Sequence[int]) -> list[int]:
    """How many values lie between neighbours of each axis but the last."""
    return [math.prod(shape[axis + 1 :]) for axis in range(len(shape) - 1)]


def _infer_shape(shape: Sequence[int], size: int) -> list[int]:
    """Put the size that `size` values need in place of -1."""
    if list(shape).count(-1) > 1 or any(part < -1 for part in shape):
        raise ValueError(f"A shape may have one -1 and no other negative size; received {list(shape)}.")
    known = math.prod(part for part in shape if part != -1)
    if (-1 in shape and (not known or size % known)) or (-1 not in shape and known != size):
        raise ValueError(f"{size} values do not fill a shape {list(shape)}.")
    return [size // known if part == -1 else part for part in shape]


def _axes(axis: Any, shape: Sequence[int]) -> list[int]:
    """Give axes counted from 0, of None all."""
    rank = len(shape)
    given = list(range(rank)) if axis is None else [axis] if isinstance(axis, int) else list(axis)
    if any(not -rank <= part < rank for part in given):
        raise ValueError(f"Axes must be from {-rank} to {rank - 1}; received {axis}.")
    return [part % rank for part in given]


def _squeeze_shape(shape: Sequence[int], axis: Any = None) -> Record:
    """Leave axes of size 1 out, all or those named: `{newShape, keptDims}`."""
    named = None if axis is None or axis == [] else _axes(axis, shape)
    wrong = [part for part in named or [] if shape[part] != 1]
    if wrong:
        raise ValueError(f"Axis {wrong[0]} of shape {list(shape)} must have size 1.")
    kept = [place for place, size in enumerate(shape) if not (size == 1 and (named is None or place in named))]
    return Record(newShape=[shape[place] for place in kept], keptDims=kept)


def _squarish(size: int) -> list[int]:
    """Give a height and a width that hold so many values."""
    width = math.ceil(math.sqrt(size))
    return [width, math.ceil(size / width)]


def _place_to_index(locs: Sequence[int], rank: int, strides: Sequence[int]) -> int:
    return sum(step * place for step, place in zip([*strides, 1], locs)) if rank else 0


def _index_to_place(index: int, rank: int, strides: Sequence[int]) -> list[int]:
    made: list[int] = []
    for step in strides:
        made.append(index // step)
        index %= step
    return [*made, index] if rank else []


def _check_sizes(shape: Sequence[Any]) -> None:
    """Refuse sizes that are negative or no whole numbers."""
    if any(not isinstance(size, int) or size < 0 for size in shape):
        raise ValueError(f"Sizes must be whole numbers, not negative; received {list(shape)}.")


def _check_shapes(shape_a: Any, shape_b: Any, error_message_prefix: str = "") -> None:
    """Refuse shapes that differ."""
    if list(shape_a) != list(shape_b):
        raise ValueError(f"{error_message_prefix} Shapes {list(shape_a)} and {list(shape_b)} must match")


def _equal_where_known(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    return len(a) == len(b) and all(first is None or second is None or first == second for first, second in zip(a, b))


# Numbers and lists.


def _shuffle(array: Any) -> None:
    """Put a list or an array in another order, in its own memory."""
    array[:] = [array[place] for place in _shuffled(len(array))]


def _shuffle_both(array: Any, array2: Any) -> None:
    """Put two lists or arrays in one other order."""
    if len(array) != len(array2):
        raise ValueError(f"Both must have one length; received {len(array)} and {len(array2)}.")
    order = _shuffled(len(array))
    array[:], array2[:] = [array[place] for place in order], [array2[place] for place in order]


def _shuffled(n: int) -> np.ndarray:
    """The numbers from 0 to before n in some order, drawn as torch draws."""
    return torch.randperm(n, device="cpu").numpy().astype(np.uint32)


def _clamp(min: float, x: float, max: float) -> float:
    return min if x < min else max if x > max else x


def _nearest_divisor(size: int, start: int) -> int:
    return next((number for number in range(start, size) if size % number == 0), size)


def _swap(object: Any, left: Any, right: Any) -> None:
    """Exchange two entries."""
    object[left], object[right] = object[right], object[left]


def _flatten(arr: Any, result: list | None = None, skip_typed_array: bool = False) -> list:
    """Put the values of nested lists in one row, at the end of `result`; arrays stay whole if `skip_typed_array`."""
    made = [] if result is None else result
    if isinstance(arr, (list, tuple)) or (isinstance(arr, np.ndarray) and not skip_typed_array):
        for part in arr:
            _flatten(part, made, skip_typed_array)
    else:
        made.append(arr)
    return made


def _nested(shape: Sequence[int], a: Any, is_complex: bool = False) -> Any:
    """Give values in a row as nested lists; complex ones are pairs in a row."""
    values = np.asarray(a)
    if values.size != math.prod(shape) * (2 if is_complex else 1):
        raise ValueError(f"{list(shape)} does not match the input size {values.size}.")
    return values.reshape([*shape, 2] if is_complex and shape else shape).tolist()


def _kind(dtype: str) -> Any:
    if dtype not in _KINDS:
        raise ValueError(f"`dtype` must be one of {', '.join(_KINDS)}; received {dtype!r}.")
    return _KINDS[dtype]


def _typed(a: Any, dtype: str) -> np.ndarray:
    """Give values in one row as an array."""
    if dtype == "string":
        raise ValueError("Strings are no typed array.")
    return np.asarray(_flatten(a)).astype(_kind(dtype))


def _infer_dtype(values: Any) -> str:
    """Give the dtype that a Tensor of these values has."""
    if isinstance(values, Tensor):
        return values.dtype
    try:
        return Tensor(as_torch(values)).dtype
    except HoldsStrings:
        return "string"


def _loses(old_type: str, new_type: str) -> bool:
    order = ("bool", "int32", "float32", "complex64")
    known = old_type in order and new_type in order
    return new_type != "complex64" if not known else order.index(old_type) > order.index(new_type)


def _check_finite(vals: Any, dtype: str) -> None:
    """Refuse values that are not finite."""
    wrong = [value for value in np.asarray(vals).reshape(-1).tolist() if not math.isfinite(value)]
    if wrong:
        raise ValueError(f"A tensor of dtype {dtype} must have finite values; received {wrong[0]}.")


def _bytes_per_element(dtype: str) -> int:
    if dtype not in _BYTES:
        raise ValueError(f"`dtype` must be one of {', '.join(_BYTES)}; received {dtype!r}.")
    return _BYTES[dtype]


def _assert(expr: Any, msg: Callable[[], str]) -> None:
    """Raise a ValueError with the text that `msg` gives, unless `expr` holds."""
    if not expr:
        raise ValueError(msg() if callable(msg) else msg)


def _assert_given(a: Any) -> None:
    if a is None:
        raise ValueError("The input to the tensor constructor must be a non-null value.")


def _encode(s: str, encoding: str = "utf-8") -> np.ndarray:
    """Give a text's bytes."""
    return np.frombuffer(s.encode(encoding), dtype=np.uint8)


def _decode(bytes: Any, encoding: str = "utf-8") -> str:
    """Give the text that bytes stand for."""
    return np.asarray(bytes, dtype=np.uint8).tobytes().decode(encoding)


def _repeated_try(
    check_fn: Callable[[], bool], delay_fn: Callable[[int], float] | None = None, max_counter: int | None = None,
    schedule_fn: Callable[[Callable, float], None] | None = None,
) -> Any:  # fmt: skip
    """Ask until the answer is true, with pauses of `delay_fn(count)` milliseconds.

    Args:
        schedule_fn: takes the next try and its delay, and calls it; by default the thread sleeps.

    Raises:
        RuntimeError: asked `max_counter` times in vain.
    """
    count, due = 0, [True]
    while due and not check_fn():
        count += 1
        if max_counter is not None and count >= max_counter:
            raise RuntimeError(f"The answer was not true in {max_counter} tries.")
        delay = 0 if delay_fn is None else delay_fn(count)
        if schedule_fn is None:
            time.sleep(delay / 1000)
        else:
            due.clear()
            schedule_fn(lambda: due.append(True), delay)
    return promised(None)


def _fingerprint(s: Any, len: int | None = None) -> int:
    """Give 64 bits that are the same for the same bytes everywhere."""
    return fingerprint(np.asarray(s, dtype=np.uint8).tobytes()[:len])


_UTIL: dict[str, Any] = {
    "now": lambda: time.perf_counter() * 1000,
    "sizeFromShape": _size, "computeStrides": _strides, "inferFromImplicitShape": _infer_shape, "parseAxisParam": _axes,
    "squeezeShape": _squeeze_shape, "sizeToSquarishShape": _squarish, "locToIndex": _place_to_index,
    "indexToLoc": _index_to_place, "assertNonNegativeIntegerDimensions": _check_sizes, "assertShapesMatch": _check_shapes,
    "isScalarShape": lambda shape: len(shape) == 0, "arraysEqual": lambda n1, n2: list(n1) == list(n2),
    "arraysEqualWithNull": _equal_where_known, "shuffle": _shuffle, "shuffleCombo": _shuffle_both,
    "createShuffledIndices": _shuffled, "nearestDivisor": _nearest_divisor, "swap": _swap, "flatten": _flatten,
    "clamp": _clamp, "sum": sum,
    "nearestLargerEven": lambda val: val + val % 2, "randUniform": lambda a, b: random.uniform(a, b),
    "distSquared": lambda a, b: sum((first - second) ** 2 for first, second in zip(a, b, strict=True)),
    "tanh": math.tanh, "isInt": lambda a: a % 1 == 0, "toNestedArray": _nested, "toTypedArray": _typed,
    "makeOnesTypedArray": lambda size, dtype: np.ones(size, _kind(dtype)),
    "makeZerosTypedArray": lambda size, dtype: np.zeros(size, _kind(dtype)),
    "getTypedArrayFromDType": lambda dtype, size: np.zeros(size, _kind(dtype)),
    "getArrayFromDType": lambda dtype, size: [None] * size if dtype == "string" else np.zeros(size, _kind(dtype)),
    "makeZerosNestedTypedArray": lambda shape, dtype: np.zeros(shape, _kind(dtype)).tolist(),
    "inferDtype": _infer_dtype, "hasEncodingLoss": _loses, "checkConversionForErrors": _check_finite,
    "isValidDtype": lambda dtype: dtype in ("bool", "complex64", "float32", "int32", "string"),
    "bytesPerElement": _bytes_per_element, "bytesFromStringArray": lambda arr: sum(len(part) for part in arr),
    "assert": _assert, "assertNonNull": _assert_given, "encodeString": _encode, "decodeString": _decode,
    "rightPad": lambda a, size: a.ljust(size), "fingerPrint64": _fingerprint, "repeatedTry": _repeated_try,
    "isString": lambda value: isinstance(value, str), "isBoolean": lambda value: isinstance(value, bool),
    "isNumber": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool), "isFunction": callable,
    "isTypedArray": lambda a: isinstance(a, np.ndarray) and a.dtype.kind in "fiu",
    "isPromise": lambda object: hasattr(object, "then"),
}  # fmt: skip


# Broadcasting, Tensors in containers, and what tests compare by.


def _broadcast_shape(shape_a: Sequence[int], shape_b: Sequence[int]) -> list[int]:
    """Give the shape that two shapes broadcast to."""
    return list(np.broadcast_shapes(tuple(shape_a), tuple(shape_b)))


def _broadcast_dims(in_shape: Sequence[int], out_shape: Sequence[int]) -> list[int]:
    """The axes of a shape whose one value is repeated, the last first."""
    shift = len(out_shape) - len(in_shape)
    return [axis for axis in reversed(range(len(in_shape))) if in_shape[axis] == 1 and out_shape[axis + shift] > 1]


def _reduction_axes(in_shape: Sequence[int], out_shape: Sequence[int]) -> list[int]:
    """The axes of the outcome that a gradient is summed over, for an argument of a shape."""
    shift = len(out_shape) - len(in_shape)
    return [axis for axis, size in enumerate(out_shape) if axis < shift or (in_shape[axis - shift] == 1 and size > 1)]


def _tensors_in(result: Any) -> list[Tensor]:
    """The Tensors in a list, a dict or one of them, each once."""
    found = [leaf for leaf in _tree.flatten(result) if isinstance(leaf, Tensor)]
    return list({id(leaf): leaf for leaf in found}.values())


def _alike(a: Tensor, b: Tensor) -> list[Tensor]:
    kind = torch.promote_types(a.torch.dtype, b.torch.dtype)
    return [Tensor(part.torch.to(kind)) for part in (a, b)]


def _assert_alike(a: Tensor, b: Tensor) -> None:
    if a.dtype != b.dtype:
        raise ValueError(f"The dtypes of the first({a.dtype}) and second({b.dtype}) input must match")


def _plain(value: Any) -> np.ndarray:
    return value.numpy() if isinstance(value, Tensor) else np.asarray(value)


def _expect_close(actual: Any, expected: Any, epsilon: float = 1e-3) -> None:
    """Raise an AssertionError unless all values are nearer to each other than `epsilon`."""
    np.testing.assert_allclose(_plain(actual), _plain(expected), rtol=0, atol=epsilon)


def _expect_equal(actual: Any, expected: Any) -> None:
    """Raise an AssertionError unless all values are equal."""
    np.testing.assert_array_equal(_plain(actual), _plain(expected))


def _expect_within(actual: Any, low: float, high: float) -> None:
    """Raise an AssertionError unless all values are from `low` to `high`."""
    wrong = [value for value in _plain(actual).reshape(-1).tolist() if not low <= value <= high]
    if wrong:
        raise AssertionError(f"Values must be from {low} to {high}; received {wrong[0]}.")


def _expect_failure(fn: Callable[[], Any], done: Callable[[], None]) -> None:
    """Raise an AssertionError unless the function fails; then call `done`."""
    try:
        fn()
    except Exception:  # noqa: BLE001 - any failure will do
        done()
        return
    raise AssertionError("The function was to fail, and did not.")


UTILITIES: dict[str, dict[str, Any]] = {
    "util": {**_UTIL, **absent_from("util")},
    "broadcast_util": {
        "assertAndGetBroadcastShape": _broadcast_shape,
        "getBroadcastDims": _broadcast_dims,
        "getReductionAxes": _reduction_axes,
    },
    "tensor_util": {
        "assertTypesMatch": _assert_alike,
        "getTensorsInContainer": _tensors_in,
        "isTensorInList": lambda tensor, tensor_list: any(tensor is part for part in tensor_list),
        "makeTypesMatch": _alike,
    },
    "device_util": {"isBrowser": lambda: False, "isMobile": lambda: False, **absent_from("device_util")},
    "test_util": {
        "TEST_EPSILON_FLOAT16": 0.1,
        "testEpsilon": lambda: 1e-3,
        "expectArraysClose": _expect_close,
        "expectArraysEqual": _expect_equal,
        "expectNumbersClose": _expect_close,
        "expectValuesInRange": _expect_within,
        "expectArrayBuffersEqual": _expect_equal,
        "expectPromiseToFail": _expect_failure,
        "encodeStrings": lambda a: _tree.map_structure(lambda text: _encode(str(text)), string_array(a).tolist()),
        **absent_from("test_util"),
    },
}
