"""Tracking: lists and dicts set as attributes of a layer stay lists and dicts, and are modules that hold what is in them."""

from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import Any

from torch import nn

from kerasish.layers._calling import adopt

FOLLOWED = (list, dict, OrderedDict)  # of exactly these kinds: each becomes a container that notices its changes
KEPT = (tuple, set, frozenset, deque, dict)  # and kinds of them: they stay what they are, registered as they are when set


class Tracked(nn.Module):
    """What lists and dicts share: after each change, what they hold is registered, and they with their owner."""

    _owner: nn.Module
    _attribute: str

    def _watch(self, owner: nn.Module, attribute: str) -> None:
        nn.Module.__init__(self)
        self.__dict__.update(training=owner.training, _owner=owner, _attribute=attribute)
        self._changed()

    def _changed(self) -> None:
        if "_modules" not in self.__dict__:
            return  # still being copied or unpickled: what it holds comes with its state
        self.__dict__["_held"] = self._plain()
        for shelf in (self._modules, self._parameters, self._buffers):
            shelf.clear()
        for key, part in self._parts():
            if type(part) in FOLLOWED:
                part = track(part, self, key)
                self._replace(key, part)
                self.__dict__["_held"] = self._plain()
            elif isinstance(part, KEPT) and not isinstance(part, Tracked) and holds_trackables(part):
                track(part, self, key)  # what was given stays; a container that is only registered holds what is in it
            if isinstance(part, nn.Module):
                if not isinstance(part, Tracked) or part._holds_anything():
                    self._modules[key] = part
                adopt(part, self.training)
            elif isinstance(part, nn.Parameter):
                (self._parameters if part.requires_grad else self._buffers)[key] = part
        self._attach()

    def _attach(self) -> None:
        """Be a child of the owner while there is anything to find; be a plain attribute otherwise."""
        owner = self._owner.__dict__
        if isinstance(self._owner, Tracked) or "_modules" not in owner:
            if "_modules" in owner and self._holds_anything():
                owner["_modules"][self._attribute] = self
                self._owner._attach()  # type: ignore[operator]
            return
        if self._holds_anything():
            if owner["_modules"].get(self._attribute) is not self:
                owner.pop(self._attribute, None)
                owner["_modules"][self._attribute] = self
        elif owner["_modules"].get(self._attribute) is self:
            del owner["_modules"][self._attribute]
            owner[self._attribute] = self

    def _holds_anything(self) -> bool:
        return bool(self._modules or self._parameters or self._buffers)

    def _parts(self) -> Iterable[tuple[str, Any]]:
        raise NotImplementedError

    def _plain(self) -> Any:
        """What is held as a plain tuple or dict: torch.compile cannot trace into a subclass's C methods."""
        raise NotImplementedError

    def _replace(self, key: str, part: Any) -> None:
        raise NotImplementedError

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    __hash__ = object.__hash__


class TrackedList(Tracked, list):  # type: ignore[misc]
    """A list whose modules and parameters belong to a layer."""

    def __init__(self, items: Iterable = ()):
        list.__init__(self, items)

    def _plain(self) -> tuple:
        return tuple(list.__iter__(self))

    def _parts(self) -> Iterable[tuple[str, Any]]:
        return [(str(index), part) for index, part in enumerate(self._plain())]

    def _replace(self, key: str, part: Any) -> None:
        list.__setitem__(self, int(key), part)

    def __reduce__(self) -> tuple:
        return TrackedList, (), dict(self.__dict__), list.__iter__(self)


class TrackedDict(Tracked, dict):  # type: ignore[misc]
    """A dict whose modules and parameters belong to a layer."""

    def __init__(self, items: Any = ()):
        dict.__init__(self, items)

    def _plain(self) -> dict:
        return dict(dict.items(self))

    def _parts(self) -> Iterable[tuple[str, Any]]:
        return [(str(key).replace(".", "_"), part) for key, part in dict.items(self)]

    def _replace(self, key: str, part: Any) -> None:
        dict.__setitem__(self, next(k for k in dict.keys(self) if str(k).replace(".", "_") == key), part)

    def __reduce__(self) -> tuple:
        return TrackedDict, (), dict(self.__dict__), None, iter(dict.items(self))


def _following(method: str, kind: type) -> Any:
    original = getattr(kind, method)

    def change(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        self._changed()
        return self if method in ("__iadd__", "__ior__") else result

    change.__name__ = method
    return change


def _reading(method: str, kind: type) -> Any:
    original = getattr(kind, method)

    def read(self: Any, *args: Any) -> Any:
        held = self.__dict__.get("_held")
        return original(self, *args) if held is None else getattr(held, method)(*args)

    read.__name__ = method
    return read


_READ = "__iter__ __len__ __getitem__ __contains__ items keys values get".split()
_CHANGE_LIST = "append extend insert remove pop clear sort reverse __setitem__ __delitem__ __iadd__".split()
_CHANGE_DICT = "update pop popitem clear setdefault __setitem__ __delitem__ __ior__".split()
for _kind, _base, _changes in ((TrackedList, list, _CHANGE_LIST), (TrackedDict, dict, _CHANGE_DICT)):
    # Torch's module has methods of the same names; these are a list's and a dict's first of all.
    for _method in dir(_base):
        if _method in _changes:
            setattr(_kind, _method, _following(_method, _base))
        elif _method in _READ:
            setattr(_kind, _method, _reading(_method, _base))
        elif _method not in _kind.__dict__ and _method not in dir(object):
            setattr(_kind, _method, getattr(_base, _method))
    _kind.__repr__ = _base.__repr__  # type: ignore[method-assign]
    _kind.__eq__ = _base.__eq__  # type: ignore[method-assign]


def track(value: Any, owner: nn.Module, attribute: str) -> Any:
    """Give a list or dict that registers what is in a container with its owner."""
    if isinstance(value, (set, frozenset)):  # which has no order of its own: that of the names, for keys that stay
        value = sorted(value, key=lambda part: str(getattr(part, "name", "")))
    container = TrackedDict(value) if isinstance(value, dict) else TrackedList(value)
    container._watch(owner, attribute)
    return container


def holds_trackables(value: Any) -> bool:
    """Say whether a value is, or holds at any depth, a module or a parameter."""
    if isinstance(value, (nn.Module, nn.Parameter)):
        return True
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, *KEPT)) else ()
    return any(holds_trackables(part) for part in parts)
