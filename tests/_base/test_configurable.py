"""Configurables: arguments declared once."""

import inspect
from typing import Annotated, Any

import pytest

from kerasish._base._configurable import Configurable, keyword_only
from kerasish._base._registry import Registry

KINDS = Registry("kind", "test.kinds")


@KINDS.function()
def plain(x: float) -> float:
    return x


class Base(Configurable):
    """The arguments that all have."""

    rate: float = 0.1
    name: Annotated[str | None, keyword_only] = None


class Part(Base):
    """Own arguments come first."""

    units: int
    kind: Annotated[Any, KINDS] = "plain"

    def __post_init__(self) -> None:
        if self.units <= 0:
            raise ValueError(f"`units` must be positive; received {self.units}.")


def test_own_fields_come_before_inherited_ones_and_the_signature_is_true() -> None:
    assert str(inspect.signature(Part)) == "(units, kind='plain', rate=0.1, *, name=None)"


def test_names_become_objects_and_configs_names_again() -> None:
    part = Part(3)
    assert part.kind is plain
    assert part.get_config() == {"units": 3, "kind": "plain", "rate": 0.1, "name": None}
    assert Part.from_config(part.get_config()).get_config() == part.get_config()


def test_wrong_arguments_are_told_apart() -> None:
    with pytest.raises(TypeError, match=r"Part needs `units`: Part\(units, kind, rate, name\)"):
        Part()
    with pytest.raises(TypeError, match="no argument `unit`. Did you mean 'units'"):
        Part(3, unit=4)
    with pytest.raises(TypeError, match="`units` twice"):
        Part(3, units=4)
    with pytest.raises(TypeError, match="at most 3 positional"):
        Part(1, plain, 0.1, "name")
    with pytest.raises(ValueError, match="must be positive; received -1"):
        Part(-1)


def test_a_redeclared_field_moves_to_its_new_place() -> None:
    class Faster(Base):
        momentum: float = 0.0
        rate: float = 0.5

    assert list(Faster().get_config()) == ["momentum", "rate", "name"]
    assert Faster().rate == 0.5


def test_a_class_with_its_own_init_has_its_arguments_captured() -> None:
    class Own(Part):
        def __init__(self, scale: float, **kwargs: Any):
            super().__init__(units=int(scale * 2), **kwargs)

    own = Own(2.0, rate=0.3)
    assert own.units == 4 and own.get_config()["scale"] == 2.0 and own.get_config()["rate"] == 0.3
    assert str(inspect.signature(Own)) == "(scale: float, **kwargs: Any)"


def test_a_class_whose_init_takes_no_keywords_is_made_again_from_its_config() -> None:
    class Own(Part):
        def __init__(self, width: int):
            super().__init__(width)
            self.width = width

    assert Own.from_config(Own(5).get_config()).units == 5


def test_annotations_written_as_text_are_fields_too() -> None:
    namespace: dict[str, Any] = {"Configurable": Configurable}
    code = "from __future__ import annotations\nclass Late(Configurable):\n    size: int = 3\n"
    exec(code, namespace)
    assert namespace["Late"](4).get_config() == {"size": 4}
