"""The port for a phone: opened on one address of this machine, over TLS, for one session, and closed with it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Query, WebSocket
from starlette.responses import Response

from neckrom.errors import EnvironmentProblemError, OptionValueError
from neckrom.live.api import LiveSession
from neckrom.live.contract import Phase, Simple, State, Stop
from neckrom.operating_system import keep_to_one_program
from neckrom.web.app import Pages, shared_files
from neckrom.web.certificate import Certificate, make_certificate
from neckrom.web.connections import Gate
from neckrom.web.hub import AT_WORK
from neckrom.web.page_camera import LARGEST_CAMERA_MESSAGE, Halt, PageCamera, Stage, Stopping, wait
from neckrom.web.phone_access import Pairing, PhoneAccess, PhoneGuard

log = logging.getLogger(__name__)

ASSETS = frozenset(
    {"base.css", "camera.css", "phone.js", "camera_sender.js", "dom.js", "words.js", "voice.js", "icon.svg"}
)
"""All that the phone's page is made of."""
MOST_CONNECTIONS = 24
HANDSHAKE_S = 5.0
MOST_HANDSHAKES = 16
"""At the same time; where one more comes, the oldest has to go for it."""
GONE_S = 4.0
"""So long after a phone fell silent the next code is shown."""
_BACKLOG = 16
_WORDS_EVERY_S = 1 / 15
_WAIT_S = 0.25
_LOOK_S = 0.3
_NAME = r"^[A-Za-z0-9_-]{1,64}$"
_NOBODY = ("192.0.2.1", 9)
"""An address that is nobody's (RFC 5737): asking the system which way leads there sends nothing."""


@dataclass(slots=True)
class PhonePort:
    """A port that is open for a phone.

    Attributes
    ----------
    listener : socket
    access : PhoneAccess
    certificate : Certificate
    certificate_refused : bool
        Whether somebody's browser turned the certificate down, last.
    closed : bool
        No more connections.
    """

    listener: socket.socket
    access: PhoneAccess
    certificate: Certificate
    certificate_refused: bool = False
    closed: bool = False

    @property
    def origin(self) -> str:
        """Where it is, without the secret."""
        return self.access.origin


def own_address() -> str:
    """Address that this machine has on its local network.

    Raises
    ------
    EnvironmentProblemError
        It is on none, or on none that is private.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(_NOBODY)
            found = IPv4Address(asked.getsockname()[0])
        except (OSError, AddressValueError):
            found = IPv4Address(0)
    if found.is_loopback or found.is_unspecified:
        raise EnvironmentProblemError(
            "This machine is on no network where a phone could reach it. Connect it to the network of the phone "
            "(or to the phone's hotspot), or name its address there: --phone-address ADDRESS."
        )
    if not found.is_private:
        raise EnvironmentProblemError(
            f"This machine's address {found} is a public one: the port would be open to everybody. Use a local "
            "network, or name one of its addresses: --phone-address ADDRESS."
        )
    return str(found)


def parse_address(text: str) -> tuple[str, int]:
    """Address and port from "192.168.1.20" or "192.168.1.20:8443"; port 0 is any.

    Raises
    ------
    ConfigurationError
        It is none, or stands for all addresses at once.
    """
    address, colon, port = text.partition(":")
    try:
        known = IPv4Address(address)
    except AddressValueError as error:
        raise OptionValueError(
            f"--phone-address {text!r} is no address: give the one that this machine has on the phone's network, "
            "such as 192.168.1.20, or with a port 192.168.1.20:8443."
        ) from error
    if known.is_unspecified or known.is_multicast:
        raise OptionValueError(
            f"--phone-address {text!r}: name one address of this machine, so that the port is open on one network only."
        )
    if colon and not (port.isdigit() and 1024 <= int(port) <= 65535):
        raise OptionValueError(f"--phone-address {text!r}: choose a port from 1024 to 65535.")
    return str(known), int(port or 0)


@contextmanager
def phone_port(address: str | None = None) -> Iterator[PhonePort]:
    """Open the port while the block runs.

    Parameters
    ----------
    address : str, optional
        Of this machine, with a port or without; the one on its local network if not given.

    Raises
    ------
    ConfigurationError, EnvironmentProblemError
        No such address, or the port is taken.
    """
    host, port = parse_address(address) if address is not None else (own_address(), 0)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        try:
            keep_to_one_program(listener)
            listener.bind((host, port))
            listener.listen(_BACKLOG)
        except OSError as error:
            raise EnvironmentProblemError(_why_not(host, port, error)) from error
        listener.setblocking(False)
        access = PhoneAccess(host, listener.getsockname()[1])
        yield PhonePort(listener, access, make_certificate(host))
    finally:
        listener.close()


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine: name one that it has, or leave --phone-address out."
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken by another program: choose another one, or name the address alone."
    return f"Port {port} on {host} may not be used here ({error.strerror}): choose another one."


# ------------------------------------------------------------------------ the app


def phone_app(port: PhonePort, camera: PageCamera, session: LiveSession, language: str) -> FastAPI:
    """The phone's page, its files and its connection; nothing else is there.

    Parameters
    ----------
    port : PhonePort
    camera : PageCamera
    session : LiveSession
        What is said and shown is passed on; nothing that was measured.
    language : str
    """
    pages = Pages()

    def refused(outcome: Pairing | None) -> Response:
        why = f"camera.code.{'none' if outcome is None else outcome.value}"
        return pages.render("phone_refused.html.j2", language=language, status=403, why=why)

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_middleware(PhoneGuard, access=port.access, refused=refused)
    app.include_router(shared_files(ASSETS))

    @app.get("/")
    def page() -> Response:
        return pages.render("phone.html.j2", language=language, fingerprint=port.certificate.fingerprint)

    @app.websocket("/camera")
    async def pictures(
        websocket: WebSocket, page: Annotated[str, Query(pattern=_NAME)], *, take: bool = False
    ) -> None:
        async def words(socket: WebSocket) -> None:
            await _tell_words(socket, session, camera)

        await camera.attend(websocket, page, take=take, beside=words, stopping=Stopper(session).take)

    return app


class Stopper:
    """What the phone may do: halt the session, end it with the reason, or let it go on."""

    def __init__(self, session: LiveSession) -> None:
        self._session = session
        self._halted = False

    def take(self, message: Stopping) -> None:
        """As the session's own page does with its button."""
        phase = self._session.snapshot().phase
        if isinstance(message, Stop):
            self._session.command(message)
        elif isinstance(message, Halt):
            self._halted = phase in AT_WORK | {Phase.INTRO}
            if self._halted:
                self._session.command(Simple(type="pause"))
        elif self._halted and phase is Phase.PAUSED:
            self._halted = False
            self._session.command(Simple(type="resume"))


