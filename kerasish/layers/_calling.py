"""How a `call` is called: what its signature asks for, training mode for one call, masks, names of who calls."""

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn


class Alive:
    """What has been used anywhere in the process; as long as it has not, no call pays for it."""

    masks = False  # a layer has made a mask outside of a functional graph
    losses = 0  # counts the calls of add_loss, so that a step sees whether there were any
    own_modes = False  # there is a layer that is in training mode where nobody says otherwise
    freezing = 0  # counts how often layers were frozen or thawed, so that it is seen when what is trained has changed


alive = Alive()
scopes: list[str] = []  # the names of the layers that are being called to be built, outermost first
depth = 0  # how many calls of models are under way, counted once losses are alive


class CallSignature:
    """What a class's `call` takes: its names in order, and whether `training` and masks are among them."""

    def __init__(self, call: Callable):
        parameters = list(inspect.signature(call).parameters.values())[1:]
        kinds = inspect.Parameter
        self.any_keyword = any(p.kind is kinds.VAR_KEYWORD for p in parameters)
        self.names = [p.name for p in parameters if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
        self.takes = {p.name for p in parameters if p.kind not in (kinds.VAR_KEYWORD, kinds.VAR_POSITIONAL)}
        self.training = "training" in self.takes
        self.training_default = inspect.signature(call).parameters["training"].default if self.training else None
        self.training_index = self.names.index("training") if "training" in self.names else -1
        self.mask = "mask" in self.takes
        self.mask_names = [name for name in self.takes if name.endswith("_mask")]

    def bind(self, args: tuple, kwargs: dict) -> dict[str, Any]:
        """Arguments by name, in the order of the signature."""
        return {**dict(zip(self.names, args, strict=False)), **kwargs}


def forward_of(call: Callable, signature: CallSignature) -> Callable:
    """Make a class's `forward` of its `call`: the call itself, or one that tells it the module's training mode."""
    if not signature.training:
        return call
    index = signature.training_index

    @functools.wraps(call)  # torch.export reads the signature
    def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
        if (index < 0 or len(args) <= index) and kwargs.get("training") is None:
            kwargs["training"] = self.training
        return call(self, *args, **kwargs)

    return forward


def with_own_mode(module: nn.Module) -> list[nn.Module]:
    """List a module and those inside it that are in training mode where nobody says otherwise: `call(…, training=True)`."""
    if not alive.own_modes:
        return []
    found = [module] if getattr(type(module), "_trains_untold", False) else []
    for part in module._modules.values():  # not `modules()`: its set of modules stops torch.compile
        if part is not None:
            found += with_own_mode(part)
    return found


def adopt(module: nn.Module, training: bool) -> None:
    """Give a module, which becomes part of another, that one's training mode; outside of training some keep their own."""
    if training or not with_own_mode(module):
        module.train(training)
    elif not getattr(type(module), "_trains_untold", False):
        module.training = False
        for part in module.children():
            adopt(part, False)


@contextmanager
def own_modes_kept(module: nn.Module) -> Iterator[None]:
    """Give a module, and those inside it, that have a training mode of their own that mode back afterwards."""
    before = [(part, part.training) for part in with_own_mode(module)]
    try:
        yield
    finally:
        for part, training in before:
            part.train(training)


@contextmanager
def training_mode(layer: nn.Module, training: bool) -> Iterator[None]:
    """Put a layer and all inside it into a training mode for one call."""
    before = [(module, module.training) for module in layer.modules()]
    for module, _ in before:
        module.__dict__["training"] = training
    try:
        yield
    finally:
        for module, was in before:
            module.__dict__["training"] = was
