"""Text: `tf.string`'s functions on Tensors of strings."""

import re
from collections.abc import Sequence
from typing import Any

import torch

from kerasish.core import default_device
from kerasish.tfjs._fingerprint import fingerprint
from kerasish.tfjs._operations._edge import SHELVES, NamedTensors
from kerasish.tfjs._options import parameters_of, spelled
from kerasish.tfjs._strings import StringTensor, string_array
from kerasish.tfjs._tensor import Tensor, as_torch


def _int32(values: Any, shape: Sequence[int] = (-1,)) -> Tensor:
    return Tensor(torch.as_tensor(values, dtype=torch.int32, device=default_device()).reshape(tuple(shape)))


def _lengths(length: int, width: int, pads: int) -> int:
    return max(0, length + 2 * pads - width + 1)


def _n_grams(
    data: Any, data_splits: Any, separator: str, n_gram_widths: Sequence[int], left_pad: str, right_pad: str, pad_width: int,
    preserve_short_sequences: bool,
) -> dict[str, Tensor]:  # fmt: skip
    """Join neighbouring words of each row to n-grams: `{nGrams, nGramsSplits}`.

    Args:
        data: the words of all rows, one after the other.
        data_splits: where rows begin, and where the last ends.
        separator: comes between words.
        n_gram_widths: how many words an n-gram has; all of one width come first.
        left_pad, right_pad: words put at the ends of a row.
        pad_width: how many of them; -1 is one less than each width.
        preserve_short_sequences: whether a row too short for any n-gram gives one of all that it has.
    """
    words = string_array(data).reshape(-1).tolist()
    splits = [int(place) for place in as_torch(data_splits).reshape(-1)]
    if splits and (splits[0] != 0 or splits[-1] != len(words) or any(b < a for a, b in zip(splits, splits[1:]))):
        raise ValueError(f"`data_splits` must rise from 0 to the number of words, {len(words)}; received {splits}.")
    made: list[str] = []
    ends = [0]
    for first, last in zip(splits, splits[1:]):
        row, before = words[first:last], len(made)
        for width in n_gram_widths:
            pads = width - 1 if pad_width < 0 else min(pad_width, width - 1)
            framed = [left_pad] * pads + row + [right_pad] * pads
            made += [separator.join(framed[place : place + width]) for place in range(_lengths(len(row), width, pads))]
        if preserve_short_sequences and len(made) == before and row:
            pads = max(pad_width, 0)
            made.append(separator.join([left_pad] * pads + row + [right_pad] * pads))
        ends.append(len(made))
    return NamedTensors({"nGrams": StringTensor.of(made), "nGramsSplits": _int32(ends)})


def _split(input: Any, delimiter: Any, skip_empty: bool = True) -> dict[str, Tensor]:
    """Split strings into words: the parts of a sparse tensor, `{indices, values, shape}`.

    Args:
        input: strings in one row.
        delimiter: each of its characters ends a word; of none every character is a word.
        skip_empty: whether words without characters are left out.
    """
    texts, ends = string_array(input), str(string_array(delimiter).reshape(()).item())
    if texts.ndim != 1:
        raise ValueError(f"`input` must have one axis; received shape {list(texts.shape)}.")
    rows = [(re.split(f"[{re.escape(ends)}]", text) if ends else list(text)) for text in texts.tolist()]
    rows = [[word for word in row if word] if skip_empty else row for row in rows]
    places = [[row, column] for row, words in enumerate(rows) for column in range(len(words))]
    words = StringTensor.of([word for row in rows for word in row])
    return NamedTensors(indices=_int32(places, (-1, 2)), values=words, shape=_int32([len(rows), max(map(len, rows), default=0)]))


def _replace(input: Any, pattern: str, rewrite: str, replace_global: bool = True) -> StringTensor:
    """Replace what a regular expression finds; `$1` and `$&` in `rewrite` stand for what was found.

    Args:
        replace_global: whether all that is found is replaced, or the first alone.
    """
    texts, known = string_array(input), re.compile(pattern)

    def rewritten(found: re.Match) -> str:
        def part(mark: re.Match) -> str:
            kind = mark.group(1)
            if kind in "$&":
                return "$" if kind == "$" else found.group()
            # As in JavaScript, a number that no group has is left as it stands.
            return mark.group() if not 0 < int(kind) <= known.groups else found.group(int(kind)) or ""

        return re.sub(r"\$([$&]|\d{1,2})", part, rewrite)

    made = [known.sub(rewritten, text, count=0 if replace_global else 1) for text in texts.reshape(-1).tolist()]
    return StringTensor.of(made, texts.shape)


def _to_bucket(input: Any, num_buckets: int) -> Tensor:
    """Give each string a number below `num_buckets`, always the same one."""
    texts = string_array(input)
    if num_buckets < 1:
        raise ValueError(f"`num_buckets` must be at least 1; received {num_buckets}.")
    return _int32([fingerprint(text.encode()) % num_buckets for text in texts.reshape(-1).tolist()], texts.shape)


def _spelled(name: str, function: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **spelled(f"tf.string.{name}", kwargs, parameters_of(function)))

    call.__name__, call.__doc__ = name, function.__doc__
    return call


SHELVES["string"] = {
    name: _spelled(name, function)
    for name, function in {
        "stringNGrams": _n_grams,
        "stringSplit": _split,
        "staticRegexReplace": _replace,
        "stringToHashBucketFast": _to_bucket,
    }.items()
}
