"""Forms to print: the operator's checklist and the case-report form."""

from __future__ import annotations

from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table, TableStyle

from neckrom.messages import FALLBACK, load_messages
from neckrom.report.paper import (
    BODY,
    INK,
    LINE,
    SECTION,
    SMALL,
    SMALL_BOLD,
    WIDTH,
    document_bytes,
    heading,
    one_page,
    paragraph,
)
from neckrom.study.plan import REFERENCES, Plan
from neckrom.study.tables import PEOPLE
from neckrom.types import MOVEMENTS

_BOX = "☐"


def checklist_pdf(text: str, plan: Plan) -> bytes:
    """The checklist on one page, a box before every line.

    Parameters
    ----------
    text : str
        Markdown: a title, headings, and a line for each box.
    plan : Plan
        Its name and hash stand at the head and foot.

    Returns
    -------
    bytes
        PDF.
    """
    title, *lines = text.splitlines()
    story: list[Flowable] = [
        heading(
            title.removeprefix("# "),
            [
                ("Study", plan.name),
                ("Person", "____________"),
                ("Session", "_____"),
                ("Operator", "_____"),
                ("Date", "____________"),
            ],
            b"",
        ),
        Spacer(0, 6),
    ]
    for line in lines:
        if line.startswith("## "):
            story.append(paragraph(line.removeprefix("## "), SECTION))
        elif line.startswith("- "):
            story.append(_boxed_line(line.removeprefix("- ")))
    return _pages([one_page(story)], plan, "Operator checklist")


def case_report_pdf(plan: Plan) -> bytes:
    """One session on one page: who, as worn now, and a place for every reading.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    bytes
        PDF.
    """
    who = [
        ("Study", plan.name),
        ("Person", "____________"),
        ("Session", "_____"),
        ("Date", "____________"),
        ("Time", "______"),
    ]
    more = (
        "Operator ________ · Reader ________ · Recording ____________________ · Order: together / camera first / "
        "reference first"
    )
    strata = " · ".join(
        f"{column.name.replace('_', ' ')}: {' / '.join(column.choices) or '______'}"
        for column in PEOPLE.columns[1:]
    )
    story: list[Flowable] = [
        heading(f"Case report: {REFERENCES[plan.reference]}", who, b""),
        Spacer(0, 8),
        paragraph(more, BODY),
        Spacer(0, 6),
        paragraph(strata, SMALL),
        Spacer(0, 8),
        _readings(plan),
        Spacer(0, 6),
        paragraph(
            "Degrees, positive in the named direction, extension too. Zero at neutral. Left and right are the "
            "person's. "
            "Write what the dial shows; a trial that was repeated stays, with a note. Never look at the camera's "
            "figures.",
            SMALL,
        ),
        paragraph("What went differently, reasons for stopping", SECTION),
        *(_line() for _ in range(5)),
        Spacer(0, 12),
        paragraph(
            "Outcome: done / failed / stopped / missed · Signature of the reader ______________________",
            BODY,
        ),
    ]
    return _pages([one_page(story)], plan, "Case report")


def _readings(plan: Plan) -> Table:
    head = [
        "Direction",
        *(f"Trial {number + 1}" for number in range(plan.trials)),
        "Second of the recording",
        "Pain 0-10",
    ]
    rows: list[list[Any]] = [[paragraph(cell, SMALL_BOLD) for cell in head]]
    rows += [[paragraph(movement.label, BODY), *[""] * (len(head) - 1)] for movement in MOVEMENTS]
    table = Table(
        rows,
        colWidths=[0.2 * WIDTH, *[0.44 * WIDTH / plan.trials] * plan.trials, 0.22 * WIDTH, 0.14 * WIDTH],
        rowHeights=[9 * mm, *[13 * mm] * len(MOVEMENTS)],
        hAlign="LEFT",
    )
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.6, LINE),
                ("LINEBELOW", (0, 0), (-1, 0), 1.2, INK),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ]
        )
    )
    return table


def _boxed_line(text: str) -> Table:
    table = Table(
        [[paragraph(_BOX, BODY), paragraph(text, BODY)]], colWidths=[7 * mm, WIDTH - 7 * mm], hAlign="LEFT"
    )
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 1.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
            ]
        )
    )
    return table


def _line() -> Table:
    table = Table([[""]], colWidths=[WIDTH], rowHeights=[9 * mm], hAlign="LEFT")
    table.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.6, LINE)]))
    return table


def _pages(story: list[Flowable], plan: Plan, subject: str) -> bytes:
    return document_bytes(
        story,
        load_messages(FALLBACK),
        title=f"{subject}: {plan.name}",
        author=f"neckrom {plan.tool.version}",
        subject=subject,
        footer=f"{plan.name}. Plan {plan.sha256[:12]}.",
    )
