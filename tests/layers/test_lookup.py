"""Lookups: unknown tokens, files, strings back, and what is refused."""

import numpy as np
import pytest
import torch

from kerasish.layers import Embedding, Input, IntegerLookup, StringLookup
from kerasish.models import Model


def test_unknown_tokens_without_a_place_are_an_error():
    with pytest.raises(RuntimeError, match="num_oov_indices=0"):
        IntegerLookup(vocabulary=[1, 2], num_oov_indices=0)(torch.tensor([1, 5]))
    assert IntegerLookup(vocabulary=[1, 2], num_oov_indices=0)(torch.tensor([2, 1])).tolist() == [1, 0]
    with pytest.raises(ValueError, match=r"must be in the vocabulary; \['z'\] are not"):
        StringLookup(vocabulary=["a"], num_oov_indices=0)(["a", "z"])


def test_a_vocabulary_comes_from_a_file(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("b\na\n", encoding="utf-8")
    layer = StringLookup(vocabulary=str(path))
    assert layer.get_vocabulary() == ["[UNK]", "b", "a"]
    assert StringLookup.from_config(layer.get_config()).get_vocabulary() == layer.get_vocabulary()


def test_strings_come_back_and_bytes_are_read():
    there, back = (StringLookup(vocabulary=["é", "b"], invert=invert, mask_token="") for invert in (False, True))
    words = np.array([["b", "é"], ["", "z"]])
    assert back(there(words)).tolist() == [["b", "é"], ["", "[UNK]"]]
    assert there([b"\xc3\xa9", b"b"]).tolist() == [2, 3]


def test_special_tokens_may_stand_before_a_vocabulary():
    layer = IntegerLookup(vocabulary=[0, -1, 5, 6], mask_token=0)
    assert layer.get_vocabulary(False) == [5, 6] and layer.vocabulary_size() == 4


def test_numbers_are_looked_up_in_a_model():
    inputs = Input((3,), dtype="int64")
    model = Model(inputs, Embedding(4, 2)(IntegerLookup(vocabulary=[10, 20, 30])(inputs)))
    found = model(torch.tensor([[10, 30, 99]]))
    table = model.layers[-1].embeddings
    torch.testing.assert_close(found[0], table[[1, 3, 0]].detach(), check_dtype=False)


def test_vocabularies_go_into_copies_and_configs():
    layer = IntegerLookup(output_mode="tf_idf")
    layer.adapt([[1, 2, 2], [3, 2, 1]])
    again = IntegerLookup.from_config(layer.get_config())
    assert again.get_vocabulary() == layer.get_vocabulary() == [-1, 2, 1, 3]
    torch.testing.assert_close(again(torch.tensor([[2, 9]])), layer(torch.tensor([[2, 9]])))


def test_bad_input_is_told():
    with pytest.raises(ValueError, match=r"must hold each token once, .*\[1\] came again"):
        IntegerLookup(vocabulary=[1, 2, 1])
    with pytest.raises(ValueError, match="at most `max_tokens`, 3"):
        IntegerLookup(max_tokens=3, vocabulary=[1, 2, 3])
    with pytest.raises(ValueError, match="has no vocabulary"):
        IntegerLookup()(torch.tensor([1]))
    with pytest.raises(ValueError, match="`idf_weights` must be given for 'tf_idf' alone"):
        IntegerLookup(vocabulary=[1, 2], output_mode="tf_idf", idf_weights=[1.0])
    with pytest.raises(ValueError, match="`oov_method` must be 'floormod'"):
        IntegerLookup(num_oov_indices=2, oov_method="farmhash")
    with pytest.raises(ValueError, match="`num_oov_indices` must be 0 or 1"):
        StringLookup(num_oov_indices=2)
    with pytest.raises(ValueError, match="`salt` must be None"):
        StringLookup(salt=1)
    with pytest.raises(ValueError, match="`output_mode` must be 'int' if `invert`"):
        IntegerLookup(invert=True, output_mode="count")
    with pytest.raises(ValueError, match="takes strings, which no tensor holds"):
        StringLookup(vocabulary=["a"])(Input((3,)))
    with pytest.raises(ValueError, match="`pad_to_max_tokens` needs `max_tokens`"):
        IntegerLookup(pad_to_max_tokens=True)


def test_batches_of_lists_are_read_whole():
    layer = StringLookup()
    layer.adapt(batch for batch in (["cat", "dog"], ["bird", "cat"]))
    assert layer.get_vocabulary() == ["[UNK]", "cat", "dog", "bird"]


def test_each_token_without_a_row_is_a_document():
    layer = IntegerLookup(output_mode="tf_idf")
    layer.adapt([1, 1, 1, 2, 2, 3])
    weights = [np.log(1 + 6 / (1 + n)) for n in (3, 2, 1)]
    np.testing.assert_allclose(layer([1, 2, 3])[1:].numpy(), weights, rtol=1e-6)


def test_a_way_of_hashing_means_nothing_where_unknown_numbers_have_one_place():
    assert IntegerLookup(vocabulary=[1, 2], oov_method="farmhash")(torch.tensor([9, 2])).tolist() == [0, 2]
