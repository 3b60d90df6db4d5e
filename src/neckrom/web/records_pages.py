"""The application of the records: people, sessions, trends, guided sessions, the neck screen, settings.

Plain forms and links, laid out here: they work from the keyboard and with a screen reader as the browser
has it, and need no script (only the page that waits for a guided session has a small one).
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from neckrom.errors import InputError, NeckromError, OutputError, UnknownRecordError
from neckrom.guided.sessions import GuidedSessions
from neckrom.records.api import Records
from neckrom.web.access import Access
from neckrom.web.app import secured_app
from neckrom.web.desk import Desk
from neckrom.web.guided_pages import guided_routes
from neckrom.web.marking_pages import marking_routes
from neckrom.web.people_pages import people_routes
from neckrom.web.screen_pages import screen_routes
from neckrom.web.server import listening, run_app
from neckrom.web.session_pages import session_routes
from neckrom.web.settings_pages import settings_routes
from neckrom.web.uploads import UploadLimit


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
    pages = (people_routes, session_routes, screen_routes, settings_routes, guided_routes, marking_routes)
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
        return desk.problem(request, OutputError(said).page_says("no_room"))

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
