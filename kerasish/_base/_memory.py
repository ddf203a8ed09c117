"""Memory: whether the C library keeps what tensors on the CPU leave, or gives it back to the system in each step."""

import ctypes
import logging
import os
from typing import Any

# glibc's names for what `mallopt` sets, <malloc.h>.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
# Blocks up to the first are cut from the heap; a free end of the heap up to the second is kept. Both in bytes, and an `int` of C.
_MOST = (1 << 30, (1 << 31) - 1)
# What glibc comes to at most when it is left alone. Before glibc 2.35 the first can be set no higher either.
_USUAL = (1 << 25, 1 << 26)
# The same as parts of the machine's memory, for small machines. Blocks that do not fit where others were make the heap grow by
# two or three of the largest at most, so those are to be small beside the memory that there is.
_PARTS = (64, 8)
_LIMITS_OF_GROUP = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_ENVIRONMENT = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_MAX_")
_TUNABLES = ("glibc.malloc.mmap_threshold", "glibc.malloc.trim_threshold", "glibc.malloc.mmap_max")

_log = logging.getLogger("kerasish")
_wanted = os.environ.get("KERASISH_KEEP_MEMORY", "1").lower() not in ("0", "false", "no", "off")
_settled = False  # whether the C library has been asked since this was last wished for
_keeps = False  # whether it has been told to keep memory


def keep_memory() -> bool:
    """Say whether training on the CPU lets the process keep the memory that tensors leave; `KERASISH_KEEP_MEMORY=0` sets it off.

    >>> keep_memory()
    True
    """
    return _wanted


def set_keep_memory(keep_memory: bool) -> None:
    """Choose whether training on the CPU lets the process keep the memory that tensors leave.

    Each step allocates the same tensors again. Left alone, glibc gives large ones back to the system and has them mapped
    anew, page by page, in the next step, which takes up to half of a step's time. So the first training on the CPU tells it
    to keep them (`mallopt`), and that holds for the whole process. Other C libraries are left alone, and so is glibc where
    the environment already says how it is to be (`MALLOC_TRIM_THRESHOLD_`, `GLIBC_TUNABLES`, …).

    Args:
        keep_memory: True from the next training on; False at once, and what is kept is given back.

    Raises:
        ValueError: not a bool.
    """
    global _wanted, _settled
    if not isinstance(keep_memory, bool):
        raise ValueError(f"`keep_memory` must be True or False; received {keep_memory!r}.")
    _wanted, _settled = keep_memory, False
    if not keep_memory and _keeps:
        give_back_memory()
        _tell(*_USUAL, keeps=False)


def settle_memory() -> None:
    """Tell the C library, once, what is wished for; for the start of a training on the CPU."""
    global _settled
    if not _settled:
        _settled = True
        if _wanted and not _keeps:
            _tell(*_for_machine(_machine_bytes()), keeps=True)


def give_back_memory() -> None:
    """Give what the process keeps and does not use back to the system; nothing where it keeps nothing."""
    libc = _glibc() if _keeps else None
    if libc is not None:
        libc.malloc_trim(ctypes.c_size_t(0))


def _tell(mapped: int, trimmed: int, keeps: bool) -> None:
    global _keeps
    libc, chosen = _glibc(), _chosen_by_environment()
    if libc is None or chosen:
        why = f"the environment sets {chosen}" if chosen else "the C library is not glibc"
        _log.debug("Memory that tensors leave is kept or given back as the C library does it: %s.", why)
        return
    if not libc.mallopt(_MMAP_THRESHOLD, mapped):
        mapped = _USUAL[0]
        libc.mallopt(_MMAP_THRESHOLD, mapped)
    libc.mallopt(_TRIM_THRESHOLD, trimmed)
    _keeps = keeps
    _log.debug(
        "glibc was told to keep up to %d MiB of memory that is free, and blocks of up to %d MiB in it%s.",
        trimmed >> 20,
        mapped >> 20,
        ", so that steps need not map them anew; kerasish.config.set_keep_memory(False) takes that back" if keeps else "",
    )


def _for_machine(memory: int) -> tuple[int, int]:
    """How much to keep on a machine of so many bytes."""
    blocks, end = (min(most, max(memory // part, usual)) for most, part, usual in zip(_MOST, _PARTS, _USUAL))
    return blocks, end


def _machine_bytes() -> int:
    """The memory that this process may have: the machine's, or its container's if that is less."""
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for path in _LIMITS_OF_GROUP:
        try:
            with open(path) as file:
                limits.append(int(file.read()))
        except (OSError, ValueError):  # not there, or "max"
            continue
    return min(limits)


def _glibc() -> Any:
    """The C library of this process, None where it is another than glibc."""
    try:
        is_glibc = (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (AttributeError, OSError, ValueError):  # Windows; musl and macOS, which do not know the name
        return None
    return ctypes.CDLL(None) if is_glibc else None


def _chosen_by_environment() -> str | None:
    """The name of what the environment tells glibc of this already."""
    tunables = os.environ.get("GLIBC_TUNABLES", "")
    return next((name for name in _ENVIRONMENT if name in os.environ), None) or next(
        (name for name in _TUNABLES if name in tunables), None
    )
