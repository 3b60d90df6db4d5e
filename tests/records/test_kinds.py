"""Runs and postures beside the neck: taken in, shown, compared, handed out, exported and deleted."""

from __future__ import annotations

import io
import json

import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from neckrom.errors import InputError
from neckrom.exports.write import Format, made_export
from neckrom.handouts.making import report_of, sheet_bytes, write_handout
from neckrom.messages import load_messages
from neckrom.posture.result import PostureResult
from neckrom.records.api import Records
from neckrom.records.backup import back_up, restore
from neckrom.records.content_check import first_foreign_value
from neckrom.records.location import locate
from neckrom.records.plausible import RANGES, first_implausible
from neckrom.report.letterhead import NOBODY
from neckrom.running.result import RunResult
from neckrom.types import Movement
from tests.records.body_folders import write_posture, write_run
from tests.records.folders import write_folder
from tests.records.test_hold import numbers_in
from tests.report.body_cases import posture_result, run_result

ENGLISH = load_messages("en")


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A store with one person: the neck, two runs, a posture."""
    root = tmp_path_factory.mktemp("kinds")
    with Records(locate(str(root / "store"))) as records:
        person = records.add_person("Anna Berg").id
        made = {
            "neck": write_folder(root / "neck"),
            "first": write_run(root / "first", "first.mp4", "2026-03-01T10:00:00+01:00"),
            "second": write_run(
                root / "second",
                "second.mp4",
                "2026-04-01T10:00:00+01:00",
                step_asymmetry_percent=-6.0,
                step_asymmetry_interval95=(-7.2, -4.8),
            ),
            "posture": write_posture(root / "posture"),
        }
        ids = {name: records.import_result(folder, person).session_id for name, folder in made.items()}
        yield records, person, ids, root


def test_the_list_says_of_which_kind_each_is(stored):
    records, person, ids, _ = stored
    kinds = {row.id: (row.kind, row.view, row.flagged) for row in records.sessions(person)}
    assert kinds[ids["first"]] == ("run", "side_left", 4)
    assert kinds[ids["posture"]] == ("posture", "side_left", 0)
    assert kinds[ids["neck"]][0] == "neck"
    view = records.person(person)
    assert [row.id for row in view.neck] == [ids["neck"]]
    assert [row.id for row in view.of_kind("run")] == [ids["second"], ids["first"]]


def test_a_run_comes_back_byte_for_byte_with_the_run_before_it(stored):
    records, _, ids, root = stored
    assert records.result_bytes(ids["first"]) == (root / "first" / "result.json").read_bytes()
    later = records.body_session(ids["second"])
    assert later.earlier.row.id == ids["first"]
    assert records.body_session(ids["first"]).earlier is None
    assert isinstance(later.result, RunResult)
    assert isinstance(records.any_session(ids["posture"]).result, PostureResult)


def test_what_asks_for_the_neck_is_told_that_it_is_another_kind(stored):
    records, person, ids, _ = stored
    with pytest.raises(InputError, match="no measurement of the neck"):
        records.session(ids["first"])
    with pytest.raises(InputError, match="of the neck"):
        records.body_session(ids["neck"])
    with pytest.raises(InputError, match="note instead of pain"):
        records.change_session(ids["first"], pain={Movement.FLEXION: 3})
    assert set(records.results(ids.values())) == {ids["neck"]}
    assert set(records.any_results(ids.values())) == set(ids.values())
    assert all(len(trend.points) <= 1 for trend in records.trend(person))


def test_a_note_is_kept_with_a_run(stored):
    records, _, ids, _ = stored
    assert records.change_session(ids["first"], note="new shoes").row.note == "new shoes"
    records.change_session(ids["first"], note="")


def test_two_runs_compare_and_other_pairs_do_not(stored):
    records, _, ids, _ = stored
    found = records.compare_runs(ids["second"], ids["first"])
    assert found.earlier.row.id == ids["first"]
    assert found.beyond_error["uneven_gait"] is True
    assert found.beyond_error["head_forward"] is False
    with pytest.raises(InputError):
        records.compare_runs(ids["first"], ids["posture"])
    with pytest.raises(InputError):
        records.compare(ids["first"], ids["neck"])


def test_the_same_clip_may_be_stored_as_each_kind_once(stored, tmp_path):
    records, person, _, _ = stored
    with pytest.raises(InputError, match="stored already"):
        records.import_result(write_run(tmp_path / "again", "first.mp4"), person)


def test_report_and_sheet_are_made_anew_with_the_earlier_value(stored):
    records, _, ids, _ = stored
    view = records.any_session(ids["second"])
    page = report_of(view, "html", ENGLISH, NOBODY).decode()
    assert page.count("data:image/jpeg") == 4
    assert "+3 % on 2026-03-01" in page
    assert "Anna Berg" in page
    sheet = sheet_bytes(view, "html", ENGLISH, NOBODY).decode()
    assert "Everything that was measured" in page
    assert "Everything that was measured" not in sheet
    assert sheet_bytes(view, "pdf", ENGLISH, NOBODY).startswith(b"%PDF")


def test_handouts_of_a_posture_and_of_the_course(stored, tmp_path):
    records, person, ids, _ = stored
    path = write_handout(records, ids["posture"], "html", tmp_path, "en", sheet=True)
    assert "Head and spine while standing" in path.read_text(encoding="utf-8")
    course = write_handout(records, person, "html", tmp_path, "en").read_text(encoding="utf-8")
    assert "Runs stand apart" in course


def test_a_picture_that_is_none_is_left_out(stored, tmp_path):
    records, person, _, _ = stored
    folder = write_run(tmp_path / "broken", "broken.mp4")
    (folder / "pictures" / "head_forward.jpg").write_bytes(b"\xff\xd8\xff no picture")
    view = records.any_session(records.import_result(folder, person).session_id)
    assert report_of(view, "html", ENGLISH, NOBODY).count(b"data:image/jpeg") == 3
    records.delete_session(view.row.id)


def test_exports_hold_all_kinds_side_by_side(stored):
    records, person, ids, _ = stored
    _, tables, _ = made_export(records, person, Format.CSV)
    names = set(tables)
    assert {f"{ids['first']}_steps.csv", f"{ids['first']}_angles.csv", f"{person}_run_rows.csv"} <= names
    assert f"{person}_measurements.csv" in names
    values = tables[f"{person}_body_values.csv"].decode("utf-8-sig")
    assert "craniovertebral" in values
    assert "Anna" not in values
    _, packed, _ = made_export(records, ids["first"], Format.PARQUET)
    steps = pq.read_table(io.BytesIO(packed[f"{ids['first']}_steps.parquet"]))
    assert steps.num_rows == 22
    _, motions, remarks = made_export(records, ids["first"], Format.MOT)
    assert b"knee_left" in motions[f"{ids['first']}.mot"]
    assert any("no OpenSim model" in remark for remark in remarks)
    _, raw, _ = made_export(records, ids["posture"], Format.JSON)
    assert json.loads(raw[f"{ids['posture']}.json"])["kind"] == "posture"


def test_fhir_has_text_and_units_and_no_invented_code(stored):
    records, _, ids, _ = stored
    name, contents, _ = made_export(records, ids["first"], Format.FHIR)
    bundle = json.loads(contents[f"{name}.fhir.json"])
    told = [entry["resource"] for entry in bundle["entry"]]
    observations = [each for each in told if each["resourceType"] == "Observation"]
    assert len(observations) > 15
    assert all("coding" not in each["code"] for each in observations)
    asymmetry = next(each for each in observations if "step asymmetry" in each["code"]["text"])
    assert asymmetry["valueQuantity"]["code"] == "%"
    (report,) = (each for each in told if each["resourceType"] == "DiagnosticReport")
    assert "may contribute" in report["conclusion"]


def test_rows_of_the_database_are_sound_and_a_foreign_kind_is_seen(stored):
    records, _, ids, _ = stored
    with records.engine.connect() as connection:
        assert first_foreign_value(connection) is None
        connection.execute(text("UPDATE session SET kind = 'gait' WHERE id = :id"), {"id": ids["first"]})
        assert "session.kind" in first_foreign_value(connection)
        connection.rollback()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"kind": "swim"}, "does not keep", id="unknown-kind"),
        pytest.param({"kind": ["run"]}, "does not keep", id="kind-no-text"),
        pytest.param({"kind": "posture"}, "damaged", id="wrong-kind"),
        pytest.param({"rows": []}, "four rows", id="no-rows"),
        pytest.param({"clips": []}, "no recording", id="no-clips"),
        pytest.param({"measured_on": {"arm_cross": 7}}, "clip that it does not hold", id="no-such-clip"),
        pytest.param({"cadence_spm": 1e9}, "cadence_spm", id="implausible"),
        pytest.param(
            {"step_asymmetry_interval95": [3.0, 1.0]}, "ends before it begins", id="turned-interval"
        ),
        pytest.param({"schema_version": "9.0"}, "newer neckrom", id="newer"),
    ],
)
def test_damaged_and_foreign_runs_are_refused(stored, tmp_path, change, said):
    records, person, _, _ = stored
    folder = tmp_path / "run"
    folder.mkdir()
    content = json.loads(run_result("another.mp4").model_dump_json()) | change
    (folder / "result.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=said):
        records.import_result(folder, person)


def test_tables_that_do_not_fit_are_refused(stored, tmp_path):
    records, person, _, _ = stored
    folder = write_run(tmp_path / "run", "long.mp4")
    with (folder / "angles.csv").open("a") as file:
        file.write("1.0\n" * 500)
    with pytest.raises(InputError, match=r"angles\.csv has"):
        records.import_result(folder, person)


def test_every_number_of_a_run_and_a_posture_has_a_range():
    for model in (RunResult, PostureResult):
        assert numbers_in(model.model_json_schema()) - set(RANGES) == set()
    assert first_implausible(run_result()) is None
    assert first_implausible(posture_result()) is None


def test_a_run_is_deleted_with_all_its_files(stored, tmp_path):
    records, person, _, _ = stored
    done = records.import_result(write_run(tmp_path / "run", "gone.mp4"), person)
    folder = records.body_session(done.session_id).folder
    assert (folder / "pictures" / "head_forward.jpg").exists()
    removed = records.delete_session(done.session_id)
    assert removed.files == len(done.files)
    assert not folder.exists()
    assert all(row.id != done.session_id for row in records.sessions(person))


def test_a_backup_brings_all_kinds_back(stored, tmp_path):
    records, person, ids, _ = stored
    back_up(records, tmp_path / "all.neckrom", lambda *_: None)
    restore(tmp_path / "all.neckrom", locate(str(tmp_path / "again")), lambda *_: None)
    with Records(locate(str(tmp_path / "again"))) as again:
        kinds = {row.id: row.kind for row in again.sessions(person)}
        assert [kinds[ids[name]] for name in ("neck", "first", "posture")] == ["neck", "run", "posture"]
        view = again.body_session(ids["first"])
        assert view.files_here
        assert view.result == records.body_session(ids["first"]).result
