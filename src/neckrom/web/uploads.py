"""How much may be sent to a page: a clip is large, everything else is small, and a disk has an end.

A form with a file is put on the disk before anybody looks at it, so what is too much has to be refused
before. Its sender is a browser that first sends all of it and then reads the answer: so it is read to
its end and thrown away, or nobody would see why it was refused.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neckrom.errors import InputError, NeckromError, OutputError

LARGEST_UPLOAD = 8 * 1000**3
"""Bytes of a clip: more than an hour of a phone's at its best."""
LARGEST_OTHER = 1000**2
KEPT_FREE = 500 * 1000**2
"""Bytes that an upload leaves free on the disk."""
_PATIENCE_S = 120.0
_FILE_FORM = "/import"


class UploadLimit:
    """Refuse what is too large before it is put anywhere.

    Parameters
    ----------
    app : ASGI application
    refuse : callable
        Lays out the page that says why.
    folder : Path
        Where an upload is kept until it is measured; before, it is among the system's temporary files.
    """

    def __init__(
        self, app: ASGIApp, refuse: Callable[[Request, NeckromError], Response], folder: Path
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        size = int(declared) if declared.isdigit() and len(declared) < 20 else None
        most = LARGEST_UPLOAD if scope["path"].endswith(_FILE_FORM) else LARGEST_OTHER
        problem = self._problem(size, most) if size is not None else None
        counted = _Counted(receive, most)
        if problem is None:
            await self._pass_on(scope, counted, send)
            problem = _too_large(most) if counted.exceeded and not counted.answered else None
        if problem is not None:
            if not counted.ended:  # nothing more would come, and nobody would be answered
                await _throw_away(receive)
            await self._refuse(Request(scope), problem)(scope, receive, send)

    async def _pass_on(self, scope: Scope, counted: _Counted, send: Send) -> None:
        """Let the application answer, unless more comes than may."""

        async def unless_exceeded(message: Message) -> None:
            if not counted.exceeded:
                counted.answered = True
                await send(message)

        try:
            await self._app(scope, counted, unless_exceeded)
        except Exception:
            if counted.exceeded:
                return
            raise

    def _problem(self, size: int, most: int) -> NeckromError | None:
        if size > most:
            return _too_large(most)
        if most == LARGEST_UPLOAD:
            # on the disk twice for a moment: as it is received, and as it is measured
            places = {_device(place): place for place in (Path(tempfile.gettempdir()), self._folder)}
            copies = 2 // len(places)
            for place in places.values():
                free = _free(place)
                if free < copies * size + KEPT_FREE:
                    return OutputError(
                        f"There is no room for this file: {size / 1e6:.0f} MB are sent, and {free / 1e6:.0f} MB "
                        "are free. Free some space; nothing was stored."
                    ).page_says("no_room_for", size=round(size / 1e6), free=round(free / 1e6))
        return None


class _Counted:
    """What is received, up to a number of bytes; then it seems that the sender went away."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most
        self.exceeded = False
        self.answered = False
        self.ended = False

    async def __call__(self) -> Message:
        if self.exceeded:
            return {"type": "http.disconnect"}
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        self.ended = not message.get("more_body", False)
        if self._left < 0:
            self.exceeded = True
            return {"type": "http.disconnect"}
        return message


async def _throw_away(receive: Callable[[], Awaitable[Message]]) -> None:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return


def _too_large(most: int) -> InputError:
    if most == LARGEST_UPLOAD:
        return InputError(
            f"The file is too large: the page takes {most / 1e9:.0f} GB at most. Cut the clip to the movements, "
            "or measure it with neckrom measure and import the result. Nothing was stored."
        ).page_says("file_too_large", most=round(most / 1e9))
    return InputError("That is too much for one form: shorten it. Nothing was stored.").page_says("too_long")


def _existing(place: Path) -> Path:
    return next((each for each in (place, *place.parents) if each.is_dir()), Path("/"))


def _device(place: Path) -> int:
    return _existing(place).stat().st_dev


def _free(place: Path) -> int:
    return shutil.disk_usage(_existing(place)).free
