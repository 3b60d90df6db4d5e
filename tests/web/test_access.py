"""Nobody but the user's own browser is answered, and no path reaches the disk."""

from __future__ import annotations

import logging
import socket
import sys
from urllib.parse import urlencode, urlsplit

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from neckrom.errors import ConfigurationError, EnvironmentProblemError
from neckrom.live.contract import Phase
from neckrom.web.access import HEADERS, LOOPBACK, PAGE_POLICY, PERMISSIONS, Access, permissions
from neckrom.web.app import read_assets
from neckrom.web.server import listening
from tests.web.scripted import ScriptedSession
from tests.web.serving import PATIENCE_S, eventually, path_of, serving


@pytest.fixture(scope="module")
def session(report):
    """One for the whole module: nothing here changes it."""
    made = ScriptedSession(report, protocol="quick")
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def served(session):
    with serving(session) as running:
        yield running


PAGES = ("/", "/live", "/assets/live.js", "/words/en", "/live/trace", "/live/report/report.html")


# ------------------------------------------------------------------------ token


def test_every_route_needs_the_secret(served):
    routes = [route.replace("{", "").replace("}", "") for route in served.routes]
    assert len(routes) >= 7
    for target in {*routes, *PAGES, "/nothing", "/docs", "/openapi.json"}:
        answer = served.ask(target)
        assert answer.status == 403, target
        assert b"private" in answer.body


@pytest.mark.parametrize("token", ["", "x", "ä", "%00", "a" * 5000])
def test_a_wrong_token_opens_nothing(served, token):
    answer = served.ask(f"/live?token={token.encode().hex() if token == 'ä' else token}")
    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers


def test_the_token_is_exchanged_for_a_cookie_and_leaves_the_address(served):
    answer = served.ask(path_of(served.access.address("/live")) + "&view=clinician")
    assert answer.status == 303
    assert answer.headers["Location"] == "/live?view=clinician"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    token = served.access.address().partition("token=")[2]
    assert token not in cookie, "neither secret gives away the other"
    assert served.ask("/live", {"Cookie": cookie.split(";")[0]}).status == 200


def test_two_tokens_are_refused_though_one_is_right(served):
    answer = served.ask(path_of(served.access.address("/live")) + "&token=x")
    assert answer.status == 403


def test_the_exchange_does_not_lead_to_another_host(served):
    token = served.access.address().partition("token=")[2]
    answer = served.ask(f"//evil.example/live?token={token}")
    assert answer.status in (303, 404)
    assert not answer.headers.get("Location", "/").startswith("//")


BROWSER = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-CH-UA": '"Chromium";v="156"'}
FIREFOX = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}


def led_on(served, **headers):
    """Open the address as a browser does; where it is led to, with the code that works once."""
    answer = served.ask(path_of(served.access.address("/live")), BROWSER | headers)
    assert answer.status == 303
    assert "Set-Cookie" not in answer.headers, "no cookie for 127.0.0.1: it would go to every port there"
    there = urlsplit(answer.headers["Location"])
    assert there.hostname.startswith("neckrom-")
    assert there.hostname.endswith(".localhost")
    return there.netloc, f"{there.path}?{there.query}"


def test_a_browser_gets_its_cookie_at_a_name_of_its_own(served):
    host, target = led_on(served)
    answer = served.ask(target, BROWSER, host=host)
    assert answer.status == 303
    assert answer.headers["Location"] == "/live"
    cookie = {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}
    assert served.ask("/live", cookie | BROWSER, host=host).status == 200
    for other in (served.host, f"localhost:{served.access.port}"):
        assert served.ask("/live", cookie, host=other).status == 403, "it is worth nothing elsewhere"
        assert served.ask("/live", cookie | BROWSER, host=other).status == 403
    programs = {"Cookie": served.cookie()}
    assert served.ask("/live", programs | BROWSER).status == 403, "a browser is not served at the number"
    assert served.ask("/live", programs, host=host).status == 403


