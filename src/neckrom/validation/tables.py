"""The accuracy report as plain tables of text, shown in the terminal and written as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from neckrom.validation.compare import (
    BOUND_TOLERANCE_DEG,
    DIFFERENT_SIDES_DEG,
    EQUAL_SIDES_DEG,
    MIN_EXCURSION_DEG,
    REACH_TOLERANCE_DEG,
)
from neckrom.validation.summary import (
    JUDGE_MARGIN_DEG,
    MODERATE_DEG,
    FrameRow,
    TrialReport,
    TrialRow,
    ValidationReport,
)

NONE = "–"
"""For what is not known."""
WORST_SHOWN = 12
"""Repetitions in the table of the worst."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """One table; ``text_columns`` of them hold words, the others figures."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: int = 1


def tables(report: ValidationReport) -> tuple[TextTable, ...]:
    """All tables that are not empty, the ones that matter most first.

    Parameters
    ----------
    report : ValidationReport

    Returns
    -------
    tuple of TextTable
        Degrees, where the table does not say otherwise.
    """
    limits = ", ".join(f"{movement.label.lower()} {limit:g}" for movement, limit in MODERATE_DEG.items())
    chosen = (
        TextTable(
            "End range per movement",
            "Errors are measured minus true end range in degrees, over repetitions with an end-range value; "
            "lower bounds (bound) and repetitions that were seen but not counted (aside) are counted apart. "
            "Range: share of the true range that was measured, in percent; seen: share of the frames.",
            _TRIAL_COLUMNS,
            _trial_rows(report.by_movement),
        ),
        TextTable(
            "Clips of moderate range",
            f"No true end range past {limits} deg.",
            _TRIAL_COLUMNS,
            _trial_rows(report.moderate),
        ),
        TextTable(
            "Side views",
            "Clips filmed from the person's side.",
            _TRIAL_COLUMNS,
            _trial_rows(report.side_view),
        ),
        _worst(report),
        TextTable(
            "End range per 10 deg of truth",
            "",
            ("movement", "true end range", *_TRIAL_COLUMNS[1:]),
            tuple((_movement(row), row.group, *_figures(row)) for row in report.by_truth),
            2,
        ),
        _agreement(report),
        _span(report),
        _intervals(report),
        TextTable(
            "Free movement, frame by frame",
            "Frames of deliberate movement in clips without named repetitions.",
            _FRAME_COLUMNS,
            _frames(report.free_frames),
        ),
        TextTable("All frames", "All clips from the front.", _FRAME_COLUMNS, _frames(report.all_frames)),
        TextTable(
            "Angle in the plane of the movement per 10 deg of truth, frame by frame",
            "Frames within repetitions; errors positive outwards.",
            ("movement", "true angle", *_FRAME_COLUMNS[1:]),
            tuple((row.quantity, row.group, *_frame_figures(row)) for row in report.frames_by_truth),
            2,
        ),
        TextTable(
            "How it was filmed",
            "All movements together. Conditions vary together: a group's figure need not be its own doing.",
            ("condition", *_TRIAL_COLUMNS[1:]),
            tuple((row.group, *_figures(row)) for row in report.by_condition),
        ),
        _sides(report),
        _extras(report),
        _clips(report),
    )
    return tuple(table for table in chosen if table.rows)


def headline(report: ValidationReport) -> tuple[str, ...]:
    """What the tables come to, one sentence each.

    Parameters
    ----------
    report : ValidationReport

    Returns
    -------
    tuple of str
    """
    lines = [_trials_line(report)]
    if report.flags.movements:
        lines.append(_flags_line(report))
    if report.sides:
        lines.append(_sides_line(report))
    if report.retest.pairs:
        lines.append(
            f"Test and retest over {report.retest.pairs} repetitions: SEM {_number(report.retest.sem_deg)}, "
            f"MDC95 {_number(report.retest.mdc95_deg)} deg."
        )
    lines += [f"Wrong flag: {text}." for text in report.flags.wrong]
    lines += [f"Could not be measured: {clip.name}: {clip.message}" for clip in report.failed]
    lines += [f"Note: {note}" for note in report.notes]
    return tuple(lines)


