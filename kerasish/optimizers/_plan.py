"""Plans: what `apply` knows of a list of variables, worked out once: the groups that one kernel can take, and their slots."""

from collections.abc import Callable, Hashable, Sequence
from operator import attrgetter, is_
from typing import Any

import torch
from torch import Tensor, nn

from kerasish.core import Variable, convert_to_tensor

_form = attrgetter("shape", "dtype")
_stride = torch.Tensor.stride
_address = torch.Tensor.data_ptr


class Group:
    """Variables of one device, dtype and kind, as plain tensors that share the Variables' memory; their slots likewise.

    (Kernels take a list of plain tensors in half the time that they need for a list of a subclass. Fused kernels copy what is
    not contiguous, so for optimizers that run on them a kernel that lies transposed in memory is seen as it lies.)

    Attributes:
        kind: what the optimizer tells variables apart by, usually None.
        positions: where they are in the plan's list; None when they are the whole list.
        members: the variables themselves.
        slots: name → one tensor for each variable, or None where that has none.
        decayed: those that weight decay shrinks.
        gappy: the places of variables with gaps in memory, such as slices. Fused kernels walk memory from its start, so
            these are worked on in a copy.
    """

    def __init__(
        self, kind: Hashable, positions: list[int] | None, members: list[Any], slots: dict[str, list], in_memory_order: bool
    ):
        self.kind = kind
        self.positions = positions
        self.members = members
        self.variables: list[Tensor] = [variable.detach() for variable in members]
        self.slots = slots
        views = [(i, _view_of_memory(v) if in_memory_order else None) for i, v in enumerate(self.variables)]
        self._views = [(i, view) for i, view in views if view is not None]
        for i, view in self._views:
            self.variables[i] = view(self.variables[i])
            for slot in slots.values():
                slot[i] = None if slot[i] is None else view(slot[i])
        self.decayed: list[Tensor] = []
        self._forms = [_form(variable) for variable in self.variables]
        dense = [torch.empty_like(variable, device="meta").stride() for variable in self.variables]
        self._strides = list(dense)
        self.gappy = [i for i, variable in enumerate(self.variables) if variable.stride() != dense[i]]

    def take(self, gradients: Sequence[Any]) -> list[Tensor]:
        """Pick this group's gradients, in the variables' own dtype and memory layout (fused kernels trust both blindly).

        Raises:
            ValueError: a gradient of another shape than its variable.
        """
        picked = _picked(gradients, self.positions)
        try:
            for i, view in self._views:
                picked[i] = view(picked[i])
            if list(map(_form, picked)) == self._forms and list(map(_stride, picked)) == self._strides:
                return picked
        except (AttributeError, TypeError, RuntimeError):  # arrays, lists, sparse tensors
            pass
        return [self._fit(gradient, i) for i, gradient in enumerate(_picked(gradients, self.positions))]

    def _fit(self, gradient: Any, i: int) -> Tensor:
        gradient, variable = convert_to_tensor(gradient), self.variables[i]
        shape = self.members[i].shape
        if gradient.shape != shape:
            raise ValueError(
                f"A gradient must have its variable's shape {tuple(shape)}; received shape {tuple(gradient.shape)}. "
                "Are gradients and variables in the same order?"
            )
        if gradient.layout is not torch.strided:
            gradient = gradient.to_dense()
        view = dict(self._views).get(i)
        gradient = (gradient if view is None else view(gradient)).to(variable)
        wanted = torch.empty_like(variable)
        if all(size == 1 or a == b for size, a, b in zip(variable.shape, gradient.stride(), wanted.stride())):
            self._strides[i] = gradient.stride()  # axes of size 1 may have any; remembered, for the next will have the same
            return gradient
        return wanted.copy_(gradient)


def _picked(gradients: Sequence[Any], positions: list[int] | None) -> list[Any]:
    return list(gradients) if positions is None else [gradients[i] for i in positions]


def _view_of_memory(variable: Tensor) -> Callable[[Tensor], Tensor] | None:
    """What swaps the axes into the order that they have in memory, if that is another order than that of the shape."""
    if variable.is_contiguous():
        return None
    order = sorted(range(variable.dim()), key=lambda axis: (-variable.stride(axis), axis))
    if not variable.permute(order).is_contiguous():
        return None
    return torch.Tensor.t if order == [1, 0] else lambda tensor: tensor.permute(order)


class Plan:
    """A list of variables in groups, and the constraints on them."""

    def __init__(
        self,
        variables: list[Any],
        kind_of: Callable[[Any], Hashable],
        slots_of: Callable[[list[Any]], dict[str, list]],
        decays: Callable[[Any], bool],
        in_memory_order: bool,
    ):
        self.variables = variables
        # Tensors that stand for others (in a trace, on several devices) have no address.
        self._addresses = list(map(_address, variables)) if all(map(_is_plain, variables)) else None
        self.constrained = [(v, v.constraint) for v in variables if getattr(v, "constraint", None) is not None]
        found: dict[tuple, list[int]] = {}
        for i, variable in enumerate(variables):
            found.setdefault((variable.device, variable.dtype, kind_of(variable)), []).append(i)
        self.groups = []
        for (_, _, kind), positions in found.items():
            members = [variables[i] for i in positions]
            group = Group(kind, positions if len(found) > 1 else None, members, slots_of(members), in_memory_order)
            group.decayed = [alias for variable, alias in zip(members, group.variables) if decays(variable)]
            self.groups.append(group)

    def is_of(self, variables: Sequence[Any]) -> bool:
        """Say whether these are the very variables of this plan."""
        return len(variables) == len(self.variables) and all(map(is_, variables, self.variables))

    def is_valid(self) -> bool:
        """Say whether the variables' memory is where it was (`model.to(device)` moves it)."""
        return self._addresses is None or list(map(_address, self.variables)) == self._addresses


def _is_plain(variable: Any) -> bool:
    return type(variable) in (Tensor, Variable, nn.Parameter)
