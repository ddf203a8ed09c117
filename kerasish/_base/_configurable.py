"""The configurable: an object whose arguments are declared once, as annotated fields of its class."""

import inspect
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from kerasish._base._registry import Registry, did_you_mean
from kerasish._base._serialization import serialize

_MISSING = inspect.Parameter.empty


class Field:
    """One declared argument: its name, default, and what turns the given value into the kept one."""

    __slots__ = ("converter", "default", "keyword_only", "name")

    def __init__(self, name: str, default: Any, converter: Any, keyword_only: bool):
        self.name, self.default, self.converter, self.keyword_only = name, default, converter, keyword_only

    def convert(self, value: Any) -> Any:
        if self.converter is None:
            return value
        return self.converter.get(value) if hasattr(self.converter, "get") else self.converter(value)

    def describe(self, value: Any) -> Any:
        """Give the value as configs hold it."""
        if isinstance(self.converter, Registry):
            return self.converter.serialize(value)
        return value


class keyword_only:  # noqa: N801 - a mark inside Annotated, read as a word
    """Mark a field, `Annotated[str | None, keyword_only]`, that is not given by position."""


class Configurable:
    """An object made from declared arguments, which can say what they were.

    The annotations of a class body become the parameters of its `__init__`, in their order, own ones
    first and inherited ones after them; `Annotated[T, registry]` turns names, dicts and classes into
    objects. The fields of a class made with `kw_only=True` are not given by position. A class that writes
    its own `__init__` has the arguments of each call captured instead.
    After the fields are kept, `__post_init__` runs: the place for checks and normal forms.

    >>> class Scale(Configurable):
    ...     factor: float
    ...     name: str | None = None
    >>> Scale(2.0).get_config()
    {'factor': 2.0, 'name': None}
    """

    fields: ClassVar[dict[str, Field]] = {}
    registry: ClassVar[Registry | None] = None
    aliases: ClassVar[tuple[str, ...]] = ()
    _own_init: ClassVar[bool] = False
    _fill_fields: ClassVar[Callable]

    if TYPE_CHECKING:
        # Not a dataclass_transform: own fields come first here, which the order of a dataclass's cannot say.
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def __init_subclass__(cls, kw_only: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__init__" in cls.__dict__:
            cls._own_init = True
            cls.__init__ = _capturing(cls.__init__)
        elif not cls._own_init:
            own = _declared(cls, kw_only)
            inherited = {n: f for n, f in cls.fields.items() if n not in own}
            merged = {**own, **inherited}
            cls.fields = {
                **{n: f for n, f in merged.items() if not f.keyword_only},
                **{n: f for n, f in merged.items() if f.keyword_only},
            }
            cls._fill_fields, cls.__init__ = _initializer(cls.fields)
        if cls.registry is not None and not cls.__name__.startswith("_") and cls.__module__.startswith("kerasish."):
            cls.registry.register(cls, *cls.__dict__.get("aliases", ()))

    def __pre_init__(self) -> None:
        """Make what must be there before the first field is set."""

    def __post_init__(self) -> None:
        """Check and normalize the fields; called once they are all set."""

    def _take_over(self, args: tuple, kwargs: dict[str, Any]) -> bool:
        """Make the object of other arguments than the fields, and say so; a class may have more than one form."""
        return False

    def _take_argument(self, name: str, value: Any) -> tuple[str, Any] | None:
        """Deal with a keyword argument that is no field: give the field that it means, or None when it has been dealt with."""
        raise TypeError(f"{type(self).__name__} has no argument `{name}`.{did_you_mean(name, list(self.fields))}")

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that would make this object again, as plain data where they are objects.

        Of a class with its own `__init__`: the captured arguments, and the declared fields that it hands on; the declared
        ones alone where it has a `get_config` of its own as well, which adds the others.

        Raises:
            TypeError: an argument is an object that no config can describe; write `get_config`.
        """
        declared = {name: field.describe(getattr(self, name)) for name, field in self.fields.items() if hasattr(self, name)}
        if not self._own_init:
            return declared
        if not type(self).get_config.__module__.startswith("kerasish."):
            return declared  # a user's own adds its arguments, maybe as `dict(units=…, **super().get_config())`
        captured = {name: serialize(value) for name, value in self.__dict__.get("_init_arguments", {}).items()}
        accepts = accepted_arguments(type(self).__init__)
        declared = {name: value for name, value in declared.items() if accepts is None or name in accepts}
        return {**declared, **captured}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make an object from what `get_config` gave."""
        return cls(**config)

    def __repr__(self) -> str:
        arguments = ", ".join(
            f"{name}={getattr(self, name, None)!r}"
            for name, field in self.fields.items()
            if getattr(self, name, None) != field.default
        )
        return f"{type(self).__name__}({arguments})"


def _declared(cls: type, kw_only: bool) -> dict[str, Field]:
    """The fields that the body of this class declares."""
    annotations = cls.__dict__.get("__annotations__", {})
    if not annotations:
        return {}
    hints = _own_hints(cls, annotations)
    found = {}
    for name, hint in hints.items():
        if name.startswith("_") or typing.get_origin(hint) is ClassVar or hint is ClassVar:
            continue
        marks = hint.__metadata__ if typing.get_origin(hint) is typing.Annotated else ()
        converters = [mark for mark in marks if mark is not keyword_only]
        default = cls.__dict__.get(name, _MISSING)
        if isinstance(default, property):
            default = None  # the property is how the class keeps this argument
        elif default is not _MISSING:
            delattr(cls, name)  # else it would hide a module that is set under this name
        found[name] = Field(name, default, converters[0] if converters else None, kw_only or keyword_only in marks)
    return found


def _own_hints(cls: type, annotations: dict[str, Any]) -> dict[str, Any]:
    if not any(isinstance(hint, str) for hint in annotations.values()):
        return annotations
    hints = typing.get_type_hints(cls, include_extras=True)  # `from __future__ import annotations`
    return {name: hints[name] for name in annotations}


def _initializer(fields: dict[str, Field]) -> tuple[Callable, Callable]:
    """What fills these fields, and the `__init__` that does it unless the object is made of other arguments."""
    names = tuple(fields)
    positional = tuple(name for name, field in fields.items() if not field.keyword_only)
    required = tuple(name for name, field in fields.items() if field.default is _MISSING)
    items = tuple(fields.items())

    def fill(self: Any, *args: Any, **kwargs: Any) -> None:
        if len(args) > len(positional):
            raise TypeError(f"{type(self).__name__} takes at most {len(positional)} positional arguments; received {len(args)}.")
        self.__pre_init__()
        given = dict(zip(positional, args, strict=False))
        for name, value in kwargs.items():
            if name not in fields:
                meant = self._take_argument(name, value)
                if meant is None:
                    continue
                name, value = meant
            if name in given:
                raise TypeError(f"{type(self).__name__} received `{name}` twice.")
            given[name] = value
        for name in required:
            if name not in given:
                raise TypeError(f"{type(self).__name__} needs `{name}`: {type(self).__name__}({', '.join(names)}).")
        for name, field in items:
            setattr(self, name, field.convert(given[name] if name in given else field.default))
        self.__post_init__()

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if not self._take_over(args, kwargs):
            fill(self, *args, **kwargs)

    parameters = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)] + [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY if field.keyword_only else inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=field.default,
        )
        for name, field in fields.items()
    ]
    # A required field may follow one with a default (inheritance); Python's rule is only about `def`.
    seen_default = False
    for i, parameter in enumerate(parameters):
        if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD and parameter.default is not _MISSING:
            seen_default = True
        elif seen_default and parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
            parameters[i] = parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
    parameters.sort(key=lambda p: p.kind)
    __init__.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return fill, __init__


def accepted_arguments(function: Callable) -> set[str] | None:
    """The names that a function takes by keyword, or None when it takes any."""
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters):
        return None
    return {p.name for p in parameters if p.kind is not inspect.Parameter.POSITIONAL_ONLY}


def _capturing(init: Callable) -> Callable:
    """Wrap a hand-written `__init__` so that the outermost call leaves its arguments in `_init_arguments`."""
    if getattr(init, "_captures", False):
        return init
    signature = inspect.signature(init)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if "_init_arguments" not in self.__dict__:
            bound = signature.bind(self, *args, **kwargs)
            arguments = dict(list(bound.arguments.items())[1:])
            for name, parameter in signature.parameters.items():
                if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                    arguments.update(arguments.pop(name, {}))
                elif parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                    arguments.pop(name, None)
            self.__dict__["_init_arguments"] = arguments
        init(self, *args, **kwargs)

    __init__.__signature__ = signature  # type: ignore[attr-defined]
    __init__.__doc__ = init.__doc__
    __init__.__wrapped__ = init  # type: ignore[attr-defined]
    __init__._captures = True  # type: ignore[attr-defined]
    return __init__
