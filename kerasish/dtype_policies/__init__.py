"""Dtype policies: in which dtype layers compute, and in which they keep their weights."""

from kerasish.core._dtype_policy import DTypePolicy, get_dtype_policy, policies

deserialize = policies.deserialize
get = get_dtype_policy
serialize = policies.serialize

__all__ = ["DTypePolicy", "deserialize", "get", "serialize"]