def test_firefox_is_led_on_by_a_page(served):
    """It keeps a strict cookie back along the redirection from the number to the name."""
    host, target = led_on(served)
    answer = served.ask(target, FIREFOX, host=host)
    assert answer.status == 200
    assert b'content="0;url=/live"' in answer.body
    assert "Set-Cookie" in answer.headers


def test_what_a_browser_keeps_of_the_address_opens_nothing(served):
    before = served.access.address("/live")
    host, target = led_on(served)
    assert served.ask(target, BROWSER, host=host).status == 303
    assert served.ask(target, BROWSER, host=host).status == 403, "the code works once"
    assert served.access.address("/live") != before, "there is another one for another browser"
    assert served.ask(path_of(before)).status == 403
    again = served.ask(path_of(before), BROWSER)
    assert again.status == 303, "the same browser is led back to its page"
    assert again.headers["Location"] == f"http://{host}/live"
    assert "Set-Cookie" not in again.headers
    assert served.ask("/live", BROWSER, host=host).status == 403, "and without the cookie that is all"


def test_an_address_that_is_only_fetched_ahead_is_not_used_up(served):
    before = served.access.address("/live")
    assert served.ask(path_of(before), BROWSER | {"Sec-Purpose": "prefetch;prerender"}).status == 403
    assert served.access.address("/live") == before
    led_on(served)


def test_whoever_uses_an_address_up_has_the_next_one_shown(served):
    shown = []
    served.access.when_used(lambda: shown.append(served.access.address("/live")))
    before = served.access.address("/live")
    led_on(served)
    assert shown == [served.access.address("/live")]
    assert shown != [before]


def test_a_link_on_another_page_opens_too(served):
    """A browser keeps a strict cookie back along a redirection that another site began."""
    host, target = led_on(served, **{"Sec-Fetch-Site": "cross-site"})
    answer = served.ask(target, {"Sec-Fetch-Site": "cross-site"}, host=host)
    assert answer.status == 200
    assert b'content="0;url=/live"' in answer.body
    assert "Set-Cookie" in answer.headers


def entered(served, code, host=None, **fields):
    body = urlencode({"token": code, "to": "/live"} | fields)
    headers = {"Origin": "null", "Sec-Fetch-Site": "cross-site"}
    return served.ask("/enter", headers, method="POST", host=host or served.access.own_host, body=body)


def test_the_private_file_opens_once(served):
    code = served.access.issue_code()
    assert entered(served, code, host=served.host).status == 403, "at the server's own name alone"
    answer = entered(served, code)
    assert answer.status == 200
    assert b'content="0;url=/live"' in answer.body
    assert entered(served, code).status == 403
    withdrawn = served.access.issue_code()
    served.access.withdraw_code(withdrawn)
    assert entered(served, withdrawn).status == 403
    for wrong in ("", "x", "ä"):
        assert entered(served, wrong).status == 403
    assert entered(served, "x" * 10_000).status == 413


def test_the_private_file_leads_to_no_other_host(served):
    answer = entered(served, served.access.issue_code(), to='//evil.example/"><script>')
    assert b"//evil" not in answer.body
    assert b"<script" not in answer.body


def test_nothing_secret_is_logged(served, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    served.ask(path_of(served.access.address("/live")))
    served.ask("/live?token=wrong")
    token = served.access.address().partition("token=")[2]
    out, err = capfd.readouterr()
    assert token not in caplog.text + out + err
    assert token not in repr(served.access)


# ------------------------------------------------------- other sites, rebinding


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", "0.0.0.0:{port}", ""],
)
def test_a_rebound_name_is_refused(served, host):
    answer = served.ask(
        "/live", {"Cookie": served.cookie()}, host=host.format(port=served.access.port) if host else ""
    )
    assert answer.status in (400, 403)
    assert b"<html" not in answer.body


def test_two_host_headers_are_refused(served):
    answer = served.ask("/live", {"Cookie": served.cookie(), "host": "evil.example"})
    assert answer.status in (400, 403)


