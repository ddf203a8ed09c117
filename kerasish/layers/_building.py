"""Building: a layer makes its weights for the shapes of its inputs, and keeps these shapes for files."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from kerasish._base import _tree
from kerasish.core import KerasTensor
from kerasish.core._infer import known_shape, real_tensors
from kerasish.layers._calling import CallSignature
from kerasish.layers._layer_weights import LayerWeights


class LayerBuilding(LayerWeights):
    """What a layer does around its `build`."""

    _call_signature: ClassVar[CallSignature]

    if TYPE_CHECKING:  # made by Layer
        build: ClassVar[Callable[..., None]]
        _build_shapes: dict[str, Any] | None

    def _build_for(self, args: tuple, kwargs: dict[str, Any]) -> None:
        """Build with the shapes of these inputs, tensors or symbols."""
        shapes = {
            name: _tree.map_structure(_shape_of, value)
            for name, value in self._call_signature.bind(args, kwargs).items()
            if value is not None and all(hasattr(leaf, "shape") for leaf in _tree.flatten(value)) and _tree.flatten(value)
        }
        wanted = getattr(type(self).build, "shape_names", ["input_shape"])
        shapes = {name: shape for name, shape in shapes.items() if _is_input(name) or f"{name}_shape" in wanted}
        self._check_build_names(wanted)
        with real_tensors(), torch.no_grad():
            if len(wanted) > 1 or wanted and wanted[0] != "input_shape" and f"{wanted[0]}".removesuffix("_shape") in shapes:
                self.build(**{name: shapes.get(name.removesuffix("_shape")) for name in wanted})
            elif wanted:
                self.build(next(iter(shapes.values()), None))
            else:
                self.build()  # type: ignore[call-arg]
        if self._build_shapes is None and shapes:
            self.__dict__["_build_shapes"] = {"input_shape": next(iter(shapes.values()))}
        self.built = True

    def _check_build_names(self, wanted: list[str]) -> None:
        """Check that a `build` of several shapes names them after the arguments of `call`."""
        for name in wanted if len(wanted) > 1 else ():
            takes = f"{type(self).__name__}.build() takes `{', '.join(wanted)}`"
            told = f"{takes}: several shapes are matched to the arguments of `call`"
            if not name.endswith("_shape"):
                raise ValueError(f"{told}, but it has an argument `{name}`, which does not end in `_shape`.")
            if name.removesuffix("_shape") not in self._call_signature.takes and not self._call_signature.any_keyword:
                raise ValueError(f"{told}, `{name}`, but `call()` does not have argument `{name.removesuffix('_shape')}`.")

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes that the layer was built with, as files keep them."""
        shapes = self._build_shapes
        if shapes is None:
            return None
        return {"shapes_dict": shapes} if len(shapes) != 1 else {"input_shape": next(iter(shapes.values()))}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build with the shapes that a file keeps."""
        config = _tree_of_tuples(config)
        if not config or self.built:
            return
        names = getattr(type(self).build, "shape_names", ["input_shape"])
        with torch.no_grad():
            if set(config) == {"input_shape"} and names:
                self.build(config["input_shape"])
            else:
                self.build(**config.get("shapes_dict", config))
        self.built = True


def remembering_shapes(build: Callable) -> Callable:
    """Wrap a `build` so that it leaves the shapes for files, and the layer marked as built."""
    if hasattr(build, "shape_names"):
        return build
    signature = CallSignature(build)

    def remembering(self: Any, *args: Any, **kwargs: Any) -> None:
        if self._in_build:  # a subclass calls the `build` of its base
            return build(self, *args, **kwargs)
        shapes = signature.bind(args, kwargs)
        self.__dict__["_build_shapes"] = {name: shape for name, shape in shapes.items() if shape is not None}
        self.__dict__["_in_build"] = True
        try:
            with self._naming_weights():
                build(self, *args, **kwargs)
        finally:
            self.__dict__["_in_build"] = False
        self.built = True

    remembering.shape_names = signature.names  # type: ignore[attr-defined]
    remembering.__doc__ = build.__doc__
    remembering.__wrapped__ = build  # type: ignore[attr-defined]
    return remembering


def _is_input(name: str) -> bool:
    return name not in ("training", "mask") and not name.endswith("_mask")


def _shape_of(leaf: Any) -> tuple:
    return tuple(leaf.shape) if isinstance(leaf, KerasTensor) else known_shape(leaf.shape)


def _tree_of_tuples(value: Any) -> Any:
    """JSON's lists of sizes, as shapes again."""
    if isinstance(value, dict):
        return {key: _tree_of_tuples(part) for key, part in value.items()}
    if isinstance(value, list):
        parts = [_tree_of_tuples(part) for part in value]
        return tuple(parts) if all(size is None or isinstance(size, int) for size in parts) else parts
    return value
