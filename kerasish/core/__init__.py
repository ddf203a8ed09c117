"""What everything computes with: Variables, symbols and their graph, dtypes, devices."""

from kerasish.core._device import default_device, device
from kerasish.core._dtype_policy import DTypePolicy, dtype_policy, get_dtype_policy, set_dtype_policy
from kerasish.core._dtypes import is_float, is_int, standardize_dtype, torch_dtype
from kerasish.core._linear import linear
from kerasish.core._symbol import KerasTensor, is_symbolic, op
from kerasish.core._tensors import convert_to_numpy, convert_to_tensor, is_tensor, laid_out
from kerasish.core._variable import Variable

__all__ = [
    "DTypePolicy",
    "KerasTensor",
    "Variable",
    "convert_to_numpy",
    "convert_to_tensor",
    "default_device",
    "device",
    "dtype_policy",
    "get_dtype_policy",
    "is_float",
    "is_int",
    "is_symbolic",
    "is_tensor",
    "laid_out",
    "linear",
    "op",
    "set_dtype_policy",
    "standardize_dtype",
    "torch_dtype",
]
