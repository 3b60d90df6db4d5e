"""Between one session and the pages that show it.

The session runs in threads and never waits for a page: here its newest state and picture are fetched
and passed on. A page gets the next one only after it said that it saw the last, so a slow page misses
some and never falls behind; the session does not notice. One page controls, the others watch.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from neckrom.live.api import LiveSession
from neckrom.live.contract import Command, Consent, Heard, Override, Phase, Simple, State, Stop

LARGEST_MESSAGE = 64 * 1024
"""Bytes of one message of a page; its largest, a note, has far less."""
MOST_PAGES = 8
STATES_ON_THE_WAY = 3
"""States that a page may not have seen yet before it gets no more."""
PICTURE_EVERY_S = 1 / 20
RETURN_S = 4.0
"""How long control is kept for a page that went away: it may just be loading again."""
ALONE_S = 4.0
"""After so long without any page the session is paused: nobody would hear the voice."""
_WAIT_S = 0.25

AT_WORK = frozenset(
    {Phase.SETUP, Phase.NEUTRAL, Phase.ANNOUNCE, Phase.OUT, Phase.HOLD, Phase.BACK}
) | frozenset({Phase.POSITION, Phase.LEAD, Phase.CHANGE})
WAITS_FOR_THE_VOICE = frozenset({Phase.INTRO, Phase.ANNOUNCE, Phase.POSITION, Phase.EXERCISE})
"""What a page has spoken is news to the session only here."""
BEFORE_THE_VOICE = frozenset({Phase.SAFETY, Phase.REFUSED, Phase.CONSENT})
OVER = frozenset({Phase.RESULT, Phase.STOPPED, Phase.REFUSED})


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Seen(_Strict):
    """A page showed a state or a picture: it may get the next one."""

    type: Literal["seen"]
    seq: int | None = None
    picture: int | None = None


class Looking(_Strict):
    """Whether a page wants pictures: not while it is in the background."""

    type: Literal["looking"]
    pictures: bool


_FROM_PAGE: TypeAdapter[Command | Heard | Seen | Looking] = TypeAdapter(
    Annotated[Command | Heard | Seen | Looking, Field(discriminator="type")]
)


@dataclass(slots=True, eq=False)
class _Page:
    socket: WebSocket
    name: str
    """What the page calls itself, so that it keeps control over a reload."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    sent: int = -1
    on_the_way: int = 0
    role: str = ""
    wants_pictures: bool = True
    heard: int = -1
    """Sentences up to this one it has spoken; -1: it never said."""
    picture_sent: int = 0
    picture_seen: int = 0


