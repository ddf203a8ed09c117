"""The state of a model as arrays by path, with the paths that Keras gives them; and taking such a state."""

import functools
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kerasish._base._names import to_snake_case
from kerasish.core import convert_to_numpy
from kerasish.layers._input import InputLayer
from kerasish.layers._layer import Layer
from kerasish.layers._layer_weights import own_weights
from kerasish.layers._torch_module import TorchModuleWrapper
from kerasish.metrics._metric import Metric
from kerasish.optimizers import Optimizer


@dataclass
class Entry:
    """What one layer, module or optimizer has of its own: arrays by key."""

    name: str | None
    arrays: dict[str, Any] = field(default_factory=dict)


def state_of(model: Any, skipped: Iterable[Any] = ()) -> dict[str, Entry]:
    """The state of a model and of its optimizer: entries by path, "layers/dense"; the model itself is at ""."""
    entries = {}
    for path, thing in walk(model, skipped):
        name = getattr(thing, "name", None) if not _is_plain(thing) else None
        entry = Entry(name if isinstance(name, str) else None)
        if _is_plain(thing):
            entry.arrays = {key: convert_to_numpy(value) for key, value in _plain_state(thing).items()}
        else:
            thing.save_own_variables(entry.arrays)
            entry.arrays = {str(key): convert_to_numpy(value) for key, value in entry.arrays.items()}
        if entry.arrays or entry.name is not None:
            entries[path] = entry
    return entries


def take_state(model: Any, entries: Mapping[str, Entry], skip_mismatch: bool = False, skipped: Iterable[Any] = ()) -> None:
    """Give a model a state. All of it is checked first: if anything does not fit, the model stays as it is.

    Args:
        model: a built model.
        entries: a state, read from a file.
        skip_mismatch: leave what does not fit as it is, with a warning.
        skipped: layers to leave as they are.

    Raises:
        ValueError: something does not fit, or is not there; the message names all of it.
    """
    _prepare_optimizer(model, entries)
    found = [(path, thing, entries.get(path, Entry(None)).arrays) for path, thing in walk(model, skipped)]
    complaints = {path: f"{_label(path, thing)}: {told}" for path, thing, arrays in found if (told := _complaint(thing, arrays))}
    extra = _not_in(entries, {path for path, *_ in found})
    if complaints and not skip_mismatch:
        raise ValueError(_told(model, list(complaints.values()), extra))
    if extra and not skipped:
        warnings.warn(f"The file also holds {', '.join(extra)}, which {model.name} does not have.", stacklevel=4)
    if complaints:
        told = "\n".join(complaints.values())
        warnings.warn(f"What does not fit {model.name} was left as it is:\n{told}", stacklevel=4)
    _take_all(model, [(path, thing, arrays) for path, thing, arrays in found if path not in complaints])


def _not_in(entries: Mapping[str, Entry], known: set[str]) -> list[str]:
    """What the file has that the model does not; older versions of Keras also kept the states of random numbers."""
    extra = [path for path, entry in entries.items() if entry.arrays and path not in known]
    return [path for path in extra if not path.startswith("optimizer") and not path.endswith("seed_generator")]


def _take_all(model: Any, parts: list[tuple[str, Any, dict[str, Any]]]) -> None:
    # Only what could not be checked can still fail, so only then are the weights kept.
    unchecked = any(not _is_checked(thing) for _, thing, _ in parts)
    before = [(weight, weight.detach().clone()) for weight in model.weights] if unchecked else []
    for path, thing, arrays in parts:
        try:
            _take(thing, arrays)
        except Exception as error:
            with torch.no_grad():
                for weight, value in before:
                    weight.copy_(value)
            raise ValueError(_told(model, [f"{_label(path, thing)}: {error}"], [])) from error


def walk(thing: Any, skipped: Iterable[Any] = (), path: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Any]]:
    """A model and all in it that has a state of its own, each once, with their paths.

    A path is made of attributes' names; in a list, of class names, numbered. This is the order in which Keras looks,
    on which the numbers depend.
    """
    seen = {id(part) for part in skipped} if seen is None else seen
    if id(thing) in seen:
        return
    seen.add(id(thing))
    yield path, thing
    if _is_plain(thing):
        seen.update(id(module) for module in thing.modules())
        return
    if isinstance(thing, Layer):
        seen.update(id(weight) for weight in own_weights(thing))
    if isinstance(thing, TorchModuleWrapper):
        return  # the module inside is what it has of its own
    for name, child in _children(thing):
        yield from _walk_into(child, f"{path}/{name}".lstrip("/"), seen)


