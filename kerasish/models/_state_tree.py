"""The state of a model as a tree: the values of all variables, by the parts of their paths."""

from collections.abc import Iterator
from typing import Any

from kerasish.core import convert_to_numpy


class StateTree:
    """The methods of a model that give and take all its state at once."""

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, dict]:
        """Give the values of all variables: of weights, optimizer and metrics, each nested by the path.

        Args:
            value_format: "backend_tensor" for tensors, "numpy_array" for arrays.

        Raises:
            ValueError: another format, or two variables of one path.

        >>> from kerasish import layers, models
        >>> model = models.Sequential([layers.Input((2,)), layers.Dense(1, name="d")], name="net")
        >>> model.get_state_tree()["trainable_variables"]["net"]["d"]["bias"].tolist()
        [0.0]
        """
        if value_format not in ("backend_tensor", "numpy_array"):
            raise ValueError(f"`value_format` must be 'backend_tensor' or 'numpy_array'; received {value_format!r}.")
        read = convert_to_numpy if value_format == "numpy_array" else lambda variable: variable.detach().clone()
        return {kind: _nested(variables, read) for kind, variables in _variables_of(self).items()}

    def set_state_tree(self, state_tree: dict[str, dict]) -> None:
        """Overwrite the variables that a tree has values for.

        Args:
            state_tree: what `get_state_tree` gave, or a part of it.

        Raises:
            ValueError: a kind or a path that the model does not have.
        """
        found = _variables_of(self)
        places = []
        for kind, tree in state_tree.items():
            if kind not in found:
                raise ValueError(f"`state_tree` must have the keys {', '.join(found)}; received {kind!r}.")
            by_path = {variable.path: variable for variable in found[kind]}
            for path, value in _flat(tree):
                if path not in by_path:
                    raise ValueError(f"`state_tree` has a value for {path!r}, which is none of the {kind}: {', '.join(by_path)}.")
                places.append((by_path[path], value))
        for variable, value in places:
            variable.assign(value)


def _variables_of(model: Any) -> dict[str, list[Any]]:
    optimizer = model.optimizer
    if optimizer is not None and model.built and not optimizer.built:
        optimizer.build(model.trainable_variables)
    return {
        "trainable_variables": model.trainable_variables,
        "non_trainable_variables": model.non_trainable_variables,
        "optimizer_variables": [] if optimizer is None else optimizer.variables,
        "metrics_variables": model.metrics_variables,
    }


def _nested(variables: list[Any], read: Any) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for variable in variables:
        *folders, name = variable.path.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        if name in place:
            raise ValueError(
                f"The following variable path is found twice in the model: {variable.path!r}. "
                "Give the layers names of their own, so that their variables can be told apart."
            )
        place[name] = read(variable)
    return tree


def _flat(tree: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, part in tree.items():
        if isinstance(part, dict):
            yield from _flat(part, f"{before}{key}/")
        else:
            yield f"{before}{key}", part
