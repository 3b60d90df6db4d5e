"""The drawing of a trend on paper; where everything lies stands in :mod:`neckrom.handouts.trend_drawing`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from reportlab.lib import colors
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, Spacer, Table, TableStyle

from neckrom.handouts.trend_drawing import LEFT, RIGHT, WIDTH, Drawing, Mark
from neckrom.report.paper import INK, LINE, QUIET, SMALL, SMALL_BOLD, font_of, paragraph

COLUMNS = 2
WORDS = 25.0
"""Height of the two lines over a drawing, in points."""
_BLUE = colors.HexColor("#0072b2")
_BAND = colors.HexColor("#dfe3e6")
_TEXT, _VALUE = 11.0, 13.0


def drawing_height(rows: int, width: float, height: float) -> float:
    """How high each drawing is to be laid out so that so many rows of them fit, in its own units."""
    return (height / rows - WORDS) * WIDTH / _drawn_width(width)


def trend_grid(drawings: Sequence[Drawing], none: str, width: float) -> Table:
    """Drawings side by side, each under its title and what is to be said of it.

    Parameters
    ----------
    drawings : sequence of Drawing
    none : str
        Stands where nothing was measured.
    width : float
        Of the grid, in points.
    """
    cells = [_cell(drawing, none, _drawn_width(width)) for drawing in drawings]
    rows = [cells[first : first + COLUMNS] for first in range(0, len(cells), COLUMNS)]
    for row in rows:
        _level(row, _drawn_width(width))
    rows[-1] += [[]] * (COLUMNS - len(rows[-1]))
    grid = Table(rows, colWidths=[width / COLUMNS] * COLUMNS, hAlign="LEFT")
    grid.setStyle(
        TableStyle(
            [
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return grid


def _drawn_width(width: float) -> float:
    return width / COLUMNS - 4


def _level(row: Sequence[list[Flowable]], width: float) -> None:
    """Have the drawings of a row stand side by side, however many lines the words over them take."""
    heights = [sum(words.wrap(width, 1000)[1] for words in cell[:-1]) for cell in row]
    for cell, height in zip(row, heights, strict=True):
        if height < max(heights):
            cell.insert(-1, Spacer(0, max(heights) - height))


def _cell(drawing: Drawing, none: str, width: float) -> list[Flowable]:
    said: Paragraph = paragraph(drawing.verdict or "\u00a0", SMALL_BOLD if drawing.real else SMALL)
    return [paragraph(drawing.title, SMALL_BOLD), said, _Trend(drawing, none, width)]


class _Trend(Flowable):
    """One drawing, as wide as is asked for; y runs upwards on paper."""

    def __init__(self, drawing: Drawing, none: str, width: float) -> None:
        super().__init__()
        self._drawing = drawing
        self._none = none
        self._scale = width / WIDTH
        self.width, self.height = width, drawing.height * self._scale

    def wrap(self, *_room: float) -> tuple[float, float]:
        """How large it is."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw it; called by reportlab with the canvas at its lower left corner."""
        canvas: Canvas = self.canv
        canvas.saveState()
        canvas.scale(self._scale, self._scale)
        if self._drawing.marks:
            self._axes(canvas)
            self._marks(canvas)
        else:
            self._text(canvas, WIDTH / 2, self._drawing.height / 2, self._none, align="middle", size=_VALUE)
        canvas.restoreState()

    def _axes(self, canvas: Canvas) -> None:
        drawing = self._drawing
        if drawing.band is not None:
            top, height = drawing.band
            canvas.setFillColor(_BAND)
            canvas.rect(LEFT, self._up(top + height), RIGHT - LEFT, height, stroke=0, fill=1)
        for y, label in drawing.ticks:
            self._line(canvas, y, LINE, 0.7)
            self._text(canvas, LEFT - 5, y + 4, label, align="end")
        if drawing.norm_y is not None and drawing.half_y is not None:
            self._line(canvas, drawing.norm_y, INK, 2.2)
            self._text(canvas, RIGHT + 4, drawing.norm_y + 4, drawing.norm)
            canvas.setDash(5, 4)
            self._line(canvas, drawing.half_y, INK, 1.3)
            canvas.setDash()
            self._text(canvas, RIGHT + 4, drawing.half_y + 4, "50 %")
        for x, label in drawing.dates:
            self._text(canvas, x, drawing.height - 8, label, align="middle")
        dated = drawing.dated_line
        if dated is not None:
            canvas.setDash(5, 4)
            canvas.setStrokeColor(INK)
            canvas.setLineWidth(1.3)
            canvas.line(dated.x, self._up(dated.top_y), dated.x, self._up(dated.bottom_y))
            canvas.setDash()
            self._text(canvas, dated.x, dated.top_y - 4, dated.label, align=dated.align)

    def _marks(self, canvas: Canvas) -> None:
        marks = self._drawing.marks
        canvas.setStrokeColor(_BLUE)
        canvas.setLineWidth(1.4)
        for one, other in pairwise(marks):
            if one.known and other.known:
                canvas.line(one.x, self._up(one.y), other.x, self._up(other.y))
        for mark in marks:
            self._bar(canvas, mark)
            self._dot(canvas, mark)
        for mark in marks:
            self._value(canvas, mark)

    def _bar(self, canvas: Canvas, mark: Mark) -> None:
        if mark.low_y is None or mark.high_y is None:
            return
        canvas.setLineWidth(1.8)
        canvas.line(mark.x, self._up(mark.low_y), mark.x, self._up(mark.high_y))
        for y in (mark.low_y,) if mark.bound else (mark.low_y, mark.high_y):
            canvas.line(mark.x - 4, self._up(y), mark.x + 4, self._up(y))

    def _dot(self, canvas: Canvas, mark: Mark) -> None:
        canvas.setFillColor(_BLUE)
        y = self._up(mark.y)
        if mark.stopped:
            canvas.setStrokeColor(INK)
            canvas.setLineWidth(1.3)
            canvas.rect(mark.x - 8, y - 8, 16, 16, stroke=1, fill=0)
            canvas.setStrokeColor(_BLUE)
        canvas.setLineWidth(1.8)
        if mark.shape == "cross":
            canvas.line(mark.x - 4, y - 4, mark.x + 4, y + 4)
            canvas.line(mark.x - 4, y + 4, mark.x + 4, y - 4)
            return
        if mark.shape == "ring":
            canvas.circle(mark.x, y, 4, stroke=1, fill=0)
            return
        if mark.shape == "dot":
            canvas.circle(mark.x, y, 4.5, stroke=0, fill=1)
            return
        triangle = canvas.beginPath()
        triangle.moveTo(mark.x, self._up(mark.y - 7))
        triangle.lineTo(mark.x + 6.5, self._up(mark.y + 4))
        triangle.lineTo(mark.x - 6.5, self._up(mark.y + 4))
        triangle.close()
        canvas.drawPath(triangle, stroke=0, fill=1)

    def _value(self, canvas: Canvas, mark: Mark) -> None:
        """With a white edge, so that lines behind it do not run into it."""
        canvas.saveState()
        canvas.setStrokeColor(colors.white)
        canvas.setLineWidth(3)
        self._text(canvas, mark.x, mark.label_y, mark.label, align="middle", size=_VALUE, bold=True, mode=1)
        canvas.restoreState()
        self._text(canvas, mark.x, mark.label_y, mark.label, align="middle", size=_VALUE, bold=True)

    def _line(self, canvas: Canvas, y: float, colour: colors.Color, width: float) -> None:
        canvas.setStrokeColor(colour)
        canvas.setLineWidth(width)
        canvas.line(LEFT, self._up(y), RIGHT, self._up(y))

    def _text(
        self,
        canvas: Canvas,
        x: float,
        y: float,
        text: str,
        *,
        align: str = "start",
        size: float = _TEXT,
        bold: bool = False,
        mode: Literal[0, 1] = 0,
    ) -> None:
        font = font_of(text, bold=bold)
        wide = canvas.stringWidth(text, font, size)
        canvas.setFillColor(INK if bold else QUIET)
        canvas.setFont(font, size)
        start = x - {"start": 0.0, "middle": wide / 2, "end": wide}[align]
        canvas.drawString(start, self._up(y), text, mode=mode)

    def _up(self, y: float) -> float:
        return self._drawing.height - y