def test_localhost_is_this_machine_too(served):
    host = f"localhost:{served.access.port}"
    assert served.ask("/live", {"Cookie": served.cookie()}, host=host).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://{host}"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_other_sites_read_nothing(served, headers):
    cookie = {"Cookie": served.cookie()}
    sent = {name: value.format(host=served.host) for name, value in headers.items()}
    for target in PAGES:
        assert served.ask(target, cookie | sent).status == 403, target


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT"])
def test_other_methods_are_refused(served, method):
    assert served.ask("/live", {"Cookie": served.cookie()}, method=method).status in (400, 405)


def test_a_form_of_another_site_is_refused(served):
    answer = served.ask("/live", {"Cookie": served.cookie(), "Content-Length": "0"}, method="POST")
    assert answer.status == 403


# ---------------------------------------------------------------------- headers


def test_every_answer_forbids_what_is_not_ours(served):
    cookie = {"Cookie": served.cookie()}
    answers = [served.ask(target, cookie) for target in (*PAGES, "/nothing")]
    answers += [served.ask("/live"), served.ask("/live", cookie, host="evil.example")]
    assert {answer.status for answer in answers} == {200, 303, 403, 404}
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "server" not in answer.headers
    assert "frame-ancestors 'none'" in PAGE_POLICY


def test_pages_hold_no_inline_code_and_no_other_address(served):
    page = served.ask("/live", {"Cookie": served.cookie()}).body.decode()
    assert "<style" not in page
    assert "<script>" not in page
    assert " style=" not in page
    assert "http://" not in page
    assert "https://" not in page
    for name, asset in read_assets().items():
        if name.endswith(("js", "css")):
            text = asset.data.decode().replace("http://www.w3.org/2000/svg", "")
            assert "http://" not in text
            assert "https://" not in text
            assert "innerHTML" not in text
            assert "@import" not in text


def test_the_report_has_a_policy_of_its_own(served, session):
    cookie = {"Cookie": served.cookie()}
    session._saved = False
    assert served.ask("/live/report/report.html", cookie).status == 404, "not before it is there"
    session._saved = True
    page = served.ask("/live/report/report.html", cookie)
    assert page.status == 200
    assert b"Neck range of motion" in page.body
    policy = page.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "sandbox" in policy
    pdf = served.ask("/live/report/report.pdf", cookie)
    assert pdf.body.startswith(b"%PDF")
    assert pdf.headers["Content-Disposition"].startswith("attachment")
    assert served.ask("/live/report/landmarks.parquet", cookie).status == 404, "not in the table"


# -------------------------------------------------------------------- traversal

TRAVERSALS = [
    "/assets/../access.py",
    "/assets/..%2faccess.py",
    "/assets/%2e%2e/access.py",
    "/assets/..%5caccess.py",
    "/assets/%252e%252e%252faccess.py",
    "/assets/....//access.py",
    "/assets//etc/passwd",
    "/assets/%00live.js",
    "/assets/live.js%00.css",
    "/assets/",
    "/assets",
    "/words/../en",
    "/words/en.toml",
    "/live/report/../../../../etc/passwd",
    "/live/report/..%2f..%2f..%2fetc%2fpasswd",
    "/live/report/%2fetc%2fpasswd",
    "/live/report/report.html/",
    "/live/report/.",
    "/live/report/",
    "/live/photo/../../etc/passwd",
    "/live/photo/flexion/..",
    "/../../../../etc/passwd",
    "//etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "http://evil.example/etc/passwd",
    "/static/live.js",
    "/" + "a/" * 2000,
]

_watch = {"on": False}
_opened: list[str] = []


def _audit(event: str, arguments: tuple) -> None:
    if _watch["on"] and event in ("open", "os.listdir", "os.scandir"):
        _opened.append(str(arguments[0]))


@pytest.fixture(scope="module", autouse=True)
def _audited():
    sys.addaudithook(_audit)  # stays until the end of the process, and does nothing unless watched


@pytest.mark.parametrize("target", TRAVERSALS, ids=lambda target: target[:40])
def test_no_path_reaches_the_disk(served, session, target):
    session._saved = True
    cookie = {"Cookie": served.cookie()}
    served.ask("/assets/live.js", cookie)  # whatever is loaded late is loaded now
    served.ask("/nothing", cookie)
    _opened.clear()
    _watch["on"] = True
    try:
        answer = served.ask(target, cookie)
    finally:
        _watch["on"] = False
    assert answer.status in (400, 404, 422), answer.body[:200]
    assert b"root:" not in answer.body
    assert b"LOOPBACK" not in answer.body
    assert not _opened


