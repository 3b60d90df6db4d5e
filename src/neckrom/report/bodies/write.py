"""Write what is made of a run or a posture into a result folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from neckrom.messages import FALLBACK, load_messages
from neckrom.nerve.result import NerveResult
from neckrom.plans.result import PlanResult
from neckrom.posture.result import PostureResult
from neckrom.report.bodies.content import BodyContent
from neckrom.report.bodies.nerve_chart import NerveCurves
from neckrom.report.bodies.nerve_content import nerve_content
from neckrom.report.bodies.page import body_html
from neckrom.report.bodies.paper import body_pdf
from neckrom.report.bodies.pictures import BodyPicture
from neckrom.report.bodies.plan_content import plan_content
from neckrom.report.bodies.posture_content import posture_content
from neckrom.report.bodies.run_content import run_content
from neckrom.report.bodies.upper_back_chart import TurnCurves
from neckrom.report.bodies.upper_back_content import upper_back_content
from neckrom.report.files import write_whole
from neckrom.report.letterhead import NOBODY, Letterhead
from neckrom.report.write import PICTURES
from neckrom.running.curves import Curves
from neckrom.running.result import RowName, RunResult
from neckrom.saying.runs import Earlier
from neckrom.upper_back.result import LeftOrRight, UpperBackResult


def write_run_report(
    folder: Path,
    result: RunResult,
    curves: Sequence[Curves],
    pictures: Mapping[RowName, BodyPicture],
    *,
    language: str = FALLBACK,
    head: Letterhead = NOBODY,
    earlier: Earlier | None = None,
) -> list[Path]:
    """Write ``report.html`` and ``report.pdf`` of a run into an existing folder.

    Parameters
    ----------
    folder : Path
    result : RunResult
    curves : sequence of Curves
        Of its clips, for the figure of the strides.
    pictures : mapping of row name to BodyPicture
        From :func:`neckrom.report.bodies.pictures.row_pictures`; may be empty.
    language : str
    head : Letterhead
    earlier : Earlier, optional
        The person's own run before this one.

    Returns
    -------
    list of Path
        The two files. The same input gives the same bytes.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    return _write(
        folder, run_content(result, curves, pictures, load_messages(language), head, earlier=earlier)
    )


def write_posture_report(
    folder: Path,
    result: PostureResult,
    pictures: Sequence[BodyPicture],
    *,
    language: str = FALLBACK,
    head: Letterhead = NOBODY,
) -> list[Path]:
    """Write ``report.html`` and ``report.pdf`` of a posture; as :func:`write_run_report`."""
    return _write(folder, posture_content(result, pictures, load_messages(language), head))


def write_nerve_report(
    folder: Path,
    result: NerveResult,
    curves: NerveCurves | None,
    pictures: Mapping[int, BodyPicture],
    *,
    language: str = FALLBACK,
    head: Letterhead = NOBODY,
) -> list[Path]:
    """Write ``report.html`` and ``report.pdf`` of a leg or arm test; as :func:`write_run_report`."""
    return _write(folder, nerve_content(result, curves, pictures, load_messages(language), head))


def write_upper_back_report(
    folder: Path,
    result: UpperBackResult,
    curves: TurnCurves | None,
    pictures: Mapping[LeftOrRight, BodyPicture],
    *,
    language: str = FALLBACK,
    head: Letterhead = NOBODY,
) -> list[Path]:
    """Write ``report.html`` and ``report.pdf`` of turning the trunk; as :func:`write_run_report`."""
    return _write(folder, upper_back_content(result, curves, pictures, load_messages(language), head))


def write_plan_report(
    folder: Path, result: PlanResult, *, language: str = FALLBACK, head: Letterhead = NOBODY
) -> list[Path]:
    """Write ``report.html`` and ``report.pdf`` of a session of a plan; as :func:`write_run_report`."""
    return _write(folder, plan_content(result, load_messages(language), head))


def _write(folder: Path, content: BodyContent) -> list[Path]:
    page, paper = folder / "report.html", folder / "report.pdf"
    write_whole(page, body_html(content).encode("utf-8"))
    write_whole(paper, body_pdf(content))
    return [page, paper]


def write_body_pictures(folder: Path, pictures: Iterable[BodyPicture]) -> list[Path]:
    """Write each picture as ``pictures/<name>.jpg``.

    Raises
    ------
    OutputError
        If one cannot be written.
    """
    written = []
    for picture in pictures:
        path = folder / PICTURES / f"{picture.name}.jpg"
        path.parent.mkdir(exist_ok=True)
        write_whole(path, picture.jpeg())
        written.append(path)
    return written
