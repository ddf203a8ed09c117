"""Blocks of images: taken out, put together, and moved between space and channels; and axes rearranged by a pattern."""

import math
import re
from collections.abc import Sequence
from typing import TypeAlias

from torch import Tensor
from torch.nn import functional as F

from kerasish._base._settings import standardize_data_format
from kerasish.core import op as operation
from kerasish.ops._inputs import TensorLike, as_tensor

op = operation("keras.src.ops.nn")
einops_op = operation("keras.src.ops.einops")

Pair: TypeAlias = int | Sequence[int]


@op
def unfold(x: TensorLike, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1) -> Tensor:
    """Take out the blocks that a kernel moves over: (batch, channels, height, width) → (batch, channels * block, blocks)."""
    return F.unfold(as_tensor(x), kernel_size, dilation, padding, stride)  # type: ignore[arg-type]


@op
def fold(x: TensorLike, output_size: Pair, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1) -> Tensor:
    """Put blocks together again, adding where they overlap: (batch, channels * block, blocks) → (batch, channels, …)."""
    return F.fold(as_tensor(x), output_size, kernel_size, dilation, padding, stride)  # type: ignore[arg-type]


@op
def depth_to_space(x: TensorLike, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Lay out channels as blocks: (batch, h, w, c * size²) → (batch, h * size, w * size, c)."""
    if standardize_data_format(data_format) == "channels_first":
        return rearrange(x, "b (c s t) h w -> b c (h s) (w t)", **_block(block_size))
    return rearrange(x, "b h w (s t c) -> b (h s) (w t) c", **_block(block_size))


@op
def space_to_depth(x: TensorLike, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Lay out blocks as channels: (batch, h * size, w * size, c) → (batch, h, w, c * size²)."""
    if standardize_data_format(data_format) == "channels_first":
        return rearrange(x, "b c (h s) (w t) -> b (c s t) h w", **_block(block_size))
    return rearrange(x, "b (h s) (w t) c -> b h w (s t c)", **_block(block_size))


def _block(size: int) -> dict[str, int]:
    if size < 2:
        raise ValueError(f"`block_size` must be at least 2; received {size}.")
    return {"s": size, "t": size}


@einops_op
def rearrange(tensor: TensorLike, pattern: str, **axes_lengths: int) -> Tensor:
    """Reorder, join and split axes as a pattern says. Source: Rogozhnikov 2022, "Einops".

    Args:
        pattern: the axes by name before and after "->"; parentheses hold axes that are joined to one.
        axes_lengths: sizes that the tensor's shape does not settle.

    >>> rearrange([[1, 2], [3, 4]], "h w -> (w h)").tolist()
    [1, 3, 2, 4]
    """
    x = as_tensor(tensor)
    before, after = (_groups(side, pattern) for side in _sides(pattern))
    if len(before) != x.ndim:
        raise ValueError(f"`pattern` {pattern!r} names {len(before)} axes; received shape {tuple(x.shape)}.")
    sizes = dict(axes_lengths)
    for group, size in zip(before, x.shape):
        _settle(group, size, sizes, pattern)
    names = [name for group in before for name in group]
    order = [name for group in after for name in group]
    if sorted(names) != sorted(order) or len(set(names)) != len(names):
        raise ValueError(f"`pattern` must name the same axes on both sides, each once; received {pattern!r}.")
    x = x.reshape([sizes[name] for name in names]).permute([names.index(name) for name in order])
    return x.reshape([math.prod([sizes[name] for name in group]) for group in after])


def _sides(pattern: str) -> list[str]:
    sides = pattern.split("->")
    if len(sides) != 2:
        raise ValueError(f"`pattern` must have one '->'; received {pattern!r}.")
    return sides


def _groups(side: str, pattern: str) -> list[list[str]]:
    """The axes of one side, each a list of the named axes that it joins; 1 is an axis that joins none."""
    found = []
    for joined, single in re.findall(r"\(([^()]*)\)|([^\s()]+)", side):
        names = [name for name in (joined.split() if not single else [single]) if name != "1"]
        if not all(name.isidentifier() for name in names):
            raise ValueError(f"`pattern` must be made of names, 1 and parentheses; received {pattern!r}.")
        found.append(names)
    return found


def _settle(group: list[str], size: int, sizes: dict[str, int], pattern: str) -> None:
    """Find the size of the one axis of a group that is not known yet, and check the rest."""
    known, unknown = 1, []
    for name in group:
        if name in sizes:
            known *= sizes[name]
        else:
            unknown.append(name)
    if len(unknown) > 1 or size % known or not unknown and size != known:
        raise ValueError(f"An axis of size {size} cannot be ({' '.join(group)}) of {pattern!r} with the sizes {sizes}.")
    if unknown:
        sizes[unknown[0]] = size // known
