"""The port for a phone: who gets in, what is there, what a person is told, and when it is closed."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
from contextlib import ExitStack, contextmanager

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from neckrom.errors import ConfigurationError, EnvironmentProblemError
from neckrom.live.contract import Consent, Gauge, Phase, Simple
from neckrom.live.pushed import PushedSource
from neckrom.web import phone_server
from neckrom.web.access import LOOPBACK, Access
from neckrom.web.certificate import make_certificate
from neckrom.web.hub import AT_WORK
from neckrom.web.page_camera import TAKEN_OVER, PageCamera
from neckrom.web.phone_access import COOKIE, Pairing, PhoneAccess
from neckrom.web.phone_server import (
    ASSETS,
    MOST_HANDSHAKES,
    PhoneDesk,
    own_address,
    parse_address,
    phone_port,
    words_of,
)
from neckrom.web.server import listening, live_app, run_app
from tests.live.people import answers
from tests.web.scripted import ScriptedSession
from tests.web.serving import PATIENCE_S, Served, eventually
from tests.web.test_page_camera import PageOfNumbers


class Phone:
    """A phone's requests, as they are sent."""

    def __init__(self, port) -> None:
        self.port = port
        self.number = int(port.access.host.partition(":")[2])
        self.cookie = ""

    def ask(self, target, *, host=None, method="GET", cookie=None, **headers):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(LOOPBACK, self.number, timeout=20, context=context)
        try:
            connection.putrequest(method, target, skip_host=True)
            connection.putheader("Host", host or self.port.access.host)
            if cookie is None and self.cookie:
                cookie = self.cookie
            if cookie:
                connection.putheader("Cookie", cookie)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def pair(self, address=None):
        """Open what the code says; the status."""
        target = (address or self.port.access.address).removeprefix(self.port.origin)
        status, headers, _ = self.ask(target, cookie="")
        if status == 200:
            self.cookie = headers["Set-Cookie"].split(";")[0]
        return status

    @contextmanager
    def camera(self, name="phone", origin=None):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with connect(
            f"wss://{self.port.access.host}/camera?page={name}",
            open_timeout=PATIENCE_S,
            origin=origin or self.port.origin,
            additional_headers={"Cookie": self.cookie},
            ssl=context,
            proxy=None,
        ) as sock:
            yield PageOfNumbers(sock)


@contextmanager
def serving_phone(session, language="en"):
    source = PushedSource("phone")
    camera = PageCamera(source, session.start, size=(640, 480), fps=30)
    with phone_port(LOOPBACK) as port, listening(None) as listener:
        access = Access(listener.getsockname()[1])
        desk = PhoneDesk(port, camera, session, language)
        app, hub = live_app(session, access, language, camera, desk)
        ready, end = threading.Event(), threading.Event()
        thread = threading.Thread(
            target=run_app,
            args=(app, listener, ready.set, end.is_set),
            kwargs={"beside": desk.run},
            daemon=True,
        )
        thread.start()
        assert ready.wait(30)
        served = Served(access, hub, [])
        served.port, served.camera, served.desk = port, camera, desk
        try:
            yield served
        finally:
            end.set()
            thread.join(30)
            source.close()
            assert not thread.is_alive()


@pytest.fixture
def idle(report):
    made = ScriptedSession(report, speed=6.0, protocol="quick")
    yield made
    made.close()


@pytest.fixture
def served(idle, monkeypatch):
    monkeypatch.setattr(phone_server, "GONE_S", 0.5)
    with serving_phone(idle) as running:
        yield running


# ------------------------------------------------------------------------ pairing


def test_a_code_works_once_and_a_wrong_one_never():
    access = PhoneAccess("192.168.1.20", 4000)
    secret = access.address.partition("pair=")[2]
    assert access.pair("x" * len(secret)) is Pairing.WRONG
    assert access.pair("") is Pairing.WRONG
    assert access.pair(secret) is Pairing.PAIRED
    assert access.address is None
    assert access.pair(secret) is Pairing.USED
    assert access.pair("x") is Pairing.CLOSED
    access.open_pairing()
    assert secret not in access.address
    assert access.pair(secret) is Pairing.USED
    access.close()
    access.open_pairing()
    assert access.address is None, "nothing opens it again at the end"


