"""GradientTape: the library's, which takes and gives this face's tensors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from kerasish import core
from kerasish._base import _tree
from kerasish.tf._calls import left
from kerasish.tf._tensor import Tensor


class GradientTape(core.GradientTape):
    """Record what is computed in a `with` block, to give gradients of it. See `kerasish.GradientTape`.

    >>> from kerasish.tf import Variable
    >>> x = Variable(1.0)
    >>> with GradientTape() as tape:
    ...     y = x**2 + 2 * x - 5
    >>> tape.gradient(y, x)
    <tf.Tensor: shape=(), dtype=float32, numpy=4.0>
    """

    def gradient(self, target: Any, sources: Any, output_gradients: Any = None, unconnected_gradients: Any = "none") -> Any:
        """Give the gradients of the sum of all numbers in `target`, in the structure of `sources`; None where there is none."""
        return self._across(super().gradient, target, sources, output_gradients, unconnected_gradients)

    def jacobian(self, target: Any, sources: Any, *args: Any, **kwargs: Any) -> Any:
        """Give the derivatives of each number in `target`, shape (*target, *source), in the structure of `sources`."""
        return self._across(super().jacobian, target, sources, *args, **kwargs)

    def batch_jacobian(self, target: Any, source: Any, *args: Any, **kwargs: Any) -> Any:
        """Give the derivatives row by row, shape (batch, *target, *source)."""
        return self._across(super().batch_jacobian, target, source, *args, **kwargs)

    def _across(self, give: Any, target: Any, sources: Any, *args: Any, **kwargs: Any) -> Any:
        with _as_plain(target, sources, args):
            found = give(target, sources, *args, **kwargs)
        return left(found, [leaf for leaf in _tree.flatten((target, args)) if type(leaf) is torch.Tensor])


@contextmanager
def _as_plain(*trees: Any) -> Iterator[None]:
    """While gradients are taken, these very tensors are plain: another tensor would not be the one that was recorded."""
    edges = [leaf for leaf in _tree.flatten(trees) if type(leaf) is Tensor]
    for tensor in edges:
        tensor.__class__ = torch.Tensor  # type: ignore[assignment]
    try:
        yield
    finally:
        for tensor in edges:
            tensor.__class__ = Tensor
