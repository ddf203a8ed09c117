"""Input: what tells its shape, and what contradicts it."""

import numpy as np
import pytest

from kerasish import Model
from kerasish.core import KerasTensor
from kerasish.layers import Dense, Input, InputLayer


def test_sizes_may_be_numpys():
    made = Input(shape=(np.int64(32),), batch_size=2)
    assert made.shape == (2, 32) and type(made.shape[1]) is int
    assert Input(np.int32(3)).shape == (None, 3)


def test_a_symbol_serves_as_input():
    symbol = KerasTensor((None, 3), "float32")
    layer = InputLayer(input_tensor=symbol)
    assert layer.output is symbol and layer.batch_shape == (None, 3)
    assert Model(symbol, Dense(2)(symbol))(np.ones((4, 3))).shape == (4, 2)
    assert Input((3,), tensor=KerasTensor((None, 3), "float32")).shape == (None, 3)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"batch_size": 4, "batch_shape": (2, 3)}, "Give `batch_size` or `batch_shape`, not both"),
        ({"shape": (3,), "batch_shape": (2, 3)}, "Give `shape` or `batch_shape`, not both"),
        ({"shape": (4,), "input_tensor": KerasTensor((2, 3), "float32")}, "`shape` must be that of `input_tensor`, \\(3,\\)"),
        ({"batch_shape": (2, 4), "input_tensor": KerasTensor((2, 3), "float32")}, "`batch_shape` must be that"),
        ({"batch_size": 5, "input_tensor": KerasTensor((2, 3), "float32")}, "`batch_size` must be that of `input_tensor`, 2"),
        ({"input_tensor": np.zeros(2)}, "`input_tensor` must be a symbol"),
    ],
)
def test_what_contradicts_itself_is_told(arguments, told):
    with pytest.raises(ValueError, match=told):
        InputLayer(**arguments)
