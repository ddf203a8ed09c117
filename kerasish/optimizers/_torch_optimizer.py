"""torch's own optimizers, behind the interface of ours."""

import functools
import inspect
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish._base._registry import did_you_mean
from kerasish.core import Variable, convert_to_numpy
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._plan import Group, Plan
from kerasish.optimizers._state import path_of
from kerasish.optimizers.schedules._schedule import plain_number


class TorchOptimizer(Optimizer):
    """Let a `torch.optim.Optimizer` make the steps; clipping, averages and accumulation are as in every optimizer.

    Learning rate, weight decay and whatever else it has stay in its `param_groups`, where torch's schedulers find them.

    Args:
        optimizer: one that holds the model's parameters already; or a class, or a function from parameters to an optimizer.
        clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency, loss_scale_factor,
            gradient_accumulation_steps, name: see `Optimizer`.

    Raises:
        ValueError: its `step` needs a closure; at building, it holds other parameters.

    >>> x = Variable(1.0)
    >>> optimizer = TorchOptimizer(functools.partial(torch.optim.SGD, lr=0.1))
    >>> optimizer.apply([torch.tensor(1.0)], [x])
    >>> x.numpy().round(2).item(), float(optimizer.learning_rate)
    (0.9, 0.1)
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer | Callable[[list[Any]], torch.optim.Optimizer],
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ):
        super().__init__(
            learning_rate=0.0,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
        )
        self._variables[:] = [self._iterations]
        self._make = optimizer
        self.torch_optimizer: Any = None
        if isinstance(optimizer, torch.optim.Optimizer):
            self.torch_optimizer = _steppable(optimizer)

    def _add_slots(self, variables: list[Any]) -> None:
        if self.torch_optimizer is None:
            made = self._make(variables)  # type: ignore[operator]
            if not isinstance(made, torch.optim.Optimizer):
                raise ValueError(f"`optimizer` must give a torch.optim.Optimizer for a list of parameters; received {made!r}.")
            self.torch_optimizer = _steppable(made)
        held = {id(parameter) for parameter in self._parameters()}
        missing = [variable for variable in variables if id(variable) not in held]
        if missing and callable(self._make):
            self.torch_optimizer.add_param_group({"params": missing})
        elif missing:
            raise ValueError(
                f"The torch optimizer must hold the model's parameters; it lacks {[path_of(v) for v in missing]}. "
                "Make it with model.parameters() after the model is built, or give its class: "
                "functools.partial(torch.optim.SGD, lr=0.1)."
            )

    def _parameters(self) -> list[Tensor]:
        return [parameter for group in self.torch_optimizer.param_groups for parameter in group["params"]]

    def _descend(self, plan: Plan, gradients: list[list[Tensor]]) -> None:
        gradients = self._clipped(gradients)
        pairs = [pair for group, part in zip(plan.groups, gradients) for pair in zip(group.members, part)]
        before = [variable.grad for variable, _ in pairs]
        for variable, gradient in pairs:
            variable.grad = gradient
        self.torch_optimizer.step()
        for (variable, _), gradient in zip(pairs, before):
            variable.grad = gradient

    def _run(self, group: Group, gradients: list[Tensor], rate: Any, step: Any, **options: Any) -> None:
        raise NotImplementedError("A torch optimizer updates all variables at once; call `apply`.")

    def stateless_apply(self, *_: Any, **__: Any) -> Any:
        """Raise: most of the state is torch's, and not among `variables`."""
        raise NotImplementedError("A torch optimizer keeps its state to itself, so `stateless_apply` cannot be given it.")

    def make_capturable(self) -> None:
        """Raise: make the torch optimizer with `capturable=True` instead."""
        raise ValueError("Make the torch optimizer with `capturable=True` instead.")

    # The learning rate.

    @property
    def learning_rate(self) -> Any:
        """The first parameter group's learning rate; assigning to it, or setting it, scales those of the others alike."""
        if self.__dict__.get("torch_optimizer") is None:
            return _GroupRate.of(self, _default_rate(self.__dict__.get("_make")))
        return _GroupRate.of(self, self.torch_optimizer.param_groups[0]["lr"])

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if "_iterations" not in self.__dict__:
            self._learning_rate = 0.0
            return
        if self.torch_optimizer is None:
            raise ValueError("The torch optimizer is made when this one is built; build it first, or give a partial with `lr`.")
        value = float(plain_number(value))
        groups = self.torch_optimizer.param_groups
        first = float(groups[0]["lr"])
        for group in groups:
            rate = value * (float(group["lr"]) / first if first else 1.0)
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate

    # Keeping and restoring.

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Write the step count, the averages, the learning rates, and torch's state of each parameter as arrays."""
        super().save_own_variables(store)
        for i, group in enumerate(self.torch_optimizer.param_groups if self.built else ()):
            store[f"lr.{i}"] = np.asarray(float(group["lr"]))
        for i, parameter in enumerate(self._parameters() if self.built else ()):
            for name, value in self.torch_optimizer.state.get(parameter, {}).items():
                if isinstance(value, (Tensor, int, float)):
                    store[f"{i}.{name}"] = np.array(convert_to_numpy(value))

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Read back what `save_own_variables` wrote."""
        own = {key: store[key] for key in store.keys() if "." not in key}
        super().load_own_variables(own)
        groups = self.torch_optimizer.state_dict()["param_groups"] if self.built else []
        state: dict[int, dict[str, Any]] = {}
        for key in store.keys():
            place, _, name = key.partition(".")
            if place == "lr" and groups:
                groups[int(name)]["lr"] = float(np.asarray(store[key]))
            elif name:
                state.setdefault(int(place), {})[name] = torch.tensor(np.asarray(store[key]))
        if groups:
            self.torch_optimizer.load_state_dict({"state": state, "param_groups": groups})

    def get_config(self) -> dict[str, Any]:
        """Give torch's class and its arguments, and the arguments that all optimizers have.

        Raises:
            TypeError: torch has no such class, or there are several parameter groups, which no config can describe.
        """
        names = [name for name in inspect.signature(type(self).__init__).parameters if name not in ("self", "optimizer")]
        return {"optimizer": _describe(self.torch_optimizer, self._make), **{name: getattr(self, name) for name in names}}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Make an optimizer from what `get_config` gave; torch's is made when it is built."""
        name, arguments = config["optimizer"]["class_name"], config["optimizer"]["config"]
        made = getattr(torch.optim, name, None)
        if not (inspect.isclass(made) and issubclass(made, torch.optim.Optimizer)):
            raise ValueError(f"torch.optim has no optimizer {name!r}.{did_you_mean(name, torch.optim.__all__)}")
        return cls(**{**config, "optimizer": functools.partial(made, **arguments)})