def test_the_watch_over_the_disk_sees_what_is_opened(served, session):
    session._saved = True
    cookie = {"Cookie": served.cookie()}
    _opened.clear()
    _watch["on"] = True
    try:
        served.ask("/live/report/result.json", cookie)
    finally:
        _watch["on"] = False
    assert any(name.endswith("result.json") for name in _opened)


# ------------------------------------------------------------------- WebSocket


def socket_of(served, *, origin="own", cookie=True, page="me", host=None):
    headers = {"Cookie": served.cookie()} if cookie else {}
    if host:
        headers["Host"] = host
    return connect(
        f"ws://{served.host}/live/socket?page={page}",
        open_timeout=PATIENCE_S,
        additional_headers=headers,
        origin=served.origin if origin == "own" else origin,
        compression=None,
        proxy=None,
        close_timeout=1.0,  # a server that has ended a page does not answer its farewell
    )


def test_the_own_page_may_connect(served):
    with socket_of(served) as socket:
        assert '"type":"state"' in socket.recv(10)


@pytest.mark.parametrize(
    "wrong",
    [
        {"cookie": False},
        {"origin": None},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"page": "../../x"},
        {"page": "x" * 100},
        {"page": ""},
    ],
    ids=str,
)
def test_nobody_else_may_connect(served, wrong):
    with pytest.raises(InvalidStatus) as refused, socket_of(served, **wrong):
        pass
    assert refused.value.response.status_code == 403


def test_a_message_that_is_no_command_changes_nothing(served, session):
    with socket_of(served) as socket:
        for text in (
            "",
            "{",
            "[]",
            "null",
            '{"type":"stop"}',
            '{"type":"rm","x":1}',
            '{"type":"pause","x":1}',
        ):
            socket.send(text)
        answers = 0
        while answers < 7:
            message = socket.recv(10)
            answers += isinstance(message, str) and "not_understood" in message
    assert session.commands == []
    assert session.phase is Phase.SAFETY


def test_a_message_that_is_too_long_ends_that_page_only(served):
    with socket_of(served) as socket:
        socket.send('{"type":"note","text":"' + "a" * 200_000 + '"}')
        with pytest.raises(ConnectionClosedError):
            while True:
                socket.recv(10)
    with socket_of(served) as socket:
        assert '"type":"state"' in socket.recv(10)


def test_bytes_are_no_command(served):
    with socket_of(served) as socket, pytest.raises(ConnectionClosedError):
        socket.send(b"\x00\x01")
        while True:
            socket.recv(10)
    eventually(lambda: not served.hub._pages, "the page to be let go")


# ------------------------------------------------------------------------ port


def test_only_the_loopback_listens():
    with listening(None) as listener:
        address, port = listener.getsockname()
        assert address == LOOPBACK
        assert port > 0
        with socket.create_connection((LOOPBACK, port), 5):
            pass
        others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
        for other in others - {LOOPBACK}:
            if other.startswith("127."):
                continue
            with pytest.raises(OSError):
                socket.create_connection((other, port), 2).close()


def test_a_port_that_is_taken_says_what_to_do():
    with listening(None) as first:
        port = first.getsockname()[1]
        with pytest.raises(EnvironmentProblemError, match=rf"Port {port}.*taken.*--port"), listening(port):
            pass


def test_a_port_that_is_none_says_what_to_do():
    with pytest.raises(ConfigurationError, match="--port"), listening(70000):
        pass


def test_secrets_are_long_and_differ():
    first, second = Access(1), Access(1)
    assert first.address() != second.address()
    assert len(first.address().partition("token=")[2]) >= 43


def test_a_page_may_listen_only_where_words_are_recognised_on_this_device():
    assert permissions(camera=False, microphone=False) == HEADERS[PERMISSIONS]
    assert "microphone=(self)" in permissions(camera=False, microphone=True)
    assert "camera=()" in permissions(camera=False, microphone=True)
