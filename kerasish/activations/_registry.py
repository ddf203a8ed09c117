"""The registry of activations, the field type that layers declare theirs with, and what makes a function one."""

import functools
from collections.abc import Callable
from typing import Annotated, Any

from torch import Tensor

from kerasish._base._registry import Registry
from kerasish.core import KerasTensor, convert_to_tensor
from kerasish.core._symbol import record


class ActivationRegistry(Registry):
    """The activations: functions of one tensor. No name at all means `linear`.

    Beside its function an activation has a *kernel*: what it does, with its defaults, to a plain tensor. A layer
    that holds only plain tensors may call that, and save the checks for symbols, arrays and options.
    """

    def __init__(self, kind: str, module: str, prefer: str = "function"):
        super().__init__(kind, module, prefer)
        self._kernels: dict[int, Callable] = {}

    def get(self, identifier: Any) -> Any:
        """Turn a name, config, class, layer, torch module or function into the callable; None is `linear`."""
        return self.functions["linear"] if identifier is None else super().get(identifier)

    def kernel(self, activation: Callable) -> Callable:
        """Give the quickest callable that does what this activation does to a plain tensor: often torch's own.

        >>> ACTIVATIONS.kernel(ACTIVATIONS.get("relu")).__name__
        'relu'
        """
        return self._kernels.get(id(activation), activation)

    def activation(self, *aliases: str, kernel: Callable | None = None) -> Callable[[Callable], Callable]:
        """Decorate a function of a tensor (and options): arrays are converted, symbols recorded, the name entered.

        Args:
            aliases: other names.
            kernel: what gives the same as the function with default options; the function itself by default.
        """

        def decorate(function: Callable) -> Callable:
            quick = kernel or function

            @functools.wraps(function)
            def call(x: Any, *args: Any, **kwargs: Any) -> Any:
                # The common case first: this is in every layer's forward pass.
                if isinstance(x, Tensor):
                    return function(x, *args, **kwargs) if args or kwargs else quick(x)
                if isinstance(x, KerasTensor):
                    return record(call, (x, *args), kwargs)
                return function(convert_to_tensor(x), *args, **kwargs)

            call.keras_module = "keras.src.activations.activations"  # type: ignore[attr-defined]
            self._kernels[id(call)] = quick
            return self.register(call, *aliases)

        return decorate


ACTIVATIONS = ActivationRegistry("activation", "keras.activations", prefer="function")
ActivationLike = Annotated[Any, ACTIVATIONS]

get = ACTIVATIONS.get
serialize = ACTIVATIONS.serialize
deserialize = ACTIVATIONS.deserialize
