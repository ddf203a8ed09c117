import numpy as np
import pytest

from kerasish.saving.tfjs import SHARD_BYTES, decode_weights, encode_weights, shards_of


def test_52_weights_are_one_row_of_bytes_and_specs():
    data, specs = encode_weights([("a/kernel", np.array([[1.0, 2.0]], "float64")), ("b", np.array(7, "int64"))], "model")
    assert data == np.array([1, 2], "<f4").tobytes() + np.array([7], "<i4").tobytes()
    assert specs == [
        {"name": "a/kernel", "shape": [1, 2], "dtype": "float32", "group": "model"},
        {"name": "b", "shape": [], "dtype": "int32", "group": "model"},
    ]


@pytest.mark.parametrize(
    "array",
    [np.array([[1.5, -2.0]], "float32"), np.array([3, -4], "int32"), np.array([True, False]), np.array([1 + 2j], "complex64"),
     np.array(["abc", "", "ä"], dtype=object), np.zeros((0, 3), "float32")],
    ids=lambda array: str(array.dtype),
)  # fmt: skip
def test_weights_come_back(array):
    data, specs = encode_weights([("before", np.ones(2, "float32")), ("it", array)])
    again = decode_weights([data[:3], data[3:]], specs)["it"]
    assert again.dtype == array.dtype and again.tolist() == array.tolist()


def test_quantized_weights_become_what_they_stand_for():
    specs = [
        {"name": "u8", "shape": [3], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": 0.5, "min": -1.0}},
        {"name": "u16", "shape": [2], "dtype": "int32", "quantization": {"dtype": "uint16", "scale": 0.4, "min": 0.0}},
        {"name": "f16", "shape": [2], "dtype": "float32", "quantization": {"dtype": "float16"}},
    ]
    data = bytes([0, 2, 255]) + np.array([1, 300], "<u2").tobytes() + np.array([0.5, -2.25], "<f2").tobytes()
    arrays = decode_weights(data, specs)
    assert arrays["u8"].tolist() == [-1.0, 0.0, 126.5] and arrays["u8"].dtype == np.float32
    assert arrays["u16"].tolist() == [0, 120] and arrays["u16"].dtype == np.int32
    assert arrays["f16"].tolist() == [0.5, -2.25]


def test_quantization_that_cannot_be_undone_is_refused():
    spec = {"name": "w", "shape": [1], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": 0.5}}
    with pytest.raises(ValueError, match="`scale` or `min` is missing"):
        decode_weights(b"\0", [spec])
    with pytest.raises(ValueError, match="float16 for int32|only float32"):
        decode_weights(b"\0\0", [{**spec, "dtype": "int32", "quantization": {"dtype": "float16"}}])
    with pytest.raises(ValueError, match="int4 for float32"):
        decode_weights(b"\0", [{**spec, "quantization": {"dtype": "int4"}}])


def test_bytes_that_do_not_fit_their_specs_are_refused():
    data, specs = encode_weights([("w", np.ones(3, "float32"))])
    with pytest.raises(ValueError, match="end in the midst of w"):
        decode_weights(data[:-1], specs)
    with pytest.raises(ValueError, match="16 bytes long; their specs speak of 12"):
        decode_weights(data + b"abcd", specs)
    for shape in ([-1, 3], [3.0], [None]):
        with pytest.raises(ValueError, match="w has the shape"):
            decode_weights(data, [{**specs[0], "shape": shape}])
    with pytest.raises(ValueError, match="end in the midst of w"):
        decode_weights(data, [{**specs[0], "shape": [2**32, 2**32]}])
    with pytest.raises(ValueError, match="int32; w holds 3000000000"):
        encode_weights([("w", np.array([3_000_000_000]))])
    with pytest.raises(TypeError, match="w has dtype"):
        encode_weights([("w", np.array(["2020-01-01"], "datetime64[D]"))])


def test_52_large_weights_are_files_of_4_megabytes():
    assert SHARD_BYTES == 4 * 1024 * 1024
    data = bytes(SHARD_BYTES) + b"abc"
    shards = shards_of(data)
    assert [len(part) for part in shards.values()] == [SHARD_BYTES, 3] and b"".join(shards.values()) == data
    assert list(shards) == ["group1-shard1of2.bin", "group1-shard2of2.bin"]
    assert list(shards_of(data[:SHARD_BYTES])) == list(shards_of(b"")) == ["weights.bin"]
