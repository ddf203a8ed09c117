"""Testing: questions about the machine, and a test case that compares tensors."""

import unittest
from typing import Any

import numpy as np
import torch

main = unittest.main


def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: tuple[int, int] | None = None) -> bool:
    """Say whether there is a GPU, of this capability or more; every one is CUDA's."""
    if not torch.cuda.is_available():
        return False
    return min_cuda_compute_capability is None or torch.cuda.get_device_capability() >= tuple(min_cuda_compute_capability)


def is_built_with_cuda() -> bool:
    """Say whether torch can use CUDA."""
    return torch.version.cuda is not None


def is_built_with_gpu_support() -> bool:
    """Say whether torch can use a GPU."""
    return is_built_with_cuda()


def gpu_device_name() -> str:
    """Give the name of the first GPU, "" where there is none."""
    return "/device:GPU:0" if torch.cuda.is_available() else ""


class TestCase(unittest.TestCase):
    """unittest's, with TensorFlow's names of what compares tensors."""

    __test__ = False  # for pytest, which would take the class itself for a test

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__test__ = True

    def assertAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:  # noqa: N802
        """Demand the same shape and numbers."""
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b), msg or "")

    def assertAllClose(self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None) -> None:  # noqa: N802
        """Demand the same shape, and nearly the same numbers."""
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol, atol, err_msg=msg or "")

    def assertShapeEqual(self, a: Any, b: Any, msg: str | None = None) -> None:  # noqa: N802
        """Demand the same shape."""
        self.assertEqual(tuple(np.shape(a)), tuple(np.shape(b)), msg)
