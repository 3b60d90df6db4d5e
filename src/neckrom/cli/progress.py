"""Progress of long steps on stderr: bars in a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from neckrom.cli.terminal import tell, wants_events

NARROW = 70
"""Columns of a terminal below which the bar gives way to the numbers."""
LINE_EVERY_S = 10.0
"""How often a line is written where there is no terminal to draw in."""


class TerminalProgress:
    """Bars in a terminal, one for each running step of each input.

    Safe to be told from several threads.
    """

    def __init__(self, console: Console) -> None:
        columns: list[ProgressColumn] = [TextColumn("{task.description}", table_column=None)]
        if console.width >= NARROW:
            columns.append(BarColumn(bar_width=20))
        columns += [_Count(), _Rate(), TimeRemainingColumn(compact=True)]
        self._progress = Progress(*columns, console=console, transient=True, expand=False)
        self._tasks: dict[tuple[Path, str], TaskID] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def step(self, input: Path, name: str, done: int, total: int | None) -> None:  # noqa: A002
        """Say how far a step of an input has come."""
        with self._lock:
            key = (input, name)
            if key not in self._tasks:
                self._tasks[key] = self._progress.add_task(f"{input.name}: {name}", total=total)
            self._progress.update(self._tasks[key], completed=done, total=total)
            if total is not None and done >= total:
                self._progress.remove_task(self._tasks.pop(key))


def progress_on(console: Console) -> TerminalProgress | LineProgress | EventProgress:
    """Bars where there is a terminal to draw in, lines elsewhere; events for a program that asks for them."""
    if wants_events():
        return EventProgress()
    return TerminalProgress(console) if console.is_terminal else LineProgress(console)


class EventProgress:
    """One event every half a second, and at the end of a step, for a page that draws a bar."""

    EVERY_S = 0.5

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._told_s = now, float("-inf")
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def step(self, input: Path, name: str, done: int, total: int | None) -> None:  # noqa: A002, ARG002
        """Say how far a step has come."""
        with self._lock:
            over = total is not None and done >= total
            if over or self._now() - self._told_s >= self.EVERY_S:
                self._told_s = self._now()
                tell("progress", step=name, done=done, total=total)


class LineProgress:
    """A line when a step starts, every ten seconds and when it ends, for logs and pipes."""

    def __init__(self, console: Console, now: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._now = now
        self._started: dict[tuple[Path, str], float] = {}
        self._written: dict[tuple[Path, str], float] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def step(self, input: Path, name: str, done: int, total: int | None) -> None:  # noqa: A002
        """Say how far a step of an input has come."""
        with self._lock:
            key, now = (input, name), self._now()
            start = self._started.setdefault(key, now)
            finished = total is not None and done >= total
            if not finished and now - self._written.get(key, start - LINE_EVERY_S) < LINE_EVERY_S:
                return
            self._written[key] = now
            self._console.print(_line(input, name, done, total, now - start), markup=False, highlight=False)
            if finished:
                del self._started[key], self._written[key]


_CLIPS = "clips"
_OF_OTHER_THINGS = (_CLIPS, "backup", "restore")
"""Steps that count clips or files, not frames."""


def _line(source: Path, name: str, done: int, total: int | None, elapsed_s: float) -> str:
    parts = [f"{source.name}: {name}"]
    if total is None:
        parts += [f"{done}"] if done else []
    elif total > 1 or name == _CLIPS:
        parts.append(f"{done}/{total}")
    if done and elapsed_s > 0 and (name == _CLIPS or _counts_frames(total)):
        speed = done / elapsed_s
        if name not in _OF_OTHER_THINGS:
            parts.append(f"{speed:.0f} frames/s")
        if total is not None and done < total:
            parts.append(f"{_duration((total - done) / speed)} left")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    """Rounded as far as anybody wants to know: 95 s, 12 min, 3 h 05 min."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def _counts_frames(total: float | None) -> bool:
    """Steps with few parts (pages, figures) have no frame rate worth showing."""
    return total is None or total > 20


class _Count(ProgressColumn):
    def render(self, task: Task) -> Text:
        if task.total is None:
            return Text(f"{task.completed:.0f}" if task.completed else "")
        return Text(f"{task.completed:.0f}/{task.total:.0f}" if task.total > 1 else "")


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        counted = speed and _counts_frames(task.total) and not task.description.endswith(_OF_OTHER_THINGS)
        return Text(f"{speed:.0f} frames/s" if counted else "")
