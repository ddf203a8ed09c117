"""Records: what TensorFlow.js's objects are in Python, and those that go with a model that is saved."""

import datetime
import json
from collections.abc import Mapping
from typing import Any

from kerasish.saving.tfjs import joined
from kerasish.tfjs._promises import Thenable


class Record(Thenable, dict):
    """A dict whose values are attributes too, and that can be waited for: what an object is in JavaScript."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"There is no {name!r} here, only {', '.join(map(str, self))}.") from None


def as_record(artifacts: Any) -> Record:
    """Give a handler's artifacts, of whatever kind, as a Record.

    Raises:
        TypeError: neither a dict nor an object with a `modelTopology`.
    """
    if isinstance(artifacts, Mapping):
        return Record(artifacts)
    if not hasattr(artifacts, "modelTopology"):
        raise TypeError(f"Artifacts of a model are a dict with `modelTopology`; received {artifacts!r:.80}.")
    return Record({name: getattr(artifacts, name) for name in dir(artifacts) if not name.startswith("_")})


def artifacts_info(artifacts: Any) -> Record:
    """Say how large a model is: `dateSaved`, and the bytes of topology, weight specs and weights."""
    artifacts = as_record(artifacts)
    topology, specs = artifacts.get("modelTopology"), artifacts.get("weightSpecs")
    return Record(
        dateSaved=datetime.datetime.now(datetime.timezone.utc),
        modelTopologyType="JSON",
        modelTopologyBytes=0 if topology is None else _size(topology),
        weightSpecsBytes=0 if specs is None else _size(specs),
        weightDataBytes=len(joined(artifacts.get("weightData"))),
    )


def _size(value: Any) -> int:
    return len(json.dumps(value, separators=(",", ":")).encode())
