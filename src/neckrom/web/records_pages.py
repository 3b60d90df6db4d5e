"""The pages of the records: people, sessions, trends, two sessions side by side.

Plain forms and links, laid out here: they work from the keyboard and with a screen reader as the browser
has it, and need no script (only the page that waits for a guided session has a small one).
"""

from __future__ import annotations

import math
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, FastAPI, Query, UploadFile
from fastapi import Form as FormField
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from neckrom.errors import InputError, NeckromError, OutputError, UnknownRecordError
from neckrom.exports.handout import letterhead, report_of, sheet_for
from neckrom.exports.write import Format, made_export
from neckrom.messages import Messages
from neckrom.records.api import Comparison, Deleted, KnownRecordingError, Records, SessionView
from neckrom.records.audit import Action
from neckrom.records.caveats import caveats_of
from neckrom.records.course import course_of
from neckrom.records.handout_page import Handout, handout_html, handout_pdf
from neckrom.records.in_words import NONE, best, difference, error, interval
from neckrom.records.people import RefusedValueError, checked_note
from neckrom.records.pictures import pictures_of
from neckrom.records.result_folder import MAX_RESULT_BYTES, RESULT
from neckrom.records.sessions import parse_date
from neckrom.records.trends import Change, MovementTrend, Verdict, repeatability
from neckrom.report.wording import display_name
from neckrom.saying import figures
from neckrom.saying.figures import day
from neckrom.saying.verdict import movements_said, verdict_of
from neckrom.types import MOVEMENTS, Movement
from neckrom.web.access import Access
from neckrom.web.app import secured_app
from neckrom.web.desk import Desk, go_to
from neckrom.web.forms import Form, Posted
from neckrom.web.guided import CAMERAS, PROTOCOLS, Clip, GuidedSessions
from neckrom.web.record_files import (
    download,
    file_rows,
    packed,
    page_of_its_own,
    stored_file,
)
from neckrom.web.record_words import refusal, verdict_words
from neckrom.web.screen_pages import screen_routes
from neckrom.web.server import listening, run_app
from neckrom.web.settings_pages import settings_routes
from neckrom.web.trend_drawing import HEIGHT, WIDTH, draw_trends
from neckrom.web.uploads import UploadLimit

START = "/people"
PAGE_LENGTH = 50
_MOST_PAGES = 10**9


def records_app(records: Records, guided: GuidedSessions, access: Access, language: str = "en") -> FastAPI:
    """The application of the records.

    Parameters
    ----------
    records : Records
        Open; it is not closed here.
    guided : GuidedSessions
    access : Access
    language : str
        In which the pages speak until their user chooses another one.
    """
    desk = Desk(records, guided, access.port, language)
    app = secured_app(access)
    pages = (people_routes, session_routes, screen_routes, settings_routes, guided_routes)
    for routes in pages:
        app.include_router(routes(desk))

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, NeckromError)
        if isinstance(error, UnknownRecordError):
            return unknown(request, error)
        return desk.problem(request, error)

    def refused_before(request: Request, error: NeckromError) -> Response:
        response = desk.problem(request, error)
        if isinstance(error, InputError):
            response.status_code = 413
        return response

    def unknown(request: Request, _error: Exception) -> Response:
        text = desk.texts(request).text("pages.not_found")
        return desk.show(request, "problem.html.j2", status=404, problem=text, said_in="")

    def full(request: Request, error: Exception) -> Response:
        assert isinstance(error, OSError)
        said = f"The disk did not take it: {error.strerror or error}. Free some space and try again."
        return desk.problem(request, OutputError(said))

    # last, so inside the guard: nobody else's request is read at all
    app.user_middleware.append(Middleware(UploadLimit, refuse=refused_before, folder=guided.folder))
    app.add_exception_handler(NeckromError, refused)
    app.add_exception_handler(OSError, full)
    app.add_exception_handler(RequestValidationError, unknown)
    app.add_exception_handler(HTTPException, unknown)
    return app


def serve_records(
    records: Records,
    guided_folder: Path,
    *,
    port: int | None = None,
    language: str = "en",
    on_ready: Callable[[Access], None],
) -> None:
    """Serve the pages until Ctrl-C; a guided session that still runs is ended and filed.

    Parameters
    ----------
    records : Records
    guided_folder : Path
        In which guided sessions are until they are filed.
    port : int, optional
        On 127.0.0.1; a free one if not given.
    language : str
    on_ready : callable
        Told who may enter once the server answers.

    Raises
    ------
    EnvironmentProblemError
        If the port is taken.
    ConfigurationError
        If the port is none.
    KeyboardInterrupt
        On Ctrl-C.
    """
    guided = GuidedSessions(records, guided_folder)
    with listening(port) as listener:
        try:
            _run(records, guided, listener, language, on_ready)
        finally:
            guided.close()


