"""Different optimizers for different variables of one model."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

import torch

from kerasish._base._registry import custom_object_scope
from kerasish._base._serialization import deserialize, serialize
from kerasish.optimizers._loss_scale import LossScaleOptimizer
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._registry import OPTIMIZERS
from kerasish.optimizers._state import path_of


class OptimizerMap(MutableMapping):
    """Optimizers by the path of the variables they are for; keys are paths or patterns that match whole paths.

    Args:
        default_optimizer: for variables that no key matches.
        optimizer_map: path or pattern → optimizer.

    Raises:
        ValueError: two patterns match one path.

    >>> from kerasish.optimizers import SGD, Adam
    >>> optimizers = OptimizerMap(SGD(), {"encoder/.*": Adam()})
    >>> type(optimizers["encoder/kernel"]).__name__, type(optimizers["decoder/kernel"]).__name__
    ('Adam', 'SGD')
    """

    def __init__(self, default_optimizer: Optimizer, optimizer_map: dict[str, Optimizer] | None = None):
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(f"`default_optimizer` must be an Optimizer; received {default_optimizer!r}.")
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(f"`optimizer_map` must be a dict of path → optimizer; received {optimizer_map!r}.")
        self.default_optimizer = default_optimizer
        self._optimizers: dict[str, Optimizer] = {}
        for key, optimizer in (optimizer_map or {}).items():
            self[key] = optimizer

    def __getitem__(self, key: str) -> Optimizer:
        if key in self._optimizers:
            return self._optimizers[key]
        matching = [pattern for pattern in self._optimizers if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise ValueError(f"One pattern at most may match a variable; {key!r} is matched by {matching}.")
        return self._optimizers[matching[0]] if matching else self.default_optimizer

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        if not isinstance(key, str):
            raise ValueError(f"A key must be a path or a pattern; received {key!r}.")
        if key in self._optimizers:
            raise ValueError(f"{key!r} already exists in the OptimizerMap; delete it first to replace its optimizer.")
        self._optimizers[key] = _single(optimizer)

    def __delitem__(self, key: str) -> None:
        del self._optimizers[key]

    def __len__(self) -> int:
        return len(self._optimizers)

    def __iter__(self) -> Iterator[str]:
        return iter(self._optimizers)

    def __call__(self, variable: Any) -> Optimizer:
        """Give the optimizer for a variable."""
        return self[path_of(variable)]

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that would make this map again."""
        optimizers = {key: serialize(optimizer) for key, optimizer in self._optimizers.items()}
        return {"default_optimizer": serialize(self.default_optimizer), "optimizer_map": optimizers}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> "OptimizerMap":
        """Make a map from what `get_config` gave."""
        with custom_object_scope(custom_objects or {}):
            optimizers = {key: OPTIMIZERS.get(value) for key, value in config["optimizer_map"].items()}
            return cls(OPTIMIZERS.get(config["default_optimizer"]), optimizers)


OPTIMIZERS.register(OptimizerMap)


