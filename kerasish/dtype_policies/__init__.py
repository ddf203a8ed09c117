"""Dtype policies: in which dtype layers compute, and in which they keep their weights."""

from kerasish.core._dtype_policy import DTypePolicy, deserialize, serialize
from kerasish.core._dtype_policy import get_dtype_policy as get

__all__ = ["DTypePolicy", "deserialize", "get", "serialize"]
