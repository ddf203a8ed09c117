"""Zeros around space, cutting space, and making it larger by repetition or interpolation."""

from typing import Annotated, Any, ClassVar

from torch import Tensor
from torch.nn import functional as F

from kerasish._base._settings import standardize_data_format
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._layer import Layer
from kerasish.layers._spatial import View, per_axis


def _both_sides(value: Any, rank: int, argument: str) -> tuple[tuple[int, int], ...]:
    """Give an argument told as one number, one for each axis, or a pair for each axis as pairs."""
    parts = (value,) * rank if isinstance(value, int) else tuple(value) if hasattr(value, "__iter__") else ()
    if len(parts) != rank:
        raise ValueError(f"`{argument}` must be one number, or one or a pair of them for {rank} axes; received {value!r}.")
    return tuple(per_axis(part, 2, argument, allow_zero=True) for part in parts)  # type: ignore[return-value]


class _ZeroPadding(Layer):
    rank: ClassVar[int]

    padding: Any
    data_format: Annotated[str | None, standardize_data_format] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        pairs = self._pairs()
        self.input_spec = InputSpec(ndim=self.rank + 2)
        # F.pad counts from the last axis.
        sides = [side for pair in reversed(pairs) for side in pair]
        self._sides = tuple([0, 0, *sides] if self.data_format == "channels_last" else sides)

    def _pairs(self) -> tuple[tuple[int, int], ...]:
        self.padding = _both_sides(self.padding, self.rank, "padding")
        return self.padding

    def call(self, inputs: Tensor) -> Tensor:
        """Pad."""
        return F.pad(inputs, self._sides)


class ZeroPadding1D(_ZeroPadding):
    """Put steps of zeros before and after sequences.

    Args:
        padding: how many on each side, or a pair: before and after.
        data_format: "channels_last" (batch, steps, channels) or "channels_first".

    >>> ZeroPadding1D((0, 2))(torch.ones(1, 2, 1)).flatten().tolist()
    [1.0, 1.0, 0.0, 0.0]
    """

    rank = 1
    padding: Any = 1

    def _pairs(self) -> tuple[tuple[int, int], ...]:
        self.padding = per_axis(self.padding, 2, "padding", allow_zero=True)
        return (self.padding,)


class ZeroPadding2D(_ZeroPadding):
    """Put zeros around images.

    Args:
        padding: how many on each side; or (height, width); or ((top, bottom), (left, right)).
        data_format: "channels_last" or "channels_first".

    >>> ZeroPadding2D(((1, 0), (2, 2)))(torch.ones(1, 3, 3, 4)).shape
    torch.Size([1, 4, 7, 4])
    """

    rank = 2
    padding: Any = (1, 1)


class ZeroPadding3D(_ZeroPadding):
    """Put zeros around volumes; the arguments are those of ZeroPadding2D, with three axes of space.

    >>> ZeroPadding3D(1)(torch.ones(1, 3, 3, 3, 4)).shape
    torch.Size([1, 5, 5, 5, 4])
    """

    rank = 3
    padding: Any = ((1, 1), (1, 1), (1, 1))


class _Cropping(Layer):
    rank: ClassVar[int]

    cropping: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        self._cuts = self._pairs()
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _pairs(self) -> tuple[tuple[int, int], ...]:
        self.cropping = _both_sides(self.cropping, self.rank, "cropping")
        return self.cropping

    def call(self, inputs: Tensor) -> Tensor:
        """Cut."""
        first = 2 if self.data_format == "channels_first" else 1
        for axis, (before, after) in enumerate(self._cuts, first):
            left = inputs.shape[axis] - before - after
            if left <= 0:
                shape = tuple(inputs.shape)
                raise ValueError(f"{self.name}: `cropping` must leave something; received {self.cropping} for shape {shape}.")
            inputs = inputs.narrow(axis, before, left)
        return inputs


