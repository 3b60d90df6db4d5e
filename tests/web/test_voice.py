"""The browser's voice, and what takes its place where there is none or it fails: never a page that stands still."""

from __future__ import annotations

import pytest

from neckrom.live.contract import Heard, Phase
from tests.web.test_page import at, open_page, script, to_setup, until, wait_for  # noqa: F401  (a fixture)

ONE = '[{ name: "near", lang: "en-GB", localService: true, default: true }]'
UTTERANCE = "window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };"


def engine(speak: str, *, voices: str = ONE, cancel: str = "") -> str:
    return (
        "window.tried = 0; window.spoken = [];"
        'Object.defineProperty(window, "speechSynthesis", { value: {'
        f" getVoices() {{ return {voices}; }},"
        f" speak(utterance) {{ window.tried += 1; {speak} }},"
        f" cancel() {{ {cancel} }}, addEventListener() {{}} }} }});" + UTTERANCE
    )


FAILING = {
    "missing": 'Object.defineProperty(window, "speechSynthesis", { value: undefined });',
    "no voices": engine("", voices="[]"),
    "a list that throws": engine("", voices='(() => { throw new Error("no list"); })()'),
    "a list of nonsense": engine("", voices="[null, {}, 3]"),
    "speaking throws": engine('throw new Error("no voice");'),
    "silencing throws": engine("", cancel='throw new Error("no");'),
    "no utterances": engine("").replace(UTTERANCE, "window.SpeechSynthesisUtterance = undefined;"),
    "every sentence fails": engine('setTimeout(() => utterance.onerror({ error: "synthesis-failed" }), 5);'),
}


@pytest.mark.parametrize("failing", FAILING)
def test_a_voice_that_fails_holds_up_nothing(open_page, served, session, failing):  # noqa: F811
    page = open_page(served, ears=False, browser_script=FAILING[failing])
    to_setup(page, session)
    with at(session, page, Phase.OUT):
        assert page.locator("h1").inner_text() == "Chin to your chest"
    wait_for(session, Phase.PAIN)
    page.wait_for_selector("body[data-phase=pain]")
    assert page.locator("h1").inner_text() == "How much did it hurt?"
    assert page.locator("main").is_visible()


def test_one_that_fails_is_said_and_tones_take_its_place(open_page, served, session):  # noqa: F811
    page = open_page(served, ears=False, browser_script=FAILING["speaking throws"] + script("tones"))
    page.get_by_text("No voice that works for this language").wait_for()
    page.keyboard.press("2")
    until(page, "window.sounded.filter((hz) => hz === 587).length >= 2")
    until(page, "window.tried <= 2")
    to_setup(page, session)
    assert any(isinstance(command, Heard) for command in session.commands), (
        "the session is told how far it is"
    )


def test_what_was_refused_before_the_first_key_is_said_after_it(open_page, served, session):  # noqa: F811
    refusing = engine(
        'if (!window.pressed) setTimeout(() => utterance.onerror({ error: "not-allowed" }), 5);'
        " else { window.spoken.push(utterance.text); setTimeout(() => utterance.onend(), 5); }"
    )
    page = open_page(
        served,
        ears=False,
        browser_script=refusing
        + 'addEventListener("keydown", () => { window.pressed = true; }, { capture: true });',
    )
    page.wait_for_timeout(400)
    page.keyboard.press("Tab")
    until(page, "window.spoken.length >= 1")
    assert page.evaluate("window.spoken[0]").startswith("Welcome.")
    assert not page.get_by_text("No voice that works").is_visible()


def test_a_sentence_that_never_ends_is_given_up(open_page, served, session):  # noqa: F811
    page = open_page(served, ears=False, browser_script=engine(""))
    to_setup(page, session)
    wait_for(session, Phase.PAIN)


def test_voice_and_pace_can_be_chosen(open_page, served):  # noqa: F811
    voices = ONE.replace("]", ', { name: "other", lang: "en-US", localService: true, default: false }]')
    page = open_page(
        served,
        ears=False,
        browser_script=engine(
            "window.spoken.push([utterance.voice.name, utterance.rate]); setTimeout(() => utterance.onend(), 5);",
            voices=voices,
        ),
    )
    page.keyboard.press("?")
    page.get_by_label("Voice", exact=True).select_option("other")
    page.get_by_label("Pace", exact=True).select_option("slow")
    until(page, "JSON.stringify(window.spoken.at(-1)) === JSON.stringify(['other', 0.85])")
    page.reload()
    page.wait_for_selector(".question")
    until(
        page,
        "window.spoken.length > 0 && window.spoken.at(-1)[0] === 'other' && window.spoken.at(-1)[1] === 0.85",
    )