def _run(
    records: Records,
    guided: GuidedSessions,
    listener: socket.socket,
    language: str,
    on_ready: Callable[[Access], None],
) -> None:
    access = Access(listener.getsockname()[1])
    app = records_app(records, guided, access, language)
    run_app(app, listener, lambda: on_ready(access), lambda: False)


# ---------------------------------------------------------------------- people


def people_routes(desk: Desk) -> APIRouter:
    """People: the list, one of them, adding, changing, deleting."""
    router = APIRouter()
    records = desk.records

    def listed(request: Request, search: str, page: int, status: int = 200, **values: object) -> Response:
        records.write_what_waits()
        total = records.count_people(search)
        last = max(1, math.ceil(total / PAGE_LENGTH))
        number = min(page, last)
        rows = records.people(search, limit=PAGE_LENGTH, offset=(number - 1) * PAGE_LENGTH)
        shown: dict[str, object] = {
            "rows": rows,
            "search": search,
            "total": total,
            "page": number,
            "pages": last,
            "day": day,
        }
        shown |= {"typed": {}, "problem": ""} | values
        return desk.show(request, "people.html.j2", status=status, **shown)

    @router.get("/")
    def start() -> Response:
        return go_to(START)

    @router.get("/people")
    def people(
        request: Request, search: str = "", page: Annotated[int, Query(ge=1, le=_MOST_PAGES)] = 1
    ) -> Response:
        return listed(request, search.strip(), page)

    @router.post("/people")
    def add(request: Request, form: Form) -> Response:
        try:
            row = records.add_person(form.given("name"), form.given("birth_date"), form.text("note"))
        except NeckromError as error:
            return listed(
                request, "", 1, typed=form.fields, problem=refusal(error, desk.texts(request)), status=400
            )
        return go_to(f"/people/{row.id}")

    @router.get("/people/{person}")
    def one(request: Request, person: str) -> Response:
        page = _person_page(desk, request, person)
        records.log(Action.OPENED, records.find_person(person).id)
        return page

    @router.post("/people/{person}/change")
    def change(request: Request, person: str, form: Form) -> Response:
        found = records.find_person(person)
        try:
            records.change_person(found.id, form.given("name"), form.given("birth_date"), form.text("note"))
        except NeckromError as error:
            said = refusal(error, desk.texts(request))
            return _person_page(desk, request, found.id, problem=said, typed=form.fields, status=400)
        return go_to(f"/people/{found.id}")

    @router.get("/people/{person}/delete")
    def ask(request: Request, person: str) -> Response:
        view = records.person(records.find_person(person).id)
        texts = desk.texts(request)
        goes = texts.text(
            "pages.delete_person_goes", sessions=len(view.sessions), screenings=len(view.screenings)
        )
        label = display_name(view.row.label, limit=250)
        return desk.show(request, "delete.html.j2", what=label, goes=goes, back=f"/people/{view.row.id}")

    @router.post("/people/{person}/delete")
    def delete(request: Request, person: str) -> Response:
        removed = records.delete_person(records.find_person(person).id)
        return _removed(desk, request, removed, START)

    @router.get("/people/{person}/course.{form}")
    def course(request: Request, person: str, form: str) -> Response:
        view = records.person(records.find_person(person).id)
        if form not in ("html", "pdf") or not view.sessions:
            raise HTTPException(404)
        results = [records.result(row.id) for row in view.sessions]
        made = course_of(
            view,
            records.trend(view.row.id),
            repeatability(),
            desk.texts(request),
            results,
            head=letterhead(),
        )
        records.log(Action.HANDED_OUT, view.row.id, None, f"course, {form}")
        return _handed_out(made, form, f"{view.row.id}_course")

    @router.get("/people/{person}/export")
    def export(person: str, form: Format, *, name: bool = False) -> Response:
        return _exported(desk, records.find_person(person).id, form, with_name=name)

    return router


