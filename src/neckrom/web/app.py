"""What all pages share: the guarded application, the files that it may hand out, the templates.

To add pages of your own::

    access = Access(port)
    app = secured_app(access)
    pages = Pages()
    router = APIRouter()

    @router.get("/people")
    def people() -> Response:
        return pages.render("people.html.j2", title="People", ...)

    app.include_router(router)

A template starts with ``{% extends "base.html.j2" %}``; style sheets and modules put into ``static/``
are handed out under ``/assets/`` without further ado. No inline style or script works on any page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

import jinja2
from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from neckrom.handouts.templates import template_loader
from neckrom.messages import LANGUAGES, load_messages
from neckrom.web.access import Access, Guard

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that the server hands out, read once at the start."""

    data: bytes
    media_type: str


def secured_app(access: Access) -> FastAPI:
    """Make an application that answers nobody but the user's own browser.

    It hands out the style sheet, the modules and the texts; pages are added with ``include_router``.

    Parameters
    ----------
    access : Access

    Returns
    -------
    FastAPI
        Without documentation pages; every request passes :class:`~neckrom.web.access.Guard`.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_middleware(Guard, access=access)
    app.include_router(shared_files())
    return app


def read_assets() -> dict[str, Asset]:
    """Everything in ``static/``: a fixed table, so that no name in a request reaches the disk."""
    folder = files("neckrom.web") / "static"
    return {
        item.name: Asset(item.read_bytes(), _TYPES[suffix])
        for item in folder.iterdir()
        if (suffix := item.name.rpartition(".")[2]) in _TYPES
    }


def shared_files(names: frozenset[str] | None = None) -> APIRouter:
    """Routes of the texts, and of the files in ``static/``.

    Parameters
    ----------
    names : frozenset of str, optional
        Only these files; all of them if not given.
    """
    router = APIRouter()
    assets = {name: asset for name, asset in read_assets().items() if names is None or name in names}
    words = {
        language: Asset(
            json.dumps(
                {"language": language, "texts": dict(load_messages(language).texts)}, ensure_ascii=False
            ).encode("utf-8"),
            "application/json",
        )
        for language in LANGUAGES
    }

    @router.get("/assets/{name}")
    def asset(name: str) -> Response:
        return _from_table(assets, name)

    @router.get("/words/{language}")
    def texts(language: str) -> Response:
        return _from_table(words, language)

    return router


def _from_table(table: Mapping[str, Asset], name: str) -> Response:
    found = table.get(name)
    if found is None:
        return PlainTextResponse("No such page.\n", 404)
    return Response(found.data, media_type=found.media_type)


class Pages:
    """The templates, with everything from outside escaped."""

    def __init__(self) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.ChoiceLoader([jinja2.PackageLoader("neckrom.web", "templates"), template_loader()]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, template: str, *, language: str = "en", status: int = 200, **values: object) -> Response:
        """Lay out a page.

        Parameters
        ----------
        template : str
            File in ``templates/``.
        language : str
            Of the page; ``text`` in the template looks keys up in it.
        status : int
        **values
            For the template.
        """
        messages = load_messages(language)
        page = self._environment.get_template(template).render(
            language=messages.language, text=messages.text, languages=LANGUAGES, **values
        )
        return HTMLResponse(page, status)