def test_from_the_code_to_the_picture_and_the_words(served, idle):
    phone = Phone(served.port)
    assert phone.pair() == 200
    status, headers, body = phone.ask("/")
    assert status == 200
    assert served.port.certificate.fingerprint in body
    assert "pair" not in headers.get("Location", "")
    with phone.camera() as page:
        page.send_first()
        eventually(lambda: page.words, "the words")
        assert page.words[-1]["headline"]["key"] == "headline.safety"
        assert set(page.words[-1]) == {"type", "phase", "headline", "detail", "say", "tones", "share"}
        assert idle.phase is Phase.SAFETY
        assert served.port.access.address is None, "while a phone sends no code works"


@pytest.mark.parametrize("given", ["", "x", "%00", "a" * 5000, "%F0%9F%A4%98"])
def test_a_wrong_code_is_said_and_opens_nothing(served, given):
    phone = Phone(served.port)
    status, headers, body = phone.ask(f"/?pair={given}")
    assert (status, headers["Set-Cookie"]) == (403, None)
    assert "This code is wrong" in body
    assert served.desk.shown()["tried"] == "wrong"


def test_a_code_used_before_is_said_as_that(served):
    address = served.port.access.address
    assert Phone(served.port).pair(address) == 200
    other = Phone(served.port)
    status, _, body = other.ask(address.removeprefix(served.port.origin))
    assert status == 403
    assert "already" in body


def test_looking_ahead_does_not_use_a_code_up(served):
    phone = Phone(served.port)
    target = served.port.access.address.removeprefix(served.port.origin)
    assert phone.ask(target, Sec_Purpose="prefetch")[0] == 403
    assert phone.ask(target, method="HEAD")[0] == 403
    assert phone.ask(f"{target}&pair=x")[0] == 403
    assert phone.pair() == 200


def test_a_second_phone_gets_in_only_when_the_first_is_gone(served):
    first, second = Phone(served.port), Phone(served.port)
    assert first.pair() == 200
    with first.camera() as page:
        page.send_first()
        eventually(lambda: served.port.access.address is None, "the end of pairing")
        status, _, body = second.ask("/?pair=guess")
        assert status == 403
        assert "Another phone is the camera" in body
        assert served.desk.shown()["tried"] == "closed"
    eventually(lambda: served.port.access.address, "the next code")
    assert first.ask("/")[0] == 200, "it may still come back"
    with first.camera("one") as page:
        assert second.pair() == 200
        eventually(lambda: page.code == TAKEN_OVER, "the loss")
    assert first.ask("/")[0] == 403, "one phone, not two"


def test_a_phone_that_was_locked_goes_on(served, idle):
    phone = Phone(served.port)
    phone.pair()
    with phone.camera() as page:
        page.send_first()
        page.say({"type": "trouble", "why": "hidden"})
        eventually(lambda: served.desk.shown()["trouble"] == "hidden", "what the page shows")
    eventually(lambda: not served.camera.connected, "the loss")
    assert served.desk.shown()["trouble"] is None
    with phone.camera() as page:
        page.send_first()
        eventually(lambda: page.stages[-1:] == ["running"], "the session goes on")


def to_the_set_up(session):
    for command in (*answers(), Simple(type="continue"), Consent(type="consent", video=False)):
        session.command(command)
    eventually(lambda: session.phase in AT_WORK, "the set-up")


def test_stop_on_the_phone_halts_the_session_until_it_is_said_why(served, idle):
    phone = Phone(served.port)
    phone.pair()
    with phone.camera() as page:
        page.send_first()
        eventually(lambda: page.stages[-1:] == ["running"], "the session")
        to_the_set_up(idle)
        page.say({"type": "halt"})
        eventually(lambda: idle.phase is Phase.PAUSED, "the halt")
        page.say({"type": "go_on"})
        eventually(lambda: idle.phase in AT_WORK, "that it goes on")
        page.say({"type": "halt"})
        page.say({"type": "stop", "reason": "dizziness"})
        eventually(lambda: idle.phase is Phase.STOPPED, "the stop")
        eventually(lambda: page.words[-1]["phase"] == "stopped", "the advice")
        assert page.words[-1]["say"][-1]["key"] == "say.stopped.dizziness"