def _person_page(
    desk: Desk, request: Request, person: str, *, status: int = 200, problem: str = "", **values: object
) -> Response:
    records, texts = desk.records, desk.texts(request)
    records.write_what_waits()
    view = records.person(records.find_person(person).id)
    trends = records.trend(view.row.id)
    results = records.results(row.id for row in view.sessions)
    whole = len(results) == len(view.sessions)
    said = [results[row.id] for row in view.sessions] if whole else []
    course = course_of(view, trends, repeatability(), texts, said)
    typed = {
        "name": view.row.name or "",
        "birth_date": "" if view.row.birth_date is None else view.row.birth_date.isoformat(),
        "note": view.row.note,
    }
    shown = {
        "view": view,
        "course": course,
        "drawings": draw_trends(trends, texts),
        "error": _error_words(texts),
        "changes": [_course_row(trend, texts) for trend in trends],
        "several": any(trend.since_last is not None and len(trend.points) > 2 for trend in trends),
        "width": WIDTH,
        "height": HEIGHT,
        "day": day,
        "moment": figures.clock,
        "verdicts": {key: verdict_of(result, texts) for key, result in results.items()},
        "display": display_name,
        "cameras": CAMERAS,
        "protocols": PROTOCOLS,
        "formats": [form.value for form in Format],
        "guided": desk.guided.of(view.row.id),
        "typed": typed,
    }
    return desk.show(request, "person.html.j2", status=status, problem=problem, **(shown | values))


def _error_words(texts: Messages) -> str:
    published = repeatability().published
    source = published.citation.partition(",")[0]
    return texts.text("pages.error", limit=published.mdc_deg, source=source)


@dataclass(frozen=True, slots=True)
class CourseRow:
    """One movement from the first session to the last, in words."""

    name: str
    first: str
    last: str
    change: str
    error: str
    meaning: str
    real: bool
    since_last: str


def _course_row(trend: MovementTrend, texts: Messages) -> CourseRow:
    name = texts.text(f"word.{trend.movement.value}")
    change, since = trend.first_to_last, trend.since_last
    if change is None or since is None:
        only = best(trend.points[0].value) if trend.points else NONE
        said = "" if trend.points else texts.text("course.not_measured")
        return CourseRow(name, only, "", "", "", said, real=False, since_last="")
    return CourseRow(
        name=name,
        first=best(change.earlier),
        last=best(change.later),
        change=difference(change, texts),
        error=error(trend.limit_deg, texts),
        meaning=verdict_words(change, texts),
        real=change.verdict in (Verdict.MORE, Verdict.LESS),
        since_last=verdict_words(since, texts),
    )


def _removed(desk: Desk, request: Request, removed: Deleted, back: str) -> Response:
    label = display_name(removed.label, limit=250)
    return desk.show(request, "deleted.html.j2", removed=removed, what=label, back=back)


def _handed_out(handout: Handout, form: str, name: str) -> Response:
    if form == "html":
        return page_of_its_own(handout_html(handout).encode("utf-8"))
    return download(f"{name}.pdf", handout_pdf(handout))


def _exported(desk: Desk, what: str, form: Format, *, with_name: bool) -> Response:
    name, contents, remarks = made_export(desk.records, what, form, with_name=with_name)
    if remarks and form is not Format.MOT:  # a motion has its remarks beside it already
        contents = contents | {"remarks.txt": ("\n".join(remarks) + "\n").encode("utf-8")}
    session = desk.records.find_session(what) if what.startswith("S-") else None
    person_id = what if session is None else session.person_id
    detail = f"{form.value}, with name" if with_name else form.value
    desk.records.log(Action.EXPORTED, person_id, None if session is None else session.id, detail)
    return packed(f"{name}_{form.value}", contents)


# -------------------------------------------------------------------- sessions


