"""Plans: what `apply` knows of a list of variables, worked out once: the groups that one kernel can take, and their slots."""

from collections.abc import Callable, Hashable
from operator import attrgetter, is_
from typing import Any

import torch
from torch import Tensor

from kerasish.core import convert_to_tensor

_form = attrgetter("shape", "dtype", "device")
_stride = torch.Tensor.stride


class Group:
    """Variables of one device, dtype and kind, with plain tensors that share their slots' memory.

    Attributes:
        kind: what the optimizer tells variables apart by, usually None.
        positions: where they are in the plan's list; None when they are the whole list.
        slots: name → one tensor for each variable, or None where that has none.
        decayed: those that weight decay shrinks.
    """

    def __init__(self, kind: Hashable, positions: list[int], variables: list[Tensor], slots: dict[str, list]):
        self.kind = kind
        self.positions: list[int] | None = positions
        self.variables = variables
        self.slots = slots
        self.decayed: list[Tensor] = []
        self._forms = [_form(variable) for variable in variables]
        dense = [torch.empty_like(variable, device="meta").stride() for variable in variables]
        self._strides = list(dense)
        # Kernels walk memory from its start: a variable with gaps, such as a slice, is worked on in a copy.
        self.gappy = [i for i, variable in enumerate(variables) if variable.stride() != dense[i]]

    def take(self, gradients: list) -> list[Tensor]:
        """Pick this group's gradients, in the variables' own dtype and memory layout (fused kernels trust both blindly).

        Raises:
            ValueError: a gradient of another shape than its variable.
        """
        if self.positions is not None:
            gradients = [gradients[i] for i in self.positions]
        try:
            if list(map(_form, gradients)) == self._forms and list(map(_stride, gradients)) == self._strides:
                return gradients
        except (AttributeError, TypeError, RuntimeError):  # arrays, lists, sparse tensors
            pass
        fitted = [self._fit(gradient, i) for i, gradient in enumerate(gradients)]
        if all(map(is_, fitted, gradients)):
            self._strides = list(map(_stride, fitted))  # other strides of axes of size 1: the same memory
        return fitted

    def _fit(self, gradient: Any, i: int) -> Tensor:
        gradient = convert_to_tensor(gradient)
        shape, dtype, device = self._forms[i]
        if gradient.shape != shape:
            raise ValueError(
                f"A gradient must have its variable's shape {tuple(shape)}; received shape {tuple(gradient.shape)}. "
                "Are gradients and variables in the same order?"
            )
        if gradient.layout is not torch.strided:
            gradient = gradient.to_dense()
        gradient = gradient.to(device, dtype)
        wanted = torch.empty_like(self.variables[i])
        if all(size == 1 or a == b for size, a, b in zip(shape, gradient.stride(), wanted.stride())):
            return gradient
        return wanted.copy_(gradient)


class Plan:
    """A list of variables in groups, and the constraints on them."""

    def __init__(
        self,
        variables: list[Tensor],
        kind_of: Callable[[Tensor], Hashable],
        slots_of: Callable[[list[Tensor]], dict[str, list]],
        decays: Callable[[Tensor], bool],
    ):
        self.variables = variables
        self.constrained = [(v, v.constraint) for v in variables if getattr(v, "constraint", None) is not None]  # type: ignore[attr-defined]
        found: dict[Hashable, list[int]] = {}
        for i, variable in enumerate(variables):
            found.setdefault((variable.device, variable.dtype, kind_of(variable)), []).append(i)
        self.groups = []
        for key, positions in found.items():
            members = [variables[i] for i in positions]
            group = Group(key[2], positions, members, slots_of(members))  # type: ignore[index]
            group.decayed = [variable for variable in members if decays(variable)]
            if len(found) == 1:
                group.positions = None
            self.groups.append(group)

    def is_of(self, variables: list[Tensor]) -> bool:
        """Say whether these are the very variables of this plan."""
        return len(variables) == len(self.variables) and all(map(is_, variables, self.variables))
