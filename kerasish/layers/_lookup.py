"""Lookups: tokens, whole numbers or strings, as the numbers of places in a vocabulary, and back."""

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish._base import _edges
from kerasish.core import default_device, is_symbolic
from kerasish.layers._category_encoding import OUTPUT_MODES, check_dense, encode
from kerasish.layers._feature_normalization import batches_of
from kerasish.layers._layer import Layer

_MODES = ("int", *OUTPUT_MODES, "tf_idf")


class _Lookup(Layer):
    """A vocabulary: places for the mask and for unknown tokens, and then one for each token."""

    max_tokens: int | None = None
    num_oov_indices: int = 1
    mask_token: Any = None
    oov_token: Any = None
    vocabulary: Any = None
    idf_weights: Any = None
    invert: bool = False
    output_mode: str = "int"
    sparse: bool = False
    pad_to_max_tokens: bool = False
    salt: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_oov_indices < 0:
            raise ValueError(f"`num_oov_indices` must not be negative; received {self.num_oov_indices!r}.")
        if self.output_mode == "binary":
            self.output_mode = "multi_hot"
        if self.output_mode not in _MODES:
            raise ValueError(f"`output_mode` must be one of {', '.join(map(repr, _MODES))}; received {self.output_mode!r}.")
        if self.invert and self.output_mode != "int":
            raise ValueError(f"`output_mode` must be 'int' if `invert` is True; received {self.output_mode!r}.")
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise ValueError("`pad_to_max_tokens` needs `max_tokens`, which is None.")
        if self.max_tokens is not None and self.max_tokens <= self._first:
            told = f"{self._first} places of the mask and of unknown tokens; received {self.max_tokens!r}"
            raise ValueError(f"`max_tokens` must leave room for tokens beside the {told}.")
        if self.salt is not None:
            raise ValueError("`salt` must be None: unknown tokens are not hashed with a key.")
        check_dense(self.sparse)
        self._check_unknown()
        self.autocast = False
        given, self.vocabulary = self.vocabulary, None
        weights, self.idf_weights = self.idf_weights, None
        self.register_buffer("_weights", None, persistent=False)
        if given is not None:
            self.set_vocabulary(given, weights)
        elif weights is not None:
            raise ValueError("`idf_weights` go with a `vocabulary`, which is None.")

    def _check_unknown(self) -> None:
        """Check how unknown tokens are spread over their places."""

    def _token(self, value: Any) -> Any:
        """Give a token in its own type."""
        raise NotImplementedError

    def _settle(self) -> None:
        """Make ready what finds the tokens of a new vocabulary."""

    @property
    def _masks(self) -> bool:
        return self.mask_token is not None and self.output_mode == "int"

    @property
    def _first(self) -> int:
        """The place of the vocabulary's first token."""
        return int(self._masks) + self.num_oov_indices

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Take these tokens, the most frequent first; those of the mask and of what is unknown may stand before them.

        Args:
            vocabulary: a list, an array or a tensor; or the path of a file with a token in each line.
            idf_weights: for `output_mode="tf_idf"` what a token counts, as many as there are tokens.

        Raises:
            ValueError: a token stands there twice, there are more than `max_tokens`, or the weights do not match.
        """
        if isinstance(vocabulary, (str, Path)):
            vocabulary = Path(vocabulary).read_text(encoding="utf-8").splitlines()
        tokens = [self._token(token) for token in (vocabulary.tolist() if hasattr(vocabulary, "tolist") else vocabulary)]
        special = self._special()
        if special and tokens[: len(special)] == special:
            tokens = tokens[len(special) :]
        twice = [token for token, count in Counter(tokens).items() if count > 1 or token in special]
        if twice:
            raise ValueError(
                f"`vocabulary` must hold each token once, and none of the special ones {special}; {twice} came again."
            )
        if self.max_tokens is not None and len(tokens) + self._first > self.max_tokens:
            told = f"received {len(tokens)} beside {self._first} special ones"
            raise ValueError(f"`vocabulary` must have at most `max_tokens`, {self.max_tokens}, tokens; {told}.")
        weights = None if idf_weights is None else [float(weight) for weight in idf_weights]
        if (weights is not None) != (self.output_mode == "tf_idf") or weights is not None and len(weights) != len(tokens):
            told = f"{None if weights is None else len(weights)} of them for {len(tokens)} tokens and {self.output_mode!r}"
            raise ValueError(f"`idf_weights` must be given for 'tf_idf' alone, one for each token; received {told}.")
        self.vocabulary = tuple(tokens)
        self.idf_weights = None if weights is None else tuple(weights)
        if weights is not None:
            unknown = [sum(weights) / max(len(weights), 1)] * self.num_oov_indices
            numbers = [*unknown, *weights, *[0.0] * (self._depth - len(tokens) - self._first)]
            self._weights = torch.tensor(numbers, device=self._device_of_weights())
        self._settle()
        self.__dict__.update(_ready=False)

    def _special(self) -> list:
        return [self.mask_token] * self._masks + [self.oov_token] * self.num_oov_indices

    def get_vocabulary(self, include_special_tokens: bool = True) -> list:
        """Give the tokens; those of the mask and of what is unknown stand before them, if wanted."""
        return [*(self._special() if include_special_tokens else []), *(self.vocabulary or ())]

    def vocabulary_size(self) -> int:
        """How many places there are, with those of the mask and of unknown tokens."""
        if self.vocabulary is None:
            return self.__dict__.get("_told_size") or self._first
        return self._first + len(self.vocabulary)

    @property
    def _depth(self) -> int:
        return self.max_tokens if self.pad_to_max_tokens and self.max_tokens is not None else self.vocabulary_size()

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Learn the vocabulary: the most frequent tokens of an array or a list, or of `steps` batches of them.

        A row is a document to "tf_idf"; of data without rows, each token.

        Raises:
            ValueError: there is no data.
        """
        counts: Counter = Counter()
        documents: Counter = Counter()
        rows_seen = seen = 0
        for i, batch in enumerate(batches_of(data)):
            if steps is not None and i >= steps:
                break
            array = batch.detach().cpu().numpy() if isinstance(batch, Tensor) else np.asarray(batch)
            seen += 1
            if array.ndim < 2:  # each token is a document of its own
                tokens = [self._token(token) for token in array.reshape(-1).tolist()]
                counts.update(tokens)
                documents.update(tokens)
                rows_seen += len(tokens)
                continue
            rows_seen += len(array)
            for row in array.reshape(len(array), -1).tolist():
                tokens = [self._token(token) for token in row]
                counts.update(tokens)
                documents.update(set(tokens))
        if not seen:
            raise ValueError("`data` must hold at least one batch; received none.")
        for token in (self.mask_token, self.oov_token):
            counts.pop(token, None)
        # Of equally frequent ones the greater comes first, as in Keras.
        tokens = sorted(counts, key=lambda token: (counts[token], token), reverse=True)
        if self.max_tokens is not None:
            tokens = tokens[: self.max_tokens - self._first]
        weights = None
        if self.output_mode == "tf_idf":
            weights = [math.log(1 + rows_seen / (1 + documents[token])) for token in tokens]
        self.set_vocabulary(tokens, weights)

    def _check_vocabulary(self) -> None:
        if self.vocabulary is None:
            raise ValueError(f"{self.name} has no vocabulary: give `vocabulary`, or call `adapt` on data first.")

    def _encoded(self, places: Tensor) -> Tensor:
        if self.output_mode == "int":
            return places
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        outputs = encode(places, mode, self._depth, self._computes_in)
        return outputs * self._weights.to(outputs.dtype) if self._weights is not None else outputs

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again, with its vocabulary, given or learned."""
        return {**super().get_config(), "vocabulary_size": self.vocabulary_size()}

    def load_assets(self, folder: Any) -> None:
        """Read the vocabulary that Keras keeps beside a layer which has learned it.

        Raises:
            ValueError: the layer weighs its tokens, and the weights are not there.
        """
        if self.vocabulary is None:
            self.set_vocabulary(Path(folder) / "vocabulary.txt")

    def _take_argument(self, name: str, value: Any) -> tuple[str, Any] | None:
        if name != "vocabulary_size":
            return super()._take_argument(name, value)
        # Of use until the vocabulary is read from a file beside the config: the shapes of vectors.
        self.__dict__["_told_size"] = value
        return None


class IntegerLookup(_Lookup):
    """Turn whole numbers into their places in a vocabulary.

    The first places are that of the mask, if there is one and `output_mode` is "int", and those of what is not in the
    vocabulary. The lookup runs where the numbers are, on a GPU too.

    Args:
        max_tokens: how many places there are at most.
        num_oov_indices: how many places unknown numbers share, each by its remainder; with 0 they are an error.
        mask_token: the number that stands for nothing.
        oov_token: what stands for unknown numbers when `invert` is True.
        vocabulary: the numbers, the most frequent first, or the path of a file; `adapt` learns them if it is None.
        vocabulary_dtype: "int64" or "int32".
        idf_weights: what each number counts for "tf_idf".
        invert: whether places are turned into numbers instead.
        output_mode: "int" for the places, int64; "one_hot", "multi_hot" or "count" as in CategoryEncoding; "tf_idf", "count"
            with weights that are small for what many samples have.
        sparse: must be False.
        pad_to_max_tokens: whether vectors are as long as `max_tokens` although there are fewer.
        oov_method: "floormod", the remainder; "farmhash" where unknown numbers have one place at most, and it means nothing.
        salt: must be None.

    >>> IntegerLookup(vocabulary=[12, 36])(torch.tensor([[36, 7, 12]])).tolist()
    [[2, 0, 1]]
    """

    max_tokens: int | None = None
    num_oov_indices: int = 1
    mask_token: Any = None
    oov_token: int = -1
    vocabulary: Any = None
    vocabulary_dtype: str = "int64"
    idf_weights: Any = None
    invert: bool = False
    output_mode: str = "int"
    sparse: bool = False
    pad_to_max_tokens: bool = False
    oov_method: str = "floormod"
    salt: Any = None
    name: str | None = None

    def __post_init__(self) -> None:
        self.register_buffer("_keys", None, persistent=False)
        self.register_buffer("_places", None, persistent=False)
        super().__post_init__()

    def _check_unknown(self) -> None:
        if self.vocabulary_dtype not in ("int64", "int32"):
            raise ValueError(f"`vocabulary_dtype` must be 'int64' or 'int32'; received {self.vocabulary_dtype!r}.")
        if self.oov_method != "floormod" and (self.num_oov_indices > 1 or self.oov_method != "farmhash"):
            raise ValueError(f"`oov_method` must be 'floormod'; received {self.oov_method!r}.")

    def _token(self, value: Any) -> int:
        return int(value)

    def _settle(self) -> None:
        device = self._device_of_weights()
        tokens = torch.tensor(self.vocabulary, dtype=torch.int64)
        self._keys, order = (part.to(device) for part in tokens.sort())
        self._places = order + self._first
        self.register_buffer("_tokens", torch.tensor(self.get_vocabulary(), dtype=torch.int64, device=device), persistent=False)

    def call(self, inputs: Tensor) -> Tensor:
        """Look the numbers up."""
        x = inputs.long()
        if self.vocabulary is None and x.is_meta:  # only shapes are asked for
            return self._encoded(x)
        self._check_vocabulary()
        if self.invert:
            known = (x >= 0) & (x < len(self._tokens))
            return torch.where(known, self._tokens[x.clamp(0, len(self._tokens) - 1)], self.oov_token)
        unknown = x.remainder(max(self.num_oov_indices, 1)) + int(self._masks)
        known, places = torch.zeros_like(x, dtype=torch.bool), unknown
        if len(self._keys):
            at = torch.searchsorted(self._keys, x).clamp(max=len(self._keys) - 1)
            known = self._keys[at] == x
            places = torch.where(known, self._places[at], unknown)
        if self.mask_token is not None:
            masked = x == self.mask_token
            # What is masked has the first place, or none at all among vectors.
            known, places = known | masked, torch.where(masked, 0 if self._masks else -1, places)
        if self.num_oov_indices == 0 and not x.is_meta:
            told = f"{self.name}: with `num_oov_indices=0` all inputs must be in the vocabulary. Pass num_oov_indices=1."
            torch._assert_async(known.all(), told)  # pyright: ignore[reportPrivateImportUsage] - it waits for no device
        return self._encoded(places)


class StringLookup(_Lookup):
    """Turn strings into their places in a vocabulary; it runs on the host, before a model.

    The first places are that of the mask, if there is one and `output_mode` is "int", and that of what is not in the
    vocabulary. Inputs are strings in an array, a list or lists of these; outputs are tensors, or, if `invert` is True, an array.

    Args:
        max_tokens: how many places there are at most.
        num_oov_indices: 1, the place of unknown strings; with 0 they are an error. More are not supported.
        mask_token: the string that stands for nothing.
        oov_token: what stands for unknown strings when `invert` is True.
        vocabulary: the strings, the most frequent first, or the path of a file; `adapt` learns them if it is None.
        idf_weights: what each string counts for "tf_idf".
        invert: whether places are turned into strings instead.
        output_mode: "int" for the places, int64; "one_hot", "multi_hot" or "count" as in CategoryEncoding; "tf_idf", "count"
            with weights that are small for what many samples have.
        pad_to_max_tokens: whether vectors are as long as `max_tokens` although there are fewer.
        sparse: must be False.
        encoding: of strings that come as bytes.
        salt: must be None.

    >>> StringLookup(vocabulary=["a", "b"])([["b", "z", "a"]]).tolist()
    [[2, 0, 1]]
    """

    max_tokens: int | None = None
    num_oov_indices: int = 1
    mask_token: Any = None
    oov_token: str = "[UNK]"
    vocabulary: Any = None
    idf_weights: Any = None
    invert: bool = False
    output_mode: str = "int"
    pad_to_max_tokens: bool = False
    sparse: bool = False
    encoding: str = "utf-8"
    name: str | None = None
    salt: Any = None

    def _take_argument(self, name: str, value: Any) -> tuple[str, Any] | None:
        # Keras's configs name a way of hashing, which it does not use for strings.
        return None if name == "oov_method" and value == "floormod" else super()._take_argument(name, value)

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again, with its vocabulary, given or learned."""
        return {**super().get_config(), "oov_method": "floormod"}

    def _check_unknown(self) -> None:
        if self.num_oov_indices > 1:
            raise ValueError(f"`num_oov_indices` must be 0 or 1: strings are not hashed; received {self.num_oov_indices!r}.")

    def _token(self, value: Any) -> str:
        return value.decode(self.encoding) if isinstance(value, bytes) else str(value)

    def _settle(self) -> None:
        self.__dict__["_found"] = {token: place for place, token in enumerate(self.vocabulary, self._first)}

    def __call__(self, inputs: Any) -> Any:
        """Look the strings up.

        Raises:
            ValueError: there is no vocabulary; a string is not in it and `num_oov_indices` is 0; or the inputs are symbols.
        """
        if is_symbolic(inputs):
            raise ValueError(f"{self.name} takes strings, which no tensor holds. Look them up before they go into a model.")
        edge = _edges.of_arrays
        return self.call(inputs) if edge is None else edge.leave(self.call(inputs), ())

    def call(self, inputs: Any) -> Any:
        """Look the strings up."""
        self._check_vocabulary()
        if self.invert:
            names = self.get_vocabulary()
            places = inputs.detach().cpu().numpy() if isinstance(inputs, Tensor) else np.asarray(inputs)
            found = [names[place] if 0 <= place < len(names) else self.oov_token for place in places.ravel().tolist()]
            return np.array(found, dtype=object).reshape(places.shape)
        strings = np.asarray(inputs)
        tokens = [self._token(token) for token in strings.ravel().tolist()]
        if self.num_oov_indices == 0:
            unknown = sorted({token for token in tokens if token not in self._found and token != self.mask_token})
            if unknown:
                told = f"{unknown[:5]} are not. Pass num_oov_indices=1"
                raise ValueError(f"{self.name}: with `num_oov_indices=0` all inputs must be in the vocabulary; {told}.")
        found = self._found
        if self.mask_token is not None:
            found = {**found, self.mask_token: 0 if self._masks else -1}
        numbers = [found.get(token, int(self._masks)) for token in tokens]
        return self._encoded(torch.tensor(numbers, device=default_device()).long().view(strings.shape))
