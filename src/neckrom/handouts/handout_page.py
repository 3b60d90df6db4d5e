"""A sheet to hand out, as a page and on paper: a figure, a table and plain words, in one language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import jinja2
from markupsafe import Markup
from matplotlib.figure import Figure
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, PageBreak, Spacer

from neckrom.handouts.clinician_page import Detail
from neckrom.handouts.templates import template_loader
from neckrom.handouts.trend_drawing import HEIGHT, WIDTH, Drawing
from neckrom.handouts.trend_on_paper import drawing_height, trend_grid
from neckrom.messages import load_messages
from neckrom.report import paper
from neckrom.report.content import Shot, Table
from neckrom.report.html import data_uri
from neckrom.report.paper import (
    BODY,
    SECTION,
    SMALL,
    boxed,
    cells_table,
    document_bytes,
    figure_with_pictures,
    heading,
    height_of,
    one_page,
    paragraph,
    verdict_box,
)
from neckrom.report.plotting import svg_of
from neckrom.saying.grades import Grade, css
from neckrom.saying.verdict import Verdict

_TREND_ROWS = 3
_LOWEST_FIGURE, _HIGHEST_FIGURE = 45 * mm, 118 * mm


@dataclass(frozen=True, slots=True)
class Handout:
    """Everything that a hand-out says, in one language.

    Attributes
    ----------
    language, title, who : str
    facts : tuple of (str, str)
        Who, when and by whom, as far as it is known.
    logo : bytes
        Of the clinic; empty for none.
    verdict : Verdict
    summary : tuple of str
        The lines of the verdict.
    table : Table
        Of the movements; six columns.
    sessions_title : str
    sessions : tuple of str
        None in the sheet of a single session.
    advice_title : str
    advice : tuple of str
        What to do next.
    notes : tuple of str
        The last one stands out.
    draw : callable, optional
        Makes the figure; True for a narrow window.
    described : str
        The figure in words.
    trends : callable, optional
        In place of a figure: the movements over time, laid out at a height.
    shots : tuple of Shot
        End-range pictures.
    details : tuple of Detail
        For the clinician, on pages of their own; none where no result is at hand.
    """

    language: str
    title: str
    who: str
    facts: tuple[tuple[str, str], ...]
    verdict: Verdict
    summary: tuple[str, ...]
    table: Table
    sessions_title: str
    sessions: tuple[str, ...]
    notes: tuple[str, ...]
    draw: Callable[[bool], Figure] | None = None
    described: str = ""
    trends: Callable[[float], tuple[Drawing, ...]] | None = None
    logo: bytes = b""
    advice_title: str = ""
    advice: tuple[str, ...] = ()
    shots: tuple[Shot, ...] = ()
    details: tuple[Detail, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Of the table of movements."""
        return self.table.columns

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Of the table of movements."""
        return self.table.rows


def handout_html(handout: Handout) -> str:
    """One file that needs nothing else; everything from outside is escaped."""
    environment = jinja2.Environment(
        loader=template_loader(),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("handout.html.j2").render(
        handout=handout,
        text=load_messages(handout.language).text,
        figures=_figures(handout),
        trends=handout.trends(HEIGHT) if handout.trends is not None else (),
        width=WIDTH,
        colours=css(),
        logo=data_uri(handout.logo) if handout.logo else "",
        images=[data_uri(shot.picture.jpeg()) for shot in handout.shots],
    )


def handout_pdf(handout: Handout) -> bytes:
    """The same on A4, the first page for the person; the same bytes for the same hand-out."""
    texts = load_messages(handout.language)
    story: list[Flowable] = [one_page(_first_page(handout)), *_pdf_details(handout)]
    return document_bytes(
        story,
        texts,
        title=f"{handout.title}: {handout.who}",
        author="neckrom",
        subject=handout.verdict.title,
        footer=handout.notes[-1],
    )


# ----------------------------------------------------------------------- parts


def _first_page(handout: Handout) -> list[Flowable]:
    above: list[Flowable] = [
        heading(handout.title, handout.facts, handout.logo),
        Spacer(0, 6),
        verdict_box(handout.verdict, ""),
        Spacer(0, 6),
    ]
    below: list[Flowable] = [
        cells_table(handout.table),
        *_lines(handout.sessions_title, handout.sessions),
        *_lines(handout.advice_title, handout.advice),
        Spacer(0, 4),
        *(paragraph(line, SMALL) for line in handout.notes[:-1]),
        Spacer(0, 4),
        boxed(paragraph(handout.notes[-1], BODY)),
    ]
    room = paper.HEIGHT - height_of([*above, *below]) - 8
    height = min(max(room, _LOWEST_FIGURE), _HIGHEST_FIGURE)
    if handout.trends is None and handout.draw is None:
        return [*above, *below]
    return [*above, _figure(handout, height), *below]


def _lines(title: str, lines: tuple[str, ...]) -> list[Flowable]:
    if not lines:
        return []
    return [paragraph(title, SECTION), *(paragraph(line, BODY) for line in lines)]


def _figure(handout: Handout, height: float) -> Flowable:
    if handout.trends is not None:
        none = load_messages(handout.language).text("course.not_measured")
        laid_out = handout.trends(drawing_height(_TREND_ROWS, paper.WIDTH, height))
        return trend_grid(laid_out, none, paper.WIDTH)
    draw = handout.draw
    assert draw is not None, "a hand-out has a figure or trends"
    return figure_with_pictures(draw, [shot.picture.jpeg() for shot in handout.shots], height)


def _figures(handout: Handout) -> dict[str, Markup]:
    """Our own drawing for a wide and a narrow window, the one thing that goes into the page unescaped."""
    draw = handout.draw
    if draw is None:
        return {}
    svgs = {
        name: svg_of(lambda phone=name == "phone": draw(phone), name[0], handout.described)  # type: ignore[misc]
        for name in ("wide", "phone")
    }
    return {name: Markup(svg.replace("<svg ", f'<svg class="{name}" ', 1)) for name, svg in svgs.items()}


def _pdf_details(handout: Handout) -> Iterator[Flowable]:
    if handout.details:
        yield PageBreak()
    for detail in handout.details:
        title = paragraph(detail.title, SECTION)
        if detail.rows:
            widths = tuple(round(1000 * share) for share in detail.shares)
            calm = tuple(Grade.CALM for _ in detail.rows)
            yield title
            yield cells_table(Table(detail.columns, detail.rows, calm, widths), small=True)
            yield Spacer(0, 3)
            yield from (paragraph(line, SMALL) for line in detail.lines)
        elif detail.drawings:
            none = load_messages(handout.language).text("course.not_measured")
            yield title
            yield from (trend_grid(group, none, paper.WIDTH) for group in detail.drawings)
            yield from (paragraph(line, SMALL) for line in detail.lines)
        else:
            yield KeepTogether([title, *(paragraph(line, SMALL) for line in detail.lines)])
