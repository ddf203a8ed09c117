"""Connectionist temporal classification: labels without places, compared with and read from predictions in time."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish.core import op as operation
from kerasish.core._infer import is_inferring
from kerasish.ops._inputs import TensorLike, as_float, like

op = operation("keras.src.ops.nn")


@op
def ctc_loss(
    target: TensorLike, output: TensorLike, target_length: TensorLike, output_length: TensorLike, mask_index: int = 0
) -> Tensor:
    """Compute the negative log-likelihood of each sequence of labels. Source: Graves et al. 2006.

    Args:
        target: (batch, labels), class numbers.
        output: (batch, steps, classes), logits.
        target_length, output_length: (batch,), how much of each counts.
        mask_index: the class that means "no label".

    Shapes: → (batch,)
    """
    output = as_float(output)
    output = output.to(torch.promote_types(output.dtype, torch.float32))
    if is_inferring():
        return output.new_empty(output.shape[0])
    log_probabilities = torch.log_softmax(output.transpose(0, 1), -1)
    lengths = (like(length, output).to(torch.int64) for length in (output_length, target_length))
    return F.ctc_loss(log_probabilities, like(target, output), *lengths, blank=mask_index, reduction="none")


@op
def ctc_decode(
    inputs: TensorLike,
    sequence_lengths: TensorLike,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int | None = 0,
) -> tuple[Tensor, Tensor]:
    """Read the most likely labels from predictions in time.

    Args:
        inputs: (batch, steps, classes): for "greedy" scores, for "beam_search" logits.
        sequence_lengths: (batch,), how many steps count.
        strategy: "greedy" takes the best class of each step; "beam_search" adds up all the ways to the same labels.
        beam_width: how many label sequences the search keeps at each step.
        top_paths: how many of the best sequences it gives.
        merge_repeated: whether "greedy" takes a class that repeats at once for one label.
        mask_index: the class that means "no label"; None is the last one.

    Returns:
        The labels (paths, batch, steps), with -1 after their end, and the scores: (batch, 1), the sum of the best
        inputs, negated; or (batch, paths), the log-likelihoods.
    """
    inputs = as_float(inputs)
    lengths = like(sequence_lengths, inputs)
    blank = inputs.shape[-1] - 1 if mask_index is None else mask_index
    if strategy == "greedy":
        return _greedy(inputs, lengths, merge_repeated, blank)
    if strategy == "beam_search":
        return _beam_search(inputs, lengths, beam_width, top_paths, blank)
    raise ValueError(f"`strategy` must be 'greedy' or 'beam_search'; received {strategy!r}.")


def _greedy(inputs: Tensor, lengths: Tensor, merge_repeated: bool, blank: int) -> tuple[Tensor, Tensor]:
    steps = inputs.shape[1]
    scores, labels = inputs.max(-1)
    after = torch.arange(steps, device=inputs.device) >= lengths.unsqueeze(1)
    scores = -torch.where(after, 0, scores).sum(1, keepdim=True)
    labels = torch.where(after, blank, labels.to(torch.int32))
    skipped = labels == blank
    if merge_repeated:
        skipped = skipped | F.pad(labels[:, 1:] == labels[:, :-1], (1, 0))
    order = torch.argsort(skipped.to(torch.uint8), dim=1, stable=True)
    return torch.where(skipped, -1, labels).gather(1, order).unsqueeze(0), scores


def _beam_search(inputs: Tensor, lengths: Tensor, width: int, paths: int, blank: int) -> tuple[Tensor, Tensor]:
    batch, steps, _ = inputs.shape
    labels = torch.full((paths, batch, steps), -1, dtype=torch.int32)
    scores = torch.full((batch, paths), float("-inf"))
    rows = torch.log_softmax(inputs, -1).tolist()
    for i, length in enumerate(lengths.tolist()):
        for j, (prefix, score) in enumerate(_search(rows[i][:length], width, blank)[:paths]):
            labels[j, i, : len(prefix)] = torch.tensor(prefix, dtype=torch.int32)
            scores[i, j] = score
    return labels.to(inputs.device), scores.to(inputs.device, inputs.dtype)


def _search(rows: list[list[float]], width: int, blank: int) -> list[tuple[tuple[int, ...], float]]:
    """The likeliest label sequences of one example, the best first, with their log-likelihoods."""
    nothing = float("-inf")
    # For each sequence of labels, the log-likelihood of the ways that end with no label, and of those with its last.
    beams: dict[tuple[int, ...], list[float]] = {(): [0.0, nothing]}
    for row in rows:
        following: dict[tuple[int, ...], list[float]] = {}
        for prefix, (pausing, labelled) in beams.items():
            either = _add(pausing, labelled)
            for label, score in enumerate(row):
                if label == blank:
                    _enter(following, prefix, 0, either + score)
                elif prefix and prefix[-1] == label:
                    _enter(following, prefix, 1, labelled + score)
                    _enter(following, (*prefix, label), 1, pausing + score)
                else:
                    _enter(following, (*prefix, label), 1, either + score)
        beams = dict(sorted(following.items(), key=lambda item: -_add(*item[1]))[:width])
    return [(prefix, _add(*scores)) for prefix, scores in sorted(beams.items(), key=lambda item: -_add(*item[1]))]


def _enter(beams: dict, prefix: tuple[int, ...], way: int, score: float) -> None:
    scores = beams.setdefault(prefix, [float("-inf"), float("-inf")])
    scores[way] = _add(scores[way], score)


def _add(a: float, b: float) -> float:
    """Add two likelihoods, given and told as logarithms."""
    high, low = max(a, b), min(a, b)
    return high if low == float("-inf") else high + math.log1p(math.exp(low - high))
