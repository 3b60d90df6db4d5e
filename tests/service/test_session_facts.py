"""What a guided session was told, from its folder: whole, cut off, and damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neckrom.service.sessions import facts_beside
from neckrom.types import Movement

BASE = {
    "version": 1,
    "name": "s",
    "created": "2026-03-14T10:00:00+01:00",
    "tool_version": "0.1.0",
    "source": "camera 0",
    "protocol": "full",
    "protocol_sha256": "",
    "width": 640,
    "height": 480,
}


def steps(movement: str, *states: str) -> list[dict[str, object]]:
    """Two warm-ups and three trials."""
    names = [f"{movement}:warm_up:{n}" for n in (1, 2)] + [f"{movement}:trial:{n}" for n in (1, 2, 3)]
    return [
        {"step": name, "status": state, "set_aside": 0} for name, state in zip(names, states, strict=True)
    ]


def folder(tmp_path: Path, summary: object | None, events: list[dict[str, object]] | None = None) -> Path:
    content = BASE | ({} if summary is None else {"finished": True, "summary": summary})
    (tmp_path / "session.json").write_text(json.dumps(content), encoding="utf-8")
    lines = "".join(json.dumps(event) + "\n" for event in events or ())
    (tmp_path / "events.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path


def test_everything_that_was_told_is_read(tmp_path):
    summary = {
        "stop_reason": "dizziness",
        "stopped_during": "rotation_left",
        "answers": {"arterial": "unsure"},
        "refused_by": ["arterial"],
        "override": {"type": "override", "clinician": "Dr. Weber", "reason": "examined"},
        "chin_fingers": 2,
        "notes": ["pale"],
        "repetitions": [
            *steps("flexion", *["done"] * 5),
            *steps("extension", "done", "done", "done", "skipped", "skipped"),
            *steps("lateral_left", *["skipped"] * 5),
            *steps("lateral_right", "done", "done", "skipped", "skipped", "skipped"),
            *steps("rotation_left", *["to_come"] * 5),
            *steps("rotation_right", *["to_come"] * 5),
        ],
    }
    facts = facts_beside(folder(tmp_path, summary))
    assert facts is not None
    assert (facts.stop_reason, facts.chin_fingers, facts.notes) == ("dizziness", 2, ("pale",))
    assert facts.override is not None
    assert (facts.override.clinician, facts.override.reason) == ("Dr. Weber", "examined")
    assert facts.directions == {
        Movement.FLEXION: "done",
        Movement.EXTENSION: "partly",
        Movement.ROTATION_LEFT: "broken_off",
        Movement.ROTATION_RIGHT: "not_reached",
        Movement.LATERAL_LEFT: "skipped",
        Movement.LATERAL_RIGHT: "broken_off",
    }


def test_a_session_that_was_cut_off_is_read_from_its_events(tmp_path):
    events = [
        {
            "n": 1,
            "t": 0.1,
            "kind": "command",
            "command": {"type": "answer", "question": "cancer", "answer": "no"},
        },
        {"n": 2, "t": 9.0, "kind": "command", "command": {"type": "note", "text": "tense"}},
        {"n": 3, "t": 9.5, "kind": "command", "command": {"type": "stop", "reason": "nausea"}},
    ]
    facts = facts_beside(folder(tmp_path, None, events))
    assert facts is not None
    assert not facts.finished
    assert (facts.stop_reason, facts.answers, facts.notes) == ("nausea", {"cancer": "no"}, ("tense",))


@pytest.mark.parametrize(
    "summary",
    [
        {"stop_reason": "boredom"},
        {"answers": ["yes"]},
        {"override": "Dr. Weber"},
        {"repetitions": 7},
        {"repetitions": ["flexion"]},
        {"notes": 3},
        {"chin_fingers": "many"},
    ],
    ids=str,
)
def test_a_damaged_one_says_nothing_instead_of_failing(tmp_path, summary):
    assert facts_beside(folder(tmp_path, summary)) is None


def test_a_folder_without_a_session_has_none(tmp_path):
    assert facts_beside(tmp_path) is None
