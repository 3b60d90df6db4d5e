"""What the report says, in order: HTML and PDF show the same content, each in its own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from neckrom.report import wording
from neckrom.report.pictures import EndRangePicture
from neckrom.result import AsymmetryResult, Flag, MovementResult, Result, TrialResult
from neckrom.types import MOVEMENTS, PAIRS, Movement


@dataclass(frozen=True, slots=True)
class Table:
    """A table as words.

    Attributes
    ----------
    columns : tuple of str
    rows : tuple of tuple of str
        The first cell names the row.
    marked : tuple of bool
        Rows that carry a flag.
    widths : tuple of int
        Of the columns, in percent.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marked: tuple[bool, ...]
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shot:
    """An end-range picture with its words."""

    picture: EndRangePicture
    caption: str
    description: str


@dataclass(frozen=True, slots=True)
class Content:
    """The whole report as words; figures are made where they are placed."""

    clip_name: str
    facts: tuple[tuple[str, str], ...]
    headline: wording.Headline
    rom_description: str
    movements: Table
    movements_note: str
    verdicts: Table
    asymmetry: Table
    asymmetry_notes: tuple[str, ...]
    shots: tuple[Shot, ...]
    no_shots: str
    trace_description: str
    trials: Table
    trials_note: str
    trial_notes: tuple[str, ...]
    set_aside: tuple[str, ...]
    quality: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    method: tuple[tuple[str, str], ...]
    statement: str


def content_of(result: Result, pictures: Mapping[Movement, EndRangePicture]) -> Content:
    """Put a result into words.

    Parameters
    ----------
    result : Result
    pictures : mapping of Movement to EndRangePicture
        May be empty; the report then says why there are none.

    Returns
    -------
    Content
    """
    return Content(
        clip_name=wording.display_name(result.clip.name),
        facts=_facts(result),
        headline=wording.headline(result),
        rom_description=_rom_description(result),
        movements=_movements(result),
        movements_note=_movements_note(result),
        verdicts=_verdicts(result),
        asymmetry=_asymmetry(result),
        asymmetry_notes=(
            *(f"{wording.pair_text(item)}: {_clean(item.reason)}" for item in result.asymmetry),
            _clean(result.quality.first_turn_note),
        ),
        shots=_shots(result, pictures),
        no_shots=_no_shots(result),
        trace_description=_trace_description(result),
        trials=_trials(result),
        trials_note="Angles are positive in the named direction. Trunk: how far the thorax moved along in the same "
        "plane. Other planes: the neck's two other angles at the end of range.",
        trial_notes=_trial_notes(result),
        set_aside=_set_aside(result),
        quality=_quality(result),
        warnings=tuple(map(_clean, result.quality.warnings)),
        method=_method(result),
        statement=wording.sentence(result.statement),
    )


def _facts(result: Result) -> tuple[tuple[str, str], ...]:
    clip = result.clip
    kind = {"clip": "Clip", "images": "Images", "landmarks": "Recorded landmarks"}[clip.kind]
    return (
        (kind, f"{wording.display_name(clip.name)} ({wording.seconds_text(clip.duration_s)})"),
        ("Measured on", date_text(result.created)),
        ("Judged against", wording.display_name(result.norms.title, limit=200)),
    )


def date_text(created: str) -> str:
    """Date and time as people write them: "14 March 2025, 10:20"; as given where it is no ISO date."""
    try:
        when = datetime.fromisoformat(created)
    except ValueError:
        return wording.display_name(created)
    return f"{when.day} {when:%B %Y, %H:%M}"


def _rom_description(result: Result) -> str:
    parts = [
        f"{item.movement.label} {wording.angle_text(item.best_deg, lower_bound=item.lower_bound)}"
        + ("" if item.best_deg is None else f" of {wording.reference_text(item)}")
        + (", half or more lost" if item.flag == "flagged" else "")
        for item in result.movements
    ]
    return (
        "Bar chart of the best trial in six directions against the reference, its half, and the means of healthy "
        f"people where they are known. {'; '.join(parts)}."
    )


def _movements(result: Result) -> Table:
    rows = [
        (
            item.movement.label,
            wording.angle_text(item.best_deg, lower_bound=item.lower_bound),
            wording.NONE if item.best_deg is None else wording.interval_text(item.interval95_deg),
            wording.mean_text(item),
            _reference(item),
            wording.NONE
            if item.percent_of_reference is None
            else wording.percent_text(item.percent_of_reference, lower_bound=item.lower_bound),
            f"{wording.mark(item.flag)} {wording.loss_text(item)}",
        )
        for item in result.movements
    ]
    return Table(
        (
            "Movement",
            "Best",
            "95 % interval",
            "Mean of trials",
            "Reference",
            "% of ref.",
            "Half or more lost?",
        ),
        tuple(rows),
        tuple(item.flag == "flagged" for item in result.movements),
        (18, 12, 13, 16, 18, 9, 14),
    )


