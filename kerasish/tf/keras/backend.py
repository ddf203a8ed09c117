"""The library's settings, and the functions on tensors that older programs call `backend`."""

# pyright: reportUnsupportedDunderAll=false

from typing import Any

from kerasish import backend as _backend
from kerasish import ops
from kerasish.core import Variable, convert_to_numpy
from kerasish.tf import _absent
from kerasish.tf._calls import across, named
from kerasish.tf._dtypes import DType
from kerasish.tf._variable import Variable as _Variable

_OF_OPS = (
    "abs all any argmax argmin cast clip concatenate cos cumprod cumsum elu equal exp expand_dims eye greater greater_equal "
    "hard_sigmoid less less_equal log max maximum mean min minimum not_equal ones_like prod relu repeat round "
    "shape sigmoid sign sin softmax softplus softsign sqrt square squeeze stack std sum tanh tile transpose var zeros_like "
    "permute_dimensions:transpose pow:power dot reshape flatten:ravel"
)
_OPS = named(ops, _OF_OPS) | {"stop_gradient": across(ops.stop_gradient), "get_value": convert_to_numpy}


def int_shape(x: Any) -> tuple:
    """Give the sizes."""
    return tuple(x.shape)


def ndim(x: Any) -> int:
    """Give the number of axes."""
    return len(x.shape)


def dtype(x: Any) -> str:
    """Give the dtype's name."""
    return DType(x.dtype).name


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Variable:
    """Make a Variable, of `floatx()` by default."""
    return _Variable(value, dtype=dtype or _backend.floatx(), name=name, constraint=constraint)


def set_value(x: Variable, value: Any) -> None:
    """Overwrite the values of a Variable."""
    x.assign(value)


globals().update(_OPS, **{name: getattr(_backend, name) for name in _backend.__all__})

__getattr__ = _absent.absent("tf.keras.backend")

__all__ = sorted({*_backend.__all__, *_OPS, "dtype", "int_shape", "ndim", "set_value", "variable"})
