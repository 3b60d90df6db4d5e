"""A session that shows what it is told to, and a state for every screen of the page, made by the real machine."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from neckrom.assessment.norms import load_norms
from neckrom.live.api import Trace, TracePoint
from neckrom.live.contract import Check, Command, Consent, Heard, Pain, Phase, Saving, Simple, State, Stop
from neckrom.live.events import Happening, Save, UserCommand
from neckrom.live.first_result import first_result
from neckrom.live.keys import Key, text
from neckrom.live.neck_view import state_of
from neckrom.live.session import SessionMachine
from neckrom.live.view import Surroundings
from neckrom.result import Result, SessionFacts
from neckrom.types import Movement
from tests.live.people import answers, machine, play, repetition, sample

NORMS = load_norms("article")
FOLDER = "/srv/somebody-with-a-long-name/share/neckrom/sessions/session-20261126-093000"


class FedSession:
    """Passes for a :class:`~neckrom.live.api.LiveSession`."""

    def __init__(self, report: Path | None = None) -> None:
        self._changed = threading.Condition()
        self._state = next(iter(SCREENS.values())).state()
        self._seq = self._state.seq
        self._report = report
        self.first: Result | None = None
        self.commands: list[Command] = []
        picture = io.BytesIO()
        Image.new("RGB", (640, 480), (96, 112, 124)).save(picture, "JPEG")
        self._jpeg = picture.getvalue()

    def show(self, state: State, first: Result | None = None) -> None:
        """From now on this is what it is."""
        with self._changed:
            self._seq += 1
            self.first = first
            self._state = state.model_copy(update={"seq": self._seq, "time_s": state.time_s + self._seq})
            self._changed.notify_all()

    def start(self) -> None:
        return

    def snapshot(self) -> State:
        return self._state

    def wait(self, seq: int, timeout_s: float) -> State:
        with self._changed:
            self._changed.wait_for(lambda: self._seq > seq, timeout_s)
            return self._state

    def command(self, command: Command) -> None:
        self.commands.append(command)

    def preview_jpeg(self) -> bytes | None:
        return self._jpeg

    def trace(self, since_s: float) -> Trace:
        point = TracePoint(time_s=since_s + 1, neck_deg=(10.0, 2.0, -3.0), trunk_deg=(0.0, 0.0, 0.0))
        return Trace(points=(point,))

    def photo(self, movement: Movement, trial: int, *, warm_up: bool = False) -> bytes | None:
        return self._jpeg

    def first_result(self) -> Result | None:
        return self.first

    @property
    def result_folder(self) -> Path | None:
        return self._report if self._state.phase is Phase.RESULT and self.first is None else None

    def close(self) -> None:
        return


@dataclass(frozen=True)
class Shown:
    """A screen.

    ``make`` gives the machine and what surrounds it; ``act`` is pressed once the page shows it, ``clinician``:
    the physiotherapist's view of it.
    """

    make: Callable[[], tuple[SessionMachine, Surroundings]]
    key: str = ""
    clinician: bool = False

    def state(self) -> State:
        session, around = self.make()
        return state_of(session, 1, around, NORMS)

    def first(self) -> Result | None:
        session, _ = self.make()
        return first_result(
            session, NORMS, SessionFacts(stop_reason=session.stop_reason), "2026-11-26T09:30:00+00:00"
        )


def send(session: SessionMachine, *commands: Command) -> None:
    for command in commands:
        for effect in session.take(UserCommand(session.time_s, command)):
            if isinstance(effect, Save):
                session.take(Happening(session.time_s, "saved", FOLDER))


def simple(name: str) -> Simple:
    return Simple(type=name)  # type: ignore[arg-type]


def _around(**changes: object) -> Surroundings:
    values = {"picture_size": (640, 480)} | changes
    return Surroundings(**values)  # type: ignore[arg-type]


def _asked(**given: str) -> SessionMachine:
    session = machine("full")
    send(session, *answers(**given))
    return session


def _seated(protocol: str = "full") -> SessionMachine:
    session = machine(protocol, ask_consent=False)
    send(session, *answers(), simple("continue"), simple("continue"))
    for i in range(90):
        session.take(sample(session.time_s + 1 / 30 if i else 0.0))
    session.take(Happening(session.time_s, "neutral_learned"))
    assert session.phase is Phase.ANNOUNCE
    return session


def _safety() -> tuple[SessionMachine, Surroundings]:
    session = machine("full")
    send(session, *[each for each in answers() if each.question != "arterial"])
    return session, _around()


def _refused(sign: str) -> tuple[SessionMachine, Surroundings]:
    session = _asked(**{sign: "yes"})
    send(session, simple("continue"))
    return session, _around()


def _consent() -> tuple[SessionMachine, Surroundings]:
    session = _asked()
    send(session, simple("continue"))
    return session, _around()


def _intro() -> tuple[SessionMachine, Surroundings]:
    session, around = _consent()
    send(session, Heard(type="heard", id=1), Consent(type="consent", video=False))
    for _ in range(3):
        session.take(UserCommand(session.time_s, Heard(type="heard", id=999)))
        session.take(sample(session.time_s + 0.1))
    assert session.phase is Phase.INTRO
    return session, around


def _setup(*, good: bool) -> tuple[SessionMachine, Surroundings]:
    session, around = _consent()
    send(session, Consent(type="consent", video=False))
    bad = (
        Check(name="head_room", status="bad", advice=text(Key.ADVICE_HEAD_ROOM)),
        Check(name="contrast", status="bad", advice=text(Key.ADVICE_BACKLIGHT)),
        Check(name="frame_rate", status="bad", advice=text(Key.ADVICE_COMPUTER_SLOW, fps=8, camera_fps=30)),
    )
    names = ("person", "alone", "shoulders", "distance", "centred", "level", "height", "light")
    rest = tuple(Check(name=name, status="good") for name in names)  # type: ignore[arg-type]
    for i in range(20):
        session.take(sample(i / 30, checks=(rest if good else (*bad, *rest))))
    assert session.phase is Phase.SETUP
    warning = text(Key.WARNING_COMPUTER_SLOW, fps=8, camera_fps=30)
    return session, around if good else _around(warnings=(warning,))


def _neutral() -> tuple[SessionMachine, Surroundings]:
    session = _asked()
    send(session, simple("continue"), simple("continue"), simple("continue"))
    for i in range(30 * 3):
        session.take(sample(i / 30, facing_deg=(30.0 * (i % 2), 0.0, 0.0)))
    assert session.phase is Phase.NEUTRAL
    session.take(Happening(session.time_s, "neutral_failed"))
    return session, _around()


def _moving(phase: Phase, movement: Movement = Movement.LATERAL_RIGHT) -> tuple[SessionMachine, Surroundings]:
    session = _seated()
    while session.current is None or session.current.movement is not movement:
        send(session, simple("skip"))
        while session.phase in (Phase.PAIN, Phase.CHIN):
            send(session, simple("continue"))
    if phase is Phase.ANNOUNCE:
        return session, _around()
    angles = [movement.sign * angle for angle in repetition(38.0, hold_s=3.0)]
    trunk = [0.0, 0.0, 0.0]
    trunk[movement.plane] = movement.sign * 22.0
    for angle in [0.0] * 40 + angles:
        play(session, session.time_s, [angle], plane=movement.plane, trunk_deg=tuple(trunk))
        if session.phase is phase:
            break
    assert session.phase is phase, session.phase
    lost = text(Key.WARNING_DISK_LOW, free_mb=812)
    return session, _around(recording=True, warnings=(lost,) if phase is Phase.BACK else ())


def _question(phase: Phase) -> tuple[SessionMachine, Surroundings]:
    session = _seated("quick")
    play(session, session.time_s, [0.0] * 40 + repetition(52.0))
    assert session.phase is Phase.PAIN
    if phase is Phase.CHIN:
        send(session, simple("continue"))
    assert session.phase is phase
    return session, _around(recording=True)


def _paused() -> tuple[SessionMachine, Surroundings]:
    session, around = _moving(Phase.OUT)
    send(session, simple("pause"))
    return session, around


def _camera_lost() -> tuple[SessionMachine, Surroundings]:
    session, around = _moving(Phase.OUT)
    session.take(Happening(session.time_s, "camera_lost"))
    return session, around


def _done(protocol: str = "quick", *, until: int = 6) -> SessionMachine:
    session = _seated(protocol)
    done = 0
    while session.phase in (Phase.ANNOUNCE, Phase.OUT, Phase.PAIN, Phase.CHIN) and done < until:
        if session.phase is Phase.CHIN:
            send(session, simple("continue"))
            continue
        if session.phase is Phase.PAIN:
            assert session.pain_asked is not None
            score = 7 if session.pain_asked is Movement.ROTATION_LEFT else 0
            done += 1
            if done < until:
                send(session, Pain(type="pain", movement=session.pain_asked, score=score))
            else:
                session.questions.pain[session.pain_asked] = score
            continue
        assert session.current is not None
        movement = session.current.movement
        reach = {2: 38.0 if movement is Movement.ROTATION_LEFT else 78.0, 1: 41.0}.get(movement.plane, 55.0)
        angles = [movement.sign * angle for angle in [0.0] * 40 + repetition(reach)]
        play(session, session.time_s, angles, plane=movement.plane)
    return session


def _saving() -> tuple[SessionMachine, Surroundings]:
    session = _done(until=6)
    for effect in session.take(UserCommand(session.time_s, simple("continue"))):
        assert effect is not None
    assert session.phase is Phase.SAVING, session.phase
    return session, _around(saving=Saving(share=0.55, next_share=0.6))


def _result() -> tuple[SessionMachine, Surroundings]:
    session, _ = _saving()
    session.take(Happening(session.time_s, "saved", FOLDER))
    assert session.phase is Phase.RESULT
    return session, _around(result_url="/live/report/report.html", result_dir=FOLDER)


def _not_saved() -> tuple[SessionMachine, Surroundings]:
    session, _ = _saving()
    session.take(Happening(session.time_s, "not_saved", FOLDER))
    return session, _around(result_dir=FOLDER)


def _nothing() -> tuple[SessionMachine, Surroundings]:
    session = _seated()
    send(session, simple("finish"))
    session.take(Happening(session.time_s, "nothing_to_save", FOLDER))
    return session, _around(result_dir=FOLDER)


def _stopped(reason: str, *, at_the_end: bool = False) -> tuple[SessionMachine, Surroundings]:
    session = _done(until=3)
    send(session, Stop(type="stop", reason=reason))  # type: ignore[arg-type]
    if at_the_end:
        send(session, simple("finish"))
        assert session.phase is Phase.RESULT
    return session, _around(result_dir=FOLDER)


SCREENS: dict[str, Shown] = {
    "safety": Shown(_safety),
    "safety, review": Shown(lambda: (_asked(), _around())),
    "refused, stop": Shown(lambda: _refused("arterial")),
    "refused, doctor": Shown(lambda: _refused("sharp_neck_pain")),
    "consent": Shown(_consent),
    "intro": Shown(_intro),
    "setup, bad": Shown(lambda: _setup(good=False)),
    "setup, good": Shown(lambda: _setup(good=True)),
    "neutral": Shown(_neutral),
    "announce": Shown(lambda: _moving(Phase.ANNOUNCE)),
    "out": Shown(lambda: _moving(Phase.OUT)),
    "out, rotation": Shown(lambda: _moving(Phase.OUT, Movement.ROTATION_LEFT)),
    "hold": Shown(lambda: _moving(Phase.HOLD)),
    "back, trunk": Shown(lambda: _moving(Phase.BACK)),
    "pain": Shown(lambda: _question(Phase.PAIN)),
    "chin": Shown(lambda: _question(Phase.CHIN)),
    "paused": Shown(_paused),
    "camera lost": Shown(_camera_lost),
    "stop?": Shown(lambda: _moving(Phase.OUT), key=" "),
    "keys": Shown(lambda: _moving(Phase.OUT), key="?"),
    "stopped": Shown(lambda: _stopped("dizziness")),
    "saving": Shown(_saving),
    "result": Shown(_result),
    "result, stopped": Shown(lambda: _stopped("pain", at_the_end=True)),
    "result, none": Shown(_nothing),
    "result, not saved": Shown(_not_saved),
    "physio, moving": Shown(lambda: _moving(Phase.BACK), clinician=True),
    "physio, pain": Shown(lambda: _question(Phase.PAIN), clinician=True),
    "physio, result": Shown(_result, clinician=True),
}
"""Every screen of the page, with the longest that it may hold."""

SIZES: dict[str, tuple[int, int]] = {
    "phone, small": (320, 568),
    "phone": (390, 844),
    "phone, across": (844, 390),
    "tablet": (768, 1024),
    "1024": (1024, 768),
    "1100": (1100, 700),
    "1280": (1280, 720),
    "1366": (1366, 768),
    "1920": (1920, 1080),
    "1280 at 200 %": (640, 360),
    "1280 at 400 %": (320, 180),
    "1920 at 200 %": (960, 540),
    "1920 at 400 %": (480, 270),
}
"""Of the window, in the page's own pixels: at 200 % a window is half as large to the page."""


