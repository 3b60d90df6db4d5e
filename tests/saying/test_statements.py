"""Statements of the core: a key that every language has, and the English that results keep."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import neckrom
from neckrom.assessment.judgement import STATEMENT, STATEMENT_KEY
from neckrom.messages import LANGUAGES, load_messages, read_texts
from neckrom.report.content import content_of
from neckrom.report.letterhead import NOBODY
from neckrom.result import MovementResult, Result
from neckrom.saying.grades import LOOKS, Grade, css
from neckrom.saying.sentences import all_said, in_english, said_or
from neckrom.saying.verdict import state_of
from neckrom.statement import Statement, state
from tests.saying.surface_cases import edge_results, told_results

SOURCE = Path(neckrom.__file__).parent


def statements_of(result: Result) -> list[tuple[tuple[Statement, ...], str]]:
    found = []
    for item in result.movements:
        found += [
            (item.reason_statements, item.reason),
            (item.pain_statements, item.pain_reason),
            (item.compensation_statements, item.compensation_reason),
        ]
    return found + [(item.reason_statements, item.reason) for item in result.asymmetry]


def test_every_reason_is_stated_and_its_english_is_what_the_result_keeps():
    for result in (*edge_results()[:6], *told_results().values()):
        for statements, kept in statements_of(result):
            assert statements
            assert in_english(*statements) == kept


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_can_be_said_in_every_language(language):
    texts = load_messages(language)
    for result in (*edge_results()[:6], *told_results().values()):
        for statements, _ in statements_of(result):
            said = all_said(statements, texts)
            assert said
            assert "{" not in said


def test_every_key_that_the_code_states_has_words():
    """Keys in ``state("...")`` calls, whole ones; composed ones by their beginning."""
    texts = read_texts("en")
    whole, begun = set(), set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "state":
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant):
                    whole.add(first.value)
                elif isinstance(first, ast.JoinedStr) and isinstance(first.values[0], ast.Constant):
                    begun.add(first.values[0].value)
    assert len(whole) > 15
    assert sorted(key for key in whole if key not in texts) == []
    assert sorted(start for start in begun if not any(key.startswith(start) for key in texts)) == []


def notices() -> dict[str, set[str]]:
    """Keys of the notices that the code gives, with the names of their values."""
    found: dict[str, set[str]] = {}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Notice":
                key = node.args[1] if len(node.args) > 1 else None
                if isinstance(key, ast.Constant):
                    names = {item.arg for item in node.keywords if item.arg}
                    found.setdefault(key.value, set()).update(names)
    return found


def test_every_notice_has_words_and_gives_what_they_need():
    texts = read_texts("en")
    for key, names in notices().items():
        text = texts.get(f"notice.{key}")
        assert text is not None, f"no text for the notice {key}"
        needed = {name for name, _ in re.findall(r"\{(\w+):(\w+)\}", text)}
        assert needed <= names, f"{key} gives {names}"


@given(
    st.sampled_from(sorted(read_texts("en"))),
    st.dictionaries(
        st.sampled_from(["movement", "movements", "angle", "time_s", "number", "name", "error", "side"]),
        st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    ),
)
def test_no_statement_of_a_foreign_file_can_stop_a_page(key, values):
    given_values = {name: value for name, value in values.items() if value is not None}
    if "." not in key:
        return
    for language in LANGUAGES:
        assert said_or((Statement(key=key, values=given_values),), "Kept.", load_messages(language))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"movement": "no.such.key", "start_s": 1.0, "end_s": 2.0},
        {"movement": "clinician.movement.flexion", "start_s": "long ago", "end_s": 2.0},
        {"movement": ("a", "b"), "start_s": 1.0, "end_s": 2.0},
    ],
)
def test_a_statement_that_lacks_what_it_needs_is_said_as_it_was_kept(values):
    statement = Statement(key="notice.named_outside", values=values)
    assert said_or((statement,), "Kept.", load_messages("fr")) == "Kept."


def test_what_results_say_they_are_is_the_english_text():
    assert load_messages("en").text(STATEMENT_KEY) == STATEMENT


def test_a_result_of_an_older_form_is_said_as_it_was():
    texts = load_messages("de")
    assert said_or((), "Old words.", texts) == "Old words."
    newer = (state("judged.range.from_the_future"),)
    assert said_or(newer, "Kept words.", texts) == "Kept words."
    item = told_results()["healthy"].movements[0]
    older = item.model_dump(
        exclude={"reason_statements", "pain_statements", "compensation_statements", "status"}
    )
    assert MovementResult.model_validate(older).reason_statements == ()


def test_titles_of_the_norm_sets_that_ship_are_said_in_every_language():
    for path in (SOURCE / "data" / "norms").glob("*.toml"):
        title = tomllib.loads(path.read_text(encoding="utf-8"))["title"]
        assert load_messages("en").texts[f"norms.{path.stem}"] == title
    files = [path.read_text(encoding="utf-8") for path in (SOURCE / "data" / "norms").glob("*.toml")]
    known = [text for key, text in load_messages("en").texts.items() if key.startswith("norms.said.")]
    assert known
    assert all(any(f'"{text}"' in file for file in files) for text in known), "word for word"
    result = told_results()["healthy"]
    for language in LANGUAGES:
        texts = load_messages(language)
        sources = dict(content_of(result, {}, texts, NOBODY).method)[texts.text("report.method.sources")]
        for key in ("chin", "back", "athletic"):
            assert texts.text(f"norms.said.{key}") in sources
        content = content_of(result, {}, texts, NOBODY)
        assert texts.text("norms.article") in dict(content.source).values()
    own = result.model_copy(update={"norms": result.norms.model_copy(update={"title": "Mine"})})
    assert "Mine" in dict(content_of(own, {}, load_messages("de"), NOBODY).source).values()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_session_did_not_come_to_is_said_as_that_and_not_as_what_nobody_named(language):
    texts, result = load_messages(language), told_results()["dizzy"]
    content = content_of(result, {}, texts, NOBODY)
    reached = {
        item.movement for item in result.movements if state_of(item, result) not in ("not_reached", "skipped")
    }
    assert 0 < len(reached) < 6
    for item, row in zip(result.movements, content.reasons.rows, strict=True):
        if item.movement not in reached:
            words = texts.text(f"meaning.{state_of(item, result)}")
            assert row[1] == f"{words[0].upper()}{words[1:]}."


def test_one_colour_and_one_sign_for_each_grade():
    assert set(LOOKS) == set(Grade)
    assert len({look.sign for look in LOOKS.values()}) == len(LOOKS)
    assert len({look.ink for look in LOOKS.values()}) == len(LOOKS)
    page = (SOURCE / "web" / "static" / "base.css").read_text(encoding="utf-8")
    light = page[: page.index("prefers-color-scheme: dark")]
    for grade, look in LOOKS.items():
        assert f"--{grade.value}-ink: {look.ink};" in css()
        if grade is not Grade.NOTE:
            assert f"--grade-{grade.value}: {look.ink}; --grade-{grade.value}-tint: {look.tint};" in light


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = ((c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4) for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("grade", list(Grade))
def test_colours_are_dark_enough_on_white_and_on_their_tint(grade):
    look = LOOKS[grade]
    for ground in ("#ffffff", look.tint):
        contrast = (luminance(ground) + 0.05) / (luminance(look.ink) + 0.05)
        assert contrast >= 4.5


FORMATS = re.compile(r"\{[^{}]*:[+]?\.?\d*[fg]\}°|°\s*\"\)?\.replace|round\([^)]*\)[^\n]{0,12}°")
NUMBER_MAKERS = {"rounding.py", "calibrate.py"}


def test_no_other_place_formats_degrees():
    """Degrees with a sign are made in one place (validation and calibration print tables of their own)."""
    found = []
    for path in SOURCE.rglob("*.py"):
        place = path.relative_to(SOURCE)
        if (
            place.parts[0] in ("saying", "validation", "camera_profiles")
            or path.name == "calibrate.py"
            or path.name in NUMBER_MAKERS
        ):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if FORMATS.search(line):
                found.append(f"{place}:{number}: {line.strip()}")
    assert found == []
