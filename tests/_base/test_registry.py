"""Registries: things by any spelling, and what users register."""

import pytest

from kerasish._base._configurable import Configurable
from kerasish._base._registry import (
    Registry,
    custom_object_scope,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    registries,
)
from kerasish._base._serialization import deserialize, serialize


class Cube(Configurable):
    """A thing."""

    size: float = 1.0


@pytest.fixture
def shapes():  # noqa: ANN201
    registry = Registry("shape", "test.shapes")
    registry.register(Cube, "box")

    @registry.function("double")
    def twice_as_big(x: float) -> float:
        return 2 * x

    yield registry
    del registries["test.shapes"]


def test_a_class_is_found_by_name_alias_and_any_spelling(shapes: Registry) -> None:
    for name in ("Cube", "cube", "box", "BOX"):
        assert shapes.get(name).size == 1.0
    assert shapes.get("twiceAsBig")(3) == 6
    assert shapes.get(Cube(5.0)).size == 5.0 and shapes.get(Cube).size == 1.0 and shapes.get(None) is None


def test_a_misspelling_is_answered_with_what_was_meant(shapes: Registry) -> None:
    with pytest.raises(ValueError, match="`cubbe` is not a known shape. Did you mean 'Cube'"):
        shapes.get("cubbe")


def test_what_cannot_be_a_thing_is_refused(shapes: Registry) -> None:
    with pytest.raises(ValueError, match="received 3"):
        shapes.get(3)


def test_objects_go_through_configs_and_back(shapes: Registry) -> None:
    described = shapes.serialize(Cube(2.0))
    assert described == {"module": "test.shapes", "class_name": "Cube", "config": {"size": 2.0}, "registered_name": None}
    assert shapes.deserialize(described).size == 2.0
    assert shapes.serialize(shapes.find("double")) == "twice_as_big"


def test_registered_classes_are_named_by_their_package() -> None:
    @register_keras_serializable("pack", "Ball")
    class Sphere(Configurable):
        size: float = 1.0

    assert get_registered_name(Sphere) == "pack>Ball"
    assert get_registered_object("pack>Ball") is Sphere
    assert deserialize(serialize(Sphere(3.0))).size == 3.0
    with pytest.raises(ValueError, match="get_config"):
        register_keras_serializable()(dict)


def test_custom_objects_are_known_inside_their_scope_only() -> None:
    described = {"module": "nowhere", "class_name": "Mine", "config": {"size": 2.0}, "registered_name": "Mine"}
    with custom_object_scope({"Mine": Cube}):
        assert deserialize(described).size == 2.0
    assert deserialize(described, {"Mine": Cube}).size == 2.0
    with pytest.raises(ValueError, match="custom_objects"):
        deserialize(described)


def test_a_config_makes_nothing_be_imported_or_called() -> None:
    for module, name in (("os", "system"), ("subprocess", "Popen"), ("this", "s")):
        with pytest.raises(ValueError, match="not known"):
            deserialize({"module": module, "class_name": name, "config": {"command": "true"}, "registered_name": name})
        with pytest.raises(ValueError, match="not known"):
            deserialize({"module": module, "class_name": "function", "config": name, "registered_name": name})


def test_a_lambda_is_not_written() -> None:
    with pytest.raises(ValueError, match="lambda"):
        serialize(lambda x: x)


@pytest.mark.parametrize("value", [None, True, 3, 2.5, "text", [1, [2]], {"a": [1]}, slice(1, None, 2), ..., b"bytes"])
def test_plain_values_go_through_configs_and_back(value: object) -> None:
    assert deserialize(serialize(value)) == value
