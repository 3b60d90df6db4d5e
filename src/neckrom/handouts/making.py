"""What is handed to a person: the report of a session, or their course."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from neckrom.errors import InputError, UnknownRecordError
from neckrom.exports.source import angles_of
from neckrom.exports.write import write_files
from neckrom.handouts.bodies import body_report
from neckrom.messages import Messages, load_messages
from neckrom.records.api import Records
from neckrom.records.audit import Action
from neckrom.records.kinds import PLAN, RUN, UPPER_BACK
from neckrom.records.pictures import pictures_of
from neckrom.records.views import BodySession, PersonView, SessionView
from neckrom.report.letterhead import Letterhead
from neckrom.service.clinic import load_clinic
from neckrom.types import Movement

if TYPE_CHECKING:
    from neckrom.handouts.handout_page import Handout


def write_handout(
    records: Records,
    what: str,
    form: Literal["html", "pdf"],
    out: Path,
    language: str,
    *,
    sheet: bool = False,
    overwrite: bool = False,
) -> Path:
    """Write a hand-out into a folder.

    Parameters
    ----------
    records : Records
    what : str
        Id of a session, or name or pseudonym of a person (the course).
    form : str
        "html" or "pdf".
    out : Path
    language : str
        Of everything in it.
    sheet : bool
        Of a session the page in plain words and one for clinicians, instead of the whole report.
    overwrite : bool

    Raises
    ------
    UnknownRecordError
        If there is no such session or person.
    InputError
        If a session's angles are damaged, or a person has no sessions.
    OutputError
        If the file is already there, or cannot be written.
    """
    if what.strip().upper().startswith("S-"):
        name, content = (
            _sheet(records, what, form, language) if sheet else _session(records, what, form, language)
        )
    else:
        name, content = _course(records, what, form, language)
    (path,) = write_files(out, {name: content}, overwrite=overwrite)
    try:
        _log(records, what, form)
    except UnknownRecordError:
        path.unlink(missing_ok=True)  # deleted while it was written: it does not outlive them
        raise
    return path


def _log(records: Records, what: str, form: str) -> None:
    if what.strip().upper().startswith("S-"):
        row = records.find_session(what)
        records.log(Action.HANDED_OUT, row.person_id, row.id, form)
    else:
        records.log(Action.HANDED_OUT, records.find_person(what).id, None, f"course, {form}")


def _session(records: Records, what: str, form: str, language: str) -> tuple[str, bytes]:
    view = records.any_session(records.find_session(what).id)
    return f"{view.row.id}.{form}", report_of(view, form, load_messages(language), letterhead())


def report_of(view: SessionView | BodySession, form: str, texts: Messages, head: Letterhead) -> bytes:
    """The whole report of a session, laid out anew from what was measured.

    Nothing of the stored report is used: it may have come from anywhere, and is in one language only.

    Parameters
    ----------
    view : SessionView or BodySession
    form : str
        "html" or "pdf".
    texts : Messages
    head : Letterhead
        Examiner and clinic; who was measured is added here.

    Raises
    ------
    InputError
        If the angles over time are damaged.
    """
    from neckrom.handouts.session_sheet import letterhead_of  # noqa: PLC0415  (slow to load)
    from neckrom.report.stored import report_html, report_pdf  # noqa: PLC0415

    if isinstance(view, BodySession):
        return body_report(view, form, texts, letterhead_of(view, head))
    lay_out = report_html if form == "html" else report_pdf
    angles = angles_of(view.folder)
    return lay_out(view.result, angles, pictures_of(view.folder), texts, letterhead_of(view, head))


def _sheet(records: Records, what: str, form: str, language: str) -> tuple[str, bytes]:
    view = records.any_session(records.find_session(what).id)
    return f"{view.row.id}_sheet.{form}", sheet_bytes(view, form, load_messages(language), letterhead())


def sheet_bytes(view: SessionView | BodySession, form: str, texts: Messages, head: Letterhead) -> bytes:
    """The sheet of a session of whichever kind, as a page or on paper."""
    from neckrom.handouts.session_sheet import letterhead_of  # noqa: PLC0415  (slow to load)

    if isinstance(view, BodySession):
        return body_report(view, form, texts, letterhead_of(view, head), sheet=True)
    return laid_out(sheet_for(view, texts, head), form)


def sheet_for(view: SessionView, texts: Messages, head: Letterhead) -> Handout:
    """The sheet of a session of the neck, with its pictures and the clinic's letterhead."""
    from neckrom.handouts.session_sheet import letterhead_of, sheet_of  # noqa: PLC0415  (slow to load)

    pictures = pictures_of(view.folder)
    return sheet_of(view, texts, pictures=pictures, head=letterhead_of(view, head))


