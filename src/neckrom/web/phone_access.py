"""Who may talk to the port that is open for a phone: the phone that was paired, and nobody else.

The port is the only one of neckrom's that other machines reach. It has one page, that page's files, and a
connection for pictures; records, results and the session's own page are on another server, which listens
on this machine alone. The way in is a secret in the code that the session's page shows. It works once: the
phone gets a cookie for it, and the next code has another secret. While a phone is connected no code works.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from enum import StrEnum
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neckrom.web.access import HEADERS, PAGE_POLICY, PERMISSIONS, REFERRER, permissions, prove

log = logging.getLogger(__name__)

PAIR = "pair"
COOKIE = "__Host-neckrom-phone"
_MOST_USED = 16
_LOG_EVERY_S = 10.0

_ENTERED = '<!DOCTYPE html><title>neckrom</title><meta http-equiv="refresh" content="0;url=/">'
_FOREIGN = "Refused: this server answers its own page only.\n"
_OPEN = frozenset({"/assets/base.css", "/assets/camera.css", "/assets/icon.svg"})
"""The looks of the page that refuses."""


class Pairing(StrEnum):
    """What became of a code."""

    PAIRED = "paired"
    WRONG = "wrong"
    USED = "used"
    CLOSED = "closed"
    """Another phone is the camera now."""


class PhoneAccess:
    """The secrets of the port for a phone.

    Parameters
    ----------
    address : str
        IPv4 address at which it listens.
    port : int
    """

    def __init__(self, address: str, port: int) -> None:
        self.host = f"{address}:{port}"
        self.origin = f"https://{self.host}"
        self.last: Pairing | None = None
        """What became of the last code that was tried."""
        self._secret: str | None = secrets.token_urlsafe(24)
        self._used: list[str] = []
        self._cookie: str | None = None
        self._closed = False
        self._tell: Callable[[], None] | None = None

    def when_tried(self, tell: Callable[[], None]) -> None:
        """Have something called whenever a code was tried."""
        self._tell = tell

    @property
    def paired(self) -> bool:
        """Whether a phone ever was."""
        return self._cookie is not None

    @property
    def address(self) -> str | None:
        """What the code says: the address with the secret; None while no code works."""
        return None if self._secret is None else f"{self.origin}/?{PAIR}={self._secret}"

    def open_pairing(self) -> None:
        """Let a phone be paired, with a secret that nobody has seen yet."""
        if self._secret is None and not self._closed:
            self._secret = secrets.token_urlsafe(24)

    def close_pairing(self) -> None:
        """Let no phone be paired."""
        self._use_up()

    def close(self) -> None:
        """Let nobody in any more, paired or not."""
        self._closed, self._cookie = True, None
        self._use_up()

    def pair(self, given: str) -> Pairing:
        """Try a secret; the right one is used up, and a phone that was paired before is not any more."""
        if self._secret is not None and _same(given, self._secret):
            self._use_up()
            self._cookie = secrets.token_urlsafe(32)
            self.last = Pairing.PAIRED
        elif any([_same(given, used) for used in self._used]):  # noqa: C419  (all of them, in constant time)
            self.last = Pairing.USED
        else:
            self.last = Pairing.CLOSED if self._secret is None else Pairing.WRONG
        if self._tell is not None:
            self._tell()
        return self.last

    def knows(self, headers: Headers) -> bool:
        """Whether a request carries the paired phone's cookie; compared in constant time."""
        given = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        return self._cookie is not None and _same(given, self._cookie)

    def hand_out_cookie(self, response: Response) -> None:
        """Let the phone show from now on that it is the one: to us only, encrypted, hidden from scripts."""
        assert self._cookie is not None
        response.set_cookie(COOKIE, self._cookie, path="/", secure=True, httponly=True, samesite="strict")

    def _use_up(self) -> None:
        if self._secret is not None:
            self._used = [*self._used[-_MOST_USED + 1 :], self._secret]
            self._secret = None


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode("ascii"))


class PhoneGuard:
    """Let nothing through to the phone's page that :class:`PhoneAccess` does not allow.

    Parameters
    ----------
    app : ASGI application
    access : PhoneAccess
    refused : callable
        Makes the page that says why, from what became of the code; None: there was none.
    """

    def __init__(
        self, app: ASGIApp, access: PhoneAccess, refused: Callable[[Pairing | None], Response]
    ) -> None:
        self._app = app
        self._access = access
        self._refused = refused
        self._policy = PAGE_POLICY.format(sources=f"'self' wss://{access.host}")
        self._turned_away = 0
        self._said_s = -_LOG_EVERY_S

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        if self._is_ours(headers) and origin == self._access.origin and self._access.knows(headers):
            prove(scope)
            await self._app(scope, receive, send)
            return
        self._count()
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": "refused"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = self._policy
                headers[REFERRER] = "no-referrer"
                for name, value in HEADERS.items():
                    headers[name] = value
                headers[PERMISSIONS] = permissions(camera=True, microphone=False)
            await send(message)

        answer: Callable[[Scope, Receive, Send], Awaitable[None]] = self._answer(scope) or self._app
        await answer(scope, receive, send_with_headers)

    def _answer(self, scope: Scope) -> Response | None:
        """What to answer instead of the page; None lets the request through."""
        headers = Headers(scope=scope)
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("Not a method of this server.\n", 405)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == PAIR]
        if given and scope["path"] == "/" and self._is_ours(headers):
            return self._pair(scope, headers, given)  # an app that reads codes may be "another site"
        if not self._is_ours(headers) or self._is_foreign(headers):
            self._count()
            return PlainTextResponse(_FOREIGN, 403)
        if scope["path"] in _OPEN:
            return None
        if not self._access.knows(headers):
            self._count()
            return self._refused(None)
        prove(scope)
        return None

    def _pair(self, scope: Scope, headers: Headers, given: list[str]) -> Response:
        looked_ahead = "prefetch" in headers.get("sec-purpose", "") or headers.get("purpose") == "prefetch"
        if len(given) != 1 or scope["method"] != "GET" or looked_ahead:
            return self._refused(None)
        if self._access.knows(headers):  # its page from the history, once more
            prove(scope)
            return HTMLResponse(_ENTERED)
        outcome = self._access.pair(given[0])
        if outcome is not Pairing.PAIRED:
            self._count()
            return self._refused(outcome)
        prove(scope)
        # not a redirection: along one that began elsewhere (another app) a strict cookie is kept back
        response = HTMLResponse(_ENTERED)
        self._access.hand_out_cookie(response)
        return response

    def _is_ours(self, headers: Headers) -> bool:
        """Exactly one Host header, and it is our address: a rebound name is not."""
        return headers.getlist("host") == [self._access.host]

    def _is_foreign(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        return (origin is not None and origin != self._access.origin) or headers.get(
            "sec-fetch-site", "none"
        ) not in ("same-origin", "none")

    def _count(self) -> None:
        """One line now and then, however many there are."""
        self._turned_away += 1
        now_s = time.monotonic()
        if now_s - self._said_s >= _LOG_EVERY_S:
            log.warning("%d requests to the phone's port were refused", self._turned_away)
            self._said_s, self._turned_away = now_s, 0
