"""Who may talk to the server: this machine's user alone, and no other web site through their browser.

Listening on 127.0.0.1 is not enough. Any page in the same browser can send requests to it, and a name
that an attacker owns can be made to point at it ("DNS rebinding"). So every request, and the
WebSocket before it is accepted, has to

- name this very server as its host,
- come from a page of this server, where the browser says where it comes from, and
- carry the secret, in a cookie that scripts cannot read and that no other site's request carries.

Two ways lead to the cookie, and neither leaves a secret behind that still opens something:

- The browser that neckrom starts gets a private file on its command line, and no secret; the file
  sends a code that works once in the body of a form (:mod:`neckrom.web.launching`).
- The address that the terminal shows carries a token. A browser that opens it uses it up, so what its
  history keeps is worth nothing; the terminal shows the next one.

Cookies know no ports: one for 127.0.0.1 goes to every other server there, whoever runs it. So browsers
are led on to a name of this server's own, ``neckrom-....localhost``, which nobody can guess and which
is this machine (RFC 6761, section 6.3; browsers do not ask anybody for it), and only there they get
the cookie. Programs that are no browsers (they send no ``Sec-Fetch-`` headers, and do not know such
names) are served at the number, with a cookie that is worth nothing in a browser.

Every answer tells the browser to run nothing but our own files, to keep nothing and to tell nobody.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Callable
from typing import Protocol
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
TOKEN = "token"
TO = "to"
ENTER = "/enter"
"""Where the private file sends its code."""

_LARGEST_CODE, _CODE_S = 4096, 10.0

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src {sources}; frame-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Our own files and nothing else: no inline script or style, no other host, no frame around us."""

REPORT_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)
"""A report is one file with its style and pictures in it; it has no script and gets none."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), payment=()",
}
"""Of every answer."""

PERMISSIONS = "Permissions-Policy"


def permissions(*, camera: bool, microphone: bool) -> str:
    """What pages may ask the browser for.

    Parameters
    ----------
    camera : bool
        The page's own camera films.
    microphone : bool
        Words are recognised by the browser, on this device.
    """
    seen, heard = ("(self)" if allowed else "()" for allowed in (camera, microphone))
    return f"camera={seen}, microphone={heard}, geolocation=(), usb=(), payment=()"


REFERRER = "Referrer-Policy"
FORM_REFERRER = "same-origin"
"""For pages with forms: with "no-referrer" a browser says of its own forms that they come from nowhere
(``Origin: null``), and they would be refused. Other sites learn nothing either way."""

_NO_TOKEN = (
    "This page is private. Open the address that neckrom shows in the terminal: copy all of it, "
    "with the long code at its end. In a browser an address opens once; the terminal then shows the next one.\n"
)
_FOREIGN = "Refused: this server answers its own pages only.\n"
_TOO_LARGE = "That is more than this page takes.\n"
_METHODS = frozenset({"GET", "HEAD", "POST"})
_MOST_USED = 64
"""Used tokens that are remembered, to lead a browser that has the cookie back to its page."""


class Access:
    """The secrets of one running server.

    Attributes
    ----------
    port : int
        Where it listens on 127.0.0.1.
    own_name : str
        The name under which browsers get their cookie; nobody else's server has it.
    hosts : frozenset of str
        Names under which somebody on this machine may ask.
    cookie_name : str
        Cookies are shared by all ports of a host: each server has a name of its own.
    camera : bool
        Whether its pages may ask the browser for a camera.
    microphone : bool
        Whether they may ask it to listen.
    """

    def __init__(self, port: int, *, camera: bool = False, microphone: bool = False) -> None:
        self.port = port
        self.camera, self.microphone = camera, microphone
        self.own_name = f"neckrom-{secrets.token_hex(10)}.localhost"
        self._numbered = frozenset({f"{LOOPBACK}:{port}", f"localhost:{port}"})
        self.own_host = f"{self.own_name}:{port}"
        self.hosts = self._numbered | {self.own_host}
        self.cookie_name = f"neckrom-{port}"
        self._token = secrets.token_urlsafe(32)
        self._used: list[str] = []
        self._once: set[str] = set()
        self._browsers_cookie = secrets.token_urlsafe(32)
        self._programs_cookie = secrets.token_urlsafe(32)
        self._tell_used: Callable[[], None] | None = None

    # ------------------------------------------------------------------ addresses

    def address(self, path: str = "/") -> str:
        """What the user opens; the token is in it, so it is shown to them and logged nowhere.

        A browser uses the token up; the next call gives an address with another one.
        """
        return f"http://{LOOPBACK}:{self.port}{path}?{TOKEN}={self._token}"

    def own_address(self, path: str = "/") -> str:
        """Where a browser that has the cookie finds a page; no secret is in it."""
        return f"http://{self.own_host}{path}"

    def when_used(self, tell: Callable[[], None]) -> None:
        """Have something called whenever a browser used an address up, from the server's thread."""
        self._tell_used = tell

    # -------------------------------------------------------------------- secrets

    def issue_code(self) -> str:
        """A secret that opens the server once, for whoever sends it in a form or is led on with it."""
        code = secrets.token_urlsafe(32)
        self._once.add(code)
        return code

    def withdraw_code(self, code: str) -> None:
        """Let a code that nobody used open nothing any more."""
        self._once.discard(code)

    def is_open(self, code: str) -> bool:
        """Whether nobody used a code yet."""
        return code in self._once

    def take_code(self, given: str) -> bool:
        """Whether a code opens the server; it is used up."""
        found = next((code for code in tuple(self._once) if _same(given, code)), None)
        self._once.discard(found or "")
        return found is not None

    def knows_token(self, given: str) -> bool:
        """Whether it is the token of the address that is shown now; compared in constant time."""
        return _same(given, self._token)

    def use_token_up(self) -> None:
        """A browser has the token in its history now: it opens nothing any more."""
        self._used = [*self._used[-_MOST_USED + 1 :], self._token]
        self._token = secrets.token_urlsafe(32)
        if self._tell_used is not None:
            self._tell_used()

    def was_used(self, given: str) -> bool:
        """Whether it was a token once."""
        return any([_same(given, token) for token in self._used])  # noqa: C419  (all of them, in constant time)

    def knows_cookie(self, headers: Headers) -> bool:
        """Whether a request carries the secret for the host that it names; compared in constant time."""
        given = cookie_parser(headers.get("cookie", "")).get(self.cookie_name, "")
        if self.is_own_name(headers):
            return _same(given, self._browsers_cookie)
        return not is_browser(headers) and _same(given, self._programs_cookie)

    def hand_out_cookie(self, response: Response, headers: Headers) -> None:
        """Let whoever asks show the secret from now on: to us only, and hidden from scripts."""
        secret = self._browsers_cookie if self.is_own_name(headers) else self._programs_cookie
        response.set_cookie(self.cookie_name, secret, path="/", httponly=True, samesite="strict")

    def is_own_name(self, headers: Headers) -> bool:
        """Whether a request names the server by the name that is its alone."""
        return headers.get("host", "").lower() == self.own_host