async def _tell_words(socket: WebSocket, session: LiveSession, camera: PageCamera) -> None:
    """What the session says and asks for, as it changes; no angle, no answer, no result."""
    changed = asyncio.Event()
    camera.listen(changed)
    try:
        while camera.stage in (Stage.WAITING, Stage.STARTING):
            await wait(changed, _WAIT_S)
    finally:
        camera.forget(changed)
    seq, told, over = -1, "", False
    while not over:
        over = camera.source.closed  # what was said last is told, too: after a stop that is the advice
        state = await asyncio.to_thread(session.wait, seq, _WAIT_S)
        if state.seq == seq:
            continue
        seq = state.seq
        text = json.dumps(words_of(state), ensure_ascii=False)
        if text != told:
            told = text
            await socket.send_text(text)
            await asyncio.sleep(_WORDS_EVERY_S)


def words_of(state: State) -> dict[str, Any]:
    """The part of a state that the phone is told."""
    gauge = state.gauge
    share = None
    if gauge is not None and gauge.angle_deg is not None and state.phase in (Phase.OUT, Phase.HOLD):
        share = round(
            max(gauge.angle_deg, 0.0) / (gauge.reference_deg or 60.0), 2
        )  # the rising tone, as on the page
    return {
        "type": "words",
        "phase": state.phase.value,
        "headline": state.headline.model_dump(mode="json"),
        "detail": state.detail.model_dump(mode="json") if state.detail else None,
        "say": [each.model_dump(mode="json") for each in state.say],
        "tones": [each.model_dump(mode="json") for each in state.tones],
        "share": share,
    }


# --------------------------------------------------------------------- the server