def _walk_into(child: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    if not isinstance(child, (list, tuple, dict)):
        if _has_state(child):
            yield from walk(child, (), path, seen)
        return
    if isinstance(child, nn.Module):  # others may be made anew at each look, so their `id` says nothing
        if id(child) in seen:
            return
        seen.add(id(child))
        loose = _loose_weights(child, seen)
        if loose is not None:
            yield path, loose
    used: dict[str, int] = {}
    for part in child.values() if isinstance(child, dict) else child:
        if isinstance(part, (list, tuple, dict)):
            name = "container"
        elif _has_state(part):
            name = to_snake_case(type(part).__name__)
        else:
            continue
        used[name] = used.get(name, -1) + 1
        yield from _walk_into(part, f"{path}/{name}" + (f"_{used[name]}" if used[name] else ""), seen)


def _loose_weights(container: nn.Module, seen: set[int]) -> nn.Module | None:
    """The weights that a list or dict holds and no layer owns, as a module."""
    module = nn.Module()
    for key, weight in [*container._parameters.items(), *container._buffers.items()]:
        if weight is not None and id(weight) not in seen:
            seen.add(id(weight))
            module.register_buffer(key, weight.detach())
    return module if module._buffers else None


def _children(thing: Any) -> Iterator[tuple[str, Any]]:
    """The attributes in which there may be something with a state: public ones first, by name."""
    names = set(dir(thing)) - _usual_attributes(thing)
    if hasattr(type(thing), "operations"):  # a model of which the graph is known
        names -= {"operations", "_operations", *(key for key, child in thing._modules.items() if isinstance(child, InputLayer))}
        yield "layers", thing.layers
    for name in sorted(names, key=lambda name: f"~{name}" if name.startswith("_") else name):
        if name.startswith("__") or type(thing.__dict__.get(name)) in (list, dict):
            continue  # a plain list is the inner workings; those set as attributes are tracked
        try:
            yield name, getattr(thing, name)
        except Exception:  # noqa: BLE001, S112 - a property that cannot be asked now
            continue


def _usual_attributes(thing: Any) -> frozenset[str]:
    """What every layer, or every optimizer, has; nothing with a state is among it."""
    return frozenset(dir(Optimizer)) if isinstance(thing, Optimizer) else _attributes_of_a_layer()


@functools.cache
def _attributes_of_a_layer() -> frozenset[str]:
    make: Any = Layer
    return frozenset(dir(make(name="any")))


def _has_state(thing: Any) -> bool:
    if isinstance(thing, Metric):
        return False
    return isinstance(thing, (Layer, Optimizer)) or _is_plain(thing) and bool(thing.state_dict())


def _is_plain(thing: Any) -> bool:
    return isinstance(thing, nn.Module) and not isinstance(thing, Layer)


def _plain_state(module: Any) -> dict[str, Tensor]:
    return {key: value for key, value in module.state_dict().items() if isinstance(value, Tensor)}


def _prepare_optimizer(model: Any, entries: Mapping[str, Entry]) -> None:
    """Make the optimizer's variables, so that they can be loaded."""
    optimizer = getattr(model, "optimizer", None)
    saved = entries.get("optimizer")
    if isinstance(optimizer, Optimizer) and not optimizer.built and saved is not None and len(saved.arrays) > 2:
        optimizer.build(model.trainable_variables)


# Checking, before anything is changed.


def _is_checked(thing: Any) -> bool:
    """Say whether what this takes can be checked beforehand: it has no way of its own to take it."""
    return _is_plain(thing) or isinstance(thing, (Optimizer, TorchModuleWrapper)) or _loads_plainly(thing)


def _loads_plainly(thing: Any) -> bool:
    return type(thing).load_own_variables is Layer.load_own_variables


def _complaint(thing: Any, arrays: Mapping[str, Any]) -> str | None:
    """What is wrong with these arrays for this layer, or None."""
    if isinstance(thing, Optimizer):
        variables = thing.variables
        if len(arrays) != len(variables):
            return None  # another optimizer's: left aside, with a warning of its own
        wanted = {str(i): (getattr(variable, "name", str(i)), variable) for i, variable in enumerate(variables)}
        return _misfit(wanted, arrays) if set(wanted) == set(arrays) else None
    if _is_plain(thing) or isinstance(thing, TorchModuleWrapper):
        module = thing.module if isinstance(thing, TorchModuleWrapper) else thing
        wanted = {key: (key, value) for key, value in _plain_state(module).items()}
    elif _loads_plainly(thing):
        names = {id(value): name for name, value in [*thing._parameters.items(), *thing._buffers.items()]}
        wanted = {str(i): (names.get(id(weight), str(i)), weight) for i, weight in enumerate(own_weights(thing))}
    else:
        return None
    if set(wanted) != set(arrays):
        if not arrays:
            return f"expected {_listed(wanted)}; the file has nothing for it"
        if not getattr(thing, "built", True):
            return f"it is not built, so it has no weights yet; the file has {len(arrays)}"
        return f"expected {len(wanted)} weights ({_listed(wanted)}); the file has {len(arrays)}"
    return _misfit(wanted, arrays)


def _misfit(wanted: Mapping[str, tuple[str, Tensor]], arrays: Mapping[str, Any]) -> str | None:
    for key, (name, weight) in wanted.items():
        if tuple(weight.shape) != tuple(np.shape(arrays[key])):
            return f"expected {name} of shape {tuple(weight.shape)}; the file has {tuple(np.shape(arrays[key]))}"
    return None


def _listed(wanted: Mapping[str, tuple[str, Tensor]]) -> str:
    return ", ".join(f"{name} {tuple(weight.shape)}" for name, weight in wanted.values()) or "no weights"


def _label(path: str, thing: Any) -> str:
    name = getattr(thing, "name", None)
    return f"{name} ({path})" if isinstance(name, str) and path else str(name or path)


def _told(model: Any, complaints: list[str], extra: list[str]) -> str:
    more = f"\nThe file also holds {', '.join(extra)}, which the model does not have." if extra else ""
    return (
        f"The file does not fit {model.name}; nothing was changed.\n"
        + "\n".join(complaints)
        + more
        + "\nskip_mismatch=True loads what fits."
    )


def _take(thing: Any, arrays: dict[str, Any]) -> None:
    if isinstance(thing, Optimizer) and not arrays:
        return  # the file is of a model without an optimizer
    if _is_plain(thing):
        with torch.no_grad():
            for key, value in _plain_state(thing).items():
                value.copy_(torch.as_tensor(arrays[key]))
        return
    thing.load_own_variables(arrays)
