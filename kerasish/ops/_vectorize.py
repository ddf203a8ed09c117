"""Vectorize: a function of single numbers or small tensors, applied to whole tensors that broadcast."""

import functools
import re
from collections.abc import Callable, Collection
from typing import Any

import torch

from kerasish.ops._inputs import as_tensor


def vectorize(pyfunc: Callable, *, excluded: Collection[int | str] | None = None, signature: str | None = None) -> Callable:
    """Make a function of single elements one of whole tensors; they broadcast against each other.

    Args:
        excluded: positions and names of arguments that are handed on as they are.
        signature: the axes that one call takes and gives, "(m,n),(n)->(m)"; none by default.

    >>> vectorize(lambda a, b: torch.maximum(a, b))([1, 5], 3).tolist()
    [3, 5]
    """
    skipped = set(excluded or ())
    takes = None if signature is None else _axes_taken(signature)

    @functools.wraps(pyfunc)
    def call(*args: Any, **kwargs: Any) -> Any:
        places = [i for i, arg in enumerate(args) if i not in skipped and arg is not None]
        names = [name for name in kwargs if name not in skipped]
        tensors = [as_tensor(args[i]) for i in places] + [as_tensor(kwargs[name]) for name in names]
        axes = [0] * len(tensors) if takes is None else takes
        if len(axes) != len(tensors):
            raise TypeError(f"`signature` {signature!r} names {len(axes)} arguments; received {len(tensors)}.")
        outer = torch.broadcast_shapes(*(x.shape[: x.ndim - n] for x, n in zip(tensors, axes)))
        flat = [x.broadcast_to(outer + x.shape[x.ndim - n :]).reshape(-1, *x.shape[x.ndim - n :]) for x, n in zip(tensors, axes)]

        def one(*parts: Any) -> Any:
            given, named = list(args), dict(kwargs)
            for i, part in zip(places, parts):
                given[i] = part
            named.update(zip(names, parts[len(places) :]))
            return pyfunc(*given, **named)

        results = torch.vmap(one)(*flat)
        if isinstance(results, (tuple, list)):
            return tuple(y.reshape(outer + y.shape[1:]) for y in results)
        return results.reshape(outer + results.shape[1:])

    return call


def _axes_taken(signature: str) -> list[int]:
    group = r"\((?:\w+(?:,\w+)*)?\)"
    compact = signature.replace(" ", "")
    if not re.fullmatch(rf"{group}(?:,{group})*->{group}(?:,{group})*", compact):
        raise ValueError(f"`signature` must be like '(m,n),(n)->(m)'; received {signature!r}.")
    return [len(re.findall(r"\w+", found)) for found in re.findall(group, compact.split("->")[0])]