class LiveHub:
    """Passes a session's states and pictures to pages and their commands to the session.

    Lives in one event loop; nothing of it may be called from another thread.

    Parameters
    ----------
    session : LiveSession
        Started, and closed, by whoever made it.
    report_url : str
        Where the server hands out the finished report.
    """

    def __init__(self, session: LiveSession, report_url: str) -> None:
        self.session = session
        self._report_url = report_url
        self._pages: list[_Page] = []
        self._controls: _Page | None = None
        self._kept_for: str | None = None
        self._kept_until = 0.0
        self._state: State | None = None
        self._texts: dict[str, str] = {}
        self._picture: bytes = b""
        self._picture_number = 0
        self._work: list[asyncio.Task[None]] = []
        self._empty_since: float | None = None
        self._done = False
        self._waiting_tasks: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------------ pages

    def left_after_the_end(self, for_s: float) -> bool:
        """Whether the session is over and its user done with it: they said so, or closed every page so long ago.

        Raises
        ------
        Exception
            What broke the session: a defect.
        """
        for task in self._work:
            if task.done() and not task.cancelled():
                task.result()  # whatever ended it
        if self._done:
            return True
        if self._empty_since is None or time.monotonic() - self._empty_since < for_s:
            return False
        return self.session.snapshot().phase in OVER

    async def attend(self, socket: WebSocket, name: str) -> None:
        """Serve one page until it goes away."""
        if len(self._pages) >= MOST_PAGES:
            await socket.close(1013, "too many pages")
            return
        await socket.accept()
        page = _Page(socket, name)
        self._enter(page)
        writer = asyncio.create_task(self._write(page))
        try:
            await self._read(page)
        except WebSocketDisconnect:
            pass
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            self._leave(page)

    def _enter(self, page: _Page) -> None:
        self._pages.append(page)
        self._empty_since = None
        returns = page.name == self._kept_for and time.monotonic() < self._kept_until
        if self._controls is None and (returns or self._kept_for is None):
            self._give_control(page)
        if not self._work:
            self._work = [asyncio.create_task(self._follow()), asyncio.create_task(self._watch())]
        page.wake.set()

    def _leave(self, page: _Page) -> None:
        self._pages.remove(page)
        if page is self._controls:
            self._controls = None
            self._kept_for, self._kept_until = page.name, time.monotonic() + RETURN_S
            self._later(RETURN_S, self._pass_control_on)
        if not self._pages:
            for task in self._work:
                task.cancel()
            self._work = []
            self._empty_since = time.monotonic()
            self._later(ALONE_S, self._pause_if_alone)

    def _later(self, delay_s: float, work: Callable[[], None]) -> None:
        async def run() -> None:
            await asyncio.sleep(delay_s)
            work()

        task = asyncio.create_task(run())
        self._waiting_tasks.add(task)
        task.add_done_callback(self._waiting_tasks.discard)

    def _pass_control_on(self) -> None:
        if self._controls is None and time.monotonic() >= self._kept_until:
            self._kept_for = None
            if self._pages:
                self._give_control(self._pages[0])

    def _pause_if_alone(self) -> None:
        if not self._pages and self.session.snapshot().phase in AT_WORK:
            self.session.command(Simple(type="pause"))

    def _give_control(self, page: _Page) -> None:
        self._controls = page
        self._kept_for = None
        for each in self._pages:
            each.wake.set()

    # --------------------------------------------------------------- from page

    async def _read(self, page: _Page) -> None:
        while True:
            try:
                message = _FROM_PAGE.validate_json(await _next_message(page.socket))
            except ValidationError:
                await page.socket.send_text('{"type":"not_understood"}')
                continue
            if isinstance(message, Seen):
                self._saw(page, message)
            elif isinstance(message, Looking):
                page.wants_pictures = message.pictures
                page.wake.set()
            elif isinstance(message, Simple) and message.type == "take_control":
                self._give_control(page)
            elif isinstance(message, Heard):
                self._heard(page, message)
            elif page is self._controls or _for_everybody(message):
                self._tell_of_the_voice(page, message)
                self._pass_on(message)
            else:
                await page.socket.send_text('{"type":"watching_only"}')

    def _heard(self, page: _Page, message: Heard) -> None:
        """Pass on how far the voice is, where the session waits for it."""
        page.heard = message.id
        if page is self._controls and self._state is not None and self._state.phase in WAITS_FOR_THE_VOICE:
            self.session.command(message)

    def _tell_of_the_voice(self, page: _Page, message: Command) -> None:
        """Before what may begin the introduction: whether there is a page that speaks it."""
        begins = isinstance(message, Consent | Override) or (
            isinstance(message, Simple) and message.type in ("continue", "skip")
        )
        early = self._state is not None and self._state.phase in BEFORE_THE_VOICE
        if begins and early and page.heard >= 0:
            self.session.command(Heard(type="heard", id=page.heard))

    def _pass_on(self, message: Command) -> None:
        finish = isinstance(message, Simple) and message.type == "finish"
        if finish and self._state is not None and self._state.phase is Phase.RESULT:
            self._done = True  # nothing is left to end but the server
        else:
            self.session.command(message)

    def _saw(self, page: _Page, message: Seen) -> None:
        if message.seq is not None:
            page.on_the_way = max(page.on_the_way - 1, 0)
        if message.picture is not None:
            page.picture_seen = message.picture
        page.wake.set()

    # ----------------------------------------------------------------- to page

    async def _write(self, page: _Page) -> None:
        while True:
            await page.wake.wait()
            page.wake.clear()
            role = "controls" if page is self._controls else "watches"
            state = self._state
            ready = state is not None and page.on_the_way < STATES_ON_THE_WAY
            if state is not None and ready and (state.seq != page.sent or role != page.role):
                page.sent, page.role = state.seq, role
                page.on_the_way += 1
                await page.socket.send_text(self._text(state, role))
            if page.wants_pictures and page.picture_sent == page.picture_seen < self._picture_number:
                page.picture_sent = self._picture_number
                await page.socket.send_bytes(self._picture_number.to_bytes(4, "big") + self._picture)

    def _text(self, state: State, role: str) -> str:
        """The state as JSON without what is at its default, made once for each role."""
        text = self._texts.get(role)
        if text is None:
            url = self._report_url if self.session.result_folder is not None else None
            shown = state.model_copy(update={"role": role, "result_url": url})
            body = shown.model_dump_json(exclude_defaults=True)
            text = f'{{"type":"state",{body[1:]}'
            self._texts[role] = text
        return text

    async def _follow(self) -> None:
        """Fetch each new state as soon as it is there."""
        seq = -1
        while True:
            state = await asyncio.to_thread(self.session.wait, seq, _WAIT_S)
            if state.seq == seq:
                continue
            seq = state.seq
            self._state = state
            self._texts.clear()
            for page in self._pages:
                page.wake.set()

    async def _watch(self) -> None:
        """Fetch the picture as often as a page can take one."""
        while True:
            await asyncio.sleep(PICTURE_EVERY_S)
            if not any(
                page.wants_pictures and page.picture_sent == page.picture_seen for page in self._pages
            ):
                continue
            picture = await asyncio.to_thread(self.session.preview_jpeg)
            if picture is None or picture is self._picture:
                continue
            self._picture = picture
            self._picture_number += 1
            for page in self._pages:
                page.wake.set()


def _for_everybody(message: Command) -> bool:
    """Whoever sees that something is wrong may stop it, watching or not."""
    return isinstance(message, Stop) or (isinstance(message, Simple) and message.type == "pause")


async def _next_message(socket: WebSocket) -> str | bytes:
    """What a page sent, as text or not: what it means is another question.

    Raises
    ------
    WebSocketDisconnect
        The page is gone.
    """
    received = await socket.receive()
    if received["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(received.get("code", 1006), received.get("reason"))
    text = received.get("text")
    message = text if text is not None else received.get("bytes") or b""
    return message if len(message) <= LARGEST_MESSAGE else b""  # pictures may be larger, on their own way