def _reference(item: MovementResult) -> str:
    healthy = wording.range_text(item.healthy_low_deg, item.healthy_high_deg)
    text = wording.reference_text(item)
    return text if healthy == wording.NONE else f"{text} (healthy mean {healthy})"


def _movements_note(result: Result) -> str:
    text = (
        "Loss of range is judged on the best trial: half or more of the reference. A shortfall of 10 or 20 % is no "
        "finding; healthy adults turn less than 90° on average. CV: coefficient of variation of the trials."
    )
    if any(item.trials and item.mean_deg is None for item in result.movements):
        text += " Where the end of range was not seen in every trial, there is no mean."
    if not any(item.interval95_deg for item in result.movements):
        text += f" {_clean(result.quality.interval_note)}"
    return text


def _verdicts(result: Result) -> Table:
    rows = tuple(
        (
            item.movement.label,
            _judged(item.flag, item.reason),
            _judged(item.pain_flag, item.pain_reason),
            _judged(item.compensation_flag, item.compensation_reason),
        )
        for item in result.movements
    )
    return Table(
        ("Movement", "Range", "Pain", "Trunk"),
        rows,
        tuple(wording.is_raised(item) for item in result.movements),
        (18, 31, 22, 29),
    )


def _judged(flag: Flag, reason: str) -> str:
    return f"{wording.mark(flag)} {_clean(reason)}" if flag == "flagged" else _clean(reason)


def _clean(text: str) -> str:
    """A sentence from outside: readable, ended, with degree signs; empty stays empty."""
    return (
        wording.sentence(wording.with_degree_signs(wording.display_name(text, 600))) if text.strip() else ""
    )


def _asymmetry(result: Result) -> Table:
    return Table(
        ("Pair", "Left, mean", "Right, mean", "Difference", "Substantial?"),
        tuple(_asymmetry_row(result, item) for item in result.asymmetry),
        tuple(item.flag == "flagged" for item in result.asymmetry),
        (18, 19, 19, 22, 22),
    )


def _asymmetry_row(result: Result, item: AsymmetryResult) -> tuple[str, ...]:
    left, right = PAIRS[0] if item.pair == "rotation" else PAIRS[1]
    difference = wording.NONE
    if item.difference_deg is not None:
        difference = wording.tenth_text(item.difference_deg)
        if item.percent is not None:
            difference += f" ({wording.percent_text(item.percent)})"
    words = {"flagged": "yes", "not_flagged": "no", "could_not_judge": "could not be judged"}
    return (
        wording.pair_text(item),
        _side(item.left_deg, result.of(left)),
        _side(item.right_deg, result.of(right)),
        difference,
        f"{wording.mark(item.flag)} {words[item.flag]}",
    )


def _side(mean_deg: float | None, item: MovementResult) -> str:
    """Mean of one side; where there is none, the bound of its best trial."""
    if mean_deg is None and item.best_deg is not None:
        return wording.tenth_text(item.best_deg, lower_bound=item.lower_bound)
    return wording.tenth_text(mean_deg)


def _shots(result: Result, pictures: Mapping[Movement, EndRangePicture]) -> tuple[Shot, ...]:
    shots = []
    for movement in MOVEMENTS:
        if movement in pictures:
            picture, item = pictures[movement], result.of(movement)
            value = wording.angle_text(item.best_deg, lower_bound=item.lower_bound)
            when = wording.seconds_text(picture.time_s)
            shots.append(
                Shot(
                    picture,
                    f"At {when}",
                    f"Head and shoulders at the end of {movement.label.lower()}, {value}, at {when} of the clip. "
                    "A dashed line marks neutral, an arrow where the head points, a dial the angle.",
                )
            )
    return tuple(shots)


def _no_shots(result: Result) -> str:
    if result.clip.kind == "landmarks":
        return "There are no pictures: the measurement was made from recorded landmarks, without the clip."
    return "There are no pictures of the person in this report."


def _trace_description(result: Result) -> str:
    trials = sum(len(item.trials) for item in result.movements)
    return (
        "Line charts of flexion and extension, rotation and side-bend of the neck over the clip's "
        f"{wording.seconds_text(result.clip.duration_s)}, with {trials} trials, their ends of range, the neutral "
        "stretch, and in grey what was not measured. The trials table gives the same numbers."
    )


