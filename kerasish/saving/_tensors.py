"""Safetensors: the tensors of a model by the names of its `state_dict`, as torch's own tools know them."""

import json
import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

FORMAT = "kerasish.state_dict"


def write_safetensors(path: Path, model: Any) -> None:
    """Write a model's `state_dict`. A tensor that has two names is written under the first of them.

    Args:
        path: the file.
        model: any torch module.
    """
    from safetensors.torch import save_file

    tensors, aliases = _named_once(model)
    metadata = {"format": "pt", "kerasish": FORMAT, "order": json.dumps(list(tensors)), "aliases": json.dumps(aliases)}
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path, metadata=metadata)


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], bool]:
    """Read all tensors by name, and say whether they are in the order in which the model had them.

    Raises:
        OSError: the file is broken or cut short.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            order = json.loads((file.metadata() or {}).get("order", "[]"))
            ordered = sorted(order) == sorted(names)
            return {name: file.get_tensor(name) for name in (order if ordered else names)}, ordered
    except (SafetensorError, json.JSONDecodeError) as error:
        raise OSError(f"{str(path)!r} cannot be read: it is not a safetensors file, or it is broken ({error}).") from error


def fit_tensors(model: Any, tensors: dict[str, Tensor], ordered: bool = False) -> tuple[list[tuple[Tensor, Tensor]], list[str]]:
    """Match tensors to a model's by name: what is to be copied where, and what does not fit."""
    wanted, _ = _named_once(model)
    if ordered and set(wanted) != set(tensors) and [_stem(name) for name in wanted] == [_stem(name) for name in tensors]:
        # The same layers in the same order: only the numbers in automatic names may differ.
        tensors = dict(zip(wanted, tensors.values()))
    pairs, complaints = [], []
    for name, tensor in wanted.items():
        value = tensors.get(name)
        if value is None:
            complaints.append(f"{name}: expected shape {tuple(tensor.shape)}; the file does not have it")
        elif value.shape != tensor.shape:
            complaints.append(f"{name}: expected shape {tuple(tensor.shape)}; the file has {tuple(value.shape)}")
        else:
            pairs.append((tensor, value))
    every = model.state_dict()
    complaints += [f"{name}: the model does not have it" for name in tensors if name not in every]
    return pairs, complaints


def _stem(name: str) -> str:
    """A name without the numbers of automatic names: "dense_2.kernel" is "dense.kernel"."""
    return re.sub(r"_\d+(?=\.|$)", "", name)


def _named_once(model: Any) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a model, each under its first name; and the other names."""
    first: dict[Any, str] = {}
    tensors, aliases = {}, {}
    for name, tensor in model.state_dict().items():
        if not isinstance(tensor, torch.Tensor):
            continue
        place = (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype) if tensor.numel() else name
        if place in first:
            aliases[name] = first[place]
        else:
            first[place] = name
            tensors[name] = tensor
    return tensors, aliases
