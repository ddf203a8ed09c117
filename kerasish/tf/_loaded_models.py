"""Reading saved models: Variables and programs, which need none of the code that made them."""

# pyright: reportPrivateImportUsage=false

import json
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from kerasish import core
from kerasish._base import _tree
from kerasish.core import convert_to_tensor
from kerasish.models import Module, load_model
from kerasish.saving.tfjs import inside
from kerasish.tf._calls import entered, left
from kerasish.tf._making import MAKING
from kerasish.tf._program_files import read_program
from kerasish.tf._saved_models import FORMAT, INDEX, MODEL, SIGNATURE, VARIABLES, form_of, state_of
from kerasish.tf._variable import Variable

_GUARD = "Guard failed: "  # what torch says of inputs that a program is not for


def load(export_dir: Any) -> Any:
    """Read what `save` wrote: an object with the same Variables and functions, which need none of the code that made them.

    Nothing in the folder is run but graphs of torch's own operations.

    Raises:
        OSError: the folder is not there, or is no saved model.
        ValueError: a program in it is more than such a graph, or it names a file outside of it.
    """
    folder = Path(os.fspath(export_dir))
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        programs = index["programs"] if index["format"] == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OSError(f"{str(folder)!r} cannot be read: it is no saved model, or it is broken ({error}).") from error
    if programs is None:
        raise OSError(f"{str(folder)!r} is no saved model of this kind.")
    variables = _variables(folder, index["variables"])
    loaded = Loaded()
    for name, variable in variables.items():
        *owners, last = name.split(".")
        place: Any = loaded
        for owner in owners:
            if owner not in place._modules:
                setattr(place, owner, Loaded())
            place = place._modules[owner]
        setattr(place, last, variable)
    functions: dict[str, LoadedFunction] = {}
    for entry in programs:
        graph = read_program(inside(folder, entry["file"]))
        _share(graph, variables)
        functions.setdefault(entry["function"], LoadedFunction(entry["function"])).add(entry, graph)
    loaded.__dict__["signatures"] = {
        name.removeprefix(SIGNATURE): Signature(functions.pop(name)) for name in list(functions) if name.startswith(SIGNATURE)
    }
    for name, made in functions.items():
        loaded.__dict__["_call" if name == "__call__" else name] = made
    return loaded


def contains_saved_model(export_dir: Any) -> bool:
    """Say whether a folder is a saved module."""
    return (Path(os.fspath(export_dir)) / INDEX).is_file()


def load_folder(folder: Path, custom_objects: Any, compile: bool, safe_mode: bool) -> Any:
    """Read a model of a folder that `model.save` wrote; of one whose class the program does not know, the saved programs.

    These predict, but have no `fit`.
    """
    if (folder / MODEL).is_file():
        try:
            return load_model(folder / MODEL, custom_objects, compile, safe_mode)
        except (ValueError, TypeError) as error:  # a class that the program does not know
            warnings.warn(f"{str(folder)!r} is read as saved programs, which predict but have no `fit`: {error}", stacklevel=3)
    return load(folder)


def _variables(folder: Path, noted: dict[str, Any]) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    found: dict[str, Tensor] = {}
    values = load_file(folder / VARIABLES)
    for name, about in noted.items():
        if about["same_as"] == name:
            label = about["label"] or name.rpartition(".")[2]
            found[name] = Variable(values[name], trainable=bool(about["trained"]), name=label)
    return {name: found[about["same_as"]] for name, about in noted.items()}


def _share(graph: nn.Module, variables: dict[str, Tensor]) -> None:
    """Let a program use the Variables in the place of its own copies."""
    for name in state_of(graph):
        own = name.removeprefix("owner.")
        if own not in variables or own == name:
            continue
        owner_name, _, last = name.rpartition(".")
        owner = graph.get_submodule(owner_name)
        shelf = owner._parameters if last in owner._parameters else owner._buffers
        shelf[last] = variables[own]  # type: ignore[assignment]