@contextmanager
def showing(page, session: FedSession, name: str) -> Iterator[None]:
    """Let the page show a screen until the block ends."""
    shown = SCREENS[name]
    state = shown.state()
    view = "clinician" if shown.clinician else "person"
    if page.evaluate("document.body.dataset.view") != view:
        page.keyboard.press("v")
    first = shown.first() if state.phase in (Phase.SAVING, Phase.STOPPED, Phase.RESULT) else None
    session.show(state, first)
    _until(page, f"document.body.dataset.phase === '{state.phase.value}'")
    if first is not None and state.phase is not Phase.STOPPED:
        _until(
            page, "document.querySelectorAll('.best-list li').length > 0 || !document.querySelector('.sheet')"
        )
    if shown.key:
        page.keyboard.press(shown.key)
        _until(page, "document.querySelector('dialog[open]') !== null")
    page.wait_for_timeout(30)
    yield
    if shown.key:
        page.keyboard.press("Escape")
        _until(page, "document.querySelector('dialog[open]') === null")


def faults(page, session: FedSession, size: str, screens: Iterable[str] = SCREENS) -> list[str]:
    """What is wrong with these screens in a window of a size; STOP in another place than before is, too."""
    script = (Path(__file__).parent / "in_page" / "boxes.js").read_text(encoding="utf-8")
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))
    found: list[str] = []
    home = None
    for name in screens:
        with showing(page, session, name):
            wrong, place = page.evaluate(script)
        found += [f"{size} | {name} | {fault}" for fault in wrong]
        home = home or place
        if place is not None and place != home:
            found.append(f"{size} | {name} | STOP has moved from {home} to {place}")
    return found


def _until(page, condition: str, patience: int = 2000) -> None:
    for _ in range(patience):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(15)
    raise AssertionError(f"{condition} did not come")
