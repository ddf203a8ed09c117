"""Merging: several inputs to one, value by value, side by side, or by their products."""

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish.layers._layer import Layer


class _Merge(Layer):
    """What layers of several inputs share: they take a list, and broadcast over missing axes after the batch."""

    _exactly_two = False
    _starts_mask = False

    _repeatable = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.supports_masking = True
        self._missing: tuple[int, ...] | None = None

    def build(self, input_shape: Any) -> None:
        """Check the shapes, and note which inputs lack axes that others have."""
        shapes = _shapes(self, input_shape)
        if self._exactly_two and len(shapes) != 2:
            raise ValueError(f"{self.name} takes exactly 2 inputs; received {len(shapes)}.")
        if len({shape[0] for shape in shapes if shape} - {None}) > 1:
            raise ValueError(f"{self.name}: all inputs must have one batch size; received shapes {shapes}.")
        most = max(len(shape) for shape in shapes)
        missing = tuple(most - len(shape) for shape in shapes)
        self._missing = missing if any(missing) else None
        aligned = [shape[:1] + (1,) * gap + shape[1:] for shape, gap in zip(shapes, missing)]
        for sizes in zip(*(shape[1:] for shape in aligned)):
            if len(set(sizes) - {None, 1}) > 1:
                raise ValueError(f"{self.name}: the shapes must agree, or be 1 where they do not; received {shapes}.")

    def _aligned(self, inputs: Any) -> Any:
        if self._missing is None:
            return inputs
        return [x.reshape(x.shape[:1] + (1,) * gap + x.shape[1:]) for x, gap in zip(inputs, self._missing)]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """What counts in any input counts, if all inputs have masks."""
        masks = _masks(self, inputs, mask)
        known = [part for part in masks if part is not None]
        return functools.reduce(torch.logical_or, known) if len(known) == len(masks) else None


def _shapes(layer: Layer, input_shape: Any) -> list[tuple]:
    if not isinstance(input_shape, (list, tuple)) or not input_shape or not isinstance(input_shape[0], (list, tuple)):
        raise ValueError(f"{layer.name} merges a list of inputs; received a shape {input_shape!r}. Call it as layer([a, b]).")
    return [tuple(shape) for shape in input_shape]


def _masks(layer: Layer, inputs: Any, mask: Any) -> list[Tensor | None]:
    """A mask, or None, for each input."""
    if mask is None:
        return [None]
    if not isinstance(inputs, (list, tuple)) or not isinstance(mask, (list, tuple)) or len(mask) != len(inputs):
        raise ValueError(
            f"{layer.name}: `mask` must be a list with a mask or None for each of a list of inputs; received {mask!r}."
        )
    return [None if part is None else torch.as_tensor(part) for part in mask]


class Add(_Merge):
    """Add inputs.

    Shapes:
        a list of (batch, …), broadcast against each other → (batch, …).

    >>> Add()([torch.ones(2), torch.ones(2)]).tolist()
    [2.0, 2.0]
    """

    def call(self, inputs: Any) -> Tensor:
        """Add."""
        return functools.reduce(torch.add, self._aligned(inputs))


class Subtract(_Merge):
    """Subtract the second input from the first.

    >>> Subtract()([torch.ones(2), torch.ones(2)]).tolist()
    [0.0, 0.0]
    """

    _exactly_two = True

    def call(self, inputs: Any) -> Tensor:
        """Subtract."""
        first, second = self._aligned(inputs)
        return first - second


class Multiply(_Merge):
    """Multiply inputs value by value; what an input's mask leaves out counts as 1, and 0 where all leave it out.

    >>> Multiply()([2 * torch.ones(2), 3 * torch.ones(2)]).tolist()
    [6.0, 6.0]
    """

    def call(self, inputs: Any, mask: Any = None) -> Tensor:
        """Multiply."""
        inputs = self._aligned(inputs)
        if mask is None or all(part is None for part in mask):
            return functools.reduce(torch.mul, inputs)
        counts = [_spread(part, x) for part, x in zip(mask, inputs)]
        output = functools.reduce(torch.mul, [x if c is None else torch.where(c, x, 1) for c, x in zip(counts, inputs)])
        if any(part is None for part in counts):
            return output
        return torch.where(functools.reduce(torch.logical_or, counts), output, 0)


class Average(_Merge):
    """Take the average of inputs value by value.

    >>> Average()([torch.zeros(2), torch.ones(2)]).tolist()
    [0.5, 0.5]
    """

    def call(self, inputs: Any) -> Tensor:
        """Add and divide."""
        return functools.reduce(torch.add, self._aligned(inputs)) / len(inputs)


class _Extreme(_Merge):
    _choose: Callable

    def call(self, inputs: Any, mask: Any = None) -> Tensor:
        """Compare; what an input's mask leaves out is not compared."""
        inputs = self._aligned(inputs)
        if mask is None or all(part is None for part in mask):
            return functools.reduce(self._choose, inputs)
        output, counts = inputs[0], _spread(mask[0], inputs[0])
        for x, part in zip(inputs[1:], mask[1:]):
            part = _spread(part, x)
            x = x if part is None else torch.where(part, x, output)
            output = output if counts is None else torch.where(counts, output, x)
            counts = None if part is None or counts is None else part | counts
            output = self._choose(output, x)
        return output


def _spread(mask: Any, x: Tensor) -> Any:
    return None if mask is None else mask.unsqueeze(-1).expand(x.shape)


class Maximum(_Extreme):
    """Take the largest of the inputs value by value.

    >>> Maximum()([torch.zeros(2), torch.ones(2)]).tolist()
    [1.0, 1.0]
    """

    _choose = staticmethod(torch.maximum)


