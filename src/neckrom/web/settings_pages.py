"""What stands at the head of every report, as a form."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, UploadFile
from fastapi import Form as FormField
from starlette.requests import Request
from starlette.responses import Response

from neckrom.errors import NeckromError
from neckrom.service.clinic import MAX_LOGO_BYTES, load_clinic, save_clinic, with_logo
from neckrom.web.desk import Desk, go_to
from neckrom.web.record_words import refusal

PLACE = "/settings"


def settings_routes(desk: Desk) -> APIRouter:
    """Show and change clinic, address, examiner and logo."""
    router = APIRouter()

    def shown(request: Request, *, status: int = 200, problem: str = "") -> Response:
        return desk.show(request, "settings.html.j2", status=status, problem=problem, clinic=load_clinic())

    @router.get(PLACE)
    def show(request: Request) -> Response:
        return shown(request)

    @router.get(f"{PLACE}/logo")
    def logo() -> Response:
        data = load_clinic().logo
        return Response(data, media_type="image/png") if data else Response("None.\n", 404)

    @router.post(PLACE)
    def change(
        request: Request,
        clinic: Annotated[str, FormField()] = "",
        address: Annotated[str, FormField()] = "",
        examiner: Annotated[str, FormField()] = "",
        logo: UploadFile | None = None,
        *,
        no_logo: Annotated[bool, FormField()] = False,
    ) -> Response:
        changed = replace(
            load_clinic(), clinic=clinic.strip(), address=address.strip(), examiner=examiner.strip()
        )
        try:
            if no_logo:
                changed = replace(changed, logo=b"")
            elif logo is not None and logo.filename:
                changed = with_logo(changed, logo.file.read(MAX_LOGO_BYTES + 1))
            save_clinic(changed)
        except NeckromError as error:
            return shown(request, status=400, problem=refusal(error, desk.texts(request)))
        return go_to(PLACE)

    return router
