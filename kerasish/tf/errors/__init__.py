"""Errors, under TensorFlow's names."""

from kerasish.tf import _absent
from kerasish.tf.errors._errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
    OutOfRangeError,
    PermissionDeniedError,
    UnimplementedError,
)

__getattr__ = _absent.absent("tf.errors")

__all__ = [
    "AlreadyExistsError",
    "FailedPreconditionError",
    "InvalidArgumentError",
    "NotFoundError",
    "OpError",
    "OutOfRangeError",
    "PermissionDeniedError",
    "UnimplementedError",
]
