"""Beside: work in a child process that has all that this one has, and does not hold it up."""

import contextlib
import ctypes
import faulthandler
import gc
import json
import os
import select
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

import torch

_BIT_OF_A_PIPE = 1 << 16


def is_possible() -> bool:
    """Say whether this system can run work beside: macOS and Windows cannot copy a process that has used torch."""
    return sys.platform.startswith("linux") and hasattr(os, "fork")


class Beside:
    """Work in a copy of this process, on one thread.

    The copy shares the memory until it changes something, so that it may train and measure as it likes. It ends with this
    process, however that ends.

    Args:
        work: gives a dict of what JSON knows.
        is_urgent: whether this process waits for it; otherwise it gets only time that nobody else wants.

    Raises:
        OSError: the system has no memory or no room for another process.
    """

    def __init__(self, work: Callable[[], dict[str, Any]], is_urgent: bool = False):
        self._reader, writer = os.pipe()
        self._told = b""
        with warnings.catch_warnings():
            # Other threads of this process are not in the copy; it needs none of them, nor a lock that they may hold.
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                self._child: int | None = os.fork()
            except OSError:
                os.close(self._reader)
                os.close(writer)
                raise
        if self._child == 0:
            _live_as_child(work, writer, is_urgent)
        os.close(writer)
        os.set_blocking(self._reader, False)

    def result(self, wait: float = 0.0) -> dict[str, Any] | None:
        """Give what the work gave, or `{"error": …}` if it failed; None as long as it is not done.

        Args:
            wait: seconds to wait for it at most; infinity waits until it is done.
        """
        while self._child is not None:
            ready, _, _ = select.select([self._reader], [], [], None if wait == float("inf") else wait)
            if not ready:
                return None
            bit = os.read(self._reader, _BIT_OF_A_PIPE)
            if bit:
                self._told += bit
                continue
            status = self._end()
            try:
                return json.loads(self._told)
            except ValueError:
                return {"error": f"the compiling process ended with status {status}"}
        return None

    def stop(self) -> None:
        """End the work, and the compilers that it has started."""
        if self._child is not None:
            for kill, target in ((os.killpg, self._child), (os.kill, self._child)):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    kill(target, signal.SIGKILL)
            self._end()

    def _end(self) -> int:
        child, self._child = self._child, None
        assert child is not None
        os.close(self._reader)
        try:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        except ChildProcessError:  # somebody else has waited for it
            return 0

    def __del__(self) -> None:
        if sys.is_finalizing() or threading.current_thread() is threading.main_thread():
            self.stop()


def _live_as_child(work: Callable[[], dict[str, Any]], writer: int, is_urgent: bool) -> None:
    """Do the work, tell what it gave, and leave without touching anything that belongs to the parent."""
    try:
        _settle_as_child(is_urgent)
        try:
            told = work()
        except BaseException as error:  # noqa: BLE001 - the parent tells it
            told = {"error": f"{type(error).__name__}: {first_line(error)}"}
        with os.fdopen(writer, "wb") as out:
            out.write(json.dumps(told).encode())
    finally:
        os._exit(0)


def _settle_as_child(is_urgent: bool) -> None:
    os.setpgid(0, 0)  # so that the parent can end it together with its compilers
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: end with the parent
    if not is_urgent:
        with contextlib.suppress(OSError):
            os.nice(19)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")  # if memory is short, it is this process that goes
    faulthandler.disable()
    gc.disable()  # what the parent made is not for this process to clean up
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)


def first_line(error: BaseException) -> str:
    """The first line of an error's message."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "no message"
