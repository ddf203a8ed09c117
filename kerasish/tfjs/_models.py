"""Models: kerasish's own with TensorFlow.js's methods, whose data and results are Tensors. Training is the same engine's."""

from collections.abc import Mapping
from typing import Any

from kerasish import models as rooms
from kerasish.core import KerasTensor
from kerasish.layers import InputLayer
from kerasish.tfjs._fitting import Fitting
from kerasish.tfjs._layer_edge import LayerEdge, edge_of
from kerasish.tfjs._model_files import ModelFiles
from kerasish.tfjs._naming import count_name, naming
from kerasish.tfjs._options import merged, spelled
from kerasish.tfjs._promises import Thenable
from kerasish.tfjs._summary import print_plain_summary, print_summary


class LayersModel(Thenable, ModelFiles, Fitting, LayerEdge, rooms.Model):
    """A model with TensorFlow.js's methods. All models of this face are instances of it, `tf.sequential`'s too.

    Args:
        inputs, outputs: the symbols of a functional model.
        name: an automatic one by default.
    """

    _spells = None
    _takes_options = False  # a dict may be the inputs

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is LayersModel and ("outputs" in kwargs or len(args) > 1):
            return rooms.Model.__new__(Functional)
        return rooms.Model.__new__(cls)

    def _count_name(self, kind: str) -> str | None:
        return count_name("sequential_", "sequential_") if kind == "Sequential" else count_name("model", "model")

    @property
    def _plain_weights(self) -> list[Any]:
        # As in TensorFlow.js, what is trained comes first.
        return sorted(super()._plain_weights, key=lambda weight: not weight.requires_grad)

    # Looking.

    def summary(  # type: ignore[override]
        self, line_length: Any = None, positions: Any = None, print_fn: Any = None, style: str = "tfjs", **options: Any
    ) -> None:
        """Print the layers, their shapes and the numbers of parameters.

        Args:
            line_length: the width in characters; or one dict of options.
            positions: where the columns end.
            print_fn: takes a line; `print` by default.
            style: "tfjs"; "plain" for a line a layer, with its name, output shape and number of parameters, and the totals;
                or "keras" for kerasish's own table.
            **options: the same in camelCase; with "keras" those of `kerasish.Model.summary`.

        Raises:
            ValueError: another style, or a model without weights yet.
        """
        if isinstance(line_length, Mapping):
            line_length, options = None, merged("summary", line_length, options)
        own = {"line_length": line_length, "positions": positions, "print_fn": print_fn}
        further = ("expand_nested", "show_trainable", "layer_range") if style == "keras" else ()
        own.update(spelled("summary", options, (*own, *further)))
        if style == "keras":
            return super().summary(**own)
        if style not in ("tfjs", "plain"):
            raise ValueError(f"`style` must be 'tfjs', 'plain' or 'keras'; received {style!r}.")
        if not self.built:
            raise ValueError("This model has never been called, thus its weights have not been created: give it an `inputShape`.")
        if style == "tfjs":
            return print_summary(self, own["line_length"], own["positions"], own["print_fn"] or print)
        if own["line_length"] is not None or own["positions"] is not None:
            raise ValueError("The 'plain' style has no columns: leave out `lineLength` and `positions`.")
        return print_plain_summary(self, own["print_fn"] or print)

    @property
    def inputLayers(self) -> list[Any]:  # noqa: N802
        """The layers that data enters by."""
        return [symbol.node.target for symbol in self.inputs]  # type: ignore[attr-defined]

    @property
    def outputLayers(self) -> list[Any]:  # noqa: N802
        """The layers that give the outputs."""
        return [symbol.node.target for symbol in self.outputs]  # type: ignore[attr-defined]

    input_layers, output_layers = inputLayers, outputLayers

    @property
    def inputNames(self) -> list[str]:  # noqa: N802
        """The names of the inputs."""
        return self.input_names  # type: ignore[attr-defined]

    @property
    def outputNames(self) -> list[str]:  # noqa: N802
        """The names of the outputs."""
        return self.output_names  # type: ignore[attr-defined]

    def getLayer(self, name_or_index: Any = None, index: int | None = None) -> Any:  # noqa: N802
        """Give a layer by its name or its place."""
        if index is None and isinstance(name_or_index, int):
            return self.get_layer(index=name_or_index)
        return self.get_layer(name_or_index, index)

    def getClassName(self) -> str:  # noqa: N802
        """The class's name."""
        return "Model" if type(self) in (Functional, LayersModel) else type(self).__name__


