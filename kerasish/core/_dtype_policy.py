"""Dtype policies: in which dtype a layer computes, and in which it keeps its weights."""

from typing import Any

import numpy as np
import torch

from kerasish._base import _settings
from kerasish._base._configurable import Configurable
from kerasish._base._registry import Registry
from kerasish.core._dtypes import is_float, standardize_dtype, torch_dtype
from kerasish.core._symbol import KerasTensor
from kerasish.core._tensors import convert_to_tensor

policies = Registry("dtype policy", "keras")
_global: "DTypePolicy | None" = None


class DTypePolicy(Configurable):
    """The dtype that a layer computes in, and the dtype of its weights.

    Args:
        name: a dtype's name for both, or "mixed_float16" / "mixed_bfloat16": compute in that, keep float32 weights;
            that of the process's policy by default.

    >>> DTypePolicy("mixed_bfloat16").compute_dtype
    'bfloat16'
    """

    registry = policies
    name: str = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.name = dtype_policy().name if self.name is None else self.name
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

    def convert_input(self, x: Any, autocast: bool, dtype: Any) -> Any:
        """Make a tensor of that dtype, if `x` is a floating array or tensor, or a Python number, and `autocast` asks for it.

        Args:
            x: what a layer was called with; what is neither of these is given back as it is.
            autocast: whether floating tensors are cast.
            dtype: the dtype.
        """
        if isinstance(x, KerasTensor):
            cast = autocast and is_float(x.dtype) and x.dtype != standardize_dtype(dtype)
            return KerasTensor(x.shape, dtype) if cast else x
        if not isinstance(x, (torch.Tensor, np.ndarray, np.generic, int, float)):
            return x
        tensor = convert_to_tensor(x)
        return tensor.to(torch_dtype(dtype)) if autocast and tensor.is_floating_point() else tensor

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
