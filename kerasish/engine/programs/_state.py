"""The state of a training step: every tensor that it reads and changes, in one flat list."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from operator import is_
from types import MethodType
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.stateless import _reparametrize_module

from kerasish.core import Variable

_address = torch.Tensor.data_ptr
_METHODS = ("assign", "assign_add", "assign_sub")
_ATTRIBUTES = ("name", "path", "regularizer", "constraint", "trainable", "_autocast")


class Uncapturable(Exception):
    """A step cannot be written down; the message says why."""


class StepState:
    """The tensors of a step: parameters and buffers, the optimizer's variables, the metrics' variables.

    Args:
        model: a model that has been trained on one batch at least, so that all its variables are there.
        state: what `compile` made for it.

    Attributes:
        tensors: plain tensors that share the memory of all these.
        names: what they are called.
        count: the place of the optimizer's step count among them.

    Raises:
        Uncapturable: some of it cannot be found.
    """

    def __init__(self, model: Any, state: Any):
        self.model, self.state = model, state
        optimizer = state.optimizer
        if optimizer is None or not state.trained:
            raise Uncapturable("nothing is trained")
        self._trained, self._optimizer = list(state.trained), optimizer
        self._named: dict[str, Tensor] = {**dict(model.named_parameters()), **dict(model.named_buffers())}
        self._held = list(self._named.values())
        known = {id(tensor) for tensor in self._held}
        missing = [getattr(v, "path", "parameter") for v in self._trained if id(v) not in known]
        if missing:
            raise Uncapturable(f"the variables {missing} are trained, but are no parameters of the model")
        self._of_optimizer = [variable for variable in optimizer.variables if variable is not optimizer._learning_rate]
        self._metrics = list(model.metrics)
        self._of_metrics = [metric.variables for metric in self._metrics]
        live = [*self._held, *self._of_optimizer, *(v for variables in self._of_metrics for v in variables)]
        if len({id(tensor) for tensor in live}) != len(live):
            raise Uncapturable("two parts of the training share a variable")
        if any(tensor.layout is not torch.strided or tensor.device.type != live[0].device.type for tensor in live):
            raise Uncapturable("some of the state is sparse, or lies on another kind of device")
        self._live = live
        self.names = [str(getattr(tensor, "path", None) or name) for name, tensor in self._names_of(live)]
        self.tensors = [tensor.detach() for tensor in live]
        self.count = next(i for i, tensor in enumerate(live) if tensor is optimizer._iterations)
        # The optimizer's and the metrics' variables move only after the model's have.
        self._addresses = list(map(_address, self._held))

    def _names_of(self, live: list[Tensor]) -> list[tuple[str, Tensor]]:
        names = [*self._named, *("a variable of the optimizer" for _ in self._of_optimizer)]
        return [*zip([*names, *("a metric" for _ in live[len(names) :])], live, strict=True)]

    def settle(self) -> None:
        """Bring the tensors up to date with what metrics count on the host."""
        for metric in self._metrics:
            _ = metric.variables

    def round_weights(self) -> None:
        """Change the trained weights by about as much as rounding may change a step, in the dtype that the model computes in."""
        short = any(getattr(module, "compute_dtype", None) in ("bfloat16", "float16") for module in self.model.modules())
        amount = 2.0**-8 if short else 2.0**-18
        with torch.no_grad():
            for variable in self._trained:
                if variable.is_floating_point():
                    signs = torch.arange(variable.numel(), device=variable.device).remainder_(3).sub_(1).reshape(variable.shape)
                    variable.mul_(1 + signs * amount)

    def is_valid(self) -> bool:
        """Say whether the memory of the model's tensors is still where it was."""
        return list(map(_address, self._held)) == self._addresses

    def is_current(self) -> bool:
        """Say whether a training that begins now would work on this very state."""
        known = {id(tensor) for tensor in self._held}
        held = [*self.model.parameters(), *self.model.buffers()]
        return (
            self.model._training is self.state
            and self.state.optimizer is self._optimizer
            and _same(self.state.trained or [], self._trained)
            and _same(self.model.metrics, self._metrics)
            and len(held) == len(known)
            and all(id(tensor) in known for tensor in held)
            and self.is_valid()
        )

    @contextmanager
    def replaced(self, tensors: Sequence[Tensor], rate: Tensor, decided: tuple[bool, bool]) -> Iterator["StandIns"]:
        """Let other tensors, such as a tracer's, stand for the state.

        Args:
            tensors: one for each of `self.tensors`.
            rate: the learning rate, without axes.
            decided: the optimizer's `decisions`.
        """
        tensors = list(tensors)
        raw = {id(variable): tensor for variable, tensor in zip(self._live, tensors, strict=True)}
        for variable in self._live:
            _dress(raw[id(variable)], variable)
        leaves = dict(raw)
        for variable in self._trained:
            leaf = leaves[id(variable)] = raw[id(variable)].detach().requires_grad_()
            _dress(leaf, variable)
        named = {name: leaves[id(variable)] for name, variable in self._named.items()}
        regularized = self.state.regularized
        with ExitStack() as stack:
            for metric, variables in zip(self._metrics, self._of_metrics, strict=True):
                stack.enter_context(metric._state_replaced([raw[id(variable)] for variable in variables]))
            stack.enter_context(_reparametrize_module(self.model, named, tie_weights=True))
            self.state.regularized = [(regularizer, leaves[id(weight)]) for regularizer, weight in regularized]
            try:
                yield StandIns(
                    [leaves[id(variable)] for variable in self._trained],
                    [raw[id(variable)] for variable in self._trained],
                    self._optimizer.twin(raw, rate, decided),
                )
            finally:
                self.state.regularized = regularized
                self.model._clear_losses()


def _same(some: Sequence[Any], others: Sequence[Any]) -> bool:
    return len(some) == len(others) and all(map(is_, some, others))


class StandIns:
    """What stands for the state while a step is written down: autograd's leaves, the memory that they share, the optimizer."""

    def __init__(self, leaves: list[Tensor], variables: list[Tensor], optimizer: Any):
        self.leaves, self.variables, self.optimizer = leaves, variables, optimizer


def _dress(tensor: Tensor, variable: Tensor) -> None:
    """Give a tensor what layers and optimizers ask of a Variable."""
    if not isinstance(variable, Variable):
        return
    attributes: Mapping[str, Any] = {name: getattr(variable, name) for name in _ATTRIBUTES}
    for name, value in attributes.items():
        try:
            setattr(tensor, name, value)
        except (AttributeError, RuntimeError):  # what torch itself calls so, such as a tensor's `name`
            continue
    for name in _METHODS:
        setattr(tensor, name, MethodType(getattr(Variable, name), tensor))
    tensor.value = tensor  # type: ignore[attr-defined]
    tensor.overwrite_with_gradient = getattr(variable, "overwrite_with_gradient", False)  # type: ignore[attr-defined]
