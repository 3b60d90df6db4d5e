"""The neck screen: what answers and measurement say, in the article's terms, without a score."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from typer.testing import CliRunner

from neckrom.cli.main import app
from neckrom.errors import ExitCode
from neckrom.messages import LANGUAGES, load_messages
from neckrom.records.api import Records
from neckrom.records.location import locate
from neckrom.screening.neck_screen import (
    SIGNS,
    TENSION_TESTS,
    ScreenAnswers,
    evaluate,
    neck_findings,
    screen_questions,
)
from neckrom.screening.safety import safety_questions
from neckrom.screening.statements import ended_by_safety, sentence, statements
from neckrom.types import Movement
from tests.records.folders import case_of, write_folder
from tests.saying.surface_cases import told_results

QUESTIONS = [question.id for question in screen_questions().question]
SAFE = {question.id: "no" for question in safety_questions()}
NOTHING = dict.fromkeys(QUESTIONS, "no")


def screened(case: str | None = None, **answers: object):
    result = None if case is None else case_of(case).result
    return evaluate(ScreenAnswers.model_validate({"safety": SAFE} | answers), result)


def status(found, number: int) -> str:
    return next(sign.status for sign in found.signs if sign.number == number)


# ------------------------------------------------------------------------ signs


def test_the_questions_are_the_article_s():
    questions = screen_questions()
    assert len(questions.of_sign(1)) == 6, "six neurogenic features"
    assert [len(questions.of_sign(number)) for number in SIGNS[1:]] == [1, 1, 1, 1, 1]


@pytest.mark.parametrize("question", [name for name in QUESTIONS if name != "upper_back"])
def test_a_yes_makes_its_sign_present_and_no_other(question):
    found = screened("healthy", questions=NOTHING | {question: "yes"})
    number = next(item.sign for item in screen_questions().question if item.id == question)
    present = [sign for sign in found.signs if sign.status != "absent"]
    assert [(sign.number, sign.status, sign.because) for sign in present] == [
        (number, "present", (question,))
    ]


@pytest.mark.parametrize("answer", ["unsure", None])
def test_what_is_unsure_or_left_out_stays_open(answer):
    answers = {
        name: value for name, value in (NOTHING | {"arms_tingle": answer}).items() if value is not None
    }
    found = screened("healthy", questions=answers)
    assert [status(found, number) for number in SIGNS] == [
        "absent",
        "absent",
        "absent",
        "open",
        "absent",
        "absent",
    ]


@pytest.mark.parametrize(
    ("case", "upper_back", "expected"),
    [
        ("deficit_three_trials", "yes", "present"),
        ("deficit_three_trials", "no", "partly"),
        ("healthy", "yes", "partly"),
        ("healthy", "no", "absent"),
        ("healthy", "unsure", "open"),
        (None, "no", "open"),
        (None, "yes", "partly"),
        ("rotation_only", "no", "partly"),
        ("nothing_found", "no", "open"),
    ],
)
def test_sign_2_is_measured_and_asked(case, upper_back, expected):
    assert status(screened(case, questions={"upper_back": upper_back}), 2) == expected


def test_the_measurement_in_the_article_s_terms():
    neck = neck_findings(case_of("deficit_three_trials").result)
    assert neck.lost == (Movement.EXTENSION, Movement.ROTATION_LEFT, Movement.LATERAL_LEFT)
    assert neck.painful == (Movement.EXTENSION, Movement.ROTATION_LEFT)
    assert neck.uneven == ("rotation", "lateral")
    assert neck.suggestive
    healthy = neck_findings(case_of("healthy").result)
    assert (healthy.lost, healthy.painful, healthy.uneven, healthy.suggestive) == ((), (), (), False)


def test_painful_and_uneven_motion_count_for_sign_2_as_the_article_says():
    """No movement has lost half: the turn to the left hurts, and the sides differ."""
    result = told_results()["uneven"]
    assert not neck_findings(result).lost
    found = evaluate(ScreenAnswers.model_validate({"safety": SAFE, "questions": NOTHING}), result)
    assert status(found, 2) == "partly"
    said = [item.key for item in statements(found)]
    assert "screen.result.none" not in said
    assert "screen.neck.painful" in said
    assert "screen.neck.uneven" in said
    calm = evaluate(
        ScreenAnswers.model_validate({"safety": SAFE, "questions": NOTHING}), told_results()["healthy"]
    )
    assert {sign.status for sign in calm.signs} == {"absent"}
    assert "screen.result.none" in [item.key for item in statements(calm)]


def test_pain_that_was_not_asked_is_said_and_not_taken_for_none():
    found = screened("healthy", questions=NOTHING)
    said = [item.key for item in statements(found)]
    assert "screen.result.none_pain_open" in said
    assert "screen.neck.free" not in said


@pytest.mark.parametrize(
    ("side", "expected"),
    [("left", "same"), ("right", "other"), ("both", None)],
)
def test_the_side_of_signs_4_to_6_is_compared_with_the_stiffer_one(side, expected):
    answers = {"safety": SAFE, "questions": NOTHING | {"arms_tingle": "yes"}, "sides": {"arms_tingle": side}}
    found = evaluate(ScreenAnswers.model_validate(answers), told_results()["uneven"])
    said = [item.key for item in statements(found)]
    assert f"screen.sided.{side}" in said
    compared = [
        key for key in said if key in ("screen.sided.same", "screen.sided.other", "screen.sided.even")
    ]
    assert compared == ([] if expected is None else [f"screen.sided.{expected}"])


def test_a_session_that_was_stopped_fills_in_the_screen_with_a_word_only():
    found = evaluate(ScreenAnswers.model_validate({"safety": SAFE}), told_results()["dizzy"])
    (said,) = [item for item in statements(found) if item.key == "screen.neck.stopped"]
    assert "dizziness" in sentence(said, load_messages("en"))


def test_each_leg_is_read_apart():
    found = screened(
        tension={"slump_left": "own_pain", "slump_right": "stretch"},
        back_pain="yes",
        tension_changes={
            "slump_left": {"neck": "yes", "ankle": "no"},
            "slump_right": {"neck": "no", "ankle": "no"},
        },
        buttock={"ball": "nothing", "figure_4": "own_pain"},
    )
    assert found.tension.changes_neck == ("slump_left",)
    assert found.tension.stays == ("slump_right",)
    assert (found.tension.buttock_own, found.tension.buttock_not) == (("figure_4",), ("ball",))
    keys = [item.key for item in statements(found)]
    for key in ("changes_neck", "stays", "buttock_own", "buttock_not"):
        assert f"screen.reading.{key}" in keys
    for language in LANGUAGES:
        texts = load_messages(language)
        assert all("{" not in sentence(item, texts) for item in statements(found))


def test_a_test_that_was_not_done_cannot_change():
    """The form asks about every test: what is answered of one that was not done says nothing."""
    no = {"neck": "no", "ankle": "no"}
    found = screened(
        tension={"slump_left": "nothing", "slump_right": "not_done", "leg_raise_left": "stretch"},
        tension_changes={
            "slump_left": {"neck": "yes"},
            "slump_right": no,
            "leg_raise_left": no,
            "leg_raise_right": no,
        },
    )
    assert found.tension.stays == ("leg_raise_left",)
    assert found.tension.changes_neck == ()
    assert found.tension.neck_or_ankle_changes is False


# --------------------------------------------------------------- nerve tension


@pytest.mark.parametrize(
    ("tension", "back_pain", "reading", "buttock"),
    [
        ({"slump_left": "own_pain"}, "yes", "own_pain", False),
        ({"slump_left": "own_pain"}, "no", "own_pain", True),
        ({"slump_left": "own_pain"}, None, "own_pain", False),
        ({"slump_left": "stretch", "leg_raise_left": "nothing"}, "yes", "stretch", True),
        ({"leg_raise_right": "nothing"}, "yes", "nothing", True),
        ({}, "no", "not_done", False),
        (dict.fromkeys(TENSION_TESTS, "not_done"), "no", "not_done", False),
    ],
)
def test_the_tension_tests_are_read_as_the_article_does(tension, back_pain, reading, buttock):
    found = screened(tension=tension, back_pain=back_pain).tension
    assert (found.reading, found.buttock) == (reading, buttock)


def test_the_clinical_convention_stands_apart():
    found = screened(
        tension={"slump_left": "own_pain", "slump_right": "nothing"}, neck_or_ankle_changes="yes"
    )
    assert (found.tension.sides_differ, found.tension.neck_or_ankle_changes) == (True, True)
    (said,) = [item for item in statements(found) if item.key == "screen.reading.convention"]
    assert said.what == ("screen.reading.neck_changes", "screen.reading.sides_differ")
    alone = screened(tension={"slump_left": "own_pain"})
    assert (alone.tension.sides_differ, alone.tension.neck_or_ankle_changes) == (None, None)
    assert "screen.reading.convention" not in [item.key for item in statements(alone)]


# ------------------------------------------------------------------- statements


answers_of_questions = st.dictionaries(
    st.sampled_from(QUESTIONS), st.sampled_from(["yes", "no", "unsure"]), max_size=len(QUESTIONS)
)
answers_of_tests = st.dictionaries(
    st.sampled_from(TENSION_TESTS), st.sampled_from(["own_pain", "stretch", "nothing", "not_done"])
)


@settings(deadline=None)
@given(
    answers_of_questions,
    answers_of_tests,
    st.sampled_from([None, "healthy", "deficit_three_trials", "rotation_only", "nothing_found"]),
    st.sampled_from(LANGUAGES),
)
def test_every_screen_can_be_said_in_every_language_and_never_scores(questions, tension, case, language):
    found = screened(case, questions=questions, tension=tension, back_pain="no", ndi_percent=24)
    said = [sentence(item, load_messages(language)) for item in statements(found)]
    assert all(said)
    assert said[-1] == load_messages(language).text("screen.statement")
    text = " ".join(said)
    assert "{" not in text
    assert not re.search(r"\d+\s*(/|of|von|de|sur|out of)\s*\d+", text), "a score"
    assert "score" not in text.lower()
    assert set(load_messages(language).missing) == set()


@settings(deadline=None)
@given(answers_of_questions)
def test_more_yes_never_takes_a_sign_away(questions):
    before = screened("healthy", questions=questions)
    for name in QUESTIONS:
        after = screened("healthy", questions=questions | {name: "yes"})
        for old, new in zip(before.signs, after.signs, strict=True):
            if old.status in ("present", "partly"):
                assert new.status in ("present", "partly")


def test_every_sign_and_question_has_words_in_every_language():
    for language in LANGUAGES:
        texts = load_messages(language).texts
        for name in QUESTIONS:
            assert f"screen.question.{name}" in texts
            assert f"screen.feature.{name}" in texts
        for test in TENSION_TESTS:
            assert f"screen.tension.{test}" in texts
            assert f"screen.test.{test}" in texts


# ----------------------------------------------------------------------- safety


def test_safety_ends_the_screen():
    assert ended_by_safety(screened(safety=SAFE | {"walking_balance": "yes"}), overridden=True)
    doctor = screened(safety=SAFE | {"sharp_neck_pain": "yes"})
    assert ended_by_safety(doctor, overridden=False)
    assert not ended_by_safety(doctor, overridden=True)
    noted = screened(safety=SAFE | {"long_tingling": "yes"})
    assert not ended_by_safety(noted, overridden=False)
    assert "screen.noted" in [item.key for item in statements(noted)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"questions": {"horoscope": "yes"}},
        {"questions": {"rest": "maybe"}},
        {"tension": {"slump_middle": "stretch"}},
        {"ndi_percent": 101},
        {"override": {"clinician": "X"}},
        {"score": 3},
    ],
)
def test_answers_that_are_none_are_refused(wrong):
    with pytest.raises(ValidationError):
        ScreenAnswers.model_validate(wrong)


# --------------------------------------------------------------- in the terminal


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NECKROM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("NECKROM_STORE", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path / "data" / "records"


def run(*arguments: object, keys: str = "", code: int = 0):
    done = CliRunner().invoke(app, [*map(str, arguments)], input=keys, catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done


def typed(*keys: str) -> str:
    return "".join(f"{key}\n" for key in keys)


N_SAFETY = len(safety_questions())


def test_a_screen_in_the_terminal_uses_the_latest_measurement(store, tmp_path):
    with Records(locate()) as records:
        person = records.add_person("Anna")
        old = write_folder(tmp_path / "old", "old", "2026-01-01T10:00:00+00:00", case="healthy")
        new = write_folder(tmp_path / "new", "new", "2026-06-01T10:00:00+00:00")
        records.import_result(old, person.id)
        latest = records.import_result(new, person.id).session_id
    keys = typed(
        *["n"] * N_SAFETY,
        *["y", "n", "n", "n", "n", ""],  # sign 1: the treatment does not help
        *["y", "n", "n", "n", "n"],  # signs 2 to 6: the upper back is stiff
        *["p", "n", "d", ""],  # the tension tests
        *["n", "y", "n"],  # no back pain; it changes with the head, not with the toes
        *["s", "p"],  # the ball stretches, the figure 4 brings on the own pain
        "abc",
        "120",
        "24 %",
    )
    done = run("screen", "Anna", keys=keys)
    shown = " ".join(done.stdout.split())
    assert "1. The injury behaves like nerve pain present" in shown
    assert "2. Neck and upper back are markedly stiff present" in shown
    assert "half or more of the norm is lost in Head back; Turn left; Ear to left" in shown
    assert "running pain: slump test left." in shown
    assert "compressed in the buttock" in shown
    assert "it changes when the head is lifted (slump test left)" in shown
    assert "Your own running pain came with: figure-4 stretch." in shown
    assert "total: 24 %" in shown
    assert "no diagnosis" in shown
    assert latest in done.stderr
    with Records(locate()) as records:
        (row,) = records.person(person.id).screenings
        assert row.session_id == latest
        kept = ScreenAnswers.model_validate(row.answers)
        assert kept.questions["treatment"] == "yes"
        assert "imaging" not in kept.questions
        assert kept.tension == {
            "slump_left": "own_pain",
            "slump_right": "nothing",
            "leg_raise_left": "not_done",
            "leg_raise_right": "not_done",
        }
        assert kept.tension_changes == {"slump_left": {"neck": "yes", "ankle": "no"}}
        assert kept.buttock == {"ball": "stretch", "figure_4": "own_pain"}
        assert kept.ndi_percent == 24


def test_a_session_that_was_stopped_early_is_never_used_silently(store, tmp_path):
    def folder(name: str, created: str) -> Path:
        result = told_results()[name]
        clip = result.clip.model_copy(update={"sha256": f"{len(name):064x}"})
        place = tmp_path / name
        place.mkdir()
        dated = result.model_copy(update={"clip": clip, "created": created})
        (place / "result.json").write_text(dated.model_dump_json(), encoding="utf-8")
        return place

    with Records(locate()) as records:
        person = records.add_person("Anna")
        whole = records.import_result(folder("healthy", "2026-01-01T10:00:00+00:00"), person.id).session_id
        stopped = records.import_result(folder("dizzy", "2026-06-01T10:00:00+00:00"), person.id).session_id
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({"safety": SAFE}))
    done = run("screen", "Anna", "--answers", path)
    assert f"{stopped}, was stopped early" in done.stderr
    assert f"taken from session {whole}" in done.stderr
    chosen = run("screen", "Anna", "--answers", path, "--session", stopped)
    assert "stopped early (dizziness)" in " ".join(chosen.stdout.split())


def test_a_stop_sign_ends_it_with_what_to_do(store):
    run("people", "add", "Anna")
    done = run("screen", "Anna", keys=typed("y", *["n"] * (N_SAFETY - 1)))
    assert "get medical help without delay" in done.stdout
    assert "trouble walking" in done.stdout
    assert "nerve pain" not in done.stdout


def test_a_safety_question_is_asked_until_it_is_answered(store):
    done = run("screen", keys=typed("", "x", "y", *["n"] * (N_SAFETY - 1)))
    assert done.stderr.count("Do you have trouble walking") == 3
    assert "needs an answer" in done.stderr
    assert not store.exists(), "nothing is stored without a person"


def test_a_clinician_goes_on_with_their_name_on_record(store):
    run("people", "add", "Anna")
    doctor = [*["n"] * 12, "y", *["n"] * (N_SAFETY - 13)]
    assert "See a doctor first" in run("screen", "Anna", keys=typed(*doctor, "")).stdout
    rest = [""] * (len(QUESTIONS) + len(TENSION_TESTS) + 1)
    done = run("screen", "Anna", keys=typed(*doctor, "Dr. Weiß", "examined", *rest))
    assert "Left open" in done.stdout
    with Records(locate()) as records:
        kept = [row.answers for row in records.person(records.find_person("Anna").id).screenings]
    assert [answers.get("override") for answers in kept] == [
        {"clinician": "Dr. Weiß", "reason": "examined"},
        None,
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_from_a_file_in_every_language(store, tmp_path, language):
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({"safety": SAFE, "questions": {"arms_tingle": "yes"}, "ndi_percent": 12.5}))
    done = run("screen", "--answers", path, "--lang", language)
    assert load_messages(language).text("screen.sign.4") in " ".join(done.stdout.split())
    data = json.loads(run("screen", "--answers", path, "--json").stdout)
    assert data["signs"][3] == {
        "number": 4,
        "status": "present",
        "because": ["arms_tingle"],
        "side": None,
    }
    assert data == json.loads(
        json.dumps(asdict(screened(questions={"arms_tingle": "yes"}, ndi_percent=12.5)))
    )


def test_mistakes_are_said(store, tmp_path):
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({"safety": SAFE, "questions": {"rest": "perhaps"}, "ndi_percent": 300}))
    said = run("screen", "--answers", path, code=ExitCode.BAD_CONFIGURATION).stderr
    assert "questions.rest" in said
    assert "ndi_percent" in said
    path.write_text(json.dumps({"safety": {"fever": "no"}}))
    assert (
        "safety.arterial: not answered"
        in run("screen", "--answers", path, code=ExitCode.BAD_CONFIGURATION).stderr
    )
    assert "no person 'Nobody'" in run("screen", "Nobody", code=ExitCode.BAD_INPUT).stderr
    assert "xx" in run("screen", "--lang", "xx", code=ExitCode.USAGE).stderr
