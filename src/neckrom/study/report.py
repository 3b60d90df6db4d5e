"""The report of a study as a page and on paper, its tables, figures and checklists, in a folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from markupsafe import Markup
from reportlab.lib.units import inch, mm
from reportlab.platypus import CondPageBreak, Flowable, Image, PageBreak, Spacer

from neckrom.errors import OutputError
from neckrom.messages import FALLBACK, load_messages
from neckrom.private_files import whole_file
from neckrom.report.content import Table
from neckrom.report.paper import (
    SECTION,
    SMALL,
    WIDTH,
    cells_table,
    document_bytes,
    heading,
    paragraph,
    verdict_box,
)
from neckrom.report.plotting import png_of, svg_of
from neckrom.study.analysis import StudyFound
from neckrom.study.checklists import checklists, markdown
from neckrom.study.data import StudyData
from neckrom.study.page import laid_out
from neckrom.study.plan import StudyFolder
from neckrom.study.report_content import Chart, ReportContent, Section, content_of
from neckrom.study.summary import summary_html

FOLDER = "report"
"""Of the report, below the study's folder."""
Picture = tuple[bytes, float, float]
_HIGHEST = 118 * mm
"""A chart on paper."""


def write_analysis(folder: StudyFolder, data: StudyData, found: StudyFound, language: str = FALLBACK) -> Path:
    """Write report, tables, figures and checklists into ``report/`` of the study; an earlier one is replaced.

    Parameters
    ----------
    folder : StudyFolder
    data : StudyData
    found : StudyFound
    language : str
        Other than English: a summary in that language is written, too. The report is English.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    content = content_of(data, found)
    out = folder.root / FOLDER
    pictures = {
        part.name: png_of(part.wide)
        for section in content.sections
        for part in section.parts
        if isinstance(part, Chart)
    }
    made = {
        "report.html": report_html(content).encode(),
        "report.pdf": report_pdf(content, found, pictures),
        "analysis.json": (found.model_dump_json(indent=1) + "\n").encode(),
        "checklists.md": markdown(checklists(data.plan, found)).encode(),
        **{f"{name}.csv": table for name, table in tables(data, found).items()},
    }
    if language != FALLBACK:
        made[f"summary_{language}.html"] = summary_html(found, load_messages(language)).encode()
    made |= {f"{name}.png": picture[0] for name, picture in pictures.items()}
    try:
        out.mkdir(exist_ok=True)
        for name, content_bytes in made.items():
            with whole_file(out / name, replace=True) as file:
                file.write(content_bytes)
    except OSError as error:
        raise OutputError(f"The report cannot be written in {out}: {error.strerror or error}.") from error
    return out


# -------------------------------------------------------------------------- page


def report_html(content: ReportContent) -> str:
    """One file that needs nothing else; everything from outside is escaped.

    Parameters
    ----------
    content : ReportContent

    Returns
    -------
    str
        HTML.
    """
    return laid_out(content, _drawn(content), FALLBACK)


def _drawn(content: ReportContent) -> dict[str, Markup]:
    """Our own drawings, the one thing that goes into the page unescaped."""
    made = {}
    for number, section in enumerate(content.sections):
        for part in section.parts:
            if isinstance(part, Chart):
                for width, make in (("wide", part.wide), ("phone", part.phone)):
                    svg = svg_of(make, f"{width[0]}{number}", part.described)
                    made[f"{part.name}_{width}"] = Markup(svg.replace("<svg ", f'<svg class="{width}" ', 1))
    return made


# -------------------------------------------------------------------------- paper


def report_pdf(content: ReportContent, found: StudyFound, pictures: Mapping[str, Picture]) -> bytes:
    """The same on A4; the same bytes for the same study.

    Parameters
    ----------
    content : ReportContent
    found : StudyFound
    pictures : mapping of str to (bytes, float, float)
        Of the charts, by name: PNG, width and height in inches.

    Returns
    -------
    bytes
        PDF.
    """
    story: list[Flowable] = [
        heading(content.title, content.facts, b""),
        Spacer(0, 6),
        verdict_box(content.verdict, content.closing),
        Spacer(0, 6),
        cells_table(content.main, small=True),
        paragraph(content.main_note, SMALL),
    ]
    for section in content.sections:
        story += _on_paper(section, pictures)
    return document_bytes(
        story,
        load_messages(FALLBACK),
        title=f"{content.title}: {found.name}",
        author=f"neckrom {found.tool_version}",
        subject=content.verdict.title,
        footer=content.footer,
    )


def _on_paper(section: Section, pictures: Mapping[str, Picture]) -> Iterator[Flowable]:
    first = section.parts[0]
    if section.title.startswith("GRRAS"):
        yield PageBreak()
    else:
        yield CondPageBreak(120 * mm if isinstance(first, Chart) else 45 * mm)
    yield paragraph(section.title, SECTION)
    for part in section.parts:
        if isinstance(part, Chart):
            yield _picture(*pictures[part.name])
            if part.caption:
                yield paragraph(part.caption, SMALL)
        elif isinstance(part, Table):
            yield Spacer(0, 3)
            yield cells_table(part, small=True)
            yield Spacer(0, 2)
        else:
            yield paragraph(part, SMALL)


def _picture(data: bytes, wide: float, high: float) -> Image:
    """A chart at its own size where it fits."""
    shown = min(wide * inch, WIDTH, _HIGHEST * wide / high)
    return Image(io.BytesIO(data), width=shown, height=shown * high / wide)


# ------------------------------------------------------------------------- tables


def tables(data: StudyData, found: StudyFound) -> dict[str, bytes]:
    """Every figure as CSV, and the pairs that it came from.

    Parameters
    ----------
    data : StudyData
    found : StudyFound
        Of these data.

    Returns
    -------
    dict of bytes
        CSV in UTF-8 by name without suffix. Degrees; what is not known stays empty.
    """
    agreement = [
        {"movement": each.movement.value, **_flat(each.agreement.model_dump(exclude={"name"}))}
        for each in found.movements
    ]
    counts = [{"movement": each.movement.value, **each.counts.model_dump()} for each in found.movements]
    flags = [{"movement": each.movement.value, **_flat(each.flag.model_dump())} for each in found.movements]
    retests = [
        {"movement": each.movement.value, "kind": kind, **_flat(retest.model_dump(exclude={"sessions"}))}
        for each in found.movements
        for kind, retest in (("within_day", each.within_day), ("between_days", each.between_days))
        if retest is not None
    ]
    strata = [
        {"stratum": each.stratum, "level": each.level, "people": each.people}
        | _flat({"failed": each.failed.model_dump(), "coverage": each.coverage.model_dump()})
        | ({} if each.agreement is None else _flat(each.agreement.model_dump(exclude={"name"})))
        for each in found.strata
    ]
    pairs = [
        {
            "person": pair.person,
            "session": pair.session,
            "movement": pair.movement.value,
            "trial": pair.reading.trial,
            "reading_deg": pair.reading.deg,
            "measured_deg": None if pair.measured is None else pair.measured.peak_deg,
            "lower_bound": None if pair.measured is None else pair.measured.lower_bound,
            "compared": pair.comparable,
        }
        for pair in data.pairs
    ]
    made = {
        "agreement": agreement,
        "counts": counts,
        "flags": flags,
        "reliability": retests,
        "strata": strata,
        "pairs": pairs,
    }
    return {name: _csv(rows) for name, rows in made.items()}


def _flat(nested: dict[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in nested.items():
        if isinstance(value, dict):
            flat |= {f"{name}_{inner}": each for inner, each in value.items()}
        else:
            flat[name] = value
    return flat


def _csv(rows: Sequence[dict[str, object]]) -> bytes:
    stream = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(stream, fieldnames=names, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in rows)
    return stream.getvalue().encode()
