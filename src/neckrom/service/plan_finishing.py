"""The end of a session of a plan: its key tests are measured from the recording, its exercise is as it was counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from neckrom.body.result import BodyQuality
from neckrom.errors import InputError, NeckromError
from neckrom.landmarks.body_store import read_bodies
from neckrom.landmarks.stream import convert_body_stream
from neckrom.messages import FALLBACK
from neckrom.nerve.marks import Mark
from neckrom.nerve.measure import LegTestMeasurement, MeasuredTrial, measure_leg_test, symptom_angle
from neckrom.plans.plan_file import LegTest, Plan
from neckrom.plans.result import DoneRepetition, ExerciseDone, KeyTest, PlanResult, changed
from neckrom.private_files import clear_unfinished, new_part_folder
from neckrom.saying.sentences import in_english, statement_of
from neckrom.saying.verdict import SAFETY_STOPS
from neckrom.service.body_recordings import BodyPart, BodyRecording, part_of
from neckrom.service.folders import LANDMARK_FILE
from neckrom.service.nerve import ESTIMATOR
from neckrom.service.sessions import EVENT_FILE, STREAM_FILE, open_session, read_lines
from neckrom.statement import state
from neckrom.types import BodySeries

Progress = Callable[[float, float], None]
_LEAST_FRAMES = 10
_AROUND_S = 2.5
"""Before a key test and after it, so that rest is in what is measured."""


def finish_plan_session(path: Path, language: str = FALLBACK, progress: Progress | None = None) -> PlanResult:
    """Measure a session that is over, finished or cut off, and write its report into its own folder.

    Raises
    ------
    NeckromError
        It cannot be written, or no key test was done; everything recorded is still there.
    """
    tell = progress or (lambda _share, _next: None)
    tell(0.0, 0.3)
    session = open_session(path)
    landmarks = path / LANDMARK_FILE
    if not landmarks.is_file():
        convert_body_stream(path / STREAM_FILE, landmarks)
        landmarks.chmod(0o600)
    (path / STREAM_FILE).unlink(missing_ok=True)
    tell(0.3, 0.7)
    result = plan_result(landmarks, told_so_far(path), session.info.created)
    tell(0.7, 1.0)
    clear_unfinished()
    from neckrom.report.bodies.write import write_plan_report  # noqa: PLC0415  (matplotlib is slow to load)

    with new_part_folder(path, path) as part:
        (part / "result.json").write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
        write_plan_report(part, result, language=language)
        for item in sorted(part.iterdir()):
            item.chmod(0o600)
            item.replace(path / item.name)
    return result


def told_so_far(path: Path) -> dict[str, Any]:
    """What the session had come to, from its events.

    Raises
    ------
    InputError
        No key test was done.
    """
    last: dict[str, Any] = {}
    for record in read_lines(path / EVENT_FILE):
        if record.get("kind") == "plan" and isinstance(record.get("plan"), dict):
            last = record["plan"]
    if not last.get("tests"):
        raise InputError(f"{path} holds no key test: the session ended before one was done.")
    return last


def plan_result(landmarks: Path, told: Mapping[str, Any], created: str) -> PlanResult:
    """Put together what was told, what was counted, and what the recording gives of the key tests.

    Parameters
    ----------
    landmarks : Path
    told : mapping
        As :meth:`neckrom.live.exercise.session.PlanMachine.record` writes it.
    created : str
        When the session began.
    """
    plan = Plan.model_validate(told["plan"])
    assert plan.test != "neck"
    series, header = read_bodies(landmarks)
    recording = BodyRecording(landmarks, None, len(series) == 1, landmarks, header, series)
    part = part_of(recording, mirrored=False)
    rounds = {name: _round(part, plan.test, told, name) for name in ("before", "after")}
    measured = [one for one in rounds.values() if one is not None]
    said = (*part.notices, *dict.fromkeys(notice for one in measured for notice in one.notices))
    begun, stopped = datetime.fromisoformat(created), told["stop_reason"] in SAFETY_STOPS
    corrections = measured[0].angles.corrections.calibration_id if measured else "none"
    return PlanResult(
        tool=recording.tool(ESTIMATOR, corrections),
        clip=part.clip_info(),
        test=plan.test,
        view=measured[0].near if measured else None,
        plan_name=told["name"],
        plan_shipped=bool(told["shipped"]),
        plan_sha256=told["sha256"],
        clinician=told["clinician"],
        plan=plan,
        sides=tuple(_side(one, told, rounds, plan.test) for one in told["sets"]),
        pain_before=told["pain_before"],
        pain_after=told["pain_after"],
        stop_reason=told["stop_reason"],
        # after a stop somebody else says when to test again
        retest_on=None if stopped else (begun + timedelta(days=plan.retest_days.value)).date(),
        quality=_quality(measured, said),
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
        statement=in_english(state("plan.statement")),
    )


def _quality(measured: list[LegTestMeasurement], said: tuple[str, ...]) -> BodyQuality:
    note = state("nerve.interval_note")

    def share(name: str) -> float:
        return round(100 * min((getattr(one, name) for one in measured), default=0.0), 2)

    return BodyQuality(
        frames_measured_percent=share("measured_share"),
        person_found_percent=share("found_share"),
        leg_swaps_mended=sum(one.swaps for one in measured) if measured else None,
        warnings=tuple(str(sentence) for sentence in said),
        warning_statements=tuple(statement_of(sentence) for sentence in said),
        interval_note=in_english(note),
        interval_statement=note,
    )


def _round(part: BodyPart, test: LegTest, told: Mapping[str, Any], name: str) -> LegTestMeasurement | None:
    """The key tests before, or after, measured from their part of the recording; None where that cannot be."""
    tests = [each for each in told["tests"] if each["round"] == name]
    if not tests:
        return None
    start_s = min(each["start_s"] for each in tests) - _AROUND_S
    end_s = max(each["end_s"] for each in tests) + _AROUND_S
    series = _between(part.series, start_s, end_s)
    if len(series) < _LEAST_FRAMES:
        return None
    times = series.time_ns * 1e-9
    marks = tuple(
        Mark(each["symptom_s"], "symptom", None)
        for each in sorted(tests, key=lambda each: each["start_s"])
        if each["symptom_s"] is not None and times[0] <= each["symptom_s"] <= times[-1]
    )
    try:
        return measure_leg_test(series, test, marks)
    except NeckromError:
        return None  # the angle that was read during the session stands alone then, and says so


def _between(series: BodySeries, start_s: float, end_s: float) -> BodySeries:
    times = series.time_ns * 1e-9
    kept = (times >= start_s) & (times <= end_s)
    return replace(
        series,
        time_ns=series.time_ns[kept],
        pose=series.pose[kept],
        pose_world=series.pose_world[kept],
        pose_visibility=series.pose_visibility[kept],
        people=series.people[kept],
        foot_motion=None if series.foot_motion is None else series.foot_motion[kept],
    )


def _side(
    one: Mapping[str, Any],
    told: Mapping[str, Any],
    rounds: Mapping[str, LegTestMeasurement | None],
    test: LegTest,
) -> ExerciseDone:
    before, after = (_key_test(one["side"], name, told, rounds[name], test) for name in ("before", "after"))
    by, interval, what = changed(before, after, test)
    repetitions = tuple(DoneRepetition.model_validate(each) for each in one["repetitions"])
    return ExerciseDone(
        side=one["side"],
        before=before,
        after=after,
        mark_deg=one["mark_deg"],
        limit_deg=one["limit_deg"],
        error_deg=one["error_deg"],
        wanted=one["wanted"],
        counted=sum(each.outcome == "reached" for each in repetitions),
        felt=one["felt"],
        why_not=one["why_not"],
        repetitions=repetitions,
        change_deg=by,
        change_interval95_deg=interval,
        change=what,
    )


def _key_test(
    side: str, name: str, told: Mapping[str, Any], measured: LegTestMeasurement | None, test: LegTest
) -> KeyTest | None:
    tests = [each for each in told["tests"] if each["side"] == side and each["round"] == name]
    if not tests:
        return None
    of = tests[-1]
    trial = None if measured is None else _trial_of(measured, side, of)
    angle, interval = float("nan"), None
    if measured is not None and trial is not None:
        if of["symptom_s"] is not None:
            angle, interval = trial.symptom_angle_deg, trial.interval95_deg
        else:
            angle, interval = symptom_angle(measured.angles, trial.leg, trial.trial.reached_s)
            angle = trial.leg_raise_deg if test == "slr" else trial.knee_deg
            if interval is not None:
                half = 0.5 * (interval[1] - interval[0])
                interval = (angle - half, angle + half)
    known = bool(np.isfinite(angle))
    return KeyTest(
        felt=of["symptom_s"] is not None,
        angle_deg=round(angle, 2) if known else None,
        interval95_deg=(round(interval[0], 2), round(interval[1], 2)) if known and interval else None,
        seen_deg=None if of["seen_deg"] is None else round(of["seen_deg"], 2),
        pain=of["whose"],
        at_s=of["symptom_s"],
    )


def _trial_of(measured: LegTestMeasurement, side: str, told: Mapping[str, Any]) -> MeasuredTrial | None:
    """The trial of this leg that overlaps most with what the session led."""

    def overlap(trial: MeasuredTrial) -> float:
        return float(min(trial.trial.end_s, told["end_s"]) - max(trial.trial.start_s, told["start_s"]))

    found = [trial for trial in measured.trials if trial.leg == side and overlap(trial) > 0]
    return max(found, key=overlap, default=None)
