"""``neckrom live``: wires camera, session and page together."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from neckrom.cli.terminal import console, say, tell
from neckrom.errors import ExitCode, OptionValueError

if TYPE_CHECKING:
    from neckrom.live.engine import LiveEngine
    from neckrom.live.nerve.protocols import LoadedNerveProtocol
    from neckrom.live.protocols import LoadedProtocol
    from neckrom.live.turning.protocols import LoadedTurnProtocol
    from neckrom.plans.plan_file import LoadedPlan
    from neckrom.types import BodyDetector, LandmarkDetector
    from neckrom.web.phone_server import PhonePort

PHONE = "phone"
WHOLE = "full"
"""The protocol where none is named."""


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """What a user can set.

    Attributes
    ----------
    source : str
        Number of a camera, a clip, an address, "browser" or "phone".
    size : tuple of two int
    fps : float
    camera : str or None
    record : bool
    out : Path or None
    port : int or None
    browser : bool
    protocol : str
    language : str
    fast : bool
    norms : str
    phone_address : str or None
        Where the port for a phone is opened.
    plan : str or None
        A plan by name or file, in place of a protocol.
    clinician : str
        Who chose the plan.
    person, store : str or None
        Whose last test is looked at before a plan begins, and in which records.
    """

    source: str = "0"
    size: tuple[int, int] = (640, 480)
    fps: float = 30.0
    camera: str | None = None
    record: bool = True
    out: Path | None = None
    port: int | None = None
    browser: bool = True
    protocol: str = WHOLE
    language: str = "en"
    fast: bool = False
    norms: str = "article"
    phone_address: str | None = None
    plan: str | None = None
    clinician: str = ""
    person: str | None = None
    store: str | None = None


def run_live(options: LiveOptions) -> ExitCode:
    """Lead a session from the first question to the report.

    Raises
    ------
    NeckromError
        No camera, a port that is taken, a wrong protocol file, ...; with what to do.
    """
    _refuse_what_clashes(options)
    plan = None if options.plan is None else _plan_of(options)
    from neckrom.live.engine import EngineOptions, LiveEngine  # noqa: PLC0415
    from neckrom.live.opening import open_live_source  # noqa: PLC0415
    from neckrom.live.protocols import LoadedProtocol  # noqa: PLC0415
    from neckrom.live.pushed import PushedSource  # noqa: PLC0415
    from neckrom.messages import LANGUAGES  # noqa: PLC0415
    from neckrom.web.page_camera import PageCamera  # noqa: PLC0415
    from neckrom.web.remembered_camera import RememberedCamera  # noqa: PLC0415
    from neckrom.web.server import listening, serve  # noqa: PLC0415

    if options.language not in LANGUAGES:
        raise OptionValueError(
            f"No texts in the language {options.language!r}: choose --lang {', '.join(LANGUAGES)}."
        )
    with listening(options.port):
        pass  # a port that is taken is found before the camera is opened
    protocol, detector = _exam(options.protocol) if plan is None else _planned(plan)
    if options.phone_address is not None and options.source != PHONE:
        raise OptionValueError("--phone-address goes with --source phone.")
    source = open_live_source(options.source, size=options.size, fps=options.fps, fast=options.fast)
    folder = session_folder(options.out, datetime.now().astimezone())
    engine = LiveEngine(
        source,
        detector,
        EngineOptions(
            protocol,
            folder,
            options.camera,
            record=options.record,
            norms=options.norms,
            language=options.language,
        ),
    )
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())  # it complains aloud about Ctrl-C
    camera = None
    if isinstance(source, PushedSource):
        remembered = RememberedCamera() if source.kind == "browser" else None
        camera = PageCamera(source, engine.start, size=options.size, fps=options.fps, remembered=remembered)
    stopped = False
    failed: BaseException | None = None
    with _phone_port(options) as phone:
        if camera is None:
            say(f"Starting {source.name} and the models ...")
            engine.start()
        try:
            serve(
                engine,
                port=options.port,
                open_browser=options.browser,
                language=options.language,
                on_ready=_AddressTeller(),
                camera=camera,
                phone=phone,
                on_phone_closed=_tell_closed,
                listens=not isinstance(protocol, LoadedProtocol),
            )
        except KeyboardInterrupt:  # also while the server says good-bye: its own complaints are no news then
            stopped = True
            say("Stopping, and saving what there is ...")
        except Exception as error:  # noqa: BLE001  (raised again below, once the session is saved)
            failed = error
    _close(engine)
    code = _tell_end(engine, folder, stopped=stopped)
    failed = failed or engine.error
    if failed is not None:
        raise failed
    return code


def _exam(
    name: str,
) -> tuple[
    LoadedProtocol | LoadedNerveProtocol | LoadedTurnProtocol,
    Callable[[], LandmarkDetector] | Callable[[], BodyDetector],
]:
    """What is measured, and which models see it: the neck, or a whole body for all else."""
    from neckrom.live.nerve.protocols import load_nerve_protocol, shipped_nerve_protocols  # noqa: PLC0415
    from neckrom.live.protocols import load_session_protocol  # noqa: PLC0415
    from neckrom.live.turning.protocols import load_turn_protocol, shipped_turn_protocols  # noqa: PLC0415

    if name in (*shipped_nerve_protocols(), *shipped_turn_protocols()):
        from neckrom.landmarks.body_engine import BodyPoseDetector  # noqa: PLC0415

        load = load_nerve_protocol if name in shipped_nerve_protocols() else load_turn_protocol
        return load(name), BodyPoseDetector
    from neckrom.landmarks.mediapipe_engine import MediaPipeDetector  # noqa: PLC0415

    return load_session_protocol(name), MediaPipeDetector


def _refuse_what_clashes(options: LiveOptions) -> None:
    """What belongs to a plan needs one, and a plan brings its own protocol.

    Raises
    ------
    OptionValueError
    """
    if options.plan is None:
        given = [
            name
            for name, value in (
                ("--clinician", options.clinician),
                ("--person", options.person),
                ("--store", options.store),
            )
            if value
        ]
        if given:
            raise OptionValueError(f"{', '.join(given)} goes with --plan: say which, or leave it out.")
    elif options.protocol != WHOLE:
        raise OptionValueError("--plan brings its own test: leave --protocol out.")


def _plan_of(options: LiveOptions) -> LoadedPlan:
    """The plan, if it may be begun: found out before anything is opened.

    Raises
    ------
    NeckromError
        The plan has mistakes, nobody stands for it, or the person's last test was stopped.
    """
    from neckrom.plans.plan_file import load_plan  # noqa: PLC0415

    assert options.plan is not None
    plan = load_plan(options.plan, options.clinician)
    if options.person is not None:
        _refuse_after_a_stop(options.person, options.store, options.language)
    return plan


def _planned(
    plan: LoadedPlan,
) -> tuple[LoadedProtocol | LoadedPlan, Callable[[], LandmarkDetector] | Callable[[], BodyDetector]]:
    """What a plan is led by: its test and exercise, or of the neck the session's own movements."""
    if plan.plan.test == "neck":
        from neckrom.landmarks.mediapipe_engine import MediaPipeDetector  # noqa: PLC0415
        from neckrom.live.protocols import protocol_of_plan  # noqa: PLC0415

        return protocol_of_plan(plan), MediaPipeDetector
    from neckrom.landmarks.body_engine import BodyPoseDetector  # noqa: PLC0415

    return plan, BodyPoseDetector