class _GroupRate(Variable):
    """The learning rate of a torch optimizer; what is assigned to it goes to the parameter groups."""

    @classmethod
    def of(cls, owner: TorchOptimizer, value: Any) -> "_GroupRate":
        rate = cls._wrap(torch.tensor(float(value)), False)
        rate._name, rate._path, rate._owner = "learning_rate", f"{owner.name}/learning_rate", owner  # type: ignore[attr-defined]
        return rate  # type: ignore[return-value]

    def assign(self, value: Any) -> Variable:
        self._owner.learning_rate = value  # type: ignore[attr-defined]
        return super().assign(value)


def _steppable(optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
    closure = inspect.signature(type(optimizer).step).parameters.get("closure")
    if closure is not None and closure.default is inspect.Parameter.empty:
        raise ValueError(
            f"{type(optimizer).__name__}.step needs a closure that computes the loss again, which training by batches has not."
        )
    return optimizer


def _default_rate(make: Any) -> Any:
    """The learning rate that an optimizer yet to be made will have."""
    keywords = make.keywords if isinstance(make, functools.partial) else {}
    made = make.func if isinstance(make, functools.partial) else make
    if "lr" in keywords:
        return keywords["lr"]
    if not inspect.isclass(made):
        raise ValueError("The learning rate is not known before the optimizer is built.")
    return inspect.signature(made).parameters["lr"].default


def _describe(optimizer: torch.optim.Optimizer | None, make: Any) -> dict[str, Any]:
    """Give class and arguments of a torch optimizer, made or to be made."""
    made = make.func if isinstance(make, functools.partial) else make
    arguments = dict(make.keywords) if isinstance(make, functools.partial) else {}
    if optimizer is not None:
        made = type(optimizer)
        accepted = inspect.signature(made).parameters
        arguments = {name: value for name, value in optimizer.param_groups[0].items() if name in accepted and name != "params"}
    if not inspect.isclass(made) or getattr(torch.optim, made.__name__, None) is not made:
        raise TypeError(f"Only the optimizers of torch.optim can be described in a config; received {made!r}.")
    if optimizer is not None and len(optimizer.param_groups) > 1:
        raise TypeError("A torch optimizer with several parameter groups cannot be described in a config.")
    return {"class_name": made.__name__, "config": {name: plain_number(value) for name, value in arguments.items()}}
