"""What the user may call an optimizer, made into one."""

import functools
import inspect
from collections.abc import Mapping
from typing import Any

import torch

from kerasish.optimizers._multi import OptimizerMap
from kerasish.optimizers._optimizer import Optimizer
from kerasish.optimizers._registry import OPTIMIZERS
from kerasish.optimizers._torch_optimizer import TorchOptimizer


def get(identifier: Any) -> Any:
    """Make an optimizer of a name, a class, a config, or something of torch's; one that is an optimizer is given back.

    Of torch: an optimizer that holds the model's parameters, a class from torch.optim, `functools.partial` of one, or any
    function from a list of parameters to an optimizer.

    Raises:
        ValueError: an unknown name, or something else.

    >>> found = [get("adam"), get({"class_name": "SGD", "config": {"learning_rate": 0.5}}), get(torch.optim.RMSprop)]
    >>> [type(optimizer).__name__ for optimizer in found]
    ['Adam', 'SGD', 'TorchOptimizer']
    """
    if _is_torch(identifier):
        return TorchOptimizer(identifier)
    if isinstance(identifier, OptimizerMap):
        raise ValueError("An OptimizerMap is no optimizer yet; make one of it: MultiOptimizer(optimizer_map).")
    found = OPTIMIZERS.get(identifier)
    if found is None or isinstance(found, Optimizer):
        return found
    if inspect.isroutine(found):
        return TorchOptimizer(found)
    raise ValueError(f"Could not interpret the optimizer; expected a name, an optimizer or its config, received {found!r}.")


as_optimizer = get


def serialize(optimizer: Optimizer) -> Any:
    """Describe an optimizer by plain data, without its state."""
    return OPTIMIZERS.serialize(optimizer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Make the optimizer that `serialize` described."""
    return OPTIMIZERS.deserialize(config, custom_objects)


def _is_torch(thing: Any) -> bool:
    made = thing.func if isinstance(thing, functools.partial) else thing
    return isinstance(made, torch.optim.Optimizer) or inspect.isclass(made) and issubclass(made, torch.optim.Optimizer)
