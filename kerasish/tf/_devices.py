"""Devices: which there are, told as TensorFlow tells them, which are used, and how."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from kerasish import core
from kerasish.core._device import set_default_device


class PhysicalDevice(NamedTuple):
    """A processor.

    Args:
        name: TensorFlow's name for it.
        device_type: "CPU" or "GPU".
    """

    name: str
    device_type: str


class LogicalDevice(NamedTuple):
    """A processor, as programs see it.

    Args:
        name: TensorFlow's name for it.
        device_type: "CPU" or "GPU".
    """

    name: str
    device_type: str


class LogicalDeviceConfiguration(NamedTuple):
    """How a GPU is used.

    Args:
        memory_limit: megabytes that may be taken.
    """

    memory_limit: float | None = None


_visible: dict[str, list[PhysicalDevice]] = {}


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """List the processors: all, or those of a type, "CPU" or "GPU". GPUs are used by themselves."""
    counts = {"CPU": 1, "GPU": torch.cuda.device_count() if torch.cuda.is_available() else 0}
    kinds = counts if device_type is None else [device_type]
    return [PhysicalDevice(f"/physical_device:{kind}:{i}", kind) for kind in kinds for i in range(counts.get(kind, 0))]


def get_visible_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """List the processors that are used."""
    there = list_physical_devices(device_type)
    return [made for made in there if made in _visible.get(made.device_type, there)]


def list_logical_devices(device_type: str | None = None) -> list[LogicalDevice]:
    """List the processors that are used, as `tf.device` takes them."""
    made = get_visible_devices(device_type)
    return [LogicalDevice(f"/device:{part.device_type}:{part.name.rpartition(':')[2]}", part.device_type) for part in made]


def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
    """Use only these processors from now on: without a GPU among them, new tensors and models go to the CPU.

    Raises:
        ValueError: one of them is not there, or several GPUs are named: a process trains on one.
    """
    given = [devices] if isinstance(devices, PhysicalDevice) else list(devices or [])
    wrong = [made for made in given if made not in list_physical_devices()]
    if wrong:
        raise ValueError(f"`devices` must be of tf.config.list_physical_devices(); received {wrong[0]!r}.")
    for kind in ["CPU", "GPU"] if device_type is None else [device_type]:
        chosen = [made for made in given if made.device_type == kind]
        if kind == "GPU" and len(chosen) > 1 and len(chosen) < len(list_physical_devices("GPU")):
            raise ValueError("A process trains on one GPU: name one, or none for the CPU.")
        if kind == "CPU" and not chosen:
            raise ValueError("The CPU is always used; name it among `devices`.")
        _visible[kind] = chosen
        if kind == "GPU":
            set_default_device(f"cuda:{chosen[0].name.rpartition(':')[2]}" if chosen else "cpu")


def set_logical_device_configuration(device: PhysicalDevice, logical_devices: Sequence[Any] | None) -> None:
    """Limit the memory that is taken of a GPU; a processor cannot be made several.

    Raises:
        ValueError: no GPU, or several configurations.
    """
    if device.device_type != "GPU" or not logical_devices or len(logical_devices) > 1:
        raise ValueError("A GPU takes one LogicalDeviceConfiguration; processors are not divided.")
    limit = logical_devices[0].memory_limit
    number = int(device.name.rpartition(":")[2])
    share = 1.0 if limit is None else min(limit * 2**20 / torch.cuda.get_device_properties(number).total_memory, 1.0)
    torch.cuda.set_per_process_memory_fraction(share, number)


_NAME = re.compile(r"(?:.*[/:])?(cpu|gpu|cuda)(?::(\d+|\*))?", re.IGNORECASE)


def device(device_name: Any) -> core.device:
    """A block in which new tensors go to a device, named as in TensorFlow: "/GPU:0", "/device:CPU:0", "gpu".

    Raises:
        ValueError: no such name, or no such GPU.

    >>> with device("/device:CPU:0"):
    ...     core.default_device().type
    'cpu'
    """
    if isinstance(device_name, torch.device):
        return core.device(device_name)
    found = _NAME.fullmatch(getattr(device_name, "name", device_name) or "cpu")
    if found is None:
        raise ValueError(f"`device_name` must be like '/GPU:0' or '/CPU:0'; received {device_name!r}.")
    if found[1].lower() == "cpu":
        return core.device("cpu")
    number = 0 if found[2] in (None, "*") else int(found[2])
    if number >= len(list_physical_devices("GPU")):
        raise ValueError(f"There is no GPU {number}; tf.config.list_physical_devices('GPU') lists those there are.")
    return core.device(f"cuda:{number}")


class threading:  # noqa: N801 - TensorFlow's own spelling of a namespace
    """How many threads torch computes with."""

    get_intra_op_parallelism_threads = staticmethod(torch.get_num_threads)
    set_intra_op_parallelism_threads = staticmethod(torch.set_num_threads)
    get_inter_op_parallelism_threads = staticmethod(torch.get_num_interop_threads)
    set_inter_op_parallelism_threads = staticmethod(torch.set_num_interop_threads)


class experimental:  # noqa: N801 - TensorFlow's own spelling of a namespace
    """Settings of devices."""

    list_physical_devices = staticmethod(list_physical_devices)
    list_logical_devices = staticmethod(list_logical_devices)
    set_visible_devices = staticmethod(set_visible_devices)
    get_visible_devices = staticmethod(get_visible_devices)

    @staticmethod
    def set_memory_growth(device: Any, enable: bool) -> None:
        """Take memory of a GPU as it is needed, as is always done.

        Raises:
            ValueError: `enable` is False.
        """
        if not enable:
            raise ValueError("Memory is always taken as it is needed; tf.config.set_logical_device_configuration limits it.")

    @staticmethod
    def get_memory_growth(device: Any) -> bool:
        """Say that memory is taken as it is needed."""
        return True

    @staticmethod
    def get_memory_info(device: str) -> dict[str, int]:
        """Give the bytes of a GPU that tensors take now, and the most there were."""
        name = str(device).replace("GPU", "cuda")
        return {"current": torch.cuda.memory_allocated(name), "peak": torch.cuda.max_memory_allocated(name)}

    @staticmethod
    def enable_tensor_float_32_execution(enabled: bool) -> None:
        """Let products of float32 be computed in TensorFloat-32 on GPUs that have it, or not."""
        torch.set_float32_matmul_precision("high" if enabled else "highest")

    @staticmethod
    def tensor_float_32_execution_enabled() -> bool:
        """Say whether products of float32 may be computed in TensorFloat-32."""
        return torch.get_float32_matmul_precision() != "highest"

    @staticmethod
    def enable_op_determinism() -> None:
        """Let torch use only kernels that give the same numbers in each run, and raise where there is none."""
        torch.use_deterministic_algorithms(True)
