"""``report.pdf``: the same content on paper.

Text is set in Helvetica, which every reader has; what it lacks (signs, names in
other scripts) in DejaVu Sans, which comes with matplotlib and is embedded.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch, mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    Image,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from neckrom.report import content as words
from neckrom.report import figures, wording
from neckrom.report.plotting import Maker, png_of
from neckrom.result import Result
from neckrom.types import AngleSeries, RangeOfMotion

_SIDE, _TOP, _BOTTOM = 15 * mm, 15 * mm, 19 * mm
_WIDTH = A4[0] - 2 * _SIDE
_INK = colors.HexColor("#1a1a1a")
_QUIET = colors.HexColor("#4a4a4a")
_LINE = colors.HexColor("#b8b8b8")
_TINT = colors.HexColor("#fdf1e9")
_CALM = colors.HexColor("#f3f6f9")
_FLAG = colors.HexColor("#d55e00")
_FINE = colors.HexColor("#0072b2")

_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=11, leading=14.5, textColor=_INK)
_QUIET_BODY = ParagraphStyle("quiet", parent=_BODY, textColor=_QUIET, spaceBefore=4)
_NOTE = ParagraphStyle("note", parent=_BODY, spaceBefore=4)
_TITLE = ParagraphStyle(
    "title", parent=_BODY, fontName="Helvetica-Bold", fontSize=21, leading=26, spaceAfter=4
)
_SECTION = ParagraphStyle(
    "section",
    parent=_BODY,
    fontName="Helvetica-Bold",
    fontSize=14.5,
    leading=18,
    spaceBefore=14,
    spaceAfter=6,
)
_FOUND = ParagraphStyle(
    "found", parent=_BODY, fontName="Helvetica-Bold", fontSize=14.5, leading=19, spaceAfter=4
)
_POINT = ParagraphStyle("point", parent=_BODY, leftIndent=12, bulletIndent=1, spaceAfter=2)
_HEAD = ParagraphStyle("head", parent=_BODY, fontName="Helvetica-Bold", leading=13)
_TERM = ParagraphStyle("term", parent=_BODY, fontName="Helvetica-Bold", spaceBefore=6, keepWithNext=1)
_HASH = ParagraphStyle("hash", parent=_BODY, fontName="Courier", splitLongWords=1)


def pdf_of(content: words.Content, result: Result, angles: AngleSeries, rom: RangeOfMotion) -> bytes:
    """Lay the content out on A4.

    Returns
    -------
    bytes
        The same for the same input: no clock, no random ids.
    """
    _register_fonts()
    buffer = io.BytesIO()
    document = BaseDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=_SIDE,
        rightMargin=_SIDE,
        topMargin=_TOP,
        bottomMargin=_BOTTOM,
        title=f"Neck range of motion: {content.clip_name}",
        author=f"{result.tool.name} {result.tool.version}",
        subject=content.headline.title,
        lang="en",
        invariant=1,
    )
    frame = Frame(_SIDE, _BOTTOM, _WIDTH, A4[1] - _TOP - _BOTTOM, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate(frames=[frame])])
    document.build(_story(content, result, angles, rom), canvasmaker=_canvas_maker(content))
    return buffer.getvalue()


def _story(content: words.Content, result: Result, angles: AngleSeries, rom: RangeOfMotion) -> list[Flowable]:
    rom_chart = _chart(lambda: figures.rom_figure(result))
    trace_chart = _chart(lambda: figures.trace_figure(angles, rom))
    story: list[Flowable] = [
        Paragraph("Neck range of motion", _TITLE),
        _facts(content),
        Spacer(0, 8),
        _found(content),
    ]
    story += [KeepTogether([_section("Range of motion against the reference"), rom_chart])]
    story += [KeepTogether([_table(content.movements), _paragraph(content.movements_note, _QUIET_BODY)])]
    story += _headed("Reasons, pain and trunk movement", _table(content.verdicts))
    notes = [_paragraph(line, _NOTE) for line in content.asymmetry_notes]
    story += [KeepTogether([_section("Left against right"), _table(content.asymmetry), *notes])]
    story += _pictures(content)
    story += [KeepTogether([_section("Angles over time"), trace_chart])]
    story += _trials(content)
    story += _quality(content)
    story += _headed("Method and sources", *_rows(content.method))
    story += [KeepTogether([_section("What this is, and what it is not"), _boxed(content.statement)])]
    return story


# ----------------------------------------------------------------------- parts


def _facts(content: words.Content) -> Table:
    rows = [[_paragraph(name, _QUIET_BODY), _paragraph(value)] for name, value in content.facts]
    table = Table(rows, colWidths=[0.24 * _WIDTH, 0.76 * _WIDTH])
    table.setStyle(TableStyle([*_padding(0, 1), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def _found(content: words.Content) -> Table:
    headline = content.headline
    lines: list[Flowable] = [_paragraph(headline.title, _FOUND)]
    lines += [_point(text) for text in headline.points]
    if headline.meaning:
        lines.append(_paragraph(headline.meaning))
    lines += [_paragraph(line) for line in headline.open_questions]
    lines.append(_paragraph(wording.NO_DIAGNOSIS, _QUIET_BODY))
    raised = bool(headline.points)
    table = Table([[lines]], colWidths=[_WIDTH])
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), _TINT if raised else _CALM),
                ("BOX", (0, 0), (-1, -1), 0.7, _LINE),
                ("LINEBEFORE", (0, 0), (0, -1), 5, _FLAG if raised else _FINE),
                ("LEFTPADDING", (0, 0), (-1, -1), 14),
                ("RIGHTPADDING", (0, 0), (-1, -1), 10),
                ("TOPPADDING", (0, 0), (-1, -1), 8),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 9),
            ]
        )
    )
    return table


def _table(data: words.Table) -> Table:
    head = [_paragraph(column, _HEAD) for column in data.columns]
    body = [
        [_paragraph(cell, _HEAD if column == 0 else _BODY) for column, cell in enumerate(row)]
        for row in data.rows
    ]
    table = Table([head, *body], colWidths=[width / 100 * _WIDTH for width in data.widths], repeatRows=1)
    style: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ("LINEBELOW", (0, 0), (-1, 0), 1.4, _INK),
        ("LINEBELOW", (0, 1), (-1, -1), 0.5, _LINE),
    ]
    for row, marked in enumerate(data.marked, start=1):
        if marked:
            style += [
                ("BACKGROUND", (0, row), (-1, row), _TINT),
                ("LINEBEFORE", (0, row), (0, row), 3, _FLAG),
            ]
    table.setStyle(TableStyle(style))
    return table


def _pictures(content: words.Content) -> list[Flowable]:
    if not content.shots:
        return _headed("At the end of range", _paragraph(content.no_shots))
    gap = 10.0
    edge = (_WIDTH - 2 * gap) / 3
    cells: list[list[Flowable]] = []
    for shot in content.shots:
        height, width = shot.picture.image.shape[:2]
        image = _image(shot.picture.jpeg(), edge, edge * height / width)
        cells.append([image, _paragraph(shot.caption, _QUIET_BODY)])
    cells += [[] for _ in range(-len(cells) % 3)]
    rows = [cells[i : i + 3] for i in range(0, len(cells), 3)]
    table = Table(rows, colWidths=[edge + gap, edge + gap, edge], hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 8),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    key = "White dashed line: neutral. Yellow arrow: where the head points. Dial: the same angle at its true size."
    head = [_section("At the end of range"), _paragraph(key, _QUIET_BODY), Spacer(0, 6)]
    return [CondPageBreak(110 * mm), *head, table]


def _trials(content: words.Content) -> list[Flowable]:
    if not content.trials.rows:
        return _headed("Trials", _paragraph("No movement was recognised."))
    lines = _headed("Trials", _table(content.trials))
    lines.append(_paragraph(content.trials_note, _QUIET_BODY))
    if content.trial_notes:
        lines += [_paragraph("Notes:", _TERM), *map(_point, content.trial_notes)]
    if content.set_aside:
        lines += [_paragraph("Seen, but not counted:", _TERM), *map(_point, content.set_aside)]
    return lines


def _quality(content: words.Content) -> list[Flowable]:
    warnings: list[Flowable] = [
        Paragraph(f"<b>Warning.</b> {_safe(text)}", _POINT, bulletText="•") for text in content.warnings
    ]
    return _headed("Quality of the measurement", *warnings, *_rows(content.quality))


def _rows(pairs: Sequence[tuple[str, str]]) -> list[Flowable]:
    lines: list[Flowable] = []
    for name, value in pairs:
        style = _HASH if name.startswith("SHA") else _BODY
        lines += [_paragraph(name, _TERM), _paragraph(value, style)]
    return lines


def _boxed(text: str) -> Table:
    table = Table([[_paragraph(text)]], colWidths=[_WIDTH])
    table.setStyle(TableStyle([*_padding(10, 9), ("BOX", (0, 0), (-1, -1), 1.4, _INK)]))
    return table


def _padding(sides: float, above_and_below: float) -> list[tuple[Any, ...]]:
    everywhere = ((0, 0), (-1, -1))
    return [
        ("LEFTPADDING", *everywhere, sides),
        ("RIGHTPADDING", *everywhere, sides),
        ("TOPPADDING", *everywhere, above_and_below),
        ("BOTTOMPADDING", *everywhere, above_and_below),
    ]


def _headed(title: str, *flowables: Flowable) -> list[Flowable]:
    """A section whose heading stays with the start of what follows."""
    return [CondPageBreak(60 * mm), _section(title), *flowables]


def _section(title: str) -> Paragraph:
    return Paragraph(_safe(title), _SECTION)


def _chart(make: Maker) -> Image:
    data, width, height = png_of(make)
    shown = min(width * inch, _WIDTH)
    return _image(data, shown, shown * height / width)


def _image(data: bytes, width: float, height: float) -> Image:
    return Image(io.BytesIO(data), width=width, height=height)


# ------------------------------------------------------------------------ text


def _point(text: str) -> Paragraph:
    return Paragraph(_safe(text), _POINT, bulletText="•")


def _paragraph(text: str, style: ParagraphStyle = _BODY) -> Paragraph:
    return Paragraph(_safe(text), style)


def _safe(text: str) -> str:
    """Escape, and set what Helvetica lacks in DejaVu Sans."""
    runs = ((plain, "".join(chars)) for plain, chars in groupby(text, key=_in_helvetica))
    return "".join(
        escape(run) if plain else f'<font name="DejaVuSans">{escape(run)}</font>' for plain, run in runs
    )


def _in_helvetica(char: str) -> bool:
    try:
        char.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _register_fonts() -> None:
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    pdfmetrics.registerFont(TTFont("DejaVuSans", str(folder / "DejaVuSans.ttf")))


# ----------------------------------------------------------------------- pages


def _canvas_maker(content: words.Content) -> type[Canvas]:
    """A canvas that knows the number of pages when it writes the footers."""
    footer = f"{wording.display_name(content.clip_name, 45)}. {wording.NO_DIAGNOSIS}"

    class NumberedCanvas(Canvas):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # type: ignore[arg-type]
            self._pages: list[dict[str, object]] = []

        def showPage(self) -> None:  # noqa: N802  (reportlab's name)
            self._pages.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]

        def save(self) -> None:
            for page in self._pages:
                self.__dict__.update(page)
                line = Paragraph(_safe(footer), _QUIET_BODY)
                line.wrap(_WIDTH - 80, 40)
                line.drawOn(self, _SIDE, 9 * mm)
                self.setFont("Helvetica", 11)
                self.setFillColor(_QUIET)
                number = self.getPageNumber()
                self.drawRightString(A4[0] - _SIDE, 9 * mm + 3.5, f"{number} of {len(self._pages)}")
                super().showPage()
            super().save()

    return NumberedCanvas
