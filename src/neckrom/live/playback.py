"""A clip that plays the camera, so that a session can be tried and tested without one.

It holds at neutral until the session asks for a movement and then plays the stretch that answers.
Which stretch answers what stands in a cue file beside the clip, ``NAME.cues.csv``::

    start_s,end_s,step
    0.0,2.9,neutral
    3.0,7.2,flexion:warm_up:1
    15.6,19.8,flexion:trial:1

or, of a nerve test, whose stretches are each held at their end until the next one is asked for::

    1.0,3.6,slr:right:1
    5.3,6.5,slr:right:1:neck
    4.1,5.0,slr:right:1:ankle
    7.6,9.2,slr:right:1:back

or of turning the trunk, likewise: ``trunk_turn:left:1`` and ``trunk_turn:left:1:back``.

Without a cue file the clip plays through once the session looks for neutral.
"""

from __future__ import annotations

import csv
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, cycle
from pathlib import Path
from typing import get_args

from neckrom.errors import ConfigurationError, InputError
from neckrom.frames import open_source
from neckrom.live.nerve.protocols import Joint, Side, position_names
from neckrom.live.sources import NewestFrame, SourceState
from neckrom.live.turning.protocols import POSITION as TRUNK
from neckrom.types import MOVEMENTS, Frame, FrameSource, ImageArray

_MS = 1_000_000
_CLOSE_NS = 500_000
"""Cue files count in milliseconds."""
_NEUTRAL = "neutral"
_STAGES = (*([joint] for joint in get_args(Joint)), ["back"])
"""Of a nerve test, after the limb was led."""
_HELD = position_names() | {TRUNK}
"""What a stretch may show that is held at its end."""
_NEUTRAL_FRAMES = 45
"""Kept in memory and played back and forth while nothing is asked."""
_AHEAD = 8
_START_S = 1.0
_PATIENCE_S = 5.0
_ALIVE_S = 0.5
"""A clip that is searched for so long shows that the camera is still there."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A stretch of the clip and what it answers."""

    start_s: float
    end_s: float
    step: str


def cue_file(clip: Path) -> Path:
    """Where the cues of a clip stand."""
    return clip.with_name(f"{clip.stem}.cues.csv")


def read_cues(path: Path) -> tuple[Cue, ...]:
    """Read a cue file.

    Raises
    ------
    ConfigurationError
        Naming every mistake with its line.
    """
    problems: list[str] = []
    cues: list[Cue] = []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames is None or {"start_s", "end_s", "step"} - set(reader.fieldnames):
            raise ConfigurationError(f"{path} is no cue file.", ("line 1: start_s,end_s,step",))
        for line, row in enumerate(reader, start=2):
            try:
                cue = Cue(float(row["start_s"]), float(row["end_s"]), row["step"].strip())
            except (TypeError, ValueError):
                problems.append(f"line {line}: start_s and end_s must be seconds")
                continue
            if not 0 <= cue.start_s < cue.end_s:
                problems.append(f"line {line}: end_s must come after start_s")
            elif not _known(cue.step):
                problems.append(f"line {line}: {cue.step!r} is no step (neutral, flexion:trial:1, ...)")
            else:
                cues.append(cue)
    if not problems and not any(cue.step == _NEUTRAL for cue in cues):
        problems.append("no line with the step neutral")
    if problems:
        raise ConfigurationError(f"The cue file {path} has mistakes.", tuple(problems))
    return tuple(cues)


def _known(step: str) -> bool:
    if step == _NEUTRAL:
        return True
    movement, kind, number, *stage = (*step.split(":"), "", "")[: max(3, step.count(":") + 1)]
    if movement in _HELD:
        return kind in get_args(Side) and number.isdigit() and (not stage or stage in _STAGES)
    known = movement in {item.value for item in MOVEMENTS} and kind in ("warm_up", "trial")
    return known and number.isdigit() and not stage


