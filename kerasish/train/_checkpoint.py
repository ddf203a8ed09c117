"""Checkpoint: the numbers of models, optimizers, modules and Variables in one safetensors file, and back."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kerasish._base import _tree
from kerasish.core import Variable, device
from kerasish.layers._layer import Layer
from kerasish.layers._layer_weights import own_weights
from kerasish.layers._torch_module import TorchModuleWrapper
from kerasish.metrics import Metric
from kerasish.models._module import attributes_of
from kerasish.optimizers import Optimizer
from kerasish.random import SeedGenerator
from kerasish.saving._atomic import replacing
from kerasish.saving._states import walk
from kerasish.train._latest import ENDING, note_latest

_FORMAT = "kerasish.checkpoint"


class Checkpoint:
    """What a training consists of, to be saved as it is and restored in place.

    It holds models, layers and any torch modules, Modules, optimizers, metrics, seed generators, Variables, other Checkpoints,
    and lists and dicts of these. A compiled model brings its optimizer along. A file is safetensors with JSON in its head:
    reading it runs nothing.

    Args:
        root: one such object, without a name.
        **kwargs: such objects by name. Attributes that are set later belong to the checkpoint as well.

    Raises:
        TypeError: an object of another kind.

    >>> import tempfile
    >>> x = Variable(1.0)
    >>> checkpoint = Checkpoint(x=x)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = checkpoint.save(folder + "/numbers")
    ...     _ = x.assign(5.0)
    ...     _ = checkpoint.restore(path).assert_consumed()
    >>> path[-9:], x.item()
    ('numbers-1', 1.0)
    """

    save_counter: Variable

    def __init__(self, root: Any = None, **kwargs: Any):
        object.__setattr__(self, "_tracked", {})
        if root is not None:
            _check(root, "root")
            self._tracked[""] = root
        for name, value in kwargs.items():
            setattr(self, name, value)
        with device("cpu"):
            counter = Variable(0, dtype="int64", trainable=False, name="save_counter")
        object.__setattr__(self, "save_counter", counter)

    _tracked: dict[str, Any]

    def __setattr__(self, name: str, value: Any) -> None:
        if "/" in name or name in ("save_counter", "root") or hasattr(type(self), name):
            raise ValueError(f"`{name}` cannot be the name of an object in a checkpoint; choose another.")
        _check(value, name)
        self._tracked[name] = value

    def __getattr__(self, name: str) -> Any:
        try:
            return object.__getattribute__(self, "_tracked")[name]
        except KeyError:
            raise AttributeError(f"The checkpoint has no {name!r}.") from None

    # Writing.

    def save(self, file_prefix: Any) -> str:
        """Write to a new file, numbered by how often this checkpoint has been saved, and note it as the latest of its folder.

        Args:
            file_prefix: the folder and the beginning of the file's name.

        Returns: the path for `restore`, "<file_prefix>-<number>".
        """
        self.save_counter.assign_add(1)
        try:
            path = self.write(f"{os.fspath(file_prefix)}-{int(self.save_counter)}")
        except BaseException:
            self.save_counter.assign_sub(1)
            raise
        note_latest(path)
        return path

    def write(self, file_prefix: Any) -> str:
        """Write to a file of just this name, with ".safetensors" after it; it is replaced at once, or not at all.

        Raises:
            OSError: it cannot be written.
        """
        from safetensors.torch import save_file

        tensors: dict[str, Tensor] = {}
        aliases: dict[str, str] = {}
        first: dict[Any, str] = {}
        for key, tensor in self._tensors():
            place = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), tensor.dtype) if tensor.numel() else id(tensor)
            if place in first:
                aliases[key] = first[place]
            else:
                first[place] = key
                tensors[key] = tensor.detach().contiguous()
        about = {"aliases": aliases, "optimizers": self._optimizers()}
        path = _file(file_prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as written:
            save_file(tensors, written, metadata={"format": "pt", "kerasish": _FORMAT, "about": json.dumps(about)})
        return os.fspath(file_prefix)

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        for name, thing in self._tracked.items():
            yield from _tensors_of(thing, name, set())
        yield "save_counter", self.save_counter

    def _optimizers(self) -> dict[str, list[str]]:
        """For each optimizer the keys of what it trains, in its order, to build it by."""
        keys = {id(tensor): key for key, tensor in reversed(list(self._tensors()))}
        return {
            name: [keys.get(id(variable), "") for variable in optimizer._trainable_variables]
            for name, optimizer in self._find_optimizers()
            if optimizer.built
        }

    def _find_optimizers(self) -> Iterator[tuple[str, Optimizer]]:
        for name, thing in self._tracked.items():
            yield from ((key, part) for key, part in _parts_of(thing, name, set()) if isinstance(part, Optimizer))

    # Reading.

    def read(self, save_path: Any) -> "LoadStatus":
        """Read a file that `write` made, in place; nothing is changed if any shape differs.

        Args:
            save_path: its path, with or without ".safetensors".

        Returns: what was matched and what was not; its `assert_…` methods make sure.

        Raises:
            FileNotFoundError: it is not there.
            OSError: it is broken.
            ValueError: shapes differ, or an object has no variables yet that the file has numbers for.
        """
        saved, about = _read(_file(save_path))
        self._build_optimizers(about.get("optimizers", {}))
        pairs, wrong, missing = [], [], []
        here = dict(self._tensors())
        for key, tensor in here.items():
            value = saved.get(key)
            if value is None:
                missing.append(key)
            elif value.shape != tensor.shape:
                wrong.append(f"{key}: expected shape {tuple(tensor.shape)}; the file has {tuple(value.shape)}")
            else:
                pairs.append((tensor, value))
        if wrong:
            raise ValueError("The file does not fit this checkpoint; nothing was changed.\n" + "\n".join(wrong))
        unused = [key for key in saved if key not in here]
        unbuilt = [key for key, _ in self._unbuilt() if any(name.startswith(f"{key}/" if key else "") for name in unused)]
        if unbuilt:
            raise ValueError(
                f"The file has numbers for {unbuilt[0] or 'the root'}, which is not built yet: call it on data, or `build`, "
                "before it is restored. Nothing was changed."
            )
        with torch.no_grad():
            for metric in self._metrics():
                metric._settle()
            for tensor, value in pairs:
                tensor.copy_(value)
        return LoadStatus(unused, [key for key in missing if key != "save_counter"], len(pairs))

    def restore(self, save_path: Any) -> "LoadStatus":
        """Read a file that `save` made, see `read`; with None nothing is done."""
        if save_path is None:
            return LoadStatus([], [], 0)
        return self.read(save_path)

    def _build_optimizers(self, trained: dict[str, list[str]]) -> None:
        """Make the variables of optimizers that are not built yet, if what they train is there."""
        here = dict(self._tensors())
        for name, optimizer in self._find_optimizers():
            keys = trained.get(name)
            if not optimizer.built and keys and all(key in here for key in keys):
                optimizer.build([here[key] for key in keys])

    def _unbuilt(self) -> Iterator[tuple[str, Any]]:
        for name, thing in self._tracked.items():
            for key, part in _parts_of(thing, name, set()):
                if not getattr(part, "built", True):
                    yield key, part

    def _metrics(self) -> Iterator[Metric]:
        for name, thing in self._tracked.items():
            yield from (part for _, part in _parts_of(thing, name, set()) if isinstance(part, Metric))


class LoadStatus:
    """What of a file was restored, and what was not.

    Attributes:
        unused: the names in the file that the checkpoint does not have.
        missing: the names that the file does not have.
        restored: how many tensors were restored.
    """

    def __init__(self, unused: list[str], missing: list[str], restored: int):
        self.unused, self.missing, self.restored = unused, missing, restored

    def assert_consumed(self) -> "LoadStatus":
        """Make sure that all in the file was used, and that nothing was missing.

        Raises:
            AssertionError: otherwise; the message names what.
        """
        if self.unused:
            raise AssertionError(f"Not all that the file holds was used: {', '.join(self.unused)}.")
        return self.assert_existing_objects_matched()

    def assert_existing_objects_matched(self) -> "LoadStatus":
        """Make sure that the file had all that the checkpoint holds.

        Raises:
            AssertionError: otherwise; the message names what.
        """
        if self.missing:
            raise AssertionError(f"The file does not have {', '.join(self.missing)}.")
        return self

    def assert_nontrivial_match(self) -> "LoadStatus":
        """Make sure that something besides the counter of saves was restored.

        Raises:
            AssertionError: nothing was.
        """
        if self.restored < 2:
            raise AssertionError("Nothing in the file fits what the checkpoint holds.")
        return self

    def expect_partial(self) -> "LoadStatus":
        """Say that not all need match. Nothing is warned of in any case; this is for programs that say so."""
        return self


def _file(prefix: Any) -> Path:
    path = os.fspath(prefix)
    return Path(path if path.endswith(ENDING) else path + ENDING)


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise FileNotFoundError(f"There is no checkpoint {str(path)!r}.")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("kerasish") != _FORMAT:
                raise ValueError(f"{str(path)!r} is no checkpoint; load weights with `model.load_weights`.")
            saved = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no dict
            about = json.loads(metadata["about"])
    except (SafetensorError, json.JSONDecodeError, KeyError) as error:
        raise OSError(f"{str(path)!r} cannot be read: it is broken or cut short ({error}).") from error
    saved.update((key, saved[first]) for key, first in about["aliases"].items() if first in saved)
    return saved, about


def _check(thing: Any, name: str) -> None:
    if isinstance(thing, (nn.Module, Optimizer, Metric, SeedGenerator, Tensor, Checkpoint)):
        return
    if not _tree.is_nested(thing):
        raise TypeError(
            f"A checkpoint holds models, modules, optimizers, metrics, seed generators and Variables; {name!r} is {thing!r}. "
            "Make a number a Variable."
        )
    for part in _tree.flatten(thing):
        _check(part, name)


def _join(*names: str) -> str:
    return "/".join(name for name in names if name)


def _parts_of(thing: Any, key: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """A tracked object and all in it that has numbers of its own, each once, with the keys that they are saved under.

    Keys are made of attributes' names, and of places in lists; for layers they are those of Keras's files, so that automatic
    names of layers do not count.
    """
    if id(thing) in seen:
        return
    if isinstance(thing, Layer):
        for path, part in [*walk(thing)]:
            if isinstance(part, Optimizer):
                yield from _parts_of(part, _join(key, path), seen)
            elif id(part) not in seen:
                seen.add(id(part))
                yield _join(key, path), part
                generators = [(name, value) for name, value in vars(part).items() if isinstance(value, SeedGenerator)]
                yield from ((_join(key, path, name), generator) for name, generator in generators)
        return
    seen.add(id(thing))
    if isinstance(thing, (Tensor, Optimizer, Metric, SeedGenerator)):
        yield key, thing
    elif isinstance(thing, Checkpoint):
        for name, part in [*thing._tracked.items(), ("save_counter", thing.save_counter)]:
            yield from _parts_of(part, _join(key, name), seen)
    elif _tree.is_nested(thing):
        for name, part in thing.items() if isinstance(thing, dict) else enumerate(thing):
            yield from _parts_of(part, _join(key, str(name).replace("/", "_")), seen)
    elif isinstance(thing, nn.Module):
        if type(thing).get_extra_state is not nn.Module.get_extra_state:
            raise TypeError(f"{key}: {type(thing).__name__} has a state besides tensors, which cannot be saved.")
        for name, part in attributes_of(thing):
            saved = part is thing._buffers.get(name) and name not in thing._non_persistent_buffers_set
            if part is not None and (saved or _is_kept(part)):
                yield from _parts_of(part, _join(key, name), seen)


def _is_kept(part: Any) -> bool:
    """Whether an attribute of a module belongs to its state."""
    if isinstance(part, (nn.Parameter, nn.Module, Optimizer, Metric, SeedGenerator, Checkpoint)):
        return True
    return _tree.is_nested(part) and any(_is_kept(leaf) for leaf in _tree.flatten(part))


def _tensors_of(thing: Any, name: str, seen: set[int]) -> Iterator[tuple[str, Tensor]]:
    for key, part in _parts_of(thing, name, seen):
        if isinstance(part, Tensor):
            yield key, part
        elif isinstance(part, SeedGenerator):
            yield _join(key, "state"), part.state
        elif isinstance(part, (Optimizer, Metric)):
            yield from ((_join(key, str(i)), variable) for i, variable in enumerate(part.variables))
        elif isinstance(part, Layer) and not isinstance(part, TorchModuleWrapper):
            names = {id(value): name for name, value in [*part._parameters.items(), *part._buffers.items()]}
            yield from ((_join(key, names.get(id(v), str(i))), v) for i, v in enumerate(own_weights(part)))
        elif isinstance(part, nn.Module):
            module = part.module if isinstance(part, TorchModuleWrapper) else part
            state: dict[str, Any] = module.state_dict(keep_vars=True)
            yield from ((_join(key, name.replace(".", "/")), v) for name, v in state.items() if isinstance(v, Tensor))
