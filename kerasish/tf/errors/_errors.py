"""Errors under TensorFlow's names. What the library and torch raise are Python's own, such as ValueError."""

from typing import Any


class OpError(Exception):
    """What an operation could not do.

    Args:
        node_def, op: only None.
        message: what to say.
        error_code: has no say.
    """

    def __init__(self, node_def: Any, op: Any, message: str, error_code: Any = None):
        super().__init__(message)
        self.node_def, self.op, self.message = node_def, op, message


class InvalidArgumentError(OpError, ValueError):
    """A value is not what it must be; the functions of `tf.debugging` raise it."""


class NotFoundError(OpError, FileNotFoundError):
    """A file is not there."""


class OutOfRangeError(OpError, IndexError):
    """What was to be read is over."""


class FailedPreconditionError(OpError, RuntimeError):
    """Something is not in the state that it must be in."""


UnimplementedError = NotImplementedError
PermissionDeniedError = PermissionError
AlreadyExistsError = FileExistsError
