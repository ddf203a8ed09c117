"""Namespaces: which functions TensorFlow has at its top, which in `math`, `linalg` and `image`."""

from collections.abc import Callable

from kerasish.tf._arrays import SHAPING, is_tensor
from kerasish.tf._control_flow import CONTROL_FLOW
from kerasish.tf._debugging import DEBUGGING
from kerasish.tf._elementwise import ELEMENTWISE
from kerasish.tf._image import IMAGE as _OF_IMAGES
from kerasish.tf._image_random import IMAGE_RANDOM
from kerasish.tf._io import DECODING
from kerasish.tf._linalg import LINALG as _OF_MATRICES
from kerasish.tf._making import MAKING
from kerasish.tf._nn import NN
from kerasish.tf._places import PLACES
from kerasish.tf._printing import print_
from kerasish.tf._reductions import RANKING, REDUCTIONS

_ONLY_IN_MATH = set(
    """
    accumulate_n angle bessel_i0 bessel_i0e bessel_i1 bessel_i1e bincount conj confusion_matrix count_nonzero cumprod
    cumulative_logsumexp digamma divide_no_nan erf erfc erfcinv erfinv floordiv floormod igamma igammac imag in_top_k
    invert_permutation is_finite is_inf is_nan is_non_decreasing is_strictly_increasing lbeta lgamma log log1p log_sigmoid
    logical_xor mod multiply_no_nan ndtri nextafter polygamma polyval real reciprocal reciprocal_no_nan reduce_euclidean_norm
    reduce_std reduce_variance rint rsqrt segment_max segment_mean segment_min segment_prod segment_sum softplus softsign
    squared_difference top_k unsorted_segment_max unsorted_segment_mean unsorted_segment_min unsorted_segment_prod
    unsorted_segment_sqrt_n unsorted_segment_sum xdivy xlog1py xlogy zero_fraction zeta
    """.split()
)
_ONLY_AT_TOP = set(
    """
    argsort clip_by_value histogram_fixed_width histogram_fixed_width_bins realdiv saturate_cast searchsorted sort truncatediv
    truncatemod unique unique_with_counts
    """.split()
)
_OF_MATRICES_AT_TOP = "clip_by_global_norm clip_by_norm eig eigvals einsum matmul matrix_square_root norm tensordot".split()

_NUMBERS = ELEMENTWISE | REDUCTIONS | RANKING

MATH: dict[str, Callable] = {name: function for name, function in _NUMBERS.items() if name not in _ONLY_AT_TOP}
MATH |= {name: NN[name] for name in ("l2_normalize", "log_softmax", "softmax")}

LINALG: dict[str, Callable] = {
    name: function
    for name, function in _OF_MATRICES.items()
    if name not in ("clip_by_global_norm", "clip_by_norm", "matrix_square_root")
}

IMAGE: dict[str, Callable] = _OF_IMAGES | IMAGE_RANDOM | DECODING

TOP: dict[str, Callable] = {name: function for name, function in _NUMBERS.items() if name not in _ONLY_IN_MATH}
TOP |= SHAPING | PLACES | MAKING | CONTROL_FLOW | {name: _OF_MATRICES[name] for name in _OF_MATRICES_AT_TOP}
TOP |= {name: DEBUGGING[name] for name in ("Assert", "assert_equal", "assert_greater", "assert_less", "assert_rank")}
TOP |= {"is_tensor": is_tensor, "print": print_}
