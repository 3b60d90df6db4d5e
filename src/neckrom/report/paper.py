"""How everything that is handed out looks on paper: one set of styles, tables and boxes for all PDFs.

Text is set in Helvetica, which every reader has; what it lacks (signs, names in other scripts) in
DejaVu Sans, which comes with matplotlib and is embedded. The PDFs carry their language but no tags:
the library that writes them has none to give. Who listens instead of reading takes the HTML, which
has the same content.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
from matplotlib.figure import Figure
from reportlab import rl_config
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch, mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    Image,
    KeepInFrame,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from neckrom.messages import Messages
from neckrom.report.content import Table as Cells
from neckrom.report.plotting import Maker, png_of
from neckrom.saying.grades import LOOKS, Grade
from neckrom.saying.verdict import Verdict

SIDE, TOP, BOTTOM = 15 * mm, 13 * mm, 17 * mm
WIDTH = A4[0] - 2 * SIDE
HEIGHT = A4[1] - TOP - BOTTOM
_FEW_PICTURES = 2
_MOST_STRETCH = 1.45
_BESIDE_FEW, _BESIDE_MANY = (0.76, 1), (0.53, 3)
"""Share of the width that the figure takes beside few and many pictures, and columns of these."""
INK = colors.HexColor("#1a1a1a")
QUIET = colors.HexColor("#4a4a4a")
LINE = colors.HexColor("#b8b8b8")

BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=12.8, textColor=INK)
BOLD = ParagraphStyle("bold", parent=BODY, fontName="Helvetica-Bold")
QUIET_BODY = ParagraphStyle("quiet", parent=BODY, textColor=QUIET)
FOUND = ParagraphStyle("found", parent=BOLD, fontSize=12.5, leading=15.5)
TITLE = ParagraphStyle("title", parent=BOLD, fontSize=19, leading=23)
SECTION = ParagraphStyle(
    "section", parent=BOLD, fontSize=12.5, leading=15, spaceBefore=8, spaceAfter=3, keepWithNext=1
)
SMALL = ParagraphStyle("small", parent=BODY, fontSize=8.4, leading=10.4)
SMALL_BOLD = ParagraphStyle("small bold", parent=SMALL, fontName="Helvetica-Bold")
SMALL_POINT = ParagraphStyle("small point", parent=SMALL, leftIndent=9, bulletIndent=0)
FINE = ParagraphStyle("fine", parent=BODY, fontSize=6.6, leading=8.2, textColor=QUIET, splitLongWords=1)


# ------------------------------------------------------------------------ text


def paragraph(text: str, style: ParagraphStyle = BODY, *, bullet: str | None = None) -> Paragraph:
    """Text from anywhere, escaped."""
    register_fonts()
    return Paragraph(safe(text), style, bulletText=bullet)


def safe(text: str) -> str:
    """Escape, and set what Helvetica lacks in DejaVu Sans."""
    runs = ((plain, "".join(chars)) for plain, chars in groupby(text, key=_in_helvetica))
    return "".join(
        escape(run) if plain else f'<font name="DejaVuSans">{escape(run)}</font>' for plain, run in runs
    )


def font_of(text: str, *, bold: bool = False) -> str:
    """One font that has all of a short text."""
    register_fonts()
    if all(map(_in_helvetica, text)):
        return "Helvetica-Bold" if bold else "Helvetica"
    return "DejaVuSans"


def _in_helvetica(char: str) -> bool:
    try:
        char.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


@cache
def register_fonts() -> None:
    """Make the fallback font known, once."""
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    pdfmetrics.registerFont(TTFont("DejaVuSans", str(folder / "DejaVuSans.ttf")))


# ----------------------------------------------------------------------- parts


def cells_table(cells: Cells, *, small: bool = False, width: float = WIDTH) -> Table:
    """A table; rows that are raised or to be read with care are tinted and have a line before them."""
    plain, bold = (SMALL, SMALL_BOLD) if small else (BODY, BOLD)
    head = [paragraph(column, bold) for column in cells.columns]
    body = [
        [paragraph(cell, bold if column == 0 else plain) for column, cell in enumerate(row)]
        for row in cells.rows
    ]
    total = sum(cells.widths)
    table = Table(
        [head, *body],
        colWidths=[share / total * width for share in cells.widths],
        repeatRows=1,
        hAlign="LEFT",
    )
    style: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5 if small else 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2 if small else 3),
        ("LINEBELOW", (0, 0), (-1, 0), 1.2, INK),
        ("LINEBELOW", (0, 1), (-1, -1), 0.5, LINE),
    ]
    for row, grade in enumerate(cells.grades, start=1):
        if grade in (Grade.STOP, Grade.RAISED, Grade.CAUTION):
            look = LOOKS[grade]
            style += [
                ("BACKGROUND", (0, row), (-1, row), colors.HexColor(look.tint)),
                ("LINEBEFORE", (0, row), (0, row), 3, colors.HexColor(look.ink)),
            ]
    table.setStyle(TableStyle(style))
    return table


def verdict_box(verdict: Verdict, last: str) -> Table:
    """The verdict, the most important line large, in the colours of its grade."""
    lines: list[Flowable] = []
    for number, finding in enumerate(verdict.findings):
        style = FOUND if number == 0 else BODY
        lines.append(paragraph(f"{finding.sign} {finding.text}", style))
        lines.append(Spacer(0, 3 if number == 0 else 1.5))
    lines += [paragraph(text, QUIET_BODY) for text in (verdict.meaning, last) if text]
    look = LOOKS[verdict.grade]
    table = Table([[lines]], colWidths=[WIDTH], hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), colors.HexColor(look.tint)),
                ("BOX", (0, 0), (-1, -1), 0.7, LINE),
                ("LINEBEFORE", (0, 0), (0, -1), 5, colors.HexColor(look.ink)),
                ("LEFTPADDING", (0, 0), (-1, -1), 12),
                ("RIGHTPADDING", (0, 0), (-1, -1), 8),
                ("TOPPADDING", (0, 0), (-1, -1), 6),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
            ]
        )
    )
    return table


def boxed(content: Flowable) -> Table:
    """Something with a line around it."""
    table = Table([[content]], colWidths=[WIDTH], hAlign="LEFT")
    table.setStyle(TableStyle([*padding(8, 5), ("BOX", (0, 0), (-1, -1), 1.2, INK)]))
    return table


def heading(title: str, facts: Sequence[tuple[str, str]], logo: bytes) -> Table:
    """Title with what is known of the person under it, and the clinic's logo."""
    register_fonts()
    told = " · ".join(f"<b>{safe(name)}:</b> {safe(value)}" for name, value in facts)
    lines: list[Flowable] = [paragraph(title, TITLE), Paragraph(told, BODY)]
    picture: list[Flowable] = []
    share = 0.0
    if logo:
        width, height = ImageReader(io.BytesIO(logo)).getSize()
        shown = min(42 * mm, 16 * mm * width / height)
        picture, share = [Image(io.BytesIO(logo), shown, shown * height / width)], 44 * mm
    table = Table([[lines, picture]], colWidths=[WIDTH - share, share or 0.1], hAlign="LEFT")
    table.setStyle(
        TableStyle([*padding(0, 0), ("VALIGN", (0, 0), (-1, -1), "TOP"), ("ALIGN", (1, 0), (1, 0), "RIGHT")])
    )
    return table


