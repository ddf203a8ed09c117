"""Shape inference by running the code itself on meta tensors, which have shapes and no values."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import torch
from torch.overrides import TorchFunctionMode

from kerasish._base import _tree
from kerasish.core._dtypes import standardize_dtype, torch_dtype

# Unknown sizes are filled with one prime and then another; what differs in the results is unknown. They are
# far apart, so that no pooling rounds both to one size, and no real layer has such a width.
_FILLS = (1021, 2039)
# Where an operation cannot have these: sizes that much divides.
_DIVISIBLE = (5040, 10080)
_MOST_TRIES = 60
_active_fill: int | None = None
_values_decide = False  # whether some size has been said to depend on values


class _OnMeta(TorchFunctionMode):
    """Swap every real tensor for a twin on the meta device, so that code which owns weights runs without values."""

    def __init__(self) -> None:
        super().__init__()
        self._twins: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    def twin(self, leaf: Any) -> Any:
        if not isinstance(leaf, torch.Tensor) or leaf.device.type == "meta":
            return leaf
        kept = self._twins.get(id(leaf))
        if kept is None:
            # The original is kept too, so that its id is not given to another tensor.
            kept = self._twins[id(leaf)] = (leaf, torch.empty_like(leaf.detach(), device="meta"))
        return kept[1]

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        kwargs = kwargs or {}
        with torch._C.DisableTorchFunction():
            args = tuple(_tree.map_structure(self.twin, arg) for arg in args)
            kwargs = {key: _tree.map_structure(self.twin, value) for key, value in kwargs.items()}
        if func in (torch.Tensor.cpu, torch.Tensor.cuda):
            return args[0]
        if func is torch.Tensor.to:
            args = tuple(arg for arg in args if not isinstance(arg, torch.device) and not _names_device(arg))
            kwargs.pop("device", None)
            return func(*args, **kwargs) if len(args) + len(kwargs) > 1 else args[0]
        if "device" in kwargs:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


def _names_device(arg: Any) -> bool:
    return isinstance(arg, str) and arg.split(":")[0] in ("cpu", "cuda", "meta", "mps")


@contextmanager
def real_tensors() -> Iterator[None]:
    """Make real tensors although shapes are being inferred: the weights of a layer that is built meanwhile."""
    with torch._C.DisableTorchFunction():
        yield


def known_shape(shape: Any) -> tuple[int | None, ...]:
    """A tensor's shape as layers are built with it: while shapes are inferred, filled sizes are unknown again."""
    if _active_fill is None:
        return tuple(shape)
    return tuple(None if size == _active_fill else size for size in shape)


def is_inferring() -> bool:
    """Say whether code runs now only to learn shapes."""
    return _active_fill is not None


def unknown_size() -> int:
    """Give the size, while shapes are inferred, of an axis whose length only values decide."""
    global _values_decide
    assert _active_fill is not None
    _values_decide = True
    return _active_fill


def infer(
    function: Callable,
    args: tuple,
    kwargs: dict,
    make: Callable[[tuple, str], Any],
    symbol: type,
    label: str = "function",
    pure: bool = False,
) -> Any:
    """Give the tree of what a function would return for these symbols, each tensor made by `make(shape, dtype)`.

    Args:
        pure: whether the function makes nothing else, so that it may be run again: sizes that are not known may then be
            those that it needs, such as the size of the axis that they meet.

    Raises:
        ValueError: the code fails on such shapes, or needs values to go on.
    """
    leaves = [leaf for leaf in _tree.flatten((args, kwargs)) if isinstance(leaf, symbol)]
    unknown = any(size is None for leaf in leaves for size in leaf.shape)
    global _values_decide
    before, _values_decide = _values_decide, False
    try:
        results = [_run(function, args, kwargs, symbol, _FILLS[0])]
        if unknown or _values_decide:
            results.append(_run(function, args, kwargs, symbol, _FILLS[1]))
    except Exception as error:
        found = _run_on_sizes_that_fit(function, args, kwargs, symbol, leaves) if pure and unknown else None
        if found is None:
            _raise(error, label, leaves)
        results = found
    finally:
        _values_decide = before or _values_decide and _active_fill is not None

    def join(first: Any, *others: Any) -> Any:
        if not isinstance(first, torch.Tensor):
            return first
        sizes = zip(first.shape, *(other.shape for other in others), strict=True)
        shape = tuple(axis[0] if len(set(axis)) == 1 else None for axis in sizes)
        return make(shape, standardize_dtype(first.dtype))

    return _tree.map_structure(join, *results)


def _raise(error: Exception, label: str, leaves: list[Any]) -> NoReturn:
    if getattr(error, "explains_itself", False):
        raise error
    shapes = ", ".join(str(leaf.shape) for leaf in leaves)
    raise ValueError(f"{label} cannot be applied to a symbol of shape {shapes}: {error}") from error


def _run_on_sizes_that_fit(function: Callable, args: tuple, kwargs: dict, symbol: type, leaves: list[Any]) -> list[Any] | None:
    """Run an operation on sizes that much divides, or on sizes and numbers among its arguments; None if it has none of them."""
    spots = [(id(leaf), axis) for leaf in leaves for axis, size in enumerate(leaf.shape) if size is None]
    numbers = {leaf for leaf in _tree.flatten((args, kwargs)) if type(leaf) is int and leaf > 0}
    known = sorted(numbers | {size for leaf in leaves for size in leaf.shape if size})
    choices: list[tuple] = []
    if len(spots) <= 4:
        choices = sorted(itertools.product((None, *known), repeat=len(spots)), key=lambda choice: len(spots) - choice.count(None))
    for fills, choice in [(_DIVISIBLE, ()), *((_FILLS, choice) for choice in choices[1:_MOST_TRIES])]:
        sizes = {spot: size for spot, size in zip(spots, choice) if size is not None}
        with contextlib.suppress(Exception):  # that it does not take these sizes is what is asked
            results = [_run(function, args, kwargs, symbol, fill, sizes) for fill in fills]
            # A size that may be twice as large is not the one that it must be: multiples of it fit, too.
            for spot, size in sizes.items():
                with contextlib.suppress(Exception):
                    results.append(_run(function, args, kwargs, symbol, fills[0], {**sizes, spot: 2 * size}))
            return results
    return None


def _run(
    function: Callable, args: tuple, kwargs: dict, symbol: type, fill: int, sizes: dict[tuple[int, int], int] | None = None
) -> Any:
    global _active_fill
    sizes = sizes or {}

    def concrete(leaf: Any) -> Any:
        if not isinstance(leaf, symbol):
            return leaf
        shape = [sizes.get((id(leaf), axis), fill) if size is None else size for axis, size in enumerate(leaf.shape)]
        return torch.empty(shape, dtype=torch_dtype(leaf.dtype), device="meta")

    args = tuple(_tree.map_structure(concrete, arg) for arg in args)
    kwargs = {key: _tree.map_structure(concrete, value) for key, value in kwargs.items()}
    before, _active_fill = _active_fill, fill
    try:
        with torch.no_grad(), torch.device("meta"), _OnMeta():
            return function(*args, **kwargs)
    finally:
        _active_fill = before
