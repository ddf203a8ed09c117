from kerasish._base import _sharing
from kerasish._base._configurable import Configurable
from kerasish._base._serialization import deserialize, serialize


class Part(Configurable):
    size: int


class Whole(Configurable):
    left: Part
    right: Part


def described(whole):
    with _sharing.numbering():
        return _sharing.without_singles(serialize(whole))


def restored(config):
    with _sharing.remembering():
        return deserialize(config, {"Part": Part, "Whole": Whole})


def test_one_object_at_two_places_has_one_number():
    part = Part(3)
    config = described(Whole(part, part))
    assert config["config"]["left"]["shared_object_id"] == config["config"]["right"]["shared_object_id"]


def test_equal_objects_stay_apart_and_are_not_numbered():
    config = described(Whole(Part(3), Part(3)))
    assert "shared_object_id" not in config and "shared_object_id" not in config["config"]["left"]


def test_outside_of_the_scope_nothing_is_numbered():
    part = Part(3)
    assert "shared_object_id" not in serialize(Whole(part, part))["config"]["left"]


def test_what_was_made_of_a_number_is_given_again():
    config = {"module": None, "class_name": "Part", "config": {"size": 3}, "registered_name": None, "shared_object_id": 5}
    first, second = restored([config, dict(config)])
    assert first is second
    assert restored(config) is not restored(config)
