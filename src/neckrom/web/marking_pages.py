"""The page on which C7 is marked in a stored posture: one click on the picture, looked at, then kept.

Every step is a link or a form of the browser's own: the click comes as the place in the picture that an image button
sends, and whoever uses the keyboard moves the mark with links.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from datetime import datetime

import numpy as np
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from neckrom.errors import ConfigurationError, InputError
from neckrom.posture.result import PosturePoints, PostureResult
from neckrom.records.views import BodySession
from neckrom.report.pictures import EDGE
from neckrom.report.wording import display_name
from neckrom.saying.figures import day
from neckrom.saying.postures import posture_quantities_said
from neckrom.service.marking import (
    MarkedView,
    can_be_marked,
    marked_view,
    picture_with_mark,
    usual_place,
    write_marked,
)
from neckrom.types import FloatArray
from neckrom.web.desk import Desk, go_to
from neckrom.web.forms import Form
from neckrom.web.record_words import refusal

_AS_CLICKED = "as_clicked"
_STEP = 4
_STEPS = {"up": (0, -_STEP), "down": (0, _STEP), "left": (-_STEP, 0), "right": (_STEP, 0)}


def marking_routes(desk: Desk) -> APIRouter:
    """Marking C7 on the views of a posture, which are counted from 1."""
    router = APIRouter()
    records = desk.records

    @router.get("/sessions/{session}/c7/{number}")
    def page(request: Request, session: str, number: int) -> Response:
        view, result = _posture(desk, session, number)
        at, as_clicked = _given(request.query_params)
        # a browser that was told to send the form from the keyboard says 0, 0
        if at is None or not at.any():
            return _page(desk, request, view, number)
        try:
            marked = marked_view(view.folder, result, number - 1, at, to_edge=not as_clicked)
        except ConfigurationError as error:
            return _page(desk, request, view, number, problem=refusal(error, desk.texts(request)), status=400)
        return _page(desk, request, view, number, marked=marked, clicked=at, as_clicked=as_clicked)

    @router.get("/sessions/{session}/c7/{number}/picture")
    def picture(request: Request, session: str, number: int) -> Response:
        view, result = _posture(desk, session, number)
        at, _ = _given(request.query_params)
        shown = result.views[number - 1]
        if at is None:
            shown = shown.model_copy(update={"points": PosturePoints()})
        else:
            shown = marked_view(view.folder, result, number - 1, at, to_edge=False).view
        return Response(picture_with_mark(view.folder, number - 1, shown), media_type="image/jpeg")

    @router.post("/sessions/{session}/c7/{number}")
    def keep(request: Request, session: str, number: int, form: Form) -> Response:
        view, result = _posture(desk, session, number)
        at, as_clicked = _given(form.fields)
        if at is None:
            raise HTTPException(404)
        marked = marked_view(view.folder, result, number - 1, at, to_edge=not as_clicked)
        with records.files.staging(f"mark-{secrets.token_hex(4)}") as folder:
            language = desk.language(request)
            write_marked(view.folder, folder, result, number - 1, marked.view, language=language)
            row = view.row
            stated: datetime | None = row.measured if row.dated_by_hand else None
            done = records.import_result(folder, row.person_id, stated, row.note, replace=True)
        return go_to(f"/sessions/{done.session_id}")

    return router


def views_to_mark(view: BodySession) -> tuple[int, ...]:
    """Views of a posture on which C7 can be marked, counted from 1; none of other sessions."""
    if not isinstance(view.result, PostureResult):
        return ()
    numbers = range(len(view.result.views))
    return tuple(number + 1 for number in numbers if can_be_marked(view.folder, view.result, number))


def _posture(desk: Desk, session: str, number: int) -> tuple[BodySession, PostureResult]:
    view = desk.records.any_session(desk.records.find_session(session).id)
    if not isinstance(view, BodySession) or not isinstance(view.result, PostureResult):
        raise HTTPException(404)
    if not 1 <= number <= len(view.result.views):
        raise HTTPException(404)
    if not can_be_marked(view.folder, view.result, number - 1):
        raise InputError(
            "C7 cannot be marked on this posture: no close picture of the neck was kept. Measure it again."
        ).page_says("c7_no_picture")
    return view, view.result


def _given(fields: Mapping[str, str]) -> tuple[FloatArray | None, bool]:
    """Where the mark is to be, in pixels of the close picture, and whether it is to stay there."""
    try:
        at = np.array([float(fields[name]) for name in ("at.x", "at.y")])
    except (KeyError, ValueError):
        return None, False
    inside = all(math.isfinite(value) and 0 <= value <= EDGE for value in at.tolist())
    return (at if inside else None), fields.get(_AS_CLICKED) == "true"


def _page(
    desk: Desk,
    request: Request,
    view: BodySession,
    number: int,
    *,
    marked: MarkedView | None = None,
    clicked: FloatArray | None = None,
    as_clicked: bool = False,
    problem: str = "",
    status: int = 200,
) -> Response:
    texts = desk.texts(request)
    result = view.result
    assert isinstance(result, PostureResult)
    shown = result.views[number - 1]
    home = f"/sessions/{view.row.id}/c7/{number}"
    said, edge_said, picture = "", "", f"{home}/picture"
    at = usual_place(shown)
    if marked is not None:
        at = marked.at
        views = (*result.views[: number - 1], marked.view, *result.views[number:])
        told = posture_quantities_said(result.model_copy(update={"views": views}), texts)
        said = next(item.values[number - 1] for item in told if item.key == "craniovertebral")
        if not as_clicked:
            edge_said = texts.text("pages.c7.on_edge" if marked.on_edge else "pages.c7.no_edge")
        picture = f"{picture}?{_query(at)}"
    steps = [
        (name, f"{home}?{_query(at + np.array(step))}&{_AS_CLICKED}=true") for name, step in _STEPS.items()
    ]
    return desk.show(
        request,
        "mark_c7.html.j2",
        status=status,
        problem=problem,
        view=view,
        number=number,
        home=home,
        side=texts.text(f"posture.side_{shown.side}"),
        picture=picture,
        said=said,
        edge_said=edge_said,
        steps=steps,
        begin=f"{home}?{_query(at)}",
        clicked=None if clicked is None else clicked.tolist(),
        as_clicked=as_clicked,
        edge=EDGE,
        day=day,
        display=display_name,
    )


def _query(at: FloatArray) -> str:
    return f"at.x={at[0]:.1f}&at.y={at[1]:.1f}"
