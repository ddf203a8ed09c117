"""Embedding: rows of a table, masks, and precision."""

import numpy as np
import pytest
import torch

from kerasish.layers import Embedding, Input

TABLE = np.arange(12, dtype="float32").reshape(4, 3)


def test_rows_are_looked_up_whatever_the_dtype_of_the_numbers():
    layer = Embedding(4, 3, weights=TABLE)
    for numbers in (np.array([[2, 0]]), torch.tensor([[2, 0]], dtype=torch.uint8), torch.tensor([[2.0, 0.0]])):
        assert layer(numbers).tolist() == [[TABLE[2].tolist(), TABLE[0].tolist()]]


def test_a_given_table_is_there_at_once_and_not_in_the_config():
    layer = Embedding(4, 3, weights=[TABLE])
    assert layer.built and np.array_equal(layer.get_weights()[0], TABLE)
    assert "weights" not in layer.get_config() and Embedding(4, 3).weights == []


def test_zero_is_masked_if_it_stands_for_padding():
    numbers = torch.tensor([[3, 0, 1]])
    assert Embedding(4, 3, mask_zero=True).compute_mask(numbers).tolist() == [[True, False, True]]
    assert Embedding(4, 3).compute_mask(numbers) is None
    assert Embedding(4, 3, mask_zero=True)(Input((5,), dtype="int32")).mask.shape == (None, 5)


def test_mixed_precision_casts_the_rows_and_not_the_table():
    layer = Embedding(4, 3, weights=TABLE, dtype="mixed_bfloat16")
    assert layer(torch.tensor([1])).dtype is torch.bfloat16
    assert layer.embeddings.dtype is torch.float32 and layer.embeddings._autocast is False


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Embedding(0, 3), "`input_dim` must be a positive integer; received 0."),
        (lambda: Embedding(3, 2.5), "`output_dim` must be a positive integer; received 2.5."),
        (lambda: Embedding(3, 2, lora_rank=2), "`lora_rank` is not supported"),
        (lambda: Embedding(3, 2, quantization_config={}), "`quantization_config` is not supported"),
        (lambda: Embedding(3, 2, weights=TABLE), "received an array of shape"),
    ],
)
def test_what_cannot_be_is_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()