def session_routes(desk: Desk) -> APIRouter:
    """Sessions: one of them, what it keeps, two side by side."""
    router = APIRouter()
    records = desk.records

    @router.get("/sessions/{session}")
    def one(request: Request, session: str) -> Response:
        view = records.session(records.find_session(session).id)
        records.log(Action.OPENED, view.row.person_id, view.row.id)
        return _session_page(desk, request, view)

    @router.post("/sessions/{session}/change")
    def change(request: Request, session: str, form: Form) -> Response:
        found = records.find_session(session)
        try:
            records.change_session(found.id, note=form.text("note"), pain=_pain_of(form))
        except RefusedValueError as error:
            view = records.session(found.id)
            return _session_page(
                desk,
                request,
                view,
                problem=refusal(error, desk.texts(request)),
                typed=form.fields,
                status=400,
            )
        return go_to(f"/sessions/{found.id}")

    @router.get("/sessions/{session}/files/{name}")
    def file(request: Request, session: str, name: str) -> Response:
        if name == "report.pdf":  # the stored one may have come from anywhere
            return report(request, session, "pdf")
        view = records.session(records.find_session(session).id)
        data = stored_file(view, name)
        if data is None:
            raise HTTPException(404)
        records.log(Action.HANDED_OUT, view.row.person_id, view.row.id, name)
        return page_of_its_own(data) if name == "report.html" else download(f"{view.row.id}_{name}", data)

    @router.get("/sessions/{session}/sheet.{form}")
    def sheet(request: Request, session: str, form: str) -> Response:
        if form not in ("html", "pdf"):
            raise HTTPException(404)
        view = records.session(records.find_session(session).id)
        records.log(Action.HANDED_OUT, view.row.person_id, view.row.id, f"sheet, {form}")
        return _handed_out(sheet_for(view, desk.texts(request), letterhead()), form, f"{view.row.id}_sheet")

    @router.get("/sessions/{session}/report.{form}")
    def report(request: Request, session: str, form: str) -> Response:
        if form not in ("html", "pdf"):
            raise HTTPException(404)
        view = records.session(records.find_session(session).id)
        made = report_of(view, form, desk.texts(request), letterhead())
        records.log(Action.HANDED_OUT, view.row.person_id, view.row.id, f"report, {form}")
        return page_of_its_own(made) if form == "html" else download(f"{view.row.id}.pdf", made)

    @router.get("/sessions/{session}/pictures/{movement}")
    def picture(session: str, movement: Movement) -> Response:
        data = pictures_of(records.session(records.find_session(session).id).folder).get(movement)
        return PlainTextResponse("None.\n", 404) if data is None else Response(data, media_type="image/jpeg")

    @router.get("/sessions/{session}/export")
    def export(session: str, form: Format, *, name: bool = False) -> Response:
        return _exported(desk, records.find_session(session).id, form, with_name=name)

    @router.get("/sessions/{session}/delete")
    def ask(request: Request, session: str) -> Response:
        view = records.session(records.find_session(session).id)
        goes = desk.texts(request).text("pages.delete_session_goes", files=len(view.files))
        what = f"{view.row.id}, {day(view.row.measured)}, {display_name(view.person.label, limit=250)}"
        return desk.show(request, "delete.html.j2", what=what, goes=goes, back=f"/sessions/{view.row.id}")

    @router.post("/sessions/{session}/delete")
    def delete(request: Request, session: str) -> Response:
        row = records.find_session(session)
        return _removed(desk, request, records.delete_session(row.id), f"/people/{row.person_id}")

    @router.get("/compare")
    def compare(request: Request, one: str, other: str) -> Response:
        found = records.compare(records.find_session(one).id, records.find_session(other).id)
        records.log(Action.COMPARED, found.later.row.person_id, found.later.row.id, found.earlier.row.id)
        return _comparison_page(desk, request, found)

    return router


def _pain_of(form: Posted) -> dict[Movement, int | None]:
    """Pain with each movement that the form speaks of; empty is "not said"."""
    given = {movement: form.fields.get(_pain_field(movement)) for movement in MOVEMENTS}
    try:
        return {movement: int(text) if text else None for movement, text in given.items() if text is not None}
    except ValueError as error:
        raise RefusedValueError("pain", "Pain is a whole number from 0 to 10.") from error


def _pain_field(movement: Movement) -> str:
    return f"pain.{movement.value}"


