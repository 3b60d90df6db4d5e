"""Columns that CSV and Parquet share: name, unit and what a positive value means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neckrom.exports.source import Export, ExportSession, Series
from neckrom.messages import FALLBACK, load_messages
from neckrom.records.trends import MeasuredValue
from neckrom.result import SessionFacts
from neckrom.saying import figures as figures_said
from neckrom.saying.verdict import meaning_of, state_of, verdict_of

_OWN = "positive in the movement's direction"
_FLEXION = "+ chin to chest, - head back"
_LATERAL = "+ right ear to right shoulder"
_ROTATION = "+ face to the person's right"
_TRUNK = "trunk, as for the neck"


@dataclass(frozen=True, slots=True)
class Column:
    """A column and its values; None is "not measured"."""

    name: str
    unit: str
    meaning: str
    values: Sequence[Any]

    @property
    def heading(self) -> str:
        """Name, unit and axis in one cell."""
        inside = "; ".join(part for part in (self.unit, self.meaning) if part)
        return f"{self.name} [{inside}]" if inside else self.name


def measurement_columns(export: Export) -> list[Column]:
    """One row a session and movement."""
    rows = [(session, value) for session in export.sessions for value in session.view.values.values()]
    who = [
        Column("person", "", "pseudonym", [export.person.id] * len(rows)),
        *(_identity(export, len(rows)) if export.with_name else []),
        Column("session", "", "", [session.view.row.id for session, _ in rows]),
        Column("measured", "ISO 8601", "", [session.view.row.measured.isoformat() for session, _ in rows]),
        Column("recording", "", "", [session.view.row.source_name for session, _ in rows]),
        Column("note", "", "", [session.view.row.note for session, _ in rows]),
        Column("view", "", "", [session.view.row.view for session, _ in rows]),
        Column("estimator", "", "", [session.view.row.estimator for session, _ in rows]),
        Column("calibration", "", "", [session.view.row.calibration_id for session, _ in rows]),
        Column("movement", "", "", [value.movement.value for _, value in rows]),
    ]
    figures = (
        ("best", "deg", f"best trial, {_OWN}", "best_deg"),
        ("best_interval95_low", "deg", "", "low_deg"),
        ("best_interval95_high", "deg", "", "high_deg"),
        ("lower_bound", "", "true: best is at least that", "lower_bound"),
        ("mean", "deg", f"of the trials, {_OWN}", "mean_deg"),
        ("trials", "count", "", "trials"),
        ("reference", "deg", "norm", "reference_deg"),
        ("best_of_reference", "%", "", "percent_of_reference"),
        ("loss_of_range", "", "flag", "flag"),
        ("pain", "0 to 10", "", "pain"),
        (
            "trunk",
            "deg",
            "largest trunk movement in the same plane, + along with the head",
            "compensation_deg",
        ),
    )
    measured = [
        Column(name, unit, meaning, [getattr(value, field) for _, value in rows])
        for name, unit, meaning, field in figures
    ]
    return [*who, *measured, *_said(rows)]


def _said(rows: Sequence[tuple[ExportSession, MeasuredValue]]) -> list[Column]:
    """What became of each movement, and what the session was told, in words as everywhere else."""
    texts = load_messages(FALLBACK)
    results = [session.result for session, _ in rows]
    items = [result.of(value.movement) for result, (_, value) in zip(results, rows, strict=True)]
    verdicts = {id(result): verdict_of(result, texts) for result in results}
    facts = [result.session for result in results]
    return [
        Column(
            "best_said",
            "",
            "rounded; a bound is rounded down",
            [figures_said.short_angle(item.best_deg, bound=item.lower_bound) for item in items],
        ),
        Column(
            "of_reference_said",
            "",
            "never rounded across 50 %",
            [
                figures_said.short_percent(item.percent_of_reference, texts, bound=item.lower_bound)
                for item in items
            ],
        ),
        Column(
            "means",
            "",
            "",
            [meaning_of(item, result, texts) for item, result in zip(items, results, strict=True)],
        ),
        Column("painful", "", "flag", [item.pain_flag for item in items]),
        Column("trunk_moved_along", "", "flag", [item.compensation_flag for item in items]),
        Column(
            "became",
            "",
            "measured, skipped, ...",
            [state_of(item, result) for item, result in zip(items, results, strict=True)],
        ),
        Column("session_stopped", "", "why", [(fact and fact.stop_reason) or "" for fact in facts]),
        Column(
            "override",
            "",
            "clinician who went on in spite of a safety answer",
            [fact.override.clinician if fact and fact.override else "" for fact in facts],
        ),
        Column("answered_yes", "", "safety questions", [_answered(fact, "yes") for fact in facts]),
        Column("answered_unsure", "", "safety questions", [_answered(fact, "unsure") for fact in facts]),
        Column(
            "chin_fingers",
            "count",
            "between chin and chest",
            [None if fact is None else fact.chin_fingers for fact in facts],
        ),
        Column("session_notes", "", "", [" | ".join(fact.notes) if fact else "" for fact in facts]),
        Column("most_important", "", "of the session", [verdicts[id(result)].title for result in results]),
    ]


def _answered(facts: SessionFacts | None, answer: str) -> str:
    if facts is None:
        return ""
    return " ".join(name for name, given in facts.answers.items() if given == answer)


def trial_columns(export: Export) -> list[Column]:
    """One row a counted trial."""
    rows = [
        (session, item, number, trial)
        for session in export.sessions
        for item in session.result.movements
        for number, trial in enumerate(item.trials, start=1)
    ]
    return [
        Column("session", "", "", [session.view.row.id for session, *_ in rows]),
        Column("movement", "", "", [item.movement.value for _, item, *_ in rows]),
        Column("trial", "", "from 1", [number for *_, number, _ in rows]),
        Column("start", "s", "", [trial.start_s for *_, trial in rows]),
        Column("peak", "s", "", [trial.peak_s for *_, trial in rows]),
        Column("end", "s", "", [trial.end_s for *_, trial in rows]),
        Column("end_range", "deg", _OWN, [trial.peak_deg for *_, trial in rows]),
        Column("sd", "deg", "of the end range", [trial.sd_deg for *_, trial in rows]),
        Column(
            "lower_bound", "", "true: end_range is at least that", [trial.lower_bound for *_, trial in rows]
        ),
        Column("trunk", "deg", "in the same plane", [trial.compensation_deg for *_, trial in rows]),
        Column(
            "peak_speed",
            "deg/s",
            "largest speed on the way out",
            [trial.peak_speed_deg_s for *_, trial in rows],
        ),
        Column(
            "mean_speed",
            "deg/s",
            "way out, from a tenth to nine tenths of the end range",
            [trial.mean_speed_deg_s for *_, trial in rows],
        ),
        Column(
            "speed_peaks",
            "count",
            "peaks of the speed on the way out; 1 is one smooth movement",
            [trial.speed_peaks for *_, trial in rows],
        ),
        Column("note", "", "", [trial.note for *_, trial in rows]),
    ]


def angle_columns(session: ExportSession) -> list[Column]:
    """One row a frame."""
    series = session.series()
    headings = (
        ("time", "s", "from the start of the recording"),
        ("neck_flexion", "deg", _FLEXION),
        ("neck_lateral", "deg", _LATERAL),
        ("neck_rotation", "deg", _ROTATION),
        ("neck_flexion_sd", "deg", "one standard deviation"),
        ("neck_lateral_sd", "deg", "one standard deviation"),
        ("neck_rotation_sd", "deg", "one standard deviation"),
        ("trunk_flexion", "deg", f"{_TRUNK}: + leans forward"),
        ("trunk_lateral", "deg", f"{_TRUNK}: + to the right"),
        ("trunk_rotation", "deg", f"{_TRUNK}: + to the right"),
    )
    numbers = [
        Column(name, unit, meaning, _known(series, column))
        for column, (name, unit, meaning) in enumerate(headings)
    ]
    return [
        *numbers,
        Column("movement", "", "", list(series.movement)),
        Column("source", "", "what the orientation came from", list(series.source)),
        Column("quality", "0 to 1", "", [float(value) for value in series.quality]),
    ]


def _known(series: Series, column: int) -> list[float | None]:
    values = series.numbers[:, column]
    return [float(value) if np.isfinite(value) else None for value in values]


def _identity(export: Export, number: int) -> list[Column]:
    born = export.person.birth_date
    return [
        Column("name", "", "", [export.person.name or ""] * number),
        Column("birth_date", "ISO 8601", "", [born.isoformat() if born else ""] * number),
    ]
