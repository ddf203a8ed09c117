"""Operations: TensorFlow.js's functions on tensors, under its names, computed by `kerasish.ops` and torch."""

from kerasish.tfjs._operations import (
    _arithmetic,
    _boxes,
    _convolution,
    _images,
    _indexing,
    _normalization,
    _pooling,
    _products,
    _recurrent,
    _reductions,
    _shapes,
    _signal,
    _sparse,
    _text,
)
from kerasish.tfjs._operations._edge import OPERATIONS, SHELVES, at_edge, operation

# Importing a room enters its functions.
_ROOMS = (
    _arithmetic, _boxes, _convolution, _images, _indexing, _normalization, _pooling, _products, _recurrent, _reductions, _shapes,
    _signal, _sparse, _text,
)  # fmt: skip

__all__ = ["OPERATIONS", "SHELVES", "at_edge", "operation"]
