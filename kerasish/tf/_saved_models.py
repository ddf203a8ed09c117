"""Saved models: a folder with a torch.export program for each signature and the Variables in one safetensors file.

Reading one runs no code of the class that made it: programs are graphs of ATen operations.
"""

# pyright: reportPrivateImportUsage=false

import inspect
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kerasish import core
from kerasish._base import _tree
from kerasish.core import convert_to_tensor
from kerasish.layers import Layer
from kerasish.layers._tracking import Tracked
from kerasish.models import Model, Module, load_model
from kerasish.tf._calls import entered, left
from kerasish.tf._variable import Variable

_INDEX, _VARIABLES, _MODEL = "saved_model.json", "variables.safetensors", "model.keras"
_VALUES = (bool, int, float, str, type(None))
_FORMAT = "kerasish.saved_model"


def save(obj: Any, export_dir: Any, signatures: Any = None) -> None:
    """Save a module: its Variables, and each `tf.function` of it as often as it was captured.

    A layer or model that has been called is saved with that call, for batches of any size.

    Args:
        obj: a tf.Module, layer or model. Functions that were never called are saved by their `input_signature`, or not at all.
        export_dir: the folder, replaced when the new one is complete.
        signatures: only None: functions are saved under their own names.

    Raises:
        TypeError: something else is to be saved.
        ValueError: nothing in it can be called, a function takes what no file holds, or it is in training mode.
    """
    if signatures is not None:
        raise ValueError("`signatures` is not supported: every tf.function is saved under its own name.")
    if not isinstance(obj, nn.Module):
        raise TypeError(f"A tf.Module, layer or model can be saved; received {type(obj).__name__}.")
    if obj.training:
        raise ValueError("The module is in training mode, which would be saved as well: call its `eval()` first.")
    target = Path(os.fspath(export_dir))
    target.parent.mkdir(parents=True, exist_ok=True)
    written = target.parent / f".{target.name}-{uuid.uuid4().hex}"
    written.mkdir()
    try:
        _write(obj, written)
        _replace(written, target)
    except BaseException:
        shutil.rmtree(written, ignore_errors=True)
        raise


def save_model(model: Any, filepath: Any, overwrite: bool = True) -> None:
    """Save a Keras model as a folder, with its config where one can be made.

    Raises:
        FileExistsError: the folder is there, and `overwrite` is False.
    """
    if not overwrite and Path(filepath).exists():
        raise FileExistsError(f"{os.fspath(filepath)!r} is there already; `overwrite`=True replaces it.")
    save(model, filepath)
    try:
        Model.save(model, Path(filepath) / _MODEL)
    except (ValueError, TypeError, NotImplementedError):
        # A part that no config describes: the programs stand for it.
        (Path(filepath) / _MODEL).unlink(missing_ok=True)


def _replace(written: Path, target: Path) -> None:
    if not target.exists():
        written.rename(target)
        return
    if not target.is_dir() or any(target.iterdir()) and not (target / _INDEX).is_file():
        raise FileExistsError(f"{str(target)!r} is there and is no saved model; remove it, or choose another name.")
    old = target.parent / f".{target.name}-{uuid.uuid4().hex}"
    target.rename(old)
    try:
        written.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


# Writing.


def _write(obj: nn.Module, folder: Path) -> None:
    from safetensors.torch import save_file

    programs = []
    for name, call, examples in _callables(obj):
        for args in examples:
            number = len(programs)
            program, described = _exported(obj, call, args, name)
            torch.export.save(program, folder / f"program_{number}.pt2")
            programs.append({"function": name, "file": f"program_{number}.pt2", **described})
    if not programs:
        raise ValueError(
            f"{type(obj).__name__} has nothing that could be called once it is read: call one of its tf.functions, "
            "or the model, before it is saved."
        )
    tensors, variables, first = {}, {}, {}
    for name, tensor in _state(obj).items():
        shared = first.setdefault(id(tensor), name)
        variables[name] = {"trained": tensor.requires_grad, "same_as": shared, "label": getattr(tensor, "_shown_name", None)}
        if shared == name:
            tensors[name] = tensor.detach().cpu().contiguous().clone()
    save_file(tensors, folder / _VARIABLES, metadata={"format": "pt"})
    index = {"format": _FORMAT, "class": type(obj).__name__, "variables": variables, "programs": programs}
    (folder / _INDEX).write_text(json.dumps(index, indent=1), encoding="utf-8")


def _state(module: nn.Module) -> dict[str, Tensor]:
    parameters = dict(module.named_parameters(remove_duplicate=False))
    return {**parameters, **dict(module.named_buffers(remove_duplicate=False))}


