"""The commands about people and sessions, as a user types them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from neckrom.cli.main import app
from neckrom.errors import ExitCode
from neckrom.messages import LANGUAGES, load_messages
from neckrom.records.ids import new_person_id
from neckrom.records.trends import repeatability
from neckrom.types import MOVEMENTS
from tests.cli.conftest import SAMPLES, first_seconds
from tests.records.folders import all_movements, write_folder

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command in this process, at a width of 120 columns."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str | Path, code: int = 0, answer: str | None = None) -> Result:
        done = CliRunner().invoke(app, list(map(str, arguments)), input=answer, catch_exceptions=False)
        assert done.exit_code == code, done.output
        return done

    return invoke


def an_id(text: str, kind: str) -> str:
    found = re.search(rf"{kind}-[0-9A-Z]+", text)
    assert found is not None, text
    return found[0]


def test_a_person_from_the_first_session_to_the_last(run, tmp_path):
    """Two sessions months apart: the rotation came back, the rest is as it was."""
    person = an_id(run("people", "add", "Anna Berg", "--birth-date", "1985-03-27").stdout, "P")
    stiff = all_movements(40.0) | {"rotation_left": 35.0, "rotation_right": 70.0}
    better = all_movements(42.0) | {"rotation_left": 72.0, "rotation_right": 50.0}
    before = write_folder(tmp_path / "before", "before", "2026-01-10T09:00:00+01:00", **stiff)
    after = write_folder(tmp_path / "after", "after", "2026-06-10T09:00:00+02:00", **better)
    first = an_id(run("sessions", "import", before, "--person", "anna berg", "--note", "sore").stdout, "S")
    second = an_id(run("sessions", "import", after, "--person", person).stdout, "S")

    listed = run("sessions", "list", "Anna Berg").stdout
    assert listed.index(second) < listed.index(first), "newest first"
    assert "2026-01-10" in listed
    assert "sore" in listed
    assert "Anna Berg" in run("sessions", "list").stdout

    compared = run("sessions", "compare", second, first).stdout
    rows = {line.split("  ")[0]: line for line in compared.splitlines() if "°" in line}
    limit = {movement.label: f"±{repeatability().limit_deg(movement):.1f}°" for movement in MOVEMENTS}
    assert re.search(rf"35°\s+72°\s+\+37°\s+{limit['Rotation left']}\s+more range", rows["Rotation left"])
    assert re.search(rf"70°\s+50°\s+−20°\s+{limit['Rotation right']}\s+less range", rows["Rotation right"])
    assert re.search(rf"40°\s+42°\s+\+2°\s+{limit['Flexion']}\s+no change beyond", rows["Flexion"])
    assert limit["Side-bend left"] in rows["Side-bend left"]
    assert "Fletcher & Bandy 2008" in compared

    shown = run("people", "show", person).stdout
    assert "born 1985-03-27" in shown
    assert "more range" in shown
    data = json.loads(run("people", "show", person, "--json").stdout)
    assert data["person"]["row"]["name"] == "Anna Berg"
    verdicts = {trend["movement"]: trend["first_to_last"]["verdict"] for trend in data["trends"]}
    assert verdicts["rotation_left"] == "more"
    assert verdicts["flexion"] == "none"

    result = json.loads(run("sessions", "show", first, "--json").stdout)
    assert result == json.loads((before / "result.json").read_text())
    assert "31–39°" in run("sessions", "show", first).stdout


def test_people_are_listed_renamed_and_deleted(run, tmp_path):
    run("people", "add", "Anna")
    run("people", "add", "Berta")
    run("people", "add")
    data = json.loads(run("people", "list", "--json").stdout)
    assert [row["name"] for row in data] == ["Anna", "Berta", None]
    run("sessions", "import", write_folder(tmp_path / "in"), "-p", "Anna")
    run("people", "rename", "Anna", "Anna Berg")
    assert "Anna Berg" in run("people", "list", "berg").stdout
    refused = run("people", "delete", "Anna Berg", code=1, answer="n\n")
    assert "with 1 session and all files?" in refused.output
    assert len(json.loads(run("people", "list", "--json").stdout)) == 3
    done = run("people", "delete", "Anna Berg", "--yes").stdout
    assert "1 session, 4 files" in done.replace("\n", " ")
    assert "Backups made before still hold them" in done.replace("\n", " ")
    assert run("people", "list", "berg").stdout == ""
    assert "Nobody matches 'berg'" in run("people", "list", "berg").stderr


def test_notes_and_pain_are_added_afterwards(run, tmp_path):
    run("people", "add", "Anna", "--birth-date", "1985-03-27")
    session = an_id(
        run("sessions", "import", write_folder(tmp_path / "x", "x"), "--person", "Anna").stdout, "S"
    )
    run("people", "change", "Anna", "--note", "Hamstring strain")
    shown = run("people", "show", "Anna").stdout
    assert "Hamstring strain" in shown
    assert "1985-03-27" in shown
    run("people", "change", "Anna", "--birth-date", "")
    shown = run("people", "show", "Anna").stdout
    assert "1985" not in shown
    assert "Hamstring strain" in shown
    said = run("sessions", "change", session, "--pain", "rotation-left=7", "--note", "cold").stdout
    assert "7 of 10" in said
    assert "Note: cold" in said
    assert "7 of 10" not in run("sessions", "change", session, "--pain", "rotation_left=").stdout
    for wrong in ("rotation_left=11", "rotation_left", "neck=4", "flexion=much", "flexion=-1"):
        output = run("sessions", "change", session, "--pain", wrong, code=ExitCode.USAGE).output
        assert "rotation_left=4" in output or "0 to 10" in output, wrong
    run("sessions", "change", session, code=ExitCode.USAGE)
    run("people", "change", "Anna", code=ExitCode.USAGE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_speak_the_language_that_is_asked_for_or_the_usual_one(run, tmp_path, language):
    run("people", "add", "Anna", "--birth-date", "1985-03-27")
    first, second = (
        an_id(
            run(
                "sessions",
                "import",
                write_folder(tmp_path / day, day, f"2026-01-{day}T09:00:00+00:00", rotation_left=left),
                "-p",
                "Anna",
            ).stdout,
            "S",
        )
        for day, left in (("10", 35.0), ("20", 80.0))
    )
    texts = load_messages(language)
    views = {
        ("people", "list"): ("pages.name", "pages.sessions", "pages.last"),
        ("people", "show", "Anna"): (
            "course.column.change",
            "clinician.movement.rotation_left",
            "pages.verdict.more",
        ),
        ("sessions", "list"): ("pages.measured", "pages.verdict_column", "pages.views.front"),
        ("sessions", "show", second): (
            "terminal.norm",
            "report.column.meaning",
            "clinician.movement.flexion",
        ),
        ("sessions", "compare", first, second): ("course.column.error", "pages.verdict.more"),
    }
    for command, keys in views.items():
        asked = plain(run(*command, "--lang", language).stdout)
        for key in keys:
            assert texts.text(key) in asked, (command, key)
    run("settings", "--language", language)
    for command in views:
        assert run(*command).stdout == run(*command, "--lang", language).stdout
    run("settings", "--language", "")
    assert "Name" in run("people", "list").stdout


def plain(text: str) -> str:
    return " ".join(text.split())


def test_a_session_is_handed_out_in_the_language_of_the_person(run, tmp_path):
    run("people", "add", "Anna")
    session = an_id(
        run("sessions", "import", write_folder(tmp_path / "x", "x"), "--person", "Anna").stdout, "S"
    )
    said = run(
        "report", session, "--sheet", "--lang", "de", "--format", "html", "--out", tmp_path / "o"
    ).stdout
    assert 'lang="de"' in Path(said.strip()).read_text(encoding="utf-8")


def test_a_session_is_deleted(run, tmp_path):
    run("people", "add", "Anna")
    session = an_id(run("sessions", "import", write_folder(tmp_path / "in"), "-p", "Anna").stdout, "S")
    assert session in run("sessions", "delete", session[:7], "--yes").stdout
    assert "No sessions yet" in run("sessions", "list", "Anna").stderr


def test_only_the_newest_sessions_are_listed_unless_all_are_asked_for(run, tmp_path, monkeypatch):
    monkeypatch.setattr("neckrom.cli.sessions.NEWEST", 1)
    run("people", "add", "Anna")
    for day in ("01", "02"):
        folder = write_folder(tmp_path / day, f"clip-{day}", f"2026-01-{day}T09:00:00+00:00")
        run("sessions", "import", folder, "-p", "Anna")
    newest = run("sessions", "list")
    assert "clip-02" in newest.stdout
    assert "clip-01" not in newest.stdout
    assert "--all" in newest.stderr
    assert "clip-01" in run("sessions", "list", "--all").stdout


def test_hostile_names_come_out_as_they_are(run, tmp_path):
    name = "[bold red]<script>=1+1[/] ../../x"
    run("people", "add", name)
    assert name in run("people", "list").stdout
    folder = write_folder(tmp_path / "in", recording="=HYPERLINK(1)[/]\x1b[31m")
    session = an_id(run("sessions", "import", folder, "-p", name).stdout, "S")
    for shown in (run("sessions", "list"), run("sessions", "show", session), run("people", "show", name)):
        assert "\x1b" not in shown.stdout
        assert "=HYPERLINK(1)[/]" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("people", "show", "Anno"), ExitCode.BAD_INPUT, "Near to it are"),
        (("people", "add", "x" * 10_000), ExitCode.USAGE, "10000 characters"),
        (("people", "add", "Ben", "--birth-date", "2190-01-01"), ExitCode.USAGE, "future"),
        (("sessions", "show", "S-0000"), ExitCode.BAD_INPUT, "no session"),
        (("sessions", "import", "nowhere", "-p", "Anna"), ExitCode.BAD_INPUT, "No such file"),
        (
            ("sessions", "import", ".", "-p", "Anna", "--date", "14.3.2026"),
            ExitCode.USAGE,
            "2026-03-14",
        ),
        (("people", "list", "--store", "mysql://x"), ExitCode.USAGE, "--store"),
        (("restore", "nowhere"), ExitCode.BAD_INPUT, "no backup"),
    ],
)
def test_mistakes_are_answered_with_the_way_out(run, arguments, code, message):
    run("people", "add", "Anna")
    done = run(*arguments, code=code)
    assert done.stdout == ""
    assert message in done.stderr.replace("\n", " ")


def test_backup_and_restore(run, tmp_path):
    run("people", "add", "Anna")
    run("sessions", "import", write_folder(tmp_path / "in"), "-p", "Anna")
    saved = run("backup", tmp_path / "b.neckrom").stdout.replace("\n", " ")
    assert "Saved 1 person, 1 session and 4 files" in saved
    assert "NOT encrypted" in saved
    refused = run("restore", tmp_path / "b.neckrom", code=ExitCode.ENVIRONMENT)
    assert "--replace" in refused.stderr
    done = run("restore", tmp_path / "b.neckrom", "--replace")
    assert "is kept in" in done.stderr.replace("\n", " ")
    elsewhere = run("restore", tmp_path / "b.neckrom", "--store", tmp_path / "new", "--json").stdout
    assert json.loads(elsewhere)["sessions"] == 1
    assert "Anna" in run("people", "list", "--store", tmp_path / "new").stdout


def test_export_and_taking_in_what_was_exported(run, tmp_path):
    run("people", "add", "Anna")
    source = write_folder(tmp_path / "in")
    session = an_id(run("sessions", "import", source, "-p", "Anna").stdout, "S")
    done = run("export", "Anna", "--format", "mot", "--out", "out")
    assert done.stdout.split() == [f"out/{session}.mot", f"out/{session}.mot.txt"]
    assert "Clamps" in done.stderr
    assert (
        "already there" in run("export", session, "-f", "mot", "-o", "out", code=ExitCode.CANNOT_WRITE).stderr
    )
    run("export", session, "-f", "json", "-o", "out")
    run("people", "add", "Anna", "--store", tmp_path / "other")
    stored = run(
        "sessions", "import", f"out/{session}.json", "-p", "Anna", "--store", tmp_path / "other"
    ).stdout
    copied = an_id(stored, "S")
    shown = run("sessions", "show", copied, "--json", "--store", tmp_path / "other").stdout
    assert json.loads(shown) == json.loads((source / "result.json").read_text())
    angles = run("export", copied, "-f", "mot", "--store", tmp_path / "other", code=ExitCode.BAD_INPUT)
    assert "no angles over time" in angles.stderr


def test_a_clip_is_measured_and_stored(run, tmp_path, data_dir):
    """A real run on a real clip: neutral and one flexion."""
    clip = first_seconds(SAMPLES / "chidi_deficit.mp4", tmp_path / "before.mp4", 6.5)
    run("people", "add", "Chidi")
    command = [
        sys.executable,
        "-m",
        "neckrom",
        "sessions",
        "import",
        clip,
        "-p",
        "Chidi",
        "--date",
        "2026-03-14",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    shown = run("sessions", "show", an_id(done.stdout, "S")).stdout
    assert "2026-03-14" in shown
    assert re.search(r"Flexion\s+(4[5-9]|5[0-5])°", shown)
    assert re.search(r"Rotation left\s+–", shown)
    (session,) = (data_dir / "records" / "files").glob("P-*/S-*")
    assert {path.name for path in session.iterdir()} >= {"report.pdf", "landmarks.parquet", "angles.csv"}
    assert list((data_dir / "records" / "incoming").iterdir()) == []
    again = run("sessions", "import", clip, "-p", "Chidi", code=ExitCode.BAD_INPUT)
    assert "stored already" in again.stderr, "known by its bytes, before it is measured again"


def test_an_encrypted_backup_with_a_passphrase_from_a_file(run, tmp_path):
    run("people", "add", "Anna")
    (tmp_path / "secret").write_text("five words drawn at random\n")
    saved = run("backup", tmp_path / "b.neckrom", "--passphrase-file", tmp_path / "secret").stdout
    assert "is encrypted" in saved.replace("\n", " ")
    assert "five words" not in saved
    refused = run("restore", tmp_path / "b.neckrom", "--store", tmp_path / "new", code=ExitCode.USAGE)
    assert "--passphrase-file" in refused.stderr
    (tmp_path / "other").write_text("five other words at random\n")
    wrong = run(
        "restore", tmp_path / "b.neckrom", "--store", tmp_path / "new", "--passphrase-file", tmp_path / "other",
        code=ExitCode.BAD_INPUT,
    )  # fmt: skip
    assert "passphrase is another one" in wrong.stderr.replace("\n", " ")
    run(
        "restore",
        tmp_path / "b.neckrom",
        "--store",
        tmp_path / "new",
        "--passphrase-file",
        tmp_path / "secret",
    )
    assert "Anna" in run("people", "list", "--store", tmp_path / "new").stdout


def test_an_encrypted_backup_for_a_key(run, tmp_path):
    run("people", "add", "Anna")
    public = run("backup-key", tmp_path / "key").stdout.strip()
    run("backup", tmp_path / "b.neckrom", "--encrypt", "--recipient", public)
    refused = run("restore", tmp_path / "b.neckrom", "--store", tmp_path / "new", code=ExitCode.BAD_INPUT)
    assert "--identity" in refused.stderr
    run("restore", tmp_path / "b.neckrom", "--store", tmp_path / "new", "--identity", tmp_path / "key")
    assert "Anna" in run("people", "list", "--store", tmp_path / "new").stdout


def test_a_passphrase_that_cannot_be_asked_for_is_said(run, tmp_path):
    refused = run("backup", tmp_path / "b.neckrom", "--encrypt", code=ExitCode.USAGE)
    assert "--passphrase-file" in refused.stderr
    assert not (tmp_path / "b.neckrom").exists()


def test_the_log(run, tmp_path):
    person = an_id(run("people", "add", "Anna Berg").stdout, "P")
    run("sessions", "import", write_folder(tmp_path / "in"), "-p", "Anna Berg")
    run("people", "show", "Anna Berg")
    run("export", "Anna Berg", "--format", "fhir", "--out", "out", "--with-name")
    run("backup", tmp_path / "b.neckrom")
    run("people", "delete", "Anna Berg", "--yes")
    shown = run("log").stdout
    lines = [line for line in shown.splitlines() if "@" in line]
    assert [word for line in reversed(lines) for word in line.split() if word in ACTIONS] == [
        "added", "imported", "opened", "exported", "backed", "deleted",
    ]  # fmt: skip
    assert "fhir, with name" in shown
    assert "Anna" not in shown
    of_person = json.loads(run("log", "--person", person, "--json").stdout)
    assert [row["action"] for row in of_person] == ["deleted", "exported", "opened", "imported", "added"]
    assert run("log", "--person", new_person_id()).stderr.strip() == "Nothing is in the log."


ACTIONS = ("added", "imported", "opened", "exported", "backed", "deleted")


def test_what_was_set_apart_is_said_with_the_way_out(run, data_dir):
    run("people", "add", "Anna")
    torn = data_dir / "records" / "incoming" / "S-0123456789"
    torn.mkdir()
    (torn / ".session.json").write_text("{")
    said = run("people", "list").stderr.replace("\n", " ")
    assert "set apart" in said
    assert "sessions import" in said


def test_a_place_that_is_read_only_is_refused_in_words(run, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file")
    refused = run("people", "list", "--store", blocked / "store", code=ExitCode.CANNOT_WRITE)
    assert "Choose another" in refused.stderr
