"""Layers that only arrange: the same values in another shape."""

import math
from typing import Annotated, Any

from torch import Tensor

from kerasish._base._settings import standardize_data_format
from kerasish.core import KerasTensor
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._layer import Layer
from kerasish.layers._spatial import positive


class Flatten(Layer):
    """Make one axis of all but the batch.

    Args:
        data_format: "channels_last", or "channels_first": then the channels are put last before flattening.

    Shapes:
        (batch, a, b, …) → (batch, a · b · …); (batch,) → (batch, 1).

    >>> Flatten()(torch.zeros(2, 5, 5, 3)).shape
    torch.Size([2, 75])
    """

    data_format: Annotated[str | None, standardize_data_format] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.input_spec = InputSpec(min_ndim=1)
        self._channels_first = self.data_format == "channels_first"

    def call(self, inputs: Tensor) -> Tensor:
        """Flatten."""
        if inputs.dim() < 2:
            return inputs.unsqueeze(1)
        return (inputs.movedim(1, -1) if self._channels_first else inputs).flatten(1)


class Reshape(Layer):
    """Give the inputs another shape.

    Args:
        target_shape: the sizes without the batch axis; one of them may be -1, to be found.

    Shapes:
        (batch, …) → (batch, *target_shape).

    >>> Reshape((-1, 2))(torch.zeros(3, 4)).shape
    torch.Size([3, 2, 2])
    """

    target_shape: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        sizes = (self.target_shape,) if isinstance(self.target_shape, int) else tuple(self.target_shape)
        if any(size < -1 for size in sizes) or sizes.count(-1) > 1:
            raise ValueError(f"`target_shape` must hold sizes, and at most one -1; received {self.target_shape!r}.")
        self.target_shape = sizes
        self._build_at_once()

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """The target's sizes; the one to be found is known only if all of the input's are."""
        # By rule: sizes that stand in for unknown ones would not fill the target.
        sizes, found = tuple(input_shape[1:]), None
        if None not in sizes:
            have, want = math.prod(sizes), math.prod(size for size in self.target_shape if size != -1)
            found = have // max(want, 1) if -1 in self.target_shape else 1
            if found * want != have:
                raise ValueError(f"{self.name}: a shape {sizes} has {have} values, which do not fill {self.target_shape}.")
        return (input_shape[0], *(found if size == -1 else size for size in self.target_shape))

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """A symbol of that shape and of the inputs' dtype."""
        return KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)

    def call(self, inputs: Tensor) -> Tensor:
        """Reshape."""
        return inputs.reshape(inputs.shape[:1] + self.target_shape)


class Permute(Layer):
    """Put the axes in another order.

    Args:
        dims: the axes counted from 1, without the batch axis, in the order wanted.

    >>> Permute((2, 1))(torch.zeros(3, 4, 5)).shape
    torch.Size([3, 5, 4])
    """

    dims: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        self.dims = tuple(self.dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(f"`dims` must hold each axis from 1 on once; received {self.dims}.")
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)
        self._order = (0, *self.dims)

    def call(self, inputs: Tensor) -> Tensor:
        """Permute."""
        return inputs.permute(self._order)


class RepeatVector(Layer):
    """Repeat each row as the steps of a sequence.

    Args:
        n: how often.

    Shapes:
        (batch, features) → (batch, n, features).

    >>> RepeatVector(3)(torch.zeros(2, 5)).shape
    torch.Size([2, 3, 5])
    """

    n: int

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self, "n")
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Tensor) -> Tensor:
        """Repeat."""
        return inputs.unsqueeze(1).expand(-1, self.n, -1)
