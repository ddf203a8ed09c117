"""Dtype policies: in which dtype a layer computes, and in which it keeps its weights."""

from typing import Any

from kerasish._base import _settings
from kerasish._base._configurable import Configurable
from kerasish._base._registry import Registry
from kerasish.core._dtypes import standardize_dtype

policies = Registry("dtype policy", "keras")
_global: "DTypePolicy | None" = None


class DTypePolicy(Configurable):
    """The dtype that a layer computes in, and the dtype of its weights.

    Args:
        name: a dtype's name for both, or "mixed_float16" / "mixed_bfloat16": compute in that, keep float32 weights.

    >>> DTypePolicy("mixed_bfloat16").compute_dtype
    'bfloat16'
    """

    registry = policies
    name: str

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise TypeError(f"`name` must be a string, such as 'float32' or 'mixed_bfloat16'; received {self.name!r}.")
        if self.name.startswith("mixed_"):
            self._compute, self._variable = standardize_dtype(self.name.removeprefix("mixed_")), "float32"
            if self._compute not in ("float16", "bfloat16"):
                raise ValueError(f"`name` must be 'mixed_float16' or 'mixed_bfloat16'; received {self.name!r}.")
        elif "_from_" in self.name:
            raise ValueError(f"Quantized policies are not supported; received {self.name!r}.")
        else:
            self._compute = self._variable = standardize_dtype(self.name)

    @property
    def compute_dtype(self) -> str:
        """The dtype that inputs are cast to."""
        return self._compute

    @property
    def variable_dtype(self) -> str:
        """The dtype of the weights."""
        return self._variable

    @property
    def quantization_mode(self) -> None:
        """Always None: there are no quantized policies."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self.name}">'


def serialize(policy: DTypePolicy) -> dict[str, Any]:
    """Describe a policy."""
    return policies.serialize(policy)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> DTypePolicy:
    """Make the policy that a config describes."""
    return policies.deserialize(config, custom_objects)


def dtype_policy() -> DTypePolicy:
    """The policy of layers that name none; `floatx()` unless set."""
    return _global if _global is not None else DTypePolicy(_settings.floatx())


def set_dtype_policy(policy: "str | DTypePolicy") -> None:
    """Set the policy of layers that name none."""
    global _global
    _global = get_dtype_policy(policy)


def get_dtype_policy(identifier: Any) -> DTypePolicy:
    """Turn a name, a dtype, a config or a policy into the policy; None is the process's one."""
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return policies.deserialize(identifier)
    return DTypePolicy(identifier if isinstance(identifier, str) else standardize_dtype(identifier))


def reset_dtype_policy() -> None:
    """Forget the policy that was set."""
    global _global
    _global = None
