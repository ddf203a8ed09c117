"""linear: weigh the last axis, by the faster of the two libraries that torch has for float32 on the CPU."""

import logging
import math
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch._C import _is_tracing
from torch._C._functorch import is_legacy_batchedtensor
from torch.autograd import Function, forward_ad
from torch.compiler import is_compiling
from torch.nn import Parameter
from torch.nn import functional as F

from kerasish.core._variable import Variable

# Multiply-adds for a thread: with fewer, what oneDNN takes longer to start (12 µs a product) is more than it saves.
_WORTH = 1 << 21
# A matrix with an axis shorter than this is read once and little reused; MKL's products with vectors are as fast or faster.
_THIN = 4
# How much faster oneDNN must be measured. Two libraries round differently: where they are much alike, torch's choice stays.
_CLEARLY = 1.2
# Runs of either: so many at least, and so many at most if the machine has that many seconds.
_RUNS = (3, 6)
_PATIENCE = 0.02

# The classes of weights that hold their values themselves; others may mean anything.
_PLAIN = (Tensor, Parameter, Variable)

_log = logging.getLogger("kerasish")
_settled = False  # whether it was measured
_smallest: float = _WORTH  # multiply-adds from which oneDNN is asked; once it was measured and is no faster, infinity


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Give `x @ weight.T + bias`, as `torch.nn.functional.linear` does, by the faster library.

    Large float32 products on the CPU go to oneDNN if it is measured, once in a process, to be clearly faster on this machine
    than torch's own choice; their gradients too. Everything else is `F.linear`: small products, other dtypes and devices,
    subclasses of tensors, symbols, and whatever runs compiled, traced, exported, transformed (`torch.func`), in a mode,
    in autocast or in forward-mode differentiation. So is everything while `torch.backends.mkldnn.flags(enabled=False)` or
    `torch.use_deterministic_algorithms(True)` hold: then results are those of `torch.nn.Linear` bit for bit.

    Args:
        bias: none by default.

    Shapes:
        x (..., inputs), weight (outputs, inputs), bias (outputs,) → (..., outputs).

    >>> linear(torch.ones(1, 3), torch.ones(2, 3), torch.tensor([0.0, 1.0])).tolist()
    [[3.0, 4.0]]
    """
    # In this order: symbols and proxies have no numbers to look at, and a tracer must not see sizes decide.
    if (
        type(x) is Tensor
        and not is_compiling()
        and not _is_tracing()
        and x.numel() * weight.size(0) >= _smallest
        and _is_for_onednn(x, weight, bias)
    ):
        if torch.is_grad_enabled() and (x.requires_grad or weight.requires_grad or bias is not None and bias.requires_grad):
            return _Linear.apply(x, weight, bias)
        return _multiply(x, weight, bias)
    return F.linear(x, weight, bias)


class _Linear(Function):
    """The product whose gradients are such products."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:  # type: ignore[override]
        for_x, for_weight, _ = ctx.needs_input_grad
        ctx.save_for_backward(x if for_weight else None, weight if for_x else None)
        return _multiply(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, by_y: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        x, weight = ctx.saved_tensors
        for_x, for_weight, for_bias = ctx.needs_input_grad
        # A gradient of gradients is wanted, or many at once: torch's own product has them.
        many = is_legacy_batchedtensor(by_y)
        multiply = F.linear if many or torch.is_grad_enabled() or _is_watched() else _multiply
        rows = by_y if by_y.dim() == 2 else by_y.reshape(-1, by_y.size(-1))
        by_weight = multiply(rows.t(), x.flatten(0, -2).t()) if for_weight else None
        by_x = multiply(by_y, weight.t()) if for_x else None
        return by_x, by_weight, rows.sum(0) if for_bias else None


def _multiply(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """oneDNN's `x @ weight.T + bias`, without a gradient."""
    rows = x if x.dim() == 2 else x.flatten(0, -2)
    y = torch.ops.mkldnn._linear_pointwise.default(_as_matrix(rows), _as_matrix(weight), bias, "none", [], "")
    # No view of it: those that a Function gives may not be changed in place.
    return y if rows is x else torch.ops.aten._unsafe_view.default(y, [*x.shape[:-1], y.size(1)])


def _as_matrix(x: Tensor) -> Tensor:
    """The matrix as it is if it lies in memory by rows or by columns, else a copy that does."""
    down, right = x.stride()
    rows, columns = x.shape
    return x if right == 1 and down >= columns or down == 1 and right >= rows else x.contiguous()


# When.


def _is_for_onednn(x: Tensor, weight: Tensor, bias: Tensor | None) -> bool:
    """Whether a large product may be and should be oneDNN's."""
    if not (
        x.is_cpu
        and x.dtype is torch.float32
        and x.layout is torch.strided
        and _is_plain(weight)
        and weight.dim() == 2
        and (bias is None or _is_plain(bias))
        and torch._C._get_mkldnn_enabled()
        and not torch.are_deterministic_algorithms_enabled()
        and not _is_watched()
    ):
        return False
    outputs, inputs = weight.shape
    if x.shape[-1] != inputs or min(outputs, inputs, x.numel() // inputs) < _THIN:
        return False
    return _settled or _settle(x.numel() * outputs)


def _is_plain(weight: Tensor) -> bool:
    return type(weight) in _PLAIN and weight.is_cpu and weight.dtype is torch.float32 and weight.layout is torch.strided


def _is_watched() -> bool:
    """Whether somebody wants to see the product, or to have another one: a mode, a transform, autocast, tangents."""
    return bool(
        torch._C._len_torch_dispatch_stack()
        or torch._C._len_torch_function_stack()
        or torch._C._are_functorch_transforms_active()
        or torch._C._is_any_autocast_enabled()
        or forward_ad._current_level >= 0
        or is_compiling()
    )


def _settle(size: int) -> bool:
    """Find out, once in a process, which library is the faster one, and say whether a product of `size` is for oneDNN."""
    global _settled, _smallest
    threads = torch.get_num_threads()
    gain = _gain(threads) if has_onednn() else 0.0
    _smallest = _WORTH * threads if gain >= _CLEARLY else math.inf
    _settled = True
    _log.debug("float32 products on the CPU: oneDNN is %.2f times as fast as torch's choice; used from %s.", gain, _smallest)
    return size >= _smallest


def has_onednn() -> bool:
    """Say whether oneDNN may multiply at all: it is there and enabled, and nobody asked for deterministic algorithms."""
    return (
        torch.backends.mkldnn.is_available()
        and torch._C._get_mkldnn_enabled()
        and not torch.are_deterministic_algorithms_enabled()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )


def _gain(threads: int) -> float:
    """How many times faster oneDNN is in a product and its gradients that keep the threads busy. Takes a few milliseconds."""
    with torch.no_grad():
        x, weight, by_y = (torch.full(shape, 0.5) for shape in ((64 * threads, 512), (256, 512), (64 * threads, 256)))

        def seconds(multiply: Callable) -> float:
            began = time.perf_counter()
            multiply(x, weight)
            multiply(by_y, weight.t())
            multiply(by_y.t(), x.t())
            return time.perf_counter() - began

        # The least of some runs in turn: whatever else the machine does only adds to a run. The first ones prepare.
        runs: list[tuple[float, float]] = []
        began = time.perf_counter()
        while len(runs) < _RUNS[0] or len(runs) < _RUNS[1] and time.perf_counter() - began < _PATIENCE:
            runs.append((seconds(F.linear), seconds(_multiply)))
    return min(run[0] for run in runs) / min(run[1] for run in runs)
