"""A session without camera and models: the real state machine, led by a person made of numbers.

The person answers what the machine asks for: sits down, sits still, moves out, holds, comes back. Tests
speed time up, take the camera away, make the person leave or bend the trunk.
"""

from __future__ import annotations

import io
import math
import threading
import time
from collections import deque
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from neckrom.assessment.norms import load_norms
from neckrom.live.api import Trace, TracePoint
from neckrom.live.contract import Check, Command, HeadPose, Phase, State
from neckrom.live.events import Effect, Happening, LearnNeutral, Sample, Save, StorePicture, UserCommand
from neckrom.live.first_result import first_result
from neckrom.live.keys import Key, text
from neckrom.live.neck_view import state_of
from neckrom.live.protocols import load_session_protocol
from neckrom.live.session import SessionMachine
from neckrom.live.view import Surroundings
from neckrom.result import Result, SessionFacts
from neckrom.types import Movement

FRAME_S = 1 / 15
SIZE = (640, 480)

FURTHEST = {
    Movement.FLEXION: 52.0,
    Movement.EXTENSION: 61.0,
    Movement.ROTATION_LEFT: 78.0,
    Movement.ROTATION_RIGHT: 41.0,
    Movement.LATERAL_LEFT: 40.0,
    Movement.LATERAL_RIGHT: 37.0,
}
OUT_S, HOLD_S, BACK_S = 1.2, 1.0, 0.9

NAMES = ("person", "alone", "head_room", "shoulders", "distance", "centred", "level", "height")
NAMES_OF_PICTURE = ("light", "contrast", "frame_rate")