def beside(left: Flowable, right: Flowable, share: float) -> Table:
    """Two things side by side; ``share`` of the width for the left one."""
    table = Table([[left, right]], colWidths=[share * WIDTH, (1 - share) * WIDTH], hAlign="LEFT")
    table.setStyle(TableStyle([*padding(0, 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def picture_grid(jpegs: Sequence[bytes], columns: int, width: float, height: float) -> Table:
    """Small pictures in rows, as large as room allows."""
    rows = -(-len(jpegs) // columns)
    gap = 4.0
    size = ImageReader(io.BytesIO(jpegs[0])).getSize()
    shown = min((width - (columns - 1) * gap) / columns, (height / rows - gap) * size[0] / size[1])
    cells: list[Any] = [Image(io.BytesIO(data), shown, shown * size[1] / size[0]) for data in jpegs]
    cells += [""] * (-len(cells) % columns)
    table = Table(
        [cells[at : at + columns] for at in range(0, len(cells), columns)],
        colWidths=[shown + gap] * columns,
        hAlign="LEFT",
    )
    table.setStyle(TableStyle([*padding(0, 0), ("BOTTOMPADDING", (0, 0), (-1, -1), gap)]))
    return table


def figure_with_pictures(draw: Callable[[bool], Figure], jpegs: Sequence[bytes], height: float) -> Flowable:
    """A figure, and beside it the pictures, as much of the width as they need.

    Parameters
    ----------
    draw : callable
        Makes the figure; True for a narrow one.
    jpegs : sequence of bytes
        None of them leaves the whole width to the figure.
    height : float
        At most.
    """
    if not jpegs:
        return chart(lambda: _stretched(draw(False), height / WIDTH), most_height=height)
    few = len(jpegs) <= _FEW_PICTURES
    share, columns = _BESIDE_FEW if few else _BESIDE_MANY
    width = share * WIDTH - 6
    figure = chart(lambda: _stretched(draw(False), height / width) if few else draw(True), width, height)
    grid = picture_grid(jpegs, columns, (1 - share) * WIDTH, float(figure.drawHeight))
    return beside(figure, grid, share)


def _stretched(figure: Figure, ratio: float) -> Figure:
    """A figure made higher, so that it fills the room: up to a height in so many of its widths."""
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, min(max(height, ratio * width), _MOST_STRETCH * height))
    return figure


def chart(make: Maker, width: float = WIDTH, most_height: float = HEIGHT) -> Image:
    """A figure, at its own size where it fits."""
    data, wide, high = png_of(make)
    shown = min(wide * inch, width, most_height * wide / high)
    return Image(io.BytesIO(data), width=shown, height=shown * high / wide)


def padding(sides: float, above_and_below: float) -> list[tuple[Any, ...]]:
    """Of all cells of a table."""
    everywhere = ((0, 0), (-1, -1))
    return [
        ("LEFTPADDING", *everywhere, sides),
        ("RIGHTPADDING", *everywhere, sides),
        ("TOPPADDING", *everywhere, above_and_below),
        ("BOTTOMPADDING", *everywhere, above_and_below),
    ]


def height_of(flowables: Sequence[Flowable]) -> float:
    """How much room they take below each other."""
    return sum(
        flowable.wrap(WIDTH, HEIGHT)[1] + flowable.getSpaceBefore() + flowable.getSpaceAfter()
        for flowable in flowables
    )


def one_page(flowables: list[Flowable], height: float = HEIGHT) -> KeepInFrame:
    """Everything on one page, set smaller where it would not fit."""
    return KeepInFrame(WIDTH, height - 1, flowables, mode="shrink")


# ----------------------------------------------------------------------- pages


def document_bytes(
    story: list[Flowable], texts: Messages, *, title: str, author: str, subject: str, footer: str
) -> bytes:
    """Lay a story out on A4, with footers that count the pages.

    Returns
    -------
    bytes
        The same for the same input: no clock, no random ids.
    """
    buffer = io.BytesIO()
    document = BaseDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=SIDE,
        rightMargin=SIDE,
        topMargin=TOP,
        bottomMargin=BOTTOM,
        title=title,
        author=author,
        subject=subject,
        lang=texts.language,
        invariant=1,
    )
    frame = Frame(SIDE, BOTTOM, WIDTH, HEIGHT, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate(frames=[frame])])
    with _binary_streams():
        document.build(story, canvasmaker=_canvas_maker(footer, texts))
    return buffer.getvalue()


_LOCK = threading.Lock()
"""reportlab's settings are global to the process: one document is laid out at a time."""


@contextmanager
def _binary_streams() -> Iterator[None]:
    """Pictures and pages as they are, not spelt out in ASCII (base 85): a fifth smaller, and no slow Python loop."""
    with _LOCK:
        usual = rl_config.useA85
        rl_config.useA85 = 0
        try:
            yield
        finally:
            rl_config.useA85 = usual


def _canvas_maker(footer: str, texts: Messages) -> type[Canvas]:
    """A canvas that knows the number of pages when it writes the footers."""

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
                line = paragraph(footer, SMALL)
                line.wrap(WIDTH - 80, 40)
                line.drawOn(self, SIDE, 8 * mm)
                self.setFont("Helvetica", 8.4)
                self.setFillColor(QUIET)
                number = texts.text("report.page", number=self.getPageNumber(), total=len(self._pages))
                self.drawRightString(A4[0] - SIDE, 8 * mm + 2.5, number)
                super().showPage()
            super().save()

    return NumberedCanvas