def _trials_line(report: ValidationReport) -> str:
    status = [trial.status for trial in report.trials]
    kinds = [extra.kind for extra in report.extras]
    return (
        f"{len(report.clips)} clips, {len(status)} true repetitions: {status.count('measured')} measured, "
        f"{status.count('bounded')} only bounded, {status.count('set aside')} set aside, "
        f"{status.count('missed')} missed; {kinds.count('invented')} invented, {kinds.count('split')} split."
    )


def _flags_line(report: ValidationReport) -> str:
    flags = report.flags
    return (
        f"Flags for loss of range: {flags.losses_flagged} of {flags.losses} true losses flagged, "
        f"{flags.losses_cleared} wrongly cleared; {flags.healthy_flagged} of "
        f"{flags.movements - flags.losses} others wrongly flagged; {flags.unjudged_far} of {flags.far} "
        f"further than {JUDGE_MARGIN_DEG:g} deg from the line not judged or only bounded."
    )


def _sides_line(report: ValidationReport) -> str:
    outcome = [side.outcome for side in report.sides]
    different = outcome.count("found") + outcome.count("overlooked")
    equal = outcome.count("false alarm") + outcome.count("rightly equal")
    return (
        f"Sides: {outcome.count('found')} of {different} true differences of {DIFFERENT_SIDES_DEG:g} deg or "
        f"more found; {outcome.count('false alarm')} false alarms in {equal} pairs that differ by at most "
        f"{EQUAL_SIDES_DEG:g} deg."
    )


def renderables(report: ValidationReport, *, everything: bool = False) -> list[RenderableType]:
    """For a rich console: the headline and the tables (the first six, or all of them).

    Parameters
    ----------
    report : ValidationReport
    everything : bool

    Returns
    -------
    list of renderable
    """
    shown = tables(report) if everything else tables(report)[:6]
    items: list[RenderableType] = [_rich(table) for table in shown]
    items += [Text(line) for line in headline(report)]
    items.append(Text(report.statement, style="italic"))
    return items


def markdown(
    report: ValidationReport,
    figures: Sequence[tuple[str, str]] = (),
    traces: Sequence[tuple[str, str]] = (),
) -> str:
    """The whole report as Markdown.

    Parameters
    ----------
    report : ValidationReport
    figures, traces : sequence of (path, caption)
        Pictures of all clips together and of single ones, paths relative to the Markdown file.

    Returns
    -------
    str
    """
    parts = [
        "# Accuracy against truth tables",
        f"neckrom {report.tool_version}, clips in `{report.folder}`.",
        f"**{report.statement}**",
        "\n".join(f"- {line}" for line in headline(report)),
    ]
    parts += [_markdown_picture(*figure) for figure in figures]
    parts += [_markdown_table(table) for table in tables(report)]
    parts.append(_HOW_COUNTED)
    if traces:
        parts.append("## Clip by clip")
        parts += [_markdown_picture(*trace) for trace in traces]
    return "\n\n".join(parts) + "\n"


_HOW_COUNTED = f"""## How it is counted

- True end range: median over the hold. A measured trial belongs to the true repetition of the same
  direction with which it overlaps most in time.
- Invented: a measured trial during which the true angle never goes {MIN_EXCURSION_DEG:g} deg in its
  direction. Split: a second trial within one repetition. Set aside: seen, but not counted as a trial.
- A lower bound is right when the truth is not more than {BOUND_TOLERANCE_DEG:g} deg below it; bounds are
  never part of bias, MAE and the like.
- Range measured: largest true angle at which a frame was right within {REACH_TOLERANCE_DEG:g} deg, in
  percent of the true end range; the median over repetitions.
- Cross-talk: largest false angle in the two other planes while the movement truly stays in one, true coupling
  subtracted; up to 80 deg of rotation.
- ICC(2,1): two-way random effects, absolute agreement, single measurement, truth and measurement as the two
  raters. SEM: standard deviation of the errors; MDC95 = 1.96 sqrt(2) SEM.
- Coverage: share of 95 % intervals that hold the truth, with the exact binomial interval of that share."""