class Cropping1D(_Cropping):
    """Cut steps off sequences.

    Args:
        cropping: how many on each side, or a pair: at the beginning and at the end.

    >>> Cropping1D((1, 0))(torch.tensor([[[1.0], [2.0], [3.0]]])).flatten().tolist()
    [2.0, 3.0]
    """

    rank = 1
    data_format = "channels_last"
    cropping: Any = (1, 1)

    def _pairs(self) -> tuple[tuple[int, int], ...]:
        self.cropping = per_axis(self.cropping, 2, "cropping", allow_zero=True)
        return (self.cropping,)


class Cropping2D(_Cropping):
    """Cut off the rim of images.

    Args:
        cropping: how much on each side; or (height, width); or ((top, bottom), (left, right)).
        data_format: "channels_last" or "channels_first".

    >>> Cropping2D(((1, 0), (1, 1)))(torch.ones(1, 5, 5, 4)).shape
    torch.Size([1, 4, 3, 4])
    """

    rank = 2
    cropping: Any = ((0, 0), (0, 0))
    data_format: Annotated[str | None, standardize_data_format] = None


class Cropping3D(_Cropping):
    """Cut off the rim of volumes; the arguments are those of Cropping2D, with three axes of space.

    >>> Cropping3D(1)(torch.ones(1, 5, 5, 5, 4)).shape
    torch.Size([1, 3, 3, 3, 4])
    """

    rank = 3
    cropping: Any = ((1, 1), (1, 1), (1, 1))
    data_format: Annotated[str | None, standardize_data_format] = None


class UpSampling1D(Layer):
    """Repeat each step.

    Args:
        size: how often.

    >>> UpSampling1D(2)(torch.tensor([[[1.0], [2.0]]])).flatten().tolist()
    [1.0, 1.0, 2.0, 2.0]
    """

    size: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        (self.size,) = per_axis(self.size, 1, "size")
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Tensor) -> Tensor:
        """Repeat."""
        return inputs.repeat_interleave(self.size, 1)


class _UpSampling(Layer):
    rank: ClassVar[int]

    size: Any
    data_format: Annotated[str | None, standardize_data_format] = None

    # Pixels repeated by "nearest" could fall off by one through rounding; not by "nearest-exact".
    _mode = "nearest-exact"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.size = per_axis(self.size, self.rank, "size")
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._view = View(self.rank, self.data_format)
        self._factors = tuple(float(size) for size in self.size)

    def call(self, inputs: Tensor) -> Tensor:
        """Repeat, or interpolate."""
        view = self._view
        if not inputs.is_floating_point():  # torch interpolates no integers
            return self.call(inputs.float()).round().to(inputs.dtype) if self._mode != "nearest-exact" else self._repeat(inputs)
        smooth = None if self._mode == "nearest-exact" else False
        return view.leave(F.interpolate(view.enter(inputs), None, self._factors, self._mode, smooth))

    def _repeat(self, inputs: Tensor) -> Tensor:
        for axis, size in enumerate(self.size, 1 if self.data_format == "channels_last" else 2):
            inputs = inputs.repeat_interleave(size, axis)
        return inputs


class UpSampling2D(_UpSampling):
    """Make images larger by whole factors.

    Args:
        size: how many times; one number, or one for height and one for width.
        data_format: "channels_last" or "channels_first".
        interpolation: "nearest" (repeat), "bilinear" or "bicubic".

    >>> UpSampling2D(2)(torch.ones(1, 3, 3, 4)).shape
    torch.Size([1, 6, 6, 4])
    """

    rank = 2
    size: Any = (2, 2)
    data_format: Annotated[str | None, standardize_data_format] = None
    interpolation: str = "nearest"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.interpolation = str(self.interpolation).lower()
        if self.interpolation not in ("nearest", "bilinear", "bicubic"):
            raise ValueError(f"`interpolation` must be 'nearest', 'bilinear' or 'bicubic'; received {self.interpolation!r}.")
        if self.interpolation != "nearest":
            self._mode = self.interpolation


class UpSampling3D(_UpSampling):
    """Make volumes larger by repeating.

    Args:
        size: how many times; one number, or one for each axis of space.
        data_format: "channels_last" or "channels_first".

    >>> UpSampling3D(2)(torch.ones(1, 2, 2, 2, 4)).shape
    torch.Size([1, 4, 4, 4, 4])
    """

    rank = 3
    size: Any = (2, 2, 2)
