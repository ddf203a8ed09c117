"""Each folder's `__init__` is its face: `__all__` says what is there, no more and no less."""

import importlib
import inspect
import pkgutil
from types import ModuleType

import pytest

import kerasish


def names_of(package: ModuleType) -> list[str]:
    """List the package and everything below it, as dotted names."""
    return [package.__name__, *(found.name for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."))]


MODULES = names_of(kerasish)
FACES = [
    name
    for name in MODULES
    if not any(part.startswith("_") for part in name.split(".")) and hasattr(importlib.import_module(name), "__path__")
]
# Parts of a face that have a name of their own, as in Keras.
PARTS = ["kerasish.ops.linalg", "kerasish.ops.nn", "kerasish.ops.numpy"]
PRIVATE = [name for name in MODULES if name.rpartition(".")[2].startswith("_") and name.rpartition(".")[0] in FACES]


def meant_for_users(value: object, module: ModuleType) -> bool:
    """Say whether a module defines this for users: it has an example in its docstring, or a name in a registry."""
    if not (inspect.isclass(value) or inspect.isfunction(value)) or value.__module__ != module.__name__:
        return False
    registered = inspect.isclass(value) and getattr(value, "registry", None) is not None
    return registered or ">>>" in (value.__doc__ or "")


@pytest.mark.parametrize("name", FACES)
def test_all_names_each_thing_once(name):
    listed = importlib.import_module(name).__all__
    assert sorted(listed) == sorted(set(listed))


@pytest.mark.parametrize("name", [*FACES, *PARTS])
def test_all_is_sorted_but_for_what_its_parts_add(name):
    module = importlib.import_module(name)
    parts = [part for part in PARTS if part.startswith(f"{name}.")]
    added = sum(len(importlib.import_module(part).__all__) for part in parts)
    own = list(module.__all__)[: len(module.__all__) - added]
    assert own == sorted(own)


@pytest.mark.parametrize("name", PARTS)
def test_what_a_part_of_a_face_lists_is_in_the_face_too(name):
    part, face = importlib.import_module(name), importlib.import_module(name.rpartition(".")[0])
    assert set(part.__all__) <= set(face.__all__)
    assert [listed for listed in part.__all__ if getattr(part, listed) is not getattr(face, listed)] == []


@pytest.mark.parametrize("name", FACES)
def test_every_listed_name_resolves(name):
    face = importlib.import_module(name)
    assert [listed for listed in face.__all__ if not hasattr(face, listed)] == []


@pytest.mark.parametrize("name", FACES)
def test_nothing_public_stands_in_a_face_unlisted(name):
    face = importlib.import_module(name)
    there = {key for key, value in vars(face).items() if not key.startswith("_") and not inspect.ismodule(value)}
    assert sorted(there - set(face.__all__)) == []


@pytest.mark.parametrize("name", PRIVATE)
def test_what_a_private_file_makes_for_users_is_in_its_folders_face(name):
    module, face = importlib.import_module(name), importlib.import_module(name.rpartition(".")[0])
    made = {key for key, value in vars(module).items() if not key.startswith("_") and meant_for_users(value, module)}
    assert sorted(made - set(face.__all__)) == []
