"""The pages of a guided session for a person: start it, open it, see it filed; and of clips that are handed over."""

from __future__ import annotations

import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, UploadFile
from fastapi import Form as FormField
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from neckrom.errors import InputError
from neckrom.guided.clips import Clip, Handed
from neckrom.guided.sessions import PLAN
from neckrom.records.api import Records
from neckrom.records.intake import KnownRecordingError
from neckrom.records.kinds import RUN
from neckrom.records.people import checked_note
from neckrom.records.result_folder import MAX_RESULT_BYTES, RESULT
from neckrom.records.sessions import parse_date
from neckrom.records.stopped import refuse_after_a_stop
from neckrom.report.wording import display_name
from neckrom.saying.figures import day
from neckrom.web.desk import Desk, go_to
from neckrom.web.forms import Form
from neckrom.web.page_words import in_page_words
from neckrom.web.people_pages import person_page


def _take_result(records: Records, person: str, clip: Clip) -> str:
    """Store a ``result.json`` that was handed over; gives the session's id."""
    with records.files.staging(f"handed-{secrets.token_hex(4)}") as folder:
        (folder / RESULT).write_bytes(clip.content.read(MAX_RESULT_BYTES + 1))
        return records.import_result(folder, person, clip.measured, clip.note).session_id


def _handed(file: UploadFile | None) -> Handed | None:
    """A file of the form; None where none was chosen, for which a browser sends an empty one."""
    return None if file is None or not file.filename else Handed(file.filename, file.file)


def guided_routes(desk: Desk) -> APIRouter:
    """A guided session for a person: start it, open it, see it filed."""
    router = APIRouter()
    records, guided = desk.records, desk.guided

    @router.post("/people/{person}/guided")
    def start(request: Request, person: str, form: Form) -> Response:
        row = records.find_person(person)
        language, protocol = desk.language(request), form.text("protocol")
        if protocol.startswith(PLAN):
            try:
                refuse_after_a_stop(records, row.id, desk.texts(request))
            except InputError as error:
                return person_page(desk, request, row.id, problem=str(error), status=409)
        guided.start(row.id, camera=form.text("camera"), protocol=protocol, language=language)
        return go_to(f"/people/{row.id}/guided")

    @router.get("/people/{person}/guided")
    def one(request: Request, person: str) -> Response:
        row = records.find_person(person)
        running = guided.of(row.id)
        if running is None:
            return go_to(f"/people/{row.id}")
        label = display_name(row.label, limit=250)
        return desk.show(
            request,
            "guided.html.j2",
            running=running,
            said=in_page_words(running.said),
            person=row.id,
            label=label,
        )

    @router.post("/people/{person}/import")
    def take_in(
        request: Request,
        person: str,
        file: UploadFile | None = None,
        date: Annotated[str, FormField()] = "",
        note: Annotated[str, FormField()] = "",
        *,
        back: UploadFile | None = None,
        standing: UploadFile | None = None,
        shows: Annotated[Literal["neck", "run", "posture"], FormField()] = "neck",
        mirrored: Annotated[bool, FormField()] = False,
        no_pictures: Annotated[bool, FormField()] = False,
    ) -> Response:
        row = records.find_person(person)
        if file is None or not file.filename:
            raise InputError(
                "No file was chosen: choose a clip, a landmarks.parquet or a result.json."
            ).page_says("no_file")
        clip = Clip(
            file.filename,
            file.file,
            parse_date(date.strip() or None),
            checked_note(note.strip()),
            mirrored=mirrored,
            pictures=not no_pictures,
            kind=shows,
            back=_handed(back),
            standing=_handed(standing),
        )
        if shows != RUN and (clip.back or clip.standing):
            raise InputError(
                "A clip from behind and a picture of standing go with a run: choose that the file shows a run."
            ).page_says("beside_run")
        try:
            if file.filename.lower().endswith(".json"):
                return go_to(f"/sessions/{_take_result(records, row.id, clip)}")
            guided.measure(row.id, clip, language=desk.language(request))
        except KnownRecordingError as error:
            key = "pages.known_elsewhere" if error.of_another else "pages.known"
            said = desk.texts(request).text(key, session=error.session.id, date=day(error.session.measured))
            return person_page(desk, request, row.id, problem=said, status=409)
        return go_to(f"/people/{row.id}/guided")

    @router.get("/people/{person}/guided/stage")
    def stage(person: str) -> Response:
        running = guided.of(person)
        return PlainTextResponse("none" if running is None else running.stage.value)

    @router.get("/people/{person}/guided/progress")
    def progress(person: str) -> dict[str, float]:
        running = guided.of(person)
        return {"share": 0.0 if running is None else running.share}

    @router.post("/people/{person}/guided/stop")
    def stop(person: str) -> Response:
        row = records.find_person(person)
        guided.stop(row.id)
        return go_to(f"/people/{row.id}/guided")

    return router
