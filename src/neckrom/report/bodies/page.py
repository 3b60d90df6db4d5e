"""``report.html`` of a run or a posture: one file that needs nothing else."""

from __future__ import annotations

import jinja2
from markupsafe import Markup

from neckrom.report.bodies.content import BodyContent
from neckrom.report.html import data_uri
from neckrom.report.plotting import svg_of
from neckrom.saying.grades import css


def body_html(content: BodyContent, *, clinicians: bool = True) -> str:
    """Lay the content out as a page; everything from outside is escaped.

    Parameters
    ----------
    content : BodyContent
    clinicians : bool
        Whether the part for clinicians stands behind the one for everybody.
    """
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.PackageLoader("neckrom.report", "."),
                jinja2.PackageLoader("neckrom.report.bodies", "."),
            ]
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("body_report.html.j2").render(
        content=content,
        clinicians=clinicians,
        colours=css(),
        images=[
            data_uri(block.shown.picture.jpeg()) if block.shown is not None else ""
            for block in content.blocks
        ],
        logo=data_uri(content.logo) if content.logo else "",
        drawn=[
            [_svg(content, number, phone=phone) for phone in (False, True)]
            for number in range(len(content.charts) if clinicians else 0)
        ],
    )


def _svg(content: BodyContent, number: int, *, phone: bool) -> Markup:
    """Our own drawing, the one thing that goes into the page unescaped."""
    chart, width = content.charts[number], "phone" if phone else "wide"
    drawn = svg_of(chart.draw(phone), f"c{number}{width[0]}", chart.description)
    return Markup(drawn.replace("<svg ", f'<svg class="{width}" ', 1))
