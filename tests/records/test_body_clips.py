"""Clips of whole bodies on their way into the records: measured as what they are said to show."""

from __future__ import annotations

import re

from neckrom.errors import ExitCode, WholeBodyError
from neckrom.records.kinds import known_by
from neckrom.service import measure as measuring
from neckrom.service.whole_bodies import INSTEAD
from tests.landmarks.bodies import SAMPLES
from tests.records.test_cli import run  # noqa: F401  (a fixture)

RUN = SAMPLES / "run_side.landmarks.parquet"
BACK = SAMPLES / "run_back.landmarks.parquet"


def stored(text: str) -> str:
    found = re.search(r"S-[0-9A-Z]+", text)
    assert found is not None, text
    return found[0]


def test_a_run_is_measured_and_stored_with_the_clip_from_behind(run):  # noqa: F811
    run("people", "add", "Anna Berg")
    session = stored(
        run("sessions", "import", RUN, "--person", "Anna Berg", "--kind", "run", "--back", BACK).stdout
    )
    shown = run("sessions", "show", session).stdout
    assert "run" in shown.lower()
    assert '"kind": "run"' in run("sessions", "show", session, "--json").stdout


def test_options_of_another_kind_are_named_all_at_once(run):  # noqa: F811
    run("people", "add", "Anna Berg")
    said = run(
        *("sessions", "import", RUN, "--person", "Anna Berg", "--kind", "posture", "--back", BACK),
        *("--warm-ups", "2"),
        code=ExitCode.USAGE,
    ).output
    assert "add --kind run" in said
    assert "--warm-ups is for the neck" in said


def test_a_whole_body_that_fails_as_a_neck_names_the_kind(run, monkeypatch, tmp_path):  # noqa: F811
    def fails(*_: object) -> None:
        raise WholeBodyError(f"No face was found in side.mp4. A whole person is seen. {INSTEAD}")

    monkeypatch.setattr(measuring, "measure_into", fails)
    clip = tmp_path / "side.mp4"
    clip.write_bytes(b"a clip")
    run("people", "add", "Anna Berg")
    said = run("sessions", "import", clip, "--person", "Anna Berg", code=ExitCode.BAD_INPUT).output
    assert "--kind run" in " ".join(said.split())


def test_landmarks_of_a_body_name_the_kind(run):  # noqa: F811
    run("people", "add", "Anna Berg")
    said = run("sessions", "import", RUN, "--person", "Anna Berg", code=ExitCode.BAD_CONFIGURATION).output
    assert "--kind run" in " ".join(said.split())


def test_the_same_clip_is_known_apart_as_each_kind():
    one, other = "a" * 64, "b" * 64
    assert known_by("neck", [one]) == one
    assert len({known_by("neck", [one]), known_by("run", [one]), known_by("run", [one, other])}) == 3
