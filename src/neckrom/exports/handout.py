"""What is handed to a person: the report of a session, or their course."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from neckrom.errors import InputError, UnknownRecordError
from neckrom.exports.write import write_files
from neckrom.messages import load_messages
from neckrom.records.api import Records
from neckrom.records.audit import Action
from neckrom.records.stored_report import stored_report
from neckrom.records.trends import repeatability

if TYPE_CHECKING:
    from neckrom.records.handout_page import Handout


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
        Of the course, and of the sheet.
    sheet : bool
        Of a session the page in plain words, and not the whole report as it was stored.
    overwrite : bool

    Raises
    ------
    UnknownRecordError
        If there is no such session or person.
    InputError
        If a session's report is not on this machine, or a person has no sessions.
    OutputError
        If the file is already there, or cannot be written.
    """
    if what.strip().upper().startswith("S-"):
        name, content = _sheet(records, what, form, language) if sheet else _session(records, what, form)
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


def _session(records: Records, what: str, form: str) -> tuple[str, bytes]:
    view = records.session(records.find_session(what).id)
    stored = view.folder / f"report.{form}"
    if not stored.is_file():
        raise InputError(
            f"The report of session {view.row.id} is not on this machine ({stored}). Measure its recording again, or "
            "write it where its files are."
        )
    try:
        return f"{view.row.id}.{form}", stored_report(stored, view.row.id)
    except OSError as error:
        raise InputError(f"The report {stored} cannot be read: {error.strerror}.") from error


def _sheet(records: Records, what: str, form: str, language: str) -> tuple[str, bytes]:
    from neckrom.records.session_sheet import sheet_of  # noqa: PLC0415  (slow to load)

    view = records.session(records.find_session(what).id)
    return f"{view.row.id}_sheet.{form}", _laid_out(
        sheet_of(view, load_messages(language), records.result(view.row.id)), form
    )


def _course(records: Records, what: str, form: str, language: str) -> tuple[str, bytes]:
    from neckrom.records.course import course_of  # noqa: PLC0415  (slow to load)

    view = records.person(records.find_person(what).id)
    if not view.sessions:
        raise InputError(
            f"{view.row.label} has no sessions yet: neckrom sessions import PATH --person {view.row.id}"
        )
    results = [records.result(row.id) for row in view.sessions]
    course = course_of(view, records.trend(view.row.id), repeatability(), load_messages(language), results)
    return f"{view.row.id}_course.{form}", _laid_out(course, form)


def _laid_out(handout: Handout, form: str) -> bytes:
    from neckrom.records.handout_page import handout_html, handout_pdf  # noqa: PLC0415  (slow to load)

    return handout_html(handout).encode("utf-8") if form == "html" else handout_pdf(handout)