class ScriptedSession:
    """Passes for a :class:`~neckrom.live.api.LiveSession`.

    Parameters
    ----------
    report : Path
        Folder with a finished report, which becomes this session's.
    speed : float
        Seconds of the session in a second.
    protocol : str
    """

    def __init__(self, report: Path, *, speed: float = 1.0, protocol: str = "full") -> None:
        self._report = report
        self.speed = speed
        self._machine = SessionMachine(load_session_protocol(protocol).protocol)
        self._norms = load_norms("article")
        self._lock = threading.Condition()
        self._seq = 0
        self._told = 0.0
        """When the pages were last told of a sample: as often as a camera's pictures, however fast time goes."""
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scripted", daemon=True)
        self._points: deque[TracePoint] = deque(maxlen=1800)
        self._moved_s = 0.0
        self._angles = [0.0, 0.0, 0.0]
        self._recording = False
        self._saved = False
        self._jpeg: tuple[int, bytes] = (-1, b"")
        self.dark_s = 1.5
        """So long the set-up check complains about the light."""
        self.camera = True
        self.trunk_deg = 3.0
        self.freeze_at: Phase | None = None
        self.frozen = False
        """Time stands still: for pictures of a moment."""
        self.commands: list[Command] = []
        self.phases = [Phase.SAFETY]
        self.warnings: tuple[Key, ...] = ()

    # ------------------------------------------------------------ LiveSession

    def start(self) -> None:
        self._thread.start()

    def snapshot(self) -> State:
        with self._lock:
            return self._state()

    def wait(self, seq: int, timeout_s: float) -> State:
        with self._lock:
            self._lock.wait_for(lambda: self._seq > seq, timeout_s)
            return self._state()

    def command(self, command: Command) -> None:
        with self._lock:
            self.commands.append(command)
            self._take(UserCommand(self._machine.time_s, command))

    def preview_jpeg(self) -> bytes | None:
        with self._lock:
            if not self.camera or self._seq == 0:
                return None
            seq, angles = self._seq, tuple(self._angles)
        if self._jpeg[0] != seq:
            self._jpeg = (seq, _picture(angles))
        return self._jpeg[1]

    def trace(self, since_s: float) -> Trace:
        with self._lock:
            return Trace(points=tuple(point for point in self._points if point.time_s > since_s))

    def photo(self, movement: Movement, trial: int, *, warm_up: bool = False) -> bytes | None:
        if not self._recording:
            return None
        angles = [0.0, 0.0, 0.0]
        angles[movement.plane] = movement.sign * FURTHEST[movement]
        return _picture(tuple(angles))

    def first_result(self) -> Result | None:
        with self._lock:
            return first_result(self._machine, self._norms, SessionFacts(), "2026-11-26T09:00:00+00:00")

    @property
    def result_folder(self) -> Path | None:
        return self._report if self._saved else None

    def close(self) -> None:
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()

    # ----------------------------------------------------------------- the test

    def lose_camera(self) -> None:
        with self._lock:
            self.camera = False
            self._take(Happening(self._machine.time_s, "camera_lost"))

    def find_camera(self) -> None:
        with self._lock:
            self.camera = True
            self._take(Happening(self._machine.time_s, "camera_back"))

    @property
    def phase(self) -> Phase:
        with self._lock:
            return self._machine.phase

    # ------------------------------------------------------------------ inside

    def _run(self) -> None:
        last = time.monotonic()
        while not self._end.is_set():
            # questions are left out after a while: whoever answers them is not sped up
            speed = 1.0 if self.phase in (Phase.PAIN, Phase.CHIN) else self.speed
            last += FRAME_S / speed
            if (delay := last - time.monotonic()) > 0:
                time.sleep(delay)
            else:
                last = time.monotonic()  # a slow machine gets a slow person
            with self._lock:
                if not self.frozen and self.camera:
                    self._take(self._sample(self._machine.time_s + FRAME_S))
                if self._machine.phase is self.freeze_at:
                    self.frozen, self.freeze_at = True, None

    def _take(self, event: Sample | UserCommand | Happening) -> None:
        waiting: deque[Effect] = deque(self._machine.take(event))
        while waiting:
            waiting.extend(self._do(waiting.popleft()))
        if new_phase := self._machine.phase is not self.phases[-1]:
            self.phases.append(self._machine.phase)
        if not isinstance(event, Sample) or new_phase or time.monotonic() >= self._told + FRAME_S:
            self._told = time.monotonic()
            self._seq += 1
            self._lock.notify_all()

    def _do(self, effect: Effect) -> list[Effect]:
        now = self._machine.time_s
        if isinstance(effect, LearnNeutral):
            return self._machine.take(Happening(now, "neutral_learned"))
        if isinstance(effect, StorePicture):
            self._recording = effect.allowed
        elif isinstance(effect, Save):
            if not self._machine.plan.counted():
                return self._machine.take(Happening(now, "nothing_to_save"))
            self._saved = True
            return self._machine.take(Happening(now, "saved", str(self._report)))
        return []

    def _sample(self, now: float) -> Sample:
        machine = self._machine
        self._move(now)
        neck = (self._angles[0], self._angles[1], self._angles[2])
        known = bool(machine.neutrals)
        nothing = (math.nan, math.nan, math.nan)
        trunk = [0.4, -0.3, 0.2]
        if machine.current is not None:
            plane = machine.current.movement.plane
            trunk[plane] = self.trunk_deg * neck[plane] / 60
        point = TracePoint(time_s=now, neck_deg=neck if known else (None,) * 3, trunk_deg=tuple(trunk))
        self._points.append(point)
        return Sample(
            time_s=now,
            neck_deg=neck if known else nothing,
            trunk_deg=(trunk[0], trunk[1], trunk[2]),
            sd_deg=(2.1, 1.6, 2.4) if known else nothing,
            beyond=False,
            facing_deg=neck,
            person=True,
            checks=self._checks() if machine.phase in (Phase.INTRO, Phase.SETUP) else (),
        )

    def _move(self, now: float) -> None:
        """Where the head is now: it sways a little, and follows what is asked."""
        sway = 0.3 * math.sin(2.1 * now)
        self._angles = [sway, 0.2 * math.cos(1.7 * now), 0.3 * math.cos(1.3 * now)]
        step = self._machine.current
        if step is None or self._machine.phase is Phase.ANNOUNCE:
            self._moved_s = now
            return
        share = _share(now - self._moved_s - 0.3)
        effort = (0.7 if step.warm_up else 0.96 + 0.02 * step.number) * share
        movement = step.movement
        self._angles[movement.plane] += movement.sign * effort * FURTHEST[movement]
        coupled = {0: 2, 1: 2, 2: 1}[movement.plane]
        self._angles[coupled] += 0.08 * movement.sign * effort * FURTHEST[movement]

    def _checks(self) -> tuple[Check, ...]:
        dark = self._machine._floor.in_phase_s() < self.dark_s
        good = [Check(name=name, status="good") for name in NAMES]
        light = Check(
            name="light", status="bad" if dark else "good", advice=text(Key.ADVICE_DARK) if dark else None
        )
        rest = [Check(name="contrast", status="good"), Check(name="frame_rate", status="good")]
        return (*good, light, *rest)

    def _state(self) -> State:
        shown = self._machine.phase not in (Phase.SAFETY, Phase.REFUSED, Phase.CONSENT)
        around = Surroundings(
            pose=_pose(self._angles) if shown and self.camera else None,
            picture_size=SIZE,
            recording=self._recording,
            warnings=tuple(text(key) for key in self.warnings),
            result_dir=str(self._report) if self._saved else None,
        )
        return state_of(self._machine, self._seq, around, self._norms)


