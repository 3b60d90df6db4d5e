"""What a clinician wants to see behind a hand-out: trials, intervals, other planes, trunk, method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neckrom.handouts.trend_drawing import Drawing
from neckrom.messages import Messages
from neckrom.report.site_words import site_rows, trust_of
from neckrom.report.wording import display_name
from neckrom.result import AsymmetryResult, MovementResult, Result, TrialResult
from neckrom.rounding import whole_digits
from neckrom.saying import figures
from neckrom.saying.sentences import norm_words
from neckrom.site_file import SiteFile
from neckrom.types import Movement

_SOURCES = ("face", "fused", "pose", "none")
_PLANES = ("flexion", "lateral", "rotation")


@dataclass(frozen=True, slots=True)
class Detail:
    """A titled table with lines under it, in one language.

    Attributes
    ----------
    title : str
    columns : tuple of str
    rows : tuple of tuple of str
        First cell of a row names it.
    shares : tuple of float
        Of the width, by column, on paper.
    lines : tuple of str
    drawings : tuple of tuple of Drawing
        Over the lines; those of a group stand side by side.
    """

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    shares: tuple[float, ...] = ()
    lines: tuple[str, ...] = ()
    drawings: tuple[tuple[Drawing, ...], ...] = ()


def session_details(
    result: Result, day: str, texts: Messages, site: SiteFile | None = None
) -> tuple[Detail, ...]:
    """Trials, sides and method of one session.

    Parameters
    ----------
    result : Result
    day : str
        Of the session; the result knows only when it was measured.
    texts : Messages
    site : SiteFile, optional
        What a study of this place measured.
    """
    return (_trials(result, day, texts), _sides(result, texts), _method(result, texts, site))


def course_details(
    results: Sequence[tuple[str, Result]], texts: Messages, site: SiteFile | None = None
) -> tuple[Detail, ...]:
    """Best end ranges of all sessions, then trials, sides and method of the last one.

    Parameters
    ----------
    results : sequence of (str, Result)
        Day and result of each session, in the order of time.
    texts : Messages
    """
    names = tuple(_name(movement, texts) for movement in Movement)
    rows = tuple((day, *(_best(result.of(movement)) for movement in Movement)) for day, result in results)
    overview = Detail(
        title=texts.text("clinician.sessions"),
        columns=(texts.text("clinician.column.date"), *names),
        rows=rows,
        shares=(0.142, *[0.143] * 6),
    )
    day, last = results[-1]
    return (overview, *session_details(last, day, texts, site))


def _trials(result: Result, day: str, texts: Messages) -> Detail:
    columns = ("movement", "time", "end_range", "other_planes", "trunk", "speed", "seen_by")
    rows = tuple(_trial(item, trial, texts) for item in result.movements for trial in item.trials)
    unseen = [_name(item.movement, texts) for item in result.movements if not item.trials]
    lines = [texts.text("clinician.trials_note")]
    if any(trial.peak_speed_deg_s is not None for item in result.movements for trial in item.trials):
        lines.append(texts.text("clinician.speed_note"))
    if unseen:
        lines.append(texts.text("sheet.missing", what=", ".join(unseen)))
    return Detail(
        title=texts.text("clinician.trials", date=day),
        columns=tuple(texts.text(f"clinician.column.{name}") for name in columns),
        rows=rows,
        shares=(0.17, 0.08, 0.17, 0.22, 0.09, 0.17, 0.1),
        lines=tuple(lines),
    )


def _trial(item: MovementResult, trial: TrialResult, texts: Messages) -> tuple[str, ...]:
    return (
        _name(item.movement, texts),
        texts.text("clinician.seconds", time=trial.peak_s),
        figures.short_angle(trial.peak_deg, bound=trial.lower_bound) + _interval(trial.interval95_deg),
        _coupling(item.movement, trial.coupling_deg, texts),
        figures.signed(trial.compensation_deg),
        _speed(trial, texts),
        texts.text(f"clinician.source.{trial.source}") if trial.source in _SOURCES else trial.source,
    )


def _speed(trial: TrialResult, texts: Messages) -> str:
    if trial.peak_speed_deg_s is None or trial.mean_speed_deg_s is None or trial.speed_peaks is None:
        return figures.NONE
    return texts.text(
        "clinician.speed",
        peak=whole_digits(trial.peak_speed_deg_s),
        mean=whole_digits(trial.mean_speed_deg_s),
        peaks=trial.speed_peaks,
    )


def _coupling(movement: Movement, coupling: tuple[float, float] | None, texts: Messages) -> str:
    if coupling is None:
        return figures.NONE
    others = [plane for plane in _PLANES if plane != _PLANES[movement.plane]]
    return ", ".join(
        f"{texts.text(f'clinician.plane.{plane}')} {figures.signed(angle)}"
        for plane, angle in zip(others, coupling, strict=True)
    )


def _sides(result: Result, texts: Messages) -> Detail:
    columns = ("sides", "left", "right", "difference", "may_differ", "judged")
    return Detail(
        title=texts.text("clinician.asymmetry"),
        columns=tuple(texts.text(f"clinician.column.{name}") for name in columns),
        rows=tuple(_pair(pair, texts) for pair in result.asymmetry),
        shares=(0.2, 0.1, 0.1, 0.2, 0.2, 0.2),
    )


def _pair(pair: AsymmetryResult, texts: Messages) -> tuple[str, ...]:
    percent = "" if pair.percent is None else f" ({figures.short_percent(pair.percent, texts)})"
    return (
        texts.text(f"clinician.plane.{pair.pair}"),
        *(figures.short_angle(angle) for angle in (pair.left_deg, pair.right_deg)),
        figures.short_angle(pair.difference_deg) + percent,
        figures.short_angle(pair.error_limit_deg),
        texts.text(f"clinician.sides.{pair.flag}"),
    )


def _lens(result: Result, texts: Messages) -> str:
    camera = result.camera
    if camera.assumed and camera.hfov_interval95_deg is not None:
        low, high = camera.hfov_interval95_deg
        return texts.text("clinician.method.lens_estimated", angle=camera.hfov_deg, low=low, high=high)
    lens = "assumed" if camera.assumed else "known"
    return texts.text(f"clinician.method.lens_{lens}", angle=camera.hfov_deg)


def _method(result: Result, texts: Messages, site: SiteFile | None) -> Detail:
    quality, tool = result.quality, result.tool
    lines = (
        texts.text(
            "clinician.method.recording",
            fps=result.clip.fps,
            width=result.clip.width,
            height=result.clip.height,
            measured=quality.frames_measured_percent,
            face=quality.face_found_percent,
        ),
        _lens(result, texts) + " " + texts.text(f"clinician.method.{result.camera.view}"),
        texts.text(
            "clinician.method.norms", what=display_name(norm_words(result.norms.citation, texts), limit=300)
        ),
        texts.text(
            "clinician.method.tool",
            version=tool.version,
            estimator=f"{tool.estimator}, {tool.calibration_id}",
            engine=display_name(tool.engine.partition(" (")[0]),
        ),
        texts.text("clinician.method.angles"),
        trust_of(result, site, texts),
        *(f"{name}: {value}" for name, value in site_rows(result, site, texts)),
    )
    return Detail(title=texts.text("clinician.method.title"), lines=lines)


# ----------------------------------------------------------------------- figures


def _name(movement: Movement, texts: Messages) -> str:
    return texts.text(f"clinician.movement.{movement.value}")


def _best(item: MovementResult) -> str:
    return figures.short_angle(item.best_deg, bound=item.lower_bound) + _interval(item.interval95_deg)


def _interval(interval: tuple[float, float | None] | None) -> str:
    return "" if interval is None else figures.in_brackets(*interval)
