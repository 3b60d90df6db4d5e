"""A page that has the session's camera: what it and the server say to each other.

The page sends each picture as one binary message: a number, when it was taken by the page's clock, and a
JPEG. It gets an answer to each as soon as that is looked at, and has at most :data:`ON_THE_WAY` pictures
without one; so what cannot keep up (page, line or machine) leaves pictures out before it has spent anything on
them, and none waits to grow old. In between the server asks for
the page's clock. One page has the camera; another one gets it when it asks for it, or when that one sends
no good picture any more.
"""

from __future__ import annotations

import asyncio
import json
import logging
import struct
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from neckrom.live.contract import Stop
from neckrom.live.pushed import LARGEST_PICTURE, Kind, PageClock, PushedSource, Refusal
from neckrom.web.remembered_camera import RememberedCamera

log = logging.getLogger(__name__)

HEAD = struct.Struct("<IdI")
"""Before each picture: its number, when it was taken (ms of the page's clock), and how many the camera gave so far."""
LARGEST_CAMERA_MESSAGE = LARGEST_PICTURE + HEAD.size
ON_THE_WAY: dict[Kind, int] = {"browser": 1, "phone": 2}
"""On the same machine the answer is there before the camera's next picture; over the air the next one leaves before."""
TAKEN_OVER, BUSY, NOT_UNDERSTOOD, OVER = 4001, 4002, 4003, 4004
"""Codes with which a page's connection is closed; its script knows them, too (``camera_sender.js``)."""
IDLE_S = 5.0
"""A page that sent no good picture for so long has the camera no longer for itself."""
_LARGEST_TEXT = 2048
_MOST_BAD = 100
"""In a row, then there is no talking to it."""
_LOOK_S = 0.5
_ASK_FIRST_S, _ASK_S = 0.1, 1.0
_FIRST_QUESTIONS = 4
_MOST_ASKED = 4
_LABEL = 80


class Stage(StrEnum):
    """How far a session with a page's camera is."""

    WAITING = "waiting"
    """For the first picture."""
    STARTING = "starting"
    """The models are loaded."""
    RUNNING = "running"
    OVER = "over"
    """No picture is needed any more."""
    FAILED = "failed"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Hello(_Strict):
    """What the browser calls the camera."""

    type: Literal["hello"]
    label: Annotated[str, Field(max_length=400)] = ""


class Clock(_Strict):
    """What the page's clock shows, ms, when it was asked."""

    type: Literal["clock"]
    id: int
    now: float


class Trouble(_Strict):
    """What keeps the page from sending; null: nothing any more."""

    type: Literal["trouble"]
    why: Literal["denied", "none", "busy", "missing", "ended", "hidden"] | None


class Halt(_Strict):
    """Stop was tapped: nothing goes on until it is said why, or that it was a mistake."""

    type: Literal["halt"]


class GoOn(_Strict):
    """It was a mistake."""

    type: Literal["go_on"]


Stopping = Halt | GoOn | Stop
_FROM_PAGE: TypeAdapter[Hello | Clock | Trouble | Stopping] = TypeAdapter(
    Annotated[Hello | Clock | Trouble | Stopping, Field(discriminator="type")]
)


@dataclass(slots=True, eq=False)
class _Sender:
    socket: WebSocket
    name: str
    """What the page calls itself, so that it keeps the camera over a reload."""
    clock: PageClock = field(default_factory=PageClock)
    asked: dict[int, int] = field(default_factory=dict)
    good_s: float = field(default_factory=time.monotonic)
    stopping: Callable[[Stopping], None] | None = None
    """Takes what the page says of stopping; a page that has the session's own buttons says nothing of it here."""
    sends: bool = False
    bad: int = 0


