"""Requests, forms, uploads, WebSocket messages and connections against the running pages and the port for a phone.

Everything over loopback: the phone's port is opened there, too (``--phone-address 127.0.0.1``).
"""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import logging
import os
import random
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from PIL import Image
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from benchmarks.attack_campaigns import Setting, Tally

SUMMARY = "the pages of records, session and phone: 4,600 requests, messages and pictures, 1,200 connections"

CLIP = Path(__file__).parents[2] / "sample_videos" / "chidi_deficit.mp4"
SLOW_S = 30.0
_TRIES = 4
OUTSIDE, DEFECT, HUNG, DIED, TOLD, SHUT = (
    "answered without the secret",
    "an answer 500, or exit 70",
    "no answer in 30 s",
    "a server ended",
    "a secret in a process list, an answer or the log",
    "the owner shut out by connections",
)
PATHS = (
    *("/", "/people", "/people/P-000001", "/people/P-000001/guided", "/people/P-000001/guided/stage"),
    *("/people/P-000001/export?form=csv", "/people/P-000001/course.pdf", "/people/P-000001/delete"),
    *("/sessions/S-000001", "/sessions/S-000001/files/result.json", "/sessions/S-000001/pictures/flexion"),
    *("/compare?one=S-000001&other=S-000002", "/screens", "/assets/base.css", "/words/en", "/live"),
    *("/live/trace?since=0", "/live/photo/flexion/1", "/live/report/report.html", "/enter", "/docs"),
)
FORMS = ("/people", "/people/P-000001/change", "/people/P-000001/delete", "/people/P-000001/guided/stop")
STRINGS = (
    *(
        "",
        "0",
        "-1",
        "1e309",
        "nan",
        "9" * 400,
        "a" * 5000,
        "../../etc/passwd",
        "%00",
        "\x00",
        "\ud7ff",
        "頸" * 50,
    ),
    *("<script>alert(1)</script>", "' OR 1=1 --", "{{7*7}}", "\r\nSet-Cookie: x=1", "\u202e", "null", "[]"),
    *(
        "0001-01-01",
        "9999-12-31",
        "2026-02-30",
        "P-000001",
        "S-000001",
        "//evil.example",
        "http://evil.example/",
    ),
)
HEADERS = (
    *(("Origin", "http://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site")),
    *(
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Host", "evil.example"),
        ("Range", "bytes=0-99999999999"),
    ),
    *(("Content-Length", "-1"), ("Content-Length", "99999999999999999999"), ("Transfer-Encoding", "chunked")),
    *(("Expect", "100-continue"), ("Upgrade", "websocket"), ("Accept-Language", "a" * 6000)),
)
METHODS = (
    "GET",
    "GET",
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "CONNECT",
    "G\x00T",
)