class Minimum(_Extreme):
    """Take the smallest of the inputs value by value.

    >>> Minimum()([torch.zeros(2), torch.ones(2)]).tolist()
    [0.0, 0.0]
    """

    _choose = staticmethod(torch.minimum)


class Concatenate(_Merge):
    """Put inputs side by side along an axis.

    Args:
        axis: the axis; the other ones must agree.

    >>> Concatenate()([torch.zeros(2, 3), torch.zeros(2, 4)]).shape
    torch.Size([2, 7])
    """

    _starts_mask = False

    axis: int = -1

    def build(self, input_shape: Any) -> None:
        """Check that the shapes agree in all axes but one."""
        shapes = _shapes(self, input_shape)
        rank = len(shapes[0])
        if not -rank <= self.axis < rank or any(len(shape) != rank for shape in shapes):
            raise ValueError(f"{self.name}: the inputs must have one rank, and an axis {self.axis}; received shapes {shapes}.")
        for axis, sizes in enumerate(zip(*shapes)):
            if axis != self.axis % rank and len(set(sizes) - {None}) > 1:
                raise ValueError(f"{self.name}: the shapes must agree in all axes but {self.axis}; received {shapes}.")

    def call(self, inputs: Any) -> Tensor:
        """Concatenate."""
        return torch.cat(inputs, self.axis)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The masks side by side; an input without a mask counts as a whole."""
        masks = _masks(self, inputs, mask)
        if all(part is None for part in masks):
            return None
        spread = []
        for x, part in zip(inputs, masks):
            if part is None:
                part = torch.ones(x.shape, dtype=torch.bool, device=getattr(x, "device", None))
            spread.append(part.unsqueeze(-1).expand(x.shape) if part.ndim < x.ndim else part)
        return torch.cat(spread, self.axis).any(-1)


class Dot(_Merge):
    """Multiply two inputs and sum along an axis of each, row by row of the batch.

    Args:
        axes: the axis to sum along, or one for each input; the batch axis 0 is none of them.
        normalize: whether to scale to length 1 along the axes first: the result is then the cosine.

    Shapes:
        (batch, …, n, …) and (batch, …, n, …) → (batch, …, …), the first one's other axes before the second one's.

    >>> Dot(axes=1)([torch.ones(2, 3), torch.ones(2, 3)]).tolist()
    [[3.0], [3.0]]
    """

    _starts_mask = False

    axes: Any
    normalize: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        pair = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not all(isinstance(axis, int) for axis in pair):
            raise ValueError(f"`axes` must be an integer, or one for each of two inputs; received {self.axes!r}.")
        if 0 in pair:
            raise ValueError(f"`axes` must not be the batch axis 0; received {self.axes!r}.")

    def build(self, input_shape: Any) -> None:
        """Check that the two axes have one size."""
        shapes = _shapes(self, input_shape)
        if len(shapes) != 2:
            raise ValueError(f"{self.name} takes exactly 2 inputs; received {len(shapes)}.")
        sizes = [shape[axis] for shape, axis in zip(shapes, self._pair())]
        if None not in sizes and sizes[0] != sizes[1]:
            raise ValueError(f"{self.name}: axes {self.axes} must have one size; received shapes {shapes}.")

    def _pair(self) -> tuple[int, int]:
        return (self.axes, self.axes) if isinstance(self.axes, int) else (self.axes[0], self.axes[1])

    def call(self, inputs: Any) -> Tensor:
        """Multiply and sum."""
        (x, y), (of_x, of_y) = inputs, self._pair()
        if self.normalize:
            x, y = F.normalize(x, dim=of_x), F.normalize(y, dim=of_y)
        rows, columns = x.movedim(of_x, -1), y.movedim(of_y, 1)
        product = torch.bmm(rows.reshape(len(x), -1, rows.shape[-1]), columns.reshape(len(y), columns.shape[1], -1))
        shape = rows.shape[1:-1] + columns.shape[2:]
        return product.reshape(x.shape[:1] + shape) if shape else product.reshape(len(x), 1)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """No mask is left."""


def add(inputs: Any, **kwargs: Any) -> Any:
    """Add tensors or symbols by a new `Add` layer.

    >>> add([torch.ones(2), torch.ones(2)]).tolist()
    [2.0, 2.0]
    """
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """Subtract the second tensor or symbol from the first by a new `Subtract` layer.

    >>> subtract([torch.ones(2), torch.ones(2)]).tolist()
    [0.0, 0.0]
    """
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """Multiply tensors or symbols by a new `Multiply` layer.

    >>> multiply([2 * torch.ones(2), torch.ones(2)]).tolist()
    [2.0, 2.0]
    """
    return Multiply(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Any) -> Any:
    """Take the average of tensors or symbols by a new `Average` layer.

    >>> average([torch.zeros(2), torch.ones(2)]).tolist()
    [0.5, 0.5]
    """
    return Average(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """Take the largest of tensors or symbols by a new `Maximum` layer.

    >>> maximum([torch.zeros(2), torch.ones(2)]).tolist()
    [1.0, 1.0]
    """
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """Take the smallest of tensors or symbols by a new `Minimum` layer.

    >>> minimum([torch.zeros(2), torch.ones(2)]).tolist()
    [0.0, 0.0]
    """
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """Put tensors or symbols side by side by a new `Concatenate` layer.

    >>> concatenate([torch.zeros(2, 3), torch.zeros(2, 4)]).shape
    torch.Size([2, 7])
    """
    return Concatenate(axis, **kwargs)(inputs)


def dot(inputs: Any, axes: Any = -1, **kwargs: Any) -> Any:
    """Multiply two tensors or symbols and sum along an axis of each by a new `Dot` layer.

    >>> dot([torch.ones(2, 3), torch.ones(2, 3)]).tolist()
    [[3.0], [3.0]]
    """
    return Dot(axes, **kwargs)(inputs)