def _callables(obj: Any) -> list[tuple[str, Any, list[tuple]]]:
    """What can be called: its name, the Python, and arguments of each kind that it is to be saved for."""
    found = []
    for name in dir(type(obj)):
        made = vars_of_class(type(obj)).get(name)
        if isinstance(made, core.Function):
            found.append((name, made.__get__(obj, type(obj))))
    found += [(name, value) for name, value in vars(obj).items() if isinstance(value, core.Function)]
    saved = []
    for name, bound in found:
        if not bound._graphs and bound._input_signature is not None:
            bound.get_concrete_function()
        examples = [_arguments(key, graph) for key, graph in bound._graphs.items()]
        saved.append((name, bound, examples))
    if isinstance(obj, Layer) and not any(name == "__call__" for name, _ in found):
        example = _layer_example(obj)
        if example is not None:
            saved.append(("__call__", obj, [example]))
    return saved


def vars_of_class(kind: type) -> dict[str, Any]:
    """The attributes of a class and its bases, as they stand there."""
    return {name: value for base in reversed(kind.__mro__) for name, value in vars(base).items()}


def _layer_example(layer: Any) -> tuple | None:
    if not layer.built:
        return None
    symbols = getattr(layer, "inputs", None)
    if symbols:
        examples = [_batch(layer, symbol.shape, symbol.dtype) for symbol in symbols]
        return (examples[0] if len(examples) == 1 else examples,)
    shapes = layer._build_shapes or {}
    if len(shapes) != 1:
        return None
    (shape,) = shapes.values()
    if not isinstance(shape, (list, tuple)) or not all(size is None or isinstance(size, int) for size in shape):
        return None
    return (_batch(layer, shape, layer.compute_dtype),)


def _batch(layer: Any, shape: Any, dtype: str) -> Tensor:
    """Zeros of a shape of which the first size, and those not known, may be any."""
    sizes = [5 if size is None or axis == 0 else size for axis, size in enumerate(shape)]
    return torch.zeros(sizes, dtype=core.torch_dtype(dtype), device=layer._device_of_weights())


def _arguments(key: Any, graph: Any) -> tuple:
    """Arguments like those that a graph was captured for."""
    positional, named, _ = key
    if named is not None and named[1]:
        raise ValueError("A function that takes keyword-only arguments cannot be saved; give them a place.")
    tensors = iter([torch.zeros(shape, dtype=dtype, device=core.default_device()) for shape, dtype in graph._form])
    return tuple(_example_of(kind, tensors) for kind in positional[1])


def _example_of(kind: Any, tensors: Any) -> Any:
    first = kind[0]
    if isinstance(first, torch.Size) or isinstance(first, type) and issubclass(first, Tensor):
        return next(tensors)
    if first in _VALUES:
        return kind[1]
    if first in (list, tuple):
        return first(_example_of(part, tensors) for part in kind[1])
    if first is dict:
        return {name: _example_of(part, tensors) for name, part in kind[1]}
    raise ValueError(f"A function saved takes tensors, numbers, strings, and lists and dicts of these; it took {first!r}.")


class _Calling(nn.Module):
    """A module whose forward is one function of another, for torch.export."""

    def __init__(self, owner: nn.Module, call: Any, args: tuple):
        super().__init__()
        self.owner = owner
        self.__dict__["_what"] = (call, args)

    def forward(self, *tensors: Tensor) -> Any:
        given = iter(tensors)
        call, args = self.__dict__["_what"]
        args = tuple(_tree.map_structure(lambda leaf: next(given) if isinstance(leaf, Tensor) else leaf, arg) for arg in args)
        with _current_parts(self.owner):
            return call._run_python(args, {}) if isinstance(call, core.Function) else call(*args)


@contextmanager
def _current_parts(owner: nn.Module) -> Iterator[None]:
    """Let lists and dicts give what is registered in them now, which torch.export has put in the place of the Variables."""
    before = [(part, part.__dict__["_held"]) for part in owner.modules() if isinstance(part, Tracked)]
    for part, held in before:
        registered = {**part._buffers, **part._parameters}
        if isinstance(held, dict):
            now: Any = {key: registered.get(str(key).replace(".", "_"), value) for key, value in held.items()}
        else:
            now = tuple(registered.get(str(index), value) for index, value in enumerate(held))
        part.__dict__["_held"] = now
    try:
        yield
    finally:
        for part, held in before:
            part.__dict__["_held"] = held