class Loaded(Module):
    """What was read from a saved model, or a module inside of it."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        call = self.__dict__.get("_call")
        if call is None:
            raise TypeError("What was saved had no `__call__` that is a tf.function, so what was read cannot be called.")
        return call(*args, **kwargs)


class LoadedFunction:
    """A function of a saved model: one program for each kind of arguments.

    Args:
        name: what it is called.
    """

    def __init__(self, name: str):
        self.name = name
        self._programs: list[tuple[dict[str, Any], nn.Module]] = []

    def add(self, entry: dict[str, Any], graph: nn.Module) -> None:
        """Add the program for one kind of arguments."""
        self._programs.append((entry, graph))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        failed = ""
        for entry, graph in self._programs:
            tensors = _fitted(entry, entered(self._ordered(entry, args, kwargs)))
            if tensors is None:
                continue
            try:
                return left(graph(*tensors), tensors)
            except AssertionError as error:  # a branch of the Python that depends on sizes, and went another way
                if _GUARD not in str(error):
                    raise
                failed = f" Its Python branched by sizes when it was saved: {str(error).partition(_GUARD)[2]}."
        kinds = "; ".join(str(_told(entry)) for entry, _ in self._programs)
        raise ValueError(f"{self.name} was saved for these arguments: {kinds}; received {(args, kwargs)!r:.200}.{failed}")

    def _ordered(self, entry: dict[str, Any], args: tuple, kwargs: dict[str, Any]) -> tuple:
        """The arguments by place, with defaults for those that are not given."""
        names, defaults = entry["names"], entry["defaults"]
        wrong = [name for name in kwargs if name not in names[len(args) :]]
        if wrong:
            raise TypeError(f"{self.name} takes the arguments {', '.join(names)}; received {', '.join(wrong)}.")
        rest = []
        for name in names[len(args) :]:
            if name not in kwargs and name not in defaults:
                break
            rest.append(kwargs.get(name, defaults.get(name)))
        return (*args, *rest)


class Signature:
    """A signature of a saved model: tensors go in by name, and come out in a dict.

    Args:
        function: what it calls.
    """

    def __init__(self, function: LoadedFunction):
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        given = (
            [MAKING["convert_to_tensor"](part) for part in args],
            {name: MAKING["convert_to_tensor"](part) for name, part in kwargs.items()},
        )
        made = self._function(*given[0], **given[1])
        if isinstance(made, dict):
            return made
        parts = made if isinstance(made, (list, tuple)) else [made]
        return {f"output_{number}": part for number, part in enumerate(parts)}


def _told(entry: dict[str, Any]) -> list[str]:
    sizes = iter(entry["sizes"])
    return [f"{part['dtype']}{tuple(next(sizes))}" if "dtype" in part else repr(part["value"]) for part in entry["arguments"]]


def _fitted(entry: dict[str, Any], args: tuple) -> list[Tensor] | None:
    """The tensors for a program, None if the arguments are of another kind."""
    leaves = _tree.flatten(args)
    if form_of(args) != entry["form"] or len(leaves) != len(entry["arguments"]):
        return None
    tensors, sizes = [], iter(entry["sizes"])
    for leaf, wanted in zip(leaves, entry["arguments"]):
        if "value" in wanted:
            if type(leaf) is not type(wanted["value"]) or leaf != wanted["value"]:
                return None
            continue
        if not isinstance(leaf, (Tensor, np.ndarray, np.generic, int, float, bool)):
            return None
        dtype = core.torch_dtype(wanted["dtype"])
        tensor = convert_to_tensor(leaf, None if isinstance(leaf, (Tensor, np.ndarray, np.generic)) else dtype)
        size = next(sizes)
        if tensor.dtype is not dtype or len(size) != tensor.dim():
            return None
        if any(own not in (None, there) for own, there in zip(size, tensor.shape)):
            return None
        tensors.append(tensor)
    return tensors