class PageCamera:
    """The camera of a session that a page has; lives in one event loop.

    Parameters
    ----------
    source : PushedSource
    begin : callable
        Starts the session; called once in a thread of its own, when the first good picture came.
    size : tuple of two int
        Width and height to ask the camera for.
    fps : float
    remembered : RememberedCamera, optional
        Which camera the page is to take where it has the choice, and where the one that it took is kept.
    """

    def __init__(
        self,
        source: PushedSource,
        begin: Callable[[], None],
        *,
        size: tuple[int, int],
        fps: float,
        remembered: RememberedCamera | None = None,
    ) -> None:
        self.source = source
        self.trouble: str | None = None
        """What the page that has the camera said last."""
        self._begin = begin
        self._wanted = {
            "width": size[0],
            "height": size[1],
            "fps": fps,
            "on_the_way": ON_THE_WAY[source.kind],
            "label": remembered.label if remembered is not None else "",
        }
        self._remembered = remembered
        self._label = ""
        self._stage = Stage.WAITING
        self._sender: _Sender | None = None
        self._starting: asyncio.Task[None] | None = None
        self._listeners: set[asyncio.Event] = set()
        self._answers: set[asyncio.Task[None]] = set()

    @property
    def stage(self) -> Stage:
        """How far it is."""
        if self._failed():
            return Stage.FAILED
        return Stage.OVER if self._stage is Stage.RUNNING and self.source.closed else self._stage

    @property
    def connected(self) -> bool:
        """Whether a page has the camera, sending or not."""
        return self._sender is not None

    @property
    def sends(self) -> bool:
        """Whether good pictures came a moment ago."""
        sender = self._sender
        return sender is not None and sender.sends and time.monotonic() - sender.good_s < IDLE_S

    def check(self) -> None:
        """Raise what kept the session from starting, if anything did."""
        if self._starting is not None and self._failed():
            self._starting.result()

    def listen(self, changed: asyncio.Event) -> None:
        """Have an event set whenever something changes."""
        self._listeners.add(changed)

    def forget(self, changed: asyncio.Event) -> None:
        """No more of that."""
        self._listeners.discard(changed)

    async def attend(
        self,
        socket: WebSocket,
        name: str,
        *,
        take: bool = False,
        beside: Callable[[WebSocket], Awaitable[None]] | None = None,
        stopping: Callable[[Stopping], None] | None = None,
    ) -> None:
        """Serve a page that wants to send pictures, until it goes away.

        Parameters
        ----------
        socket : WebSocket
        name : str
            What the page calls itself.
        take : bool
            Take the camera from another page.
        beside : callable, optional
            Tells the page something else meanwhile; ended with it.
        stopping : callable, optional
            Takes what the page says of stopping; without it such words have no sense.
        """
        await socket.accept()
        if not self._may_have(name, take=take):
            await socket.close(BUSY, "another page has the camera")
            return
        sender, previous = _Sender(socket, name, stopping=stopping), self._sender
        self._sender = sender
        if previous is not None:
            await _close(previous.socket, TAKEN_OVER, "another page has the camera now")
        works = [asyncio.create_task(self._ask(sender)), asyncio.create_task(self._tell_stages(socket))]
        if beside is not None:
            works.append(asyncio.create_task(_until_gone(beside, socket)))
        self.tell()
        try:
            await self._read(sender)
        except (WebSocketDisconnect, RuntimeError):  # a socket that was closed meanwhile
            pass
        finally:
            for work in works:
                work.cancel()
            await asyncio.gather(*works, return_exceptions=True)
            if self._sender is sender:
                self._sender = None
            self.tell()

    async def turn_away(self) -> None:
        """End the connection of the page that has the camera."""
        if self._sender is not None:
            await _close(self._sender.socket, TAKEN_OVER, "another page has the camera now")

    def _may_have(self, name: str, *, take: bool) -> bool:
        sender = self._sender
        return sender is None or take or sender.name == name or time.monotonic() - sender.good_s > IDLE_S

    # --------------------------------------------------------------- from page

    async def _read(self, sender: _Sender) -> None:
        while True:
            received = await sender.socket.receive()
            if received["type"] == "websocket.disconnect":
                return
            data = received.get("bytes")
            good = (
                await self._take_picture(sender, data)
                if data is not None
                else self._take_words(sender, received.get("text") or "")
            )
            sender.bad = 0 if good else sender.bad + 1
            if sender.bad >= _MOST_BAD:
                log.warning("a page that sends %d things without sense was turned away", _MOST_BAD)
                await _close(sender.socket, NOT_UNDERSTOOD, "not understood")
                return

    async def _take_picture(self, sender: _Sender, data: bytes) -> bool:
        """Offer a picture, and answer, once it is looked at or at once; False where it has no sense."""
        refusal: Refusal | None = Refusal.NOT_JPEG
        number = 0
        if len(data) >= HEAD.size:
            number, taken_ms, given = HEAD.unpack_from(data)
            done = partial(self._looked_at, asyncio.get_running_loop(), sender, number)
            refusal = self.source.offer(data[HEAD.size :], taken_ms, sender.clock, given, done)
        if refusal is not None:
            await sender.socket.send_text(json.dumps({"type": "took", "id": number, "why": refusal.value}))
        else:
            sender.good_s = time.monotonic()
            if not sender.sends:
                sender.sends = True
                self.tell()
            if self._stage is Stage.WAITING:
                self._stage = Stage.STARTING
                self._starting = asyncio.create_task(self._start())
                self._starting.add_done_callback(lambda _: self.tell())
                self.tell()
        return refusal in (None, Refusal.LATE, Refusal.TOO_MANY, Refusal.OVER)

    def _looked_at(self, loop: asyncio.AbstractEventLoop, sender: _Sender, number: int) -> None:
        """The page may send the next one; called by the thread that looks."""
        with suppress(RuntimeError):  # the server is closed
            loop.call_soon_threadsafe(self._answer, sender, number)

    def _answer(self, sender: _Sender, number: int) -> None:
        task = asyncio.create_task(_send(sender.socket, {"type": "took", "id": number}))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    def _take_words(self, sender: _Sender, text: str) -> bool:
        try:
            message = _FROM_PAGE.validate_json(text if len(text) <= _LARGEST_TEXT else "")
        except ValidationError:
            return False
        if isinstance(message, Clock):
            asked_ns = sender.asked.pop(message.id, None)
            if asked_ns is not None:
                sender.clock.answered(asked_ns, message.now, time.monotonic_ns())
        elif isinstance(message, Hello):
            self._label = message.label.strip()
            if self._stage is Stage.WAITING:
                self.source.label = _plain(message.label)
        elif isinstance(message, Stopping):
            if sender.stopping is None:
                return False
            sender.stopping(message)
        else:
            self.trouble = message.why
            self.tell()
        return True

    async def _start(self) -> None:
        await asyncio.to_thread(self._begin)
        self._stage = Stage.RUNNING
        if self._remembered is not None:
            await asyncio.to_thread(self._remembered.keep, self._label)

    def _failed(self) -> bool:
        task = self._starting
        return task is not None and task.done() and not task.cancelled() and task.exception() is not None

    # ----------------------------------------------------------------- to page

    async def _ask(self, sender: _Sender) -> None:
        """Ask for the page's clock, often at first, then once a second."""
        number = 0
        while True:
            number += 1
            sender.asked[number] = time.monotonic_ns()
            while len(sender.asked) > _MOST_ASKED:  # one that does not answer
                del sender.asked[next(iter(sender.asked))]
            await _send(sender.socket, {"type": "clock", "id": number})
            await asyncio.sleep(_ASK_FIRST_S if number < _FIRST_QUESTIONS else _ASK_S)

    async def _tell_stages(self, socket: WebSocket) -> None:
        """Say how far the session is, whenever that changes."""
        told = None
        changed = asyncio.Event()
        self.listen(changed)
        try:
            while told is not Stage.OVER:
                if self.stage is not told:
                    told = self.stage
                    await _send(socket, {"type": "stage", "stage": told.value, **self._wanted})
                await wait(changed, _LOOK_S)
        finally:
            self.forget(changed)
        await asyncio.sleep(_LOOK_S)
        await _close(socket, OVER, "over")

    def tell(self) -> None:
        """Wake everybody who listens."""
        for listener in self._listeners:
            listener.set()


async def wait(changed: asyncio.Event, most_s: float) -> None:
    """Until something changed, or so long."""
    try:
        await asyncio.wait_for(changed.wait(), most_s)
    except TimeoutError:
        return
    changed.clear()


async def _until_gone(work: Callable[[WebSocket], Awaitable[None]], socket: WebSocket) -> None:
    try:
        await work(socket)
    except (WebSocketDisconnect, RuntimeError):
        return


async def _send(socket: WebSocket, message: dict[str, Any]) -> None:
    try:
        await socket.send_text(json.dumps(message))
    except (WebSocketDisconnect, RuntimeError):
        return


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    try:
        await socket.close(code, reason)
    except (WebSocketDisconnect, RuntimeError):
        return


def _plain(label: str) -> str:
    """A name as it can stand in a heading and a record."""
    return " ".join("".join(each if each.isprintable() else " " for each in label).split())[:_LABEL]
