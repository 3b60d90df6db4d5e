"""What a study measured at its place: signed, used where it holds, and dropped with a reason where it does not."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from neckrom.cli.main import app
from neckrom.errors import ConfigurationError, ExitCode, InputError
from neckrom.handouts.course import course_of
from neckrom.handouts.making import write_handout
from neckrom.messages import LANGUAGES, load_messages
from neckrom.records.api import Records
from neckrom.records.limits import Limits, limits_for
from neckrom.records.location import locate
from neckrom.records.trends import Verdict, repeatability
from neckrom.report.site_words import site_rows, trust_of
from neckrom.service.clinic import SITE, SiteState, load_clinic, load_site, save_site, settings_folder
from neckrom.site_file import SiteFile, SiteMovement, camera_of, read_site
from neckrom.study.analysis import analyse
from neckrom.study.simulation import Truth, simulated_data, simulated_plan
from neckrom.study.site import FEWEST_PEOPLE, site_file
from neckrom.types import MOVEMENTS, Movement
from tests.records.folders import all_movements, case_of, write_folder

from .conftest import TODAY

CASE = "deficit_three_trials"


def site_of(result, mdc: float = 4.0, **changes) -> SiteFile:
    """A site file that holds for a result."""
    movement = SiteMovement(
        people=60,
        bias_deg=-1.26,
        lower_deg=-6.1,
        upper_deg=3.6,
        people_retest=55,
        within_day_mdc95_deg=mdc - 1,
        between_days_mdc95_deg=mdc,
    )
    values = {
        "study": "Berg 2026",
        "reference": "crom",
        "created": TODAY,
        "simulated": False,
        "people": 60,
        "plan_sha256": "a" * 64,
        "tool": {
            "version": result.tool.version,
            "model_sha256": result.tool.model_sha256,
            "estimator": result.tool.estimator,
            "calibration_id": result.tool.calibration_id,
        },
        "camera": camera_of(result).model_dump(),
        "movements": dict.fromkeys(MOVEMENTS, movement.model_dump()),
    }
    return SiteFile.model_validate(values | changes).signed()


def written(site: SiteFile, path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(site.model_dump_json())


@pytest.fixture(autouse=True)
def own_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data-home"))


@pytest.fixture
def result():
    return case_of(CASE).result


# ------------------------------------------------------------------------ the file


def test_a_study_writes_what_it_measured():
    data = simulated_data(simulated_plan(people=40), Truth(failed=0.0, bounded=0.0), seed=5)
    found = analyse(data)
    site = site_file(data, found, TODAY)
    assert site.sha256 == site.digest
    assert site.simulated and site.people == 40 and site.between_days
    for movement in MOVEMENTS:
        expected = found.of(movement)
        assert site.movements[movement].mdc95_deg == expected.between_days.mdc95.value
        assert site.movements[movement].bias_deg == expected.agreement.bias.value
    assert all(site.mismatch(session.result) is None for session in data.sessions)


def test_a_study_that_measured_too_little_writes_none():
    data = simulated_data(simulated_plan(people=20), Truth(), seed=5)
    with pytest.raises(InputError, match=f"{FEWEST_PEOPLE} are needed") as refused:
        site_file(data, analyse(data, ["data/people.csv:3: something"]), TODAY)
    assert "grave problems in the data: 1" in str(refused.value)
    other = data.sessions[0].result
    other = other.model_copy(update={"clip": other.clip.model_copy(update={"width": 640})})
    object.__setattr__(data.sessions[0], "result", other)
    with pytest.raises(InputError, match="another camera"):
        site_file(data, analyse(data), TODAY)


def test_a_changed_or_strange_file_is_refused(tmp_path, result):
    path = tmp_path / "site.json"
    written(site_of(result), path)
    assert read_site(path).study == "Berg 2026"
    content = json.loads(path.read_text())
    content["movements"]["flexion"]["between_days_mdc95_deg"] = 0.5
    path.write_text(json.dumps(content))
    with pytest.raises(ConfigurationError, match="was changed after"):
        read_site(path)
    path.write_text("{}")
    with pytest.raises(ConfigurationError, match="no site file"):
        read_site(path)


def test_settings_take_it_in_and_out(tmp_path, result):
    path = tmp_path / "s.json"
    written(site_of(result, simulated=True), path)
    with pytest.raises(InputError, match="simulated"):
        save_site(path)
    with pytest.raises(InputError, match="no file"):
        save_site(tmp_path / "gone.json")
    written(site_of(result), path)
    save_site(path)
    assert load_site() == SiteState(site_of(result))
    assert load_clinic().letterhead().site == site_of(result)
    (settings_folder() / SITE).write_text("broken")
    assert load_site() == SiteState(damaged=True)
    save_site(None)
    assert load_site() == SiteState()


@pytest.mark.parametrize(
    ("part", "change", "why"),
    [
        ("tool", {"version": "9.9"}, "version"),
        ("tool", {"estimator": "other 1"}, "estimator"),
        ("tool", {"model_sha256": "b" * 64}, "estimator"),
        ("tool", {"calibration_id": "other"}, "calibration"),
        ("clip", {"width": 321}, "camera"),
        ("configuration", {"hfov_deg": 61.0}, "camera"),
        ("configuration", {"camera_sha256": "c" * 64}, "camera"),
        ("configuration", {"distance_m": 2.0}, "camera"),
        ("camera", {"origin": "written in the file: 26 mm as on 35 mm film"}, "camera"),
        ("camera", {"view": "side_left"}, "view"),
    ],
)
def test_it_stops_where_anything_is_different(result, part, change, why):
    site = site_of(result)
    assert site.mismatch(result) is None
    other = result.model_copy(update={part: getattr(result, part).model_copy(update=change)})
    assert site.mismatch(other) == why
    limits = limits_for([result, other], SiteState(site))
    assert limits.unused == why and limits.own is None
    assert limits.limit_deg(Movement.EXTENSION) == repeatability().limit_deg(Movement.EXTENSION)


def test_a_phone_held_upright_is_the_same_camera(result):
    upright = {"width": result.clip.height, "height": result.clip.width}
    turned = result.model_copy(update={"clip": result.clip.model_copy(update=upright)})
    assert site_of(result).mismatch(turned) is None


def test_limits_without_a_file_and_with_sessions_that_cannot_be_read(result):
    assert limits_for([result], SiteState()) == Limits(repeatability())
    assert limits_for([result], SiteState(damaged=True)).unused == "damaged"
    assert limits_for([result, None], SiteState(site_of(result))).unused == "unreadable"


# ------------------------------------------------------------------------- its use


@pytest.fixture
def store(tmp_path):
    """Two sessions of a person, six degrees apart."""
    with Records(locate(str(tmp_path / "store"))) as records:
        person = records.add_person("Anna Berg")
        for name, when, angle in (("a", "2026-01-10", 40.0), ("b", "2026-06-10", 46.0)):
            folder = write_folder(tmp_path / name, name, f"{when}T09:00:00+00:00", **all_movements(angle))
            records.import_result(folder, person.id)
        yield records, person.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_course_and_comparison_use_it_and_say_so(store, result, tmp_path, language):
    records, person = store
    texts = load_messages(language)
    ids = [row.id for row in records.person(person).sessions]
    before = records.trend(person)
    assert before[0].first_to_last.verdict is Verdict.NONE
    written(site_of(result), tmp_path / "s.json")
    save_site(tmp_path / "s.json")

    trends, limits = records.trend(person), records.limits(person)
    assert trends[0].first_to_last.verdict is Verdict.MORE and trends[0].limit_deg == 4.0
    assert records.compare(*ids).changes[Movement.EXTENSION].verdict is Verdict.MORE
    view = records.person(person)
    results = [records.result(row.id) for row in view.sessions]
    course = course_of(view, trends, limits, texts, results, head=load_clinic().letterhead())
    told = {"people": 60, "device": "study.device.crom", "study": "Berg 2026"}
    assert course.notes[0] == texts.text("study.course_error", **told)
    assert course.notes[1] == texts.text("study.between_days")
    method = " ".join(course.details[-1].lines)
    assert texts.text("study.trust", **told) in method and texts.text("study.place") in method
    assert texts.text("sheet.trust") not in method

    written(
        site_of(result, tool=site_of(result).tool.model_dump() | {"version": "0.0.1"}), tmp_path / "s.json"
    )
    save_site(tmp_path / "s.json")
    trends, limits = records.trend(person), records.limits(person)
    assert trends[0].first_to_last.verdict is Verdict.NONE
    course = course_of(view, trends, limits, texts, results, head=load_clinic().letterhead())
    why = texts.text("study.not_used", study="Berg 2026", why="study.why.version")
    assert why in course.notes
    assert texts.text("sheet.trust") in " ".join(course.details[-1].lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_says_what_the_study_found(result, language):
    texts = load_messages(language)
    site = site_of(result)
    told = {"people": 60, "device": "study.device.crom", "study": "Berg 2026"}
    assert trust_of(result, site, texts) == texts.text("study.trust", **told)
    ((name, value),) = site_rows(result, site, texts)
    assert name == texts.text("study.place")
    point = texts.point
    assert f"−1{point}3°" in value or "−1°" in value
    assert trust_of(result, None, texts) == texts.text("sheet.trust") and site_rows(result, None, texts) == ()


def test_the_report_of_a_session_and_the_commands(store, result, tmp_path, monkeypatch):
    records, person = store
    monkeypatch.setenv("COLUMNS", "140")
    written(site_of(result), tmp_path / "s.json")
    done = CliRunner().invoke(app, ["settings", "--site", str(tmp_path / "s.json")])
    assert done.exit_code == 0 and "Berg 2026: 60 people, a CROM device" in done.stdout
    shown = CliRunner().invoke(app, ["people", "show", person, "--store", str(tmp_path / "store")])
    assert "±4°" in shown.stdout.replace(".0", "") and "Berg 2026" in shown.stdout
    session = records.person(person).sessions[0].id
    page = write_handout(records, session, "html", tmp_path / "out", "en").read_text()
    assert "compared with a CROM device on 60 people (Berg 2026)" in page
    assert "It has not been compared with a clinical device" not in page
    done = CliRunner().invoke(app, ["settings", "--site", ""])
    assert done.exit_code == 0 and "Site:      (none)" in done.stdout
    refused = CliRunner().invoke(app, ["settings", "--site", str(tmp_path / "gone.json")])
    assert refused.exit_code == ExitCode.BAD_INPUT
