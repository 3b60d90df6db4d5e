"""A server in a thread, as ``neckrom live`` runs it, and raw requests to it."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from neckrom.web.access import LOOPBACK, Access
from neckrom.web.connections import Gate
from neckrom.web.hub import LiveHub
from neckrom.web.server import listening, live_app, run_app

PATIENCE_S = 30.0


@dataclass
class Served:
    access: Access
    hub: LiveHub
    routes: list[str]

    @property
    def host(self) -> str:
        return f"{LOOPBACK}:{self.access.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def cookie(self) -> str:
        """Open the address as a browser would, and keep what it hands out."""
        answer = self.ask(self.access.address("/live").removeprefix(self.origin))
        assert answer.status == 303
        return answer.headers["Set-Cookie"].split(";")[0]

    def ask(
        self,
        target: str,
        headers: dict[str, str] | None = None,
        *,
        method: str = "GET",
        host: str | None = None,
        body: str = "",
    ) -> Answer:
        """Send a request exactly as given: no cleaning of the path."""
        connection = http.client.HTTPConnection(LOOPBACK, self.access.port, timeout=PATIENCE_S)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            if host != "":
                connection.putheader("Host", host or self.host)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body.encode() or None)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


@contextmanager
def serving(session: object, language: str = "en", gate: Gate | None = None) -> Iterator[Served]:
    """Serve a session until the block ends."""
    with listening(None) as listener:
        access = Access(listener.getsockname()[1])
        app, hub = live_app(session, access, language)
        ready, end = threading.Event(), threading.Event()
        failed: list[BaseException] = []

        def run() -> None:
            try:
                run_app(app, listener, ready.set, lambda: end.is_set() or hub.left_after_the_end(0.5), gate)
            except BaseException as error:  # noqa: BLE001  (raised again below)
                failed.append(error)

        thread = threading.Thread(target=run, name="server", daemon=True)
        thread.start()
        assert ready.wait(PATIENCE_S), "the server did not start"
        routes = list(app.openapi()["paths"])
        try:
            yield Served(access, hub, routes)
        finally:
            end.set()
            thread.join(PATIENCE_S)
        assert not thread.is_alive(), "the server did not end"
        if failed:
            raise failed[0]


def eventually(condition, what: str, patience_s: float = PATIENCE_S):
    """Wait until something is true; give back what it was."""
    give_up = time.monotonic() + patience_s
    while not (value := condition()):
        assert time.monotonic() < give_up, f"{what} did not come"
        time.sleep(0.01)
    return value


def path_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"
