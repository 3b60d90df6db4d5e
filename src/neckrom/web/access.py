"""Who may talk to the server: this machine's user alone, and no other web site through their browser.

Listening on 127.0.0.1 is not enough. Any page in the same browser can send requests to it, and a name
that an attacker owns can be made to point at it ("DNS rebinding"). So every request, and the
WebSocket before it is accepted, has to

- name this very server as its host,
- come from a page of this server, where the browser says where it comes from, and
- carry the secret: first as the token in the address, from then on as a cookie that scripts cannot
  read and that no other site's request carries. The address without the token is what stays visible.

Every answer tells the browser to run nothing but our own files, to keep nothing and to tell nobody.
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
TOKEN = "token"

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

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), payment=()",
}

REFERRER = "Referrer-Policy"
FORM_REFERRER = "same-origin"
"""For pages with forms: with "no-referrer" a browser says of its own forms that they come from nowhere
(``Origin: null``), and they would be refused. Other sites learn nothing either way."""

_NO_TOKEN = (
    "This page is private. Open the address that neckrom shows in the terminal: copy all of it, "
    "with the long code at its end.\n"
)
_FOREIGN = "Refused: this server answers its own pages only.\n"
_METHODS = frozenset({"GET", "HEAD", "POST"})


class Access:
    """The secrets of one running server.

    Attributes
    ----------
    port : int
        Where it listens on 127.0.0.1.
    hosts : frozenset of str
        Names under which a browser on this machine may ask.
    cookie_name : str
        Cookies are shared by all ports of a host: each server has a name of its own.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.hosts = frozenset({f"{LOOPBACK}:{port}", f"localhost:{port}"})
        self.cookie_name = f"neckrom-{port}"
        self._token = secrets.token_urlsafe(32)
        self._cookie = secrets.token_urlsafe(32)
        self._launch: str | None = None

    def address(self, path: str = "/") -> str:
        """What the user opens; the token is in it, so it is shown to them and logged nowhere."""
        return f"http://{LOOPBACK}:{self.port}{path}?{TOKEN}={self._token}"

    def launch_address(self, path: str = "/") -> str:
        """An address that works once.

        A browser that is started with it on its command line shows it to everybody on this machine;
        by then it opens nothing any more.
        """
        self._launch = secrets.token_urlsafe(32)
        return f"http://{LOOPBACK}:{self.port}{path}?{TOKEN}={self._launch}"

    def take_token(self, given: str) -> bool:
        """Whether a token opens the server; compared in constant time. One for launching is used up."""
        if _same(given, self._token):
            return True
        if self._launch is not None and _same(given, self._launch):
            self._launch = None
            return True
        return False

    def knows_cookie(self, header: str) -> bool:
        """Whether a Cookie header carries the secret; compared in constant time."""
        return _same(cookie_parser(header).get(self.cookie_name, ""), self._cookie)

    def hand_out_cookie(self, response: Response) -> None:
        """Let the browser show the secret from now on: to us only, and hidden from scripts."""
        response.set_cookie(self.cookie_name, self._cookie, path="/", httponly=True, samesite="strict")


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode("ascii"))


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
            and self._access.knows_cookie(headers.get("cookie", ""))
        )
        if allowed:
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
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

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
        if not self._access.knows_cookie(headers.get("cookie", "")):
            return PlainTextResponse(_NO_TOKEN, 403)
        return None

    def _exchange(
        self, scope: Scope, headers: Headers, given: list[str], rest: list[tuple[str, str]]
    ) -> Response:
        """The token for a cookie, and on to the same page without it."""
        if len(given) != 1 or scope["method"] != "GET" or not self._access.take_token(given[0]):
            return PlainTextResponse(_NO_TOKEN, 403)
        target = "/" + quote(scope["path"]).lstrip("/")  # never //host
        if rest:
            target += f"?{urlencode(rest)}"
        response: Response
        if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
            response = RedirectResponse(target, 303)
        else:  # a link on another page: the browser would keep the cookie back along the redirection
            escaped = target.replace("&", "&amp;").replace('"', "&quot;")
            response = HTMLResponse(
                f'<!DOCTYPE html><title>neckrom</title><meta http-equiv="refresh" content="0;url={escaped}">'
            )
        self._access.hand_out_cookie(response)
        return response

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