@dataclass
class Server:
    """A running command with pages, and the way in."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int = 0
    token: str = ""
    cookie: str = ""
    encrypted: bool = False
    heads: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """Where it is."""
        return f"127.0.0.1:{self.port}"

    def said(self) -> str:
        """All that it wrote."""
        return self.log.read_text(encoding="utf-8", errors="replace")


def start(folder: Path, name: str, *arguments: str) -> Server:
    """Start a command, and go in as its owner does; on a machine that is busy it is tried again."""
    for _ in range(_TRIES - 1):
        with contextlib.suppress(RuntimeError):
            return _start(folder, name, *arguments)
    return _start(folder, name, *arguments)


def _start(folder: Path, name: str, *arguments: str) -> Server:
    log = folder / f"{name}.log"
    environment = dict(os.environ, NECKROM_DATA_DIR=str(folder / "data"), PYTHONUNBUFFERED="1")
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "neckrom", *arguments, "--no-browser"],
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    server = Server(process, log)
    give_up = time.monotonic() + 300
    while (found := re.search(r"http://\S+token=(\S+)", server.said())) is None:
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"{name} did not start:\n{server.said()}")
        time.sleep(0.1)
    parts = urlsplit(found[0])
    server.port, server.token = parts.port or 0, found[1]
    status, headers, _ = ask(server, "GET", f"{parts.path}?{parts.query}", {})
    if status != 303:
        raise RuntimeError(f"{name} does not let its owner in: {status}")
    server.cookie = headers.get("set-cookie", "").split(";")[0]
    return server


def ask(
    server: Server, method: str, target: str, headers: dict[str, str], body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """Send a request as it is."""
    connection: http.client.HTTPConnection
    if server.encrypted:
        connection = http.client.HTTPSConnection(
            "127.0.0.1", server.port, timeout=SLOW_S, context=unchecked()
        )
    else:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=SLOW_S)
    connection._validate_method = lambda _method: None  # type: ignore[attr-defined]  # hostile ones, too
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in ({"Host": server.host} | headers).items():
            connection.putheader(name, value.encode("utf-8", "replace"))
        if body and "Content-Length" not in headers and "Transfer-Encoding" not in headers:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        headers_said = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status, headers_said, answer.read(10_000_000)
    finally:
        connection.close()


def attack(setting: Setting, tally: Tally) -> None:
    """Against both servers, one after the other."""
    tally.must_not(OUTSIDE, DEFECT, HUNG, DIED, TOLD, SHUT)
    chance = setting.random
    store = setting.folder / "store"
    add = [sys.executable, "-m", "neckrom", "people", "add", "Attacked", "--store", str(store)]
    subprocess.run(add, check=True, capture_output=True)
    records = start(setting.folder, "records", "open", "--store", str(store))
    live = start(
        setting.folder,
        "live",
        "live",
        "--source",
        str(CLIP),
        "--out",
        str(setting.folder / "out"),
        "--no-record",
    )
    try:
        for server in (records, live):
            outside(server, chance, tally, setting.number(400))
            garbage(server, chance, tally, setting.number(150))
            inside(server, chance, tally, setting.number(600))
            connections(server, tally, setting.number(400))
        uploads(records, chance, tally, setting.number(100))
        messages(live, chance, tally, setting.number(400))
        process_list((records, live), tally)
    finally:
        for server in (records, live):
            end(server, tally)
    attack_phone(setting, tally)


PHONE_PATHS = (
    *(
        "/",
        "/?pair=x",
        "/camera",
        "/assets/phone.js",
        "/assets/base.css",
        "/words/en",
        "/live",
        "/live/camera/code",
    ),
    *("/people", "/sessions/S-000001/files/result.json", "/live/report/report.html", "/live/trace", "/enter"),
)
PUBLIC = ("/assets/base.css", "/assets/camera.css", "/assets/icon.svg")
"""The looks of the page that refuses; nothing else is answered without the cookie."""


MESSAGES = ("", "{}", "null", '{"type":"clock","id":1,"now":1e999}', '{"type":"hello","label":7}', "x" * 9000)


def attack_phone(setting: Setting, tally: Tally) -> None:
    """Against the port for a phone: from the network, and as the phone that was paired."""
    logging.getLogger("websockets").setLevel(logging.CRITICAL)  # our end complains of being cut off
    chance = setting.random
    out = str(setting.folder / "phone-out")
    source = ("--source", "phone", "--phone-address", "127.0.0.1")
    page = start(setting.folder, "phone", "live", *source, "--out", out, "--no-record")
    try:
        phone = paired(page)
        for _ in range(setting.number(800)):
            headers = dict(chance.sample(HEADERS, chance.randint(0, 2)))
            if chance.random() < 0.4:
                headers["Cookie"] = chance.choice(
                    ("__Host-neckrom-phone=x", page.cookie, "__Host-neckrom-phone=")
                )
            target = target_of(chance, PHONE_PATHS)
            answer = tried(
                phone,
                tally,
                "requests to the phone's port without the cookie",
                chance.choice(METHODS),
                target,
                headers,
            )
            if (
                answer is not None
                and (answer[0] < 400 or "set-cookie" in answer[1])
                and target.partition("?")[0] not in PUBLIC
            ):
                tally.fault(OUTSIDE, f"{answer[0]}: {target[:200]}")
        for _ in range(setting.number(400)):
            headers = {"Cookie": phone.cookie} | dict(chance.sample(HEADERS, chance.choice((0, 0, 1))))
            tried(
                phone,
                tally,
                "hostile requests with the phone's cookie",
                "GET",
                target_of(chance, PHONE_PATHS),
                headers,
            )
        for path in (
            "/live",
            "/people",
            "/live/report/report.html",
            "/live/camera/code",
            "/live/trace?since=0",
        ):
            answer = tried(
                phone, tally, "ways to more than the phone's page", "GET", path, {"Cookie": phone.cookie}
            )
            if answer is not None and answer[0] != 404:
                tally.fault(OUTSIDE, f"{answer[0]} for the phone: {path}")
            answer = tried(
                page, tally, "ways to more than the phone's page", "GET", path, {"Cookie": phone.cookie}
            )
            if answer is not None and answer[0] < 400:
                tally.fault(OUTSIDE, f"{answer[0]} for the phone's cookie: {path}")
        garbage(phone, chance, tally, setting.number(150))
        pictures(phone, chance, tally, setting.number(400))
        connections(phone, tally, setting.number(400), "/words/en", {"Cookie": phone.cookie})
        process_list((page, phone), tally)
    finally:
        end(page, tally)


def paired(page: Server) -> Server:
    """Pair as a phone does: the address is told to the session's own page, and to nobody else."""
    origin = f"http://{page.host}"
    with connect(
        f"ws://{page.host}/live/camera", origin=origin, additional_headers={"Cookie": page.cookie}, proxy=None
    ) as shown:
        address = urlsplit(json.loads(shown.recv(SLOW_S))["address"])
    phone = Server(page.process, page.log, address.port or 0, address.query.partition("=")[2], encrypted=True)
    status, headers, _ = ask(phone, "GET", f"/?{address.query}", {})
    if status != 200:
        raise RuntimeError(f"the phone is not let in: {status}")
    phone.cookie = headers.get("set-cookie", "").split(";")[0]
    if ask(phone, "GET", f"/?{address.query}", {})[0] != 403:
        raise RuntimeError("a code works twice")
    return phone


