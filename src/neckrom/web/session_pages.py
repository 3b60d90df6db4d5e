"""The pages of a session: what it measured, what it keeps, changing, deleting."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from neckrom.errors import InputError, UnknownRecordError
from neckrom.exports.write import Format
from neckrom.handouts.bodies import earlier_of
from neckrom.handouts.making import letterhead, picture_of, report_of, sheet_bytes
from neckrom.messages import Messages
from neckrom.records.audit import Action
from neckrom.records.kinds import NECK
from neckrom.records.people import RefusedValueError
from neckrom.records.pictures import pictures_of
from neckrom.records.views import BodySession, SessionView, StoredSession
from neckrom.report.bodies.stored import stored_content, stored_pictures
from neckrom.report.wording import display_name
from neckrom.saying.figures import day
from neckrom.saying.verdict import movements_said, verdict_of
from neckrom.types import MOVEMENTS, Movement
from neckrom.web.comparison_page import comparison_page, run_comparison_page
from neckrom.web.desk import Desk, go_to
from neckrom.web.forms import Form, Posted
from neckrom.web.handing_out import exported, removed_page
from neckrom.web.marking_pages import views_to_mark
from neckrom.web.record_files import download, file_rows, page_of_its_own, stored_file
from neckrom.web.record_words import refusal


def session_routes(desk: Desk) -> APIRouter:
    """Sessions: one of them, what it keeps, two side by side."""
    router = APIRouter()
    records = desk.records

    @router.get("/sessions/{session}")
    def one(request: Request, session: str) -> Response:
        view = records.any_session(records.find_session(session).id)
        records.log(Action.OPENED, view.row.person_id, view.row.id)
        return _session_page(desk, request, view)

    @router.post("/sessions/{session}/change")
    def change(request: Request, session: str, form: Form) -> Response:
        found = records.find_session(session)
        try:
            records.change_session(found.id, note=form.text("note"), pain=_pain_of(form))
        except RefusedValueError as error:
            view = records.any_session(found.id)
            return _session_page(
                desk,
                request,
                view,
                problem=refusal(error, desk.texts(request)),
                typed=form.fields,
                status=400,
            )
        return go_to(f"/sessions/{found.id}")

    @router.post("/sessions/{session}/move")
    def move(request: Request, session: str, form: Form) -> Response:
        found = records.find_session(session)
        try:
            records.move_session(found.id, records.find_person(form.text("person")).id)
        except (UnknownRecordError, InputError) as error:
            key = "unknown" if isinstance(error, UnknownRecordError) else "theirs"
            said = desk.texts(request).text(f"pages.move.{key}")
            view = records.any_session(found.id)
            return _session_page(desk, request, view, problem=said, typed=form.fields, status=400)
        return go_to(f"/sessions/{found.id}")

    @router.get("/sessions/{session}/files/{name}")
    def file(request: Request, session: str, name: str) -> Response:
        if name == "report.pdf":  # the stored one may have come from anywhere
            return report(request, session, "pdf")
        return _stored(desk, records.any_session(records.find_session(session).id), name)

    @router.get("/sessions/{session}/sheet.{form}")
    def sheet(request: Request, session: str, form: str) -> Response:
        if form not in ("html", "pdf"):
            raise HTTPException(404)
        view = records.any_session(records.find_session(session).id)
        made = sheet_bytes(view, form, desk.texts(request), letterhead())
        records.log(Action.HANDED_OUT, view.row.person_id, view.row.id, f"sheet, {form}")
        return page_of_its_own(made) if form == "html" else download(f"{view.row.id}_sheet.pdf", made)

    @router.get("/sessions/{session}/report.{form}")
    def report(request: Request, session: str, form: str) -> Response:
        if form not in ("html", "pdf"):
            raise HTTPException(404)
        view = records.any_session(records.find_session(session).id)
        made = report_of(view, form, desk.texts(request), letterhead())
        records.log(Action.HANDED_OUT, view.row.person_id, view.row.id, f"report, {form}")
        return page_of_its_own(made) if form == "html" else download(f"{view.row.id}.pdf", made)

    @router.get("/sessions/{session}/pictures/{name}")
    def picture(request: Request, session: str, name: str) -> Response:
        view = records.any_session(records.find_session(session).id)
        data = _picture(view, name, desk.texts(request))
        return PlainTextResponse("None.\n", 404) if data is None else Response(data, media_type="image/jpeg")

    @router.get("/sessions/{session}/export")
    def export(session: str, form: Format, *, name: bool = False) -> Response:
        return exported(desk, records.find_session(session).id, form, with_name=name)

    @router.get("/sessions/{session}/delete")
    def ask(request: Request, session: str) -> Response:
        view = records.any_session(records.find_session(session).id)
        goes = desk.texts(request).text("pages.delete_session_goes", files=len(view.files))
        what = f"{view.row.id}, {day(view.row.measured)}, {display_name(view.person.label, limit=250)}"
        return desk.show(request, "delete.html.j2", what=what, goes=goes, back=f"/sessions/{view.row.id}")

    @router.post("/sessions/{session}/delete")
    def delete(request: Request, session: str) -> Response:
        row = records.find_session(session)
        return removed_page(desk, request, records.delete_session(row.id), f"/people/{row.person_id}")

    @router.get("/compare")
    def compare(request: Request, one: str, other: str) -> Response:
        return _compared(desk, request, one, other)

    return router


def _compared(desk: Desk, request: Request, one: str, other: str) -> Response:
    """Two sessions of one kind side by side."""
    records = desk.records
    rows = [records.find_session(each) for each in (one, other)]
    if rows[0].kind != rows[1].kind:
        raise InputError(desk.texts(request).text("run.course.two_kinds"))
    if rows[0].kind != NECK:
        runs = records.compare_runs(rows[0].id, rows[1].id)
        records.log(Action.COMPARED, runs.later.row.person_id, runs.later.row.id, runs.earlier.row.id)
        return run_comparison_page(desk, request, runs)
    found = records.compare(rows[0].id, rows[1].id)
    records.log(Action.COMPARED, found.later.row.person_id, found.later.row.id, found.earlier.row.id)
    return comparison_page(desk, request, found)


def _pain_of(form: Posted) -> dict[Movement, int | None]:
    """Pain with each movement that the form speaks of; empty is "not said"."""
    given = {movement: form.fields.get(_pain_field(movement)) for movement in MOVEMENTS}
    try:
        return {movement: int(text) if text else None for movement, text in given.items() if text is not None}
    except ValueError as error:
        raise RefusedValueError("pain", "Pain is a whole number from 0 to 10.") from error


def _pain_field(movement: Movement) -> str:
    return f"pain.{movement.value}"


def _picture(view: SessionView | BodySession, name: str, texts: Messages) -> bytes | None:
    """A picture by the movement, row or view that it shows; None where none was kept."""
    if isinstance(view, BodySession):
        return stored_pictures(view.folder, view.result).get(name)
    return picture_of(view, Movement(name), texts) if name in set(Movement) else None


def _stored(desk: Desk, view: StoredSession, name: str) -> Response:
    """A file of a session as it was stored."""
    data = stored_file(view, name)
    if data is None:
        raise HTTPException(404)
    desk.records.log(Action.HANDED_OUT, view.row.person_id, view.row.id, name)
    return page_of_its_own(data) if name == "report.html" else download(f"{view.row.id}_{name}", data)


def _session_page(
    desk: Desk,
    request: Request,
    view: SessionView | BodySession,
    *,
    status: int = 200,
    problem: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    texts = desk.texts(request)
    if isinstance(view, BodySession):
        return desk.show(
            request,
            "body_session.html.j2",
            status=status,
            problem=problem,
            typed={"note": view.row.note} | dict(typed or {}),
            view=view,
            to_mark=views_to_mark(view),
            content=stored_content(view.result, view.folder, texts, earlier=earlier_of(view)),
            **_shared(view, texts),
        )
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
        **_shared(view, texts),
    )


def _shared(view: StoredSession, texts: Messages) -> dict[str, object]:
    """What the page of every kind of session shows."""
    return {
        "reports": {name for name in ("report.html",) if (view.folder / name).is_file()},
        "files": file_rows(view, texts),
        "formats": [form.value for form in Format],
        "day": day,
        "display": display_name,
    }