def _trials(result: Result) -> Table:
    rows = [
        _trial_row(item, number, trial)
        for item in result.movements
        for number, trial in enumerate(item.trials, start=1)
    ]
    return Table(
        ("Trial", "From, peak, to (s)", "End of range", "95 % interval", "Trunk", "Other planes"),
        tuple(rows),
        tuple(False for _ in rows),
        (20, 23, 13, 14, 9, 21),
    )


def _trial_row(item: MovementResult, number: int, trial: TrialResult) -> tuple[str, ...]:
    times = ", ".join(f"{time_s:.1f}" for time_s in (trial.start_s, trial.peak_s, trial.end_s))
    return (
        f"{item.movement.label} {number}",
        times,
        wording.tenth_text(trial.peak_deg, lower_bound=trial.lower_bound),
        wording.interval_text(trial.interval95_deg),
        wording.angle_text(trial.compensation_deg),
        wording.coupling_text(item.movement, trial),
    )


def _trial_notes(result: Result) -> tuple[str, ...]:
    return tuple(
        f"{item.movement.label} {number}: {_clean(trial.note)}"
        for item in result.movements
        for number, trial in enumerate(item.trials, start=1)
        if trial.note
    )


def _set_aside(result: Result) -> tuple[str, ...]:
    return tuple(
        f"{item.movement.label} at {wording.seconds_text(trial.peak_s)}, {wording.angle_text(trial.peak_deg)}: "
        f"{_clean(trial.reason)}"
        for item in result.movements
        for trial in item.set_aside
    )


def _quality(result: Result) -> tuple[tuple[str, str], ...]:
    quality, neutral, camera = result.quality, result.neutral, result.camera
    drift = (
        ""
        if neutral.drift_deg is None
        else f"; other rests of the clip within {neutral.drift_deg:.1f}° of it"
    )
    origin = {"found": "found automatically", "given": "given by the user"}[neutral.origin]
    return (
        (
            "Frames measured",
            f"{quality.frames_measured_percent:.0f} % (a face was found in {quality.face_found_percent:.0f} %)",
        ),
        ("Neutral", f"{neutral.start_s:.1f} to {neutral.end_s:.1f} s, {origin}{drift}"),
        ("First turn", _clean(quality.first_turn_note)),
        (
            "Camera",
            f"Horizontal field of view {camera.hfov_deg:.0f}°. {_clean(_camera_origin(result))}",
        ),
        ("Intervals", _clean(quality.interval_note)),
    )


def _camera_origin(result: Result) -> str:
    origin = result.camera.origin
    if result.camera.assumed and "assum" not in origin:
        return f"assumed: {origin}"
    return origin


def _method(result: Result) -> tuple[tuple[str, str], ...]:
    tool, clip, settings = result.tool, result.clip, result.configuration.settings
    pixels = f"{clip.width} x {clip.height}"
    if (clip.width, clip.height) != (clip.measured_width, clip.measured_height):
        pixels += f", measured at {clip.measured_width} x {clip.measured_height}"
    rows = [
        ("References", f"{wording.display_name(result.norms.title, 300)}. {_clean(result.norms.citation)}"),
        ("Source of each", _sources(result)),
        ("Angles", result.units.convention),
        ("Tool", f"{tool.name} {tool.version}, {tool.engine}, estimator {tool.estimator}"),
        ("Calibration", tool.calibration_id),
        (
            "Clip",
            f"{clip.frames} frames, {clip.fps:.2f} a second, {pixels} pixels"
            + (", mirrored" if clip.mirrored else ""),
        ),
        ("SHA-256 of the clip", clip.sha256),
        ("SHA-256 of the models", tool.model_sha256),
        ("SHA-256 of the norms", result.norms.sha256),
    ]
    if result.configuration.protocol is not None:
        rows.append(("Protocol file", wording.display_name(result.configuration.protocol, 200)))
    if settings:
        rows.append(
            ("Settings", ", ".join(f"{name} {_setting(value)}" for name, value in sorted(settings.items())))
        )
    return tuple(rows)


def _sources(result: Result) -> str:
    """References by their source, each source once."""
    by_source: dict[str, list[str]] = {}
    for item in result.movements:
        name = f"{item.movement.label.lower()} {wording.reference_text(item)}"
        by_source.setdefault(_clean(item.reference_source), []).append(name)
    return " ".join(f"{wording.joined(names).capitalize()}: {source}" for source, names in by_source.items())


def _setting(value: float | int | str | bool) -> str:
    return f"{value:g}" if isinstance(value, float) else wording.display_name(str(value), 200)
