"""Record: intervals of what torch's autograd notes, and gradients within them."""

# pyright: reportPrivateImportUsage=false

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge

# Autograd numbers the operations of a thread as it notes them; this is the number of the next one.
_now: Any = torch._C._autograd._get_sequence_nr  # type: ignore[attr-defined]
_ENDLESS = 2**64 - 1  # the number that leaves have: none is within a record


class Record:
    """The operations that autograd noted between a `begin` and the `end` after it."""

    def __init__(self) -> None:
        self._segments: list[list[int]] = []  # from which number, up to which
        self._foreign: set[Any] = set()  # operations that another thread numbered: those of a backward pass

    def begin(self) -> None:
        """Count what is noted from now on."""
        self._segments.append([_now(), _ENDLESS])

    def end(self) -> None:
        """Count nothing more."""
        self._segments[-1][1] = _now()

    def clear(self) -> None:
        """Forget all operations."""
        self._segments.clear()
        self._foreign.clear()

    def overlaps(self, other: "Record") -> bool:
        """Say whether some operations may be in both."""
        return any(a[0] < b[1] and b[0] < a[1] for a in self._segments for b in other._segments)

    def has(self, node: Any) -> bool:
        """Say whether an operation of autograd's graph is in this record."""
        number = node._sequence_nr()
        return any(first <= number < last for first, last in self._segments) or node in self._foreign

    def walk(
        self, roots: Sequence[Any], wanted: frozenset = frozenset(), reached: set[Any] | None = None
    ) -> tuple[set[Any], list[Any]]:
        """Go from the results of recorded operations to what they were computed from.

        Args:
            wanted: results of operations, as pairs of an operation and a number.
            reached: gets those of `wanted` and the ids of the leaves that are come across.

        Returns: the operations that were reached, and those at which the record ends.
        """
        reached = set() if reached is None else reached
        stack = [node for node in dict.fromkeys(roots) if node is not None and self.has(node)]
        seen, ends = set(stack), []
        only = self._segments[0] if len(self._segments) == 1 and not self._foreign else None
        first, last = only or (0, 0)
        while stack:
            for edge in stack.pop().next_functions:
                child = edge[0]
                if wanted and edge in wanted:
                    reached.add(edge)
                if child is None or child in seen:
                    continue
                seen.add(child)
                if first <= child._sequence_nr() < last or only is None and self.has(child):
                    stack.append(child)
                elif hasattr(child, "variable"):
                    reached.add(id(child.variable))
                else:
                    ends.append(child)
        return seen, ends

    def gradients(
        self,
        targets: Sequence[Tensor | GradientEdge],
        weights: Sequence[Tensor | None],
        sources: Sequence[Tensor | GradientEdge | None],
        keeps: bool,
        batched: bool,
        outer: "Sequence[Record]",
    ) -> list[Tensor | None]:
        """Differentiate by what recorded operations depend on; what was computed before the record is a constant.

        Args:
            targets: results of recorded operations, or sources.
            weights: of the targets' numbers in their sum; None for 1, where a target is one number.
            sources: where gradients come out; None where there is none.
            keeps: whether autograd's graph is kept for another time.
            batched: whether weights have an axis more, in front: one set of gradients for each.
            outer: records that are to have the backward pass.
        """
        found: list[Tensor | None] = [None] * len(sources)
        if not targets:
            return found
        known = [None if source is None else place(source) for source in sources]
        reached = set(map(place, targets)).intersection(known)  # targets that are sources
        inner = frozenset(spot for spot in known if type(spot) is tuple)
        _, ends = self.walk(_nodes(targets), inner, reached)
        wanted = [i for i, spot in enumerate(known) if spot is not None and spot in reached]
        if not wanted:
            return found
        hooks = [node.register_prehook(_stopped) for node in ends]
        try:
            gradients = torch.autograd.grad(
                targets,  # type: ignore[arg-type]
                [sources[i] for i in wanted],  # type: ignore[arg-type]
                weights,
                retain_graph=keeps or bool(outer),
                create_graph=bool(outer),
                allow_unused=True,
                is_grads_batched=batched,
            )
        finally:
            for hook in hooks:
                hook.remove()
        _note_foreign(outer, targets, weights, gradients)
        for i, gradient in zip(wanted, gradients):
            found[i] = gradient
        return found


def place(edge: Tensor | GradientEdge) -> Any:
    """What tells a source apart: the id of a leaf, or an operation and the number of its result."""
    if isinstance(edge, Tensor):
        return id(edge) if edge.grad_fn is None else (edge.grad_fn, edge.output_nr)
    node: Any = edge[0]
    return id(node.variable) if hasattr(node, "variable") else (node, edge[1])


def _nodes(edges: Sequence[Any]) -> list[Any]:
    return [edge.grad_fn if isinstance(edge, Tensor) else edge[0] for edge in edges]


def _stopped(gradients: tuple) -> tuple:
    return (None,) * len(gradients)


def _note_foreign(records: Sequence[Record], targets: Sequence[Any], weights: Sequence[Any], gradients: Sequence[Any]) -> None:
    """Let records know the operations of a backward pass, which on a GPU a thread of torch's own has numbered."""
    if not records or all(gradient is None or gradient.is_cpu for gradient in gradients):
        return
    made = [gradient.grad_fn for gradient in gradients if gradient is not None and gradient.grad_fn is not None]
    before = [node for node in _nodes([*targets, *(weight for weight in weights if weight is not None)]) if node is not None]
    new = _all_nodes(made) - _all_nodes(before)
    for record in records:
        record._foreign |= new


def _all_nodes(roots: list[Any]) -> set[Any]:
    seen, stack = set(roots), list(roots)
    while stack:
        for child, _ in stack.pop().next_functions:
            if child is not None and child not in seen:
                seen.add(child)
                stack.append(child)
    return seen
