"""One session on one page in plain words, for the person who was measured; behind it the clinician's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from neckrom.messages import Messages
from neckrom.records.api import SessionView
from neckrom.records.clinician_page import session_details
from neckrom.records.handout_page import Handout
from neckrom.records.in_words import NONE, best, in_brackets
from neckrom.records.session_figure import session_figure
from neckrom.records.trends import MeasuredValue
from neckrom.report.wording import display_name
from neckrom.result import Result

_SHARES = (0.235, 0.19, 0.095, 0.13, 0.125, 0.225)


def sheet_of(view: SessionView, texts: Messages, result: Result | None = None) -> Handout:
    """Put a session into words.

    Parameters
    ----------
    view : SessionView
    texts : Messages
    result : Result, optional
        For the clinician's page behind it.

    Returns
    -------
    Handout
    """
    values = tuple(view.values.values())
    names = {value.movement: texts.text(f"word.{value.movement.value}") for value in values}
    columns = (
        "course.column.movement",
        *(f"pages.column.{name}" for name in ("best", "norm", "of_norm", "pain")),
    )
    rows = tuple(_row(value, names[value.movement], texts) for value in values)
    labels = [(names[value.movement], best(value)) for value in values]
    day = f"{view.row.measured.astimezone():%Y-%m-%d}"
    return Handout(
        language=texts.language,
        title=texts.text("sheet.title"),
        who=f"{display_name(view.person.label, limit=200)}, {day}",
        summary=tuple(_summary(values, texts)),
        columns=(*(texts.text(key) for key in columns), texts.text("course.column.meaning")),
        rows=rows,
        shares=_SHARES,
        sessions_title="",
        sessions=(),
        notes=tuple(
            texts.text(key) for key in ("sheet.marks", "sheet.loss", "sheet.trust", "course.statement")
        ),
        draw=lambda phone: session_figure(values, labels, texts.text("course.norm"), phone=phone),
        described="; ".join(", ".join(part for part in row if part != NONE) for row in rows) + ".",
        details=() if result is None else session_details(result, day, texts),
    )


def _summary(values: tuple[MeasuredValue, ...], texts: Messages) -> Iterator[str]:
    def those(holds: Callable[[MeasuredValue], bool]) -> str:
        return ", ".join(texts.text(f"word.{value.movement.value}") for value in values if holds(value))

    lost = those(lambda value: value.flag == "flagged")
    yield texts.text("sheet.lost", what=lost) if lost else texts.text("sheet.not_lost")
    hurt = ", ".join(
        f"{texts.text(f'word.{value.movement.value}')} {value.pain}/10" for value in values if value.pain
    )
    if hurt:
        yield texts.text("sheet.pain", what=hurt)
    missing = those(lambda value: value.best_deg is None)
    if missing:
        yield texts.text("sheet.missing", what=missing)
    open_ = those(lambda value: value.best_deg is not None and value.flag == "could_not_judge")
    if open_:
        yield texts.text("sheet.open", what=open_)


def _row(value: MeasuredValue, name: str, texts: Messages) -> tuple[str, ...]:
    pain = NONE if value.pain is None else f"{value.pain}/10"
    if value.best_deg is None:
        return (name, NONE, NONE, NONE, pain, texts.text("course.not_measured"))
    percent = value.percent_of_reference
    return (
        name,
        best(value) + in_brackets(value.low_deg, value.high_deg),
        NONE if value.reference_deg is None else f"{value.reference_deg:g}°",
        NONE if percent is None else f"{'≥ ' if value.lower_bound else ''}{percent:.0f} %",
        pain,
        texts.text(f"pages.flag.{value.flag}"),
    )