class MultiOptimizer(Optimizer):
    """Give each variable to the optimizer that a map or a function chooses for it.

    It has no learning rate of its own: those of `optimizers` may differ.

    Args:
        optimizer_map: an OptimizerMap, or a function from a variable to its optimizer.
        loss_scale_factor: in place of the optimizers' own.
        name: the optimizer's name.

    >>> from kerasish.core import Variable
    >>> from kerasish.optimizers import SGD
    >>> slow, fast = Variable(1.0, name="slow"), Variable(1.0, name="fast")
    >>> optimizer = MultiOptimizer(OptimizerMap(SGD(0.1), {"fast": SGD(0.5)}))
    >>> optimizer.apply([torch.tensor(1.0), torch.tensor(1.0)], [slow, fast])
    >>> slow.numpy().round(2).item(), fast.numpy().round(2).item()
    (0.9, 0.5)
    """

    def __init__(
        self,
        optimizer_map: OptimizerMap | Callable[[Any], Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ):
        super().__init__(learning_rate=0.0, loss_scale_factor=loss_scale_factor, name=name)
        self._optimizer_map = optimizer_map
        self._inner_optimizers: list[Optimizer] = []
        self._places: list[int] = []
        if isinstance(optimizer_map, OptimizerMap):
            for optimizer in (*optimizer_map.values(), optimizer_map.default_optimizer):
                self._place_of(optimizer)

    def _place_of(self, optimizer: Optimizer) -> int:
        for place, known in enumerate(self._inner_optimizers):
            if known is optimizer:
                return place
        self._inner_optimizers.append(_single(optimizer))
        optimizer.loss_scale_factor = self.loss_scale_factor
        return len(self._inner_optimizers) - 1

    def build(self, variables: Iterable[Any]) -> None:
        """Choose the optimizer of each variable, and build them."""
        if not self.built:
            self._take_on(list(variables))
            self.built = True

    def _take_on(self, variables: list[Any]) -> None:
        self._forget_derived()
        places = [self._place_of(self._optimizer_map(variable)) for variable in variables]
        self._trainable_variables = self._trainable_variables + variables
        self._places = self._places + places
        for place, optimizer in enumerate(self._inner_optimizers):
            own = [variable for variable, at in zip(variables, places) if at == place]
            if own:
                optimizer._take_on_new(own)

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Hand each gradient to the optimizer of its variable."""
        if len(grads) == 0:
            return
        grads, variables = self._given(grads, trainable_variables)
        shares: dict[int, list[tuple[Any, Any]]] = {}
        for gradient, variable in zip(grads, variables):
            shares.setdefault(self._places[self._get_variable_index(variable)], []).append((gradient, variable))
        for place in sorted(shares):
            optimizer = self._inner_optimizers[place]
            optimizer.owns_gradients = self.owns_gradients
            optimizer.apply([gradient for gradient, _ in shares[place]], [variable for _, variable in shares[place]])
        with torch.no_grad():
            self._iterations.add_(1)

    def finalize_variable_values(self, var_list: Iterable[Any]) -> None:
        """Give variables the values that training ends with."""
        for variable in var_list:
            self._inner_optimizers[self._places[self._get_variable_index(variable)]].finalize_variable_values([variable])

    @property
    def optimizers(self) -> list[Optimizer]:
        """The optimizers that variables are handed to."""
        return self._inner_optimizers

    @property
    def variables(self) -> list[Any]:
        """The step count, then the variables of all optimizers."""
        return [*self._variables, *(variable for optimizer in self._inner_optimizers for variable in optimizer.variables)]

    @property
    def learning_rate(self) -> Any:
        """There is none: ask one of `optimizers`."""
        raise AttributeError("A MultiOptimizer has no learning rate of its own; see those of its `optimizers`.")

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if "_optimizer_map" in self.__dict__:
            raise AttributeError("A MultiOptimizer has no learning rate of its own; set those of its `optimizers`.")
        self._learning_rate = float(value)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "loss_scale_factor":
            for optimizer in self.__dict__.get("_inner_optimizers", ()):
                optimizer.loss_scale_factor = value

    def make_capturable(self) -> None:
        """See `Optimizer`; all optimizers are made capturable."""
        super().make_capturable()
        for optimizer in self._inner_optimizers:
            optimizer.make_capturable()

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that would make this optimizer again, without its state."""
        return {
            "optimizer_map": serialize(self._optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Make an optimizer from what `get_config` gave."""
        return cls(**{**config, "optimizer_map": deserialize(config["optimizer_map"], custom_objects)})


def _single(optimizer: Any) -> Optimizer:
    """Check that this is an optimizer that can be one of several."""
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"The optimizer of a variable must be an Optimizer instance; received {optimizer!r}.")
    if isinstance(optimizer, (LossScaleOptimizer, MultiOptimizer)):
        raise ValueError(f"{type(optimizer).__name__} cannot be used inside a MultiOptimizer.")
    return optimizer
