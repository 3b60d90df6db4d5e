"""``report.html``: one file that needs nothing else."""

from __future__ import annotations

import base64
from functools import partial

import jinja2
from markupsafe import Markup

from neckrom.report import figures
from neckrom.report.content import Content
from neckrom.report.plotting import Maker, svg_of
from neckrom.result import Result
from neckrom.saying.grades import css
from neckrom.types import AngleSeries, RangeOfMotion


def html_of(content: Content, result: Result, angles: AngleSeries | None, rom: RangeOfMotion) -> str:
    """Lay the content out as a page; everything from outside is escaped.

    Parameters
    ----------
    angles : AngleSeries or None
        None where they are not at hand: then there is no figure of them.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("neckrom.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawn = {}
    makers: list[tuple[str, str, Maker]] = []
    for name, phone in (("wide", False), ("phone", True)):
        client = partial(figures.client_figure, result, content.texts, phone=phone)
        rom_chart = partial(figures.rom_figure, result, phone=phone, texts=content.texts)
        makers += [(f"client_{name}", content.described, client)]
        makers += [(f"rom_{name}", content.rom_description, rom_chart)]
        if angles is not None:
            traces = partial(figures.trace_figure, angles, rom, phone=phone, texts=content.texts)
            makers += [(f"trace_{name}", content.trace_description, traces)]
    for name, label, make in makers:
        width = name.rpartition("_")[2]
        drawn[name] = _svg(make, name[0] + width[0], label, width)
    return environment.get_template("report.html.j2").render(
        content=content,
        colours=css(),
        images=[data_uri(shot.picture.jpeg()) for shot in content.shots],
        logo=data_uri(content.logo) if content.logo else "",
        drawn=drawn,
    )


def data_uri(picture: bytes) -> str:
    """A picture to stand inside a page."""
    kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"


def _svg(make: Maker, prefix: str, label: str, css_class: str) -> Markup:
    """Our own drawing, the one thing that goes into the page unescaped."""
    return Markup(svg_of(make, prefix, label).replace("<svg ", f'<svg class="{css_class}" ', 1))