def answering_cue(cues: tuple[Cue, ...], step: str) -> Cue | None:
    """The stretch that answers, or else the nearest: the same kind of the same movement, any of it."""
    movement, kind, _ = (*step.split(":"), "", "")[:3]
    if movement in _HELD:
        return _answer_of_a_limb(cues, step)
    for wanted in (step, f"{movement}:{kind}:", f"{movement}:"):
        found = [
            cue for cue in cues if cue.step == wanted or (wanted[-1] == ":" and cue.step.startswith(wanted))
        ]
        if found:
            return found[-1]
    return None


def _answer_of_a_limb(cues: tuple[Cue, ...], step: str) -> Cue | None:
    """The same stage with the same side, or else with the other one."""
    position, side, _, *stage = step.split(":")

    def fits(cue: Cue, *, any_side: bool) -> bool:
        of, by, _, *at = (*cue.step.split(":"), "", "")[: max(3, cue.step.count(":") + 1)]
        return of == position and (any_side or by == side) and at == stage

    exact = [cue for cue in cues if cue.step == step]
    same = [cue for cue in cues if fits(cue, any_side=False)]
    other = [cue for cue in cues if fits(cue, any_side=True)]
    return next((found[-1] for found in (exact, same, other) if found), None)


class ClipPlayer:
    """A clip as a live source.

    Parameters
    ----------
    path : Path
    fast : bool
        As fast as the frames are taken, none left out, instead of in real time.

    Raises
    ------
    InputError, NotAVideoError, ConfigurationError
        The clip or its cue file cannot be read.
    """

    def __init__(self, path: Path, *, fast: bool = False) -> None:
        self._path = path
        cues = cue_file(path)
        self._cues = read_cues(cues) if cues.is_file() else ()
        self._clip = _Clip(path)
        self._fast = fast
        self._may_hurry = True
        self._newest = NewestFrame()
        self._stop = threading.Event()
        self._asked: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._held: tuple[ImageArray, int] | None = None
        """The end of a stretch that is held."""
        self._state = SourceState.LOST
        self._time_ns = 0
        self._shown_s = 0.0
        self._index = 0
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="clip", daemon=True)

    @property
    def name(self) -> str:
        """The clip's."""
        return self._path.stem

    @property
    def state(self) -> SourceState:
        """Running until the clip is over."""
        return self._state

    def open(self) -> Frame:
        """Begin, and wait for the first frame.

        Raises
        ------
        InputError
            Nothing comes.
        """
        self._thread.start()
        frame = self._newest.take(_PATIENCE_S * 2)
        if frame is None:
            self.close()
            raise InputError(f"{self._path} gives no picture: choose another clip for --source.")
        return frame

    def newest(self, timeout_s: float) -> Frame | None:
        """The newest frame that was not taken yet."""
        return self._newest.take(timeout_s)

    def ask(self, step: str | None) -> None:
        """Play the stretch that answers, once what is playing has come to its end."""
        self._asked.put(step)

    def hurry(self, *, allowed: bool) -> None:
        """Whether ``fast`` counts now."""
        self._may_hurry = allowed

    def close(self) -> None:
        """End it; a second call does nothing."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=_PATIENCE_S)
        self._clip.close()

    # ------------------------------------------------------------------ thread

    def _run(self) -> None:
        first = self._cues[0] if self._cues else Cue(0.0, _START_S, _NEUTRAL)
        neutral = next((cue for cue in self._cues if cue.step == _NEUTRAL), first)
        rest = list(self._clip.pictures(neutral, _NEUTRAL_FRAMES))
        if not rest:
            return
        self._state = SourceState.RUNNING
        resting = cycle(chain(rest, rest[-2:0:-1]))
        due = time.monotonic()
        while not self._stop.is_set():
            wanted = self._wanted()
            if wanted is None:
                due = self._show(*(self._held or next(resting)), due)
                continue
            holds = wanted.step.partition(":")[0] in _HELD
            for shown in self._clip.stretch(wanted, self._stop):
                if shown is not None:
                    due = self._show(*shown, due)
                    self._held = shown if holds else None
                elif not self._fast or time.monotonic() - self._shown_s > _ALIVE_S:  # still being looked for
                    due = self._show(*(self._held or next(resting)), due)
            if not self._cues:
                self._state = SourceState.ENDED
                return

    def _wanted(self) -> Cue | None:
        """What to play next; None holds at rest. Of several requests the last one counts."""
        step, asked = None, False
        while not self._asked.empty():
            step, asked = self._asked.get(), True
        if not asked:
            return None
        if not self._cues:
            return Cue(0.0, float("inf"), "all")
        if step is None:
            self._held = None
            return None
        return answering_cue(self._cues, step)

    def _show(self, image: ImageArray, step_ns: int, due: float) -> float:
        """Hand a picture over at its time; the time that the next one counts from."""
        self._time_ns += max(_MS, round(step_ns / _MS) * _MS)
        due += step_ns * 1e-9
        now = time.monotonic()
        if self._fast and self._may_hurry:
            due = now
            while not self._newest.wait_taken(0.1) and not self._stop.is_set():
                continue
        elif due > now:
            self._stop.wait(due - now)
        else:
            due = max(due, now - 0.2)  # far behind: do not run after it
        self._newest.put(Frame(self._index, self._time_ns, image))
        self._shown_s = time.monotonic()
        self._index += 1
        return due


class _Clip:
    """Stretches of a clip, decoded ahead in a thread; going back reads it from the start again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._source: FrameSource = open_source(path)
        self._frames: Iterator[Frame] | None = None
        self._ahead: Frame | None = None
        self._at_ns = -1
        fps = self._source.info.nominal_fps or 30.0
        self._usual_ns = round(1e9 / fps)

    def pictures(self, cue: Cue, most: int) -> Iterator[tuple[ImageArray, int]]:
        """The first pictures of a stretch, each with the time since the one before."""
        for number, frame in enumerate(self._read(cue)):
            if number == most:
                return
            yield frame.image, self._usual_ns

    def stretch(self, cue: Cue, stop: threading.Event) -> Iterator[tuple[ImageArray, int] | None]:
        """Pictures of a stretch in their own rhythm; None now and then while the first is being looked for."""
        belt: queue.Queue[Frame | None] = queue.Queue(_AHEAD)
        thread = threading.Thread(target=self._fill, args=(cue, belt, stop), daemon=True)
        thread.start()
        last_ns: int | None = None
        while not stop.is_set():
            try:
                frame = belt.get(timeout=0.02)
            except queue.Empty:
                if last_ns is None:
                    yield None
                continue
            if frame is None:
                break
            yield frame.image, self._usual_ns if last_ns is None else frame.time_ns - last_ns
            last_ns = frame.time_ns
        thread.join()

    def close(self) -> None:
        self._source.close()

    def _fill(self, cue: Cue, belt: queue.Queue[Frame | None], stop: threading.Event) -> None:
        for frame in chain(self._read(cue), [None]):
            while not stop.is_set():
                try:
                    belt.put(frame, timeout=0.1)
                    break
                except queue.Full:
                    continue
            if stop.is_set():
                return

    def _read(self, cue: Cue) -> Iterator[Frame]:
        """Frames of a stretch; the first one after it is kept for the next."""
        start_ns, end_s = round(cue.start_s * 1e9) - _CLOSE_NS, cue.end_s + _CLOSE_NS * 1e-9
        if self._frames is None or self._at_ns > start_ns:
            self._frames, self._ahead, self._at_ns = self._source.frames(), None, -1
        while True:
            frame, self._ahead = self._ahead or next(self._frames, None), None
            if frame is None:
                self._frames = None
                return
            if frame.time_ns * 1e-9 > end_s:
                self._ahead = frame
                return
            self._at_ns = frame.time_ns
            if frame.time_ns >= start_ns:
                yield frame