def pictures(phone: Server, chance: random.Random, tally: Tally, number: int) -> None:
    """What a phone could send that is no picture, or is one too many, too late, too large."""
    url, origin = f"wss://{phone.host}/camera?page=a", f"https://{phone.host}"
    for origin_said, cookie in (
        ("https://evil.example", phone.cookie),
        (origin, "x=1"),
        (None, phone.cookie),
    ):
        tally.tried("WebSocket handshakes without the cookie")
        try:
            with connect(
                url, origin=origin_said, additional_headers={"Cookie": cookie}, ssl=unchecked(), proxy=None
            ):
                tally.fault(OUTSIDE, f"WebSocket of the phone from {origin_said}")
        except (WebSocketException, OSError):
            continue
    good = jpeg_of(64), jpeg_of(640), jpeg_of(4000)
    line = None
    for _ in range(number):
        tally.tried("hostile pictures and messages of a phone")
        try:
            if line is None:
                heads = {"Cookie": phone.cookie}
                line = connect(url, origin=origin, additional_headers=heads, ssl=unchecked(), proxy=None)
            if chance.random() < 0.2:
                line.send(chance.choice(MESSAGES))
            for message in line_of(line):
                if message.get("type") == "clock":
                    answer = {"type": "clock", "id": message["id"], "now": time.monotonic() * 1e3}
                    line.send(json.dumps(answer))
            line.send(picture(chance, good))
        except (WebSocketException, OSError):
            line = None
            alive(phone, tally, "hostile pictures of a phone")
    if line is not None:
        line.close()


def picture(chance: random.Random, good: tuple[bytes, ...]) -> bytes:
    """A message with a picture: whole, damaged, cut off, or none; at a time that may be none."""
    now = time.monotonic() * 1e3 + chance.choice((0, 0, 0, -1e4, 1e4, float("nan"), 1e300))
    head = struct.pack("<IdI", chance.randrange(2**32), now, chance.randrange(2**32))
    data = bytearray(chance.choice(good))
    kind = chance.randrange(4)
    if kind == 0:
        for _ in range(chance.randint(1, 30)):
            data[chance.randrange(len(data))] = chance.randrange(256)
    elif kind == 1:
        data = data[: chance.randrange(len(data))]
    elif kind == 2:
        data = bytearray(chance.randbytes(chance.choice((0, 5, 3000, 1_200_000))))
    return head + bytes(data)


def line_of(line: ClientConnection) -> list[dict[str, object]]:
    """What came meanwhile."""
    found = []
    with contextlib.suppress(TimeoutError):
        while True:
            found.append(json.loads(line.recv(0.001)))
    return found


def jpeg_of(side: int) -> bytes:
    """A picture of so many points a side."""
    data = io.BytesIO()
    Image.effect_noise((side, min(side, 480)), 60).convert("RGB").save(data, "JPEG", quality=60)
    return data.getvalue()


