"""Sequential: a model that is a list of layers, each called on what the one before gave."""

from typing import Any

from torch import Tensor, nn

from kerasish._base._serialization import deserialize, serialize
from kerasish.core import KerasTensor, standardize_dtype
from kerasish.layers._calling import adopt
from kerasish.layers._input import Input, InputLayer
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._layer import Layer
from kerasish.layers._torch_module import TorchModuleWrapper
from kerasish.models._functional import GraphModel
from kerasish.models._model import _reserved
from kerasish.models._plan import module_key


class Sequential(GraphModel):
    """A model that is a list of layers.

    Args:
        layers: layers and plain torch modules; the first may be an `Input`.
        trainable: whether its weights are trained.
        name: an automatic one by default.

    >>> from kerasish import layers
    >>> Sequential([layers.Input((4,)), layers.Dense(2)]).output_shape
    (None, 2)
    """

    def _take_over(self, args: tuple, kwargs: dict[str, Any]) -> bool:
        given = {**dict(zip(("layers", "trainable", "name"), args, strict=False)), **kwargs}
        layers = given.pop("layers", None)
        Layer._fill_fields(self, **given)
        if layers is not None and not isinstance(layers, (list, tuple)):
            raise ValueError(f"`layers` must be a list of layers; received {layers!r}.")
        for layer in layers or []:
            self.add(layer, rebuild=False)
        self._rebuild()
        return True

    def __pre_init__(self) -> None:
        super().__pre_init__()
        self.__dict__.update(_stack=[], _keys=[])

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Put a layer at the end.

        Args:
            layer: a layer, a torch module, or what `Input` gives as the very first.
            rebuild: False when more follow at once.

        Raises:
            ValueError: not a layer, a name that is there already, an Input that is not first, or an input that does not fit.
        """
        layer = self._as_layer(layer)
        stack = self._stack
        given = layer.__dict__.get("_given_input_shape")
        if given is not None and not stack and not isinstance(layer, InputLayer):
            self.add(Input(batch_shape=given, dtype="int32" if type(layer).__name__ == "Embedding" else None), rebuild=False)
        if isinstance(layer, InputLayer) and stack:
            known = f" has already been configured for inputs of shape {stack[0].batch_shape}" if self._has_input() else ""
            raise ValueError(f"An Input must be the first layer; {self.name}{known or f' has {len(stack)} already'}.")
        if any(other.name == layer.name for other in stack):
            raise ValueError(
                f"{self.name} has a layer {layer.name!r} already; all layers should have unique names. Pass another `name=`."
            )
        self._take_apart()
        key = module_key(self, layer.name)
        self._modules[key] = layer
        adopt(layer, self.training)
        stack.append(layer)
        self._keys.append(key)
        if rebuild:
            try:
                self._rebuild()
            except Exception:
                self._remove_last()
                self._rebuild()
                raise

    def pop(self, rebuild: bool = True) -> Layer:
        """Take the last layer off and give it."""
        if not self._stack:
            raise ValueError(f"{self.name} has no layers to take off.")
        layer = self._remove_last()
        self.built = False
        if rebuild:
            self._rebuild()
        return layer

    def _remove_last(self) -> Layer:
        self._take_apart()
        del self._modules[self._keys.pop()]
        return self._stack.pop()

    def _as_layer(self, layer: Any) -> Layer:
        if isinstance(layer, KerasTensor) and layer.node is not None and isinstance(layer.node.target, InputLayer):
            return layer.node.target
        if isinstance(layer, Layer):
            return layer
        if isinstance(layer, nn.Module):
            return TorchModuleWrapper(module=layer)
        raise ValueError(f"Only instances of Layer and of torch.nn.Module can be added; received {layer!r}.")

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the Input."""
        return list(self._stack[1:] if self._has_input() else self._stack)

    @layers.setter
    def layers(self, value: Any) -> None:
        raise _reserved(self)

    def _has_input(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[0], InputLayer)

    # The graph, once the input's shape is known.

    def _take_apart(self) -> None:
        for key in ("_plan", "_run", "_graph", "_inputs", "_outputs", "_input_structure", "_output_structure"):
            self.__dict__.pop(key, None)
        self.__dict__.update(_ready=False, _flat_dtypes=())
        if self._training is not None:
            self._training.trained = None  # there are other weights now
        for key in [key for key in self._modules if key not in self._keys]:
            del self._modules[key]  # masks of the graph before

    def _rebuild(self) -> None:
        """Make the graph, where the first layer tells the shape of the input."""
        stack = self._stack
        if len(stack) < 2:
            return
        if isinstance(stack[0], InputLayer):
            self._connect(stack[0].output)
        elif isinstance(stack[0], GraphModel) and stack[0]._symbols_ready() and isinstance(stack[0].input, KerasTensor):
            self._connect(Input(batch_shape=stack[0].input_shape, dtype=stack[0].input.dtype))

    def _connect(self, symbol: KerasTensor) -> None:
        outputs = symbol
        with self._naming_weights():
            for layer in self.layers:
                outputs = layer(outputs)
        kept = dict(self._modules)
        self._modules.clear()
        self._settle_graph(symbol, outputs)
        made = dict(self._modules)
        self._modules.clear()
        # Under the keys and in the order in which they were added; masks behind them.
        self._modules.update(kept)
        self._modules.update({key: module for key, module in made.items() if key not in kept})
        if isinstance(symbol.node.target, InputLayer) and symbol.node.target not in self._stack:  # type: ignore[union-attr]
            self._stack.insert(0, symbol.node.target)  # type: ignore[union-attr]
            self._keys.insert(0, next(key for key, m in made.items() if m is symbol.node.target))  # type: ignore[union-attr]

    def build(self, input_shape: Any = None) -> None:
        """Make all weights for inputs of this shape, with the batch axis."""
        self._build_as(input_shape, None)

    def _build_as(self, input_shape: Any, dtype: Any) -> None:
        if self._symbols_ready():
            if input_shape is not None and InputSpec(shape=self.input_shape).complaint(tuple(input_shape), None):
                raise ValueError(
                    f"{self.name} has already been configured for inputs of shape {self.input_shape}; "
                    f"received `input_shape` {tuple(input_shape)}."
                )
            return
        if not self._stack:
            raise ValueError(f"{self.name} has no layers: add some before it is built or called.")
        if input_shape is None:
            raise ValueError(f"{self.name} needs an `input_shape` to be built: no layer tells it.")
        if not all(size is None or isinstance(size, int) for size in input_shape):
            return  # a list or dict of inputs for the first layer: run layer by layer
        try:
            self._connect(Input(batch_shape=tuple(input_shape), dtype=dtype))
        except NotImplementedError:
            return  # a layer that cannot tell the shape of what it gives: run layer by layer

    def _build_for(self, args: tuple, kwargs: dict[str, Any]) -> None:
        x = args[0] if args else None
        if isinstance(x, (Tensor, KerasTensor)):
            self._build_as((None, *x.shape[1:]), standardize_dtype(x.dtype))
            self.__dict__["_build_shapes"] = {"input_shape": tuple(x.shape)}
        elif not self._stack:
            raise ValueError(f"{self.name} has no layers: add some before it is built or called.")
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Call the layers in turn."""
        if self._symbols_ready():
            return self._run(self, inputs)
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    def _flat(self, inputs: Any) -> list[Any]:
        if isinstance(inputs, dict) and len(inputs) == 1:
            return list(inputs.values())
        return super()._flat(inputs)

    @property
    def operations(self) -> list[Any]:
        """The layers, with the Input."""
        return list(self._stack)

    def get_config(self) -> dict[str, Any]:
        """The layers' configs."""
        config = {"name": self.name, "trainable": self.trainable, "dtype": serialize(self.dtype_policy)}
        config["layers"] = [serialize(layer) for layer in self._stack]
        shape = (self._build_shapes or {}).get("input_shape") or (self.input_shape if self._symbols_ready() else None)
        if shape is not None:
            config["build_input_shape"] = shape
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Make a model from what `get_config` gave."""
        if "layers" not in config:
            return super().from_config(config, custom_objects)
        model = cls(name=config.get("name"))  # type: ignore[arg-type]
        for described in config["layers"]:
            model.add(deserialize(described, custom_objects), rebuild=False)
        model._rebuild()
        shape = config.get("build_input_shape")
        if not model.built and shape and isinstance(shape, (list, tuple)):
            model.build((None, *shape[1:]))
        if config.get("trainable") is False:
            model.trainable = False
        return model

    def _relist(self) -> None:
        """After a copy: the stack is the children, in order."""
        self.__dict__["_stack"] = [self._modules[key] for key in self._keys]
        self.__dict__["_operations"] = list(self._stack)
