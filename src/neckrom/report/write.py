"""Write the report in both forms, and the pictures that it shows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from neckrom.messages import FALLBACK, load_messages
from neckrom.report.content import content_of
from neckrom.report.files import write_whole
from neckrom.report.html import html_of
from neckrom.report.letterhead import NOBODY, Letterhead
from neckrom.report.pdf import pdf_of
from neckrom.report.pictures import EndRangePicture
from neckrom.result import Result
from neckrom.types import AngleSeries, Movement, RangeOfMotion

PICTURES = "pictures"
"""Folder of the end-range pictures in a result folder; each is named after its movement."""


def write_report(
    folder: Path,
    result: Result,
    angles: AngleSeries,
    rom: RangeOfMotion,
    pictures: Mapping[Movement, EndRangePicture],
    *,
    language: str = FALLBACK,
    head: Letterhead = NOBODY,
) -> list[Path]:
    """Write ``report.html`` and ``report.pdf`` into an existing folder.

    Parameters
    ----------
    folder : Path
    result : Result
        Everything that is said in words and numbers.
    angles : AngleSeries
    rom : RangeOfMotion
        For the figure of the angles over time.
    pictures : mapping of Movement to EndRangePicture
        May be empty, then no image of the person is in the report and it says so.
    language : str
        One of :data:`neckrom.messages.LANGUAGES`.
    head : Letterhead
        Who was measured, when and by whom.

    Returns
    -------
    list of Path
        The two files. The same input gives the same bytes.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    content = content_of(result, pictures, load_messages(language), head)
    page, paper = folder / "report.html", folder / "report.pdf"
    write_whole(page, html_of(content, result, angles, rom).encode("utf-8"))
    write_whole(paper, pdf_of(content, result, angles, rom))
    return [page, paper]


def write_pictures(folder: Path, pictures: Mapping[Movement, EndRangePicture]) -> list[Path]:
    """Write each picture as a file of the result folder, named after its movement.

    Raises
    ------
    OutputError
        If one cannot be written.
    """
    written = []
    for movement, picture in pictures.items():
        path = folder / PICTURES / f"{movement.value}.jpg"
        path.parent.mkdir(exist_ok=True)
        write_whole(path, picture.jpeg())
        written.append(path)
    return written
