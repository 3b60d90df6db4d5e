"""``report.html``: one file that needs nothing else."""

from __future__ import annotations

import base64

import jinja2
from markupsafe import Markup

from neckrom.report import figures, wording
from neckrom.report.content import Content
from neckrom.report.plotting import Maker, svg_of
from neckrom.result import Result
from neckrom.types import AngleSeries, RangeOfMotion


def html_of(content: Content, result: Result, angles: AngleSeries, rom: RangeOfMotion) -> str:
    """Lay the content out as a page; everything from outside is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("neckrom.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        content=content,
        no_diagnosis=wording.NO_DIAGNOSIS,
        images=[base64.b64encode(shot.picture.jpeg()).decode("ascii") for shot in content.shots],
        rom_wide=_svg(lambda: figures.rom_figure(result), "rw", content.rom_description, "wide"),
        rom_phone=_svg(
            lambda: figures.rom_figure(result, phone=True), "rp", content.rom_description, "phone"
        ),
        trace_wide=_svg(lambda: figures.trace_figure(angles, rom), "tw", content.trace_description, "wide"),
        trace_phone=_svg(
            lambda: figures.trace_figure(angles, rom, phone=True), "tp", content.trace_description, "phone"
        ),
    )


def _svg(make: Maker, prefix: str, label: str, css_class: str) -> Markup:
    """Our own drawing, the one thing that goes into the page unescaped."""
    return Markup(svg_of(make, prefix, label).replace("<svg ", f'<svg class="{css_class}" ', 1))