def unchecked() -> ssl.SSLContext:
    """As somebody who accepted the certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def tried(
    server: Server, tally: Tally, kind: str, *request: object
) -> tuple[int, dict[str, str], bytes] | None:
    """One request, counted; None where the server broke the connection off, which it may."""
    tally.tried(kind)
    try:
        status, headers, body = ask(server, *request)  # type: ignore[arg-type]
    except TimeoutError:
        tally.fault(HUNG, f"{kind}: {str(request)[:200]}")
        return None
    except (OSError, http.client.HTTPException, ValueError):
        alive(server, tally, kind)
        return None
    if status == 500:
        tally.fault(DEFECT, f"{kind}: {str(request)[:300]}")
    if server.token.encode() in body:
        tally.fault(TOLD, f"{kind}: {str(request)[:200]}")
    return status, headers, body


def alive(server: Server, tally: Tally, kind: str) -> None:
    """A server that ended by itself is a fault."""
    if server.process.poll() is not None:
        tally.fault(DIED, f"{kind}: exit {server.process.returncode}: {server.said()[-300:]}")


def target_of(chance: random.Random, paths: tuple[str, ...] = PATHS) -> str:
    """A path with something in it that does not belong there."""
    target = chance.choice(paths)
    if chance.random() < 0.6:
        parts = target.partition("?")[0].split("/")
        parts[chance.randrange(1, len(parts))] = quote(chance.choice(STRINGS), safe="/%")
        target = "/".join(parts)
    if chance.random() < 0.6:
        names = ("search", "page", "lang", "since", "form", "one", "other", "warm_up", "token", "name")
        fields = {chance.choice(names): chance.choice(STRINGS) for _ in range(chance.randint(1, 4))}
        target = f"{target.partition('?')[0]}?{urlencode(fields)}"
    return target.replace(" ", "%20")


def outside(server: Server, chance: random.Random, tally: Tally, number: int) -> None:
    """Whoever has no secret gets nothing, whatever else they send."""
    for _ in range(number):
        headers = dict(chance.sample(HEADERS, chance.randint(0, 2)))
        name = server.cookie.partition("=")[0]
        headers |= chance.choice(
            (
                {},
                {"Cookie": f"{name}="},
                {"Cookie": f"{name}=x"},
                {"Cookie": server.cookie, "Host": "evil.example"},
            )
        )
        if chance.random() < 0.2:
            headers["Host"] = chance.choice(
                ("evil.example", f"evil.example:{server.port}", "", "localhost:1")
            )
        method = chance.choice(METHODS)
        request = (method, target_of(chance), headers, b"x=1" if method == "POST" else b"")
        answer = tried(server, tally, "requests without the secret", *request)
        if answer is not None and (answer[0] < 400 or "set-cookie" in answer[1]):
            tally.fault(OUTSIDE, f"{answer[0]}: {str(request)[:300]}")


def inside(server: Server, chance: random.Random, tally: Tally, number: int) -> None:
    """Whoever has it breaks nothing with what they send."""
    for _ in range(number):
        headers = {"Cookie": server.cookie} | dict(chance.sample(HEADERS, chance.choice((0, 0, 0, 1))))
        if chance.random() < 0.4:
            names = (
                "name",
                "birth_date",
                "note",
                "camera",
                "protocol",
                "pain.flexion",
                "confirm",
                chance.choice(STRINGS),
            )
            fields = {each: chance.choice(STRINGS) for each in chance.sample(names, chance.randint(0, 5))}
            own = {"Origin": f"http://{server.host}", "Content-Type": "application/x-www-form-urlencoded"}
            body = urlencode(fields).encode()
            tried(
                server,
                tally,
                "hostile forms",
                "POST",
                chance.choice((*FORMS, target_of(chance))),
                own | headers,
                body,
            )
        else:
            tried(server, tally, "hostile requests with the secret", "GET", target_of(chance), headers)


def garbage(server: Server, chance: random.Random, tally: Tally, number: int) -> None:
    """What is no request at all."""
    for _ in range(number):
        tally.tried("what is no request")
        whole = f"GET /people HTTP/1.1\r\nHost: {server.host}\r\nCookie: {server.cookie}\r\n\r\n".encode()
        kind = chance.randrange(4)
        if kind == 0:
            sent = chance.randbytes(chance.randint(1, 3000))
        elif kind == 1:
            sent = whole[: chance.randrange(len(whole))]
        elif kind == 2:
            sent = whole[:-2] + b"X: " + b"a" * 200_000 + b"\r\n\r\n"
        else:
            at = chance.randrange(len(whole))
            sent = whole[:at] + chance.randbytes(4) + whole[at:]
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=SLOW_S) as connection:
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    continue
        except TimeoutError:
            tally.fault(HUNG, repr(sent[:100]))
        except OSError:
            continue
    alive(server, tally, "what is no request")


def connections(
    server: Server, tally: Tally, number: int, path: str = "/words/en", headers: dict[str, str] | None = None
) -> None:
    """Connections that say nothing, while the owner wants their page."""
    with ExitStack() as stack:
        for _ in range(number):
            tally.tried("connections that say nothing")
            try:
                stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=SLOW_S))
            except OSError:
                continue
        began = time.monotonic()
        try:
            status, _, _ = ask(server, "GET", path, headers or {"Cookie": server.cookie})
        except (OSError, http.client.HTTPException) as error:
            tally.fault(SHUT, repr(error))
        else:
            took = time.monotonic() - began
            tally.say(f"with {number} idle connections the owner's page came in {1000 * took:.0f} ms")
            if status != 200:
                tally.fault(SHUT, str(status))


def uploads(server: Server, chance: random.Random, tally: Tally, number: int) -> None:
    """Files that are none, under names that are none."""
    person = re.search(
        rb'href="/people/([^"/?]+)"', ask(server, "GET", "/people", {"Cookie": server.cookie})[2]
    )
    home = person[1].decode() if person else "P-000001"
    names = (
        "results",
        "clip",
        ".upload",
        "..",
        "a/b.mp4",
        "result.json",
        "x.json",
        "x.parquet",
        "x.mp4",
        "\u202e.mp4",
        "頸" * 90,
    )
    contents = (
        b"",
        b"{",
        b"null",
        b"PAR1",
        b"\x00" * 5000,
        json.dumps({"schema_version": "9" * 5000}).encode(),
    )
    for _ in range(number):
        name, content = chance.choice(names), chance.choice((*contents, chance.randbytes(3000)))
        mark = "mark"
        body = (
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
            + content
            + f"\r\n--{mark}--\r\n".encode()
        )
        headers = {
            "Cookie": server.cookie,
            "Origin": f"http://{server.host}",
            "Content-Type": f"multipart/form-data; boundary={chance.choice((mark, mark, mark, 'x', ''))}",
        }
        tried(server, tally, "hostile uploads", "POST", f"/people/{home}/import", headers, body)


def messages(server: Server, chance: random.Random, tally: Tally, number: int) -> None:
    """WebSocket: handshakes without the secret, and messages that mean nothing."""
    url = f"ws://{server.host}/live/socket?page=a"
    origin = f"http://{server.host}"
    for origin_said, cookie in (
        ("http://evil.example", server.cookie),
        (origin, "x=1"),
        (None, server.cookie),
    ):
        tally.tried("WebSocket handshakes without the secret")
        try:
            with connect(url, origin=origin_said, additional_headers={"Cookie": cookie}, proxy=None):
                tally.fault(OUTSIDE, f"WebSocket from {origin_said}")
        except (WebSocketException, OSError):
            continue
    texts = (
        "",
        "{}",
        "null",
        "[]",
        '{"type":"stop"}',
        '{"type":"pain","movement":"x","score":1e400}',
        '{"type":"note"}',
    )
    socket_ = None
    for _ in range(number):
        tally.tried("WebSocket messages")
        try:
            if socket_ is None:
                socket_ = connect(
                    url, origin=origin, additional_headers={"Cookie": server.cookie}, proxy=None
                )
            kind = chance.randrange(4)
            if kind == 0:
                socket_.send(chance.randbytes(chance.randint(0, 2000)))
            elif kind == 1:
                socket_.send(chance.choice((*texts, *STRINGS)))
            elif kind == 2:
                socket_.send('{"type":' + "[" * chance.randint(1, 3000))
            else:
                socket_.send(
                    json.dumps(
                        {"type": chance.choice(STRINGS), chance.choice(STRINGS): chance.choice(STRINGS)}
                    )
                )
        except (WebSocketException, OSError):
            socket_ = None
            alive(server, tally, "WebSocket messages")
    if socket_ is not None:
        socket_.close()


def process_list(servers: tuple[Server, ...], tally: Tally) -> None:
    """No secret stands where everybody can read it."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes()
        except OSError:
            continue
        tally.tried("command lines of the machine")
        if any(server.token.encode() in line for server in servers):
            tally.fault(TOLD, f"{entry}")


def end(server: Server, tally: Tally) -> None:
    """End it as its owner does; whatever was attacked, it ends in words."""
    alive(server, tally, "at the end")
    server.process.send_signal(signal.SIGINT)
    try:
        code = server.process.wait(180)
    except subprocess.TimeoutExpired:
        server.process.kill()
        tally.fault(HUNG, "at the end")
        return
    if code == 70 or "Traceback" in server.said():
        tally.fault(DEFECT, f"exit {code}: {server.said()[-600:]}")
    if server.said().count(server.token) > 1:
        tally.fault(TOLD, "the log")
    tally.say(f"{server.log.stem}: exit {code}, {server.log.stat().st_size} bytes said")