class Door:
    """Takes connections and has them encrypted; what does not get that far in time is closed.

    Parameters
    ----------
    listener : socket
    context : ssl.SSLContext
    make_protocol : callable
    on_refused : callable
        Told that somebody's browser turned the certificate down.
    """

    def __init__(
        self,
        listener: socket.socket,
        context: ssl.SSLContext,
        make_protocol: Callable[[], asyncio.Protocol],
        on_refused: Callable[[], None],
    ) -> None:
        self._listener = listener
        self._context = context
        self._make_protocol = make_protocol
        self._on_refused = on_refused
        self._greeting: dict[asyncio.Task[None], None] = {}
        self._work = asyncio.create_task(self._run())

    def close(self) -> None:
        """Take no more; what is not encrypted yet is closed."""
        for task in (self._work, *self._greeting):
            task.cancel()

    async def wait_closed(self) -> None:
        """Until all of it is gone."""
        await asyncio.gather(self._work, *self._greeting, return_exceptions=True)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(self._listener)
            except OSError:  # no more files may be opened: not for ever
                await asyncio.sleep(0.2)
                continue
            task = asyncio.create_task(self._greet(connection))
            self._greeting[task] = None
            task.add_done_callback(lambda done: self._greeting.pop(done, None))
            if len(self._greeting) > MOST_HANDSHAKES:
                next(iter(self._greeting)).cancel()

    async def _greet(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(
                self._make_protocol, connection, ssl=self._context, ssl_handshake_timeout=HANDSHAKE_S
            )
        except ssl.SSLError as error:
            if "ALERT" in (error.reason or ""):  # the other end says why it hangs up: it does not trust us
                self._on_refused()
        except (OSError, TimeoutError):
            return
        except BaseException:
            connection.close()
            raise


class PhoneServer(uvicorn.Server):
    """A second server in the loop of the first, behind a :class:`Door`; signals are the first one's."""

    def __init__(self, config: uvicorn.Config, port: PhonePort, on_refused: Callable[[], None]) -> None:
        super().__init__(config)
        self._port = port
        self._on_refused = on_refused

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None of them."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002
        """Begin to take connections."""
        await self.lifespan.startup()

        def make_protocol() -> asyncio.Protocol:
            return self.config.http_protocol_class(  # type: ignore[call-arg]
                config=self.config, server_state=self.server_state, app_state=self.lifespan.state
            )

        door = Door(self._port.listener, self._port.certificate.context, make_protocol, self._on_refused)
        self.servers = [door]  # type: ignore[list-item]  # it is closed and waited for, and nothing else
        self.started = True


class PhoneDesk:
    """Runs the port for a phone, and knows what the session's page shows of it; lives in one event loop.

    Parameters
    ----------
    port : PhonePort
    camera : PageCamera
    session : LiveSession
    language : str
    on_closed : callable, optional
        Told when the port is closed.
    """

    def __init__(
        self,
        port: PhonePort,
        camera: PageCamera,
        session: LiveSession,
        language: str,
        on_closed: Callable[[], None] | None = None,
    ) -> None:
        self.port = port
        self.camera = camera
        self._app = phone_app(port, camera, session, language)
        self._on_closed = on_closed
        self._turning: asyncio.Task[None] | None = None
        self._gate = Gate(most=MOST_CONNECTIONS)

    async def run(self) -> None:
        """Until the session needs no more pictures."""
        config = uvicorn.Config(
            self._app,
            http=self._gate.protocol,  # type: ignore[arg-type]  # it is called with what a class is called with
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="websockets-sansio",
            ws_max_size=LARGEST_CAMERA_MESSAGE,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=2,
        )
        server = PhoneServer(config, self.port, self._on_refused)
        self.port.access.when_tried(self._on_tried)
        watching = asyncio.create_task(self._watch(server))
        try:
            await server.serve()
        finally:
            watching.cancel()
            self.port.closed = True
            self.port.access.close()
            self.port.listener.close()
            self._gate.close()
            self.camera.tell()
            if self._on_closed is not None:
                self._on_closed()

    def shown(self) -> dict[str, Any]:
        """What the session's page shows of the port."""
        access = self.port.access
        return {
            "type": "phone",
            "stage": self.camera.stage.value,
            "open": not self.port.closed,
            "origin": self.port.origin,
            "address": access.address,
            "fingerprint": self.port.certificate.fingerprint,
            "connected": self.camera.connected,
            "sends": self.camera.sends,
            "trouble": self.camera.trouble if self.camera.connected else None,
            "certificate_refused": self.port.certificate_refused,
            "tried": access.last.value if access.last else None,
        }

    async def _watch(self, server: PhoneServer) -> None:
        """Pairing is open while no phone sends; the port is closed when all is measured."""
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()
        self.camera.listen(changed)
        access, silent_since = self.port.access, loop.time()
        while self.camera.stage not in (Stage.OVER, Stage.FAILED) and not self.camera.source.closed:
            now = loop.time()
            if self.camera.sends:
                silent_since = now
                self.port.certificate_refused = False
                access.close_pairing()
            elif now - silent_since > GONE_S or not access.paired:
                access.open_pairing()
            await wait(changed, _LOOK_S)
        await asyncio.sleep(1.0)  # the phone is told first
        server.should_exit = True

    def _on_refused(self) -> None:
        self.port.certificate_refused = True
        self.camera.tell()

    def _on_tried(self) -> None:
        if self.port.access.last is Pairing.PAIRED:
            self.port.certificate_refused = False
            with contextlib.suppress(RuntimeError):
                self._turning = asyncio.get_running_loop().create_task(self.camera.turn_away())
        self.camera.tell()
