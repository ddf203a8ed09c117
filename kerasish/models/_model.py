"""Model: a layer that can be trained, evaluated, used, shown and saved."""

import json
from typing import Any, ClassVar

from torch import nn

from kerasish._base._registry import did_you_mean
from kerasish._base._serialization import deserialize, serialize
from kerasish.core import is_symbolic
from kerasish.engine._trainer import Trainer
from kerasish.layers import _calling
from kerasish.layers._calling import alive
from kerasish.layers._layer import Layer
from kerasish.models._model_files import ModelFiles
from kerasish.models._state_tree import StateTree
from kerasish.models._summary import print_summary


class Model(Trainer, ModelFiles, StateTree, Layer):
    """A layer that can be trained. It is an `nn.Module`, as everything in it is.

    Three ways to one: `Model(inputs, outputs)` of symbols, `Sequential([...])`, or a subclass that makes its layers
    in `__init__` and calls them in `call`.

    Args:
        inputs, outputs: the symbols of a functional model.
        name: an automatic one by default.

    >>> from kerasish import layers
    >>> x = layers.Input((4,))
    >>> Model(x, layers.Dense(2)(x)).count_params()
    10
    """

    registry = None
    _functional: ClassVar[type["Model"]]  # Functional, which is made of this class

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and _is_functional(args, kwargs):
            return Layer.__new__(Model._functional)
        return Layer.__new__(cls)

    def _take_over(self, args: tuple, kwargs: dict[str, Any]) -> bool:
        """Become a functional model where a subclass is made with `inputs` and `outputs`."""
        if not _is_functional(args, kwargs):
            return False
        functional = Model._functional
        cls = type(self)
        self.__class__ = type(cls.__name__, (cls, functional), {"__module__": cls.__module__, "_own_init": cls._own_init})  # pyright: ignore
        return functional._take_over(self, args, kwargs)

    def __pre_init__(self) -> None:
        super().__pre_init__()
        self._prepare_training()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not alive.losses:
            return Layer.__call__(self, *args, **kwargs)
        # What layers add to the loss is that of the outermost call that was last made.
        if not _calling.depth:
            self._clear_losses()
        _calling.depth += 1
        try:
            return Layer.__call__(self, *args, **kwargs)
        finally:
            _calling.depth -= 1

    @property
    def layers(self) -> list[Layer]:
        """The layers set as attributes, in order."""
        return list(self._flatten_layers(include_self=False, recursive=False))

    @layers.setter
    def layers(self, value: Any) -> None:
        raise _reserved(self)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Give a layer by its name or its place in `layers`.

        Raises:
            ValueError: there is no such layer.
        """
        if (name is None) == (index is None):
            raise ValueError("Give either `name` or `index`.")
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(f"{self.name} has {len(layers)} layers; received index {index}.")
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(f"{self.name} has no layer {name!r}.{did_you_mean(str(name), [layer.name for layer in layers])}")

    def build(self, input_shape: Any) -> None:
        """Make all weights, by running the model without values on inputs of these shapes."""
        if not self.built:
            self._build_by_running(input_shape)

    def _build_by_running(self, input_shape: Any) -> None:
        if type(self).call is Layer.call:
            raise NotImplementedError(f"{type(self).__name__} must define `call(self, inputs)`.")
        self.built = True  # so that running it does not lead here again
        try:
            with self._naming_weights():
                self.compute_output_shape(input_shape)
        except Exception:
            self.built = False
            raise

    def _see_whether_built(self) -> None:
        if not self.built and not self.layers and self.weights and type(self).build is Model.build:
            self.built = True

    def _build_for(self, args: tuple, kwargs: dict[str, Any]) -> None:
        if type(self).build is not Model.build:
            return super()._build_for(args, kwargs)
        # A subclass without a `build`: its layers are built as its `call` reaches them.
        shapes = [tuple(x.shape) for x in args[:1] if hasattr(x, "shape")]
        self.__dict__["_build_shapes"] = {"input_shape": shapes[0]} if shapes else None
        self.built = True
        if is_symbolic(args, kwargs):
            self.compute_output_spec(*args, **kwargs)
        return None

    def summary(
        self,
        line_length: int | None = None,
        positions: list[float] | None = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print the layers, the shapes they give and the numbers of their parameters, as Keras does.

        Args:
            line_length: the width in characters.
            positions: where the columns end, as parts of the width.
            print_fn: takes the whole text; `print` by default.
            expand_nested: also list the layers of models inside.
            show_trainable: add a column that says whether a layer is trained.
            layer_range: the first and last name to list.

        Raises:
            ValueError: the model is not built.
        """
        print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range)

    def to_json(self, **kwargs: Any) -> str:
        """Describe the architecture in JSON; `kerasish.models.model_from_json` makes it again.

        Args:
            **kwargs: for `json.dumps`.
        """
        return json.dumps(serialize(self), **kwargs)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Make a model from what `get_config` gave."""
        if cls is Model or "layers" in config and "input_layers" in config and not cls._own_init:
            return Model._functional.from_config(config, custom_objects)
        return super().from_config({key: deserialize(value, custom_objects) for key, value in config.items()})

    __repr__ = nn.Module.__repr__


def _reserved(model: Any) -> AttributeError:
    way = "Use `add()` and `pop()`" if hasattr(model, "add") else "Use another name"
    return AttributeError(f"`Model.layers` attribute is reserved: it lists the layers of {type(model).__name__}. {way}.")


def _is_functional(args: tuple, kwargs: dict[str, Any]) -> bool:
    return len(args) >= 2 or len(args) == 1 and "outputs" in kwargs or "inputs" in kwargs and "outputs" in kwargs
