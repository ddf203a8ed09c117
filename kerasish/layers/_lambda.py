"""Lambda: any function as a layer."""

import inspect
from collections.abc import Callable
from typing import Any

from kerasish._base import _tree
from kerasish._base._serialization import deserialize, serialize
from kerasish.layers._layer import Layer


class Lambda(Layer):
    """Apply a function.

    A model is saved with the function's *name*: define it with `def` and register it with
    `kerasish.saving.register_keras_serializable`, or give it in `custom_objects` when loading. A file never holds code,
    so a Python lambda cannot be saved, and those in Keras's files are not loaded. The function must own no weights;
    write a Layer for that.

    Args:
        function: takes the inputs, and `mask` and `training` if it names them.
        output_shape: the shape of the outputs without the batch axis, or a function of the inputs' shape; found by default.
        mask: the mask of the outputs, or a function of the inputs and their mask.
        arguments: keyword arguments for the function.

    >>> Lambda(torch.square)(torch.tensor([3.0])).tolist()
    [9.0]
    """

    _mixes_rows = True  # for all that is known

    function: Callable
    output_shape: Any = None
    mask: Any = None
    arguments: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not callable(self.function):
            raise ValueError(f"`function` must be callable; received {self.function!r}.")
        self.arguments = dict(self.arguments or {})
        self.supports_masking = self.mask is not None
        # What other layers say once for a class depends here on the arguments.
        masks = self.mask is not None
        self.__dict__.update(_makes_mask=masks, _starts_mask=masks, _own_output_shape=self.output_shape is not None)
        try:
            taken = inspect.signature(self.function).parameters
        except (TypeError, ValueError):  # written in C
            taken = {}
        self._takes_mask, self._takes_training = "mask" in taken, "training" in taken

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        """Apply the function."""
        more = dict(self.arguments)
        if self._takes_mask:
            more["mask"] = mask
        if self._takes_training:
            more["training"] = training
        return self.function(inputs, **more)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask that was given, or what its function makes."""
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape that was given, or what is found by running the function without values."""
        if self.output_shape is None:
            return super().compute_output_shape(input_shape)
        if _tree.is_nested(self.output_shape):
            return _with_batch(self.output_shape, _tree.flatten(input_shape)[0])
        return self.output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again.

        Raises:
            ValueError: one of the functions is a Python lambda.
        """
        config = super().get_config()
        for key in ("function", "output_shape", "mask", "arguments"):
            config[key] = serialize(config[key])
        return {key: value for key, value in config.items() if value is not None or key not in ("output_shape", "mask")}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a layer from what `get_config` gave.

        Raises:
            ValueError: the config holds code, or names a function that is not known.
        """
        config = dict(config)
        for key in ("function", "output_shape", "mask", "arguments"):
            value = config.get(key)
            if isinstance(value, dict) and value.get("class_name") == "__lambda__":
                raise ValueError(
                    f"The `{key}` of Lambda {config.get('name')!r} is the code of a Python lambda, which is never run. Write it "
                    "with `def` in your program, and save the model with its name, or put a layer of your own in its place."
                )
            if value is not None:
                config[key] = deserialize(value)
        if isinstance(config.get("output_shape"), list):
            config["output_shape"] = tuple(config["output_shape"])
        return super().from_config(config)


def _with_batch(shape: Any, batch: int | None) -> Any:
    if isinstance(shape, dict):
        return {key: _with_batch(part, batch) for key, part in shape.items()}
    if any(isinstance(part, (list, tuple, dict)) for part in shape):
        return [_with_batch(part, batch) for part in shape]
    return (batch, *shape)