def _exported(obj: nn.Module, call: Any, args: tuple, name: str) -> tuple[Any, dict[str, Any]]:
    leaves = _tree.flatten(args)
    tensors = tuple(leaf for leaf in leaves if isinstance(leaf, Tensor))
    caller = _Calling(obj, call, args)
    grown = tuple(
        tensor.new_zeros([7 if axis == 0 and size == 1 else size for axis, size in enumerate(tensor.shape)]) for tensor in tensors
    )
    attempts: list[tuple[tuple, bool]] = [(grown, True), (tensors, True), (tensors, False)]
    for number, (example, grows) in enumerate(attempts):
        sizes = tuple({axis: torch.export.Dim.AUTO for axis in range(tensor.dim())} for tensor in example)
        try:
            program = torch.export.export(caller, example, dynamic_shapes=(sizes,) if grows else None, strict=False)
            break
        except Exception as error:
            if number == len(attempts) - 1:
                raise ValueError(f"{name} of {type(obj).__name__} cannot be saved: {error}") from error
    else:
        raise AssertionError
    kinds = iter(tensors)
    described = _tree.map_structure(
        lambda leaf: (
            {"dtype": core.standardize_dtype(leaf.dtype), "axes": next(kinds).dim()}
            if isinstance(leaf, Tensor)
            else {"value": leaf}
        ),
        list(leaves),
    )
    free = [[_is_free(size) for size in tensor.shape] for tensor in _placeholders(program)]
    for key, tensor in program.state_dict.items():  # the values are in the one file of Variables
        empty = torch.empty_like(tensor, device="meta", memory_format=torch.contiguous_format)
        program.state_dict[key] = nn.Parameter(empty, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else empty
    return program, {"arguments": described, "form": _form_of(args), "sizes": _sizes(example, free), **_names(call)}


def _names(call: Any) -> dict[str, Any]:
    """The names of a function's arguments, and the defaults that a file can hold."""
    python = call.python_function if isinstance(call, core.Function) else call.call
    parameters = list(inspect.signature(python).parameters.values())[
        isinstance(call, core.Function) and call._instance is not None :
    ]
    defaults = {part.name: part.default for part in parameters if type(part.default) in _VALUES}
    return {"names": [part.name for part in parameters], "defaults": defaults if isinstance(call, core.Function) else {}}


def _is_free(size: Any) -> bool:
    return not isinstance(size, int) and size.node.maybe_as_int() is None


def _placeholders(program: Any) -> list[Any]:
    names = set(program.graph_signature.user_inputs)
    return [node.meta["val"] for node in program.graph.nodes if node.op == "placeholder" and node.name in names]


def _sizes(example: tuple, free: list[list[bool]]) -> list[list[int | None]]:
    return [[None if f else size for size, f in zip(tensor.shape, frees)] for tensor, frees in zip(example, free)]


def _form_of(value: Any) -> Any:
    """The structure of arguments, as JSON holds it."""
    if isinstance(value, dict):
        return {"dict": {key: _form_of(part) for key, part in value.items()}}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_form_of(part) for part in value]}
    return None


# Reading.


def load(export_dir: Any) -> Any:
    """Read what `save` wrote: an object with the same Variables and functions, which need none of the code that made them.

    Raises:
        OSError: the folder is not there, or is no saved model.
    """
    folder = Path(os.fspath(export_dir))
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        programs = index["programs"] if index["format"] == _FORMAT else None
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
        graph = torch.export.load(folder / entry["file"]).module()
        _share(graph, variables)
        functions.setdefault(entry["function"], LoadedFunction(entry["function"])).add(entry, graph)
    for name, made in functions.items():
        loaded.__dict__["_call" if name == "__call__" else name] = made
    return loaded


def load_folder(filepath: Any, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True) -> Any:
    """Read a model: a `.keras` file, or a folder that `model.save` wrote.

    Of a folder whose class the program does not know, the saved programs are given: they predict, but have no `fit`.
    """
    folder = Path(filepath) if isinstance(filepath, (str, os.PathLike)) else None
    if folder is None or not folder.is_dir():
        return load_model(filepath, custom_objects, compile, safe_mode)
    if (folder / _MODEL).is_file():
        try:
            return load_model(folder / _MODEL, custom_objects, compile, safe_mode)
        except (ValueError, TypeError):  # a class that the program does not know
            return load(folder)
    return load(folder)


def _variables(folder: Path, noted: dict[str, Any]) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    found: dict[str, Tensor] = {}
    values = load_file(folder / _VARIABLES)
    for name, about in noted.items():
        if about["same_as"] == name:
            label = about["label"] or name.rpartition(".")[2]
            found[name] = Variable(values[name], trainable=bool(about["trained"]), name=label)
    return {name: found[about["same_as"]] for name, about in noted.items()}


def _share(graph: nn.Module, variables: dict[str, Tensor]) -> None:
    """Let a program use the Variables in the place of its own copies."""
    for name in _state(graph):
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
        for entry, graph in self._programs:
            tensors = _fitted(entry, entered(self._ordered(entry, args, kwargs)))
            if tensors is not None:
                return left(graph(*tensors), tensors)
        kinds = "; ".join(str(_told(entry)) for entry, _ in self._programs)
        raise ValueError(f"{self.name} was saved for these arguments: {kinds}; received {(args, kwargs)!r:.200}.")

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


def _told(entry: dict[str, Any]) -> list[str]:
    sizes = iter(entry["sizes"])
    return [f"{part['dtype']}{tuple(next(sizes))}" if "dtype" in part else repr(part["value"]) for part in entry["arguments"]]


def _fitted(entry: dict[str, Any], args: tuple) -> list[Tensor] | None:
    """The tensors for a program, None if the arguments are of another kind."""
    leaves = _tree.flatten(args)
    if _form_of(args) != entry["form"] or len(leaves) != len(entry["arguments"]):
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
