"""ProgbarLogger: the line on the screen that says how far a run is."""

import os
import shutil
import sys
import time
from collections.abc import Mapping
from typing import Any

from tqdm import tqdm
from tqdm.utils import disp_trim

from kerasish.callbacks._callback import Callback

_BOLD, _GREEN, _GREY, _PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"
_BAR = 20  # characters
_INTERVAL = 0.1  # seconds between two drawings of a line


class ProgbarLogger(Callback):
    """Show a line for each epoch, as Keras does: `94/94 ━━━━━━━━━━━━━━━━━━━━ 1s 5ms/step - loss: 0.3120`.

    On a terminal the line moves, at most ten times a second, and the logs are read only then; elsewhere it is
    written once, when the epoch is over. `fit`, `evaluate` and `predict` add one unless `verbose=0`.
    """

    def __init__(self) -> None:
        self.target: int | None = None
        self.verbose: int = 1
        self.epochs: int = 1
        self.seen = 0
        self._in_fit = False
        self._line: Any = None
        self._due = 0.0

    def set_params(self, params: dict[str, Any]) -> None:
        """Take verbose (0, 1, 2 or "auto"), epochs and steps."""
        super().set_params(params)
        verbose = params.get("verbose", 1)
        self.verbose = 1 if verbose == "auto" else int(verbose or 0)
        self.epochs, self.target = params.get("epochs") or 1, params.get("steps")

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin a training, whose validations are silent."""
        self._in_fit = True

    def on_train_end(self, logs: Any = None) -> None:
        """End a training."""
        self._in_fit = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Write which epoch it is, and begin its line."""
        if self.verbose and self.epochs > 1:
            print(f"Epoch {epoch + 1}/{self.epochs}", flush=True)
        self._begin()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Finish the line of the epoch."""
        self._finish(logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move the line on, if it is time to."""
        self._advance(batch + 1, logs)

    def on_test_begin(self, logs: Any = None) -> None:
        """Begin the line of an evaluation."""
        if not self._in_fit:
            self._begin()

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move the line on, if it is time to."""
        if not self._in_fit:
            self._advance(batch + 1, logs)

    def on_test_end(self, logs: Any = None) -> None:
        """Finish the line of an evaluation."""
        if not self._in_fit:
            self._finish(logs)

    def on_predict_begin(self, logs: Any = None) -> None:
        """Begin the line of a prediction."""
        self._begin()

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move the line on, if it is time to."""
        self._advance(batch + 1, None)

    def on_predict_end(self, logs: Any = None) -> None:
        """Finish the line of a prediction."""
        self._finish(None)

    def _begin(self) -> None:
        self.seen = 0
        self._due = 0.0
        self._line = ProgressLine(self.target, self.verbose) if self.verbose else None

    def _advance(self, seen: int, logs: Any) -> None:
        self.seen = seen
        now = time.monotonic()
        if now < self._due or self._line is None:
            return
        self._due = now + _INTERVAL
        self._line.advance(seen, logs)

    def _finish(self, logs: Any) -> None:
        if self.target is None:
            self.target = self.seen or None  # the epochs that follow have as many
        if self._line is not None:
            self._line.finish(self.seen, self.target, logs)
            self._line = None


class ProgressLine(tqdm):
    """One progress line in Keras's form, drawn by tqdm.

    Args:
        total: the number of steps, or None where it is not known.
        verbose: 1 for a bar, which moves on a terminal; 2 for text when it is finished.
    """

    monitor_interval = 0  # tqdm's own thread, which redraws what does not move, is not wanted

    def __init__(self, total: int | None, verbose: int = 1):
        self.verbose, self.logs, self.finished = verbose, None, False
        self.moves = verbose == 1 and is_live(sys.stdout)
        self._dash = "━" if can_write(sys.stdout, "━") else "="
        self._first: float | None = None
        self._began = time.monotonic()
        # At a place of its own: a line that an error left behind, which a traceback keeps alive, pushes no other down.
        super().__init__(total=total, file=sys.stdout, disable=not self.moves, position=0)
        self.total, self.n = total, 0

    def __del__(self) -> None:
        """Leave a line that an error cut short as it is."""

    def advance(self, seen: int, logs: Any) -> None:
        """Draw the line again."""
        if self._first is None:
            self._first, self._first_n = time.monotonic(), seen
        if self.moves:
            self.n, self.logs = seen, logs
            self.refresh()
            self.logs = None  # logs that nobody keeps are never read

    def finish(self, seen: int, total: int | None, logs: Any) -> None:
        """Draw the line for the last time."""
        self.n, self.total, self.logs, self.finished = seen, total, logs, True
        if self.moves:
            self.refresh()
            self.n = 0  # drawn for the last time
            self.close()
        else:
            print(str(self), flush=True)
        self.logs = None

    def display(self, msg: str | None = None, pos: int | None = None) -> bool:
        """Draw, once there is anything to show."""
        if self.n:
            self.sp(str(self))
        return bool(self.n)

    def __str__(self) -> str:
        now = time.monotonic()
        step = self._seconds_a_step(now)
        elapsed = now - self._began
        if self.total and not self.finished:
            elapsed = step * (self.total - self.n)
        numbers = "".join(f" - {name}: {_number(value)}" for name, value in (self.logs or {}).items())
        count = f"{self.n:>{len(str(self.total))}}/{self.total}" if self.total else f"{self.n:>7}/Unknown"
        if self.verbose == 2:
            return f"{count} - {elapsed:.0f}s - {_duration(step)}/step{numbers}"
        if not self.total:
            bar = ""
        else:
            done = int(_BAR * min(self.n / self.total, 1.0))
            bar = self._paint(self._dash * done, _GREEN) + self._paint(self._dash * (_BAR - done), _GREY) + " "
        line = f"{self._paint(count, _BOLD)} {bar}{self._paint(_clock(elapsed), _BOLD)} {_duration(step)}/step{numbers}"
        if self.moves and not self.finished:  # a line that wraps could not be overwritten
            line = disp_trim(line, shutil.get_terminal_size((10_000, 1)).columns - 1)
        return line

    def _paint(self, text: str, colour: str) -> str:
        return f"{colour}{text}{_PLAIN}" if text and self.moves else text

    def _seconds_a_step(self, now: float) -> float:
        """The time of a step, the first aside, which is always slow."""
        if self._first is not None and self.n > self._first_n:
            return (now - self._first) / (self.n - self._first_n)
        return (now - self._began) / max(self.n, 1)


def is_live(stream: Any) -> bool:
    """Say whether what is written to a stream can be overwritten: a terminal, a notebook."""
    isatty = getattr(stream, "isatty", None)
    return bool(isatty is not None and isatty()) or "ipykernel" in sys.modules or "PYCHARM_HOSTED" in os.environ


def can_write(stream: Any, text: str) -> bool:
    """Say whether a stream's encoding has these characters."""
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _number(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(dict(value))
    try:
        value = float(value.mean() if hasattr(value, "mean") else value)
    except (TypeError, ValueError):
        return str(value)
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    if whole > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}" if whole > 60 else f"{seconds:.0f}s"


def _duration(seconds: float) -> str:
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s"
    return f"{seconds * 1e3:.0f}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us"
