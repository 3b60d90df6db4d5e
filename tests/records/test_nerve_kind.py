"""Nerve tests in the records: taken in, shown, handed out, exported and deleted."""

from __future__ import annotations

import json

import pytest

from neckrom.errors import InputError
from neckrom.exports.write import Format, made_export
from neckrom.handouts.making import report_of, sheet_bytes, write_handout
from neckrom.messages import LANGUAGES, load_messages
from neckrom.nerve.result import NerveResult
from neckrom.records.api import Records
from neckrom.records.backup import back_up, restore
from neckrom.records.content_check import first_foreign_value
from neckrom.records.importing import parts_of
from neckrom.records.location import locate
from neckrom.records.plausible import RANGES, first_implausible
from neckrom.report.letterhead import NOBODY
from neckrom.saying.any_kind import verdict_of_any
from neckrom.saying.grades import Grade
from neckrom.statement import Statement
from tests.records.body_folders import nerve_result, write_nerve
from tests.records.folders import write_folder
from tests.records.test_hold import numbers_in

ENGLISH = load_messages("en")
POINTS = "points to a nerve under tension"


def both_legs(result: NerveResult) -> dict[str, object]:
    """The other leg beside the one that was tested, and how far they are apart."""
    (trial,) = result.trials
    left = trial.model_copy(
        update={"leg": "left", "symptom_angle_deg": 48.0, "interval95_deg": (44.0, 52.0), "pain": None}
    )
    return {
        "trials": (trial, left),
        "side_difference_deg": 12.0,
        "side_difference_interval95_deg": (6.0, 18.0),
        "smaller_side": "left",
        "side_difference": "usual",
    }


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A store with one person: the neck, and two straight leg raises."""
    root = tmp_path_factory.mktemp("nerve")
    with Records(locate(str(root / "store"))) as records:
        person = records.add_person("Anna Berg").id
        second = nerve_result(
            "second.mp4", "2026-04-01T10:00:00+01:00", **both_legs(nerve_result("second.mp4"))
        )
        made = {
            "neck": write_folder(root / "neck"),
            "first": write_nerve(root / "first", nerve_result("first.mp4", "2026-03-01T10:00:00+01:00")),
            "second": write_nerve(root / "second", second, picture=False),
        }
        ids = {name: records.import_result(folder, person).session_id for name, folder in made.items()}
        yield records, person, ids, root


def test_the_list_says_which_test_it_was_and_the_neck_stands_apart(stored):
    records, person, ids, root = stored
    kinds = {row.id: (row.kind, row.view, row.flagged) for row in records.sessions(person)}
    assert kinds[ids["first"]] == ("slr", "side_right", 1)
    view = records.person(person)
    assert [row.id for row in view.neck] == [ids["neck"]]
    assert [row.id for row in view.nerve_tests] == [ids["second"], ids["first"]]
    assert isinstance(records.any_session(ids["first"]).result, NerveResult)
    assert records.result_bytes(ids["first"]) == (root / "first" / "result.json").read_bytes()
    with records.engine.connect() as connection:
        assert first_foreign_value(connection) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_report_and_sheet_are_made_anew_in_every_language(stored, language):
    records, _, ids, _ = stored
    texts = load_messages(language)
    view = records.any_session(ids["first"])
    page = report_of(view, "html", texts, NOBODY).decode()
    assert page.count("data:image/jpeg") == 1
    assert texts.text("nerve.report.curves") in page
    assert texts.text("nerve.statement")[:40] in page
    assert "Anna Berg" in page
    sheet = sheet_bytes(view, "html", texts, NOBODY).decode()
    assert texts.text("nerve.report.curves") not in sheet
    assert sheet_bytes(view, "pdf", texts, NOBODY).startswith(b"%PDF")


def test_the_report_says_how_far_both_sides_are_apart(stored):
    records, _, ids, _ = stored
    page = report_of(records.any_session(ids["second"]), "html", ENGLISH, NOBODY).decode()
    assert "12° (6° to 18°)" in page
    assert POINTS in page


def test_the_course_shows_the_angles_over_the_sessions(stored, tmp_path):
    records, person, _, _ = stored
    course = write_handout(records, person, "html", tmp_path, "en").read_text(encoding="utf-8")
    assert "Nerve tests" in course
    assert "48° (44° to 52°)" in course
    assert "own running pain" in course


def test_nerve_tests_are_not_compared_in_pairs(stored):
    records, _, ids, _ = stored
    with pytest.raises(InputError, match="Nerve tests are not compared"):
        records.compare_runs(ids["first"], ids["second"])


def test_exports_hold_every_trial_with_its_change_and_pain(stored):
    records, person, ids, _ = stored
    _, tables, _ = made_export(records, person, Format.CSV)
    trials = tables[f"{person}_nerve_trials.csv"].decode("utf-8-sig").splitlines()
    assert len(trials) == 4
    assert "own" in trials[1]
    assert "neck" in trials[1]
    assert f"{ids['first']}_angles.csv" in tables
    _, packed, _ = made_export(records, ids["first"], Format.PARQUET)
    assert f"{ids['first']}_nerve_trials.parquet" in packed
    _, raw, _ = made_export(records, ids["first"], Format.JSON)
    assert json.loads(raw[f"{ids['first']}.json"])["kind"] == "slr"
    _, motions, remarks = made_export(records, ids["first"], Format.MOT)
    assert motions == {}
    assert any("--format csv" in remark for remark in remarks)


def test_fhir_has_text_and_no_invented_code(stored):
    records, _, ids, _ = stored
    name, contents, _ = made_export(records, ids["second"], Format.FHIR)
    told = [entry["resource"] for entry in json.loads(contents[f"{name}.fhir.json"])["entry"]]
    observations = [each for each in told if each["resourceType"] == "Observation"]
    assert all("coding" not in each["code"] for each in observations)
    assert len({each["id"] for each in observations}) == len(observations)
    assert any(each["valueQuantity"]["value"] == 12.0 for each in observations)
    (report,) = (each for each in told if each["resourceType"] == "DiagnosticReport")
    assert POINTS in report["conclusion"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"trials": []}, "holds no trial", id="no-trials"),
        pytest.param({"kind": "arms"}, "which limb", id="another-limb"),
        pytest.param({"side_difference_deg": 1e6}, "side_difference_deg", id="implausible"),
        pytest.param({"side_difference_interval95_deg": [3.0, 1.0]}, "ends before it begins", id="turned"),
        pytest.param({"schema_version": "9.0"}, "newer neckrom", id="newer"),
        pytest.param({"kind": "stairs"}, "does not keep", id="unknown"),
    ],
)
def test_damaged_and_foreign_results_are_refused(stored, tmp_path, change, said):
    records, person, _, _ = stored
    content = json.loads(nerve_result("another.mp4").model_dump_json()) | change
    (tmp_path / "result.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=said):
        records.import_result(tmp_path, person)


def test_a_reading_that_is_none_of_ours_is_shown_as_it_was_kept():
    for key in ("pages.delete", "nerve.reading.no_such", "nerve.reading.came_at"):
        foreign = nerve_result(reading="As kept.", reading_statements=(Statement(key=key, values={}),))
        verdict = verdict_of_any(foreign, ENGLISH)
        assert verdict.lines == ("As kept.",)
        assert verdict.grade is Grade.NOTE


def test_what_is_most_important_stands_first_with_the_limb_that_it_speaks_of():
    first, *others = verdict_of_any(nerve_result(), ENGLISH).findings
    assert first.grade is Grade.CAUTION
    assert first.text.startswith("First symptom with the right leg at")
    assert POINTS in first.text
    assert [one.name for one in others] == ["one_side"]


def test_angles_that_do_not_fit_are_refused(stored, tmp_path):
    records, person, _, _ = stored
    folder = write_nerve(tmp_path / "long", nerve_result("long.mp4"))
    with (folder / "angles.csv").open("a") as file:
        file.write("1.0\n" * 500)
    with pytest.raises(InputError, match=r"angles\.csv has"):
        records.import_result(folder, person)


def test_every_number_has_a_range():
    assert numbers_in(NerveResult.model_json_schema()) - set(RANGES) == set()
    assert first_implausible(nerve_result()) is None


def test_a_nerve_test_comes_back_from_a_backup_and_goes_when_deleted(stored, tmp_path):
    records, person, ids, _ = stored
    done = records.import_result(write_nerve(tmp_path / "gone", nerve_result("gone.mp4")), person)
    back_up(records, tmp_path / "all.neckrom", lambda *_: None)
    folder = records.body_session(done.session_id).folder
    assert records.delete_session(done.session_id).files == len(done.files)
    assert not folder.exists()
    restore(tmp_path / "all.neckrom", locate(str(tmp_path / "again")), lambda *_: None)
    with Records(locate(str(tmp_path / "again"))) as again:
        assert again.body_session(ids["first"]).result == records.body_session(ids["first"]).result
        assert again.body_session(done.session_id).files_here


def test_a_guided_session_of_several_tests_is_stored_test_by_test(tmp_path):
    session = tmp_path / "session"
    write_nerve(session / "slr")
    slump = nerve_result("slump.mp4", kind="slump")
    write_nerve(session / "slump", slump)
    assert parts_of(session) == (session,)  # no session of ours
    (session / "session.json").write_text("{}")
    assert parts_of(session) == (session / "slr", session / "slump")
    assert parts_of(session / "slr") == (session / "slr",)
    assert parts_of(tmp_path / "clip.mp4") == (tmp_path / "clip.mp4",)
