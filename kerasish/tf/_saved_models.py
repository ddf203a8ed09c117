"""Saved models: a folder with a torch.export program for each signature and the Variables in one safetensors file.

Reading one runs no code of the class that made it: programs are graphs of torch's operations, and are checked to be no more.
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

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import _disable_current_modes

from kerasish import core
from kerasish._base import _tree
from kerasish.layers import Layer
from kerasish.layers._calling import training_mode
from kerasish.layers._tracking import Tracked
from kerasish.models import Model
from kerasish.tf._program_files import check_program
from kerasish.tf._tensor import Tensor as FaceTensor
from kerasish.tf._tensor import plain

INDEX, VARIABLES, MODEL = "saved_model.json", "variables.safetensors", "model.keras"
_VALUES = (bool, int, float, str, type(None))
FORMAT = "kerasish.saved_model"
SIGNATURE = "signature "  # before the name, which no attribute can have


def save(obj: Any, export_dir: Any, signatures: Any = None) -> None:
    """Save a module: its Variables, and each `tf.function` of it as often as it was captured.

    A layer or model that has been called is saved with that call, for batches of any size.

    Args:
        obj: a tf.Module, layer or model. Functions that were never called are saved by their `input_signature`, or not at all.
        export_dir: the folder, replaced when the new one is complete.
        signatures: a tf.function, a concrete one, or a dict of these by name: what is read has them as `signatures`, where each
            takes tensors by the names of its arguments and gives a dict.

    Raises:
        TypeError: something else is to be saved.
        ValueError: nothing in it can be called, a function takes what no file holds, or it is in training mode.
    """
    if not isinstance(obj, nn.Module):
        raise TypeError(f"A tf.Module, layer or model can be saved; received {type(obj).__name__}.")
    if obj.training and not getattr(type(obj), "_trains_untold", False):
        raise ValueError("The module is in training mode, which would be saved as well: call its `eval()` first.")
    target = Path(os.fspath(export_dir))
    target.parent.mkdir(parents=True, exist_ok=True)
    written = target.parent / f".{target.name}-{uuid.uuid4().hex}"
    written.mkdir()
    try:
        _write(obj, written, _by_name(signatures))
        _replace(written, target)
    except BaseException:
        shutil.rmtree(written, ignore_errors=True)
        raise


def save_folder(model: Any, filepath: Path, overwrite: bool) -> None:
    """Save a Keras model as a folder, with its config where one can be made.

    Raises:
        FileExistsError: the folder is there, and `overwrite` is False.
    """
    if not overwrite and filepath.exists():
        raise FileExistsError(f"{str(filepath)!r} is there already; `overwrite`=True replaces it.")
    save(model, filepath)
    try:
        Model.save(model, filepath / MODEL)
    except (ValueError, TypeError, NotImplementedError):
        # A part that no config describes: the programs stand for it.
        (filepath / MODEL).unlink(missing_ok=True)


def _replace(written: Path, target: Path) -> None:
    if not target.exists():
        written.rename(target)
        return
    if not target.is_dir() or any(target.iterdir()) and not (target / INDEX).is_file():
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


def _write(obj: nn.Module, folder: Path, signatures: dict[str, Any]) -> None:
    from safetensors.torch import save_file

    programs = []
    for name, call, examples in _callables(obj) + [_signature(name, given) for name, given in signatures.items()]:
        for args in examples:
            number = len(programs)
            program, described = _exported(obj, call, args, name)
            file = f"program_{number}.pt2"
            torch.export.save(program, folder / file)
            check_program(folder / file)
            programs.append({"function": name, "file": file, **described})
    if not programs:
        raise ValueError(
            f"{type(obj).__name__} has nothing that could be called once it is read: call one of its tf.functions, "
            "or the model, before it is saved."
        )
    tensors, variables, first = {}, {}, {}
    for name, tensor in state_of(obj).items():
        shared = first.setdefault(id(tensor), name)
        variables[name] = {"trained": tensor.requires_grad, "same_as": shared, "label": getattr(tensor, "_shown_name", None)}
        if shared == name:
            tensors[name] = tensor.detach().cpu().contiguous().clone()
    save_file(tensors, folder / VARIABLES, metadata={"format": "pt"})
    index = {"format": FORMAT, "class": type(obj).__name__, "variables": variables, "programs": programs}
    (folder / INDEX).write_text(json.dumps(index, indent=1), encoding="utf-8")


def state_of(module: nn.Module) -> dict[str, Tensor]:
    parameters = dict(module.named_parameters(remove_duplicate=False))
    return {**parameters, **dict(module.named_buffers(remove_duplicate=False))}


def _by_name(signatures: Any) -> dict[str, Any]:
    if signatures is None:
        return {}
    return dict(signatures) if isinstance(signatures, dict) else {"serving_default": signatures}


def _signature(name: str, given: Any) -> tuple[str, Any, list[tuple]]:
    """What is saved as a signature: its name, the function, and arguments of the one kind that it is for."""
    function = vars(given).get("_function", given) if isinstance(given, core.ConcreteFunction) else given
    if not isinstance(function, core.Function):
        raise TypeError(f"A signature must be a tf.function, or what its `get_concrete_function` gives; received {given!r}.")
    if function is given and not function._graphs and function._input_signature is not None:
        function.get_concrete_function()
    examples = [_arguments(key, graph) for key, graph in function._graphs.items() if graph is given or function is given]
    if len(examples) != 1:
        raise ValueError(
            f"The signature {name!r} must be for one kind of arguments, and is for {len(examples)}: give the function an "
            "`input_signature`, or what its `get_concrete_function` gives."
        )
    return SIGNATURE + name, function, examples


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
        with _current_parts(self.owner), _Plain():
            return call._run_python(args, {}) if isinstance(call, core.Function) else call(*args)


class _Plain(TorchFunctionMode):
    """Let functions get copies of this face's tensors as plain ones: torch.export knows no others, nor views of them."""

    def __init__(self) -> None:
        super().__init__()
        self._copies: dict[int, tuple[Any, Tensor]] = {}

    def _copy(self, leaf: Any) -> Any:
        if not isinstance(leaf, Tensor) or FaceTensor not in (type(leaf), type(leaf._base)):
            return leaf
        if id(leaf) not in self._copies:
            with _disable_current_modes():
                self._copies[id(leaf)] = (leaf, plain(leaf).detach().clone())  # the leaf too, so that its id stays its own
        return self._copies[id(leaf)][1]

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None) -> Any:
        return func(*_tree.map_structure(self._copy, list(args)), **_tree.map_structure(self._copy, kwargs or {}))


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
    attempts = [(filled, True) for filled in _filled(obj, call, grown)] + attempts
    for number, (example, grows) in enumerate(attempts):
        sizes = tuple({axis: torch.export.Dim.AUTO for axis in range(tensor.dim())} for tensor in example)
        try:
            with training_mode(obj, False):
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
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # paths of this machine
    free = [[_is_free(size) for size in tensor.shape] for tensor in _placeholders(program)]
    for key, tensor in program.state_dict.items():  # the values are in the one file of Variables
        empty = torch.empty_like(tensor, device="meta", memory_format=torch.contiguous_format)
        program.state_dict[key] = nn.Parameter(empty, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else empty
    return program, {"arguments": described, "form": form_of(args), "sizes": _sizes(example, free), **_names(call)}


def _filled(obj: nn.Module, call: Any, tensors: tuple[Tensor, ...]) -> list[tuple[Tensor, ...]]:
    """The tensors, with sizes that a signature leaves open, but for batch sizes, filled by those that the weights have."""
    specs = _tree.flatten(list(getattr(call, "_input_signature", None) or ()))
    shapes = [spec.shape if len(spec.shape) == tensor.dim() else () for spec, tensor in zip(specs, tensors)]
    if len(specs) != len(tensors) or not any(None in shape[1:] for shape in shapes):
        return []
    sizes = sorted({size for weight in [*obj.parameters(), *obj.buffers()] for size in weight.shape if size > 1})[:8]

    def fill(tensor: Tensor, shape: Any, size: int) -> Tensor:
        own = enumerate(tensor.shape)
        return tensor.new_zeros([size if axis and shape and shape[axis] is None else length for axis, length in own])

    return [tuple(fill(tensor, shape, size) for tensor, shape in zip(tensors, shapes)) for size in [*sizes, 7]]


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


def form_of(value: Any) -> Any:
    """The structure of arguments, as JSON holds it."""
    if isinstance(value, dict):
        return {"dict": {key: form_of(part) for key, part in value.items()}}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [form_of(part) for part in value]}
    return None
