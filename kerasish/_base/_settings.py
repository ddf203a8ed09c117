"""Settings of the process: the default float, the fuzz factor, the image layout."""

_FLOATS = ("float16", "bfloat16", "float32", "float64")
_floatx = "float32"
_epsilon = 1e-7
_image_data_format = "channels_last"


def floatx() -> str:
    """The default floating dtype's name.

    >>> floatx()
    'float32'
    """
    return _floatx


def set_floatx(value: str) -> None:
    """Set the default floating dtype: one of float16, bfloat16, float32, float64."""
    global _floatx
    if value not in _FLOATS:
        raise ValueError(f"`value` must be one of {', '.join(_FLOATS)}; received {value!r}.")
    _floatx = value


def epsilon() -> float:
    """The small number that keeps divisions and logarithms finite (1e-7 unless set)."""
    return _epsilon


def set_epsilon(value: float) -> None:
    """Set the number that `epsilon()` gives."""
    global _epsilon
    _epsilon = float(value)


def image_data_format() -> str:
    """The layout of images where a layer does not name one: `channels_last` or `channels_first`."""
    return _image_data_format


def set_image_data_format(data_format: str) -> None:
    """Set the layout of images where a layer does not name one."""
    global _image_data_format
    _image_data_format = standardize_data_format(data_format)


def standardize_data_format(data_format: str | None) -> str:
    """Give the layout meant by an argument `data_format`; None is the process's setting."""
    if data_format is None:
        return _image_data_format
    folded = str(data_format).replace("_", "").lower()
    for known in ("channels_last", "channels_first"):
        if folded == known.replace("_", ""):
            return known
    raise ValueError(f"`data_format` must be 'channels_last' or 'channels_first'; received {data_format!r}.")
