"""The version of the package, read by setuptools and by users."""

__version__ = "0.1.0"
