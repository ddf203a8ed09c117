"""Devices: where new tensors and weights go."""

import torch

_stack: list[torch.device] = []
_default: torch.device | None = None


def default_device() -> torch.device:
    """The device for new tensors: that of the innermost `device(...)`, else the first GPU, else the CPU."""
    global _default
    if _stack:
        return _stack[-1]
    if _default is None:
        _default = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return _default


def set_default_device(device_name: str | torch.device) -> None:
    """Make a device the one for new tensors outside of all `device(...)` blocks, from now on."""
    global _default
    _default = torch.device(device_name)


class device:  # noqa: N801 - Keras's own spelling, used as a function
    """Make a device the default inside a `with` block.

    Args:
        device_name: torch's or Keras's name: "cpu", "cuda:0", "gpu:0".

    >>> with device("cpu"):
    ...     str(default_device())
    'cpu'
    """

    def __init__(self, device_name: str | torch.device):
        self.device = torch.device(str(device_name).lower().replace("gpu", "cuda"))

    def __enter__(self) -> torch.device:
        _stack.append(self.device)
        return self.device

    def __exit__(self, *_: object) -> None:
        _stack.pop()