def _share(waited_s: float) -> float:
    """How far out the head is, 0 to 1: out, hold, back."""
    if waited_s <= 0:
        return 0.0
    if waited_s < OUT_S:
        return 0.5 - 0.5 * math.cos(math.pi * waited_s / OUT_S)
    waited_s -= OUT_S + HOLD_S
    if waited_s < 0:
        return 1.0
    return 0.5 + 0.5 * math.cos(math.pi * min(waited_s / BACK_S, 1.0))


def _axes(angles: list[float] | tuple[float, ...]) -> np.ndarray:
    """Where the head's axes point in the picture (x right, y down), for a camera straight ahead."""
    flexion, lateral, rotation = np.radians(angles)
    # the picture shows the person's right on its left
    anterior = np.array([-math.sin(rotation) * math.cos(flexion), math.sin(flexion)])
    superior = np.array([-math.sin(lateral), -math.cos(lateral) * math.cos(flexion)])
    right = np.array([-math.cos(lateral) * math.cos(rotation), math.sin(lateral)])
    return np.array([anterior, superior, right])


def _pose(angles: list[float]) -> HeadPose:
    origin = np.array([320.0, 190.0])
    ends = origin + 110 * _axes(angles)
    points = [tuple(round(float(value), 1) for value in end) for end in ends]
    return HeadPose(origin=(320.0, 190.0), anterior=points[0], superior=points[1], right=points[2])


def _picture(angles: tuple[float, ...]) -> bytes:
    """A plain figure on a plain ground: what the page shows has to be there and to move."""
    image = Image.new("RGB", SIZE, (96, 112, 124))
    draw = ImageDraw.Draw(image)
    draw.ellipse((150, 300, 490, 640), fill=(52, 70, 92))
    anterior, superior, _ = 60 * _axes(angles)
    x, y = 320 + superior[0], 240 + superior[1]
    draw.rectangle((295, 240, 345, 330), fill=(205, 160, 130))
    draw.ellipse((x - 62, y - 80, x + 62, y + 80), fill=(222, 178, 148))
    nose = (x + anterior[0], y + 15 + anterior[1])
    draw.ellipse((nose[0] - 10, nose[1] - 10, nose[0] + 10, nose[1] + 10), fill=(180, 130, 105))
    data = io.BytesIO()
    image.save(data, "JPEG", quality=80)
    return data.getvalue()