_TRIAL_COLUMNS = (
    "movement",
    "n",
    "meas.",
    "bound",
    "missed",
    "bias",
    "MAE",
    "p95",
    "worst",
    "range",
    "seen",
)
_WORDS = ("note", "flag", "outcome", "missed movements")
_FRAME_COLUMNS = ("angle", "frames", "measured %", "bias", "median", "MAE", "p95", "worst")


def _trial_rows(rows: Sequence[TrialRow]) -> tuple[tuple[str, ...], ...]:
    return tuple((_movement(row), *_figures(row)) for row in rows)


def _figures(row: TrialRow) -> tuple[str, ...]:
    found, wrong = row.accuracy, row.bounded - row.bounds_right
    return (
        str(row.trials),
        str(row.measured),
        str(row.bounded) if row.bounds_right == row.bounded else f"{row.bounded}, {wrong} wrong",
        str(row.missed) if not row.set_aside else f"{row.missed}, {row.set_aside} aside",
        _signed(found.bias_deg),
        _number(found.mae_deg),
        _number(found.p95_deg),
        _signed(found.worst_deg),
        _number(row.range_measured_percent, 0),
        _number(row.frames_measured_percent, 0),
    )


def _frames(rows: Sequence[FrameRow]) -> tuple[tuple[str, ...], ...]:
    return tuple((row.quantity, *_frame_figures(row)) for row in rows)


def _frame_figures(row: FrameRow) -> tuple[str, ...]:
    return (
        str(row.frames),
        _number(row.measured_percent, 0),
        NONE if "geodesic" in row.quantity else _signed(row.bias_deg),
        _number(row.median_deg),
        _number(row.mae_deg),
        _number(row.p95_deg),
        _signed(row.worst_deg),
    )


def _worst(report: ValidationReport) -> TextTable:
    ranked = sorted(report.trials, key=_badness, reverse=True)[:WORST_SHOWN]
    return TextTable(
        "Worst repetitions",
        "Missed ones first, then wrong bounds, then by the size of the error.",
        ("clip", "movement", "what", "truth", "measured", "error", "hold at", "peak at", "note"),
        tuple(
            (
                trial.clip,
                trial.movement.label,
                trial.status,
                _number(trial.truth_deg),
                _number(trial.measured_deg),
                _signed(trial.error_deg),
                f"{trial.hold_start_s:.1f} s",
                NONE if trial.measured_peak_s is None else f"{trial.measured_peak_s:.1f} s",
                trial.note,
            )
            for trial in ranked
            if _badness(trial) > 0
        ),
        3,
    )


def _badness(trial: TrialReport) -> float:
    if trial.status in ("missed", "set aside"):
        return 1000.0 + trial.truth_deg
    if trial.bound_holds is False:
        return 500.0 + (trial.measured_deg or 0.0) - trial.truth_deg
    return abs(trial.error_deg or 0.0)


def _agreement(report: ValidationReport) -> TextTable:
    return TextTable(
        "Agreement",
        "",
        ("movement", "n", "bias", "limits of agreement", "ICC(2,1)", "SEM", "MDC95"),
        tuple(
            (
                _movement(row),
                str(row.accuracy.n),
                _signed(row.accuracy.bias_deg),
                NONE
                if row.accuracy.limits_of_agreement_deg is None
                else " to ".join(_signed(limit) for limit in row.accuracy.limits_of_agreement_deg),
                _number(row.accuracy.icc_2_1, 3),
                _number(row.accuracy.sem_deg),
                _number(row.accuracy.mdc95_deg),
            )
            for row in report.by_movement
        ),
    )


def _span(report: ValidationReport) -> TextTable:
    return TextTable(
        "Cross-talk and trunk",
        "",
        ("movement", "cross-talk, all frames", "cross-talk at end range", "trunk at end range, MAE"),
        tuple(
            (
                _movement(row),
                _number(row.cross_talk_deg),
                _number(row.cross_talk_end_deg),
                _number(row.compensation_mae_deg),
            )
            for row in report.by_movement
        ),
    )


