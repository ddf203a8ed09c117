"""Devices: which there are, told as TensorFlow tells them."""

from typing import NamedTuple

import torch


class PhysicalDevice(NamedTuple):
    """A processor.

    Args:
        name: TensorFlow's name for it.
        device_type: "CPU" or "GPU".
    """

    name: str
    device_type: str


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """List the processors: all, or those of a type, "CPU" or "GPU". GPUs are used by themselves."""
    counts = {"CPU": 1, "GPU": torch.cuda.device_count() if torch.cuda.is_available() else 0}
    kinds = counts if device_type is None else [device_type]
    return [PhysicalDevice(f"/physical_device:{kind}:{i}", kind) for kind in kinds for i in range(counts.get(kind, 0))]