def _session_page(
    desk: Desk,
    request: Request,
    view: SessionView,
    *,
    status: int = 200,
    problem: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    texts = desk.texts(request)
    said = {
        _pain_field(movement): "" if value.pain is None else str(value.pain)
        for movement, value in view.values.items()
    }
    return desk.show(
        request,
        "session.html.j2",
        status=status,
        problem=problem,
        typed=said | {"note": view.row.note} | dict(typed or {}),
        pains=[(_pain_field(movement), texts.text(f"word.{movement.value}")) for movement in view.values],
        scale=range(11),
        view=view,
        verdict=verdict_of(view.result, texts),
        figures=movements_said(view.result, texts),
        pictures=[movement.value for movement in pictures_of(view.folder)],
        reports={name for name in ("report.html",) if (view.folder / name).is_file()},
        files=file_rows(view, texts),
        formats=[form.value for form in Format],
        day=day,
        display=display_name,
    )


@dataclass(frozen=True, slots=True)
class Side:
    """One of two values side by side."""

    value: str
    interval: str
    pain: str
    picture: bool


def _comparison_page(desk: Desk, request: Request, found: Comparison) -> Response:
    texts = desk.texts(request)
    kept = {view.row.id: pictures_of(view.folder) for view in (found.earlier, found.later)}

    def side(view: SessionView, movement: Movement, change: Change) -> Side:
        value = change.earlier if view is found.earlier else change.later
        pain = "" if value.pain is None else texts.text("page.pain.score", score=value.pain)
        return Side(best(value), interval(value), pain, movement in kept[view.row.id])

    rows = [
        (
            movement.value,
            texts.text(f"word.{movement.value}"),
            side(found.earlier, movement, change),
            side(found.later, movement, change),
            difference(change, texts),
            error(change.limit_deg, texts),
            verdict_words(change, texts),
            change.verdict.value,
        )
        for movement, change in found.changes.items()
    ]
    return desk.show(
        request,
        "compare.html.j2",
        found=found,
        rows=rows,
        with_pictures=[
            (view.row, movements)
            for view in (found.earlier, found.later)
            if (movements := [movement.value for movement in kept[view.row.id]])
        ],
        caveats=caveats_of(
            [(day(view.row.measured), view.result) for view in (found.earlier, found.later)], texts
        ),
        error=_error_words(texts),
        preliminary=repeatability().placeholder,
        day=day,
        display=display_name,
    )


# ---------------------------------------------------------------------- guided


def _take_result(records: Records, person: str, clip: Clip) -> str:
    """Store a ``result.json`` that was handed over; gives the session's id."""
    with records.files.staging(f"handed-{secrets.token_hex(4)}") as folder:
        (folder / RESULT).write_bytes(clip.content.read(MAX_RESULT_BYTES + 1))
        return records.import_result(folder, person, clip.measured, clip.note).session_id


def guided_routes(desk: Desk) -> APIRouter:
    """A guided session for a person: start it, open it, see it filed."""
    router = APIRouter()
    records, guided = desk.records, desk.guided

    @router.post("/people/{person}/guided")
    def start(request: Request, person: str, form: Form) -> Response:
        row = records.find_person(person)
        language = desk.language(request)
        guided.start(row.id, camera=form.text("camera"), protocol=form.text("protocol"), language=language)
        return go_to(f"/people/{row.id}/guided")

    @router.get("/people/{person}/guided")
    def one(request: Request, person: str) -> Response:
        row = records.find_person(person)
        running = guided.of(row.id)
        if running is None:
            return go_to(f"/people/{row.id}")
        label = display_name(row.label, limit=250)
        return desk.show(request, "guided.html.j2", running=running, person=row.id, label=label)

    @router.post("/people/{person}/import")
    def take_in(
        request: Request,
        person: str,
        file: UploadFile | None = None,
        date: Annotated[str, FormField()] = "",
        note: Annotated[str, FormField()] = "",
        *,
        mirrored: Annotated[bool, FormField()] = False,
        no_pictures: Annotated[bool, FormField()] = False,
    ) -> Response:
        row = records.find_person(person)
        if file is None or not file.filename:
            raise InputError("No file was chosen: choose a clip, a landmarks.parquet or a result.json.")
        clip = Clip(
            file.filename,
            file.file,
            parse_date(date.strip() or None),
            checked_note(note.strip()),
            mirrored=mirrored,
            pictures=not no_pictures,
        )
        try:
            if file.filename.lower().endswith(".json"):
                return go_to(f"/sessions/{_take_result(records, row.id, clip)}")
            guided.measure(row.id, clip, language=desk.language(request))
        except KnownRecordingError as error:
            key = "pages.known_elsewhere" if error.of_another else "pages.known"
            said = desk.texts(request).text(key, session=error.session.id, date=day(error.session.measured))
            return _person_page(desk, request, row.id, problem=said, status=409)
        return go_to(f"/people/{row.id}/guided")

    @router.get("/people/{person}/guided/stage")
    def stage(person: str) -> Response:
        running = guided.of(person)
        return PlainTextResponse("none" if running is None else running.stage.value)

    @router.post("/people/{person}/guided/stop")
    def stop(person: str) -> Response:
        row = records.find_person(person)
        guided.stop(row.id)
        return go_to(f"/people/{row.id}/guided")

    return router
