"""What layers over space share: the forms of their arguments, the views that torch's image kernels want, and padding."""

from typing import Any

from torch import Tensor
from torch.nn import functional as F


def per_axis(value: Any, rank: int, argument: str, allow_zero: bool = False) -> tuple[int, ...]:
    """Give an argument told as one number or as one for each axis of space as a tuple.

    Raises:
        ValueError: another number of sizes, or one that is too small or no integer.
    """
    sizes = (value,) * rank if isinstance(value, int) else tuple(value) if hasattr(value, "__iter__") else ()
    least = 0 if allow_zero else 1
    if len(sizes) != rank or any(isinstance(s, (bool, str)) or int(s) != s or s < least for s in sizes):
        kind = "integers of at least 0" if allow_zero else "positive integers"
        raise ValueError(f"`{argument}` must be one or {rank} {kind}; received {value!r}.")
    return tuple(int(size) for size in sizes)


def padding_mode(value: Any, causal: bool = False) -> str:
    """Give the name of a way of padding in lower case.

    Raises:
        ValueError: it is not known.
    """
    known = ("valid", "same", "causal") if causal else ("valid", "same")
    mode = value.lower() if isinstance(value, str) else value
    if mode not in known:
        raise ValueError(f"`padding` must be one of {', '.join(map(repr, known))}; received {value!r}.")
    return mode


def same_padding(size: int, window: int, stride: int) -> tuple[int, int]:
    """Say how much "same" pads before and after an axis, so that its outputs number `ceil(size / stride)`."""
    total = max(window - (size % stride or stride), 0)
    return total // 2, total - total // 2


def positive(layer: Any, *names: str) -> None:
    """Check that arguments are positive integers.

    Raises:
        ValueError: one is not.
    """
    for name in names:
        value = getattr(layer, name)
        if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            raise ValueError(f"`{name}` must be a positive integer; received {value!r}.")


def channels_of(layer: Any, input_shape: Any) -> int:
    """Give the number of channels in a shape, which has to be known to make weights.

    Raises:
        ValueError: it is not.
    """
    channels = input_shape[-1 if layer.data_format == "channels_last" else 1]
    if channels is None:
        raise ValueError(f"{layer.name}: the channel axis of the input must be known; received shape {tuple(input_shape)}.")
    return channels


class View:
    """Images as torch's kernels take them, without a copy: NHWC permuted to NCHW *is* torch's channels_last memory.

    Sequences with channels last become images of height one: torch has no such memory format for three axes.
    """

    def __init__(self, rank: int, data_format: str | None):
        self.channels_last = data_format == "channels_last"
        self.lifted = self.channels_last and rank == 1
        self.rank = 2 if self.lifted else rank
        axes = range(self.rank + 2)
        self.into = (0, axes[-1], *axes[1:-1]) if self.channels_last else None
        self.back = (0, *axes[2:], 1)

    def enter(self, x: Tensor) -> Tensor:
        """View a layer's input as a torch kernel takes it."""
        if self.into is None:
            return x
        return x.unsqueeze(1).permute(self.into) if self.lifted else x.permute(self.into)

    def leave(self, x: Tensor) -> Tensor:
        """View what a torch kernel gives as a layer's output."""
        if self.into is None:
            return x
        x = x.permute(self.back)
        return x.squeeze(1) if self.lifted else x

    def lift(self, sizes: tuple, unit: Any = 1) -> tuple:
        """Give sizes along the axes of space for the view's axes."""
        return (unit, *sizes) if self.lifted else sizes


class Window(View):
    """A kernel that slides over space: its sizes, strides, dilation and padding, settled once as torch wants them."""

    def __init__(self, layer: Any):
        rank = len(layer.kernel_size)
        super().__init__(rank, layer.data_format)
        self.sizes, self.strides = self.lift(layer.kernel_size), self.lift(layer.strides)
        self.dilation = self.lift(layer.dilation_rate)
        self.reach = tuple((size - 1) * step + 1 for size, step in zip(self.sizes, self.dilation))
        self.mode = layer.padding
        self.always: tuple[int, ...] | None = None  # the padding of any input, where both sides are padded alike
        if self.mode == "valid":
            self.always = (0,) * self.rank
        elif self.mode == "same" and max(self.strides) == 1 and all(reach % 2 for reach in self.reach):
            self.always = tuple(reach // 2 for reach in self.reach)
        # A kernel (*space, in, out) is stored as torch's (out, in, *space) in the memory format of the images.
        space = tuple(range(rank))
        self.kernel_order = (rank + 1, *space, rank) if self.channels_last else (rank + 1, rank, *space)
        self.kernel_axes = (self.rank + 1, self.rank, *range(self.rank))

    def kernel(self, kernel: Tensor) -> Tensor:
        """View a kernel (*space, in, out) as torch's (out, in, *space)."""
        return (kernel.unsqueeze(0) if self.lifted else kernel).permute(self.kernel_axes)

    def depthwise(self, kernel: Tensor) -> Tensor:
        """View a kernel (*space, channels, multiplier) as torch's (channels · multiplier, 1, *space)."""
        kernel = (kernel.unsqueeze(0) if self.lifted else kernel).permute(self.rank, *self.kernel_axes[:1], *range(self.rank))
        return kernel.flatten(0, 1).unsqueeze(1)

    def padded(self, x: Tensor) -> tuple[Tensor, tuple[int, ...]]:
        """Give a viewed input, and the padding that torch's kernel shall add; only uneven padding is added here."""
        if self.always is not None:
            return x, self.always
        if self.mode == "causal":
            pads = [(reach - 1, 0) for reach in self.reach]
        else:
            pads = [same_padding(*sizes) for sizes in zip(x.shape[2:], self.reach, self.strides)]
        if all(before == after for before, after in pads):
            return x, tuple(before for before, _ in pads)
        return F.pad(x, [side for pad in reversed(pads) for side in pad]), (0,) * self.rank

    def check(self, layer: Any, input_shape: Any) -> None:
        """Check that a kernel fits into images of that shape.

        Raises:
            ValueError: it is larger than they are.
        """
        space = self.lift(tuple(input_shape[1:-1] if self.channels_last else input_shape[2:]))
        if self.mode == "valid" and any(size is not None and size < reach for size, reach in zip(space, self.reach)):
            raise ValueError(
                f"{layer.name}: a kernel of {layer.kernel_size} does not fit into an input of shape {tuple(input_shape)}. "
                "Pass padding='same', or larger images."
            )