def picture_of(view: SessionView, movement: Movement, texts: Messages) -> bytes | None:
    """The end-range picture of a movement, with its words in a language; None where none was kept."""
    from neckrom.report.pictures import in_language  # noqa: PLC0415  (slow to load)

    data = pictures_of(view.folder).get(movement)
    value = view.values.get(movement)
    if data is None or value is None or value.best_deg is None:
        return data
    try:
        drawn = in_language(data, movement, value.best_deg, texts, time_s=0.0, bound=value.lower_bound)
    except InputError:  # of an older form: as it was kept
        return data
    return drawn.jpeg()


def letterhead() -> Letterhead:
    """Examiner and clinic, as the settings have them."""
    return load_clinic().letterhead()


def _course(records: Records, what: str, form: str, language: str) -> tuple[str, bytes]:
    view = records.person(records.find_person(what).id)
    if not view.sessions:
        raise InputError(
            f"{view.row.label} has no sessions yet: neckrom sessions import PATH --person {view.row.id}"
        )
    course = course_for(records, view, load_messages(language))
    if course is None:
        raise InputError(
            f"{view.row.label} has no neck, run, nerve test, plan or turns of the trunk that can be read, which a "
            "course tells of. Hand out a session itself: "
            f"neckrom report {view.sessions[0].id}"
        )
    return f"{view.row.id}_course.{form}", laid_out(course, form)


def has_course(view: PersonView) -> bool:
    """Whether there is a course to hand out: of the neck, else of runs, nerve tests and plans."""
    return bool(view.neck or view.of_kind(RUN, PLAN, UPPER_BACK) or view.nerve_tests)


def course_for(records: Records, view: PersonView, texts: Messages) -> Handout | None:
    """The course of a person: the neck's with what stands beside it, else of runs, nerve tests and plans; else None.

    Raises
    ------
    InputError
        If a result is damaged.
    """
    from neckrom.handouts.body_course import Apart, body_course_of  # noqa: PLC0415  (slow to load)
    from neckrom.handouts.course import course_of  # noqa: PLC0415

    if not has_course(view):
        return None
    apart = Apart(
        tuple(records.runs(view.of_kind(RUN))),
        tuple(records.nerve_tests(view.nerve_tests)),
        tuple(records.plans(view.of_kind(PLAN))),
        tuple(records.diary(view.row.id)),
        tuple(records.upper_backs(view.of_kind(UPPER_BACK))),
    )
    if not (
        view.neck or apart.runs or apart.nerve_tests or apart.plans or apart.upper_backs
    ):  # damaged, or deleted meanwhile
        return None
    if not view.neck:
        results = records.any_results(row.id for row in view.sessions)
        return body_course_of(view, results, texts, apart, letterhead())
    results_of_neck = [records.result(row.id) for row in view.neck]
    return course_of(
        view,
        records.trend(view.row.id),
        records.limits(view.row.id),
        texts,
        results_of_neck,
        head=letterhead(),
        runs=apart.runs,
        nerve_tests=apart.nerve_tests,
        plans=apart.plans,
        diary=apart.diary,
        upper_backs=apart.upper_backs,
    )


def laid_out(handout: Handout, form: str) -> bytes:
    """A hand-out as a page or on paper."""
    from neckrom.handouts.handout_page import handout_html, handout_pdf  # noqa: PLC0415  (slow to load)

    return handout_html(handout).encode("utf-8") if form == "html" else handout_pdf(handout)
