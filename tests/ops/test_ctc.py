"""CTC: the loss by counting all ways, and both decoders."""

import itertools

import pytest
import torch

from kerasish import ops


def collapse(way):
    return tuple(label for label, _ in itertools.groupby(way) if label != 0)


def likelihoods(logits):
    """The likelihood of each sequence of labels, added up over all ways to it."""
    probabilities = logits.softmax(-1)
    found = {}
    for way in itertools.product(range(logits.shape[1]), repeat=logits.shape[0]):
        share = torch.stack([probabilities[t, label] for t, label in enumerate(way)]).prod()
        found[collapse(way)] = found.get(collapse(way), 0) + share
    return found


def test_the_loss_adds_up_all_ways_to_the_labels():
    logits = torch.randn(4, 3)
    loss = ops.ctc_loss([[1, 2]], logits[None], [2], [4])
    torch.testing.assert_close(loss[0], -torch.log(likelihoods(logits)[1, 2]))


def test_beam_search_finds_the_likeliest_labels():
    logits = torch.randn(5, 3)
    best = sorted(likelihoods(logits).items(), key=lambda item: -item[1])[:3]
    labels, scores = ops.ctc_decode(logits[None], [5], "beam_search", top_paths=3)
    assert [tuple(row[row >= 0].tolist()) for row in labels[:, 0]] == [prefix for prefix, _ in best]
    torch.testing.assert_close(scores[0], torch.log(torch.stack([share for _, share in best])))


def test_greedy_decoding_merges_repeats_unless_a_blank_parts_them():
    classes = torch.nn.functional.one_hot(torch.tensor([[1, 1, 0, 1, 2, 2]]), 3).float()
    assert ops.ctc_decode(classes, [6])[0].tolist() == [[[1, 1, 2, -1, -1, -1]]]
    assert ops.ctc_decode(classes, [4], merge_repeated=False)[0].tolist() == [[[1, 1, 1, -1, -1, -1]]]


def test_an_unknown_strategy_is_refused():
    with pytest.raises(ValueError, match="`strategy`"):
        ops.ctc_decode(torch.ones(1, 2, 3), [2], "best")
