"""Whoever only opens connections, and what they can spoil."""

from __future__ import annotations

import http.client
import logging
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from neckrom.web.access import LOOPBACK
from neckrom.web.connections import MOST_CONNECTIONS, ConnectionOwners, Gate
from tests.web.serving import PATIENCE_S, eventually, serving

MANY = 1100
NOBODY = 65534


def dial(served) -> socket.socket:
    return socket.create_connection((LOOPBACK, served.access.port), timeout=10)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@contextmanager
def idle(served, number: int):
    """Connections that say nothing."""
    with ExitStack() as stack:
        yield [stack.enter_context(dial(served)) for _ in range(number)]


def is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.05)
    try:
        return connection.recv(1000) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_a_thousand_idle_connections_shut_nobody_out(served, caplog):
    """And nothing is written about each of them, and the files that the session needs can be opened."""
    cookie = {"Cookie": served.cookie()}
    open_before = open_files()
    with idle(served, MANY) as connections:
        began = time.monotonic()
        assert served.ask("/live", cookie).status == 200
        assert time.monotonic() - began < 5
        ours = MANY + open_before  # this process has both ends
        assert open_files() < ours + 2 * MOST_CONNECTIONS
        assert sum(is_closed(each) for each in connections[: MANY - 2 * MOST_CONNECTIONS]) > MANY / 2
    assert len(caplog.text) < 2000


def test_a_connection_that_showed_the_secret_is_kept(served):
    cookie = served.cookie()
    kept = http.client.HTTPConnection(LOOPBACK, served.access.port, timeout=10)
    kept.request("GET", "/words/en", headers={"Host": served.host, "Cookie": cookie})
    assert kept.getresponse().read()
    own_end = kept.sock
    with idle(served, 2 * MOST_CONNECTIONS):
        kept.request("GET", "/words/en", headers={"Host": served.host, "Cookie": cookie})
        assert kept.getresponse().status == 200
        assert kept.sock is own_end, "the same connection"
    kept.close()


@pytest.fixture
def hasty(session):
    with serving(session, gate=Gate(header_s=0.5)) as running:
        yield running


def test_whoever_says_nothing_is_closed(hasty):
    with dial(hasty) as silent:
        assert not is_closed(silent)
        eventually(lambda: is_closed(silent), "the end of a connection that says nothing", 5)


@pytest.mark.parametrize(
    "first", [b"", b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["new", "after a request"]
)
def test_whoever_sends_a_header_letter_by_letter_is_closed(hasty, first):
    with dial(hasty) as slow:
        slow.sendall(first)
        began = time.monotonic()
        with pytest.raises(OSError):
            for letter in b"GET /live HTTP/1.1\r\nX-Slow: " + b"a" * 1000:
                slow.sendall(bytes([letter]))
                time.sleep(0.05)
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 500\r\n\r\nx=",
        b"Transfer-Encoding: chunked\r\n\r\nff\r\nx",
        b"Content-Length: 9\r\n",
    ],
    ids=["shorter than it says", "a torn piece", "a torn header"],
)
def test_whoever_stops_in_the_middle_of_a_request_is_closed(hasty, rest):
    """Also with the secret."""
    head = f"POST /enter HTTP/1.1\r\nHost: {hasty.access.own_host}\r\nCookie: {hasty.cookie()}\r\n".encode()
    with dial(hasty) as torn:
        torn.sendall(head + rest)
        eventually(lambda: is_closed(torn), "the end of a request that does not go on", 5)


def test_a_request_that_takes_longer_is_answered(hasty, session):
    """The time is for saying what is wanted, not for the answer or for a WebSocket."""
    from websockets.sync.client import connect  # noqa: PLC0415

    url = f"ws://{hasty.host}/live/socket?page=one"
    with connect(
        url, open_timeout=PATIENCE_S, origin=hasty.origin, additional_headers={"Cookie": hasty.cookie()}
    ) as page:
        time.sleep(1.2)
        assert page.recv(timeout=5)


def test_who_has_a_connection_is_known():
    owners = ConnectionOwners()
    with socket.create_server((LOOPBACK, 0)) as listener:
        with socket.create_connection(listener.getsockname()) as there, listener.accept()[0] as here:
            owner = owners.owner(there.getsockname(), here.getsockname())
        assert owner in (None, os.getuid())
        if sys.platform == "linux":
            assert owner == os.getuid()
    owners.close()
    assert owners.owner((LOOPBACK, 1), (LOOPBACK, 2)) is None


# Not by the name of a user's own files: another user may not read where the interpreter lies.
ANOTHER = """
import os, socket, sys
os.setuid({user})
end = socket.socket()
end.settimeout(10)
end.connect(({host!r}, {port}))
end.sendall({request!r})
answer = b""
try:
    while block := end.recv(4096):
        answer += block
except OSError:
    pass
sys.stdout.buffer.write(answer)
"""


@pytest.mark.skipif(
    os.name != "posix" or os.getuid() != 0, reason="only the administrator can be another user"
)
def test_another_user_of_the_machine_is_refused_even_with_the_address(served):
    """Whatever they read somewhere: the connection is not ours."""
    address = served.access.address("/live").removeprefix(served.origin)
    request = f"GET {address} HTTP/1.1\r\nHost: {served.host}\r\nConnection: close\r\n\r\n".encode()
    script = ANOTHER.format(user=NOBODY, host=LOOPBACK, port=served.access.port, request=request)
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, timeout=60
    ).stdout
    assert answer.startswith(b"HTTP/1.1 403")
    assert b"another user" in answer
    assert b"set-cookie" not in answer.lower()
    assert served.ask(address).status == 303, "and nothing is used up by it"


def test_where_nobody_can_tell_whose_it_is_the_secret_decides(session):
    with serving(session, gate=Gate(owner_of=lambda _there, _here: None)) as running:
        assert running.ask("/live").status == 403
        assert running.ask("/live", {"Cookie": running.cookie()}).status == 200


def test_of_many_complaints_of_the_loop_few_are_written(served, caplog):
    import asyncio  # noqa: PLC0415

    from neckrom.web.connections import quiet  # noqa: PLC0415

    caplog.set_level(logging.WARNING)
    loop = asyncio.new_event_loop()
    try:
        quiet(loop)
        for _ in range(1000):
            loop.call_exception_handler(
                {"message": "socket.accept() out of system resource", "exception": OSError(24, "x")}
            )
    finally:
        loop.close()
    assert 1 <= len(caplog.records) < 5
