"""The page of the guided session and what it fetches."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket
from starlette.responses import PlainTextResponse, Response

from neckrom.errors import InputError
from neckrom.live.api import Trace
from neckrom.messages import LANGUAGES
from neckrom.service.nerve_sessions import NerveTest
from neckrom.types import Movement
from neckrom.web.access import REPORT_POLICY
from neckrom.web.app import Pages
from neckrom.web.hub import LiveHub
from neckrom.web.live_result import (
    Shown,
    nerve_tests_in,
    plan_in,
    report_in,
    shown_nerve,
    shown_of,
    shown_plan,
    shown_result,
    shown_upper_back,
    upper_back_in,
)

PREFIX = "/live"
REPORT_URL = f"{PREFIX}/report/report.html"

_REPORT_FILES = {
    "report.html": "text/html; charset=utf-8",
    "report.pdf": "application/pdf",
    "result.json": "application/json",
}
"""The fixed table of what is handed out of a session's folder."""

_NAME = r"^[A-Za-z0-9_-]{1,64}$"


def live_routes(
    hub: LiveHub, pages: Pages, language: str, template: str = "live.html.j2", **values: str
) -> APIRouter:
    """The page of one session.

    Parameters
    ----------
    hub : LiveHub
    pages : Pages
    language : str
        In which the page speaks until its user chooses another one.
    template : str
        Of the page; the values are for it.

    Returns
    -------
    APIRouter
        Everything under :data:`PREFIX`, for an application of :func:`~neckrom.web.app.secured_app`.
    """
    router = APIRouter(prefix=PREFIX)

    @router.get("")
    def page() -> Response:
        return pages.render(template, language=language, status=200, **values)

    @router.websocket("/socket")
    async def socket(websocket: WebSocket, page: Annotated[str, Query(pattern=_NAME)]) -> None:
        await hub.attend(websocket, page)

    @router.get("/trace")
    def trace(since: Annotated[float, Query(allow_inf_nan=False)] = 0.0) -> Trace:
        return hub.session.trace(since)

    @router.get("/photo/{movement}/{trial}")
    def photo(movement: Movement, trial: int, *, warm_up: bool = False) -> Response:
        picture = hub.session.photo(movement, trial, warm_up=warm_up)
        if picture is None:
            return _nothing()
        return Response(picture, media_type="image/jpeg")

    @router.get("/report/{name}")
    def report(name: str) -> Response:
        media_type = _REPORT_FILES.get(name)
        folder = hub.session.result_folder
        if media_type is None or folder is None:
            return _nothing()
        return _report_file(folder / name, media_type)

    @router.get("/report/{test}/{name}")
    def report_of_a_test(test: NerveTest, name: str) -> Response:
        media_type = _REPORT_FILES.get(name)
        folder = hub.session.result_folder
        if media_type is None or folder is None:
            return _nothing()
        return _report_file(folder / test / name, media_type)

    @router.get("/verdict/{code}")
    def verdict(code: str) -> Response:
        if code not in LANGUAGES:
            return _nothing()
        folder = hub.session.result_folder
        if folder is None:
            first = hub.session.first_result()
            return _nothing() if first is None else _json(shown_of(first, code))
        of_a_body = _shown_of_a_body(folder, code)
        if of_a_body is not None:
            return _json(of_a_body)
        stored = code == language  # the session's own, which lies there already
        home = f"{PREFIX}/report/report" if stored else f"{PREFIX}/report-in/{code}"
        try:
            return _json(shown_result(folder, code, report=f"{home}.html", pdf=f"{home}.pdf"))
        except InputError:
            return _nothing()

    @router.get("/report-in/{name}")
    def report_in_language(name: str) -> Response:
        code, _, form = name.partition(".")
        folder = hub.session.result_folder
        if folder is None or code not in LANGUAGES or form not in ("html", "pdf"):
            return _nothing()
        try:
            data = report_in(folder, form, code)
        except InputError:
            return _nothing()
        return _handed_out(data, f"report.{form}", _REPORT_FILES[f"report.{form}"])

    return router


def _shown_of_a_body(folder: Path, code: str) -> Shown | None:
    """Nerve tests, a plan or turns of the trunk; None of a session of the neck."""
    tests = nerve_tests_in(folder)
    if tests:
        return shown_nerve(tests, code, home=f"{PREFIX}/report")
    planned = plan_in(folder)
    if planned is not None:
        return shown_plan(planned, code, home=f"{PREFIX}/report/report")
    turns = upper_back_in(folder)
    return None if turns is None else shown_upper_back(turns, code, home=f"{PREFIX}/report/report")


def _report_file(path: Path, media_type: str) -> Response:
    try:
        data = path.read_bytes()
    except OSError:
        return _nothing()
    return _handed_out(data, path.name, media_type)


def _handed_out(data: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Security-Policy": REPORT_POLICY}
    if not media_type.startswith("text/html"):
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return Response(data, media_type=media_type, headers=headers)


def _json(shown: Shown) -> Response:
    return Response(shown.model_dump_json(), media_type="application/json")


def _nothing() -> Response:
    return PlainTextResponse("No such page.\n", 404)
