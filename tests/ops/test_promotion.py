"""Promotion against Keras's lattice, told in a few lines."""

import pytest

from kerasish.ops._promotion import result_type


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        ((), "float32"),
        (("int64", "float32"), "float32"),
        (("int8", "uint8"), "int16"),
        (("int32", float), "float32"),
        (("bfloat16", float), "bfloat16"),
        (("float16", "bfloat16"), "float32"),
        (("bool", int), "int32"),
        (("int64",), "int32"),
        (("float64", "float32"), "float32"),
        (("float32", "complex64"), "complex64"),
        ((None, "int32"), "float32"),
    ],
)
def test_result_type_follows_keras(dtypes, expected):
    assert result_type(*dtypes) == expected


def test_float8_is_never_promoted():
    with pytest.raises(ValueError, match="never promoted"):
        result_type("float8_e4m3fn", "float32")