class Sequential(LayersModel, rooms.Sequential):
    """A model that is a list of layers, with TensorFlow.js's methods.

    Args:
        layers: the layers.
        trainable: whether its weights are trained.
        name: an automatic one by default.
    """

    _spells = rooms.Sequential
    _needs_shape = False  # as `tf.sequential` makes it, the first layer must tell the shape of the input

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return rooms.Sequential.__new__(cls)

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Put a layer at the end.

        Raises:
            ValueError: the first layer does not tell the shape of the input, or the layer does not fit.
        """
        if self.__dict__.get("_needs_shape") and not self._stack and not _tells_shape(layer):
            raise ValueError("The first layer in a Sequential model must get an `inputShape` or `batchInputShape` argument.")
        given = getattr(layer, "__dict__", {}).get("_given_input_shape")
        if (
            given is not None
            and not self._stack
            and not isinstance(layer, rooms.Sequential)
            and not hasattr(layer, "batch_shape")
        ):
            from_name = None if naming() == "keras" else f"{layer.name}_input"
            dtype = "int32" if type(layer).__name__ == "Embedding" else None
            super().add(_named_input(given, dtype, from_name), rebuild=False)
        super().add(layer, rebuild)


class Functional(LayersModel, rooms.Functional):
    """A model from inputs to outputs, with TensorFlow.js's methods.

    Args:
        inputs, outputs: symbols; lists or dicts of them.
        name: an automatic one by default.
    """

    _spells = rooms.Functional

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return rooms.Functional.__new__(cls)


def _named_input(shape: Any, dtype: Any, name: str | None) -> KerasTensor:
    return edge_of(InputLayer)(batch_shape=tuple(shape), dtype=dtype, name=name).output


def _tells_shape(layer: Any) -> bool:
    if isinstance(layer, KerasTensor) or getattr(layer, "batch_shape", None) is not None:
        return True
    if layer.__dict__.get("_given_input_shape") is not None:
        return True
    inner = getattr(layer, "layer", None)  # of a wrapper
    return isinstance(layer, rooms.Model) and layer.built or inner is not None and _tells_shape(inner)


# Factories.


def sequential(config: Any = None, /, **options: Any) -> Sequential:
    """Make a model that is a list of layers, the first of which tells the shape of the input.

    Args:
        config: a dict of the options, or keyword arguments: `layers`, `name`.

    Raises:
        ValueError: the first layer does not tell the shape of the input.
    """
    given = spelled("tf.sequential", merged("tf.sequential", config, options), ("layers", "name"))
    model = Sequential(name=given.get("name"))  # pyright: ignore
    model.__dict__["_needs_shape"] = True
    layers = given.get("layers") or []
    if not isinstance(layers, (list, tuple)):
        raise ValueError(f"`layers` must be a list of layers; received {layers!r:.80}.")
    for layer in layers:
        model.add(layer)
    return model


def model(config: Any = None, /, **options: Any) -> Functional:
    """Make a model of the layers between symbols.

    Args:
        config: a dict of the options, or keyword arguments: `inputs`, `outputs`, `name`.

    Raises:
        ValueError: the inputs do not lead to the outputs.
    """
    given = spelled("tf.model", merged("tf.model", config, options), ("inputs", "outputs", "name"))
    return Functional(**given)
