"""``report.pdf``: one page for everybody, then two for clinicians and an appendix of small print."""

from __future__ import annotations

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, PageBreak, Spacer

from neckrom.report import figures, wording
from neckrom.report.content import Content
from neckrom.report.paper import (
    BODY,
    FINE,
    HEIGHT,
    QUIET_BODY,
    SECTION,
    SMALL,
    SMALL_POINT,
    cells_table,
    chart,
    document_bytes,
    figure_with_pictures,
    heading,
    height_of,
    one_page,
    paragraph,
    verdict_box,
)
from neckrom.result import Result
from neckrom.types import AngleSeries, RangeOfMotion

_LOWEST_FIGURE, _HIGHEST_FIGURE = 48 * mm, 118 * mm


def pdf_of(content: Content, result: Result, angles: AngleSeries | None, rom: RangeOfMotion) -> bytes:
    """Lay the content out on A4.

    Parameters
    ----------
    content : Content
    result : Result
    angles : AngleSeries or None
        None where they are not at hand: then there is no figure of them.
    rom : RangeOfMotion

    Returns
    -------
    bytes
        The same for the same input: no clock, no random ids.
    """
    story: list[Flowable] = [one_page(client_story(content, result)), PageBreak()]
    story += _clinician_story(content, result, angles, rom)
    return document_bytes(
        story,
        content.texts,
        title=f"{content.text('title')}: {content.clip_name}",
        author=f"{result.tool.name} {result.tool.version}",
        subject=content.verdict.title,
        footer=f"{wording.display_name(content.clip_name, 45)}. {content.closing}",
    )


def client_story(content: Content, result: Result) -> list[Flowable]:
    """The page for everybody: verdict, figure, pictures, table, and what to do next.

    The figure takes the room that the words leave.
    """
    above: list[Flowable] = [
        heading(content.text("title"), content.facts, content.logo),
        Spacer(0, 7),
        verdict_box(content.verdict, content.closing),
        Spacer(0, 6),
    ]
    below: list[Flowable] = [
        cells_table(content.client),
        paragraph(content.text("section.next"), SECTION),
        *(paragraph(line, BODY) for line in content.advice),
        Spacer(0, 4),
        paragraph(content.texts.text("sheet.loss"), QUIET_BODY),
        paragraph(content.trust, QUIET_BODY),
    ]
    room = HEIGHT - height_of([*above, *below]) - 6
    height = min(max(room, _LOWEST_FIGURE), _HIGHEST_FIGURE)
    jpegs = [shot.picture.jpeg() for shot in content.shots]
    figure = figure_with_pictures(
        lambda narrow: figures.client_figure(result, content.texts, phone=narrow), jpegs, height
    )
    return [*above, figure, *below]


# ------------------------------------------------------------------- clinicians


def _clinician_story(
    content: Content, result: Result, angles: AngleSeries | None, rom: RangeOfMotion
) -> list[Flowable]:
    rom_chart = chart(lambda: figures.rom_figure(result, texts=content.texts), most_height=76 * mm)
    story: list[Flowable] = [
        *(paragraph(f"{name}: {value}", SMALL) for name, value in content.source),
        _section(content, "rom"),
        rom_chart,
        cells_table(content.movements, small=True),
        paragraph(content.movements_note, SMALL),
        _section(content, "reasons"),
        cells_table(content.reasons, small=True),
    ]
    sides = [_section(content, "sides"), cells_table(content.asymmetry, small=True)]
    story.append(KeepTogether([*sides, *(paragraph(line, SMALL) for line in content.asymmetry_notes)]))
    if not content.shots:
        story += [_section(content, "pictures"), paragraph(content.no_shots, SMALL)]
    if angles is not None:
        traces = chart(lambda: figures.trace_figure(angles, rom, texts=content.texts), most_height=92 * mm)
        story.append(KeepTogether([_section(content, "traces"), traces]))
    story += _trials(content)
    story += _quality(content)
    story += _appendix(content)
    return story


def _trials(content: Content) -> list[Flowable]:
    if not content.trials.rows:
        return [_section(content, "trials"), paragraph(content.text("no_movement"), SMALL)]
    lines: list[Flowable] = [
        CondPageBreak(40 * mm),
        _section(content, "trials"),
        cells_table(content.trials, small=True),
        paragraph(content.trials_note, SMALL),
    ]
    for key, notes in (("notes", content.trial_notes), ("aside", content.set_aside)):
        if notes:
            lines.append(paragraph(content.text(key), SMALL))
            lines += [paragraph(note, SMALL_POINT, bullet="•") for note in notes]
    return lines


def _quality(content: Content) -> list[Flowable]:
    lines: list[Flowable] = [CondPageBreak(30 * mm), _section(content, "quality")]
    warning = content.text("warning")
    lines += [paragraph(f"{warning} {text}", SMALL_POINT, bullet="•") for text in content.warnings]
    lines += [paragraph(f"{name}: {value}", SMALL) for name, value in content.quality]
    return lines


def _appendix(content: Content) -> list[Flowable]:
    """Method, settings and identities in small print."""
    return [
        CondPageBreak(30 * mm),
        _section(content, "method"),
        *(paragraph(f"{name}: {value}", FINE) for name, value in content.method),
        KeepTogether([_section(content, "statement"), paragraph(content.statement, SMALL)]),
    ]


def _section(content: Content, name: str) -> Flowable:
    return paragraph(content.text(f"section.{name}"), SECTION)
