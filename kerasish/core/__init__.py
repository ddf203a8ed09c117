"""What everything computes with: Variables, symbols and their graph, dtypes, devices."""

from kerasish.core._capture_state import CaptureError, is_capturing
from kerasish.core._device import default_device, device
from kerasish.core._dtype_policy import DTypePolicy, dtype_policy, get_dtype_policy, set_dtype_policy
from kerasish.core._dtypes import is_float, is_int, standardize_dtype, torch_dtype
from kerasish.core._function import ConcreteFunction, Function, function, functions_run_eagerly, run_functions_eagerly
from kerasish.core._gradient_tape import GradientTape
from kerasish.core._linear import linear
from kerasish.core._symbol import KerasTensor, is_symbolic, op
from kerasish.core._tensors import convert_to_numpy, convert_to_tensor, is_tensor, laid_out
from kerasish.core._variable import Variable

__all__ = [
    "CaptureError",
    "ConcreteFunction",
    "DTypePolicy",
    "Function",
    "GradientTape",
    "KerasTensor",
    "Variable",
    "convert_to_numpy",
    "convert_to_tensor",
    "default_device",
    "device",
    "dtype_policy",
    "function",
    "functions_run_eagerly",
    "get_dtype_policy",
    "is_capturing",
    "is_float",
    "is_int",
    "is_symbolic",
    "is_tensor",
    "laid_out",
    "linear",
    "op",
    "run_functions_eagerly",
    "set_dtype_policy",
    "standardize_dtype",
    "torch_dtype",
]
