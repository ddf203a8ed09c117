"""Names: folding spellings onto one key, snake case, and the automatic numbering of objects."""

import re
from collections import Counter

_counters: Counter[str] = Counter()


def fold(name: str) -> str:
    """Give the one key of all spellings of a name: `MeanSquaredError`, `mean_squared_error`, `meanSquaredError`.

    >>> fold("Mean_Squared_Error") == fold("meanSquaredError")
    True
    """
    return name.replace("_", "").lower()


def to_snake_case(name: str) -> str:
    """Spell a class name the way that automatic names are spelled.

    >>> to_snake_case("Conv2DTranspose"), to_snake_case("LSTM"), to_snake_case("MaxPooling2D")
    ('conv2d_transpose', 'lstm', 'max_pooling2d')
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def auto_name(prefix: str) -> str:
    """Number the objects of a kind: `dense`, `dense_1`, `dense_2`…, from the start again after `reset_names`."""
    count = _counters[prefix]
    _counters[prefix] += 1
    return prefix if count == 0 else f"{prefix}_{count}"


def reset_names() -> None:
    """Start all automatic names from the beginning."""
    _counters.clear()
