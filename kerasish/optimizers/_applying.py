"""How gradients become changed variables: clipping, decay, accumulation, the update, averages, constraints."""

# pyright: reportPrivateImportUsage=false

import re
import warnings
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from operator import is_not
from typing import Any

import torch
from torch import Tensor

from kerasish.core import convert_to_tensor
from kerasish.core._capture_state import CaptureError, is_capturing, outside_capture
from kerasish.optimizers import _kernels
from kerasish.optimizers._plan import Group, Plan
from kerasish.optimizers._state import OptimizerState, path_of
from kerasish.optimizers.schedules._schedule import LearningRateSchedule


class Applying(OptimizerState):
    """The steps of `apply`, on whole lists of variables. The arguments that they go by are declared by `Optimizer`."""

    owns_gradients = False
    """True lets `apply` clip and unscale in the tensors that it is given; the engine sets it."""

    in_memory_order = False  # whether `_update` heeds nothing of a variable but its numbers, so that axes may be swapped
    can_skip = False  # whether `_update` heeds `_skip`
    _skip: Tensor | None = None  # a flag on the device: 1 leaves everything as it is (for loss scaling)
    _has_overwritten = False
    _decided: tuple[bool, bool] | None = None  # `decisions`, made beforehand for a step that is written down

    def __pre_init__(self) -> None:
        super().__pre_init__()
        self._slots: dict[str, list] = {}
        self._model_variables_moving_average: list[Any] = []
        self._accumulated_gradients: list[Any] = []
        self._not_decayed: tuple[list[Any], re.Pattern | None] = ([], None)

    # For each kind of optimizer to say.

    def _slot_blocks(self) -> list[dict[str, Any]]:
        """The variables kept for each variable of the model, name → initial value; within a block they are made in turns."""
        return []

    def _kind(self, variable: Any) -> Hashable:
        """What sets variables apart that are updated in different ways."""
        return None

    def _weight_decay_of(self, kind: Hashable) -> float | None:
        return self.weight_decay

    def _begin(self, step: Any) -> None:
        """Change what is kept per update rather than per variable."""

    def _update(self, group: Group, variables: list[Tensor], gradients: list[Tensor], rate: Any, step: Any) -> None:
        """Update a group by its gradients, which may be changed only if `owns_gradients`. Rate and step: see `_numbers`."""
        raise NotImplementedError(f"{type(self).__name__} must override `update_step(self, gradient, variable, learning_rate)`.")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable by its gradient. Yours to override; without it, whole lists are updated at once."""
        _, step = self._numbers()
        rate = learning_rate if self.capturable else float(learning_rate)
        with torch.no_grad():
            (group,) = self._make_plan([variable]).groups
            self._run(group, group.take([gradient]), rate, step)

    @property
    def _updates_one_by_one(self) -> bool:
        return type(self).update_step is not Applying.update_step

    # Building.

    def build(self, variables: Iterable[Any]) -> None:
        """Make the optimizer's variables for these variables of the model. The first `apply` does it otherwise."""
        if not self.built:
            self._take_on(list(variables))
            self.built = True

    def _take_on(self, variables: list[Any]) -> None:
        self._forget_derived()
        self._has_overwritten = self._has_overwritten or any(map(_is_overwritten, variables))
        if self.use_ema:
            averages = self.add_optimizer_variables(variables, "average")
            for average, variable in zip(averages, variables):
                if average is not None:
                    self.assign(average, variable.detach())
            self._model_variables_moving_average = self._model_variables_moving_average + averages
        self._trainable_variables = self._trainable_variables + variables
        if self.gradient_accumulation_steps:
            self._accumulated_gradients = self._accumulated_gradients + [
                self.add_variable_from_reference(variable, "gradient_accumulator") for variable in variables
            ]
        self._add_slots(variables)

    def _add_slots(self, variables: list[Any]) -> None:
        for block in self._slot_blocks():
            made = self.add_optimizer_variables(variables, list(block), list(block.values()))
            for name, slot in zip(block, made):
                self._slots.setdefault(name, []).extend(slot)

    def _take_on_new(self, variables: list[Any]) -> None:
        """Build for variables that appear in the midst of training."""
        if not self.built:
            return self.build(variables)
        known = {id(variable) for variable in self._trainable_variables}
        new = [variable for variable in variables if id(variable) not in known]
        if new and not type(self).build.__module__.startswith("kerasish."):
            self._get_variable_index(new[0])  # only the user's own `build` could make slots for it: unknown
        if new:
            self._take_on(new)
        return None

    def _plan_of(self, variables: Sequence[Any]) -> Plan:
        if self._plan is None or not self._plan.is_of(variables) or not self._plan.is_valid():
            self._plan = self._make_plan(variables)
        return self._plan

    def _make_plan(self, variables: Sequence[Any]) -> Plan:
        with outside_capture():
            return self._find_plan(variables)

    def _find_plan(self, variables: Sequence[Any]) -> Plan:
        if self._plans is None or len(self._plans) > 1000:
            self._plans = {}
        key = tuple(map(id, variables))
        if key not in self._plans or not self._plans[key].is_valid():
            swapped = self.in_memory_order and not self._updates_one_by_one
            self._plans[key] = Plan(list(variables), self._kind, self._slots_of, self._use_weight_decay, swapped)
        return self._plans[key]

    def _slots_of(self, variables: list[Any]) -> dict[str, list]:
        """Plain tensors that share the slots' memory; slots follow a model that has been moved or cast."""
        indices = [self._get_variable_index(variable) for variable in variables]
        averages = {"average": self._model_variables_moving_average, "gradient_accumulator": self._accumulated_gradients}
        found: dict[str, list] = {}
        for name, slot in {**self._slots, **averages}.items():
            for i, variable in zip(indices, variables) if slot else ():
                part = slot[i]
                if part is not None and (part.device, part.dtype) != (variable.device, variable.dtype):
                    part.data = part.data.to(variable.device, variable.dtype)
                found.setdefault(name, []).append(None if part is None else part.detach())
        return found

    # Applying.

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Change the variables by their gradients.

        Args:
            grads: a gradient for each variable; None for those that the loss did not depend on, which stay.
            trainable_variables: the variables; without them, those that the optimizer was built with.

        Raises:
            ValueError: all gradients are None, or a variable is unknown, or shapes differ.
        """
        if len(grads) == 0:
            return
        if is_capturing() and not self.capturable:
            with self._captured(trainable_variables):
                return self.apply(grads, trainable_variables)
        with torch.no_grad():
            grads, variables = self._given(grads, trainable_variables)
            if variables:
                plan = self._plan_of(variables)
                gradients = [group.take(grads) for group in plan.groups]
                if self.loss_scale_factor is not None:
                    scale = 1 / self.loss_scale_factor
                    gradients = [_kernels.multiplied(part, scale, self.owns_gradients) for part in gradients]
                if self.gradient_accumulation_steps:
                    gradients = self._accumulated(plan, gradients)
                if gradients:
                    self._descend(plan, gradients)
                if self.use_ema:
                    self._update_averages()
                for variable, constraint in plan.constrained:
                    variable.copy_(constraint(variable))
            self._iterations.add_(1 if self._skip is None else 1 - self._skip.to(torch.int32))

    @contextmanager
    def _captured(self, variables: Sequence[Any] | None) -> Iterator[None]:
        """While a function is captured: make for good what is made once, and let the graph work out what the host does else."""
        if not isinstance(self._learning_rate, (Tensor, LearningRateSchedule)):
            raise CaptureError(
                f"{self.name}: a learning rate that a Python function gives would be the same in all calls of a captured "
                "function. Use a number, which may be assigned to, or a LearningRateSchedule."
            )
        with outside_capture():
            self._take_on_new(list(self._trainable_variables if variables is None else variables))
            if any(variable.device.type != "cpu" for variable in self._trainable_variables):
                self.make_capturable()
        before, self.capturable = self.capturable, True
        try:
            yield
        finally:
            self.capturable = before

    def decisions(self) -> tuple[bool, bool]:
        """Say what the host decides of the next `apply`: whether the gradients that were gathered change the variables, and
        whether the moving averages then replace them."""
        if self._decided is not None:
            return self._decided
        gathers, replaces = self.gradient_accumulation_steps, self.ema_overwrite_frequency if self.use_ema else None
        if not gathers and not replaces:
            return True, False
        count = int(self._iterations.item())
        return not gathers or (count + 1) % gathers == 0, bool(replaces) and (count // (gathers or 1) + 1) % replaces == 0

    def possible_decisions(self) -> list[tuple[bool, bool]]:
        """All that `decisions` may ever give."""
        replaces = (False, True) if self.use_ema and self.ema_overwrite_frequency else (False,)
        return [(due, then) for due in ((False, True) if self.gradient_accumulation_steps else (True,)) for then in replaces]

    def _given(self, grads: Sequence[Any], variables: Sequence[Any] | None) -> tuple[list[Any], list[Any]]:
        """The gradients that there are and their variables; builds if need be."""
        if variables is None:
            if not self.built:
                raise ValueError(
                    "The optimizer must be built before `apply(grads)` is called without variables: "
                    "call `optimizer.build(trainable_variables)` first, or `apply(grads, trainable_variables)`."
                )
            variables = self._trainable_variables
        elif not self.built:
            self.build(variables)
        if len(grads) != len(variables):
            raise ValueError(f"There must be a gradient for each variable; received {len(grads)} and {len(variables)}.")
        if not all(map(is_not, grads, repeat(None))):
            grads, variables = _without_none(grads, variables)
        if self._has_overwritten:
            grads, variables = self._overwrite(grads, variables)
        return grads, variables  # type: ignore[return-value]

    def _descend(self, plan: Plan, gradients: list[list[Tensor]]) -> None:
        gradients = self._clipped(gradients)
        rate, step = self._numbers()
        self._begin(step)
        for group, part in zip(plan.groups, gradients):
            if self._updates_one_by_one:
                self._decay(group, rate)
                for gradient, variable in zip(part, group.members):
                    self.update_step(gradient, variable, self.learning_rate)
            else:
                self._descend_group(group, part, rate, step)

    def _descend_group(self, group: Group, gradients: list[Tensor], rate: Any, step: Any) -> None:
        self._decay(group, rate)
        self._run(group, gradients, rate, step)

    def _run(self, group: Group, gradients: list[Tensor], rate: Any, step: Any, **options: Any) -> None:
        if not group.gappy:
            return self._update(group, group.variables, gradients, rate, step, **options)
        variables = [v.clone() if i in group.gappy else v for i, v in enumerate(group.variables)]
        self._update(group, variables, gradients, rate, step, **options)
        for i in group.gappy:
            group.variables[i].copy_(variables[i])
        return None

    def _decay(self, group: Group, rate: Any) -> None:
        amount = self._weight_decay_of(group.kind)
        if amount and group.decayed:
            factor = 1 - amount * rate if self._skip is None else 1 - amount * rate * (1 - self._skip)
            torch._foreach_mul_(group.decayed, factor)

    def _clipped(self, gradients: list[list[Tensor]]) -> list[list[Tensor]]:
        """Clip the gradients of each group as the arguments say."""
        if self.clipvalue:
            return [_kernels.clamped(part, self.clipvalue, self.owns_gradients) for part in gradients]
        if self.clipnorm:
            factors = [(self.clipnorm / _kernels.norms(part).clamp(min=self.clipnorm)).unbind() for part in gradients]
        elif self.global_clipnorm:
            squares = [_kernels.norms(part).square().sum() for part in gradients]
            norm = torch.stack([square.to(squares[0].device, squares[0].dtype) for square in squares]).sum().sqrt()
            # The difference is 0, or NaN when the norm is not finite, so that a broken step is seen.
            factor = self.global_clipnorm / norm.clamp(min=self.global_clipnorm) + (norm - norm)
            factors = [factor.to(square.device) for square in squares]
        else:
            return gradients
        return [_kernels.multiplied(part, by, self.owns_gradients) for part, by in zip(gradients, factors)]

    def _clip_gradients(self, grads: Sequence[Any]) -> list[Any]:
        """Clip a list of gradients, among which may be None."""
        clipped = iter(self._clipped([[convert_to_tensor(g) for g in grads if g is not None]])[0])
        return [None if g is None else next(clipped) for g in grads]

    def _accumulated(self, plan: Plan, gradients: list[list[Tensor]]) -> list[list[Tensor]]:
        """Add to the accumulators; give their mean when it is time for an update, else nothing."""
        steps = self.gradient_accumulation_steps or 1
        for group, part in zip(plan.groups, gradients):
            torch._foreach_add_(group.slots["gradient_accumulator"], part)
        if not self.decisions()[0]:
            return []
        means = [list(torch._foreach_mul(group.slots["gradient_accumulator"], 1 / steps)) for group in plan.groups]
        torch._foreach_zero_(self._accumulated_gradients)
        return means

    def _overwrite(self, grads: Sequence[Any], variables: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Set the variables whose gradient is their new value (scales of 8-bit floats); give the other pairs."""
        steps = self.gradient_accumulation_steps
        for gradient, variable in zip(grads, variables):
            if not _is_overwritten(variable):
                continue
            if steps:
                total = self._accumulated_gradients[self._get_variable_index(variable)]
                total.copy_(torch.maximum(total, gradient))
                if not self.decisions()[0]:
                    continue
                variable.copy_(total)
                total.zero_()
            else:
                variable.copy_(gradient)
        rest = [pair for pair in zip(grads, variables) if not _is_overwritten(pair[1])]
        return [gradient for gradient, _ in rest], [variable for _, variable in rest]

    # Averages.

    def _update_averages(self) -> None:
        count = self.iterations if self.capturable else self.iterations.item()
        overwrites = self.decisions()[1]
        for averages, variables in self._averaged(self._trainable_variables):
            _kernels.approach(averages, variables, 1 - self.ema_momentum * (count != 0))
            if overwrites:
                torch._foreach_copy_(variables, averages)

    def _averaged(self, variables: Sequence[Any]) -> Iterator[tuple[list[Tensor], list[Tensor]]]:
        for group in self._make_plan(variables).groups:
            pairs = group.slots["average"], group.variables
            if self._has_overwritten:
                kept = [i for i, average in enumerate(pairs[0]) if average is not None]
                pairs = [pairs[0][i] for i in kept], [pairs[1][i] for i in kept]
            yield pairs

    def finalize_variable_values(self, var_list: Iterable[Any]) -> None:
        """Give variables the values that training ends with: their moving averages, with `use_ema`."""
        if self.use_ema:
            with torch.no_grad():
                for averages, variables in self._averaged(list(var_list)):
                    torch._foreach_copy_(variables, averages)

    # Weight decay.

    def exclude_from_weight_decay(self, var_list: Iterable[Any] | None = None, var_names: Iterable[str] | None = None) -> None:
        """Leave variables out of weight decay. Call it before the optimizer is built.

        Args:
            var_list: variables.
            var_names: patterns; those whose name has one in it are left out, `["bias"]`.
        """
        if self.built:
            raise ValueError("`exclude_from_weight_decay()` can only be configured before the optimizer is built.")
        pattern = re.compile("|".join(var_names)) if var_names else None
        self._not_decayed = (list(var_list or []), pattern)

    def _use_weight_decay(self, variable: Any) -> bool:
        excluded, pattern = self._not_decayed
        named = pattern is not None and pattern.search(str(getattr(variable, "name", None) or "")) is not None
        return not named and not any(variable is other for other in excluded)


def _is_overwritten(variable: Any) -> bool:
    return getattr(variable, "overwrite_with_gradient", False)


def _without_none(grads: Sequence[Any], variables: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    present = [i for i, gradient in enumerate(grads) if gradient is not None]
    missing = [path_of(variable) for gradient, variable in zip(grads, variables) if gradient is None]
    if not present:
        raise ValueError(f"No gradients provided for any variable. The variables are {missing}; does the loss depend on them?")
    warnings.warn(
        f"Gradients do not exist for variables {missing} when minimizing the loss. "
        "If using `model.compile()`, did you forget to provide a `loss` argument?",
        stacklevel=4,
    )
    return [grads[i] for i in present], [variables[i] for i in present]
