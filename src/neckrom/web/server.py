"""Run the pages on 127.0.0.1 until the session is over."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import APIRouter, FastAPI
from starlette.responses import RedirectResponse, Response

from neckrom.errors import EnvironmentProblemError, OptionValueError
from neckrom.live.api import LiveSession
from neckrom.operating_system import keep_to_one_program
from neckrom.web.access import LOOPBACK, Access
from neckrom.web.app import Pages, secured_app
from neckrom.web.camera_page import CAMERA_PAGE, camera_routes
from neckrom.web.connections import BACKLOG, Gate, quiet
from neckrom.web.hub import LARGEST_MESSAGE, LiveHub
from neckrom.web.launching import open_in_browser
from neckrom.web.live_page import PREFIX, REPORT_URL, live_routes
from neckrom.web.page_camera import LARGEST_CAMERA_MESSAGE, PageCamera
from neckrom.web.phone_server import PhoneDesk, PhonePort

log = logging.getLogger(__name__)

CLOSED_S = 5.0
"""So long after the last page of a finished session was closed the server ends."""


def live_app(
    session: LiveSession,
    access: Access,
    language: str,
    camera: PageCamera | None = None,
    phone: PhoneDesk | None = None,
) -> tuple[FastAPI, LiveHub]:
    """The application of one guided session; with a camera that a page has, it starts when that one sends."""
    hub = LiveHub(session, REPORT_URL)
    app = secured_app(access)
    router = APIRouter()

    @router.get("/")
    def start() -> Response:
        return RedirectResponse(PREFIX, 303)

    app.include_router(router)
    if camera is None:
        app.include_router(live_routes(hub, Pages(), language))
    else:
        app.include_router(camera_routes(camera, phone))
        kind = camera.source.kind
        app.include_router(live_routes(hub, Pages(), language, CAMERA_PAGE, kind=kind))
    return app, hub


def serve(
    session: LiveSession,
    *,
    port: int | None = None,
    open_browser: bool = True,
    language: str = "en",
    on_ready: Callable[[str], None] | None = None,
    camera: PageCamera | None = None,
    phone: PhonePort | None = None,
    on_phone_closed: Callable[[], None] | None = None,
    listens: bool = False,
) -> None:
    """Serve the page of a session; come back when it is over and its pages are closed, or on Ctrl-C.

    Parameters
    ----------
    session : LiveSession
        Already started, or started by ``camera``; it is not closed here.
    port : int, optional
        On 127.0.0.1; a free one if not given.
    open_browser : bool
    language : str
    on_ready : callable, optional
        Told the address once the server answers, and the next one whenever a browser has used one up.
    camera : PageCamera, optional
        Where a page has the camera.
    phone : PhonePort, optional
        Where that page is on a phone.
    on_phone_closed : callable, optional
        Told when the phone's port is closed.
    listens : bool
        Whether the page may have its browser recognise words, on this device.

    Raises
    ------
    EnvironmentProblemError
        If the port is taken.
    NeckromError
        What kept the session from starting.
    ConfigurationError
        If the port is none, or the language has no texts.
    KeyboardInterrupt
        On Ctrl-C.
    """
    with listening(port) as listener:
        in_browser = camera is not None and phone is None
        access = Access(listener.getsockname()[1], camera=in_browser, microphone=listens)
        desk = None
        if camera is not None and phone is not None:
            desk = PhoneDesk(phone, camera, session, language, on_phone_closed)
        app, hub = live_app(session, access, language, camera, desk)

        def tell() -> None:
            if on_ready is not None:
                on_ready(access.address(PREFIX))

        def ready() -> None:
            access.when_used(tell)
            tell()
            if open_browser:
                open_in_browser(access, PREFIX)

        def is_over() -> bool:
            if camera is not None:
                camera.check()
            return hub.left_after_the_end(CLOSED_S)

        largest = LARGEST_CAMERA_MESSAGE if in_browser else LARGEST_MESSAGE
        run_app(app, listener, ready, is_over, largest=largest, beside=desk.run if desk else None)


def run_app(
    app: FastAPI,
    listener: socket.socket,
    ready: Callable[[], None],
    is_over: Callable[[], bool],
    gate: Gate | None = None,
    *,
    largest: int = LARGEST_MESSAGE,
    beside: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Run an application until ``is_over`` says so, asked in its event loop twice a second.

    Parameters
    ----------
    app : FastAPI
    listener : socket
    ready : callable
        Told when the server answers.
    is_over : callable
    gate : Gate, optional
    largest : int
        Bytes of a WebSocket message.
    beside : callable, optional
        Runs in the same event loop, from the start to the end.

    Raises
    ------
    EnvironmentProblemError
        The server does not start.
    Exception
        What ``is_over`` raises.
    """
    gate = gate or Gate()
    server = uvicorn.Server(server_config(app, gate, largest))
    looking: list[asyncio.Future[None]] = []

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        quiet(asyncio.get_running_loop())

        async def look() -> None:
            while not server.started:
                await asyncio.sleep(0.02)
            if beside is not None:
                looking.append(asyncio.ensure_future(beside()))
            ready()
            try:
                while not is_over():
                    for work in looking[1:]:
                        if work.done() and not work.cancelled():
                            work.result()  # what broke it
                    await asyncio.sleep(0.5)
            finally:
                server.should_exit = True

        looking.append(asyncio.create_task(look()))
        yield
        for work in looking:
            work.cancel()
        await asyncio.gather(*looking[1:], return_exceptions=True)

    app.router.lifespan_context = lifespan
    try:
        server.run(sockets=[listener])
    except SystemExit as error:  # how uvicorn says so
        raise EnvironmentProblemError(
            "The page cannot be started on this machine: run neckrom doctor, and again with -v."
        ) from error
    finally:
        gate.close()
    if looking and looking[0].done() and not looking[0].cancelled():
        looking[0].result()


def server_config(app: FastAPI, gate: Gate, largest: int = LARGEST_MESSAGE) -> uvicorn.Config:
    """Nothing is logged that names an address, and no header of a proxy is believed."""
    return uvicorn.Config(
        app,
        http=gate.protocol,  # type: ignore[arg-type]  # it is called with what a class is called with
        backlog=BACKLOG,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="websockets-sansio",
        ws_max_size=largest,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=2,
    )


@contextmanager
def listening(port: int | None) -> Iterator[socket.socket]:
    """A socket on 127.0.0.1 at a port, or at a free one.

    Raises
    ------
    EnvironmentProblemError
        If the port is taken or may not be used.
    ConfigurationError
        If it is no port.
    """
    if port is not None and not 0 <= port <= 65535:
        raise OptionValueError(f"{port} is no port. Choose one from 1024 to 65535, or leave --port out.")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        keep_to_one_program(listener)
        try:
            listener.bind((LOOPBACK, port or 0))
            listener.listen(BACKLOG)
        except OSError as error:
            why = "is taken by another program" if error.errno == errno.EADDRINUSE else "may not be used here"
            raise EnvironmentProblemError(
                f"Port {port} on {LOOPBACK} {why}. Choose another one with --port, "
                "or leave --port out: then a free one is found."
            ) from error
        yield listener
    finally:
        listener.close()
