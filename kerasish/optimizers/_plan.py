"""Plans: what `apply` knows of a list of variables, worked out once: the groups that one kernel can take, and their slots."""

from collections.abc import Callable, Hashable, Sequence
from operator import attrgetter, is_
from typing import Any

import torch
from torch import Tensor

from kerasish.core import convert_to_tensor

_form = attrgetter("shape", "dtype")
_stride = torch.Tensor.stride
_address = torch.Tensor.data_ptr


class Group:
    """Variables of one device, dtype and kind, as plain tensors that share the Variables' memory; their slots likewise.

    (Kernels take a list of plain tensors in half the time that they need for a list of a subclass.)

    Attributes:
        kind: what the optimizer tells variables apart by, usually None.
        positions: where they are in the plan's list; None when they are the whole list.
        members: the variables themselves.
        slots: name → one tensor for each variable, or None where that has none.
        decayed: those that weight decay shrinks.
        gappy: the places of variables with gaps in memory, such as slices. Fused kernels walk memory from its start, so
            these are worked on in a copy.
    """

    def __init__(self, kind: Hashable, positions: list[int] | None, members: list[Any], slots: dict[str, list]):
        self.kind = kind
        self.positions = positions
        self.members = members
        self.variables: list[Tensor] = [variable.detach() for variable in members]
        self.slots = slots
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
        picked = list(gradients) if self.positions is None else [gradients[i] for i in self.positions]
        try:
            if list(map(_form, picked)) == self._forms and list(map(_stride, picked)) == self._strides:
                return picked
        except (AttributeError, TypeError, RuntimeError):  # arrays, lists, sparse tensors
            pass
        fitted = [self._fit(gradient, i) for i, gradient in enumerate(picked)]
        if all(map(is_, fitted, picked)):
            self._strides = list(map(_stride, fitted))  # other strides of axes of size 1: the same memory
        return fitted

    def _fit(self, gradient: Any, i: int) -> Tensor:
        gradient, variable = convert_to_tensor(gradient), self.variables[i]
        if gradient.shape != variable.shape:
            raise ValueError(
                f"A gradient must have its variable's shape {tuple(variable.shape)}; received shape {tuple(gradient.shape)}. "
                "Are gradients and variables in the same order?"
            )
        if gradient.layout is not torch.strided:
            gradient = gradient.to_dense()
        gradient = gradient.to(variable)
        wanted = torch.empty_like(variable)
        if all(size == 1 or a == b for size, a, b in zip(variable.shape, gradient.stride(), wanted.stride())):
            return gradient
        return wanted.copy_(gradient)


class Plan:
    """A list of variables in groups, and the constraints on them."""

    def __init__(
        self,
        variables: list[Any],
        kind_of: Callable[[Any], Hashable],
        slots_of: Callable[[list[Any]], dict[str, list]],
        decays: Callable[[Any], bool],
    ):
        self.variables = variables
        self._addresses = list(map(_address, variables))
        self.constrained = [(v, v.constraint) for v in variables if getattr(v, "constraint", None) is not None]
        found: dict[tuple, list[int]] = {}
        for i, variable in enumerate(variables):
            found.setdefault((variable.device, variable.dtype, kind_of(variable)), []).append(i)
        self.groups = []
        for (_, _, kind), positions in found.items():
            members = [variables[i] for i in positions]
            group = Group(kind, positions if len(found) > 1 else None, members, slots_of(members))
            group.decayed = [alias for variable, alias in zip(members, group.variables) if decays(variable)]
            self.groups.append(group)

    def is_of(self, variables: Sequence[Any]) -> bool:
        """Say whether these are the very variables of this plan."""
        return len(variables) == len(self.variables) and all(map(is_, variables, self.variables))

    def is_valid(self) -> bool:
        """Say whether the variables' memory is where it was (`model.to(device)` moves it)."""
        return list(map(_address, self.variables)) == self._addresses