def is_browser(headers: Headers) -> bool:
    """Whether a browser asks: all of them say where a request to this machine comes from (Fetch Metadata)."""
    return any(name.startswith("sec-fetch-") for name in headers)


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode("ascii"))


class Connection(Protocol):
    """What the guard tells the connection that a request came by."""

    def prove(self) -> None:
        """Its other end knows the secret."""
        ...


class Guard:
    """Let nothing through to the application that :class:`Access` does not allow.

    Parameters
    ----------
    app : ASGI application
    access : Access
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access
        sources = " ".join(["'self'", *(f"ws://{host}" for host in sorted(access.hosts))])
        self._policy = PAGE_POLICY.format(sources=sources)

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
        origin = headers.get("origin")
        allowed = (
            self._is_ours(headers)
            and origin is not None
            and self._is_own_origin(origin, headers)
            and self._access.knows_cookie(headers)
        )
        if allowed:
            prove(scope)
            await self._app(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": "refused"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", self._policy)
                if headers.get(REFERRER) != FORM_REFERRER:
                    headers[REFERRER] = "no-referrer"
                for name, value in HEADERS.items():
                    headers[name] = value
                headers[PERMISSIONS] = permissions(
                    camera=self._access.camera, microphone=self._access.microphone
                )
            await send(message)

        if scope["path"] == ENTER and scope["method"] == "POST" and self._is_ours(Headers(scope=scope)):
            await (await self._let_in(scope, receive))(scope, receive, send_with_headers)
            return
        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        """What to answer instead of the application; None lets the request through."""
        headers = Headers(scope=scope)
        if not self._is_ours(headers):
            return PlainTextResponse(_FOREIGN, 403)
        if scope["method"] not in _METHODS:
            return PlainTextResponse("Not a method of this server.\n", 405)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == TOKEN]
        if given:
            rest = [(name, value) for name, value in query if name != TOKEN]
            return self._exchange(scope, headers, given, rest)
        if self._is_foreign(scope, headers):
            return PlainTextResponse(_FOREIGN, 403)
        if not self._access.knows_cookie(headers):
            return PlainTextResponse(_NO_TOKEN, 403)
        prove(scope)
        return None

    # ------------------------------------------------------------------- ways in

    def _exchange(
        self, scope: Scope, headers: Headers, given: list[str], rest: list[tuple[str, str]]
    ) -> Response:
        """The token for a cookie, and on to the same page without it."""
        refused: Response = PlainTextResponse(_NO_TOKEN, 403)
        if len(given) != 1 or scope["method"] != "GET" or _is_prefetch(headers):
            return refused
        target = _target(scope["path"], rest)
        (token,) = given
        response: Response
        if self._access.is_own_name(headers):
            response = self._entered(target, headers) if self._access.take_code(token) else refused
        elif is_browser(headers):
            response = self._led_on(target, token) or refused
        elif self._access.knows_token(token):
            response = RedirectResponse(target, 303)
            self._access.hand_out_cookie(response, headers)
        else:
            response = refused
        if response is not refused:
            prove(scope)
        return response

    def _led_on(self, target: str, token: str) -> Response | None:
        """A browser goes on at the server's own name, with a code that works once."""
        if self._access.knows_token(token):
            self._access.use_token_up()
            code = urlencode({TOKEN: self._access.issue_code()})
            there = f"{target}{'&' if '?' in target else '?'}{code}"
        elif self._access.was_used(token):
            there = target  # by this very browser, it may be: then it has the cookie
        else:
            return None
        return RedirectResponse(self._access.own_address(there), 303)

    async def _let_in(self, scope: Scope, receive: Receive) -> Response:
        """What the private file sends: a form from nowhere, with the code in its body."""
        request = Request(scope, receive)
        headers = request.headers
        body = bytearray()
        try:
            async with asyncio.timeout(_CODE_S):
                async for part in request.stream():
                    body += part
                    if len(body) > _LARGEST_CODE:
                        return PlainTextResponse(_TOO_LARGE, 413)
        except TimeoutError:
            return PlainTextResponse(_NO_TOKEN, 408)
        fields = dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True))
        if not self._access.is_own_name(headers) or not self._access.take_code(fields.get(TOKEN, "")):
            return PlainTextResponse(_NO_TOKEN, 403)
        prove(scope)
        return self._entered(_target(fields.get(TO, "/"), []), headers)

    def _entered(self, target: str, headers: Headers) -> Response:
        """The cookie, and on to the page without the secret.

        Along a redirection that began at another site a browser keeps a strict cookie back; for Firefox, but
        not for Chromium, the number that the terminal shows is one. There a page leads on instead.
        """
        response: Response
        begun_here = headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        if begun_here and "sec-ch-ua" in headers:
            response = RedirectResponse(target, 303)
        else:
            escaped = target.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
            response = HTMLResponse(
                f'<!DOCTYPE html><title>neckrom</title><meta http-equiv="refresh" content="0;url={escaped}">'
            )
        self._access.hand_out_cookie(response, headers)
        return response

    # --------------------------------------------------------------------- checks

    def _is_ours(self, headers: Headers) -> bool:
        """Exactly one Host header, and it names this server: a rebound name does not."""
        hosts = headers.getlist("host")
        return len(hosts) == 1 and hosts[0].lower() in self._access.hosts

    def _is_own_origin(self, origin: str, headers: Headers) -> bool:
        return origin.lower() == f"http://{headers['host'].lower()}"

    def _is_foreign(self, scope: Scope, headers: Headers) -> bool:
        """Whether another site's page sent it, as far as the browser tells."""
        origin = headers.get("origin")
        if origin is not None and not self._is_own_origin(origin, headers):
            return True
        if origin is None and scope["method"] == "POST":
            return True
        return headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


def _target(path: str, rest: list[tuple[str, str]]) -> str:
    """A path of ours, never ``//host``."""
    target = "/" + quote(path).lstrip("/")
    return f"{target}?{urlencode(rest)}" if rest else target


def _is_prefetch(headers: Headers) -> bool:
    """Whether nobody looks at it yet: the address must still work when somebody does."""
    return "prefetch" in headers.get("sec-purpose", "") or headers.get("purpose") == "prefetch"


def prove(scope: Scope) -> None:
    """Tell the connection that its other end knows the secret."""
    connection: Connection | None = scope.get("state", {}).get("connection")
    if connection is not None:
        connection.prove()