def test_the_phone_ends_no_pause_that_it_did_not_make(served, idle):
    phone = Phone(served.port)
    phone.pair()
    with phone.camera() as page:
        page.send_first()
        eventually(lambda: page.stages[-1:] == ["running"], "the session")
        to_the_set_up(idle)
        idle.command(Simple(type="pause"))
        for words in (
            {"type": "go_on"},
            {"type": "halt"},
            {"type": "go_on"},
            {"type": "stop", "reason": "x"},
        ):
            page.say(words)
        page.say({"type": "trouble", "why": "hidden"})
        eventually(lambda: served.camera.trouble == "hidden", "what was said last")
        assert idle.phase is Phase.PAUSED


def test_the_port_is_closed_when_all_is_measured(served, idle):
    phone = Phone(served.port)
    phone.pair()
    with phone.camera() as page:
        page.send_first()
        eventually(lambda: page.stages[-1:] == ["running"], "the session")
        served.camera.source.close()
        eventually(lambda: "over" in page.stages, "the end is told")
        eventually(lambda: served.port.closed, "the end of the port")
    with pytest.raises(OSError):
        socket.create_connection((LOOPBACK, phone.number), timeout=2)
    assert served.desk.shown()["open"] is False


# ------------------------------------------------------------------ what is there


def test_without_the_cookie_there_is_nothing(served):
    phone = Phone(served.port)
    for path in ("/", "/assets/phone.js", "/words/en", "/camera", "/live", "/people", "/docs", "/enter"):
        for cookie in ("", f"{COOKIE}=", f"{COOKIE}=x"):
            status, headers, body = phone.ask(path, cookie=cookie)
            assert (status, headers["Set-Cookie"]) == (403, None)
            assert "class" not in body or "phone-refused" in body


def test_with_it_there_is_one_page_and_its_files_and_no_more(served):
    phone = Phone(served.port)
    phone.pair()
    script = phone.ask("/assets/phone.js")[2]
    wanted = set(re.findall(r'from "\./([\w.]+)"', script)) | {"phone.js"}
    assert wanted <= ASSETS
    for name in ASSETS:
        assert phone.ask(f"/assets/{name}")[0] == 200
    for path in (
        *(
            "/live",
            "/live/camera",
            "/live/camera/code",
            "/live/socket?page=a",
            "/live/trace",
            "/people",
            "/sessions",
        ),
        *(
            "/assets/live.js",
            "/assets/records.css",
            "/assets/../app.py",
            "/live/report/report.html",
            "/settings",
        ),
        *("/live/photo/flexion/1", "/docs", "/openapi.json", "/words/xx", "//evil.example", "/enter"),
    ):
        assert phone.ask(path)[0] == 404, path
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert phone.ask("/", method=method)[0] == 405


def test_it_answers_under_its_address_alone_and_to_no_other_site(served):
    phone = Phone(served.port)
    phone.pair()
    for host in ("evil.example", "localhost", f"localhost:{phone.number}", ""):
        assert phone.ask("/", host=host or "x")[0] == 403
    assert phone.ask("/", Origin="https://evil.example")[0] == 403
    assert phone.ask("/", Sec_Fetch_Site="cross-site")[0] == 403
    headers = phone.ask("/")[1]
    assert "connect-src 'self' wss://127.0.0.1" in headers["Content-Security-Policy"]
    assert headers["Permissions-Policy"].startswith("camera=(self)")
    with pytest.raises(InvalidStatus), phone.camera(origin="https://evil.example"):
        pass
    phone.cookie = f"{COOKIE}=x"
    with pytest.raises(InvalidStatus), phone.camera():
        pass


def test_the_session_s_own_page_is_not_reached_with_the_phone_s_cookie(served):
    phone = Phone(served.port)
    phone.pair()
    assert served.ask("/live", {"Cookie": phone.cookie}).status == 403
    assert phone.ask("/", cookie=served.cookie())[0] == 403


