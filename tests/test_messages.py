"""Texts: complete in every language, with the same parameters, and used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from neckrom import messages
from neckrom.errors import ConfigurationError
from neckrom.live.keys import every_key
from neckrom.messages import LANGUAGES, load_messages, parameters, problems, read_texts
from neckrom.types import MOVEMENTS

STATIC = Path(messages.__file__).parent / "web" / "static"
TEMPLATES = STATIC.parent / "templates"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_text_with_its_parameters(language):
    assert problems(language) == []
    assert load_messages(language).missing == ()


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_a_language_is_not_left_in_english(language):
    english, own = read_texts("en"), read_texts(language)
    long = [key for key, text in english.items() if len(re.sub(r"\{.*?\}", "", text)) > 20]
    same = [key for key in long if own[key] == english[key]]
    assert len(long) > 100
    assert len(same) <= 3, same


def test_everything_that_a_session_says_has_words():
    texts = read_texts("en")
    for key, names in every_key().items():
        assert key in texts
        assert set(parameters(texts[key])) <= set(names), f"{key} is sent {names}"


def test_no_words_for_what_no_session_says():
    said = every_key()
    areas = {"headline", "detail", "say", "advice", "warning", "safety"}
    unknown = [key for key in read_texts("en") if key.split(".")[0] in areas and key not in said]
    assert unknown == []


def test_every_movement_has_a_name():
    texts = read_texts("en")
    assert all(f"word.{movement.value}" in texts for movement in MOVEMENTS)


def asked_by_the_page() -> tuple[set[str], set[str]]:
    """Keys that the page's modules and templates name: whole ones, and beginnings of composed ones."""
    whole, begun = set(), set()
    for path in STATIC.glob("*.js"):
        source = path.read_text(encoding="utf-8")
        prefix = "page.clinician." if path.name == "clinician.js" else "page."
        calls = [
            (prefix, quoted)
            for quoted in re.findall(r"this\.t\((?:\s*[^\"`)]*\?\s*)?([\"`][^\"`]+[\"`])", source)
        ]
        calls += [("", quoted) for quoted in re.findall(r"\.text\(\s*([\"`][^\"`]+[\"`])", source)]
        for before, quoted in calls:
            key = before + quoted[1:-1]
            (begun if "${" in key else whole).add(key.split("${")[0])
    for path in TEMPLATES.glob("*.j2"):
        whole.update(re.findall(r"text\(\"([^\"]+)\"", path.read_text(encoding="utf-8")))
    return whole, begun


def test_the_page_asks_only_for_what_there_is():
    texts = read_texts("en")
    whole, begun = asked_by_the_page()
    assert len(whole) > 60
    assert sorted(key for key in whole if key not in texts) == []
    assert sorted(start for start in begun if not any(key.startswith(start) for key in texts)) == []


def test_numbers_are_written_as_the_language_does():
    for language, number in (("en", "1.5"), ("de", "1,5"), ("fr", "1,5")):
        own = messages.Messages(language, {"a": "{x:number} {x:int} {x:deg}", "b": "{x:number}"})
        assert own.text("a", x=1.5) == f"{number} 2 2°"
        assert own.text("b", x=3.0) == "3"
        assert own.text("a", x=-0.2).endswith(" 0 0°")


def test_a_word_is_looked_up_in_the_same_language():
    german = load_messages("de")
    assert (
        german.text("page.clinician.redo_one", movement="flexion", number=2)
        == "Neu machen: Kinn zur Brust, Versuch 2"
    )


def test_what_stands_in_a_parameter_is_not_read_as_one():
    own = messages.Messages("en", {"a": "{x:text}{y:text}", "word.q": "!"})
    assert own.text("a", x="{y:text}", y="2") == "{y:text}2"


def test_a_missing_text_is_english_and_is_named(monkeypatch, tmp_path):
    english = '[a]\none = "one"\ntwo = "two {n:int}"\n'
    (tmp_path / "data" / "messages").mkdir(parents=True)
    (tmp_path / "data" / "messages" / "en.toml").write_text(english)
    german = tmp_path / "data" / "messages" / "de.toml"
    german.write_text('[a]\none = "eins"\nthree = "drei"\n')
    monkeypatch.setattr(messages, "files", lambda _package: tmp_path)
    load_messages.cache_clear()
    try:
        loaded = load_messages("de")
        assert loaded.missing == ("a.two",)
        assert loaded.text("a.two", n=2) == "two 2"
        assert "a.three" not in loaded.texts
        assert problems("de") == ["a.two: missing", "a.three: English has no such text"]
        german.write_text('[a]\none = "{eins}"\ntwo = "zwei {m:int} {n:date}"\n')
        assert len(problems("de")) == 3
        german.write_text("[a]\none = 1\n")
        with pytest.raises(ConfigurationError, match=r"a\.one is not a text"):
            read_texts("de")
        german.write_text("[a\n")
        with pytest.raises(ConfigurationError, match="Install neckrom again"):
            read_texts("de")
    finally:
        load_messages.cache_clear()


def test_an_unknown_language_names_the_known_ones():
    with pytest.raises(ConfigurationError, match="en, de, es, fr"):
        load_messages("../en")


FORBIDDEN = re.compile(r"you have a (?:disease|hernia)|diagnosed with|is a sign of (?:cancer|damage)", re.I)


def test_no_text_is_a_diagnosis():
    assert [key for key, text in read_texts("en").items() if FORBIDDEN.search(text)] == []
    assert "not a diagnosis" in read_texts("en")["page.result.statement"]
