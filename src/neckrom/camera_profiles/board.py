"""The board that a camera is calibrated with: a chessboard with markers in its white squares (ChArUco)."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import cv2
import numpy as np

from neckrom.types import BoolArray, FloatArray

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

PAPERS_MM = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}
RULER_MM = 100.0


@dataclass(frozen=True, slots=True)
class Board:
    """Size and drawing of a board.

    Attributes
    ----------
    columns, rows : int
        Squares across and down.
    square_mm : float
        Side of a square.
    """

    columns: int = 6
    rows: int = 8
    square_mm: float = 28.0

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height."""
        return self.columns * self.square_mm, self.rows * self.square_mm

    def charuco(self) -> cv2.aruco.CharucoBoard:
        """The board as OpenCV has it; lengths in mm.

        Returns
        -------
        cv2.aruco.CharucoBoard
            Of markers 4 x 4 from the dictionary of 50.
        """
        dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
        return cv2.aruco.CharucoBoard(
            (self.columns, self.rows),
            self.square_mm,
            self.square_mm * _MARKER_CELLS / _SQUARE_CELLS,
            dictionary,
        )

    def corners_mm(self) -> FloatArray:
        """Inner corners, shape ((columns - 1) * (rows - 1), 3), in the order of their numbers.

        Returns
        -------
        array, float64
            mm from the board's corner; the last column is 0.
        """
        return np.asarray(self.charuco().getChessboardCorners(), dtype=np.float64)

    def black_cells(self) -> BoolArray:
        """The drawing in its smallest parts, an eighth of a square each, shape (rows * 8, columns * 8).

        Returns
        -------
        array of bool
            True is black.
        """
        shape = (self.columns * _SQUARE_CELLS, self.rows * _SQUARE_CELLS)
        return np.asarray(self.charuco().generateImage(shape, marginSize=0, borderBits=1) < 128)


_SQUARE_CELLS, _MARKER_CELLS = 8, 6
"""A marker is four bits and a rim of one on each side wide, and its white surround one more."""
MARKER_GAP = (_SQUARE_CELLS - _MARKER_CELLS) / 2 / _SQUARE_CELLS
"""Distance of a marker from the edge of its square, in squares."""

BOARD = Board()
"""The one that is printed."""

_INSTRUCTIONS = (
    "1. Print this page at 100 % (actual size), not fitted to the page. The line below must be 100 mm long.",
    "2. Glue the page flat on something stiff: cardboard, a clipboard, a large book. It must not bend.",
    "3. Set the camera as you will film: same resolution, zoom and way up. Film for about 40 seconds in good "
    "light. Move the board",
    "    slowly, with stops: near and far, into every corner and along every edge of the picture, and tilted "
    "to each side by a third",
    "    of a right angle or more. It may stick out of the picture.",
    "4. neckrom calibrate camera CLIP --name my-camera",
)


def board_pdf(paper: str) -> bytes:
    """A page with the board at true size, a line to check the print with, and what to do.

    Parameters
    ----------
    paper : {"a4", "letter"}

    Returns
    -------
    bytes
        PDF, the same bytes every time.
    """
    from reportlab.lib.units import mm  # noqa: PLC0415  (slow to load)
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415

    width_mm, height_mm = PAPERS_MM[paper]
    file = BytesIO()
    canvas = Canvas(file, pagesize=(width_mm * mm, height_mm * mm), invariant=1)
    canvas.setTitle("neckrom calibration board")
    canvas.setCreator("neckrom")
    board_width_mm, board_height_mm = BOARD.size_mm
    left_mm, top_mm = (width_mm - board_width_mm) / 2, height_mm - 8
    canvas.scale(mm, mm)
    _draw_board(canvas, left_mm, top_mm)
    _draw_words(canvas, left_mm, top_mm - board_height_mm - 6)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def _draw_board(canvas: Canvas, left_mm: float, top_mm: float) -> None:
    """All black cells as one shape, so that no hairlines show between them."""
    cell_mm = BOARD.square_mm / _SQUARE_CELLS
    shape = canvas.beginPath()
    for row, column in np.argwhere(BOARD.black_cells()):
        shape.rect(left_mm + column * cell_mm, top_mm - (row + 1) * cell_mm, cell_mm, cell_mm)
    canvas.setFillGray(0)
    canvas.drawPath(shape, stroke=0, fill=1)


def _draw_words(canvas: Canvas, left_mm: float, top_mm: float) -> None:
    line_mm = 3.6
    canvas.setFont("Helvetica", 2.75)
    for number, line in enumerate(_INSTRUCTIONS):
        canvas.drawString(left_mm, top_mm - number * line_mm, line)
    ruler_mm = top_mm - len(_INSTRUCTIONS) * line_mm - 2.5
    canvas.setLineWidth(0.25)
    canvas.line(left_mm, ruler_mm, left_mm + RULER_MM, ruler_mm)
    for tick_mm in range(0, int(RULER_MM) + 1, 10):
        rise_mm = 2.4 if tick_mm in (0, int(RULER_MM)) else 1.2
        canvas.line(left_mm + tick_mm, ruler_mm, left_mm + tick_mm, ruler_mm + rise_mm)
    canvas.drawString(left_mm + RULER_MM + 2, ruler_mm, f"{RULER_MM:g} mm; squares {BOARD.square_mm:g} mm")