def _intervals(report: ValidationReport) -> TextTable:
    return TextTable(
        "95 % intervals",
        "",
        ("movement", "n", "held the truth %", "of which sure", "median half-width"),
        tuple(
            (
                _movement(row),
                str(row.coverage.n),
                _number(row.coverage.percent),
                f"{_number(row.coverage.low_percent, 0)} to {_number(row.coverage.high_percent, 0)}",
                _number(row.coverage.median_half_width_deg),
            )
            for row in report.by_movement
            if row.coverage.n
        ),
    )


def _sides(report: ValidationReport) -> TextTable:
    return TextTable(
        "Left against right",
        "Difference of the means, left minus right.",
        ("clip", "pair", "true difference", "measured", "flag", "outcome"),
        tuple(
            (
                side.clip,
                side.pair,
                _signed(side.truth_difference_deg),
                _signed(side.measured_difference_deg),
                side.flag.replace("_", " "),
                side.outcome,
            )
            for side in report.sides
        ),
        2,
    )


def _extras(report: ValidationReport) -> TextTable:
    return TextTable(
        "Measured trials that are no repetition of the truth",
        "",
        ("clip", "what", "movement", "from", "to", "measured", "largest true angle", "note"),
        tuple(
            (
                extra.clip,
                extra.kind,
                extra.movement.label,
                f"{extra.start_s:.1f} s",
                f"{extra.end_s:.1f} s",
                _number(extra.measured_deg),
                _number(extra.truth_deg),
                extra.note,
            )
            for extra in report.extras
        ),
        3,
    )


def _clips(report: ValidationReport) -> TextTable:
    return TextTable(
        "Clips",
        "Geodesic: median angle between measured and true rotation of the neck, all frames.",
        ("clip", "view", "found", "MAE", "worst", "geodesic", "frames %", "seconds", "missed movements"),
        tuple(
            (
                clip.name,
                clip.view,
                "free" if clip.free else f"{clip.found} of {clip.trials}",
                _number(clip.mae_deg),
                _signed(clip.worst_deg),
                _number(clip.geodesic_median_deg),
                _number(clip.frames_measured_percent, 0),
                _number(clip.seconds, 0),
                ", ".join(movement.label.lower() for movement in clip.missed_movements) or NONE,
            )
            for clip in report.clips
        ),
        2,
    )


def _movement(row: TrialRow) -> str:
    return "all" if row.movement is None else row.movement.label


def _number(value: float | None, digits: int = 1) -> str:
    return NONE if value is None else f"{value:.{digits}f}"


def _signed(value: float | None) -> str:
    return NONE if value is None else f"{value:+.1f}"


def _rich(table: TextTable) -> Table:
    shown = Table(
        title=Text(table.title),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 0, 0, 1),
    )
    kept = [index for index, column in enumerate(table.columns) if not _only_on_paper(table, column)]
    for index in kept:
        column = table.columns[index]
        words = index < table.text_columns or column in _WORDS
        shown.add_column(column, justify="left" if words else "right", overflow="fold")
    for row in table.rows:
        shown.add_row(*(Text(row[index]) for index in kept))
    return shown


def _only_on_paper(table: TextTable, column: str) -> bool:
    """Columns that a terminal of 80 columns has no room for."""
    return table.text_columns > 1 and column in ("range", "seen")


def _markdown_table(table: TextTable) -> str:
    align = ["---" if index < table.text_columns else "---:" for index in range(len(table.columns))]
    lines = [f"## {table.title}", ""]
    if table.note:
        lines += [table.note, ""]
    lines += [_markdown_row(table.columns), _markdown_row(align), *(_markdown_row(row) for row in table.rows)]
    return "\n".join(lines)


def _markdown_picture(path: str, caption: str) -> str:
    return f"![{caption}]({path})\n\n{caption}"


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