def test_nothing_measured_is_told_to_the_phone(idle):
    idle.start()
    state = idle.snapshot()
    gauge = Gauge(
        movement="flexion", warm_up=False, trial=1, trials=1, angle_deg=31.26, sd_deg=1.0, lower_bound=False,
        best_deg=40.0, reference_deg=60.0, healthy_low_deg=None, healthy_high_deg=None,
    )  # fmt: skip
    told = words_of(state.model_copy(update={"gauge": gauge, "phase": Phase.OUT, "notes": ("private",)}))
    assert told["share"] == 0.52
    assert "31" not in str(told)
    assert "private" not in str(told)


# -------------------------------------------------------------------- the line


def test_it_speaks_nothing_but_tls(served):
    number = Phone(served.port).number
    with socket.create_connection((LOOPBACK, number), timeout=10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"HTTP" not in plain.recv(100)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection((LOOPBACK, number), timeout=10) as plain, pytest.raises(OSError):
        old.wrap_socket(plain)


def test_a_certificate_that_was_turned_down_is_known(served):
    number = Phone(served.port).number
    with socket.create_connection((LOOPBACK, number), timeout=10) as plain, pytest.raises(ssl.SSLError):
        ssl.create_default_context().wrap_socket(plain, server_hostname=LOOPBACK)
    eventually(lambda: served.desk.shown()["certificate_refused"], "what the page shows")
    phone = Phone(served.port)
    phone.pair()
    assert served.desk.shown()["certificate_refused"] is False


def test_those_who_never_finish_their_greeting_shut_nobody_out(served):
    number = Phone(served.port).number
    with ExitStack() as stack:
        for _ in range(3 * MOST_HANDSHAKES):
            stack.enter_context(socket.create_connection((LOOPBACK, number), timeout=10))
        phone = Phone(served.port)
        assert phone.pair() == 200
        assert phone.ask("/")[0] == 200
        with phone.camera() as page:
            page.send_first()


def test_a_certificate_is_of_its_address_and_its_moment():
    one, other = make_certificate("192.168.1.20"), make_certificate("192.168.1.20")
    assert re.fullmatch(r"([0-9A-F]{2}:){31}[0-9A-F]{2}", one.fingerprint)
    assert one.fingerprint != other.fingerprint


# ---------------------------------------------------------------- which address


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("0.0.0.0", "name one address"),
        ("224.0.0.1", "name one address"),
        ("somewhere", "is no address"),
        ("192.168.1", "is no address"),
        ("::1", "is no address"),
        ("192.168.1.20:80", "from 1024 to 65535"),
        ("192.168.1.20:", "from 1024 to 65535"),
        ("192.168.1.20:x", "from 1024 to 65535"),
    ],
)
def test_an_address_that_cannot_be_is_refused(text, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        parse_address(text)


def test_an_address_with_and_without_a_port():
    assert parse_address("192.168.1.20") == ("192.168.1.20", 0)
    assert parse_address("192.168.1.20:8443") == ("192.168.1.20", 8443)


def test_an_address_of_another_machine_or_a_port_that_is_taken_says_what_to_do():
    with (
        pytest.raises(EnvironmentProblemError, match="no address of this machine"),
        phone_port("203.0.113.7"),
    ):
        pass
    with phone_port(LOOPBACK) as port:
        taken = port.access.host
        with pytest.raises(EnvironmentProblemError, match="is taken"), phone_port(taken):
            pass


@pytest.mark.parametrize(
    ("found", "complaint"),
    [("127.0.0.1", "on no network"), ("8.8.4.4", "is a public one"), (None, "on no network")],
)
def test_a_machine_without_a_local_network_is_told_so(monkeypatch, found, complaint):
    class Asked:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def connect(self, _):
            if found is None:
                raise OSError(101, "Network is unreachable")

        def getsockname(self):
            return (found, 1)

    monkeypatch.setattr(phone_server.socket, "socket", lambda *_: Asked())
    with pytest.raises(EnvironmentProblemError, match=complaint):
        own_address()


def test_a_port_is_open_only_where_it_is_asked_for(served):
    """On its one address, not on all of them."""
    listening_at = served.port.listener.getsockname()[0]
    assert listening_at == LOOPBACK
