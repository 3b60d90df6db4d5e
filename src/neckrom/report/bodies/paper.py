"""``report.pdf`` of a run or a posture: for everybody first, then for clinicians, small print last."""

from __future__ import annotations

import io

from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    Image,
    KeepTogether,
    PageBreak,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from neckrom.report import wording
from neckrom.report.bodies.content import Block, BodyContent
from neckrom.report.paper import (
    BODY,
    BOLD,
    FINE,
    QUIET,
    SECTION,
    SMALL,
    SMALL_POINT,
    WIDTH,
    cells_table,
    chart,
    document_bytes,
    heading,
    one_page,
    padding,
    paragraph,
    safe,
    verdict_box,
)

CAPTION = ParagraphStyle("caption", parent=SMALL, textColor=QUIET, fontName="Helvetica-Oblique")
_PICTURE = 35 * mm
_LARGE_PICTURE = 84 * mm
_FEW = 2
"""Up to so many blocks have large pictures."""


def body_pdf(content: BodyContent, *, clinicians: bool = True) -> bytes:
    """Lay the content out on A4.

    Parameters
    ----------
    content : BodyContent
    clinicians : bool
        Whether the part for clinicians stands behind the page for everybody.

    Returns
    -------
    bytes
        The same for the same input: no clock, no random ids.
    """
    behind = [PageBreak(), *_clinician_story(content)] if clinicians else []
    return document_bytes(
        [one_page(client_story(content)), *behind],
        content.texts,
        title=f"{content.title}: {content.clip_name}",
        author=f"{content.tool.name} {content.tool.version}",
        subject=content.verdict.title,
        footer=f"{wording.display_name(content.clip_name, 45)}. {content.closing}",
    )


def client_story(content: BodyContent) -> list[Flowable]:
    """The page for everybody: verdict, what was found with its pictures, and what to do next."""
    story: list[Flowable] = [
        heading(content.title, content.facts, content.logo),
        Spacer(0, 7),
        verdict_box(content.verdict, content.closing),
        paragraph(content.blocks_title, SECTION),
    ]
    if content.no_pictures:
        story.append(paragraph(content.no_pictures, SMALL))
    size = _LARGE_PICTURE if len(content.blocks) <= _FEW else _PICTURE
    for block in content.blocks:
        story += [_block(block, size), Spacer(0, 5)]
    story.append(paragraph(content.text("section.next"), SECTION))
    story += [paragraph(line, BODY) for line in content.advice]
    return story


def _block(block: Block, size: float) -> Flowable:
    """Title over picture and facts, with a line above."""
    title = f"{block.sign} {block.title}: {block.meaning}" if block.meaning else block.title
    words: list[Flowable] = []
    for name, value in block.facts:
        words += [Paragraph(f"<b>{safe(name)}:</b> {safe(value)}", SMALL), Spacer(0, 2)]
    if block.shown is None:
        rows: list[list[object]] = [[paragraph(title, BOLD)], [words]]
        widths = [WIDTH]
    else:
        picture = Image(io.BytesIO(block.shown.picture.jpeg()), size, size)
        words.append(paragraph(block.shown.caption, CAPTION))
        rows = [[paragraph(title, BOLD), ""], [picture, words]]
        widths = [size + 10, WIDTH - size - 10]
    table = Table(rows, colWidths=widths, hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                *padding(0, 2),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("SPAN", (0, 0), (-1, 0)),
                ("LINEABOVE", (0, 0), (-1, 0), 0.6, "#b8b8b8"),
                ("RIGHTPADDING", (0, 1), (0, 1), 10),
            ]
        )
    )
    return table


def _clinician_story(content: BodyContent) -> list[Flowable]:
    story: list[Flowable] = [
        paragraph(content.quantities_title, SECTION),
        *(paragraph(f"{name}: {value}", SMALL) for name, value in content.source),
        Spacer(0, 4),
    ]
    if content.quantities.rows:
        story.append(cells_table(content.quantities, small=True))
    for each in content.charts:
        drawn = chart(each.draw(False), most_height=120 * mm)
        story.append(KeepTogether([paragraph(each.title, SECTION), drawn, paragraph(each.note, SMALL)]))
    story += _section(content.limits_title, [paragraph(line, SMALL) for line in content.limits])
    warning = content.text("warning")
    quality: list[Flowable] = [
        paragraph(f"{warning} {text}", SMALL_POINT, bullet="•") for text in content.warnings
    ]
    quality += [paragraph(f"{name}: {value}", SMALL) for name, value in content.quality]
    story += _section(content.text("section.quality"), quality)
    story += _section(
        content.text("section.method"),
        [paragraph(f"{name}: {value}", FINE) for name, value in content.method],
    )
    story.append(
        KeepTogether(_section(content.text("section.statement"), [paragraph(content.statement, SMALL)]))
    )
    return story


def _section(title: str, lines: list[Flowable]) -> list[Flowable]:
    return [CondPageBreak(30 * mm), paragraph(title, SECTION), *lines]
