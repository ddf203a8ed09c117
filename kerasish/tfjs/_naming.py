"""Naming: the schemes by which layers, models and inputs made at this edge are named."""

from kerasish._base._names import _counters

NAMINGS = ("tfjs", "keras")
_naming = ["tfjs"]


def naming() -> str:
    """The scheme of automatic names at this edge: "tfjs" or "keras"."""
    return _naming[0]


def set_naming(scheme: str) -> None:
    """Set how layers, models and inputs made at this edge are named from now on; names that are given stay.

    Args:
        scheme: "tfjs" for `dense_Dense1`, `dense_Dense2`; "keras" for `dense`, `dense_1`.

    Raises:
        ValueError: another scheme.
    """
    if scheme not in NAMINGS:
        raise ValueError(f"`scheme` must be 'tfjs' or 'keras'; received {scheme!r}.")
    _naming[0] = scheme


def count_name(prefix: str, kind: str) -> str | None:
    """Number the objects of a kind as TensorFlow.js does, from 1: `dense_Dense1`; None where Keras's names are wanted."""
    if naming() == "keras":
        return None
    key = f"tfjs:{kind}"  # among the other counters, which start again together
    _counters[key] += 1
    return f"{prefix}{_counters[key]}"
