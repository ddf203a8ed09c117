"""TensorArray: a list of tensors that loops write to and stack."""

from typing import Any

from kerasish.tf._arrays import SHAPING
from kerasish.tf._making import MAKING


class TensorArray:
    """A list of tensors.

    Args:
        dtype: the dtype of what is written.
        size: how many there are.
        dynamic_size: whether it grows.
        clear_after_read, tensor_array_name, handle, flow, infer_shape, colocate_with_first_write_call, name: have no say.
        element_shape: the shape of each, which is held to; None is any.

    >>> array = TensorArray("float32", size=2)
    >>> array = array.write(0, 1.0).write(1, 2.0)
    >>> array.stack().numpy().tolist()
    [1.0, 2.0]
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ):
        self.dtype, self.dynamic_size, self.element_shape = dtype, bool(dynamic_size), element_shape
        self._parts: list[Any] = [None] * int(size or 0)

    def write(self, index: Any, value: Any, name: str | None = None) -> "TensorArray":
        """Put a tensor to a place; gives the array.

        Raises:
            IndexError: there is no such place, and the array does not grow.
        """
        place = int(index)
        if place < 0 or place >= len(self._parts) and not self.dynamic_size:
            raise IndexError(
                f"`index` must be from 0 to {len(self._parts) - 1}; received {place}. dynamic_size=True lets it grow."
            )
        self._parts += [None] * (place + 1 - len(self._parts))
        made = MAKING["convert_to_tensor"](value, self.dtype)
        self._parts[place] = made if self.element_shape is None else SHAPING["ensure_shape"](made, self.element_shape)
        return self

    def read(self, index: Any, name: str | None = None) -> Any:
        """Give the tensor of a place.

        Raises:
            ValueError: nothing has been written there.
        """
        part = self._parts[int(index)]
        if part is None:
            raise ValueError(f"Nothing has been written to place {int(index)}.")
        return part

    def stack(self, name: str | None = None) -> Any:
        """Put all tensors one above another."""
        return SHAPING["stack"]([self.read(place) for place in range(len(self._parts))])

    def concat(self, name: str | None = None) -> Any:
        """Join all tensors along their first axis."""
        return SHAPING["concat"]([self.read(place) for place in range(len(self._parts))], 0)

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Put the tensors of some places one above another."""
        return SHAPING["stack"]([self.read(int(place)) for place in indices])

    def unstack(self, value: Any, name: str | None = None) -> "TensorArray":
        """Write each row of a tensor; gives the array."""
        for place, row in enumerate(SHAPING["unstack"](value)):
            self.write(place, row)
        return self

    def size(self, name: str | None = None) -> Any:
        """Give how many places there are, as a tensor."""
        return MAKING["constant"](len(self._parts), "int32")

    def __len__(self) -> int:
        return len(self._parts)
