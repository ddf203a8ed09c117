"""Operations: functions in Keras's spelling on tensors and on symbols, each on torch's own kernel."""

from kerasish.ops import _operators as _operators
from kerasish.ops import image as image
from kerasish.ops import linalg as linalg
from kerasish.ops import nn as nn
from kerasish.ops import numpy as numpy
from kerasish.ops._blocks import rearrange
from kerasish.ops._control_flow import associative_scan, cond, fori_loop, map, scan, switch, vectorized_map, while_loop
from kerasish.ops._core import (
    cast,
    convert_to_numpy,
    convert_to_tensor,
    custom_gradient,
    dtype,
    is_tensor,
    saturate_cast,
    shape,
    stop_gradient,
)
from kerasish.ops._elementwise import erf, erfc, erfinv, rsqrt
from kerasish.ops._encoding import in_top_k, top_k
from kerasish.ops._fft import extract_sequences, fft, fft2, ifft2, irfft, istft, rfft, stft, view_as_complex, view_as_real
from kerasish.ops._indexing import scatter, scatter_update, slice, slice_update
from kerasish.ops._joining import unstack
from kerasish.ops._linalg import logdet
from kerasish.ops._reductions import logsumexp
from kerasish.ops._segments import segment_max, segment_min, segment_prod, segment_sum
from kerasish.ops._statistics import cdist
from kerasish.ops.linalg import *  # noqa: F403 - `__all__` below says what
from kerasish.ops.nn import *  # noqa: F403
from kerasish.ops.numpy import *  # noqa: F403

__all__ = [
    "associative_scan",
    "cast",
    "cdist",
    "cond",
    "convert_to_numpy",
    "convert_to_tensor",
    "custom_gradient",
    "dtype",
    "erf",
    "erfc",
    "erfinv",
    "extract_sequences",
    "fft",
    "fft2",
    "fori_loop",
    "ifft2",
    "in_top_k",
    "irfft",
    "is_tensor",
    "istft",
    "logdet",
    "logsumexp",
    "map",
    "rearrange",
    "rfft",
    "rsqrt",
    "saturate_cast",
    "scan",
    "scatter",
    "scatter_update",
    "segment_max",
    "segment_min",
    "segment_prod",
    "segment_sum",
    "shape",
    "slice",
    "slice_update",
    "stft",
    "stop_gradient",
    "switch",
    "top_k",
    "unstack",
    "vectorized_map",
    "view_as_complex",
    "view_as_real",
    "while_loop",
]
__all__ += linalg.__all__
__all__ += nn.__all__
__all__ += numpy.__all__
