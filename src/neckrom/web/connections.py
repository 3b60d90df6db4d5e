"""How many connections there may be, how long they may say nothing, and whose they are.

A server that takes every connection and waits for ever can be filled by anybody on the machine, and
what it has open is taken from the session: then not even the report can be written. So:

- Connections of other users of this machine are closed at once, where the system says whose they are
  (Linux).
- Whoever does not send a whole header in time, or stops in the middle of a request, is closed.
- There are at most :data:`MOST_CONNECTIONS`. Where one more comes, the oldest that has not shown the
  secret yet has to go for it; those that have are kept, so nobody is shut out of their own page.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 120
HEADER_S = 10.0
"""So long a connection may take to say what it wants."""
BACKLOG = 128
"""Connections that wait to be taken; also how many are taken at one go."""
LOG_EVERY_S = 10.0

_ROOT = 0
_SOCK_DIAG, _BY_FAMILY, _REQUEST = 4, 20, 1
"""NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST: linux/netlink.h, linux/sock_diag.h."""
_ALL_STATES = _NO_COOKIE = 0xFFFFFFFF
_HEAD = 16
"""Bytes of struct nlmsghdr."""
_UID_AT = 64
"""Where struct inet_diag_msg has idiag_uid, with idiag_inode after it."""
_NOT_YOURS = (
    b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
    b"This page belongs to another user of this machine.\n"
)


class Gate:
    """The connections of one server; lives in its event loop.

    Parameters
    ----------
    most : int
    header_s : float
    owner_of : callable, optional
        Number of the user who has the other end of a connection, given both ends; None where nobody can tell.
    """

    def __init__(
        self,
        most: int = MOST_CONNECTIONS,
        header_s: float = HEADER_S,
        owner_of: Callable[[tuple[str, int], tuple[str, int]], int | None] | None = None,
    ) -> None:
        self.header_s = header_s
        self._most = most
        self._owners = ConnectionOwners()
        self._owner_of = owner_of or self._owners.owner
        self._ours = own_users()
        self._open: dict[asyncio.Transport, bool] = {}
        self._closed_early = 0
        self._said_s = -LOG_EVERY_S

    def protocol(self, **options: Any) -> LimitedConnection:
        """A connection for uvicorn, counted here."""
        return LimitedConnection(self, **options)

    @property
    def connections(self) -> int:
        """How many are open."""
        self._forget_closed()
        return len(self._open)

    def close(self) -> None:
        """The end of the server."""
        self._owners.close()

    def admits(self, transport: asyncio.Transport) -> bool:
        """Whether a new connection is taken; makes room for it where there is none."""
        if self._is_foreign(transport):
            transport.write(_NOT_YOURS)
            transport.close()
            self._count()
            return False
        self._forget_closed()
        if len(self._open) >= self._most:
            stranger = next((other for other, proven in self._open.items() if not proven), None)
            self._count()
            if stranger is None:
                transport.abort()
                return False
            del self._open[stranger]
            stranger.abort()
        self._open[transport] = False
        return True

    def prove(self, transport: asyncio.Transport) -> None:
        """Its other end showed the secret."""
        if transport in self._open:
            self._open[transport] = True

    def _is_foreign(self, transport: asyncio.Transport) -> bool:
        there, here = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        if not there or not here:
            return False
        owner = self._owner_of(there[:2], here[:2])
        return owner is not None and owner not in self._ours

    def _forget_closed(self) -> None:
        for transport in [each for each in self._open if each.is_closing()]:
            del self._open[transport]

    def _count(self) -> None:
        """One line now and then, however many there are."""
        self._closed_early += 1
        now_s = time.monotonic()
        if now_s - self._said_s >= LOG_EVERY_S:
            log.warning("%d connections were refused or closed to make room", self._closed_early)
            self._said_s, self._closed_early = now_s, 0


class LimitedConnection(H11Protocol):
    """A connection that has to say in time what it wants."""

    def __init__(self, gate: Gate, **options: Any) -> None:
        super().__init__(**options)
        self._gate = gate
        self._deadline: asyncio.TimerHandle | None = None
        self.app_state = {**self.app_state, "connection": self}

    def prove(self) -> None:
        """Its other end knows the secret."""
        self._gate.prove(self.transport)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, where there is room."""
        super().connection_made(transport)
        if self._gate.admits(transport):
            self._wait()

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is being closed already."""
        if not self.transport.is_closing():
            super().data_received(data)
            self._look()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """From here on it belongs to the page."""
        self._rest()
        super().handle_websocket_upgrade(event)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Its end."""
        self._rest()
        super().connection_lost(exc)

    def _look(self) -> None:
        """The time runs while no request is being answered, and anew with every part of what is sent with one."""
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._rest()
            if self.cycle.more_body:
                self._wait()
        elif self._deadline is None:
            self._wait()

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(self._gate.header_s, self._too_late)

    def _rest(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering and (not self.cycle.more_body or self.flow.read_paused):
            self._look()  # it is we who take the time
        else:
            self.transport.abort()


def own_users() -> frozenset[int]:
    """Whose connections are taken: this user's, the administrator's, and theirs who became administrator by sudo."""
    if not hasattr(os, "getuid"):
        return frozenset()
    users = {os.getuid(), _ROOT}
    before = os.environ.get("SUDO_UID", "")
    if os.getuid() == _ROOT and before.isdigit():
        users.add(int(before))
    return frozenset(users)


class ConnectionOwners:
    """Asks the kernel whose a connection on this machine is (Linux: sock_diag(7)); elsewhere nobody can tell.

    The table in ``/proc/net/tcp`` says the same, but the whole of it is made for every look: 20 ms with two
    thousand connections, against a tenth of a millisecond here.
    """

    def __init__(self) -> None:
        self._kernel: socket.socket | None = None
        with contextlib.suppress(AttributeError, OSError):
            self._kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG)
            self._kernel.settimeout(1.0)

    def close(self) -> None:
        """Nobody can tell any more then."""
        if self._kernel is not None:
            self._kernel.close()
            self._kernel = None

    def owner(self, there: tuple[str, int], here: tuple[str, int]) -> int | None:
        """Number of the user who has the other end of a connection.

        Parameters
        ----------
        there, here : tuple of str and int
            IPv4 address and port, the other end first.

        Returns
        -------
        int or None
            None where the system does not say, or the connection is gone already.
        """
        if self._kernel is None:
            return None
        ends = struct.pack(
            "!HH16s16s", there[1], here[1], *(socket.inet_aton(end[0]) for end in (there, here))
        )
        wanted = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0, _ALL_STATES)
        wanted += ends + struct.pack("=III", 0, _NO_COOKIE, _NO_COOKIE)
        head = struct.pack("=IHHII", _HEAD + len(wanted), _BY_FAMILY, _REQUEST, 1, 0)
        try:
            self._kernel.send(head + wanted)
            answer = self._kernel.recv(65536)
        except OSError:
            self.close()  # an answer that comes late would be taken for the next one's
            return None
        if len(answer) < _HEAD + _UID_AT + 8 or struct.unpack_from("=IH", answer)[1] != _BY_FAMILY:
            return None
        uid, inode = struct.unpack_from("=II", answer, _HEAD + _UID_AT)
        return int(uid) if inode else None  # inode 0: already closed, and nobody's


def quiet(loop: asyncio.AbstractEventLoop) -> None:
    """Let the loop complain in our own log, now and then: it says a thing a thousand times a second where it can."""
    loop.set_exception_handler(partial(_complain, {}))


def _complain(said: dict[str, float], _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    what = f"{context.get('message', '')} {type(context.get('exception')).__name__}"
    now_s = time.monotonic()
    if now_s - said.get(what, -LOG_EVERY_S) >= LOG_EVERY_S:
        said[what] = now_s
        log.warning("the server: %s (%s)", context.get("message", ""), context.get("exception"))
