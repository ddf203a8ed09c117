"""GradientTape: which operations count for a gradient, told apart by when torch's autograd noted them."""

# pyright: reportPrivateImportUsage=false

import gc
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge

from kerasish._base import _tree
from kerasish.core._record import Record, place
from kerasish.core._tape_arguments import checked_sources, checked_targets, completed, has_gradients, is_zero


class _Thread(threading.local):
    def __init__(self) -> None:
        self.recording: list[GradientTape] = []


_thread = _Thread()
_unused: "WeakSet[GradientTape]" = WeakSet()  # tapes that may yet be asked for a gradient
differentiated = 0  # how many gradients have been asked for
_held: dict[int, int] = {}  # id of a tensor that requires gradients only because tapes watch it → how many do


class GradientTape:
    """Record what is computed in a `with` block, to give gradients of it.

    Recording is torch's autograd: tensors stay plain tensors. Parameters that require gradients are watched by themselves, other
    tensors by `watch`: they require gradients (`requires_grad`) while the block runs. What was computed before the block, after
    it, or in `stop_recording` is a constant, even where autograd has noted it. Blocks may stand in one another: what an inner
    tape gives is recorded by the outer one.

    Args:
        persistent: whether gradients may be asked for more than once; what that takes is kept as long as the tape.
        watch_accessed_variables: False for a tape that sees only what it is told to `watch`.

    >>> x = torch.nn.Parameter(torch.tensor(3.0))
    >>> with GradientTape() as outer:
    ...     with GradientTape() as tape:
    ...         y = x * x * x
    ...     slope = tape.gradient(y, x)
    >>> slope.item(), outer.gradient(slope, x).item()
    (27.0, 18.0)
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True):
        self._persistent, self._watches_accessed = bool(persistent), bool(watch_accessed_variables)
        self._record = Record()
        self._watched: dict[int, tuple[Tensor, GradientEdge]] = {}
        self._grad_modes: list[bool] = []
        self._is_used = False

    # Recording.

    def __enter__(self) -> "GradientTape":
        if self._is_recording:
            raise ValueError("The tape is recording already; a `with` block of it cannot stand in another.")
        if torch.is_inference_mode_enabled():
            raise RuntimeError(
                "Nothing can be recorded in torch.inference_mode(); use torch.no_grad() around the tape, or nothing."
            )
        self._grad_modes.append(torch.is_grad_enabled())
        torch._C._set_grad_enabled(True)
        for tensor, _ in self._watched.values():
            _hold(tensor)
        self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_recording:
            self._end()
        torch._C._set_grad_enabled(self._grad_modes.pop())
        for tensor, _ in self._watched.values():
            _release(tensor)

    @property
    def _is_recording(self) -> bool:
        return self in _thread.recording

    def _begin(self) -> None:
        _thread.recording.append(self)
        _unused.add(self)
        self._record.begin()

    def _end(self) -> None:
        _thread.recording.remove(self)
        self._record.end()

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Leave out what is computed in this block; tapes around this one record on.

        Raises:
            ValueError: the tape is not recording.
        """
        if not self._is_recording:
            raise ValueError("`stop_recording` is for a tape that is recording.")
        self._end()
        try:
            with torch.set_grad_enabled(bool(_thread.recording)):
                yield
        finally:
            self._begin()

    def reset(self) -> None:
        """Forget all that was recorded and watched; a tape that is recording begins anew."""
        is_recording = self._is_recording
        if is_recording:
            self._end()
        for tensor, _ in self._watched.values() if self._grad_modes else ():
            _release(tensor)
        self._record.clear()
        self._watched.clear()
        self._is_used = False
        if is_recording:
            self._begin()

    def watch(self, tensor: Any) -> None:
        """Record what is computed from these tensors from now on.

        Args:
            tensor: a tensor, or lists and dicts of them; whole numbers have no gradients, and are left out with a warning.

        Raises:
            ValueError: something is no tensor, or was made in inference mode.
        """
        for leaf in _tree.flatten(tensor):
            if not isinstance(leaf, Tensor):
                raise ValueError(f"`watch` takes tensors and Variables; received {leaf!r}. Make it a tensor first.")
            if not has_gradients(leaf):
                warnings.warn(
                    f"A watched tensor must be of a floating dtype; received {leaf.dtype}: it is left out.", stacklevel=2
                )
            elif leaf.is_inference():
                raise ValueError("A tensor made in inference mode cannot be watched: watch its `clone()`.")
            elif id(leaf) not in self._watched:
                _hold(leaf)
                self._watched[id(leaf)] = (leaf, get_gradient_edge(leaf))
                if not self._grad_modes:  # the block is yet to come
                    _release(leaf)

    def watched_variables(self) -> tuple[Any, ...]:
        """Give the parameters that are watched: those told to `watch`, and those that a tensor which still lives depends on.

        Tensors are looked for among all of Python's objects, some milliseconds; `optimizer.minimize(fn)` knows them at once.
        """
        found = {key: tensor for key, (tensor, _) in self._watched.items() if isinstance(tensor, torch.nn.Parameter)}
        if self._watches_accessed:
            tensors = [part for part in gc.get_objects() if issubclass(type(part), Tensor)]
            nodes, _ = self._record.walk([part.grad_fn for part in tensors])
            leaves = [node.variable for node in nodes if hasattr(node, "variable")]
            found.update((id(leaf), leaf) for leaf in leaves if isinstance(leaf, torch.nn.Parameter) and id(leaf) not in _held)
        return tuple(found.values())

    # Gradients.

    def gradient(self, target: Any, sources: Any, output_gradients: Any = None, unconnected_gradients: Any = "none") -> Any:
        """Give the gradients of the sum of all numbers in `target`.

        Args:
            target: a tensor, or lists and dicts of them.
            sources: what to differentiate by: a tensor, or lists and dicts of them.
            output_gradients: like `target`; weights of its numbers in the sum, 1 by default.
            unconnected_gradients: what a source that `target` does not depend on gets: "none" or "zero".

        Returns: one gradient for each source, of its shape and dtype, nested as the sources are.

        Raises:
            RuntimeError: a second call, of a tape that is not persistent.
            ValueError: arguments that are no tensors, or do not fit one another.
        """
        zero = is_zero(unconnected_gradients)
        self._use()
        targets, given = checked_targets(target, output_gradients)
        leaves = checked_sources(sources)
        keeps = self._persistent or self._is_shared()
        found = self._differentiate(targets, [self._edge(source) for source in leaves], given, keeps)
        return _tree.pack_sequence_as(sources, completed(found, leaves, zero))

    def jacobian(
        self,
        target: Tensor,
        sources: Any,
        unconnected_gradients: Any = "none",
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Give the derivatives of each number in `target` by each in the sources.

        Args:
            target: a tensor.
            sources: what to differentiate by: a tensor, or lists and dicts of them.
            unconnected_gradients: see `gradient`.
            parallel_iterations: how many of the target's numbers are worked on at once; all by default.
            experimental_use_pfor: False works on one after the other.

        Shapes:
            for each source: target's shape + source's shape.
        """
        zero = is_zero(unconnected_gradients)
        self._use()
        if not isinstance(target, Tensor):
            raise ValueError(f"`target` must be one tensor; received {target!r}.")
        leaves = checked_sources(sources)
        size, shape = target.numel(), tuple(target.shape)
        weights = torch.eye(size, dtype=target.dtype, device=target.device).reshape(size, *shape)
        at_once = (parallel_iterations or size) if experimental_use_pfor else 1
        rows = self._rows(target, leaves, weights, at_once)
        found = [None if row is None else row.reshape((*shape, *source.shape)) for row, source in zip(rows, leaves)]
        return _tree.pack_sequence_as(sources, completed(found, leaves, zero, shape))

    def batch_jacobian(
        self,
        target: Tensor,
        source: Tensor,
        unconnected_gradients: Any = "none",
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Give, for each sample of a batch, the derivatives of its target by its source.

        Samples are taken to depend on nothing of one another.

        Args:
            target, source: tensors with a batch axis of the same size.
            unconnected_gradients: see `gradient`.
            parallel_iterations, experimental_use_pfor: see `jacobian`.

        Shapes:
            target (batch, …), source (batch, …) → (batch, *target's others, *source's others).

        Raises:
            ValueError: the batch axes differ.
        """
        zero = is_zero(unconnected_gradients)
        if not (isinstance(target, Tensor) and isinstance(source, Tensor) and target.ndim and source.ndim):
            raise ValueError("`target` and `source` must be tensors with a batch axis; `jacobian` does without.")
        if target.shape[0] != source.shape[0]:
            raise ValueError(
                "`target` and `source` must have a batch axis of the same size; "
                f"received shapes {tuple(target.shape)} and {tuple(source.shape)}."
            )
        self._use()
        batch, *rest = target.shape
        size = target[0].numel() if batch else 0
        weights = torch.eye(size, dtype=target.dtype, device=target.device)
        weights = weights.reshape(size, 1, *rest).expand(size, batch, *rest)
        at_once = (parallel_iterations or size) if experimental_use_pfor else 1
        (rows,) = self._rows(target, [source], weights, at_once)
        if rows is None:
            return completed([None], [source], zero, (batch, *rest), source.shape[1:])[0]
        return rows.transpose(0, 1).reshape(batch, *rest, *source.shape[1:])

    def _use(self) -> None:
        global differentiated
        differentiated += 1
        if self._is_used and not self._persistent:
            raise RuntimeError(
                "A tape that is not persistent gives gradients once: use `GradientTape(persistent=True)`, or ask for all at once."
            )
        if self._is_recording and not self._persistent:
            self._end()
        self._is_used = True
        if not self._persistent:
            _unused.discard(self)

    def _is_shared(self) -> bool:
        """Whether another tape may yet need the same operations."""
        return any(other is not self and self._record.overlaps(other._record) for other in list(_unused))

    def _edge(self, source: Tensor) -> Tensor | GradientEdge | None:
        """Where the gradient by a source comes out: a leaf itself; None for what is a constant to this tape."""
        if id(source) in self._watched:
            return self._watched[id(source)][1]
        if not source.requires_grad:
            return None
        if source.is_leaf:
            return source if self._watches_accessed and id(source) not in _held else None
        if not self._record.has(source.grad_fn):
            return None
        if (
            not self._watches_accessed
            and not {edge[0] for _, edge in self._watched.values()} & self._record.walk([source.grad_fn])[0]
        ):
            return None
        return get_gradient_edge(source)

    def _differentiate(
        self,
        targets: list[Tensor],
        edges: list[Tensor | GradientEdge | None],
        weights: list[Tensor | None],
        keeps: bool,
        batched: bool = False,
    ) -> list[Tensor | None]:
        sources = {place(edge) for edge in edges if edge is not None}
        roots: list[Tensor | GradientEdge] = []
        scales: list[Tensor | None] = []
        for target, weight in zip(targets, weights):
            edge: Tensor | GradientEdge = self._watched[id(target)][1] if id(target) in self._watched else target
            if isinstance(edge, Tensor) and not edge.requires_grad:
                continue
            if place(edge) in sources or not target.is_leaf and self._record.has(target.grad_fn):
                roots.append(edge)
                is_one = target.numel() == 1 and edge is target
                scales.append(weight if weight is not None or is_one else torch.ones_like(target))
        outer = [tape._record for tape in _thread.recording]
        return self._record.gradients(roots, scales, edges, keeps, batched, outer)

    def _rows(self, target: Tensor, sources: list[Tensor], weights: Tensor, at_once: int) -> list[Tensor | None]:
        """The gradients for each of the weights, one below the other."""
        edges = [self._edge(source) for source in sources]
        size = len(weights)
        if size == 0:
            return [source.new_zeros(0, *source.shape) if edge is not None else None for source, edge in zip(sources, edges)]
        parts = []
        for first in range(0, size, at_once):
            some = weights[first : first + at_once]
            if len(some) == 1:
                part = [None if g is None else g[None] for g in self._differentiate([target], edges, [some[0]], True)]
            else:
                part = self._differentiate([target], edges, [some], True, batched=True)
            parts.append(part)
        return [None if rows[0] is None else torch.cat(rows) for rows in zip(*parts)]


def recording() -> list[GradientTape]:
    """Give the tapes of this thread that are recording, from the outermost."""
    return list(_thread.recording)


def _hold(tensor: Tensor) -> None:
    if id(tensor) in _held:
        _held[id(tensor)] += 1
    elif not tensor.requires_grad:
        tensor.requires_grad_()
        _held[id(tensor)] = 1


def _release(tensor: Tensor) -> None:
    count = _held.get(id(tensor))
    if count == 1:
        del _held[id(tensor)]
        tensor.requires_grad_(False)
    elif count:
        _held[id(tensor)] = count - 1
