"""What the session's own page needs where a page has the camera: its connection, and the code for a phone."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Annotated

import segno
from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from starlette.responses import PlainTextResponse, Response

from neckrom.web.page_camera import PageCamera, Stage, wait
from neckrom.web.phone_server import PhoneDesk

CAMERA_PAGE = "live_camera.html.j2"
PREFIX = "/live/camera"
MOST_VIEWERS = 8
_LOOK_S = 0.5
_NAME = r"^[A-Za-z0-9_-]{1,64}$"


def camera_routes(camera: PageCamera, phone: PhoneDesk | None) -> APIRouter:
    """Routes under :data:`PREFIX`.

    Parameters
    ----------
    camera : PageCamera
    phone : PhoneDesk or None
        Where the pictures come from a phone; else from the page itself.
    """
    router = APIRouter(prefix=PREFIX)
    if phone is None:

        @router.websocket("")
        async def pictures(
            websocket: WebSocket, page: Annotated[str, Query(pattern=_NAME)], *, take: bool = False
        ) -> None:
            await camera.attend(websocket, page, take=take)

        return router

    viewers: set[WebSocket] = set()

    @router.websocket("")
    async def pairing(websocket: WebSocket) -> None:
        if len(viewers) >= MOST_VIEWERS:
            await websocket.close(1013, "too many pages")
            return
        await websocket.accept()
        viewers.add(websocket)
        telling = asyncio.create_task(_tell(websocket, phone))
        try:
            while (await websocket.receive())["type"] != "websocket.disconnect":
                continue
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            viewers.discard(websocket)
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    @router.get("/code")
    def code() -> Response:
        address = phone.port.access.address
        if address is None:
            return PlainTextResponse("No code is shown now.\n", 404)
        return Response(code_for(address), media_type="image/svg+xml")

    return router


async def _tell(websocket: WebSocket, phone: PhoneDesk) -> None:
    """How pairing and phone are, whenever it changes."""
    changed, told = asyncio.Event(), ""
    phone.camera.listen(changed)
    try:
        while True:
            text = json.dumps(phone.shown())
            if text != told:
                told = text
                await websocket.send_text(text)
            if phone.camera.stage is Stage.OVER and phone.port.closed:
                return
            await wait(changed, _LOOK_S)
    except (WebSocketDisconnect, RuntimeError):
        return
    finally:
        phone.camera.forget(changed)


def code_for(address: str) -> bytes:
    """A QR code (ISO/IEC 18004) as SVG: black on white whatever the page looks like, with its quiet zone."""
    data = io.BytesIO()
    segno.make_qr(address, error="m").save(
        data, kind="svg", dark="#000", light="#fff", border=4, scale=6, omitsize=True, xmldecl=False
    )
    return data.getvalue()
