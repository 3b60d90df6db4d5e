"""A whole study: what is made, what comes back of known answers, and what the report and the commands say."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from datetime import date
from types import SimpleNamespace

import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

from neckrom.cli.main import app
from neckrom.errors import ConfigurationError, ExitCode, InputError, OutputError
from neckrom.messages import LANGUAGES, load_messages
from neckrom.saying.grades import Grade
from neckrom.study import starting
from neckrom.study.analysis import analyse
from neckrom.study.checking import check_study
from neckrom.study.checklists import YOURS, checklists
from neckrom.study.data import Pair, load_study
from neckrom.study.plan import REFERENCES, StudyFolder
from neckrom.study.quick import clips_of, read_quick
from neckrom.study.report_content import content_of, main_table, verdict_of_study
from neckrom.study.simulation import Truth, simulated_data, simulated_plan
from neckrom.study.starting import documents, freeze_study, init_study, randomisation
from neckrom.study.summary import summary_html
from neckrom.study.tables import TABLES, read_file
from neckrom.types import Movement
from tests.records.folders import case_of

from .conftest import TODAY

TRUTH = Truth(restricted=0.0)


@pytest.fixture(scope="module")
def known():
    """Sixty people of whom everything is known."""
    data = simulated_data(simulated_plan(people=60), TRUTH, seed=2)
    return data, analyse(data)


# ------------------------------------------------------------------ what is made


def test_a_new_study_has_everything_and_its_check_waits_for_people(tmp_path):
    folder = StudyFolder(tmp_path / "new")
    init_study(folder, simulated_plan())
    for name in documents(folder.load()):
        assert (folder.root / name).stat().st_size > 0, name
    for table in TABLES:
        lines = (folder.root / table.file).read_text().splitlines()
        assert lines == [",".join(column.name for column in table.columns)], "no example row in the data"
    assert folder.load().is_frozen
    _, problems = check_study(folder, TODAY)
    assert [problem.kind for problem in problems] == ["too_few_people"]
    with pytest.raises(OutputError, match="is there already"):
        init_study(folder, simulated_plan())


@pytest.mark.parametrize("reference", REFERENCES)
def test_every_document_is_filled_in(reference):
    plan = (
        simulated_plan().model_copy(update={"reference": reference, "name": "Neck & <b>study</b>"}).frozen()
    )
    made = documents(plan)
    for name, data in made.items():
        if name.endswith(".md"):
            assert "$" not in data.decode(), name
            assert "None" not in data.decode(), name
    protocol = made["protocol.md"].decode()
    assert REFERENCES[reference] in protocol and "ten people" in protocol
    assert "sqrt(3 s^2 / n)" in protocol and "±1.7" not in protocol
    for form in ("forms/operator_checklist.pdf", "forms/case_report_form.pdf"):
        pages = PdfReader(io.BytesIO(made[form])).pages
        assert len(pages) == 1
        assert "Neck & <b>study</b>" in pages[0].extract_text()
    assert documents(plan) == made, "the same plan makes the same folder"


def test_examples_in_the_documentation_of_the_tables_are_valid(tmp_path):
    for table in TABLES:
        path = tmp_path / "t.csv"
        path.write_text(
            starting.empty_table(table) + ",".join(column.example for column in table.columns) + "\n"
        )
        read = read_file(path, table)
        assert read.problems == (), table.name
        assert len(read.rows) == 1


def test_the_randomisation_list_is_balanced_and_can_be_made_again():
    plan = simulated_plan(people=44)
    rows = list(csv.DictReader(randomisation(plan)))
    assert len(rows) == 44
    assert Counter(row["group"] for row in rows) == {"pain": 22, "no_pain": 22}
    whole = [row for row in rows if row["block"] != "6"]
    assert Counter(row["first_operator"] for row in whole) == {"A": 20, "B": 20}
    assert Counter(row["frame_arm"] for row in whole) == {"with_first": 20, "without_first": 20}
    assert list(randomisation(plan)) == list(randomisation(plan))
    assert list(randomisation(plan)) != list(randomisation(plan.model_copy(update={"seed": 2})))


def test_a_changed_plan_is_taken_over_with_its_reason(study):
    today = date(2026, 3, 1)
    with pytest.raises(ConfigurationError, match="change it first"):
        freeze_study(study, "as approved", today)
    study.plan.write_text(study.plan.read_text().replace("people = 10", "people = 14", 1))
    with pytest.raises(ConfigurationError, match="Say why"):
        freeze_study(study, " ", today)
    made = freeze_study(study, 'The committee\'s "wish"', today)
    assert made.is_frozen and study.load() == made
    assert [amendment.reason for amendment in made.amendments] == ['The committee\'s "wish"']
    study.plan.write_text(study.plan.read_text().replace("people = 14", "people = 2", 1))
    with pytest.raises(ConfigurationError, match="people"):
        study.load()


# ---------------------------------------------------------------- known answers


def test_known_answers_come_back(known):
    """Most of the intervals hold the truth; benchmarks/study_simulation.py counts how many of very many do."""
    _, found = known
    plan = simulated_plan(people=60)
    low, high = TRUTH.limits_deg
    mdc = 1.959964 * 2**0.5 * TRUTH.sem_deg(plan.trials)
    held = []
    for movement in found.movements:
        agreement, between = movement.agreement, movement.between_days
        for figure, true in (
            (agreement.bias, TRUTH.bias_deg),
            (agreement.sd, TRUTH.sd_deg),
            (agreement.lower, low),
            (agreement.upper, high),
            (between.icc_2_1, TRUTH.icc(plan.trials)),
            (between.icc_3_1, TRUTH.icc(plan.trials)),
            (between.mdc95, mdc),
            (movement.within_day.mdc95, mdc),
            (movement.coverage, TRUTH.coverage),
        ):
            assert figure.low < figure.high
            held.append(figure.low <= true <= figure.high)
        assert agreement.bias.value == pytest.approx(TRUTH.bias_deg, abs=1.0)
        assert between.mdc95.value == pytest.approx(mdc, rel=0.3)
    assert sum(held) / len(held) > 0.85


def test_nothing_is_dropped(known):
    data, found = known
    readings = sum(len(session.readings) for session in data.sessions)
    assert found.failed.of == readings
    for movement in found.movements:
        counts = movement.counts
        parts = (
            counts.compared,
            counts.lower_bound,
            counts.without_trial,
            counts.not_tested,
            counts.no_result,
        )
        assert sum(parts) == counts.readings == readings / 6
    assert sum(each.counts.no_result for each in found.movements) > 0
    assert sum(each.counts.lower_bound for each in found.movements) > 0
    gone = sum(each.counts.readings - each.counts.compared for each in found.movements)
    assert found.failed.hits == gone
    assert found.sessions.planned == found.sessions.done + found.sessions.failed


def test_could_not_judge_counts_against_the_tool():
    data = simulated_data(simulated_plan(people=60), Truth(restricted=6.0, bounded=0.7, failed=0.0), seed=1)
    flag = analyse(data).of(Movement.ROTATION_LEFT).flag
    assert flag.lost > 10 and flag.lost_not_judged > 0
    assert flag.sensitivity.hits == flag.lost_flagged
    assert flag.sensitivity.of == flag.lost
    assert flag.sensitivity_judged.of == flag.lost - flag.lost_not_judged
    assert flag.sensitivity.share < flag.sensitivity_judged.share


def test_readings_without_a_time_are_paired_only_where_nobody_can_err(study):
    loaded = load_study(study)
    session = loaded.data.of_session("p003", "2")
    whole = [pair for pair in loaded.data.pairs if (pair.person, pair.session) == ("p003", "2")]
    assert all(pair.measured is not None for pair in whole)
    place = study.results / session.recording / "result.json"
    result = json.loads(place.read_text())
    gone = result["movements"][0]["trials"].pop(1)
    place.write_text(json.dumps(result))

    def flexion() -> list[Pair]:
        return [
            pair
            for pair in load_study(study).data.pairs
            if (pair.person, pair.session, pair.movement) == ("p003", "2", Movement.FLEXION)
        ]

    assert [pair.measured for pair in flexion()] == [None] * 3
    table = study.root / "data/readings.csv"
    kept = result["movements"][0]["trials"]
    times = [kept[0]["peak_s"], gone["peak_s"], kept[1]["peak_s"]]
    lines = table.read_text().splitlines()
    at = [number for number, line in enumerate(lines) if line.startswith("p003,2,flexion")]
    for number, time in zip(at, times, strict=True):
        lines[number] = lines[number].replace(",,KM", f",{time},KM")
    table.write_text("\n".join(lines) + "\n")
    assert [pair.measured is not None for pair in flexion()] == [True, False, True]


def test_extra_arms_are_analysed(study):
    rows = []
    for person in range(1, 11):
        for side in ("left", "right"):
            for trial in (1, 2):
                measured = "" if person == 3 else 51 + person + trial
                read = f"{50 + person},{measured},{45 + person},{60 + person}"
                rows.append(f"p{person:03d},1,{side},{trial},{read}")
    table = study.root / "data/straight_leg_raise.csv"
    table.write_text(table.read_text() + "\n".join(rows) + "\n")
    loaded, problems = check_study(study, TODAY)
    assert problems == ()
    (arm,) = analyse(loaded.data).arms
    assert (arm.name, arm.readings, arm.without_value) == ("straight_leg_raise", 40, 4)
    assert arm.agreement.bias.value == pytest.approx(2.5)
    assert arm.coverage.hits == 40
    assert any(
        section.title == "Straight leg raise"
        for section in content_of(loaded.data, analyse(loaded.data)).sections
    )


# ------------------------------------------------------------------------ report


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_summary_is_of_one_language(known, language):
    _, found = known
    page = summary_html(found, load_messages(language))
    assert page.count("<tr") == 7
    others = [load_messages(other).text("study.summary.closing") for other in LANGUAGES if other != language]
    assert not any(words in page for words in others)


def test_checklists_have_all_items_and_leave_what_the_data_cannot_tell(known):
    data, found = known
    lists = {each.name: each for each in checklists(data.plan, found)}
    assert [len(lists[name].items) for name in ("GRRAS", "COSMIN", "STARD")] == [15, 8, 34]
    assert {item.number for item in lists["GRRAS"].items if item.told == YOURS} == {"1", "5", "7"}
    assert "60 people" in next(item.told for item in lists["STARD"].items if item.number == "19")


# ---------------------------------------------------------------------- commands


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data-home"))
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments, code=0):
        done = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
        assert done.exit_code == code, done.output
        return done

    return invoke


def test_the_commands_lead_from_an_empty_folder_to_the_report(run, tmp_path):
    made = run(
        "study", "init", "mine", "--reference", "imu", "--operators", "KM, TB", "--hfov", "62", "--lang", "es"
    )
    assert "summary_es.md" in made.stdout and "--hfov 62" in made.stdout
    plan = StudyFolder(tmp_path / "mine").load()
    assert plan.operators == ("KM", "TB") and plan.tool.hfov_deg == 62 and plan.name == "mine"
    assert "too few" not in run("study", "check", "mine", code=ExitCode.BAD_CONFIGURATION).stdout
    refused = run("study", "analyse", "mine", code=ExitCode.BAD_INPUT)
    assert "0 people have a reading" in refused.stderr

    run("study", "example", "drawn", "--people", "30", "--seed", "7")
    assert "nothing is missing" in run("study", "check", "drawn").stdout
    assert "30 people" in run("study", "size", "drawn").stdout
    assert json.loads(run("study", "check", "drawn", "--json").stdout) == []


def test_the_report_is_whole_and_says_first_what_weighs_most(run, study):
    """Analysed in spite of a changed plan, in the name of which somebody put a script."""
    study.plan.write_text(
        study.plan.read_text().replace('"Simulated study"', '"Study <script>x</script>"', 1)
    )
    refused = run("study", "analyse", study.root, code=ExitCode.BAD_INPUT)
    assert "1 grave problem" in refused.stderr and "--anyway" in refused.stderr
    done = run("study", "analyse", study.root, "--anyway", "--lang", "fr")
    order = [
        done.stdout.index(text)
        for text in ("SIMULATED", "changed after it was frozen", "1 grave problem", "Of 19 rules")
    ]
    assert order == sorted(order) and "summary_fr.html" in done.stdout
    out = study.root / "report"
    page = (out / "report.html").read_text()
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert not re.search(r'(?:src|href)="(?!#|data:)', page), "nothing from outside"
    assert all(title in page for title in ("GRRAS", "COSMIN", "STARD", "What was frozen", "Problems"))
    text = "".join(each.extract_text() for each in PdfReader(out / "report.pdf").pages)
    assert "SIMULATED DATA" in text and "STARD" in text
    for name in ("bland_altman.png", "calibration.png", "intervals.png", "strata.png", "checklists.md"):
        assert (out / name).stat().st_size > 100
    assert json.loads((out / "analysis.json").read_text())["people"] == 10
    with (out / "pairs.csv").open() as file:
        assert sum(1 for _ in csv.DictReader(file)) == 10 * 3 * 18
    assert '<html lang="fr">' in (out / "summary_fr.html").read_text()


def test_options_are_refused_in_words(run):
    done = run(
        "study", "init", "x", "--reference", "crom", "--people", "4", "--lang", "it", code=ExitCode.USAGE
    )
    assert "--people 4" in done.stderr and "--lang it" in done.stderr
    run("study", "size", "--sd", "0", code=ExitCode.USAGE)
    gone = run("study", "check", "nowhere", code=ExitCode.BAD_CONFIGURATION)
    assert "nowhere" in gone.stderr


def test_readings_beside_clips(run, tmp_path, monkeypatch):
    """The quick form; measuring itself is tested elsewhere, here a recording that was measured stands in."""
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "chidi.mp4").touch()
    result = case_of("deficit_three_trials").result
    table = tmp_path / "crom.csv"
    read = {item.movement.value: [trial.peak_deg - 1.5 for trial in item.trials] for item in result.movements}
    rows = "".join(
        f"chidi.mp4,{movement},{number},{angle:.1f}\n"
        for movement, angles in read.items()
        for number, angle in enumerate(angles, start=1)
    )
    table.write_text("clip,movement,trial,reading_deg\n" + rows)
    monkeypatch.setattr("neckrom.service.measure.measure_quietly", lambda *_: SimpleNamespace(result=result))
    done = run("validate", "clips", "--reference", table, "--out", "out", "-j", "1")
    assert "1 person: too few" in done.stdout
    made = tmp_path / "out"
    assert {"comparison.md", "pairs.csv", "bland_altman.png"} <= {path.name for path in made.iterdir()}
    with (made / "pairs.csv").open() as file:
        pairs = {row["movement"]: row for row in csv.DictReader(file)}
    assert set(pairs) == {movement for movement, angles in read.items() if angles}
    assert {row["compared"] for row in pairs.values()} == {"True"}
    run("validate", "clips", "--reference", table, "--out", "out", code=ExitCode.CANNOT_WRITE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "clip,movement,trial,reading_deg\nx,flexion,1,0.8 rad\n",
            "line 2: reading_deg: '0.8 rad' carries a unit",
        ),
        ("clip,movement,trial,reading_deg\nx,flexion,1,50\nx.mp4,flexion,1,51\n", "line 3: the same clip"),
        ("clip;movement;trial;reading_deg\n", "semicolons"),
        ("clip,movement,trial,reading_deg\n", "no rows"),
        ("clip,movement,reading_deg\n", "no column trial"),
        ("clip,movement,trial,reading_deg\nx,nodding,1,50\n", "'nodding' is none of"),
    ],
)
def test_readings_that_cannot_be_used(tmp_path, text, said):
    path = tmp_path / "crom.csv"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="cannot be used as readings") as refused:
        read_quick(path)
    assert said in str(refused.value)


def test_readings_of_clips_that_are_not_there(tmp_path):
    path = tmp_path / "crom.csv"
    path.write_text("clip,movement,trial,reading_deg\na,flexion,1,50\nb,flexion,1,50\n")
    (tmp_path / "b.mp4").touch()
    (tmp_path / "b.mov").touch()
    with pytest.raises(InputError) as refused:
        clips_of(tmp_path, read_quick(path))
    assert "a: there is no such clip" in str(refused.value) and "b: several files" in str(refused.value)


# ------------------------------------------------------------------ words and figures


@pytest.mark.parametrize(("value", "shown"), [(-3.55, "−3.6"), (6.25, "+6.3"), (-0.04, "+0.0")])
def test_limits_are_rounded_by_the_one_rule(known, value, shown):
    """Half away from zero, as on every other page, and never -0.0."""
    _, found = known
    first = found.movements[0]
    lower = first.agreement.lower.model_copy(update={"value": value})
    agreement = first.agreement.model_copy(update={"lower": lower})
    changed = first.model_copy(update={"agreement": agreement})
    table = main_table(found.model_copy(update={"movements": (changed,)}))
    assert table.rows[0][3].startswith(f"{shown} to ")


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_the_summary_of_a_protocol_names_the_device_in_its_language(language):
    for reference in REFERENCES:
        plan = simulated_plan().model_copy(update={"reference": reference})
        page = documents(plan)[f"summary_{language}.md"].decode()
        assert load_messages(language).text(f"study.device.{reference}") in page


def test_a_study_without_a_reading_says_so_and_is_not_calm(study):
    (study.root / "data" / "readings.csv").unlink()
    found = analyse(load_study(study).data)
    last = verdict_of_study(found).findings[-1]
    assert (last.grade, last.text) == (
        Grade.CAUTION,
        "No reading to compare: nothing can be said of agreement.",
    )
    assert {row[3] for row in main_table(found).rows} == {"–"}
