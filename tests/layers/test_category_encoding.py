"""CategoryEncoding: weights of counts, shapes and arguments."""

import pytest
import torch

from kerasish.layers import CategoryEncoding, Input


def test_counts_are_weighed():
    layer = CategoryEncoding(3, output_mode="count")
    counted = layer(torch.tensor([[0, 2, 2]]), count_weights=torch.tensor([[0.5, 1.0, 2.0]]))
    assert counted.tolist() == [[0.5, 0.0, 3.0]]
    with pytest.raises(ValueError, match="`count_weights` is for"):
        CategoryEncoding(3)(torch.tensor([[0]]), count_weights=torch.ones(1, 1))


def test_what_names_no_class_adds_nothing():
    assert CategoryEncoding(2)(torch.tensor([[1, 5, -1]])).tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize("numbers, shape", [((), (4,)), ((3,), (4,)), ((3, 2), (3, 4)), ((3, 2, 5), (3, 5, 4))])
def test_one_vector_stands_for_a_sample(numbers, shape):
    assert CategoryEncoding(4)(torch.zeros(numbers, dtype=torch.long)).shape == shape


def test_large_numbers_are_exact_in_half_precision():
    layer = CategoryEncoding(300, output_mode="one_hot", dtype="mixed_bfloat16")
    assert layer(torch.tensor([257.0])).argmax().item() == 257
    assert layer(Input((3,), dtype="int32")).dtype == "bfloat16"


def test_arguments_are_checked():
    for wrong in (None, 0, 1.5):
        with pytest.raises(ValueError, match="`num_tokens` must be the number of classes"):
            CategoryEncoding(wrong)
    with pytest.raises(ValueError, match="`output_mode` must be one of"):
        CategoryEncoding(3, output_mode="int")
    with pytest.raises(ValueError, match="`sparse` must be False"):
        CategoryEncoding(3, sparse=True)
