"""The end of a session of a plan: both key tests measured from the recording, also where it was cut off."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from neckrom.errors import InputError
from neckrom.plans.plan_file import load_plan
from neckrom.plans.result import PlanResult
from neckrom.service.plan_finishing import finish_plan_session, plan_result
from neckrom.types import BodySeries
from tests.nerve.figure import leg_raise
from tests.nerve.test_measuring import landmark_file

PAUSE_S = 20.0


def twice(one: BodySeries) -> tuple[BodySeries, float]:
    """The same raise before and after an exercise, and by how much later it is."""
    later = float(one.time_ns[-1] - one.time_ns[0]) * 1e-9 + PAUSE_S
    names = ("pose", "pose_world", "pose_visibility", "people")
    joined = {name: np.concatenate([getattr(one, name)] * 2) for name in names}
    times = np.concatenate([one.time_ns, one.time_ns + round(later * 1e9)])
    return replace(one, time_ns=times, foot_motion=None, **joined), later


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Landmarks, and what the session was told."""
    series, later = twice(leg_raise())
    file = landmark_file(tmp_path_factory.mktemp("plan"), series)
    plan = load_plan("slr_slider").plan.model_copy(update={"sides": ("right",)})

    def test(name: str, by_s: float) -> dict[str, object]:
        return {
            "side": "right",
            "round": name,
            "start_s": 1.0 + by_s,
            "end_s": 8.0 + by_s,
            "symptom_s": 3.2 + by_s,
            "seen_deg": 61.0,
            "whose": "own",
        }

    done = {"start_s": 11.0, "end_s": 15.0, "furthest_deg": 52.0, "outcome": "reached"}
    one = {
        "side": "right",
        "wanted": 10,
        "status": "done",
        "felt": 0,
        "why_not": "",
        "mark_deg": 50.0,
        "limit_deg": 61.0,
        "error_deg": 3.0,
        "repetitions": [done, done | {"outcome": "short"}],
    }
    told = {
        "name": "slr_slider",
        "shipped": True,
        "sha256": "0" * 64,
        "clinician": "",
        "plan": plan.model_dump(mode="json"),
        "pain_before": 5,
        "pain_after": None,
        "stop_reason": None,
        "tests": [test("before", 0.0), test("after", later)],
        "sets": [one],
    }
    return file, told


CREATED = "2026-03-14T10:00:00+01:00"


def test_both_tests_are_measured_from_their_part_of_the_recording(recorded):
    file, told = recorded
    result = plan_result(file, told, CREATED)
    (one,) = result.sides
    assert one.before.angle_deg == pytest.approx(one.after.angle_deg, abs=1.0)
    low, high = one.before.interval95_deg
    assert low < one.before.angle_deg < high
    assert (one.change, one.counted, one.number_of("short")) == ("within_error", 1, 1)
    assert (result.view, str(result.retest_on)) == ("right", "2026-03-28")
    assert PlanResult.model_validate_json(result.model_dump_json()) == result


def test_a_test_that_cannot_be_measured_has_no_angle_and_no_change(recorded):
    file, told = recorded
    tests = [told["tests"][0], told["tests"][1] | {"start_s": 900.0, "end_s": 905.0, "symptom_s": 902.0}]
    (one,) = plan_result(file, told | {"tests": tests}, CREATED).sides
    assert one.after.angle_deg is None
    assert (one.after.seen_deg, one.change) == (61.0, "unknown")


def session(folder, file, told):
    folder.mkdir()
    (folder / "landmarks.parquet").write_bytes(file.read_bytes())
    info = {
        "name": "s",
        "kind": "plan",
        "created": CREATED,
        "tool_version": "1",
        "source": "0",
        "protocol": "slr_slider",
        "protocol_sha256": "0" * 64,
        "width": 640,
        "height": 480,
    }
    (folder / "session.json").write_text(json.dumps(info))
    lines = [
        {"t": 1.0, "kind": "plan", "plan": told | {"tests": []}},
        {"t": 2.0, "kind": "plan", "plan": told},
    ]
    (folder / "events.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return folder


def test_a_session_that_was_cut_off_is_made_of_its_events(recorded, tmp_path):
    file, told = recorded
    folder = session(tmp_path / "session", file, told)
    first = finish_plan_session(folder, "de")
    assert "Schmerz" in (folder / "report.html").read_text(encoding="utf-8")
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    again = finish_plan_session(folder, "en")
    assert again.sides == first.sides


def test_a_session_without_a_test_has_no_report(recorded, tmp_path):
    file, told = recorded
    folder = session(tmp_path / "session", file, told | {"tests": []})
    with pytest.raises(InputError, match="no key test"):
        finish_plan_session(folder)
    assert (folder / "landmarks.parquet").is_file()
