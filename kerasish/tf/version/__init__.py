"""The version of the library."""

from kerasish._version import __version__ as VERSION  # noqa: N812
from kerasish.tf import _absent

__getattr__ = _absent.absent("tf.version")

__all__ = [
    "VERSION",
]
