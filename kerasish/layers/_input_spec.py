"""Input specs: what a layer says of the inputs that it takes, checked when it is called."""

from typing import Any

from kerasish._base import _tree
from kerasish._base._configurable import Configurable
from kerasish.core import standardize_dtype


class InputSpec(Configurable):
    """The dtype, rank and sizes that a layer wants of one input; None leaves a thing open.

    Args:
        dtype: the dtype's name.
        shape: the sizes with the batch axis, None where any will do.
        ndim, max_ndim, min_ndim: the number of axes.
        axes: sizes of single axes, {-1: 784}.
        allow_last_axis_squeeze: also take inputs with one axis of size 1 more or less at the end.
        name: the key of this input in a dict.
        optional: whether None may be given.

    >>> InputSpec(min_ndim=2, axes={-1: 4})
    InputSpec(min_ndim=2, axes={-1: 4})
    """

    dtype: Any = None
    shape: Any = None
    ndim: int | None = None
    max_ndim: int | None = None
    min_ndim: int | None = None
    axes: dict[int, int | None] | None = None
    allow_last_axis_squeeze: bool = False
    name: str | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        self.dtype = None if self.dtype is None else standardize_dtype(self.dtype)
        self.shape = None if self.shape is None else tuple(self.shape)
        if self.shape is not None:
            self.ndim = len(self.shape)
        self.axes = {int(axis): size for axis, size in (self.axes or {}).items()}

    def complaint(self, shape: tuple, dtype: str | None) -> str | None:
        """Say what is wrong with an input of that shape and dtype, or None."""
        ndim = len(shape)
        if self.shape is not None and self.allow_last_axis_squeeze and abs(ndim - len(self.shape)) == 1:
            longer = shape if ndim > len(self.shape) else self.shape
            if longer[-1] == 1:
                return None
        if self.ndim is not None and ndim != self.ndim:
            return f"{self.ndim} axes{self._named()}"
        if self.max_ndim is not None and ndim > self.max_ndim:
            return f"at most {self.max_ndim} axes"
        if self.min_ndim is not None and ndim < self.min_ndim:
            return f"at least {self.min_ndim} axes"
        if self.dtype is not None and dtype is not None and dtype != self.dtype:
            return f"dtype {self.dtype}"
        for axis, size in (self.axes or {}).items():
            if size is not None and -ndim <= axis < ndim and shape[axis] not in (size, None):
                return f"size {size} in axis {axis}"
        for wanted, size in zip(self.shape or (), shape, strict=False):
            if wanted is not None and size is not None and wanted != size:
                return f"shape {self.shape}"
        return None

    def _named(self) -> str:
        return f", shape {self.shape}" if self.shape is not None else ""


def check_inputs(specs: Any, inputs: Any, layer_name: str) -> None:
    """Check inputs against a layer's `input_spec`.

    Raises:
        ValueError: too few or many inputs, or one of a wrong rank, size or dtype.
    """
    flat_specs = [spec for spec in _tree.flatten(specs) if spec is not None]
    if isinstance(inputs, dict) and all(spec.name for spec in flat_specs):
        missing = [spec.name for spec in flat_specs if spec.name not in inputs]
        if missing:
            raise ValueError(f"{layer_name} expects an input named {missing[0]!r}; received {sorted(inputs)}.")
        flat = [inputs[spec.name] for spec in flat_specs]
    else:
        flat = _tree.flatten(inputs)
    if len(flat) != len(flat_specs):
        raise ValueError(f"{layer_name} expects {len(flat_specs)} input(s); received {len(flat)}.")
    for spec, x in zip(flat_specs, flat, strict=True):
        if x is None and spec.optional:
            continue
        if x is None or not hasattr(x, "shape"):
            raise ValueError(f"{layer_name} expects tensors; received {x!r} of type {type(x).__name__}.")
        wrong = spec.complaint(tuple(x.shape), None if spec.dtype is None else standardize_dtype(x.dtype))
        if wrong:
            raise ValueError(
                f"{layer_name} expects an input with {wrong}; received shape {tuple(x.shape)}, dtype {_name(x.dtype)}. "
                f"{_way_out(spec, tuple(x.shape))}"
            )


def _name(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def _way_out(spec: InputSpec, shape: tuple) -> str:
    if spec.ndim is not None and len(shape) == spec.ndim - 1:
        return "Is the batch axis or the channel axis missing? x[None] or x[..., None] adds one."
    if spec.ndim is not None and len(shape) > spec.ndim == 2:
        return "Flatten first, e.g. layers.Flatten()."
    return "Change the data, or the layer before."