def _refuse_after_a_stop(person: str, store: str | None, language: str) -> None:
    """See :func:`neckrom.records.stopped.refuse_after_a_stop`."""
    from neckrom.cli.record_options import opened  # noqa: PLC0415
    from neckrom.messages import load_messages  # noqa: PLC0415
    from neckrom.records.stopped import refuse_after_a_stop  # noqa: PLC0415

    with opened(store) as records:
        refuse_after_a_stop(records, records.find_person(person).id, load_messages(language))


@contextmanager
def _phone_port(options: LiveOptions) -> Iterator[PhonePort | None]:
    """The port for a phone, where one is the camera; whoever opened it is told in so many words."""
    if options.source != PHONE:
        yield None
        return
    from neckrom.web.phone_server import phone_port  # noqa: PLC0415

    with phone_port(options.phone_address) as port:
        say(
            f"A port is open to your network: {port.origin}, for the camera of one phone, until all is measured."
        )
        say(f"Fingerprint of its certificate (SHA-256): {port.certificate.fingerprint}")
        yield port


def _tell_closed() -> None:
    say("The port for the phone is closed.")


def _close(engine: LiveEngine) -> None:
    """Save the session, whatever ended its page; who cannot wait for it has to say so twice."""
    try:
        engine.close()
    except KeyboardInterrupt:
        say("The report is being written. Once more ends that, too; what was recorded stays.")
        engine.close()


def session_folder(out: Path | None, now: datetime) -> Path:
    """A folder that is not there yet, named after the time, in the given one or among the user's data."""
    from platformdirs import user_data_path  # noqa: PLC0415

    parent = out if out is not None else user_data_path("neckrom", appauthor=False) / "sessions"
    name = f"session-{now:%Y%m%d-%H%M%S}"
    folder, number = parent / name, 1
    while folder.exists():
        number += 1
        folder = parent / f"{name}-{number}"
    return folder


def parse_size(text: str) -> tuple[int, int]:
    """Width and height from "640x480".

    Raises
    ------
    ConfigurationError
        It is no size.
    """
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) >= 160 and int(height) >= 120):
        raise OptionValueError(f"--size {text!r} is no picture size: give WIDTHxHEIGHT, such as 640x480.")
    return int(width), int(height)


class _AddressTeller:
    """Shows the address, and after a browser used it up the next one."""

    def __init__(self) -> None:
        self._told = False

    def __call__(self, address: str) -> None:
        """Told by the server."""
        if tell("ready", address=address):
            return
        stdout = console()
        if self._told:
            stdout.print(f"For another browser, this address opens once:\n  {address}", soft_wrap=True)
            return
        self._told = True
        stdout.print("The session is at this address, on this machine only:", soft_wrap=True)
        stdout.print(f"  {address}", soft_wrap=True)
        stdout.print("Ctrl-C ends it and saves what there is.", soft_wrap=True)


def _tell_end(engine: LiveEngine, folder: Path, *, stopped: bool) -> ExitCode:
    """Say where the report is, or that there is none; a session without one never ends as if all were well."""
    kept = any((folder / name).is_file() for name in ("landmarks.arrows", "landmarks.parquet"))
    result = engine.result_folder
    told = tell("ended", result=result is not None, folder=str(folder) if kept or result else None)
    stdout = console()
    if result is not None:
        if not told:
            report = result / "report.html"
            stdout.print(f"Report: {report if report.is_file() else result}", soft_wrap=True)
        return ExitCode.OK
    if engine.why_not_saved is not None:
        if not told:
            say(f"No report was written. {engine.why_not_saved}")
            again = f"neckrom measure {shlex.quote(str(folder))}"
            say(f"What was recorded is in {folder}\nMake the report from it later: {again}")
        return engine.why_not_saved.exit_code
    if kept and not told:
        say(f"No report was written: no movement was measured. What was recorded is in {folder}")
    elif not told:
        say("No report was written: nothing was measured.")
    return ExitCode.INTERRUPTED if stopped else ExitCode.NO_REPORT
