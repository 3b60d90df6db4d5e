"""The printed board: looked at as a page, measured in millimetres, and found by OpenCV."""

from __future__ import annotations

import re
import shutil
import subprocess
from io import BytesIO

import cv2
import numpy as np
import pytest
from pypdf import PdfReader
from pypdf.generic import ContentStream

from neckrom.camera_profiles.board import BOARD, PAPERS_MM, board_pdf
from neckrom.camera_profiles.views import BoardFinder, View

DPI = 150
PX_PER_MM = DPI / 25.4
POINTS_PER_MM = 72 / 25.4


def painted(pdf: bytes) -> np.ndarray:
    """The page as a picture: every rectangle that it fills, and its lines, as a printer would put them."""
    reader = PdfReader(BytesIO(pdf))
    page = reader.pages[0]
    width, height = (float(side) * DPI / 72 for side in (page.mediabox.width, page.mediabox.height))
    picture = np.full((round(height), round(width), 3), 255, dtype=np.uint8)
    scale, waiting = np.eye(3), []
    stack = []
    for operands, operator in ContentStream(page.get_contents(), reader).operations:
        values = [float(value) for value in operands] if operator in (b"cm", b"re", b"m", b"l") else []
        if operator == b"q":
            stack.append(scale)
        elif operator == b"Q":
            scale = stack.pop()
        elif operator == b"cm":
            a, b, c, d, e, f = values
            scale = scale @ np.array([[a, c, e], [b, d, f], [0, 0, 1]])
        elif operator == b"re":
            x, y, w, h = values
            corners = scale @ np.array([[x, x + w], [y, y + h], [1, 1]])
            waiting.append(corners[:2].T)
        elif operator in (b"f", b"f*"):
            for (x0, y0), (x1, y1) in waiting:
                across = np.round(np.sort([x0, x1]) * DPI / 72).astype(int)
                down = np.round(height - np.sort([y0, y1])[::-1] * DPI / 72).astype(int)
                picture[down[0] : down[1], across[0] : across[1]] = 0
            waiting = []
        elif operator == b"n":
            waiting = []
    return picture


def rulers_mm(pdf: bytes) -> list[float]:
    """Lengths of the level lines on the page."""
    reader = PdfReader(BytesIO(pdf))
    scale, lengths, start = 1.0, [], np.zeros(2)
    for operands, operator in ContentStream(reader.pages[0].get_contents(), reader).operations:
        if operator == b"cm":
            scale *= float(operands[0])
        elif operator == b"m":
            start = np.array([float(value) for value in operands])
        elif operator == b"l":
            across, down = np.array([float(value) for value in operands]) - start
            if down == 0:
                lengths.append(abs(across) * scale / POINTS_PER_MM)
    return lengths


def check_size(picture: np.ndarray) -> None:
    """All corners are found, in their places to a tenth of a millimetre, at true size."""
    view = BoardFinder(BOARD).find(picture)
    assert isinstance(view, View)
    assert len(view.numbers) == (BOARD.columns - 1) * (BOARD.rows - 1)
    printed_mm = (view.corners + 0.5) / PX_PER_MM
    expected_mm = BOARD.corners_mm()[view.numbers, :2]
    offset = (printed_mm - expected_mm).mean(axis=0)
    np.testing.assert_allclose(printed_mm - offset, expected_mm, atol=0.15)
    spread = np.ptp(printed_mm, axis=0) / np.ptp(expected_mm, axis=0)
    np.testing.assert_allclose(spread, 1, atol=1e-3)


@pytest.mark.parametrize("paper", PAPERS_MM)
def test_the_printed_board_is_found_at_its_true_size(paper):
    check_size(painted(board_pdf(paper)))


@pytest.mark.parametrize("paper", PAPERS_MM)
@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm is not installed")
def test_the_board_is_found_in_the_page_as_a_viewer_shows_it(paper, tmp_path):
    (tmp_path / "board.pdf").write_bytes(board_pdf(paper))
    subprocess.run(
        ["pdftoppm", "-r", str(DPI), "-png", "-singlefile", "board.pdf", "page"], cwd=tmp_path, check=True
    )
    check_size(cv2.cvtColor(cv2.imread(str(tmp_path / "page.png")), cv2.COLOR_BGR2RGB))


@pytest.mark.parametrize(("paper", "size_mm"), PAPERS_MM.items())
def test_page_has_the_size_of_the_paper_and_a_line_of_100_mm(paper, size_mm):
    pdf = board_pdf(paper)
    page = PdfReader(BytesIO(pdf)).pages[0]
    assert [
        float(side) / POINTS_PER_MM for side in (page.mediabox.width, page.mediabox.height)
    ] == pytest.approx(size_mm, abs=0.1)
    assert rulers_mm(pdf) == pytest.approx([100])
    words = re.sub(r"\s+", " ", page.extract_text())
    for what in ("100 %", "100 mm", "stiff", "corner", "tilted", "neckrom calibrate camera"):
        assert what in words


@pytest.mark.parametrize("paper", PAPERS_MM)
def test_nothing_on_the_page_lies_outside_what_printers_reach(paper):
    picture = painted(board_pdf(paper))
    rows, columns = np.where(picture[..., 0] == 0)
    margin = round(6 * PX_PER_MM)
    assert rows.min() >= margin
    assert columns.min() >= margin
    assert columns.max() < picture.shape[1] - margin
    lowest = []
    PdfReader(BytesIO(board_pdf(paper))).pages[0].extract_text(
        visitor_text=lambda text, cm, tm, font, size: (
            lowest.append(cm[0] * tm[5] + cm[5]) if text.strip() else None
        )
    )
    assert min(lowest) / POINTS_PER_MM > 6


def test_same_page_each_time():
    assert board_pdf("a4") == board_pdf("a4")
