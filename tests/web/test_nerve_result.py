"""What the page shows of nerve tests at their end: what the report says, the gravest first, in its language."""

from __future__ import annotations

import json

import pytest

from neckrom.body.result import BodyQuality
from neckrom.nerve.result import Change, NerveResult, NerveTrial
from neckrom.result import ClipInfo, ToolInfo
from neckrom.service.sessions import SessionInfo, write_session_file
from neckrom.statement import state
from neckrom.web.live_result import nerve_tests_in, shown_nerve

READING = (
    state("nerve.reading.came_at", limb="nerve.limb.left_leg", angle_deg=51.0),
    state("nerve.reading.nerve", joint="nerve.joint.neck", answer="nerve.answer.more"),
    state("nerve.reading.one_side"),
)


def result(kind: str = "slr") -> NerveResult:
    trial = NerveTrial(
        start_s=1.0,
        end_s=9.0,
        leg="left",
        leg_raise_deg=51.0,
        knee_deg=4.0,
        ankle_deg=-20.0,
        neck_flexion_deg=5.0,
        symptom_s=4.0,
        symptom_angle_deg=51.0,
        interval95_deg=(44.0, 58.0),
        held=True,
        change=Change(joint="neck", by_deg=24.0, answer="more"),
        pain="own",
    )
    values = {
        "tool": ToolInfo(version="1", engine="e", model_sha256="", estimator="e", calibration_id="c"),
        "clip": ClipInfo(
            name="s",
            kind="landmarks",
            sha256="",
            duration_s=10.0,
            frames=300,
            fps=30.0,
            width=640,
            height=360,
            measured_width=640,
            measured_height=360,
            mirrored=False,
        ),
        "created": "2026-11-26T08:00:00+00:00",
        "kind": kind,
        "side": "left",
        "trials": (trial,),
        "side_difference_deg": None,
        "side_difference_interval95_deg": None,
        "smaller_side": None,
        "side_difference": "one_side",
        "reading": "read",
        "reading_statements": READING,
        "quality": BodyQuality(frames_measured_percent=100.0, person_found_percent=100.0),
        "statement": "no diagnosis",
    }
    return NerveResult(**values)


@pytest.fixture
def session(tmp_path):
    info = SessionInfo(
        name="s",
        created="2026-11-26T08:00:00+00:00",
        tool_version="1",
        source="0",
        protocol="slr",
        protocol_sha256="",
        kind="nerve",
        width=640,
        height=360,
    )
    write_session_file(tmp_path, info)
    return tmp_path


def test_the_gravest_stands_first_and_the_rest_is_only_told(session):
    (session / "result.json").write_text(result().model_dump_json(), encoding="utf-8")
    shown = shown_nerve(nerve_tests_in(session), "de", home="/live/report")
    assert [line.grade for line in shown.lines] == ["caution", "note"]
    assert "linke Bein" in shown.lines[0].text  # whose it was stands in the line that says what it was
    assert "Laufschmerz" in shown.lines[0].text
    assert "neckrom live --plan slr_slider" in shown.advice[0]
    assert [bar.best for bar in shown.bars] == ["51°"]
    assert shown.report == ""


def test_each_test_of_a_session_has_its_own_report(session):
    for test in ("slump", "slr"):
        (session / test).mkdir()
        (session / test / "result.json").write_text(result(test).model_dump_json(), encoding="utf-8")
        (session / test / "report.html").write_text("x")
    shown = shown_nerve(nerve_tests_in(session), "en", home="/live/report")
    assert {shown.report, *(each.report for each in shown.more)} == {
        "/live/report/slump/report.html",
        "/live/report/slr/report.html",
    }
    assert len(shown.bars) == 2


def test_a_session_of_the_neck_has_no_nerve_tests(session):
    content = json.loads((session / "session.json").read_text())
    (session / "session.json").write_text(json.dumps({**content, "kind": "neck"}))
    (session / "result.json").write_text(result().model_dump_json())
    assert nerve_tests_in(session) == ()


def test_after_a_stop_the_page_asks_nobody_to_do_it_again(session):
    for test in ("slump", "slr"):
        (session / test).mkdir()
        stopped = result(test).model_copy(update={"stop_reason": "pain"})
        (session / test / "result.json").write_text(stopped.model_dump_json(), encoding="utf-8")
    shown = shown_nerve(nerve_tests_in(session), "en", home="/live/report")
    assert [line.grade for line in shown.lines].count("stop") == 1
    assert shown.lines[0].grade == "stop"
    assert "Do not repeat the test" in shown.advice[0]
    assert not any("repeat the test under" in line or "--plan" in line for line in shown.advice)
