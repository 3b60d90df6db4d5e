"""Two sessions of a person side by side."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from neckrom.handouts.bodies import comparison_table
from neckrom.handouts.caveats import findings_of
from neckrom.handouts.values_in_words import (
    best,
    difference,
    error,
    error_lines,
    interval,
    verdict_words,
)
from neckrom.records.pictures import pictures_of
from neckrom.records.trends import Change
from neckrom.records.views import Comparison, RunComparison, SessionView
from neckrom.report.bodies.stored import stored_pictures
from neckrom.report.wording import display_name
from neckrom.running.result import ROWS
from neckrom.saying.figures import day
from neckrom.types import Movement
from neckrom.web.desk import Desk


@dataclass(frozen=True, slots=True)
class Side:
    """One of two values side by side."""

    value: str
    interval: str
    pain: str
    picture: bool


def comparison_page(desk: Desk, request: Request, found: Comparison) -> Response:
    """Lay it out: figures, pictures, and what must be known before they are compared."""
    texts = desk.texts(request)
    kept = {view.row.id: pictures_of(view.folder) for view in (found.earlier, found.later)}

    def side(view: SessionView, movement: Movement, change: Change) -> Side:
        value = change.earlier if view is found.earlier else change.later
        pain = "" if value.pain is None else texts.text("page.pain.score", score=value.pain)
        return Side(best(value), interval(value), pain, movement in kept[view.row.id])

    rows = [
        (
            movement.value,
            texts.text(f"word.{movement.value}"),
            side(found.earlier, movement, change),
            side(found.later, movement, change),
            difference(change, texts),
            error(change.limit_deg, texts),
            verdict_words(change, texts),
            change.verdict.value,
        )
        for movement, change in found.changes.items()
    ]
    return desk.show(
        request,
        "compare.html.j2",
        found=found,
        rows=rows,
        with_pictures=[
            (view.row, movements)
            for view in (found.earlier, found.later)
            if (movements := [movement.value for movement in kept[view.row.id]])
        ],
        caveats=findings_of(
            [(day(view.row.measured), view.result) for view in (found.earlier, found.later)], texts, latest=1
        ),
        error_lines=error_lines(found.limits, texts),
        day=day,
        display=display_name,
    )


def run_comparison_page(desk: Desk, request: Request, found: RunComparison) -> Response:
    """Two runs side by side: the rows of the article, and their pictures."""
    texts = desk.texts(request)
    kept = [stored_pictures(view.folder, view.result) for view in (found.earlier, found.later)]
    return desk.show(
        request,
        "compare_runs.html.j2",
        found=found,
        table=comparison_table(found, texts),
        pairs=[
            (name, texts.text(f"run.row.{name}"), name in kept[0], name in kept[1])
            for name in ROWS
            if name in kept[0] or name in kept[1]
        ],
        day=day,
        display=display_name,
    )
