"""A sheet to hand out, as a page and on paper: a figure, a table and plain words, in one language."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import jinja2
import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch, mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    Flowable,
    Image,
    KeepTogether,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from neckrom.records.clinician_page import Detail
from neckrom.report.plotting import png_of, svg_of

_SIDE = 16 * mm
_WIDTH = A4[0] - 2 * _SIDE
_INK, _LINE, _CALM = colors.HexColor("#1a1a1a"), colors.HexColor("#b8b8b8"), colors.HexColor("#f3f6f9")


@dataclass(frozen=True, slots=True)
class Handout:
    """Everything that a hand-out says, in one language.

    Attributes
    ----------
    language, title, who : str
    summary : tuple of str
        What was found, most important first.
    columns, rows : tuple
        Of the table of movements; six columns.
    shares : tuple of float
        Of the width, by column, on paper.
    sessions_title : str
    sessions : tuple of str
        None in the sheet of a single session.
    notes : tuple of str
        The last one stands out.
    draw : callable
        Makes the figure; True for a narrow window.
    described : str
        The figure in words.
    details : tuple of Detail
        For the clinician, on pages of their own; none where no result is at hand.
    """

    language: str
    title: str
    who: str
    summary: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...]
    sessions_title: str
    sessions: tuple[str, ...]
    notes: tuple[str, ...]
    draw: Callable[[bool], Figure]
    described: str
    details: tuple[Detail, ...] = ()


def handout_html(handout: Handout) -> str:
    """One file that needs nothing else; everything from outside is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("neckrom.records", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    figures = {name: _svg(handout, name, phone=name == "phone") for name in ("wide", "phone")}
    return environment.get_template("handout.html.j2").render(handout=handout, figures=figures)


def handout_pdf(handout: Handout) -> bytes:
    """The same on A4; the same bytes for the same hand-out."""
    _register_fonts()
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=_SIDE,
        rightMargin=_SIDE,
        topMargin=12 * mm,
        bottomMargin=12 * mm,
        title=f"{handout.title}: {handout.who}",
        author="neckrom",
        lang=handout.language,
        invariant=1,
    )
    body = ParagraphStyle("body", fontName="DejaVuSans", fontSize=10.5, leading=13.5, textColor=_INK)
    bold = ParagraphStyle("bold", parent=body, fontName="DejaVuSans-Bold")
    note = ParagraphStyle("note", parent=body, fontSize=9, leading=11.5, spaceAfter=2)
    title = ParagraphStyle("title", parent=bold, fontSize=18, leading=23)
    section = ParagraphStyle("section", parent=bold, fontSize=13, leading=17, spaceBefore=10, spaceAfter=3)
    story: list[Flowable] = [
        Paragraph(escape(handout.title), title),
        Paragraph(escape(handout.who), body),
        Spacer(0, 6),
        _box(
            [
                Paragraph(escape(line), bold if not index else body)
                for index, line in enumerate(handout.summary)
            ]
        ),
        Spacer(0, 8),
        _figure(handout),
        Spacer(0, 6),
        _pdf_table(handout.columns, handout.rows, handout.shares, body),
        *([Paragraph(escape(handout.sessions_title), section)] if handout.sessions else []),
        *(Paragraph(escape(line), body) for line in handout.sessions),
        Spacer(0, 6),
        *(Paragraph(escape(line), note) for line in handout.notes[:-1]),
        Spacer(0, 4),
        _box([Paragraph(escape(handout.notes[-1]), body)]),
        *_pdf_details(handout, section, note),
    ]
    document.build(story)
    return buffer.getvalue()


# ----------------------------------------------------------------------- parts


def _svg(handout: Handout, name: str, *, phone: bool) -> Markup:
    """Our own drawing, the one thing that goes into the page unescaped."""
    drawn = svg_of(
        lambda: handout.draw(phone),
        name[0],
        handout.described,
    )
    return Markup(drawn.replace("<svg ", f'<svg class="{name}" ', 1))


def _figure(handout: Handout) -> Image:
    data, width, height = png_of(lambda: handout.draw(False))
    shown = min(width * inch, _WIDTH)
    return Image(io.BytesIO(data), width=shown, height=shown * height / width)


def _box(lines: list[Flowable]) -> Table:
    table = Table([[lines]], colWidths=[_WIDTH])
    table.setStyle(
        TableStyle([("BACKGROUND", (0, 0), (-1, -1), _CALM), ("BOX", (0, 0), (-1, -1), 0.7, _LINE)])
    )
    return table


def _pdf_details(handout: Handout, section: ParagraphStyle, text: ParagraphStyle) -> Iterator[Flowable]:
    if handout.details:
        yield PageBreak()
    for detail in handout.details:
        title = Paragraph(escape(detail.title), section)
        if detail.rows:
            yield title
            yield _pdf_table(detail.columns, detail.rows, detail.shares, text)
            yield Spacer(0, 4)
            yield from (Paragraph(escape(line), text) for line in detail.lines)
        else:
            yield KeepTogether([title, *(Paragraph(escape(line), text) for line in detail.lines)])


def _pdf_table(
    columns: tuple[str, ...],
    cells: tuple[tuple[str, ...], ...],
    shares: tuple[float, ...],
    body: ParagraphStyle,
) -> Table:
    bold = ParagraphStyle("bold", parent=body, fontName="DejaVuSans-Bold")
    rows = [[Paragraph(escape(name), bold) for name in columns]]
    rows += [
        [Paragraph(escape(cell), bold if not column else body) for column, cell in enumerate(row)]
        for row in cells
    ]
    table = Table(rows, colWidths=[share * _WIDTH for share in shares], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 3),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
                ("LINEBELOW", (0, 0), (-1, 0), 1.2, _INK),
                ("LINEBELOW", (0, 1), (-1, -1), 0.5, _LINE),
            ]
        )
    )
    return table


@cache
def _register_fonts() -> None:
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    for name in ("DejaVuSans", "DejaVuSans-Bold"):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))
