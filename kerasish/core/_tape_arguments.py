"""What a tape's gradients are asked with: targets, sources, weights, and what stands for gradients that are not there."""

import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from kerasish._base import _tree


def has_gradients(tensor: Tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex()


def is_zero(unconnected_gradients: Any) -> bool:
    name = getattr(unconnected_gradients, "value", unconnected_gradients)
    if name not in ("none", "zero"):
        raise ValueError(f"`unconnected_gradients` must be 'none' or 'zero'; received {unconnected_gradients!r}.")
    return name == "zero"


def checked_targets(target: Any, output_gradients: Any) -> tuple[list[Tensor], list[Tensor | None]]:
    targets = _tree.flatten(target)
    for leaf in targets:
        if not isinstance(leaf, Tensor):
            raise ValueError(f"`target` must be made of tensors; received {leaf!r}.")
        if not has_gradients(leaf):
            warnings.warn(f"Only targets of floating dtypes have gradients; received {leaf.dtype}.", stacklevel=3)
    if output_gradients is None:
        given = [None] * len(targets)
    else:  # one target may have its weights as a list of numbers
        given = [output_gradients] if isinstance(target, Tensor) else _tree.flatten(output_gradients)
    if len(given) != len(targets):
        raise ValueError(f"`output_gradients` must be like `target`: {len(targets)} tensors; received {len(given)}.")
    weights = []
    for leaf, weight in zip(targets, given):
        if weight is None:
            weights.append(None)
            continue
        weight = torch.as_tensor(weight, dtype=leaf.dtype, device=leaf.device)
        if weight.shape != leaf.shape:
            raise ValueError(
                f"`output_gradients` must have the shapes of `target`, {tuple(leaf.shape)}; received {tuple(weight.shape)}."
            )
        weights.append(weight)
    return targets, weights


def checked_sources(sources: Any) -> list[Tensor]:
    leaves = _tree.flatten(sources)
    for leaf in leaves:
        if not isinstance(leaf, Tensor):
            raise ValueError(f"`sources` must be tensors or Variables, or lists and dicts of them; received {leaf!r}.")
    return leaves


def completed(
    found: list[Tensor | None], sources: list[Tensor], zero: bool, before: Sequence[int] = (), after: Sequence[int] | None = None
) -> list[Tensor | None]:
    if not zero:
        return found
    shapes = [(*before, *(source.shape if after is None else after)) for source in sources]
    return [
        source.detach().new_zeros(shape) if gradient is None else gradient
        for gradient, source, shape in zip(found, sources, shapes)
    ]
