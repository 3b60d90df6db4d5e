"""Result folders of sessions of plans, as a guided session writes them."""

from __future__ import annotations

from pathlib import Path

from neckrom.body.result import BodyQuality
from neckrom.plans.plan_file import load_plan
from neckrom.plans.result import DoneRepetition, ExerciseDone, KeyTest, PlanResult, changed
from tests.records.body_folders import nerve_result


def key_test(angle_deg: float | None, *, felt: bool = True, pain: str | None = "own") -> KeyTest:
    ends = None if angle_deg is None else (angle_deg - 5, angle_deg + 5)
    return KeyTest(felt=felt, angle_deg=angle_deg, interval95_deg=ends, seen_deg=angle_deg, pain=pain)


def side(name: str = "left", before=None, after=None, outcomes=("reached",) * 10, **changes) -> ExerciseDone:
    first, last = before or key_test(50.0), after or key_test(60.0)
    by, interval, what = changed(first, last, "slr")
    repetitions = tuple(
        DoneRepetition(start_s=10.0 * n, end_s=10.0 * n + 6, furthest_deg=42.0, outcome=outcome)
        for n, outcome in enumerate(outcomes)
    )
    values = {
        "side": name,
        "before": first,
        "after": last,
        "mark_deg": 38.0,
        "limit_deg": 50.0,
        "error_deg": 3.0,
        "wanted": 10,
        "counted": outcomes.count("reached"),
        "felt": 0,
        "repetitions": repetitions,
        "change_deg": by,
        "change_interval95_deg": interval,
        "change": what,
    }
    return ExerciseDone.model_validate(values | changes)


def plan_result(name: str = "first", created: str = "2026-03-14T10:20:30+01:00", **changes) -> PlanResult:
    plan = load_plan("slr_slider")
    base = nerve_result(name)
    values = {
        "tool": base.tool,
        "clip": base.clip,
        "test": "slr",
        "view": "left",
        "plan_name": plan.name,
        "plan_shipped": True,
        "plan_sha256": plan.sha256,
        "plan": plan.plan,
        "sides": (side("left"), side("right")),
        "pain_before": 4,
        "pain_after": 2,
        "retest_on": "2026-03-28",
        "quality": BodyQuality(frames_measured_percent=100, person_found_percent=100),
        "created": created,
        "statement": "Measured by neckrom.",
    }
    return PlanResult.model_validate(values | changes)


def write_plan(folder: Path, result: PlanResult | None = None) -> Path:
    folder.mkdir(parents=True)
    (folder / "result.json").write_text((result or plan_result()).model_dump_json(indent=1), encoding="utf-8")
    return folder
