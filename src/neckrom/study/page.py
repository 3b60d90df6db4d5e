"""How the pages of a study are laid out."""

from __future__ import annotations

from collections.abc import Mapping

import jinja2
from markupsafe import Markup

from neckrom.report.content import Table
from neckrom.saying.grades import css
from neckrom.study.report_content import Chart, ReportContent


def laid_out(content: ReportContent, drawn: Mapping[str, Markup], language: str) -> str:
    """One file that needs nothing else; everything from outside is escaped.

    Parameters
    ----------
    content : ReportContent
    drawn : mapping of str to Markup
        Our own drawings, by name and width.
    language : str
        Of all words in it.

    Returns
    -------
    str
        HTML.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("neckrom.study", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["table"] = lambda part: isinstance(part, Table)
    environment.tests["chart"] = lambda part: isinstance(part, Chart)
    page = environment.get_template("report.html.j2")
    return page.render(content=content, colours=css(), drawn=drawn, language=language)
